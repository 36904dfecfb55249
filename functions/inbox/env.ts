import * as z from 'zod';
import { tablesEnv } from '../../adapters/lambda/tables.ts';

export const env = tablesEnv.extend({
  MAIL_QUEUE_URL: z.string(),
  /** Where our pages are, without a slash at the end. */
  BASE_URL: z.string(),
});
