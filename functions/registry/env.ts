import * as z from 'zod';
import { rateEnv } from '../../adapters/lambda/callers.ts';

export const env = rateEnv.extend({
  CONTROL_TABLE: z.string(),
  /** With which links begin, without a slash at the end. */
  BASE_URL: z.string(),
});
