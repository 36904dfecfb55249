/** Following an intent over connections that break in every way: no event is lost, none comes twice. */

import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ConnectionError, HoldpointClient, NotFoundError, TimeoutError } from '../../../clients/sdk/index.ts';
import { frame, timeoutFrame } from '../../../wire/streams.ts';
import { runs } from '../../properties.ts';

const id = '01a200a8-09fc-72e3-aa26-2587e329c757';

/** What happens to one request: how many events there are by then, and what becomes of its answer. */
type Turn = { more: number } & (
  | { do: 'answer' | 'network' | 'hangs up' | 'full' | 'nonsense' }
  | { do: 'refuse'; status: 429 | 500 | 503 }
  | { do: 'cut'; at: number; how: 'ends' | 'breaks' }
);

const turn: fc.Arbitrary<Turn> = fc
  .tuple(
    fc.nat(3),
    fc.oneof(
      fc.record({
        do: fc.constantFrom(
          'answer' as const,
          'network' as const,
          'hangs up' as const,
          'full' as const,
          'nonsense' as const,
        ),
      }),
      fc.record({
        do: fc.constant('refuse' as const),
        status: fc.constantFrom(429 as const, 500 as const, 503 as const),
      }),
      fc.record({
        do: fc.constant('cut' as const),
        at: fc.nat(400),
        how: fc.constantFrom('ends' as const, 'breaks' as const),
      }),
    ),
  )
  .map(([more, what]) => ({ more, ...what }));

const broken = (text: string, how: 'ends' | 'breaks') =>
  new ReadableStream({
    pull(sink) {
      if (text !== '') sink.enqueue(new TextEncoder().encode(text));
      text = '';
      if (how === 'ends') sink.close();
      else sink.error(new TypeError('terminated'));
    },
  });

/** A deployment whose intent has `last` events, of which the last one ends it. */
function deployment(last: number, turns: Turn[]) {
  let there = 0;
  let now = 0;
  let asked = 0;
  const event = (seq: number) => {
    const status = seq === last ? 'COMPLETED' : 'WAITING';
    return { intent_id: id, seq, event_type: `intent.${status.toLowerCase()}`, status, at: '2026-11-20T09:00:00.000Z' };
  };
  const after = (since: number) => Array.from({ length: Math.max(0, there - since) }, (_, i) => event(since + i + 1));
  const fetch = async (given: string): Promise<Response> => {
    asked += 1;
    const url = new URL(given);
    const happens: Turn = turns.shift() ?? { more: 1, do: 'answer' };
    there = Math.min(last, there + happens.more);
    if (happens.do === 'network' || happens.do === 'hangs up') throw new TypeError('fetch failed');
    if (happens.do === 'refuse') return new Response('', { status: happens.status, headers: { 'retry-after': '1' } });
    if (url.pathname.endsWith(id))
      return Response.json({ intent: { intent_id: id, status: there === last ? 'COMPLETED' : 'WAITING' } });
    // It clamps what lies beyond.
    const since = Math.min(there, Number(url.searchParams.get('since')));
    const events = after(since);
    if (!url.pathname.endsWith('/stream')) return Response.json({ ok: true, events });
    if (happens.do === 'full') return new Response(timeoutFrame(since), { headers: { 'retry-after': '5' } });
    if (events.length === 0) now += Number(url.searchParams.get('wait_seconds')) * 1000;
    const text =
      events.length === 0 ? timeoutFrame(since) : events.map((one) => frame(one.event_type, one, one.seq)).join('');
    if (happens.do === 'nonsense') return new Response('<html>'.repeat(3));
    if (happens.do === 'cut') return new Response(broken(text.slice(0, happens.at), happens.how));
    return new Response(text);
  };
  const time = {
    now: () => now,
    random: () => 0.5,
    sleep: async (ms: number, signal?: AbortSignal) => {
      signal?.throwIfAborted();
      now += ms;
    },
  };
  const hp = new HoldpointClient({ baseUrl: 'https://api.example', apiKey: 'key', fetch: fetch as never, time });
  return { hp, now: () => now, asked: () => asked };
}

