import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { exportLines, readExport } from '../../clients/cli/chain-file.ts';
import { type Evidence, judge } from '../../clients/cli/verdict.ts';
import { type SealedRecord, verifyChain } from '../../core/audit.ts';
import { chain, chainOfData, chains, entriesOf, exportedAt, forge, pick, reseal, tipOf } from './chains.ts';

const five = chainOfData([1, 2, 3, 4, 5].map((amount) => ({ amount })));
const at = (seq: number): SealedRecord => five[seq - 1] as SealedRecord;
const witness = (seq: number) => ({ seq, hash: at(seq).hash });
const swapped = [at(1), at(3), at(2), at(4), at(5)];
const forged = forge(five, 3, { amount: 9000 });

/** `tip` defaults to the true one: the forger could not change the head. */
const said = (records: readonly unknown[], more: Partial<Evidence> = {}) =>
  judge({ chain, entries: entriesOf(records), tip: tipOf(five), tipIn: 'head', witnesses: [], ...more });

describe('the cases of an audit', () => {
  const detected: [string, ReturnType<typeof judge>, string][] = [
    ['a byte changed', said([at(1), { ...at(2), at: '2026-11-22T00:00:00.002Z' }, at(3), at(4), at(5)]), 'was changed'],
    ['a field added', said([at(1), { ...at(2), note: '' }, at(3), at(4), at(5)]), 'was changed'],
    ['the hash of a record changed', said([at(1), { ...at(2), hash: at(1).hash }, at(3)]), 'was changed'],
    ['a record dropped', said([at(1), at(2), at(4), at(5)]), 'does not follow'],
    ['the first record dropped', said(five.slice(1)), 'does not follow'],
    ['two swapped', said(swapped), 'does not follow'],
    ['two swapped, and every hash recomputed', said(reseal(swapped)), 'stands where'],
    ['a record repeated', said([...five, at(5)]), 'does not follow'],
    ['the tail cut', said(five.slice(0, 3)), 'its witness says 5'],
    ['all of it cut', said([]), 'holds no records'],
    [
      'a tail cut and its tip too, with a witness',
      said(five.slice(0, 3), { tip: tipOf(five.slice(0, 3)), witnesses: [witness(4)] }),
      'a witness has seen 4',
    ],
    ['all later hashes recomputed', said(forged), 'with another hash'],
    [
      'all later hashes and the tip recomputed, with a witness',
      said(forged, { tip: tipOf(forged), witnesses: [witness(3)] }),
      'another hash than its witness',
    ],
    [
      'one witness of two that disagrees',
      said(five, { witnesses: [witness(2), { seq: 3, hash: at(2).hash }] }),
      'another hash than its witness',
    ],
    ["another intent's chain", said(five, { chain: 'acme/prod#other' }), 'belongs to another chain'],
    ['no head', said(five, { tip: undefined }), 'has no head'],
    ['no record but something else', said([at(1), null, 'x', { seq: { toString: 1 } }, []]), 'was changed'],
  ];
  it.each(detected)('shows: %s', (_, verdict, fault) => {
    expect(verdict.ok).toBe(false);
    expect(verdict.faults.map((found) => found.fault).join('; ')).toContain(fault);
    expect(verdict.shown).toEqual([]);
  });

  it('verifies what nobody touched, with witnesses from any time', () => {
    expect(said(five, { witnesses: [1, 3, 5].map(witness) })).toMatchObject({ ok: true, records: 5, faults: [] });
  });

  const passes: [string, ReturnType<typeof judge>, RegExp][] = [
    [
      'a tail cut together with its tip',
      said(five.slice(0, 3), { tip: tipOf(five.slice(0, 3)) }),
      /^Whether records were cut off the end/,
    ],
    [
      'all later hashes and the tip recomputed',
      said(forged, { tip: tipOf(forged) }),
      /recomputed the hashes of the whole chain/,
    ],
    [
      'the same, where the only witness is from before',
      said(forged, { tip: tipOf(forged), witnesses: [witness(2)] }),
      /recomputed the hashes from record 3 on/,
    ],
    [
      'a tail cut back to the witness',
      said(five.slice(0, 3), { tip: tipOf(five.slice(0, 3)), witnesses: [witness(3)] }),
      /^Whether records after 3 were cut off the end/,
    ],
  ];
  it.each(passes)('cannot show, and says so: %s', (_, verdict, admits) => {
    expect(verdict).toMatchObject({ ok: true, faults: [] });
    expect(verdict.notShown.some((sentence) => admits.test(sentence))).toBe(true);
  });

  it('does not talk of recomputed hashes where a witness has seen the last one', () => {
    expect(said(five, { witnesses: [witness(5)] }).notShown).toHaveLength(1);
  });
});

const someNumber = fc.nat();

