import { describe, expect, it } from 'vitest';
import { checkpointHash, type Seen, type SignedCheckpoint } from '../../core/checkpoint.ts';
import { witness } from '../../functions/checkpoint/witness.ts';
import { signed } from '../clients/bundles.ts';

/** A bucket in memory that takes each number once. */
function bucketInMemory() {
  const stored: SignedCheckpoint[] = [];
  return {
    stored,
    newest: async () => stored.length,
    read: async (number: number) => stored[number - 1] as SignedCheckpoint,
    async write(one: SignedCheckpoint) {
      if (stored[one.checkpoint.number - 1]) return false;
      stored[one.checkpoint.number - 1] = one;
      return true;
    },
  };
}

const head = (chain: string, at: string): Seen => ({ chain, seq: 1, hash: 'a'.repeat(64), at });
const sign = async (checkpoint: SignedCheckpoint['checkpoint']) => signed(checkpoint);
const at = (time: string) => `2026-11-22T${time}:00.000Z`;

describe('the checkpoint function', () => {
  it('links each to the one before it, and looks back beyond it', async () => {
    const bucket = bucketInMemory();
    const asked: string[] = [];
    const changed = async (since: string) => {
      asked.push(since);
      return [head('b', at('08:30')), head('a', at('08:40'))];
    };
    for (const time of ['09:00', '10:00', '15:00']) await witness({ now: () => at(time), changed, sign, bucket });
    const [one, two, three] = bucket.stored.map(({ checkpoint }) => checkpoint);
    expect([one?.number, two?.number, three?.number]).toEqual([1, 2, 3]);
    expect(two?.prev).toBe(one && checkpointHash(one));
    expect(three?.prev).toBe(two && checkpointHash(two));
    // A week at first; then ten minutes more than the hours since, however many were missed.
    expect(asked).toEqual(['2026-11-15T09:00:00.000Z', at('08:50'), at('09:50')]);
    expect(one?.seen.map(({ chain }) => chain)).toEqual(['a', 'b']);
  });

  it('writes one where nothing has changed: that hour is witnessed too', async () => {
    const bucket = bucketInMemory();
    const made = await witness({ now: () => at('09:00'), changed: async () => [], sign, bucket });
    expect(made).toEqual({ number: 1, seen: 0, written: true, hours: 0 });
  });

  it('is one chain also where two run at once', async () => {
    const bucket = bucketInMemory();
    const run = () => witness({ now: () => at('09:00'), changed: async () => [], sign, bucket });
    for (let round = 0; round < 5; round += 1) {
      const both = await Promise.all([run(), run()]);
      expect(both.map(({ written }) => written).sort()).toEqual([false, true]);
    }
    expect(bucket.stored.map(({ checkpoint }) => checkpoint.number)).toEqual([1, 2, 3, 4, 5]);
    for (const [index, { checkpoint }] of bucket.stored.entries()) {
      const last = bucket.stored[index - 1];
      if (last) expect(checkpoint.prev).toBe(checkpointHash(last.checkpoint));
    }
  });
});
