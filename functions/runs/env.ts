import * as z from 'zod';
import { tablesEnv } from '../../adapters/lambda/tables.ts';

export const env = tablesEnv.extend({
  /** The queue that this function works off. */
  QUEUE_URL: z.string(),
  /** JSON: intent type → ARN of its state machine. */
  STATE_MACHINES: z.string(),
});
