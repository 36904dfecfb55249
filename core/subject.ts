/** What a person decides on, as one hash: a plan's own, or of a plain request all that the agent says and the page shows. */

import { hashOf } from './hash.ts';
import { type JsonObject, present } from './json.ts';
import type { Head, IntentState, Task } from './model.ts';
import { resultsName } from './procedure.ts';

/** What a task says, which stays as it is for as long as it is open. */
type Said = Omit<Task, 'subjectHash'>;

/**
 * What the hash of a plain request stands for. Names and values are those of `GET /v1/tasks/{id}`, so that whoever reads
 * a task there can make its hash anew. Who is asked, and until when, is not in it: that changes while a task is open.
 */
const subjectOf = ({ type, from }: Head, asked: JsonObject, task: Said): Record<string, unknown> =>
  present({
    hash_salt: task.salt,
    intent_type: type,
    from_agent: from,
    on_behalf_of: task.onBehalfOf,
    payload: payloadShown(asked, task),
    task_type: task.type,
    title: task.title,
    description: task.description,
    allowed_outcomes: task.outcomes,
    required_comment: task.commentRequired,
    evidence_required: task.evidenceRequired,
    form_schema: task.asks,
    revision: task.revision,
    rounds: task.rounds,
  });

/** The payload as people are shown it: with what the steps before came to. */
export const payloadShown = (payload: JsonObject, { results }: Pick<Task, 'results'>): JsonObject =>
  results ? { ...payload, [resultsName]: results } : payload;

/** A new task with what it is decided by. No two have the same hash, also where an agent asks for the same again. */
export function withSubject({ head, request, plan }: IntentState, task: Said, newId: () => string): Task {
  if (plan) return { ...task, subjectHash: plan.hash };
  if (!request) throw new TypeError('what is decided on needs the request');
  const { onBehalfOf } = head;
  // Two ids: more than anybody can try.
  const salted = { ...task, salt: newId() + newId(), ...(onBehalfOf === undefined ? {} : { onBehalfOf }) };
  return { ...salted, subjectHash: hashOf(subjectOf(head, request.payload, salted)) };
}

/**
 * Whether what is stored is what the task's hash stands for; `state` must be loaded with its request. A plan is held against its
 * hash where it is executed. Before there was a salt, only the payload was in the hash.
 */
export const isAsAsked = ({ head, request }: IntentState, task: Task): boolean =>
  task.salt === undefined ||
  (request !== undefined && hashOf(subjectOf(head, request.payload, task)) === task.subjectHash);
