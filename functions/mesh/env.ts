import * as z from 'zod';
import { rateEnv } from '../../adapters/lambda/callers.ts';

export const env = rateEnv.extend({ CONTROL_TABLE: z.string() });
