/**
 * Emergency takeover, and how operators end what they took over. An operator freezes an intent: whoever was asked is asked no more, their links are dead, its run is
 * fenced off, and no tool is called any more. A person who holds the operators' role then ends it by hand, as completed or
 * canceled, with a justification. Nothing thaws: who rejects the takeover ends the intent as failed.
 *
 * A call that is open when an intent is frozen is settled first, as ever; the run is fenced off with its settlement.
 */

import type { Actor } from '../audit.ts';
import type { Change, Done, EventDraft } from '../commit.ts';
import type { Directory } from '../directory.ts';
import { mayDecide } from '../eligible.ts';
import { Conflict, InvalidInput, PolicyDenied } from '../errors.ts';
import type { IntentType } from '../intent-type.ts';
import type { JsonObject } from '../json.ts';
import { isTerminal } from '../lifecycle.ts';
import type { Decision, Head, IntentError, IntentState, Task } from '../model.ts';
import { runEndsRow } from '../part.ts';
import { person, personal } from '../personal.ts';
import type { Context } from '../ports.ts';
import { takeoverIdOf } from '../revision.ts';
import { exceeds } from '../text.ts';
import { dueIn, ending, existing, runInputOf, stepGraceSeconds, system } from './common.ts';
import { concernedIn } from './concerned.ts';
import { type Consequence, toldOf, wakeRow } from './consequence.ts';
import { answeredRow } from './deliver.ts';
import { type Notice, noticeRow } from './notice.ts';
import { freezeNote, operatorsWait, overrideRoleOf, toldOff } from './override-task.ts';
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
  const waitUntil = operatorsWait({ head }, now);
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
  { by, name = by.id, reason }: { by: Actor; name?: string; reason: string },
  context: Context,
): Change<null> | Done<null> {
  const state = existing(given);
  const { head, task, delivery, procedure } = state;
  if (isTerminal(head.status)) throw new Conflict('intent_terminal', `This intent has ended: ${head.status}.`);
  if (head.frozen) return { done: null };
  if (reason.trim() === '' || exceeds(reason, maxReasonLength))
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
      ...(procedure?.token === undefined ? [] : [runEndsRow(procedure.begun, context.now)]),
      ...(asked
        ? [wakeRow(asked, context), ...toldOff(asked, { what: 'taken_over', by: name, note: reason }, context)]
        : []),
      ...toldOfFreeze(state, by.id, { what: 'frozen', by: name, note: reason }, context),
    ],
    result: null,
  };
}

/**
 * By somebody who signed in, or whom the command line names: a person of the directory who holds the operators' role of the type.
 * Throws PolicyDenied, and what `freeze` throws.
 */
export function freezeAs(
  given: IntentState | undefined,
  { id, via }: { id: string; via: string },
  reason: string,
  type: IntentType,
  directory: Directory,
  context: Context,
): Change<null> | Done<null> {
  const { head } = existing(given);
  const person = directory.find(id);
  const role = overrideRoleOf(type);
  if (!person || !mayDecide(person, { role, agent: head.from }, directory))
    throw new PolicyDenied(`Only a person who holds the role ${role} may freeze this.`);
  return freeze(
    given,
    { by: { kind: 'person', id: person.id, via }, name: person.name, reason: reason.trim() },
    context,
  );
}

/** Whoever had to do with it, and is asked nothing now. */
function toldOfFreeze(state: IntentState, freezer: string, notice: Notice, context: Context) {
  const { head, task } = state;
  const asked = new Set(task?.status === 'open' ? pendingIn(task).map(({ id }) => id) : []);
  return concernedIn(state)
    .filter((id) => !asked.has(id) && id !== freezer)
    .map((id) => noticeRow({ taskId: task?.taskId ?? takeoverIdOf(head.intentId) }, id, notice, context));
}

/** Everybody else who had to do with it. */
const concernedBy = ({ concerned = [], approvers, decision }: Task): string[] =>
  [...new Set([...concerned, ...approvers.map(({ id }) => id)])].filter((id) => id !== decision?.by.id);

/** So many are owed the news of an end in one commit; the others in one that follows. */
export const maxInformedAtOnce = 25;

/** The task with how many of those whom its end concerns are owed the news, and what is owed: to these, and the next commit. */
function informing(task: Task, from: number, context: Context) {
  const { informed: _, ...before } = task;
  const all = concernedBy(task);
  const until = from + maxInformedAtOnce;
  const { by, comment } = task.decision as Decision;
  const news: Notice = { what: 'overridden', by: by.name, note: comment };
  return {
    task: until < all.length ? { ...before, informed: until } : before,
    owed: [
      ...all.slice(from, until).map((id) => noticeRow(task, id, news, context)),
      ...(until < all.length ? [moreNewsRow(task, until, context)] : []),
    ],
    informed: all.slice(from, until),
  };
}

const moreNewsRow = ({ taskId }: Task, from: number, context: Context) => ({
  key: `mail#notices#${taskId}#${from}`,
  kind: 'mail' as const,
  dueAt: dueIn(context.now, stepGraceSeconds),
  body: { taskId, informed: from },
});

/** Those who come after the first so many are owed the news of how it ended; once, however often it is asked for. */
export function informMore(
  given: IntentState | undefined,
  { taskId, informed: from }: { taskId: string; informed: number },
  context: Context,
): Change<null> | Done<null> {
  const { task } = existing(given);
  if (task?.taskId !== taskId || task.informed !== from) return { done: null };
  const { informed, ...more } = informing(task, from, context);
  return {
    command: `inform:${taskId}:${from}`,
    action: 'override.told',
    actor: system('mail'),
    head: {},
    events: [],
    data: { task_id: taskId, people: informed.map((id) => person(id)) },
    writes: { task: more.task },
    owed: more.owed,
    settled: [moreNewsRow(task, from, context).key],
    result: null,
  };
}

/** An operator's decision ends the intent, whatever it is. */
export function endsByHand(
  { task }: IntentState & { task: Task },
  vote: Decision,
  _type: IntentType,
  _directory: Directory,
  context: Context,
): Consequence {
  const told = toldOf(vote);
  const end = endOf(vote, told);
  const decided = informing({ ...task, status: 'decided', decision: vote }, 0, context);
  return {
    head: end.head,
    events: [end.event],
    task: decided.task,
    outcome: end.outcome,
    owed: [wakeRow(task, context), ...decided.owed],
    data: { override: true },
  };
}

function endOf(vote: Decision, told: JsonObject) {
  const details = { override: true, decision: told };
  if (vote.outcome === 'rejected')
    return ending('FAILED', {
      error: { code: 'override_rejected', message: 'Operators took it over, and rejected the takeover.', details },
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
