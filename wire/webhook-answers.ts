/** The HTTP contract of webhooks: what goes out, in AXP's strict shapes. */

import * as z from 'zod';
import { characters } from '../core/characters.ts';

const ok = z.literal(true);
const time = z.iso.datetime();
const address = z.string().startsWith('agent://').max(383);

const subscription = z.strictObject({
  subscription_id: z.uuid(),
  owner_agent: address,
  callback_url: z.url(),
  event_types: z.array(z.string()).min(1),
  active: z.boolean(),
  description: characters(0, 255).nullable(),
  created_at: time,
  updated_at: time,
  revoked_at: time.nullable(),
  /** Its last letters. */
  secret_hint: z.string().nullable(),
});
export const gotSubscription = z.strictObject({ ok, subscription });
export const listedSubscriptions = z.strictObject({ ok, subscriptions: z.array(subscription) });
export const deletedSubscription = z.strictObject({ ok, subscription_id: z.uuid(), revoked_at: time });

export const rotatedSecret = z.strictObject({
  ok,
  subscription_id: z.uuid(),
  /** Shown this once. */
  secret: z.string().startsWith('whsec_'),
  /** Until when the one before signs too. */
  previous_valid_until: time,
});

const counters = {
  queued_deliveries: z.int().min(0),
  processed_deliveries: z.int().min(0),
  delivered: z.int().min(0),
  pending: z.int().min(0),
  dead_lettered: z.int().min(0),
};
export const publishedEvent = z.strictObject({
  ok,
  accepted_at: time,
  event_type: z.string(),
  source: z.string(),
  owner_agent: address,
  event_id: z.uuid(),
  ...counters,
});
export const replayedEvent = z.strictObject({
  ok,
  event_id: z.uuid(),
  owner_agent: address,
  event_type: z.string(),
  ...counters,
  replayed_at: time,
});
