/**
 * How an agent gets what is delivered to it. Everything is in its mailbox first, whatever the binding; some bindings push each
 * entry from there, one after the other.
 */

import type { Box, NewEntry } from './mailbox.ts';
import type { SigningKey } from './signing-keys.ts';
import { retryPauseMs, type Verdict } from './webhook.ts';

export const bindingKinds = ['stream', 'poll', 'http', 'inbox', 'internal'] as const;

interface Common {
  createdAt: string;
  updatedAt: string;
  /** From 1; one more with each change. */
  version: number;
  /** Nothing is pushed any more until somebody binds it anew. */
  disabledAt?: string;
  /** Of what pushes: the number after which it does, where nothing says how far it is. */
  from?: number;
}

export type Binding = Common &
  (
    | { kind: 'stream' | 'poll' }
    | { kind: 'http'; url: string; keys: SigningKey[] }
    /** Id of a person of the directory. */
    | { kind: 'inbox'; person: string }
    /** ARN of a function, a queue or a bus that the deployment names. */
    | { kind: 'internal'; target: string }
  );
export type Pushing = Exclude<Binding, { kind: 'stream' | 'poll' }>;

/** Whether entries are pushed by it now. */
export const pushes = (binding: Binding | undefined): binding is Pushing =>
  binding !== undefined && binding.kind !== 'stream' && binding.kind !== 'poll' && binding.disabledAt === undefined;

/** How far the entries of a mailbox are pushed. */
export interface Pushed {
  /** The last number that is done with. */
  seq: number;
  /** Of the entry that is tried now: its number, how often it was tried, and not before when it is tried again. */
  item?: number;
  attempt?: number;
  nextAt?: string;
  lastPushedAt?: string;
}

/** A delivery that was given up; it is pushed again when somebody asks for it. */
export interface DeadLetter {
  seq: number;
  deliveryId: string;
  intentId: string;
  why: string;
  attempts: number;
  at: string;
}

/** What becomes of an entry after a try. */
export type Next =
  | { is: 'done' }
  | { is: 'disabled' }
  | { is: 'dead'; attempt: number; why: string }
  | { is: 'again'; attempt: number; nextAt: string };

/** `attempt`: of this try, from 1; `jitter` from 0 to 1. */
export function afterTry(
  verdict: Verdict,
  { attempt, maxAttempts, jitter, now }: { attempt: number; maxAttempts: number; jitter: number; now: string },
): Next {
  if (verdict.is === 'taken') return { is: 'done' };
  if (verdict.is === 'gone') return { is: 'disabled' };
  const why = verdict.status === undefined ? verdict.why : `${verdict.why} ${verdict.status}`;
  if (attempt >= maxAttempts) return { is: 'dead', attempt, why };
  const pause = retryPauseMs(attempt, jitter, verdict.retryAfterSeconds);
  return { is: 'again', attempt, nextAt: new Date(Date.parse(now) + pause).toISOString() };
}

/** Of a delivery, as a webhook's id, which has no dot. */
export const webhookIdOf = ({ deliveryId }: Pick<NewEntry, 'deliveryId'>): string => deliveryId.replaceAll('.', '_');

/** The rows of bindings and of what is pushed by them, wherever they are kept. Reads see every write that has happened. */
export interface BindingRows {
  binding(box: Box): Promise<Binding | undefined>;
  /** Puts it in the place of the version before it; the first where there is none. False where another was faster. */
  bind(box: Box, binding: Binding): Promise<boolean>;
  unbind(box: Box): Promise<void>;
  pushed(box: Box): Promise<Pushed | undefined>;
  /** Where pushing begins, where it has not begun; `anew`: in any case. */
  begin(box: Box, seq: number, anew?: boolean): Promise<void>;
  /** Tries the present entry at once. */
  hurry(box: Box): Promise<void>;
  /** One pushes a mailbox at a time: gives how far it is, or nothing while another has it. Times in epoch ms. */
  take(box: Box, owner: string, now: number, until: number): Promise<Pushed | undefined>;
  /** Notes how far it is; with `free` for others to take. Throws RetryableError where the owner has lost it. */
  note(box: Box, owner: string, pushed: Pushed, free?: boolean): Promise<void>;
  /** Lets others take it, where this owner has it still. */
  free(box: Box, owner: string): Promise<void>;
  bury(box: Box, dead: DeadLetter): Promise<void>;
  /** Those of a mailbox after a number, the oldest first. */
  dead(box: Box, after: number, limit: number): Promise<DeadLetter[]>;
  /** Whether this number is dead. */
  isDead(box: Box, seq: number): Promise<boolean>;
  /** It is dead no more. */
  unbury(box: Box, seq: number): Promise<void>;
  /** Asks for an entry to be pushed again. */
  redo(box: Box, seq: number, at: string): Promise<void>;
  /** The first number that is asked for again, and since when. */
  nextRedo(box: Box): Promise<{ seq: number; at: string } | undefined>;
  /** It is no longer asked for. */
  redone(box: Box, seq: number): Promise<void>;
}

/** The one row that a mailbox owes while there is something to push: found by the sweep, like all that is owed. */
export interface OwedPushes {
  /** Owes it, or notes that there is more; `anew`: it is worked off at once, also where it waits for its time. */
  owe(box: Box, traceId: string, anew?: boolean): Promise<void>;
  /** Which news there were last; undefined where nothing is owed. */
  news(box: Box): Promise<string | undefined>;
  /** Not before a time (epoch ms). */
  postpone(box: Box, dueAt: number): Promise<void>;
  /** Nothing is owed any more. False where there are more news than these. */
  settle(box: Box, news: string): Promise<boolean>;
}
