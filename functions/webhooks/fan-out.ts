/** One event to each subscription that wants it: noted, and queued. Again, what was noted is queued again and noted once. */

import type { CallbackMessage } from '../../adapters/messages.ts';
import type { SubscriptionRows } from '../../adapters/subscriptions.ts';
import type { KeptEvent, Subscription, WebhookDelivery } from '../../core/subscription.ts';

export type Enqueue = (message: Omit<CallbackMessage, 'v' | 'kind'>) => Promise<void>;

/** Puts what carries an event to a subscription into the queue. */
export const callbackTo =
  (send: (url: string, body: unknown) => Promise<void>, url: string): Enqueue =>
  (message) =>
    send(url, { v: 1, kind: 'callback', ...message } satisfies CallbackMessage);

/** Notes and queues an event that is kept for each of these. Gives its deliveries as they stand now. */
export async function fanOut(
  rows: Pick<SubscriptionRows, 'addDelivery' | 'deliveries'>,
  enqueue: Enqueue,
  wanted: readonly Subscription[],
  event: KeptEvent,
  traceId: string,
): Promise<WebhookDelivery[]> {
  for (const { id } of wanted) await rows.addDelivery(event, id);
  const deliveries = await rows.deliveries(event.tenant, event.id);
  const { tenant, id: eventId } = event;
  for (const { subscriptionId, state, round } of deliveries)
    if (state === 'pending') await enqueue({ tenant, traceId, eventId, subscriptionId, round });
  return deliveries;
}
