import * as z from 'zod';

export const env = z.object({
  RUNS_QUEUE_URL: z.string(),
  MAIL_QUEUE_URL: z.string(),
  DELIVER_QUEUE_URL: z.string(),
  PUSH_QUEUE_URL: z.string(),
  ANNOUNCE_QUEUE_URL: z.string(),
  /** Where a record goes that can't be sent on: a dead-letter queue of its own. */
  PARKED_QUEUE_URL: z.string(),
});
