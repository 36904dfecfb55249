import * as z from 'zod';

export const env = z.object({
  CONTROL_TABLE: z.string(),
});
