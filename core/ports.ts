/** What the rules need from outside. `adapters/` has them on AWS. */

import type { Breach } from './budget.ts';
import type { SealedCommit } from './commit.ts';
import type { Json, JsonObject } from './json.ts';
import type { IntentEvent, IntentRef, IntentState, Link, OutboxRow } from './model.ts';
import type { ResumeState } from './resume-state.ts';

/** Time and randomness, passed in. */
export interface Context {
  /** ISO 8601, UTC. */
  now: string;
  newId: () => string;
}

export interface LoadOptions {
  /** Also the agent's request (payload up to 128 KiB). */
  request?: boolean;
  /** Also this effect. */
  effectId?: string;
  /** With this task in the place of the present one: of a procedure's earlier step. */
  taskId?: string;
  /** Also this link. */
  linkHash?: string;
}

export type CommitResult =
  | { ok: true }
  /** Somebody committed first: read again. */
  | { ok: false; because: 'changed' }
  /** A stop stands on this target. */
  | { ok: false; because: 'stopped'; target: string }
  /** A budget is used up. */
  | { ok: false; because: 'budget'; breach: Breach }
  /** The parent is not there, or is no longer open. */
  | { ok: false; because: 'parent' }
  /** The Idempotency-Key was used before: what it answered then. */
  | { ok: false; because: 'repeated'; requestHash: string; answer: JsonObject };

/** The truth: every change of an intent goes through `commit`. */
export interface Store {
  load(ref: IntentRef, options?: LoadOptions): Promise<IntentState | undefined>;
  /** Retries conflicts and throttling with full jitter, then throws RetryableError. */
  commit(commit: SealedCommit): Promise<CommitResult>;
  /** What a committed command answered, if it was committed. */
  findCommand(ref: IntentRef, command: string): Promise<{ answer: Json } | undefined>;
  /** What an Idempotency-Key answered, if it was used. */
  findAnswer(tenant: string, key: string): Promise<{ requestHash: string; answer: JsonObject } | undefined>;
  /**
   * Keeps the whole answer that a body under an Idempotency-Key got, for as long as the key; gives what was kept first. What
   * is too large for a row is not kept.
   */
  keepShown(tenant: string, of: { key: string; requestHash: string }, shown: JsonObject): Promise<JsonObject>;
  events(ref: IntentRef, since: number, limit: number): Promise<IntentEvent[]>;
  /** Whether anybody listens to what happens to this tenant's intents. */
  announces(tenant: string): Promise<boolean>;
  /** What this agent has left with an intent, to go on by. */
  findResumeState(ref: IntentRef, agent: string): Promise<ResumeState | undefined>;
  findLink(hash: string): Promise<Link | undefined>;
  /** Stores a link before its mail goes out; storing the same again is fine. */
  putLink(link: Link): Promise<void>;
  /** Ids of the intents that are a part of this one, at most `limit`, those after `after`. */
  children(ref: IntentRef, after: string, limit: number): Promise<string[]>;
  /** Has what is still owed be overdue at another time, its `dueAt`. */
  postpone(ref: IntentRef, row: Omit<OutboxRow, 'attempts'>): Promise<void>;
  /** Removes what is no longer owed. */
  settle(ref: IntentRef, key: string): Promise<void>;
}

/** An outbox row, and whose it is. */
export type OwedRow = IntentRef & Pick<OutboxRow, 'key' | 'body'>;

/** One task that a digest lists. */
export type Listed = IntentRef & { taskId: string };

/** What people's digests are made of: rows of the outbox that are due when their person's digest is. */
export interface Digests {
  /** Owes a row anew, for a digest's time (epoch ms). Nothing where it is paid, or was collected since it was read. */
  collect(row: OwedRow, personId: string, at: number): Promise<void>;
  /** A person's collected rows that are due, the oldest first. */
  due(personId: string, now: string, limit: number): Promise<OwedRow[]>;
  /**
   * Each row that is due brings a message, and one of them pays all: until when it may alone (epoch ms, which names the
   * claim), nothing while another does, be it the same message that came twice.
   */
  claim(personId: string, now: string): Promise<number | undefined>;
  /** Ends the claim early: what is still owed may be paid at once. Nothing where it has ended. */
  release(personId: string, until: number, now: string): Promise<void>;
  /** Keeps what a mail lists, before it is sent: its bounce leads back there. `until`: ISO 8601. */
  keep(digestId: string, tasks: readonly Listed[], until: string): Promise<void>;
  /** Nothing where it was never kept, or is over. */
  listed(digestId: string): Promise<Listed[]>;
}
