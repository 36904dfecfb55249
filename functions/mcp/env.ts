import * as z from 'zod';
import { rateEnv } from '../../adapters/lambda/callers.ts';
import { tablesEnv } from '../../adapters/lambda/tables.ts';

export const env = tablesEnv.extend({
  ...rateEnv.shape,
  MAILBOXES_TABLE: z.string(),
  /** With which links for requesters begin, without a slash at the end. */
  BASE_URL: z.string(),
  /** Requests that are held open at once, those of streams included. */
  HELD: z.coerce.number().int().min(1),
});
