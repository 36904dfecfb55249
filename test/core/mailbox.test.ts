import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RetryableError } from '../../core/errors.ts';
import { follow, maxFollowed } from '../../core/follow.ts';
import { type Box, type Entry, type MailboxRows, type NewEntry, putInto } from '../../core/mailbox.ts';
import { runs } from '../properties.ts';

const box: Box = { tenant: 'acme/shop', address: 'agent://acme/shop/bot' };
const entry = (deliveryId: string): NewEntry => ({
  deliveryId,
  intentId: deliveryId,
  type: 'parcels.ship.v1',
  why: 'assigned',
  status: 'DELIVERED',
  from: 'agent://acme/shop/other',
  to: box.address,
  at: '2026-11-20T09:00:00.000Z',
  attempt: 1,
});

/** Rows with the conditions of those on DynamoDB. Each call takes a turn, so that others may come between; `lose` says whose answer is lost. */
function rowsIn(turn: () => Promise<void>, lose: () => boolean = () => false) {
  const entries: Entry[] = [];
  const numbers = new Map<string, number>();
  const rows: MailboxRows = {
    async numberOf(_box, id) {
      await turn();
      return numbers.get(id);
    },
    async numbersOf(_box, begin) {
      await turn();
      return [...numbers].filter(([id]) => id.startsWith(begin)).map(([deliveryId, seq]) => ({ deliveryId, seq }));
    },
    async last() {
      await turn();
      return entries.length;
    },
    async add(_box, one) {
      await turn();
      if (one.seq !== entries.length + 1 || numbers.has(one.deliveryId)) return false;
      entries.push(one);
      numbers.set(one.deliveryId, one.seq);
      if (lose()) throw new Error('connection lost');
      return true;
    },
    async after(_box, since, limit) {
      await turn();
      return entries.slice(since, since + limit);
    },
    async before(_box, seq, limit) {
      await turn();
      return entries
        .slice(0, seq - 1)
        .toReversed()
        .slice(0, limit);
    },
  };
  return { rows, entries };
}

describe('a mailbox', () => {
  it('has each delivery once, in one order without a gap, however messages come twice, at once, or lose their answers', async () => {
    const messages = fc.array(fc.record({ id: fc.integer({ min: 1, max: 12 }), lost: fc.boolean() }), {
      maxLength: 30,
    });
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), messages, async (s, given) => {
        const fates = given.map(({ lost }) => lost);
        const { rows, entries } = rowsIn(
          () => s.schedule(Promise.resolve()),
          () => fates.pop() ?? false,
        );
        // As the queue does: whatever fails comes again.
        const deliver = async (id: string): Promise<number> => {
          try {
            return await putInto(rows, box, entry(id));
          } catch {
            return deliver(id);
          }
        };
        const all = Promise.all(given.map(({ id }) => deliver(`d${id}`)));
        await s.waitFor(all);
        const numbers = await all;
        expect(entries.map(({ seq }) => seq)).toEqual(entries.map((_, i) => i + 1));
        expect(entries.map(({ deliveryId }) => deliveryId).sort()).toEqual(
          [...new Set(given.map(({ id }) => `d${id}`))].sort(),
        );
        for (const [i, { id }] of given.entries())
          expect(entries[(numbers[i] as number) - 1]?.deliveryId).toBe(`d${id}`);
      }),
      runs(300),
    );
  });

  it('gives up where others are always faster, and says that it may be tried again', async () => {
    const { rows } = rowsIn(async () => {});
    let pauses = 0;
    const put = putInto({ ...rows, add: async () => false }, box, entry('d1'), async () => {
      pauses += 1;
    });
    await expect(put).rejects.toThrow(RetryableError);
    expect(pauses).toBeGreaterThan(5);
  });
});

describe('reading on', () => {
  const items = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => ({ seq: from + i + 1 }));

  it('loses and repeats nothing, for any interleaving of what comes and of reconnects', async () => {
    const steps = fc.array(
      fc.oneof(
        fc.record({ come: fc.integer({ min: 1, max: maxFollowed * 2 }) }),
        fc.record({ wait: fc.integer({ min: 0, max: 3 }), behind: fc.integer({ min: 0, max: 3 }) }),
      ),
      { maxLength: 20 },
    );
    await fc.assert(
      fc.asyncProperty(steps, fc.infiniteStream(fc.integer({ min: 0, max: 2 })), async (given, comes) => {
        let there = 0;
        let since = 0;
        const seen: number[] = [];
        const read = async (wait: number, behind: number) => {
          let looks = 0;
          const { items: found, next } = await follow(
            {
              last: async () => Math.max(0, there - behind),
              after: async (n, limit) => items(n, Math.min(there, n + limit)),
            },
            {
              since,
              until: wait,
              now: () => looks,
              pause: async () => {
                looks += 1;
                there += comes.next().value;
                return true;
              },
            },
          );
          seen.push(...found.map(({ seq }) => seq));
          expect(next).toBe(found.at(-1)?.seq ?? since);
          since = next;
        };
        for (const step of given) {
          if ('come' in step) there += step.come;
          else await read(step.wait, step.behind);
        }
        while (since < there) await read(0, 0);
        expect(seen).toEqual(items(0, there).map(({ seq }) => seq));
      }),
      runs(500),
    );
  });

  it('takes a number that is not there yet for the last one there is: what comes next is seen', async () => {
    let there = 3;
    const source = {
      last: async () => there,
      after: async (n: number, limit: number) => items(n, Math.min(there, n + limit)),
    };
    const waiting = {
      since: 4,
      until: 5,
      now: () => 0,
      pause: async () => {
        there = 4;
        return true;
      },
    };
    expect(await follow(source, waiting)).toEqual({ items: [{ seq: 4 }], next: 4 });
    const over = await follow(source, { ...waiting, since: 99, now: () => 9 });
    expect(over).toEqual({ items: [], next: 4 });
  });

  it('passes over what the reader does not want, and goes on waiting', async () => {
    const all = maxFollowed * 3;
    const source = {
      last: async () => all,
      after: async (n: number, limit: number) => items(n, Math.min(all, n + limit)),
    };
    const waiting = { since: 0, until: 0, now: () => 1, pause: async () => true };
    const found = await follow(source, { ...waiting, only: ({ seq }) => seq === all - 1 });
    expect(found).toEqual({ items: [{ seq: all - 1 }], next: all - 1 });
    expect(await follow(source, { ...waiting, only: () => false })).toEqual({ items: [], next: all });
  });

  it('does not wait where there is no room to', async () => {
    const source = { last: async () => 0, after: async () => [] };
    const found = await follow(source, { since: 0, until: 9, now: () => 0, pause: async () => false });
    expect(found).toEqual({ items: [], next: 0 });
  });
});
