import * as z from 'zod';
import { tablesEnv } from '../../adapters/lambda/tables.ts';

export const env = tablesEnv.extend({
  RUNS_QUEUE_URL: z.string(),
  MAIL_QUEUE_URL: z.string(),
  DELIVER_QUEUE_URL: z.string(),
  PUSH_QUEUE_URL: z.string(),
  ANNOUNCE_QUEUE_URL: z.string(),
});
