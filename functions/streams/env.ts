import * as z from 'zod';

export const env = z.object({
  INTENTS_TABLE: z.string(),
  CONTROL_TABLE: z.string(),
  MAILBOXES_TABLE: z.string(),
  /** Requests that are held open at once. */
  HELD: z.coerce.number().int().min(1),
});
