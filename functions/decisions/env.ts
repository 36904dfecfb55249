import * as z from 'zod';
import { rateEnv } from '../../adapters/lambda/callers.ts';

export const env = rateEnv.extend({ AUDIT_TABLE: z.string(), CONTROL_TABLE: z.string(), PEOPLE_TABLE: z.string() });
