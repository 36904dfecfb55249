import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type BundleVerdict, verifyBundle } from '../../clients/cli/bundle.ts';
import { genesisHash, type SealedRecord } from '../../core/audit.ts';
import type { Checkpoint, SignedCheckpoint } from '../../core/checkpoint.ts';
import { runs } from '../properties.ts';
import { keys, otherKeys, recordsOf, signed, textOf, type World, withChain, withRecords, worldOf } from './bundles.ts';
import { forge, pick, reseal } from './chains.ts';

async function* chunks(bytes: Uint8Array, size = 1000) {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}
const verifyBytes = (bytes: Uint8Array, key = keys.publicKey) => verifyBundle(chunks(bytes), key);
const verify = async (world: World, key = keys.publicKey) => verifyBytes(Buffer.from(await textOf(world)), key);

/** Two to four chains of two to six records each, within five hours; all that is older than the last hour is witnessed. */
const worlds = fc
  .array(fc.uniqueArray(fc.integer({ min: 0, max: 300 }), { minLength: 2, maxLength: 6 }), {
    minLength: 2,
    maxLength: 4,
  })
  .map(worldOf);
const someNumber = fc.nat();
const often = runs(30);
// Each run signs and verifies a bundle or two; on a busy machine that takes its time.

/** A chain of the world, and one of its records (from 1). */
function chosen(world: World, a: number, b: number) {
  const index = a % world.chains.length;
  const chain = world.chains[index] as World['chains'][number];
  return { index, chain, seq: pick(b, 1, chain.entries.length), records: recordsOf(chain) };
}

/** The first fault, and it is of this chain. */
const expectFault = (verdict: BundleVerdict, chain: string, seqs?: (seq: number) => boolean) => {
  expect(verdict.ok).toBe(false);
  expect(verdict.faults[0]?.chain).toBe(chain);
  if (seqs) expect(seqs(verdict.faults[0]?.seq ?? -1)).toBe(true);
};

/** Up to which record a checkpoint has seen this chain. */
const seenUpTo = (world: World, chain: string): number =>
  Math.max(
    ...world.checkpoints.flatMap(({ checkpoint }) =>
      checkpoint.seen.filter((seen) => seen.chain === chain).map(({ seq }) => seq),
    ),
  );

