/**
 * Who takes a piece of work on. One person is asked at a time. They take it on, which concludes the task; pass it on to
 * another candidate, who is then asked in their place; or decline it, and the next candidate is asked. Each of these
 * begins a step of the task's chain: so the links of the one before are dead, the service level begins anew, and nobody is
 * asked twice.
 */

import { type ChainStep, oneByOne, wordOf } from '../chain.ts';
import type { Directory, Person } from '../directory.ts';
import { InvalidInput } from '../errors.ts';
import type { IntentType } from '../intent-type.ts';
import type { Approver, Decision, IntentState, Task } from '../model.ts';
import { person } from '../personal.ts';
import type { Context } from '../ports.ts';
import { type OutcomeChoice, taskRule } from '../tasks.ts';
import { afterDecision, type Consequence, concluded, stepBegins } from './consequence.ts';
import { chainFor, meantBy, pendingIn, stepOf } from './steps.ts';

type Assigning = IntentState & { task: Task };

/** How often one task may go on to somebody else; a transaction and a page hold no endless history. */
export const maxHandOvers = 20;

/** What is known of everybody who may be asked. */
interface Knowing {
  type: IntentType;
  directory: Directory;
}

/** Everybody whom the first step means, and who has not answered yet: all of a role, or those that the agent `named` of it. */
function inLine(state: Assigning, { type, directory }: Knowing, now: string, named: boolean): Approver[] {
  const { request, ...unnamed } = state;
  return meantBy(firstStep(state, type), named ? state : unnamed, type, directory, state.task.votes, now).approvers;
}

const firstStep = (state: Assigning, type: IntentType): ChainStep =>
  stepOf({ chain: oneByOne(chainFor(state, type).of), step: 0 });

/** Whom an assignment may name: whoever is asked, who is next in line, and everybody else whom the first step means. */
export function candidatesOf(state: Assigning, knowing: Knowing, now: string): Approver[] {
  const all = [...pendingIn(state.task), ...inLine(state, knowing, now, false), ...inLine(state, knowing, now, true)];
  return all.filter((one, i) => all.findIndex(({ id }) => id === one.id) === i);
}

/** Whom a decision names, where its task and outcome name somebody. Throws InvalidInput (`assignee`). */
export function assigneeOf(
  state: Assigning,
  choice: OutcomeChoice,
  given: string | undefined,
  { by, ...knowing }: Knowing & { by: Person },
  now: string,
): Decision['assignee'] {
  if (taskRule(state.task.type).takes !== 'assignee' || !choice.for) return undefined;
  const found = candidatesOf(state, knowing, now).find(({ id }) => id === given);
  if (!found) throw new InvalidInput('Choose who takes it on.', { field: 'assignee' });
  if (found.id !== by.id && state.task.step >= maxHandOvers)
    throw new InvalidInput('This was passed on too often: take it on yourself, or decline it.', { field: 'assignee' });
  return { id: found.id, name: found.name };
}

/** `voted`: the state in whose task the vote counts already. */
export function movesOn(
  voted: Assigning,
  vote: Decision,
  type: IntentType,
  directory: Directory,
  context: Context,
): Consequence {
  const { task } = voted;
  const knowing = { type, directory };
  const named = vote.assignee?.id;
  if (named === vote.by.id) return concluded(task, vote, afterDecision(voted, type), true, context);
  const next =
    named === undefined
      ? inLine(voted, knowing, context.now, true)[0]
      : candidatesOf(voted, knowing, context.now).find(({ id }) => id === named);
  if (!next || task.step >= maxHandOvers) return concluded(task, vote, afterDecision(voted, type), false, context);
  const step = firstStep(voted, type);
  const at = {
    chain: { ...task.chain, steps: [...task.chain.steps, step] },
    step: task.step + 1,
    role: wordOf(step),
  };
  const begun = stepBegins(voted, { ...at, approvers: [next] }, vote, knowing, context);
  const [told, ...asked] = begun.events;
  const details = { from: vote.by.id, to: next.id, outcome: vote.outcome, hand_over: at.step };
  return {
    ...begun,
    events: [
      ...(told ? [{ ...told, type: 'intent.transfer' as const, details: { ...told.details, ...details } }] : []),
      ...asked,
    ],
    data: { ...begun.data, ...details, from: person(vote.by.id), to: person(next.id) },
  };
}
