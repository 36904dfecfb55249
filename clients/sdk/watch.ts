/** An intent's events as they happen, until it has ended. */

import { isTerminal } from '../../core/lifecycle.ts';
import type { HoldpointClient } from './client.ts';
import { TimeoutError } from './errors.ts';
import { follow, type Source } from './follow.ts';
import { untilHeard } from './retry.ts';
import type { CallOptions, Transport } from './transport.ts';
import type { Intent, IntentEvent } from './types.ts';

export interface WatchOptions extends CallOptions {
  /** Number of the last event that was seen. */
  since?: number | undefined;
  /** Days are normal; by default a week. */
  timeoutSeconds?: number | undefined;
}

export interface WaitOptions extends WatchOptions {
  /** Told of each event, once and in order; waited for. */
  onEvent?: ((event: IntentEvent) => unknown) | undefined;
}

const defaultTimeoutSeconds = 7 * 24 * 3600;

/** Events that one page has at the most. */
const pageSize = 200;

const untilOf = ({ timeoutSeconds = defaultTimeoutSeconds }: WatchOptions, { time }: Transport): number =>
  time.now() + timeoutSeconds * 1000;

/** Each event once, in order; ends after the one that ends the intent. Throws TimeoutError, and what `follow` throws. */
export async function* watch(
  client: HoldpointClient,
  transport: Transport,
  intentId: string,
  options: WatchOptions,
): AsyncGenerator<IntentEvent, void> {
  const { since = 0, timeoutSeconds: _, ...rest } = options;
  const waiting = { time: transport.time, signal: options.signal, until: untilOf(options, transport) };
  const source: Source<IntentEvent> = {
    stream: { path: `/v1/intents/${encodeURIComponent(intentId)}/events/stream` },
    async page(after, called) {
      const items = await client.events(intentId, { since: after, limit: pageSize }, called);
      return { items, next: items.at(-1)?.seq ?? after };
    },
  };
  let last = since;
  let looked = since === 0;
  for await (const event of follow(transport, source, { since, until: waiting.until, ...rest })) {
    if (event) {
      last = event.seq;
      yield event;
      if (isTerminal(event.status)) return;
    } else if (!looked) {
      // Where `since` was the last event of all, none will come.
      looked = true;
      const { status } = await untilHeard(() => client.get(intentId, rest), waiting);
      if (isTerminal(status))
        return yield* restOf((after) => untilHeard(() => source.page(after, rest), waiting), last);
    }
  }
  throw new TimeoutError('The intent has not ended in time.');
}

/** What came in the meantime. */
async function* restOf(
  page: (since: number) => ReturnType<Source<IntentEvent>['page']>,
  since: number,
): AsyncGenerator<IntentEvent, void> {
  for (let last = since; ; ) {
    const { items, next } = await page(last);
    yield* items;
    if (items.length < pageSize) return;
    last = next;
  }
}

/** The intent once it has ended. Needs its id alone: another process may have submitted it. Throws as `watch` does. */
export async function waitFor(
  client: HoldpointClient,
  transport: Transport,
  intentId: string,
  options: WaitOptions,
): Promise<Intent> {
  const until = untilOf(options, transport);
  const { onEvent, timeoutSeconds: _, since: __, ...rest } = options;
  for await (const event of watch(client, transport, intentId, options)) await onEvent?.(event);
  return untilHeard(() => client.get(intentId, rest), { time: transport.time, signal: options.signal, until });
}
