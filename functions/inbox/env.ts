import * as z from 'zod';
import { tablesEnv } from '../../adapters/lambda/tables.ts';

export const env = tablesEnv.extend({
  /** Where people's browsers find these pages: forms of other origins are refused. */
  BASE_URL: z.url(),
});
