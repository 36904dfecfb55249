/** What queues carry: ids, never a secret. */

import * as z from 'zod';
import { deliveryReasons } from '../core/mailbox.ts';
import { outboxKinds } from '../core/model.ts';

export const outboxMessage = z.object({
  v: z.literal(1),
  tenant: z.string(),
  intentId: z.string(),
  /** Key of the outbox row that this pays. */
  key: z.string(),
  kind: z.enum(outboxKinds),
  traceId: z.string(),
  body: z.record(z.string(), z.json()),
});
export type OutboxMessage = z.infer<typeof outboxMessage>;

/**
 * Asks for a one-time code to be mailed. No outbox row owes it: a code is over before long, and whoever misses it asks again.
 */
const codeMessage = z.object({
  v: z.literal(1),
  kind: z.literal('code'),
  purpose: z.templateLiteral([z.enum(['link', 'sign-in']), '#', z.string()]),
  codeId: z.string(),
  traceId: z.string(),
});
export type CodeMessage = z.infer<typeof codeMessage>;

/** Tells a person that something arrived for an agent whose mailbox is bound to them. */
const arrivedMessage = z.object({
  v: z.literal(1),
  kind: z.literal('arrived'),
  personId: z.string(),
  tenant: z.string(),
  intentId: z.string(),
  /** The agent's. */
  address: z.string(),
  /** The intent's type, and who it is from. */
  type: z.string(),
  from: z.string(),
  why: z.enum(deliveryReasons),
  traceId: z.string(),
});
export type ArrivedMessage = z.infer<typeof arrivedMessage>;

export const mailMessage = z.discriminatedUnion('kind', [outboxMessage, codeMessage, arrivedMessage]);

/** Carries an event to a subscription: by ids, since both are read when it is sent. */
export const callbackMessage = z.object({
  v: z.literal(1),
  kind: z.literal('callback'),
  tenant: z.string(),
  eventId: z.string(),
  subscriptionId: z.string(),
  round: z.int().min(1),
  traceId: z.string(),
});
export type CallbackMessage = z.infer<typeof callbackMessage>;

/** An outbox row (as stored, or as a stream's image) → its message. Throws ZodError for what is no such row. */
export const messageOf = (row: Record<string, unknown>): OutboxMessage => outboxMessage.parse({ ...row, v: 1 });
