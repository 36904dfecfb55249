/** What the rules share: who may go on, how an intent ends, when a silent run counts as dead. */

import type { Change, EventDraft } from '../commit.ts';
import { machineOf } from '../delegation.ts';
import { Cancelled, NotFound, Superseded } from '../errors.ts';
import type { JsonObject } from '../json.ts';
import { isTerminal } from '../lifecycle.ts';
import type { Head, IntentError, IntentOutcome, IntentState, Task } from '../model.ts';

/** What a run carries from state to state; stored inputs of every version must stay readable. */
export interface RunInput {
  v: 1;
  tenant: string;
  intentId: string;
  generation: number;
  /** Whose state machine it is: an intent type's, or that of delegation or of procedures. */
  type: string;
  traceId: string;
  /** ISO 8601: until when the run waits for a person. */
  waitUntil: string;
  /** Orders the waits of a run: at least the rungs that had happened, and one more with each look at the ladder. */
  rung: number;
}

/** The input of a run. Whatever an undeclared type is called, its runs are of the machine of delegation. */
export const runInputOf = (
  head: Pick<Head, 'tenant' | 'intentId' | 'type' | 'delegated' | 'procedure' | 'generation' | 'traceId'>,
  waitUntil: string,
  rung = 0,
): RunInput => ({
  v: 1,
  tenant: head.tenant,
  intentId: head.intentId,
  generation: head.generation,
  type: machineOf(head),
  traceId: head.traceId,
  waitUntil,
  rung,
});

/** A step that should commit at once but hasn't after this long has lost its run. */
export const stepGraceSeconds = 120;

/** A run that was to wake by itself gets this long before it counts as dead. */
export const wakeGraceSeconds = 60;

export const system = (id: string): { kind: 'system'; id: string } => ({ kind: 'system', id });

export const dueIn = (now: string, seconds: number): number => Date.parse(now) + seconds * 1000;

/** The state, if there is one. Throws NotFound. */
export function existing(state: IntentState | undefined): IntentState {
  if (!state) throw new NotFound('intent');
  return state;
}

/** The state, if this run is the one that may commit. Throws NotFound, Superseded, Cancelled. */
export function ofCurrentRun(state: IntentState | undefined, generation: number): IntentState {
  const found = existing(state);
  if (found.head.generation !== generation) throw new Superseded(generation, found.head.generation);
  if (isTerminal(found.head.status)) throw new Cancelled(found.head.status);
  return found;
}

/** What waits by a ladder. */
type Waiting = Pick<Task, 'ladder' | 'rung'>;

/** The next rung of what is open. */
export const nextRung = (task: Waiting) => task.ladder[Math.min(task.rung, task.ladder.length - 1)];

/** By when (epoch ms) a run that waits for the next rung must have committed again, also where that rung is late. */
export const wakesBy = (task: Waiting, now: string): number =>
  dueIn([now, nextRung(task)?.at ?? now].sort().at(-1) as string, wakeGraceSeconds);

/** Whether operators are asked once the deadline is over. */
export const isTakenOverAfter = ({ ladder }: Task): boolean => {
  const last = ladder.at(-1);
  return last?.do === 'expire' && last.opens === 'override';
};

export const deadlineOf = (task: Task): string => task.ladder.at(-1)?.at ?? task.openedAt;

const eventOf = {
  COMPLETED: 'intent.completed',
  FAILED: 'intent.failed',
  CANCELED: 'intent.canceled',
  TIMED_OUT: 'intent.timed_out',
} as const;

/** The parts of a change that end an intent. */
export function ending(
  status: keyof typeof eventOf,
  outcome: IntentOutcome,
  details: JsonObject = {},
): { head: Change<unknown>['head']; event: EventDraft; outcome: IntentOutcome } {
  const error: JsonObject = outcome.error ? { code: outcome.error.code, error: { ...outcome.error } } : {};
  return {
    head: { status, waitingReason: null, dueAt: null, wish: null, verified: null },
    event: {
      type: eventOf[status],
      status,
      details: { ...details, ...error },
      ...(outcome.result ? { data: outcome.result } : {}),
    },
    outcome,
  };
}

/**
 * Ends an intent as failed (timed out, canceled), or, while a tool call's outcome is open, notes that wish:
 * nothing ends before every effect has settled.
 */
export function endOrWish(
  head: Head,
  status: 'FAILED' | 'TIMED_OUT' | 'CANCELED',
  error: IntentError,
  now: string,
): Pick<Change<unknown>, 'head' | 'events'> & { outcome?: IntentOutcome } {
  if (head.openEffects > 0)
    return { head: { wish: { status, error }, dueAt: dueIn(now, stepGraceSeconds) }, events: [] };
  const end = ending(status, { error });
  return { head: end.head, events: [end.event], outcome: end.outcome };
}
