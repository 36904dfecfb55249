import * as z from 'zod';
import { tablesEnv } from '../../adapters/lambda/tables.ts';

export const env = tablesEnv.extend({
  /** Where an event goes that submits nothing, with the reason. */
  PARKED_QUEUE_URL: z.string(),
});