describe('verifyChain: a chain verifies if and only if it is untouched', () => {
  it('verifies what is untouched, with its tip and without', () => {
    fc.assert(
      fc.property(chains(), (records) => {
        expect(verifyChain(chain, records)).toMatchObject({ ok: true, records: records.length, tip: tipOf(records) });
        expect(verifyChain(chain, records, tipOf(records)).ok).toBe(true);
      }),
    );
  });

  it('finds any character of a record changed', () => {
    fc.assert(
      fc.property(chains(), someNumber, someNumber, fc.string({ maxLength: 1 }), (records, which, where, put) => {
        const index = which % records.length;
        const text = JSON.stringify(records[index]);
        const position = where % text.length;
        const changed = parsed(text.slice(0, position) + put + text.slice(position + 1));
        // What is no JSON any more, or says the same in other characters, is no changed record.
        fc.pre(changed !== undefined && JSON.stringify(changed) !== text);
        expect(verifyChain(chain, records.with(index, changed as SealedRecord)).ok).toBe(false);
      }),
    );
  });

  it('finds any record dropped but the last', () => {
    fc.assert(
      fc.property(chains(2), someNumber, (records, which) => {
        expect(verifyChain(chain, records.toSpliced(which % (records.length - 1), 1)).ok).toBe(false);
      }),
    );
  });

  it('finds any two swapped, also when every hash was recomputed', () => {
    fc.assert(
      fc.property(chains(2), someNumber, someNumber, (records, a, b) => {
        const first = a % (records.length - 1);
        const second = pick(b, first + 1, records.length - 1);
        const swapped = records
          .with(first, records[second] as SealedRecord)
          .with(second, records[first] as SealedRecord);
        expect(verifyChain(chain, swapped).ok).toBe(false);
        expect(verifyChain(chain, reseal(swapped)).ok).toBe(false);
      }),
    );
  });

  it('finds a tail cut by its tip, and only by that', () => {
    fc.assert(
      fc.property(chains(2), someNumber, (records, keep) => {
        const kept = records.slice(0, pick(keep, 1, records.length - 1));
        expect(verifyChain(chain, kept, tipOf(records)).ok).toBe(false);
        expect(verifyChain(chain, kept).ok).toBe(true);
      }),
    );
  });

  it('finds hashes recomputed by a forger by the tip, and only by that', () => {
    fc.assert(
      fc.property(chains(), someNumber, (records, which) => {
        const forged = forge(records, pick(which, 1, records.length), { forged: 'by hand' });
        expect(verifyChain(chain, forged, tipOf(records)).ok).toBe(false);
        expect(verifyChain(chain, forged).ok).toBe(true);
      }),
    );
  });
});

describe('witnesses against a forger who also writes the tip', () => {
  it('show recomputed hashes if and only if they saw the forged record or one after it', () => {
    fc.assert(
      fc.property(chains(), someNumber, someNumber, (records, which, when) => {
        const forgedAt = pick(which, 1, records.length);
        const seen = pick(when, 1, records.length);
        const forged = forge(records, forgedAt, { forged: 'by hand' });
        const witnesses = [tipOf(records.slice(0, seen))];
        const verdict = judge({ chain, entries: entriesOf(forged), tip: tipOf(forged), tipIn: 'export', witnesses });
        expect(verdict.ok).toBe(seen < forgedAt);
        if (verdict.ok) expect(verdict.notShown.join()).toContain(`recomputed the hashes from record ${seen + 1} on`);
      }),
    );
  });

  it('show a cut tail if and only if they saw a record of it', () => {
    fc.assert(
      fc.property(chains(2), someNumber, someNumber, (records, keep, when) => {
        const kept = records.slice(0, pick(keep, 1, records.length - 1));
        const seen = pick(when, 1, records.length);
        const witnesses = [tipOf(records.slice(0, seen))];
        const verdict = judge({ chain, entries: entriesOf(kept), tip: tipOf(kept), tipIn: 'export', witnesses });
        expect(verdict.ok).toBe(seen <= kept.length);
        if (verdict.ok) expect(verdict.notShown.join()).toContain(`records after ${seen} were cut`);
      }),
    );
  });
});

describe('an export', () => {
  const judged = (bytes: Uint8Array) => {
    const { chain: found, ...read } = readExport(bytes);
    return judge({ ...read, chain: found ?? '', tipIn: 'export', witnesses: [] });
  };
  const written = (records: SealedRecord[]) =>
    Buffer.from(exportLines(chain, entriesOf(records), tipOf(records), exportedAt), 'utf8');

  it('verifies as it was written', () => {
    fc.assert(
      fc.property(chains(), (records) => {
        expect(judged(written(records))).toMatchObject({ ok: true, chain });
      }),
    );
  });

  it('does not verify with any byte changed, but for the note of its time', () => {
    fc.assert(
      fc.property(chains(), someNumber, fc.integer({ min: 0, max: 255 }), (records, where, byte) => {
        const bytes = written(records);
        const position = where % bytes.length;
        const note = bytes.lastIndexOf(exportedAt);
        fc.pre(bytes[position] !== byte && (position < note || position >= note + exportedAt.length));
        bytes[position] = byte;
        expect(judged(bytes).ok).toBe(false);
      }),
    );
  });

  it('does not verify with a byte added or missing, but for the last line break', () => {
    fc.assert(
      fc.property(chains(), someNumber, fc.integer({ min: 0, max: 255 }), (records, where, byte) => {
        const bytes = written(records);
        const note = bytes.lastIndexOf(exportedAt);
        const position = where % (bytes.length - 1);
        fc.pre(position < note || position > note + exportedAt.length);
        const removed = Buffer.concat([bytes.subarray(0, position), bytes.subarray(position + 1)]);
        const added = Buffer.concat([bytes.subarray(0, position), Buffer.of(byte), bytes.subarray(position)]);
        expect(judged(removed).ok).toBe(false);
        expect(judged(added).ok).toBe(false);
      }),
    );
  });

  it.each([
    ['nothing', ''],
    ['a line that is no JSON', 'x\n'],
    [
      'a name that would write over the terminal',
      `{"chain":"\\u001b[2J#x","exportedAt":"${exportedAt}","tip":{"hash":"","seq":0}}\n`,
    ],
  ])('that holds %s does not verify', (_, text) => {
    const verdict = judged(Buffer.from(text));
    expect(verdict.ok).toBe(false);
    expect(verdict.chain).toBe('');
  });
});

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
