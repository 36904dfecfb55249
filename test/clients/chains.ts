/** Chains to verify, and what a forger makes of them. */

import fc from 'fast-check';
import { type AuditRecord, type ChainTip, genesisHash, type SealedRecord, sealRecord } from '../../core/audit.ts';
import type { JsonObject } from '../../core/json.ts';

export const chain = 'acme/prod#01a20095-27b0-7135-a0f4-f96189669624';
export const exportedAt = '2026-11-22T00:08:26.459Z';

/** A sealed chain of one record for each of `data`. */
export function chainOfData(data: readonly JsonObject[]): SealedRecord[] {
  return reseal(
    data.map((data, index) => ({
      v: 2,
      chain,
      seq: index + 1,
      at: new Date(Date.UTC(2026, 10, 22) + index).toISOString(),
      actor: { kind: 'agent', id: 'agent://acme/prod/refund-bot', via: 'api key' },
      command: `command:${index + 1}`,
      action: 'intent.submitted',
      traceId: 'trace',
      events: [{ seq: index + 1, type: 'intent.created', status: 'CREATED' }],
      data,
      prev: '',
    })),
  );
}

/** As they are stored: nothing personal beside them. */
export const entriesOf = (records: readonly unknown[]) =>
  records.map((record) => ({ record, personal: [] as unknown[] }));

/** Seals anew from record `from` on, as everything before it stands. */
export function reseal(records: readonly (AuditRecord | SealedRecord)[], from = 1): SealedRecord[] {
  let prev = genesisHash;
  return records.map((given, index) => {
    const { hash, ...record } = given as SealedRecord;
    const sealed = index + 1 < from ? (given as SealedRecord) : sealRecord({ ...record, prev });
    prev = sealed.hash;
    return sealed;
  });
}

/** The forger: puts `data` into record `at`, and recomputes its hash and every later one. */
export const forge = (records: readonly SealedRecord[], at: number, data: JsonObject): SealedRecord[] =>
  reseal(
    records.map((record) => (record.seq === at ? { ...record, data } : record)),
    at,
  );

export function tipOf(records: readonly SealedRecord[]): ChainTip {
  const last = records.at(-1);
  if (!last) throw new Error('an empty chain has no tip');
  return { seq: last.seq, hash: last.hash };
}

/** Anything that JSON holds, in any script. */
const data = fc.dictionary(fc.string({ unit: 'grapheme' }), fc.jsonValue({ stringUnit: 'grapheme' }));

/** Chains of `minLength` to nine records. */
export const chains = (minLength = 1): fc.Arbitrary<SealedRecord[]> =>
  fc.array(data, { minLength, maxLength: 9 }).map((all) => chainOfData(all as JsonObject[]));

/** A whole number from `min` to `max`, by a fraction that shrinks well. */
export const pick = (fraction: number, min: number, max: number): number => min + (fraction % (max - min + 1));
