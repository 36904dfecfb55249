/** The steps of a task's chain: whom one asks, and what a person's decision does to it. */

import { assigned } from '../assignment.ts';
import { type ChainStep, neededOf, type Standing, standingOf, wordOf } from '../chain.ts';
import { type AskedAs, approversFor, type Directory, maxAsked } from '../directory.ts';
import type { Question } from '../eligible.ts';
import { TerminalError } from '../errors.ts';
import type { IntentType } from '../intent-type.ts';
import type { Approver, Decision, Head, IntentState, Task } from '../model.ts';
import { person, type RecordableObject } from '../personal.ts';
import { outcomesOf } from '../tasks.ts';
import { wishesOf } from './wishes.ts';

/** Who must agree to an intent, as its policy says or its type; with the rule that says so where that stands nowhere else. */
export const chainFor = (state: IntentState, type: IntentType): ReturnType<typeof assigned> =>
  state.plan?.of ? { of: state.plan.of } : assigned(type, state);

/** What anybody who is to decide a task's present step must fulfil. A role only for those who are asked because of it. */
export function questionOf(
  { head, task }: { head: Head; task: Pick<Task, 'chain' | 'step' | 'requester'> },
  { as, role }: AskedAs,
): Question {
  const step = stepOf(task);
  const held = role !== undefined ? { role } : 'role' in step ? { role: step.role, region: step.region } : {};
  return { agent: head.from, onBehalfOf: head.onBehalfOf, requester: task.requester, ...(as === 'role' ? held : {}) };
}

export const stepOf = (task: Pick<Task, 'chain' | 'step'>): ChainStep => {
  const step = task.chain.steps[task.step];
  if (!step) throw new TypeError(`the chain has no step ${task.step}`);
  return step;
};

/**
 * Whom a step asks: nobody who has decided in an earlier one, since two steps are two people.
 * Throws TerminalError `no_approver` where too few could decide, `too_many_approvers` over what one commit holds.
 */
export function askedIn(
  step: ChainStep,
  state: IntentState,
  type: IntentType,
  directory: Directory,
  votes: readonly Decision[],
  now: string,
): { approvers: Approver[]; ignored: string[] } {
  const found = meantBy(step, state, type, directory, votes, now);
  const needed = Math.max(1, neededOf(step, found.approvers.length));
  if (found.approvers.length < needed)
    throw new TerminalError('no_approver', `Too few of the directory may decide this: role ${wordOf(step)}.`, {
      role: wordOf(step),
      needed,
      found: found.approvers.length,
    });
  if (found.approvers.length > maxAsked)
    throw new TerminalError('too_many_approvers', `More than ${maxAsked} would be asked: role ${wordOf(step)}.`, {
      role: wordOf(step),
      found: found.approvers.length,
    });
  return found;
}

/** Whom a step means, however few or many: nobody who has decided already. */
export const meantBy = (
  step: ChainStep,
  state: IntentState,
  type: IntentType,
  directory: Directory,
  votes: readonly Decision[],
  now: string,
): { approvers: Approver[]; ignored: string[] } => {
  const { head, plan, task } = state;
  const wish = wishesOf(state)?.humanTask;
  return approversFor(directory, {
    ...step,
    roleNeeded: plan !== undefined || type.assignment !== undefined,
    assignees: wish?.assignees,
    notifyEmail: wish?.notify_email,
    agent: head.from,
    onBehalfOf: head.onBehalfOf,
    requester: task?.requester,
    now,
    except: votes.map((vote) => vote.by.id),
  });
};

/** Id of the person the agent acts for, as the directory knew them when people were first asked. */
export const requesterOf = ({ head, task }: IntentState, directory: Directory): string | undefined =>
  task?.requester ?? (head.onBehalfOf === undefined ? undefined : directory.named(head.onBehalfOf)[0]?.id);

export const votesIn = ({ votes, step }: Task): Decision[] => votes.filter((vote) => vote.step === step);

/** What a person has decided on this task, in whatever step. */
export const voteOf = (task: Task, personId: string): Decision | undefined =>
  task.votes.find((vote) => vote.by.id === personId);

/** Those of the present step who have not decided yet. */
export const pendingIn = (task: Task): Approver[] =>
  task.approvers.filter((person) => !votesIn(task).some((vote) => vote.by.id === person.id));

/** When the present step began: the first with the task, each other with the vote that ended the one before. */
export const askedSince = (task: Task): string =>
  task.votes.filter((vote) => vote.step < task.step).at(-1)?.at ?? task.openedAt;

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

/** The outcomes that let the work go on. */
export const outcomesFor = (type: Task['type']): Set<string> =>
  new Set(outcomesOf(type).flatMap((outcome) => (outcome.for ? [outcome.name] : [])));

/** Where the present step stands. */
export function standing(task: Task): Standing {
  const isFor = outcomesFor(task.type);
  const votes = votesIn(task).map((vote) => ({ for: isFor.has(vote.outcome) }));
  return standingOf({ ...stepOf(task), need: neededIn(task) }, task.chain.against, task.approvers.length, votes);
}

/** The agent is waited for: people asked for changes. */
export const pendingWithAgent = ({ from }: Head) => ({ type: 'agent' as const, ref: from, name: from });

/** Who is waited for, as AXP's `pending_with` says it. */
export const pendingWith = (task: Task) => ({
  type: 'human' as const,
  ref: task.role,
  name: pendingIn(task)
    .map((person) => person.name)
    .join(', '),
});

/** For the record: who is asked in whose place. */
export function standInsOf({ approvers }: Task): RecordableObject {
  const standIns = approvers.flatMap((one) =>
    one.for ? [{ person: person(one.id), for: person(one.for.id), because: one.for.because }] : [],
  );
  return standIns.length === 0 ? {} : { stand_ins: standIns };
}
