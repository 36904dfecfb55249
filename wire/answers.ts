/** The HTTP contract of intents: what goes out. No function needs these schemas; clients and tests do. */

import * as z from 'zod';
import { statuses, waitingReasons } from '../core/lifecycle.ts';

/** Whole, whatever form it was given in. */
const address = z.string().startsWith('agent://').max(383);

export const created = z.strictObject({
  ok: z.literal(true),
  intent_id: z.uuid(),
  status: z.enum(statuses),
  created_at: z.iso.datetime(),
});

export const resumed = z.strictObject({
  ok: z.literal(true),
  intent_id: z.uuid(),
  status: z.enum(statuses),
  revision: z.int().min(2),
});

const pendingWith = z.strictObject({ type: z.enum(['agent', 'human', 'internal']), ref: z.string(), name: z.string() });

const intentView = z.looseObject({
  intent_id: z.uuid(),
  intent_type: z.string(),
  status: z.enum(statuses),
  lifecycle_status: z.enum(statuses),
  lifecycle_waiting_reason: z.enum(waitingReasons).nullable(),
  correlation_id: z.guid(),
  from_agent: address,
  to_agent: address,
  payload: z.record(z.string(), z.json()),
  created_at: z.iso.datetime(),
  updated_at: z.iso.datetime(),
  trace_id: z.string().optional(),
  /** Once it has ended. */
  result: z.record(z.string(), z.json()).optional(),
  error: z.record(z.string(), z.json()).optional(),
  policy_generation: z.int().min(1),
});
export const gotIntent = z.strictObject({ ok: z.literal(true), intent: intentView });

/** `next_cursor` is null at the end. */
export const listedIntents = z.strictObject({
  ok: z.literal(true),
  intents: z.array(intentView),
  next_cursor: z.string().nullable(),
});

export const eventView = z.looseObject({
  intent_id: z.uuid(),
  seq: z.int().min(1),
  event_type: z.string(),
  status: z.enum(statuses),
  at: z.iso.datetime(),
  pending_with: pendingWith.optional(),
});
export const listedEvents = z.strictObject({ ok: z.literal(true), events: z.array(eventView) });

/** Of `resolve`, and of `resume` by the agent that an intent was delivered to. */
export const resolved = z.strictObject({
  ok: z.literal(true),
  intent: intentView,
  event: eventView,
  completion_delivery: z.looseObject({ delivered: z.boolean() }),
});

export const claimed = z.discriminatedUnion('granted', [
  z.strictObject({
    ok: z.literal(true),
    granted: z.literal(true),
    fencing_token: z.int().min(1),
    claimed_until: z.iso.datetime(),
  }),
  z.strictObject({
    ok: z.literal(true),
    granted: z.literal(false),
    claimant: z.string(),
    claimed_until: z.iso.datetime(),
  }),
]);

/** Without `not_before`, that was the last attempt: it has ended. */
export const released = z.strictObject({
  ok: z.literal(true),
  status: z.enum(statuses),
  delivery_attempt: z.int().min(1),
  not_before: z.iso.datetime().optional(),
});

/** Of `controls` and `policy`. */
export const settled = z.strictObject({
  ok: z.literal(true),
  applied: z.literal(true),
  policy_generation: z.int().min(2),
  intent: intentView,
});

/** What it did, or would do; `has_more`: its limit or its time was over first. */
export const canceledMany = z.strictObject({
  ok: z.literal(true),
  dry_run: z.boolean(),
  would_cancel: z.int().min(0).optional(),
  canceled: z.int().min(0).optional(),
  intent_ids: z.array(z.uuid()),
  has_more: z.boolean(),
});

export const entryView = z.looseObject({
  intent_id: z.uuid(),
  /** The agent's, not the intent's. */
  seq: z.int().min(1),
  event_type: z.string(),
  intent_type: z.string(),
  status: z.enum(statuses),
  delivery_id: z.string(),
  from_agent: address,
  to_agent: address,
  at: z.iso.datetime(),
});
/** Of `GET /v1/agents/{address}/intents`. */
export const listedMailbox = z.strictObject({
  ok: z.literal(true),
  intents: z.array(entryView),
  next_seq: z.int().min(0),
  has_more: z.boolean(),
});
