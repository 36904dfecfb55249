/** Everybody who had to do with an intent, whatever revision or step of it. */

import type { IntentState } from '../model.ts';

/** With up to 25 who are asked, and who are told as well, one transaction still holds a notice to each. */
const maxConcerned = 30;

/**
 * Ids of whoever is asked now, has decided, or was asked in an earlier revision, and of the person that the agent acts for;
 * those of the present first. One whom no task has found in the directory stands as the agent named them.
 */
export function concernedIn({ head, task, earlier = [] }: IntentState): string[] {
  const tasks = [...(task ? [task] : []), ...earlier.map((one) => one.task).reverse()];
  const requester = tasks.find((one) => one.requester !== undefined)?.requester ?? head.onBehalfOf;
  const people = tasks.flatMap(({ approvers, votes }) => [...votes.map((vote) => vote.by), ...approvers]);
  const ids = [...(requester === undefined ? [] : [requester]), ...people.map(({ id }) => id)];
  return [...new Set(ids)].slice(0, maxConcerned);
}
