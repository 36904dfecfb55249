/** The HTTP contract of webhooks: what comes in (AXP). */

import * as z from 'zod';
import { inboxEventTypes, subscribable } from '../core/announce.ts';
import { characters } from '../core/characters.ts';

/** What a path must hold to name a subscription, or an event. */
export const subscriptionId = z.uuid();
export const eventId = z.uuid();

/** `POST /v1/webhooks/subscriptions`: one for each owner and address; again, it is changed. */
export const upsertSubscription = z.strictObject({
  callback_url: z
    .url({ protocol: /^https?$/ })
    .min(8)
    .max(2048),
  /** AXP's own, lifecycle events by name, or all of these with `intent.*`. */
  event_types: z.array(z.enum(subscribable)).min(1).max(32),
  /** Signs what is sent; one is made where none is given. `whsec_` and base64 as Standard Webhooks has it, or any text. */
  secret: characters(16, 128).optional(),
  active: z.boolean().optional(),
  description: characters(0, 255).optional(),
});

/** `POST /v1/webhooks/subscriptions/{id}/secret` takes nothing. */
export const rotateSecret = z.strictObject({});

/** `POST /v1/webhooks/events`: lifecycle events are told by Holdpoint alone. */
export const publishEvent = z.strictObject({
  event_type: z.enum(inboxEventTypes),
  source: characters(2, 100),
  payload: z.record(z.string(), z.json()),
});

/** `POST /v1/webhooks/events/{id}/replay` takes nothing. */
export const replayEvent = z.strictObject({});