describe('waiting for an intent', () => {
  it('tells each event once and in order, whatever becomes of its connections', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 12 }), fc.array(turn, { maxLength: 40 }), async (last, turns) => {
        const seen: number[] = [];
        const { hp } = deployment(last, turns);
        const intent = await hp.waitFor(id, { onEvent: ({ seq }) => seen.push(seq) });
        expect(intent.status).toBe('COMPLETED');
        expect(seen).toEqual(Array.from({ length: last }, (_, i) => i + 1));
      }),
      runs(300),
    );
  });

  it('goes on in the next process from what the one before has seen', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 2, max: 9 }),
        fc.nat(8),
        fc.array(turn, { maxLength: 20 }),
        async (last, at, turns) => {
          const seen: number[] = [];
          const { hp } = deployment(last, turns);
          const stopAt = 1 + (at % (last - 1));
          for await (const { seq } of hp.watch(id)) {
            seen.push(seq);
            if (seq === stopAt) break;
          }
          for await (const { seq } of hp.watch(id, { since: stopAt })) seen.push(seq);
          expect(seen).toEqual(Array.from({ length: last }, (_, i) => i + 1));
        },
      ),
    );
  });

  it('asks without holding where streams do not get through, and not in a hurry', async () => {
    const turns: Turn[] = Array.from({ length: 40 }, () => ({ more: 0, do: 'full' as const }));
    const { hp, now, asked } = deployment(1, turns);
    await hp.waitFor(id);
    expect(now() / asked()).toBeGreaterThan(2000);
  });

  it('ends with its time, or at once where there is no such intent', async () => {
    const quiet = deployment(
      2,
      Array.from({ length: 100 }, () => ({ more: 0, do: 'answer' as const })),
    );
    await expect(quiet.hp.waitFor(id, { timeoutSeconds: 90 })).rejects.toThrow(TimeoutError);
    expect(quiet.now()).toBeLessThanOrEqual(120_000);
    const fetch = async () => new Response('', { status: 404 });
    const hp = new HoldpointClient({ baseUrl: 'https://api.example', apiKey: 'key', fetch: fetch as never });
    await expect(hp.waitFor(id)).rejects.toThrow(NotFoundError);
  });

  it('ends where the number that was seen is the last of all', async () => {
    const { hp } = deployment(2, [{ more: 2, do: 'answer' }]);
    expect(await hp.waitFor(id, { since: 2 })).toMatchObject({ status: 'COMPLETED' });
  });

  it.each([
    ['no event came after it', 2, []],
    ['events came while it was asked', 1, [2]],
  ])('waits out an outage where %s', async (_, since, told) => {
    const down: Turn[] = Array.from({ length: 20 }, () => ({ more: 0, do: 'refuse' as const, status: 503 as const }));
    // The stream has nothing for a while; then nothing answers whether it has ended.
    const { hp, now } = deployment(2, [{ more: since, do: 'answer' }, ...down, { more: 2, do: 'answer' }, ...down]);
    const seen: number[] = [];
    const waited = hp.waitFor(id, { since, onEvent: ({ seq }) => seen.push(seq) });
    expect(await waited).toMatchObject({ status: 'COMPLETED' });
    expect(seen).toEqual(told);
    expect(now()).toBeGreaterThan(40_000);
  });

  it('has its time in an outage too', async () => {
    const down: Turn[] = Array.from({ length: 900 }, () => ({ more: 0, do: 'network' as const }));
    const { hp, now } = deployment(2, [{ more: 2, do: 'answer' }, ...down]);
    await expect(hp.waitFor(id, { since: 2, timeoutSeconds: 600 })).rejects.toThrow(ConnectionError);
    expect(now()).toBeGreaterThanOrEqual(600_000);
    expect(now()).toBeLessThan(900_000);
  });

  it('ends with the caller’s reason', async () => {
    const stop = new AbortController();
    const { hp } = deployment(9, []);
    const waited = hp.waitFor(id, {
      signal: stop.signal,
      onEvent: ({ seq }) => seq === 3 && stop.abort(new Error('enough')),
    });
    await expect(waited).rejects.toThrow('enough');
  });
});

it('who has seen enough lets go of the connection', async () => {
  let canceled = false;
  const body = new ReadableStream({
    pull(sink) {
      const event = { intent_id: id, seq: 1, event_type: 'intent.created', status: 'CREATED' };
      sink.enqueue(new TextEncoder().encode(frame('intent.created', event)));
    },
    cancel() {
      canceled = true;
    },
  });
  let signal: AbortSignal | undefined;
  const fetch = async (_: string, init: RequestInit) => {
    signal = init.signal ?? undefined;
    return new Response(body);
  };
  const hp = new HoldpointClient({ baseUrl: 'https://api.example', apiKey: 'key', fetch: fetch as never });
  for await (const _ of hp.watch(id)) break;
  expect([canceled, signal?.aborted]).toEqual([true, false]);
});
