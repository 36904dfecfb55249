/** The HTTP contract of scenarios: what goes out. */

import * as z from 'zod';
import { statuses } from '../core/lifecycle.ts';

const ok = z.literal(true);
/** Of the plan that the bundle is compiled to: the same steps have the same one. */
const compile_id = z.string().regex(/^[0-9a-f]{64}$/);
const address = z.string().startsWith('agent://').max(383);

/** Each of both lists as `path: words`. */
export const validatedScenario = z.strictObject({
  ok,
  valid: z.boolean(),
  errors: z.array(z.string()),
  warnings: z.array(z.string()),
  /** Where it is valid. */
  compile_id: compile_id.optional(),
});

export const appliedScenario = z.strictObject({
  ok,
  intent_id: z.uuid(),
  compile_id,
  /** Addresses of the agents that were made. */
  agents_provisioned: z.array(address),
  scenario_id: z.string(),
  status: z.enum(statuses),
  created_at: z.iso.datetime(),
  agents: z.array(z.strictObject({ role: z.string(), address, created: z.boolean() })),
});
