/** One request that waits: what is new at once, else held until something comes, its time is over, or there is no room to hold it. */

import type { HttpResult } from '../../adapters/lambda/http.ts';
import { follow, type Numbered } from '../../core/follow.ts';
import { timeoutFrame } from '../../wire/streams.ts';

/** Between two looks, milliseconds: what comes is answered within a second. */
const lookMs = 600;

/** Whoever can't be held is asked to come again after this long, seconds. */
const retryAfterSeconds = 5;

interface Asked<Item> {
  since: number;
  wait_seconds: number;
  only?: (item: Item) => boolean;
}

interface Places {
  take(now: number, until: number): Promise<(() => Promise<unknown>) | undefined>;
}

const eventStream = (body: string, headers: Record<string, string> = {}): HttpResult => ({
  statusCode: 200,
  headers: { 'content-type': 'text/event-stream; charset=utf-8', ...headers },
  body,
});

const sleep = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));

export const holding =
  (places: Places, wait = sleep, now: () => number = Date.now) =>
  async <Item extends { seq: number }>(
    source: Numbered<Item>,
    { since, wait_seconds, ...only }: Asked<Item>,
    frameOf: (item: Item) => string,
  ): Promise<HttpResult> => {
    const until = now() + wait_seconds * 1000;
    let free: (() => Promise<unknown>) | undefined;
    let full = false;
    const pause = async (): Promise<boolean> => {
      free ??= await places.take(now(), until + lookMs);
      full = free === undefined;
      if (!full) await wait(Math.min(lookMs, Math.max(0, until - now())));
      return !full;
    };
    try {
      const { items, next } = await follow(source, { since, until, now, pause, ...only });
      if (items.length > 0) return eventStream(items.map(frameOf).join(''));
      return eventStream(timeoutFrame(next), full ? { 'retry-after': String(retryAfterSeconds) } : {});
    } finally {
      await free?.();
    }
  };
