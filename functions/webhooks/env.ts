import * as z from 'zod';

export const env = z.object({
  CONTROL_TABLE: z.string(),
  WEBHOOKS_TABLE: z.string(),
  /** Encrypts secrets. */
  WEBHOOK_KEY_ID: z.string(),
  CALLBACKS_QUEUE_URL: z.string(),
  /** Names that are reached wherever they lie, with commas: on one machine. */
  LOCAL_HOSTS: z.string().transform((names) => names.split(',').filter((name) => name !== '')),
});
