import * as z from 'zod';

export const env = z.object({
  WEBHOOKS_TABLE: z.string(),
  /** Decrypts secrets. */
  WEBHOOK_KEY_ID: z.string(),
  /** The queue that this function works off. */
  QUEUE_URL: z.string(),
  /** Hosts that are reached by http and wherever they lie, between commas. */
  LOCAL_RECEIVERS: z.string(),
});
