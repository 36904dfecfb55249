/** What a message of the deliver queue owes: an entry in a mailbox, the answer that an agent asked for, news of a thread, or a look at a lease. */

import type { OutboxMessage } from '../../adapters/messages.ts';
import { type BindingRows, type OwedPushes, pushes } from '../../core/binding.ts';
import { perform } from '../../core/commit.ts';
import { replyEntry, threadEntry, workEntry } from '../../core/entries.ts';
import type { JsonObject } from '../../core/json.ts';
import { type MailboxRows, type NewEntry, putInto } from '../../core/mailbox.ts';
import type { Head } from '../../core/model.ts';
import type { Context, Store } from '../../core/ports.ts';
import { leaseOver } from '../../core/rules/claim-end.ts';
import { type DeliveryOrder, delivered, isDue, type LeaseOrder } from '../../core/rules/deliver.ts';
import { stoppedPauseMs } from '../../core/stops.ts';
import type { ThreadOrder } from '../../core/thread.ts';

export interface Ports {
  store: Store;
  rows: MailboxRows;
  /** Whose entries are pushed, and where that is owed. */
  bindings: Pick<BindingRows, 'binding'>;
  pushes: Pick<OwedPushes, 'owe'>;
  context: () => Context;
  /** Between two tries to be the next in a mailbox. */
  pause: (round: number) => Promise<void>;
  /** Whether a stop covers the intent, or the agent that it is to go to. */
  stopped: (head: Head, to: string) => Promise<boolean>;
}

export function payDelivery({ store, rows, bindings, pushes: owed, context, pause, stopped }: Ports) {
  /** Who binds the mailbox after this was looked at sees the entry. */
  async function put(message: OutboxMessage, entry: NewEntry): Promise<number> {
    const box = { tenant: message.tenant, address: entry.to };
    const seq = await putInto(rows, box, entry, pause);
    if (pushes(await bindings.binding(box))) await owed.owe(box, message.traceId);
    return seq;
  }

  async function deliver(message: OutboxMessage, order: DeliveryOrder): Promise<void> {
    const state = await store.load(message, { request: true });
    const { deliveryId, to, why, attempt } = order;
    if (!state || !isDue(state)) {
      // Nothing to work on any more; in the inbox it is all the same.
      if (state && why === 'assigned') await put(message, threadEntry(state, { deliveryId, to }, context().now));
      return store.settle(message, message.key);
    }
    // Still owed: the sweep enqueues it again each minute, until the stop is lifted or the intent ends.
    if (await stopped(state.head, to)) {
      const { key, kind, traceId, body } = message;
      const dueAt = Date.parse(context().now) + stoppedPauseMs;
      return store.postpone(message, { key, kind, traceId, body, dueAt });
    }
    const seq = await put(message, workEntry(state, { deliveryId, to, why, attempt }, context().now));
    const counts = await perform(store, message, {}, context, (now) => delivered(now, order, seq, message.key));
    if (!counts) await store.settle(message, message.key);
  }

  /** The intent has ended: nothing of it changes any more. */
  async function reply(message: OutboxMessage): Promise<void> {
    const state = await store.load(message, { request: true });
    const entry = state && replyEntry(state, context().now);
    if (entry) await put(message, entry);
    await store.settle(message, message.key);
  }

  async function tell(message: OutboxMessage, order: ThreadOrder): Promise<void> {
    const state = await store.load(message);
    if (state) await put(message, threadEntry(state, order, context().now));
    await store.settle(message, message.key);
  }

  async function watch(message: OutboxMessage, order: LeaseOrder): Promise<void> {
    const lost = await perform(store, message, {}, context, (state, at) => leaseOver(state, order, at));
    if (!lost) await store.settle(message, message.key);
  }

  return async (message: OutboxMessage): Promise<void> => {
    const body = message.body as JsonObject & { notBefore?: string };
    // The sweep enqueues it again, once it is overdue.
    if (body.notBefore !== undefined && Date.parse(body.notBefore) > Date.parse(context().now)) return;
    if (body.reply === true) return reply(message);
    if (body.thread !== undefined) return tell(message, body.thread as unknown as ThreadOrder);
    if (body.lease !== undefined) return watch(message, body as unknown as LeaseOrder);
    return deliver(message, body as unknown as DeliveryOrder);
  };
}
