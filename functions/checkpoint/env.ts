import * as z from 'zod';

export const env = z.object({
  INTENTS_TABLE: z.string(),
  CHECKPOINT_BUCKET: z.string(),
  CHECKPOINT_KEY_ID: z.string(),
});
