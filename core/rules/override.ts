/**
 * Emergency takeover. An operator freezes an intent: whoever was asked is asked no more, their links are dead, its run is
 * fenced off, and no tool is called any more. A person who holds the operators' role then ends it by hand, as completed or
 * canceled, with a justification. Nothing thaws: who rejects the takeover ends the intent as failed.
 *
 * A call that is open when an intent is frozen is settled first, as ever; the run is fenced off with its settlement.
 */

import type { Actor } from '../audit.ts';
import type { Change, Done, EventDraft } from '../commit.ts';
import type { Directory } from '../directory.ts';
import { Conflict, InvalidInput } from '../errors.ts';
import type { IntentType } from '../intent-type.ts';
import type { JsonObject } from '../json.ts';
import { isTerminal } from '../lifecycle.ts';
import type { Decision, Head, IntentError, IntentState, Task } from '../model.ts';
import { person, personal } from '../personal.ts';
import type { Context } from '../ports.ts';
import { dueIn, ending, existing, runInputOf, stepGraceSeconds } from './common.ts';
import { type Consequence, toldOf, wakeRow } from './consequence.ts';
import { answeredRow } from './deliver.ts';
import { noticeRow } from './notice.ts';
import { freezeNote, overrideLadder } from './override-task.ts';
import { pendingIn } from './steps.ts';
import { startRow } from './submit.ts';

/** Longest reason of a freeze, characters. */
const maxReasonLength = 500;

const waiting = { status: 'WAITING', waitingReason: 'WAITING_FOR_HUMAN' } as const;

/** Why a call of a frozen intent is not made again. */
export const frozenError: IntentError = { code: 'frozen', message: 'An operator froze the intent.', details: {} };

/** What fences the present run off. Its successor asks the operators. */
export function fence(head: Head, { now }: Context) {
  const generation = head.generation + 1;
  const waitUntil = overrideLadder(now)[0]?.at ?? now;
  return {
    head: { ...waiting, frozen: true, generation, dueAt: dueIn(now, stepGraceSeconds) } as const,
    owed: [startRow(runInputOf({ ...head, generation }, waitUntil), now)],
  };
}

/** The event that says so, once the run is fenced off. */
export const fencedEvent: EventDraft = { type: 'intent.waiting', ...waiting, details: { state: freezeNote } };

/**
 * Freezes an open intent; one that is frozen already stays as it is.
 * Throws NotFound, Conflict `intent_terminal`, InvalidInput (`reason`).
 */
export function freeze(
  given: IntentState | undefined,
  { by, reason }: { by: Actor; reason: string },
  context: Context,
): Change<null> | Done<null> {
  const { head, task, delivery } = existing(given);
  if (isTerminal(head.status)) throw new Conflict('intent_terminal', `This intent has ended: ${head.status}.`);
  if (head.frozen) return { done: null };
  if (reason.trim() === '' || reason.length > maxReasonLength)
    throw new InvalidInput(`Say why, in at most ${maxReasonLength} characters.`, { field: 'reason' });
  // Then the run settles it, and is fenced off by that.
  const callIsOpen = head.openEffects > 0;
  const fenced = callIsOpen ? undefined : fence(head, context);
  const asked = task?.status === 'open' ? task : undefined;
  // Nor does the agent answer any more, where people have asked it for changes.
  const open = asked ?? (task?.status === 'returned' ? task : undefined);
  const closed = open && { ...open, status: 'closed' as const };
  const details: JsonObject = { state: freezeNote, override: true, frozen_by: by.id, reason, call_is_open: callIsOpen };
  const { status, waitingReason } = fenced ? waiting : head;
  return {
    command: 'freeze',
    action: 'intent.frozen',
    actor: by,
    head: fenced?.head ?? { frozen: true },
    events: [{ type: 'intent.escalated', status, ...(waitingReason ? { waitingReason } : {}), details }],
    data: {
      ...details,
      ...(by.kind === 'person' ? { frozen_by: person(by.id), reason: personal(by.id, reason) } : {}),
      ...(closed ? { closed_task: closed.taskId } : {}),
    },
    writes: {
      note: { state: freezeNote, value: { by: by.id, reason, at: context.now } },
      ...(closed ? { task: closed } : {}),
    },
    owed: [
      ...(fenced?.owed ?? []),
      // Its run waits for an agent's answer, which is not taken any more.
      ...(delivery ? [answeredRow(context)] : []),
      ...(asked ? [wakeRow(asked, context), ...toldOff(asked, by.id, reason, context)] : []),
    ],
    result: null,
  };
}

/** Whoever is still asked hears that they are not any more. */
const toldOff = (task: Task, by: string, note: string, context: Context) =>
  pendingIn(task).map(({ id }) => noticeRow(task, id, { what: 'taken_over', by, note }, context));

/** How it ended, for everybody else who had to do with it. */
const toldHow = (task: Task, { by, comment }: Decision, context: Context) =>
  [...new Set([...(task.concerned ?? []), ...task.approvers.map(({ id }) => id)])]
    .filter((id) => id !== by.id)
    .map((id) => noticeRow(task, id, { what: 'overridden', by: by.name, note: comment }, context));

/** An operator's decision ends the frozen intent, whatever it is. */
export function endsByHand(
  { task }: IntentState & { task: Task },
  vote: Decision,
  _type: IntentType,
  _directory: Directory,
  context: Context,
): Consequence {
  const told = toldOf(vote);
  const end = endOf(vote, told);
  return {
    head: end.head,
    events: [end.event],
    task: { ...task, status: 'decided' as const, decision: vote },
    outcome: end.outcome,
    owed: [wakeRow(task, context), ...toldHow(task, vote, context)],
    data: { override: true },
  };
}

function endOf(vote: Decision, told: JsonObject) {
  const details = { override: true, decision: told };
  if (vote.outcome === 'rejected')
    return ending('FAILED', {
      error: { code: 'override_rejected', message: 'It was frozen, and the takeover was rejected.', details },
    });
  if (vote.data?.how === 'completed')
    return ending('COMPLETED', {
      result: {
        override: { by: vote.by.id, done: vote.data.done ?? '', justification: vote.comment },
        task_result: told,
      },
    });
  return ending('CANCELED', {
    error: { code: 'canceled_by_operator', message: 'An operator took it over and canceled it.', details },
  });
}
