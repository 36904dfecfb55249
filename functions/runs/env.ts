import * as z from 'zod';
import { tablesEnv } from '../../adapters/lambda/tables.ts';

export const env = tablesEnv.extend({
  /** JSON: intent type → ARN of its state machine. */
  STATE_MACHINES: z.string(),
});
