import * as z from 'zod';
import { tablesEnv } from '../../adapters/lambda/tables.ts';

/** `BASE_URL`: what links for requesters begin with. */
export const env = tablesEnv.extend({ BASE_URL: z.url() });
