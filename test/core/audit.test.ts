import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type SealedRecord, sealRecord, verifyChain } from '../../core/audit.ts';
import { stopKey, stopShard, stopShards, stopsFor, stopsForBox } from '../../core/stops.ts';
import { agent, tenant } from './builders.ts';

const chain = `${tenant}#i`;

/** A sealed chain over what it records. */
function chained(data: readonly string[]): SealedRecord[] {
  const records: SealedRecord[] = [];
  for (const [i, note] of data.entries())
    records.push(
      sealRecord({
        ...{ v: 1, chain, seq: i + 1, at: '2026-11-20T09:00:00.000Z', command: `c${i}`, action: 'a', traceId: 't' },
        actor: { kind: 'system', id: 'run' },
        events: [],
        data: { note },
        prev: records.at(-1)?.hash ?? '0'.repeat(64),
      }),
    );
  return records;
}

const notes = fc.array(fc.string(), { minLength: 2, maxLength: 8 });
const tipOf = (records: readonly SealedRecord[]) => ({ seq: records.length, hash: records.at(-1)?.hash ?? '' });

describe('an audit chain', () => {
  it('verifies untouched', () =>
    fc.assert(
      fc.property(notes, (data) => {
        const records = chained(data);
        expect(verifyChain(chain, records, tipOf(records))).toEqual({
          ok: true,
          records: data.length,
          tip: tipOf(records),
          faults: [],
        });
      }),
    ));

  it('fails where anything of a record was changed, dropped or swapped', () =>
    fc.assert(
      fc.property(
        notes,
        fc.nat(),
        fc.constantFrom('at', 'command', 'action', 'traceId', 'prev', 'hash', 'chain'),
        (data, which, field) => {
          const records = chained(data);
          const i = which % records.length;
          const changed = records.map((record, j) =>
            i === j ? { ...record, [field]: `${record[field as 'at']}.` } : record,
          );
          expect(verifyChain(chain, changed).ok).toBe(false);
          expect(verifyChain(chain, records.toSpliced(i, 1), tipOf(records)).ok).toBe(false);
          const k = i === 0 ? 1 : i;
          const swapped = records.toSpliced(k - 1, 2, records[k] as SealedRecord, records[k - 1] as SealedRecord);
          expect(verifyChain(chain, swapped).ok).toBe(false);
          const added = records.map((record, j) => (i === j ? ({ ...record, extra: 1 } as SealedRecord) : record));
          expect(verifyChain(chain, added).ok).toBe(false);
        },
      ),
    ));

  it('shows a cut tail and a forger’s whole new chain only to a witness', () => {
    const records = chained(['a', 'b', 'c']);
    expect(verifyChain(chain, records.slice(0, 2)).ok).toBe(true);
    expect(verifyChain(chain, records.slice(0, 2), tipOf(records)).ok).toBe(false);
    const forged = chained(['a', 'B', 'c']);
    expect(verifyChain(chain, forged).ok).toBe(true);
    expect(verifyChain(chain, forged, tipOf(records)).faults[0]?.fault).toContain('another hash');
  });

  it('of nothing is no chain, and one of another intent is not this one', () => {
    expect(verifyChain(chain, []).ok).toBe(false);
    expect(verifyChain('acme/shop#other', chained(['a'])).ok).toBe(false);
  });
});

describe('stops', () => {
  it('are looked up at everything that could hold an intent back', () => {
    const head = { tenant, type: 'intent.refund.v1', from: agent };
    expect(stopsFor(head, { tool: 'issue_refund' }).map(stopKey)).toEqual([
      'stop#everything',
      'stop#tenant#acme/shop',
      'stop#type#intent.refund.v1',
      `stop#agent#${agent}`,
      'stop#tool#issue_refund',
    ]);
    expect(stopsFor(head)).toHaveLength(4);
  });

  it('on a mailbox are those on everything, its tenant and its agent; none on an address of another tenant', () => {
    expect(stopsForBox({ tenant, address: agent }).map(stopKey)).toEqual([
      'stop#everything',
      'stop#tenant#acme/shop',
      `stop#agent#${agent}`,
    ]);
    expect(stopsForBox({ tenant, address: 'agent://other/main/packer' })).toHaveLength(2);
  });

  it('spread their checks over all their rows, and no others', () => {
    const shards = new Set(Array.from({ length: 500 }, (_, i) => stopShard(`intent-${i}`)));
    expect([...shards].sort()).toEqual(Array.from({ length: stopShards }, (_, i) => `shard#${i}`).sort());
  });
});
