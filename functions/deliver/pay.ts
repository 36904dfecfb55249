/** What a message of the deliver queue owes: an entry in a mailbox, the answer that an agent asked for, or a look at a lease. */

import type { OutboxMessage } from '../../adapters/messages.ts';
import { perform } from '../../core/commit.ts';
import type { JsonObject } from '../../core/json.ts';
import { type MailboxRows, type NewEntry, putInto } from '../../core/mailbox.ts';
import type { Head, IntentState } from '../../core/model.ts';
import type { Context, Store } from '../../core/ports.ts';
import { type DeliveryOrder, delivered, isDue, type LeaseOrder, leaseOver } from '../../core/rules/deliver.ts';

export interface Ports {
  store: Store;
  rows: MailboxRows;
  context: () => Context;
  /** Between two tries to be the next in a mailbox. */
  pause: (round: number) => Promise<void>;
  /** Whether a stop covers the intent, or the agent that it is to go to. */
  stopped: (head: Head, to: string) => Promise<boolean>;
}

/** What is larger than this as JSON, in bytes, is read with the intent: a frame of a stream stays under 64 KiB. */
const maxInlineBytes = 8192;

const small = <Name extends string>(name: Name, value: JsonObject | undefined): { [K in Name]?: JsonObject } =>
  value && Buffer.byteLength(JSON.stringify(value)) <= maxInlineBytes ? ({ [name]: value } as never) : {};

export function payDelivery({ store, rows, context, pause, stopped }: Ports) {
  const put = (message: OutboxMessage, entry: NewEntry) =>
    putInto(rows, { tenant: message.tenant, address: entry.to }, entry, pause);

  const about = (
    { head }: IntentState,
    given: Pick<NewEntry, 'deliveryId' | 'to' | 'why' | 'status' | 'attempt'>,
  ): NewEntry => ({
    ...given,
    intentId: head.intentId,
    type: head.type,
    from: head.from,
    at: context().now,
  });

  async function deliver(message: OutboxMessage, order: DeliveryOrder): Promise<void> {
    const state = await store.load(message, { request: true });
    if (!state || !isDue(state)) return store.settle(message, message.key);
    const { deliveryId, to, why, attempt } = order;
    // Still owed: the sweep enqueues it again, until the stop is lifted or the intent ends.
    if (await stopped(state.head, to)) return;
    const entry = about(state, { deliveryId, to, why, attempt, status: 'DELIVERED' });
    const seq = await put(message, { ...entry, ...small('payload', state.request?.payload) });
    const counts = await perform(store, message, {}, context, (now) => delivered(now, order, seq, message.key));
    if (!counts) await store.settle(message, message.key);
  }

  /** The intent has ended: nothing of it changes any more. */
  async function reply(message: OutboxMessage): Promise<void> {
    const state = await store.load(message, { request: true });
    const to = state?.request?.replyTo;
    if (state && to !== undefined) {
      const deliveryId = `${message.intentId}.reply`;
      const entry = about(state, { deliveryId, to, why: 'completed', attempt: 1, status: state.head.status });
      await put(message, { ...entry, ...small('outcome', state.outcome as JsonObject | undefined) });
    }
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
    if (body.lease !== undefined) return watch(message, body as unknown as LeaseOrder);
    return deliver(message, body as unknown as DeliveryOrder);
  };
}