describe('a bundle', () => {
  it('verifies untouched, and says how much of it is witnessed', () =>
    fc.assert(
      fc.asyncProperty(worlds, async (world) => {
        const verdict = await verify(world);
        expect(verdict.faults).toEqual([]);
        const records = world.chains.flatMap(recordsOf).length;
        expect(verdict).toMatchObject({ ok: true, chains: world.chains.length, records, unwitnessed: 0 });
        expect(verdict.personal).toEqual({ open: records, erased: 0 });
      }),
      often,
    ));

  it('names the record that was altered', () =>
    fc.assert(
      fc.asyncProperty(worlds, someNumber, someNumber, async (world, a, b) => {
        const { index, chain, seq, records } = chosen(world, a, b);
        const altered = records.map((one) => (one.seq === seq ? { ...one, action: 'work.undone' } : one));
        expectFault(
          await verify(withChain(world, index, (was) => withRecords(was, altered))),
          chain.chain,
          (at) => at === seq,
        );
      }),
      often,
    ));

  it('names the record after one that was dropped, and the first of two that were reordered', () =>
    fc.assert(
      fc.asyncProperty(worlds, someNumber, someNumber, async (world, a, b) => {
        const { index, chain, records } = chosen(world, a, b);
        const seq = pick(b, 1, records.length - 1);
        const dropped = records.toSpliced(seq - 1, 1);
        expectFault(
          await verify(withChain(world, index, (was) => withRecords(was, dropped))),
          chain.chain,
          (at) => at === seq,
        );
        const [one, two] = records.slice(seq - 1, seq + 1) as [SealedRecord, SealedRecord];
        const swapped = records.toSpliced(seq - 1, 2, two, one);
        expectFault(
          await verify(withChain(world, index, (was) => withRecords(was, swapped))),
          chain.chain,
          (at) => at === seq,
        );
      }),
      often,
    ));

  it('shows a tail that was cut, with the head rewritten to match: a checkpoint has seen it', () =>
    fc.assert(
      fc.asyncProperty(worlds, someNumber, someNumber, async (world, a, b) => {
        const { index, chain, records } = chosen(world, a, b);
        const kept = records.slice(0, pick(b, 1, records.length - 1));
        const verdict = await verify(withChain(world, index, (was) => withRecords(was, kept)));
        expectFault(verdict, chain.chain, (at) => at > kept.length);
        expect(verdict.faults[0]?.fault).toMatch(/checkpoint \d+ has seen/);
      }),
      often,
    ));

  it('shows all later hashes recomputed, with the head rewritten to match: from the first record that was witnessed', () =>
    fc.assert(
      fc.asyncProperty(worlds, someNumber, someNumber, async (world, a, b) => {
        const { index, chain, seq, records } = chosen(world, a, b);
        const forged = forge(records, seq, { forged: 'by hand' });
        const verdict = await verify(
          withChain(world, index, (was) => ({
            ...withRecords(was, forged),
            entries: forged.map((record) => ({ record, personal: [] })),
          })),
        );
        expectFault(verdict, chain.chain, (at) => at >= seq);
        expect(verdict.faults[0]?.fault).toMatch(/another hash than checkpoint \d+ saw/);
      }),
      often,
    ));

  it('shows a fork: the chain a second time, or two records of one number', () =>
    fc.assert(
      fc.asyncProperty(worlds, someNumber, someNumber, async (world, a, b) => {
        const { index, chain, seq, records } = chosen(world, a, b);
        const forged = forge(records, seq, { forged: 'by hand' });
        const twice = { ...world, chains: [...world.chains, { ...withRecords(chain, forged) }] };
        expectFault(await verify(twice), chain.chain);
        const forked = records.toSpliced(seq, 0, forged[seq - 1] as SealedRecord);
        expectFault(
          await verify(withChain(world, index, (was) => withRecords(was, forked))),
          chain.chain,
          (at) => at >= seq,
        );
      }),
      often,
    ));

  it('shows a record that was added later with a time of before, the head rewritten to match', () =>
    fc.assert(
      fc.asyncProperty(worlds, someNumber, async (world, a) => {
        const { index, chain, records } = chosen(world, a, 0);
        const last = records.at(-1) as SealedRecord;
        const added = reseal([...records, { ...last, seq: last.seq + 1 }], records.length + 1);
        const verdict = await verify(withChain(world, index, (was) => withRecords(was, added)));
        expectFault(verdict, chain.chain, (at) => at === last.seq + 1);
      }),
      often,
    ));

  it('shows a whole chain left out, and one made up', () =>
    fc.assert(
      fc.asyncProperty(worlds, someNumber, async (world, a) => {
        const { index, chain } = chosen(world, a, 0);
        const verdict = await verify({ ...world, chains: world.chains.toSpliced(index, 1) });
        expectFault(verdict, chain.chain);
        expect(verdict.faults[0]?.fault).toContain('is missing with its whole chain');
        const { chain: name, ...rest } = chain;
        const madeUp = reseal(recordsOf(chain).map((record) => ({ ...record, chain: `${name}x` })));
        const more = { ...world, chains: [...world.chains, withRecords({ ...rest, chain: `${name}x` }, madeUp)] };
        expectFault(await verify(more), `${name}x`);
      }),
      often,
    ));

  it('knows what was erased from what was altered', () =>
    fc.assert(
      fc.asyncProperty(worlds, someNumber, someNumber, async (world, a, b) => {
        const { index, chain, seq } = chosen(world, a, b);
        const beside = (personal: unknown[]) =>
          withChain(world, index, (was) => ({
            ...was,
            entries: was.entries.map((entry, at) => (at === seq - 1 ? { ...entry, personal } : entry)),
          }));
        expect(await verify(beside([]))).toMatchObject({ ok: true, personal: { erased: 1 } });
        const [side] = (chain.entries[seq - 1]?.personal ?? []) as object[];
        expectFault(await verify(beside([{ ...side, value: 'Yes.' }])), chain.chain, (at) => at === seq);
        expectFault(await verify(beside([{ ...side, of: 'ben' }])), chain.chain, (at) => at === seq);
      }),
      often,
    ));

  it('does not verify cut anywhere, nor with any byte changed after its first line, but for notes of its time', () =>
    fc.assert(
      fc.asyncProperty(worlds, someNumber, fc.integer({ min: 0, max: 127 }), async (world, where, byte) => {
        const text = await textOf(world);
        const bytes = Buffer.from(text);
        expect((await verifyBytes(bytes.subarray(0, where % (bytes.length - 1)))).ok).toBe(false);
        const position = pick(where, text.indexOf('\n') + 1, bytes.length - 1);
        const note = text.lastIndexOf('"exportedAt"', position);
        fc.pre(bytes[position] !== byte && (note < 0 || position > note + 60));
        // Only the last line break may be missing.
        fc.pre(position < bytes.length - 1);
        bytes[position] = byte;
        expect((await verifyBytes(bytes)).ok).toBe(false);
      }),
      runs(100),
    ));
});

