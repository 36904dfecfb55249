/** The audit chain: one record for each commit of an intent, each holding the hash of the one before it. */

import { hashOf } from './hash.ts';
import type { JsonObject } from './json.ts';
import type { PersonalSide, Salted } from './personal.ts';

/** What a first record chains to. */
export const genesisHash = '0'.repeat(64);

/** Who did something, and how we know (`via`); never more than is known: a link says to whom it was sent. */
export interface Actor {
  kind: 'agent' | 'person' | 'system';
  id: string;
  via?: string;
}

/** As a record holds it: of a person only hashes. */
type RecordedActor = Pick<Actor, 'kind'> & { [K in 'id' | 'via']?: string | Salted };

export interface AuditRecord {
  /** 1: before personal data stood beside the record, all of it was in it. */
  v: 1 | 2;
  /** `<tenant>#<intentId>` */
  chain: string;
  /** From 1, without gaps. */
  seq: number;
  /** ISO 8601, UTC. */
  at: string;
  actor: RecordedActor;
  /** Deterministic id of the command that was committed. */
  command: string;
  action: string;
  traceId: string;
  /** Numbers, types and statuses of the events of the same commit. */
  events: { seq: number; type: string; status: string }[];
  data: JsonObject;
  /** Hash of the record before this one. */
  prev: string;
}

export interface SealedRecord extends AuditRecord {
  hash: string;
}

/** A record and what stands beside it. */
export interface AuditEntry {
  record: SealedRecord;
  personal: PersonalSide[];
}

/** Where a chain ends, as its intent's head (or an export's last line) tells it. */
export interface ChainTip {
  seq: number;
  hash: string;
}

/** `hash` = SHA-256 over the canonical JSON of the record, which contains the hash before it. */
export const sealRecord = (record: AuditRecord): SealedRecord => ({ ...record, hash: hashOf(record) });

export interface ChainVerdict {
  ok: boolean;
  records: number;
  tip: ChainTip;
  faults: { seq: number; fault: string }[];
}

/**
 * Checks a whole chain. With a tip from another place (the head, a witness) a cut tail and a recomputed chain show too;
 * without one they can't.
 */
export function verifyChain(chain: string, records: readonly SealedRecord[], tip?: ChainTip): ChainVerdict {
  const faults: ChainVerdict['faults'] = [];
  let prev: ChainTip = { seq: 0, hash: genesisHash };
  for (const [index, sealed] of records.entries()) {
    const { hash, ...record } = sealed;
    const seq = index + 1;
    if (record.chain !== chain) faults.push({ seq, fault: 'belongs to another chain' });
    if (record.seq !== seq) faults.push({ seq, fault: `stands where ${seq} belongs, says ${record.seq}` });
    if (record.prev !== prev.hash) faults.push({ seq, fault: 'does not follow the record before it' });
    if (!hashes(record, hash)) faults.push({ seq, fault: 'was changed after it was sealed' });
    prev = { seq, hash };
  }
  if (records.length === 0) faults.push({ seq: 0, fault: 'holds no records' });
  if (tip && (tip.seq !== prev.seq || tip.hash !== prev.hash))
    faults.push({
      seq: prev.seq,
      fault: `ends at ${prev.seq}, its witness says ${tip.seq}${tip.seq === prev.seq ? ' with another hash' : ''}`,
    });
  return { ok: faults.length === 0, records: records.length, tip: prev, faults };
}

function hashes(record: unknown, hash: string): boolean {
  try {
    return hashOf(record) === hash;
  } catch {
    return false;
  }
}
