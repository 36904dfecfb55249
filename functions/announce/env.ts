import * as z from 'zod';
import { tablesEnv } from '../../adapters/lambda/tables.ts';

export const env = tablesEnv.extend({
  WEBHOOKS_TABLE: z.string(),
  BUS_NAME: z.string(),
  /** The queue that this function works off, and the one that it fills. */
  QUEUE_URL: z.string(),
  CALLBACKS_QUEUE_URL: z.string(),
});