describe('the checkpoints of a bundle', () => {
  const world = worldOf([
    [0, 70, 130],
    [10, 200],
  ]);
  const { checkpoints } = world;
  const at = (number: number) => checkpoints[number - 1] as SignedCheckpoint;
  const changed = (number: number, over: Partial<Checkpoint>, key = keys.privateKey): World => ({
    ...world,
    checkpoints: checkpoints.with(number - 1, signed({ ...at(number).checkpoint, ...over }, key)),
  });
  const only = (kept: SignedCheckpoint[]): World => ({ ...world, checkpoints: kept });
  const altered = { ...at(2), checkpoint: { ...at(2).checkpoint, at: '2026-11-22T02:00:01.000Z' } };
  const fourth = at(4).checkpoint;

  it.each<[string, World, number, string]>([
    ['altered', only(checkpoints.with(1, altered)), 2, 'is not signed by this key'],
    ['signed with another key', changed(3, {}, otherKeys.privateKey), 3, 'is not signed by this key'],
    ['without what it saw', changed(2, { seen: [] }), 3, 'does not follow the one before it'],
    ['dropped', only(checkpoints.toSpliced(2, 1)), 4, 'stands where checkpoint 3 belongs'],
    ['dropped, the next one with its number', changed(3, { ...fourth, number: 3 }), 3, 'does not follow'],
    ['reordered', only(checkpoints.toSpliced(1, 2, at(3), at(2))), 3, 'stands where checkpoint 2 belongs'],
    ['forked', only(checkpoints.toSpliced(2, 0, at(2))), 2, 'stands where checkpoint 3 belongs'],
    ['made anew from the first on', changed(1, { prev: '1'.repeat(64) }), 1, 'is the first, and follows another'],
    ['cut at the beginning', only(checkpoints.slice(1)), 1, 'is missing: the period begins before'],
    ['cut at the end', only(checkpoints.slice(0, 2)), 3, 'is missing: the last one is of'],
    ['all gone', only([]), 0, 'is missing: the bundle has none'],
  ])('%s', async (_, forged, number, says) => {
    const verdict = await verify(forged);
    expect(verdict.ok).toBe(false);
    const first = verdict.faults.find(({ checkpoint }) => checkpoint !== undefined);
    expect(first?.checkpoint).toBe(number);
    expect(first?.fault).toContain(says);
  });

  it('a wrong key: says so once', async () => {
    const { ok, faults } = await verify(world, otherKeys.publicKey);
    expect(ok).toBe(false);
    expect(faults.filter(({ checkpoint }) => checkpoint !== undefined)).toHaveLength(1);
    expect(faults[0]?.fault).toContain('is it the right one?');
  });

  it('two that disagree about a chain: one of them is not what the chain says', async () => {
    const [seen] = at(1).checkpoint.seen;
    const forged = changed(1, { seen: [{ ...(seen as Checkpoint['seen'][number]), hash: genesisHash }] });
    // Whoever holds the key may sign anything; what was signed before still stands against it.
    expect((await verify(forged)).faults.map(({ fault }) => fault).join()).toContain(
      'another hash than checkpoint 1 saw',
    );
  });

  it('of a period begin with the last one before it', async () => {
    const later = { ...world, head: { ...world.head, from: '2026-11-22T02:30:00.000Z' } };
    expect((await verify({ ...later, checkpoints: checkpoints.slice(1) })).ok).toBe(true);
    expect((await verify({ ...later, checkpoints: checkpoints.slice(2) })).ok).toBe(false);
  });

  it('say what is not witnessed yet, and take it', async () => {
    const [chain] = world.chains;
    const records = recordsOf(chain as World['chains'][number]);
    const last = records.at(-1) as SealedRecord;
    const added = reseal([...records, { ...last, seq: 4, at: world.head.to }], 4);
    const verdict = await verify(withChain(world, 0, (was) => withRecords(was, added)));
    expect(verdict).toMatchObject({ ok: true, unwitnessed: 1 });
    expect(seenUpTo(world, last.chain)).toBe(3);
  });
});
