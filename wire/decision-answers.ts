/** The HTTP contract of the export of decisions: what goes out. No function needs this schema; the OpenAPI document, clients and tests do. */

import * as z from 'zod';

const time = z.iso.datetime();
const fromOne = z.int().min(1);

const notification = z.strictObject({
  at: time,
  why: z.string(),
  rung: fromOne.nullable(),
  level: z.string(),
  to: z.array(z.string()),
  message_id: z.string(),
});

const decision = z.strictObject({
  at: time,
  chain: z.string(),
  record: fromOne,
  intent_type: z.string(),
  task_id: z.string(),
  revision: fromOne,
  step: fromOne.nullable(),
  subject_hash: z.string(),
  policy_version: z.string(),
  concluded: z.boolean(),
  outcome: z.string(),
  reason_code: z.string(),
  comment: z.string(),
  decided_by: z.string(),
  decided_for: z.string(),
  via: z.string(),
  notifications: z.array(notification),
});

export const listedDecisions = z.strictObject({
  ok: z.literal(true),
  decisions: z.array(decision),
  next_cursor: z.string().nullable(),
  /** What was committed later may still be on its way. */
  settled_until: time,
});
