import * as z from 'zod';

export const env = z.object({
  CONTROL_TABLE: z.string(),
  /** With which links begin, without a slash at the end. */
  BASE_URL: z.string(),
});
