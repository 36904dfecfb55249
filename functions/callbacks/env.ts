import * as z from 'zod';

export const env = z.object({
  WEBHOOKS_TABLE: z.string(),
  /** Decrypts secrets. */
  WEBHOOK_KEY_ID: z.string(),
  /** The queue that this function works off. */
  QUEUE_URL: z.string(),
  /** Names that are reached wherever they lie, with commas: on one machine. */
  LOCAL_HOSTS: z.string().transform((names) => names.split(',').filter((name) => name !== '')),
});
