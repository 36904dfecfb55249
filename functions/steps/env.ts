import * as z from 'zod';
import { tablesEnv } from '../../adapters/lambda/tables.ts';

export const env = tablesEnv.extend({
  /** JSON: name of a read tool → ARN of its function's alias. */
  READ_TOOLS: z.string(),
});
