import * as z from 'zod';
import { tablesEnv } from '../../adapters/lambda/tables.ts';

export const env = tablesEnv.extend({
  MAILBOXES_TABLE: z.string(),
  /** The queue that this function works off, and where it puts what it gives up. */
  QUEUE_URL: z.string(),
  DEAD_LETTERS_URL: z.string(),
  MAIL_QUEUE_URL: z.string(),
  WEBHOOK_KEY_ID: z.string(),
  /** Hosts that are reached by http and wherever they lie, between commas. */
  LOCAL_RECEIVERS: z.string(),
});
