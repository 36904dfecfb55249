/** One request that waits: what is new at once, else held until something comes, its time is over, or there is no room to hold it. */

import type { HttpResult } from '../../adapters/lambda/http.ts';
import { follow, type Numbered } from '../../core/follow.ts';
import { timeoutFrame } from '../../wire/streams.ts';

/** Between two looks, milliseconds: what comes is answered within a second. */
export const lookMs = 600;

/** Whoever can't be held is asked to come again after this long, seconds. */
export const retryAfterSeconds = 5;

interface Asked<Item> {
  since: number;
  wait_seconds: number;
  only?: (item: Item) => boolean;
}

export interface Places {
  take(now: number, until: number): Promise<(() => Promise<unknown>) | undefined>;
}

const eventStream = (body: string, headers: Record<string, string> = {}): HttpResult => ({
  statusCode: 200,
  headers: { 'content-type': 'text/event-stream; charset=utf-8', ...headers },
  body,
});

const sleep = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));

/** Pauses until a time (epoch ms), in a place that the first of them takes. */
export function heldPauses(places: Places, until: number, wait = sleep, now: () => number = Date.now) {
  let free: (() => Promise<unknown>) | undefined;
  let full = false;
  return {
    /** False: there is no room to hold it. */
    async pause(): Promise<boolean> {
      free ??= await places.take(now(), until + lookMs);
      full = free === undefined;
      if (!full) await wait(Math.min(lookMs, Math.max(0, until - now())));
      return !full;
    },
    isFull: () => full,
    leave: async () => free?.(),
  };
}

export const holding =
  (places: Places, wait = sleep, now: () => number = Date.now) =>
  async <Item extends { seq: number }>(
    source: Numbered<Item>,
    { since, wait_seconds, ...only }: Asked<Item>,
    frameOf: (item: Item) => string,
  ): Promise<HttpResult> => {
    const until = now() + wait_seconds * 1000;
    const { pause, isFull, leave } = heldPauses(places, until, wait, now);
    try {
      const { items, next } = await follow(source, { since, until, now, pause, ...only });
      if (items.length > 0) return eventStream(items.map(frameOf).join(''));
      return eventStream(timeoutFrame(next), isFull() ? { 'retry-after': String(retryAfterSeconds) } : {});
    } finally {
      await leave();
    }
  };
