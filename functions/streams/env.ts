import * as z from 'zod';
import { rateEnv } from '../../adapters/lambda/callers.ts';

export const env = rateEnv.extend({
  INTENTS_TABLE: z.string(),
  CONTROL_TABLE: z.string(),
  MAILBOXES_TABLE: z.string(),
  /** Requests that are held open at once. */
  HELD: z.coerce.number().int().min(1),
});
