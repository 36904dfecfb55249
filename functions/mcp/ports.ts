/** What the tools need: the store, who calls, and how to wait. */

import type { ApiKey } from '../../adapters/keys.ts';
import { follow, type Numbered } from '../../core/follow.ts';
import type { IntentEvent, IntentRef } from '../../core/model.ts';
import type { Context, Store } from '../../core/ports.ts';
import type { intentsQuery } from '../../wire/intents.ts';
import type { listOf } from '../api/list.ts';
import { heldPauses, type Places } from '../streams/hold.ts';

export interface Ports {
  store: Store;
  context: () => Context;
  list: (tenant: string, query: ReturnType<typeof intentsQuery.parse>) => ReturnType<typeof listOf>;
  wait: Wait;
  /** With which links for requesters begin. */
  baseUrl: string;
}

/** The agent that calls, as the HTTP request says. */
export interface Caller {
  key: ApiKey;
  /** The key itself: links for requesters are made from it. */
  token: string;
  traceId: string;
  /** Header `Idempotency-Key`. */
  idempotencyKey: string | undefined;
  /** Told of what is our own fault: the request is answered as at every other door. */
  failed: (thrown: unknown) => void;
}

/** Whether an intent went on past `since` before a time (epoch ms), or could not be waited for. */
export type Wait = (ref: IntentRef, since: number, until: number) => Promise<'new' | 'over' | 'full'>;

/** Waits as streams do, in the same places. */
export const waitIn =
  (places: Places, sourceOf: (ref: IntentRef) => Numbered<IntentEvent>): Wait =>
  async (ref, since, until) => {
    const { pause, isFull, leave } = heldPauses(places, until);
    try {
      const { items } = await follow(sourceOf(ref), { since, until, now: Date.now, pause });
      if (items.length > 0) return 'new';
      return isFull() ? 'full' : 'over';
    } finally {
      await leave();
    }
  };
