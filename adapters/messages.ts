/** What queues carry: ids, never a secret. */

import * as z from 'zod';

export const outboxMessage = z.object({
  v: z.literal(1),
  tenant: z.string(),
  intentId: z.string(),
  /** Key of the outbox row that this pays. */
  key: z.string(),
  kind: z.enum(['start', 'wake', 'mail']),
  traceId: z.string(),
  body: z.record(z.string(), z.json()),
});
export type OutboxMessage = z.infer<typeof outboxMessage>;

/** An outbox row (as stored, or as a stream's image) → its message. Throws ZodError for what is no such row. */
export const messageOf = (row: Record<string, unknown>): OutboxMessage => outboxMessage.parse({ ...row, v: 1 });
