/** Checkpoints: each hour one signs where the chains that have changed stand, and holds the hash of the one before it. */

import { type ChainTip, genesisHash } from './audit.ts';
import { hashOf } from './hash.ts';

/** Where a chain stood when a checkpoint saw it. */
export interface Seen extends ChainTip {
  chain: string;
  /** When its last record was committed, by the clock of whoever did. */
  at: string;
}

export interface Checkpoint {
  v: 1;
  /** From 1, without gaps. */
  number: number;
  /** ISO 8601, UTC: what was committed before it is seen by this or an earlier one, but for `overlapSeconds`. */
  at: string;
  /** From when on changes were looked for. */
  since: string;
  /** Hash of the checkpoint before it. */
  prev: string;
  /** Sorted by chain; each stands once. */
  seen: Seen[];
}

export interface SignedCheckpoint {
  checkpoint: Checkpoint;
  /** ECDSA with SHA-256 over the canonical JSON of the checkpoint: DER, base64. */
  signature: string;
}

/** As hex: what is signed, and what the next one holds. */
export const checkpointHash = (checkpoint: Checkpoint): string => hashOf(checkpoint);

/**
 * Each looks back beyond the one before it: a commit has its time from before it is written (up to eight tries of a
 * second each, by a clock that may be off), and the index follows the table.
 */
export const overlapSeconds = 600;

/** How far the first one looks back: before it nobody indexed what has changed. */
const firstSeconds = 7 * 86_400;

const before = (iso: string, seconds: number): string => new Date(Date.parse(iso) - seconds * 1000).toISOString();

/** From when on the next checkpoint looks for changes. However many hours were missed, it catches up. */
export const lookFrom = (last: Checkpoint | undefined, now: string): string =>
  last ? before(last.at, overlapSeconds) : before(now, firstSeconds);

/** The checkpoint after `last`. */
export const nextCheckpoint = (last: Checkpoint | undefined, seen: readonly Seen[], now: string): Checkpoint => ({
  v: 1,
  number: (last?.number ?? 0) + 1,
  at: now,
  since: lookFrom(last, now),
  prev: last ? checkpointHash(last) : genesisHash,
  seen: seen.toSorted((a, b) => (a.chain < b.chain ? -1 : 1)),
});
