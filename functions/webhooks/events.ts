/** Events that clients publish themselves, and sending any event again. */

import { v5 as uuidv5 } from 'uuid';
import type { SubscriptionRows } from '../../adapters/subscriptions.ts';
import { wants } from '../../core/announce.ts';
import { Conflict, NotFound } from '../../core/errors.ts';
import { countersOf, type KeptEvent } from '../../core/subscription.ts';
import type { publishEvent } from '../../wire/webhooks.ts';
import { type Enqueue, fanOut } from './fan-out.ts';
import type { Of } from './subscriptions.ts';

export interface Ports {
  rows: Pick<SubscriptionRows, 'all' | 'keepEvent' | 'event' | 'addDelivery' | 'deliveries' | 'setDelivery'>;
  enqueue: Enqueue;
  traceId: string;
  now: string;
  newId: () => string;
}

/** Names events by the Idempotency-Key that they were published with. */
const repeatSpace = '5f0b0c7a-6d1e-4c43-8a5e-2f9f1a6b8c11';

/**
 * Takes an event in and queues it for each subscription of its owner that wants it. `known`: the Idempotency-Key, with its
 * scope. Throws Conflict where that was another body's.
 */
export async function publish(
  { rows, enqueue, traceId, now, newId }: Ports,
  { tenant, owner }: Of,
  body: ReturnType<typeof publishEvent.parse>,
  known: { key: string; requestHash: string } | undefined,
) {
  const id = known ? uuidv5(`${tenant}\n${known.key}`, repeatSpace) : newId();
  const { event_type: type, source, payload: data } = body;
  const fresh: KeptEvent = { tenant, id, type, source, owner, at: now, data };
  const published = { requestHash: known?.requestHash ?? '', acceptedAt: now };
  const isNew = await rows.keepEvent(fresh, published);
  const before = isNew ? undefined : await rows.event(tenant, id);
  if (before && before.requestHash !== published.requestHash)
    throw new Conflict('idempotency_conflict', 'This Idempotency-Key was used with another body.');
  const event = before ?? fresh;
  const wanted = (await rows.all(tenant)).filter((one) => wants(one, event));
  const deliveries = await fanOut(rows, enqueue, wanted, event, traceId);
  return {
    accepted_at: before?.acceptedAt ?? now,
    event_type: type,
    source,
    owner_agent: owner,
    event_id: id,
    ...countersOf(deliveries, deliveries.length),
  };
}

/**
 * Sends an event again: a new round for each subscription of its owner that wants it now, also for those that had it. Of what
 * the whole tenant hears, the caller's own subscriptions. Throws NotFound, also for what is of another agent's inbox.
 */
export async function replay({ rows, enqueue, traceId, now }: Ports, { tenant, owner }: Of, id: string) {
  const event = await rows.event(tenant, id);
  if (!event || (event.owner !== undefined && event.owner !== owner)) throw new NotFound('event');
  const [subscribed, before] = await Promise.all([rows.all(tenant), rows.deliveries(tenant, id)]);
  const own = subscribed.filter((one) => one.owner === owner);
  const wanted = own.filter((one) => wants(one, event));
  for (const { id: subscriptionId } of wanted) {
    const was = before.find((one) => one.subscriptionId === subscriptionId)?.round ?? 0;
    const round = was + 1;
    // Where another replay was faster, its round is the one that is sent.
    if (await rows.setDelivery(event, { subscriptionId, state: 'pending', round }, was, now))
      await enqueue({ tenant, traceId, eventId: id, subscriptionId, round });
  }
  const ours = new Set(own.map((one) => one.id));
  const deliveries = (await rows.deliveries(tenant, id)).filter(({ subscriptionId }) => ours.has(subscriptionId));
  return {
    event_id: id,
    owner_agent: owner,
    event_type: event.type,
    ...countersOf(deliveries, wanted.length),
    replayed_at: now,
  };
}
