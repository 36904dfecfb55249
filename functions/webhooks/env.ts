import * as z from 'zod';
import { rateEnv } from '../../adapters/lambda/callers.ts';

export const env = rateEnv.extend({
  CONTROL_TABLE: z.string(),
  WEBHOOKS_TABLE: z.string(),
  /** Encrypts secrets. */
  WEBHOOK_KEY_ID: z.string(),
  CALLBACKS_QUEUE_URL: z.string(),
  /** Hosts that are reached by http and wherever they lie, between commas. */
  LOCAL_RECEIVERS: z.string(),
});
