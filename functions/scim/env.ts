import * as z from 'zod';

export const env = z.object({
  CONTROL_TABLE: z.string(),
  PEOPLE_TABLE: z.string(),
  /** With which addresses of resources begin, without a slash at the end. */
  BASE_URL: z.string(),
});
