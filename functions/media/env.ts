import * as z from 'zod';
import { rateEnv } from '../../adapters/lambda/callers.ts';
import { tablesEnv } from '../../adapters/lambda/tables.ts';

export const env = tablesEnv.extend({
  ...rateEnv.shape,
  MEDIA_BUCKET: z.string(),
  /** Where pages are, without a slash at the end. */
  BASE_URL: z.url(),
});
