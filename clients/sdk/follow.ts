/** Following something that is numbered, over connections that break: each item once, in order, and none left out. */

import { ConnectionError, HoldpointError } from './errors.ts';
import { isPassing, pauseAfterMs } from './retry.ts';
import { eventsOf } from './sse.ts';
import type { Call, CallOptions, Transport } from './transport.ts';

/** How long the deployment holds a request at the most, seconds; what it may take besides, milliseconds. */
const holdSeconds = 25;
const holdGraceMs = 10_000;

/** After so many streams that break one after the other it is asked without holding, so many times; then streams are tried again. */
const brokenBeforePolling = 3;
const pollsBeforeStreaming = 10;
/** Between two questions that are not held, milliseconds, half of it to one and a half. */
const pollMs = 3000;

export interface Numbered {
  seq: number;
}

/** Where items come from: held requests, and pages that are answered at once. */
export interface Source<Item extends Numbered> {
  stream: Pick<Call, 'path' | 'query'>;
  /** `next`: nothing up to it is kept from the reader. */
  page: (since: number, options: CallOptions) => Promise<{ items: Item[]; next: number }>;
}

export interface Following extends CallOptions {
  /** The last number that was seen. */
  since: number;
  /** Epoch ms: ends then. */
  until: number;
}

/** What one request gave beside items. */
interface Answered {
  next: number;
  /** There was no room to be held: to come again after this long, milliseconds. */
  pauseMs?: number;
}

/**
 * Items as they come; undefined where nothing came for a while. Ends at `until`. Whatever passes is waited out. Throws
 * ApiError for a refusal that lasts, or the signal's reason.
 */
export async function* follow<Item extends Numbered>(
  transport: Transport,
  source: Source<Item>,
  { since, until, ...options }: Following,
): AsyncGenerator<Item | undefined, void> {
  const { time } = transport;
  let last = since;
  let seen = false;
  let broken = 0;
  let polls = 0;
  while (time.now() < until) {
    const began = time.now();
    const polling = broken >= brokenBeforePolling;
    let came = false;
    let restMs = 0;
    const answer = polling ? polled(source, last, options) : streamed(transport, source, last, until, options);
    try {
      for (let part = await answer.next(); ; part = await answer.next()) {
        if (part.done) {
          // A smaller number only says that `since` was none yet.
          if (part.value.next > last || !seen) last = part.value.next;
          if (part.value.pauseMs !== undefined) broken = brokenBeforePolling;
          restMs = part.value.pauseMs ?? 0;
          break;
        }
        if (part.value.seq <= last) continue;
        last = part.value.seq;
        seen = true;
        came = true;
        yield part.value;
      }
      if (polling) {
        polls += 1;
        if (polls === pollsBeforeStreaming) [polls, broken] = [0, 0];
      } else if (restMs === 0) broken = 0;
      if (!came) {
        yield undefined;
        // Whoever answers at once that nothing is new is not asked again at once.
        if (polling || time.now() - began < pollMs) restMs = Math.max(restMs, pollMs * (0.5 + time.random()));
      }
    } catch (error) {
      options.signal?.throwIfAborted();
      if (!(error instanceof HoldpointError) || !isPassing(error)) throw error;
      restMs = pauseAfterMs(error, broken, time);
      broken = came ? 0 : broken + 1;
    } finally {
      // Whoever has seen enough lets go of the connection.
      await answer.return({ next: last });
    }
    const left = until - time.now();
    if (restMs > 0 && left > 0) await time.sleep(Math.min(restMs, left), options.signal);
  }
}

async function* polled<Item extends Numbered>(
  source: Source<Item>,
  since: number,
  options: CallOptions,
): AsyncGenerator<Item, Answered> {
  const { items, next } = await source.page(since, options);
  yield* items;
  return { next };
}

/** One held request. Throws ConnectionError where it ends without having said anything. */
async function* streamed<Item extends Numbered>(
  transport: Transport,
  source: Source<Item>,
  since: number,
  until: number,
  options: CallOptions,
): AsyncGenerator<Item, Answered> {
  const wait = Math.min(holdSeconds, Math.max(1, Math.ceil((until - transport.time.now()) / 1000)));
  const { path, query } = source.stream;
  const { response, close } = await transport.open({
    method: 'GET',
    path,
    query: { ...query, since, wait_seconds: wait },
    timeoutMs: wait * 1000 + holdGraceMs,
    ...options,
  });
  let last: number | undefined;
  try {
    if (!response.body) throw new ConnectionError('The stream has no body.');
    for await (const { event, data } of eventsOf(response.body)) {
      if (event === 'stream.timeout') {
        const seconds = Number(response.headers.get('retry-after') ?? Number.NaN);
        const next = (JSON.parse(data) as { next_seq: number }).next_seq;
        return { next, ...(Number.isFinite(seconds) ? { pauseMs: seconds * 1000 } : {}) };
      }
      const item = JSON.parse(data) as Item;
      last = item.seq;
      yield item;
    }
  } catch (error) {
    throw error instanceof HoldpointError ? error : new ConnectionError('The stream broke off.', { cause: error });
  } finally {
    close();
  }
  if (last === undefined) throw new ConnectionError('The stream ended early.');
  return { next: last };
}
