import * as z from 'zod';
import { tablesEnv } from '../../adapters/lambda/tables.ts';

export const env = tablesEnv.extend({
  /** With which links for requesters begin, without a slash at the end. */
  BASE_URL: z.string(),
});
