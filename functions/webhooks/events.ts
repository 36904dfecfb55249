/** Events that clients publish themselves, and sending any event again. */

import { v5 as uuidv5 } from 'uuid';
import type { SubscriptionRows } from '../../adapters/subscriptions.ts';
import { wants } from '../../core/announce.ts';
import { Conflict, NotFound } from '../../core/errors.ts';
import type { JsonObject } from '../../core/json.ts';
import { countersOf, type KeptEvent } from '../../core/subscription.ts';
import type { publishEvent } from '../../wire/webhooks.ts';
import { firstAnswer } from '../api/idempotency.ts';
import { type Enqueue, fanOut } from './fan-out.ts';
import type { Of } from './subscriptions.ts';

export interface Ports {
  rows: Pick<
    SubscriptionRows,
    'all' | 'keepEvent' | 'event' | 'keepRepeat' | 'addDelivery' | 'deliveries' | 'delivery' | 'setDelivery'
  >;
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

/** What a replay does: when it was asked for, and which round it begins for each subscription. */
interface Rounds extends JsonObject {
  at: string;
  rounds: { [subscriptionId: string]: number };
}

/**
 * Sends an event again: a new round for each subscription of its owner that wants it now, also for those that had it. Of what
 * the whole tenant hears, the caller's own subscriptions. Which rounds is kept first, where an Idempotency-Key is `known`: the
 * same request begins no others, and goes on where the first broke off. Throws NotFound, also for what is of another agent's
 * inbox; Conflict `idempotency_conflict`.
 */
export async function replay(
  { rows, enqueue, traceId, now }: Ports,
  { tenant, owner }: Of,
  id: string,
  known?: { key: string; requestHash: string },
) {
  const event = await rows.event(tenant, id);
  if (!event || (event.owner !== undefined && event.owner !== owner)) throw new NotFound('event');
  const [subscribed, before] = await Promise.all([rows.all(tenant), rows.deliveries(tenant, id)]);
  const own = subscribed.filter((one) => one.owner === owner);
  const next = (wanted: string) => (before.find(({ subscriptionId }) => subscriptionId === wanted)?.round ?? 0) + 1;
  const wanted = own.filter((one) => wants(one, event));
  const wish: Rounds = { at: now, rounds: Object.fromEntries(wanted.map((one) => [one.id, next(one.id)])) };
  const kept = known && (await rows.keepRepeat(tenant, { ...known, answer: wish }, now));
  const { at, rounds } = kept ? (firstAnswer(kept, known.requestHash) as Rounds) : wish;
  for (const [subscriptionId, round] of Object.entries(rounds)) {
    const begun = await rows.setDelivery(event, { subscriptionId, state: 'pending', round }, round - 1, now);
    // Where another replay was faster, its round is the one that is sent. Where it is this one's own, it may have broken off.
    const there = begun || !known ? undefined : await rows.delivery(tenant, id, subscriptionId);
    if (begun || (there?.round === round && there.state === 'pending'))
      await enqueue({ tenant, traceId, eventId: id, subscriptionId, round });
  }
  const ours = new Set(own.map((one) => one.id));
  const deliveries = (await rows.deliveries(tenant, id)).filter(({ subscriptionId }) => ours.has(subscriptionId));
  return {
    event_id: id,
    owner_agent: owner,
    event_type: event.type,
    ...countersOf(deliveries, Object.keys(rounds).length),
    replayed_at: at,
  };
}
