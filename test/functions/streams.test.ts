import { describe, expect, it } from 'vitest';
import type { Entry } from '../../core/mailbox.ts';
import type { IntentEvent } from '../../core/model.ts';
import { entryFrame, eventFrame, isWanted } from '../../functions/streams/frames.ts';
import { holding, lookMs } from '../../functions/streams/hold.ts';
import { agentStreamQuery, eventStreamQuery, maxFrameBytes, maxHoldSeconds } from '../../wire/streams.ts';
import { framesIn } from '../wire/frames.ts';

const event = (details: object): IntentEvent => ({
  seq: 3,
  type: 'intent.delivered',
  status: 'DELIVERED',
  at: '2026-11-20T09:00:00.000Z',
  actor: 'deliver',
  command: 'delivered:1',
  details: details as never,
});

const entry: Entry = {
  seq: 7,
  deliveryId: 'i.d1',
  intentId: 'i',
  type: 'parcels.pack.v1',
  why: 'assigned',
  status: 'DELIVERED',
  from: 'agent://acme/shop/a',
  to: 'agent://acme/shop/b',
  at: '2026-11-20T09:00:00.000Z',
  attempt: 1,
  payload: { text: 'two\nlines' },
};

describe('a frame', () => {
  it('is one line of data, one space after each colon, and an empty line', () => {
    expect(entryFrame(entry)).toMatch(/^event: intent\.delivered\ndata: \{[^\n]*\}\n\n$/);
    expect(eventFrame('i', event({ text: 'two\nlines' }))).toMatch(
      /^id: 3\nevent: intent\.delivered\ndata: \{[^\n]*\}\n\n$/,
    );
  });

  it('leaves out what would make it too long, and says so', () => {
    const frame = eventFrame('i', event({ text: 'x'.repeat(maxFrameBytes) }));
    expect(frame.length).toBeLessThan(1000);
    expect(frame).toContain('"details":{"truncated":true}');
  });

  it('of a mailbox tells of work, unless other statuses are asked for', () => {
    expect([isWanted()(entry), isWanted(['COMPLETED'])(entry)]).toEqual([true, false]);
    expect(isWanted()({ ...entry, status: 'COMPLETED' })).toBe(false);
  });
});

describe('a query', () => {
  it('waits 15 seconds unless it says so, and never longer than can be held', () => {
    const seconds = (wait_seconds?: string) =>
      eventStreamQuery.parse({ ...(wait_seconds ? { wait_seconds } : {}) }).wait_seconds;
    expect([seconds(), seconds('1'), seconds('60')]).toEqual([15, 1, 25]);
    expect(agentStreamQuery.parse({ status: 'DELIVERED, FAILED' }).status).toEqual(['DELIVERED', 'FAILED']);
    expect(agentStreamQuery.safeParse({ status: 'NOTHING' }).success).toBe(false);
  });
});

describe('a request that is held', () => {
  const quiet = { last: async () => 4, after: async () => [] };
  const asked = { since: 4, wait_seconds: 10 };

  /** Waiting makes time pass; places are taken and freed. */
  function room(free: number) {
    let taken = 0;
    let now = 0;
    const places = {
      async take() {
        if (taken >= free) return undefined;
        taken += 1;
        return async () => {
          taken -= 1;
        };
      },
    };
    const wait = async (ms: number) => {
      now += ms;
    };
    return { hold: holding(places, wait, () => now), taken: () => taken, now: () => now };
  }

  it('says at the end that its time is over, and where to go on; its place is free again', async () => {
    const { hold, taken, now } = room(1);
    const answer = await hold(quiet, asked, () => 'never');
    expect(answer.body).toBe('event: stream.timeout\ndata: {"ok":true,"next_seq":4}\n\n');
    expect(answer.headers).not.toHaveProperty('retry-after');
    expect([taken(), now()]).toEqual([0, 10_000]);
  });

  it('is answered at once where there is no room, and told when to come again', async () => {
    const { hold, now } = room(0);
    const answer = await hold(quiet, asked, () => 'never');
    expect(answer).toMatchObject({ statusCode: 200, headers: { 'retry-after': '5' } });
    expect(answer.body).toContain('stream.timeout');
    expect(now()).toBe(0);
  });

  it('is answered within a second of what comes, whenever that is', async () => {
    // A look at the tables takes its time, too.
    const readMs = 100;
    const late: number[] = [];
    for (let at = 1; at < (maxHoldSeconds - 1) * 1000; at += 173) {
      let now = 0;
      const wait = async (ms: number) => {
        now += ms;
      };
      const read = async () => {
        now += readMs;
        return now >= at;
      };
      const come = { ...event({}), seq: 5, at: new Date(at).toISOString() };
      const source = {
        last: async () => ((await read()) ? 5 : 4),
        after: async (n: number) => ((await read()) && n < 5 ? [come] : []),
      };
      const places = { take: async () => async () => {} };
      const query = { since: 4, wait_seconds: maxHoldSeconds };
      const { body } = await holding(places, wait, () => now)(source, query, (one) => eventFrame('i', one));
      const [frame] = framesIn(body ?? '');
      expect(frame?.event).toBe('intent.delivered');
      late.push(now - Date.parse(frame?.data.at));
    }
    expect(Math.min(...late)).toBeGreaterThanOrEqual(0);
    // A look that just missed it; then the pause, the look that sees it, and the reading of it.
    expect(Math.max(...late)).toBeLessThanOrEqual(lookMs + 3 * readMs);
    expect(lookMs + 3 * readMs).toBeLessThan(1000);
  });

  it('takes no place for what is there already, and frees it where reading fails', async () => {
    const full = room(0);
    const there = { last: async () => 5, after: async (n: number) => (n < 5 ? [{ seq: 5 }] : []) };
    expect((await full.hold(there, asked, ({ seq }) => `${seq}\n`)).body).toBe('5\n');
    const { hold, taken } = room(1);
    const broken = {
      last: async () => {
        if (taken() > 0) throw new Error('gone');
        return 4;
      },
      after: async () => [],
    };
    await expect(hold(broken, asked, () => '')).rejects.toThrow('gone');
    expect(taken()).toBe(0);
  });
});
