/** The steps of a task's chain: whom one asks, and what a person's decision does to it. */

import { type ChainStep, neededOf, oneOf, type Standing, standingOf } from '../chain.ts';
import { approversFor, type Directory } from '../directory.ts';
import { TerminalError } from '../errors.ts';
import type { IntentType } from '../intent-type.ts';
import type { Approver, Decision, IntentState, Task } from '../model.ts';
import { outcomesOf } from '../tasks.ts';

/** Who must agree to an intent: as its policy says, or its type. */
export const chainFor = ({ plan }: IntentState, type: IntentType) => plan?.of ?? oneOf(type.task.role);

export const stepOf = (task: Pick<Task, 'chain' | 'step'>): ChainStep => {
  const step = task.chain.steps[task.step];
  if (!step) throw new TypeError(`the chain has no step ${task.step}`);
  return step;
};

/**
 * Whom a step asks: nobody who has decided in an earlier one, since two steps are two people.
 * Throws TerminalError `no_approver` where too few could decide.
 */
export function askedIn(
  step: ChainStep,
  { head, request, plan }: IntentState,
  directory: Directory,
  votes: readonly Decision[],
): { approvers: Approver[]; ignored: string[] } {
  const found = approversFor(directory, {
    role: step.role,
    roleNeeded: plan !== undefined,
    assignees: request?.humanTask?.assignees,
    notifyEmail: request?.humanTask?.notify_email,
    onBehalfOf: head.onBehalfOf,
    except: votes.map((vote) => vote.by.id),
  });
  const needed = Math.max(1, neededOf(step, found.approvers.length));
  if (found.approvers.length < needed)
    throw new TerminalError('no_approver', `Too few of the directory may decide this: role ${step.role}.`, {
      role: step.role,
      needed,
      found: found.approvers.length,
    });
  return found;
}

const votesIn = ({ votes, step }: Task): Decision[] => votes.filter((vote) => vote.step === step);

/** What a person has decided on this task, in whatever step. */
export const voteOf = (task: Task, personId: string): Decision | undefined =>
  task.votes.find((vote) => vote.by.id === personId);

/** Those of the present step who have not decided yet. */
export const pendingIn = (task: Task): Approver[] =>
  task.approvers.filter((person) => !votesIn(task).some((vote) => vote.by.id === person.id));

/** Whether a mail to this person may arrive: none has come back from the address that the directory has now. */
export const isReachable = ({ unreachable }: Task, { id }: Approver, directory: Directory): boolean =>
  unreachable?.[id] === undefined || !sameMail(unreachable[id].mail, directory.find(id)?.mail ?? '');

export const sameMail = (one: string, other: string): boolean => one.toLowerCase() === other.toLowerCase();

/** How many of the present step must decide for it: an escalation may have brought in more people than it needs. */
export const neededIn = (task: Task): number => task.needed ?? neededOf(stepOf(task), task.approvers.length);

/** How far the present step is. */
export const progressOf = (task: Task) => ({
  step: task.step + 1,
  steps: task.chain.steps.length,
  decided: votesIn(task).length,
  needed: neededIn(task),
});

/** Where the present step stands. */
export function standing(task: Task): Standing {
  const isFor = new Map(outcomesOf(task.type).map((outcome) => [outcome.name, outcome.for]));
  const votes = votesIn(task).map((vote) => ({ for: isFor.get(vote.outcome) === true }));
  return standingOf({ ...stepOf(task), need: neededIn(task) }, task.chain.against, task.approvers.length, votes);
}

/** Who is waited for, as AXP's `pending_with` says it. */
export const pendingWith = (task: Task) => ({
  type: 'human' as const,
  ref: task.role,
  name: pendingIn(task)
    .map((person) => person.name)
    .join(', '),
});
