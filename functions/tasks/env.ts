import * as z from 'zod';
import { rateEnv } from '../../adapters/lambda/callers.ts';
import { tablesEnv } from '../../adapters/lambda/tables.ts';

export const env = tablesEnv.extend({ ...rateEnv.shape, MAILBOXES_TABLE: z.string() });
