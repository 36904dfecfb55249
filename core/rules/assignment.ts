/**
 * Who takes a piece of work on. One person is asked at a time. They take it on, which concludes the task; pass it on to
 * another candidate, who is then asked in their place; or decline it, and the next candidate is asked. Each of these
 * begins a step of the task's chain: so the links of the one before are dead, the service level begins anew, and nobody is
 * asked twice.
 */

import { approversFor, type Directory, type Person } from '../directory.ts';
import { InvalidInput } from '../errors.ts';
import type { IntentType } from '../intent-type.ts';
import type { Approver, Decision, IntentState, Task } from '../model.ts';
import { person } from '../personal.ts';
import type { Context } from '../ports.ts';
import { type OutcomeChoice, taskRule } from '../tasks.ts';
import { type Consequence, concluded, stepBegins } from './consequence.ts';

type Assigning = IntentState & { task: Task };

/** How often one task may go on to somebody else; a transaction and a page hold no endless history. */
export const maxHandOvers = 20;

/** Who may still be asked, in order: those that the agent named, else everybody of the role; never the requester. */
function nextInLine({ head, request, task }: Assigning, directory: Directory): Approver[] {
  return approversFor(directory, {
    role: task.role,
    assignees: request?.humanTask?.assignees,
    notifyEmail: request?.humanTask?.notify_email,
    onBehalfOf: head.onBehalfOf,
    except: task.votes.map((vote) => vote.by.id),
  }).approvers;
}

/** Whom an assignment may name: who is next in line, and everybody else of the role. */
export function candidatesOf(state: Assigning, directory: Directory): Approver[] {
  const inRole = approversFor(directory, {
    role: state.task.role,
    onBehalfOf: state.head.onBehalfOf,
    except: state.task.votes.map((vote) => vote.by.id),
  }).approvers;
  return [...new Map([...inRole, ...nextInLine(state, directory)].map((one) => [one.id, one])).values()];
}

/** Whom a decision names, where its task and outcome name somebody. Throws InvalidInput (`assignee`). */
export function assigneeOf(
  state: Assigning,
  choice: OutcomeChoice,
  given: string | undefined,
  by: Person,
  directory: Directory,
): Decision['assignee'] {
  if (taskRule(state.task.type).takes !== 'assignee' || !choice.for) return undefined;
  const found = candidatesOf(state, directory).find(({ id }) => id === given);
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
  const named = vote.assignee?.id;
  if (named === vote.by.id) return concluded(task, vote, type, true, context);
  const next =
    named === undefined
      ? nextInLine(voted, directory)[0]
      : candidatesOf(voted, directory).find(({ id }) => id === named);
  if (!next || task.step >= maxHandOvers) return concluded(task, vote, type, false, context);
  const step = { role: task.role, need: 1 };
  const at = { chain: { ...task.chain, steps: [...task.chain.steps, step] }, step: task.step + 1, role: task.role };
  const begun = stepBegins(voted, { ...at, approvers: [next] }, vote, type, context);
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
