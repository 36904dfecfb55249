import * as z from 'zod';
import { rateEnv } from '../../adapters/lambda/callers.ts';
import { tablesEnv } from '../../adapters/lambda/tables.ts';

export const env = tablesEnv.extend({
  ...rateEnv.shape,
  MAILBOXES_TABLE: z.string(),
  WEBHOOK_KEY_ID: z.string(),
  /** Hosts that may be bound to by http and wherever they lie, between commas. */
  LOCAL_RECEIVERS: z.string(),
  /** ARNs that may be bound to, between commas. */
  INTERNAL_TARGETS: z.string(),
});
