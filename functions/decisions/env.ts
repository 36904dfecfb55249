import * as z from 'zod';

export const env = z.object({ AUDIT_TABLE: z.string(), CONTROL_TABLE: z.string(), PEOPLE_TABLE: z.string() });
