import * as z from 'zod';

/** A run's input, of any version up to a year old. Fields may be added, never taken away or given another meaning. */
export const runInput = z.object({
  v: z.literal(1),
  tenant: z.string(),
  intentId: z.string(),
  generation: z.int().min(1),
  type: z.string(),
  traceId: z.string(),
  waitUntil: z.string(),
  rung: z.int().min(0),
});
