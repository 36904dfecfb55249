import * as z from 'zod';
import { rateEnv } from '../../adapters/lambda/callers.ts';
import { tablesEnv } from '../../adapters/lambda/tables.ts';

export const env = tablesEnv.extend({
  MAILBOXES_TABLE: z.string(),
  ...rateEnv.shape,
  /** With which links for requesters begin, without a slash at the end. */
  BASE_URL: z.string(),
});
