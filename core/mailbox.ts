/**
 * An agent's mailbox: entries in one order, numbered from 1 without a gap. The number is given when the entry is put in, once
 * for each delivery, so that a message that comes twice, or a put whose answer was lost, never makes two entries.
 */

import { RetryableError } from './errors.ts';
import type { JsonObject } from './json.ts';

/** What came into a mailbox. */
export interface Entry {
  seq: number;
  /** Stable: the same delivery has it however often it is tried. */
  deliveryId: string;
  intentId: string;
  type: string;
  /**
   * Why it came: to be worked on, as a reminder, after an escalation, handed on, given out again, or as the answer that was
   * asked for. `thread`: something is new of it, which is for inboxes and no work.
   */
  why: DeliveryReason;
  /** What the intent's status is with it. */
  status: string;
  from: string;
  to: string;
  at: string;
  attempt: number;
  /** Of what is to be worked on, where it is small. */
  payload?: JsonObject;
  /** Of an answer: result or error, where it is small. */
  outcome?: JsonObject;
}
export type NewEntry = Omit<Entry, 'seq'>;

export const deliveryReasons = [
  'assigned',
  'reminder',
  'escalated',
  'delegated',
  'lease_over',
  'released',
  'completed',
  'thread',
] as const;
export type DeliveryReason = (typeof deliveryReasons)[number];

/** What the ids of an intent's deliveries begin with that are to be worked on; a number follows. */
export const workIds = (intentId: string): string => `${intentId}.d`;

/** One agent's mailbox in one tenant. */
export interface Box {
  tenant: string;
  /** Whole. */
  address: string;
}

/** The rows of mailboxes, wherever they are kept. Reads see every put that has happened. */
export interface MailboxRows {
  /** The number that a delivery has, if it is in. */
  numberOf(box: Box, deliveryId: string): Promise<number | undefined>;
  /** Those whose ids begin so. */
  numbersOf(box: Box, idsBegin: string): Promise<{ deliveryId: string; seq: number }[]>;
  /** The last number that was given; 0 for none. */
  last(box: Box): Promise<number>;
  /** In one transaction: the entry, its delivery's number, and the last number, which must still be one less. False where it is not. */
  add(box: Box, entry: Entry): Promise<boolean>;
  /** Entries after a number, in order. */
  after(box: Box, since: number, limit: number): Promise<Entry[]>;
  /** Entries before a number, the newest first. */
  before(box: Box, seq: number, limit: number): Promise<Entry[]>;
}

/** Others may put at the same time: each round, one of them gets on. */
const maxRounds = 20;

/** Puts an entry in, or finds it there; gives its number. Throws RetryableError where it never got its turn. */
export async function putInto(
  rows: MailboxRows,
  box: Box,
  entry: NewEntry,
  pause: (round: number) => Promise<void> = async () => {},
): Promise<number> {
  for (let round = 0; round < maxRounds; round += 1) {
    const known = await rows.numberOf(box, entry.deliveryId);
    if (known !== undefined) return known;
    const seq = (await rows.last(box)) + 1;
    if (await rows.add(box, { ...entry, seq })) return seq;
    await pause(round);
  }
  throw new RetryableError('Many deliver to this agent at once.');
}
