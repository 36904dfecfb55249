import * as z from 'zod';
import { defineTool } from '../../../core/tools.ts';

/** Reads what an order was charged. Finding nothing is an answer, not an error. */
export const readCharge = defineTool({
  name: 'read_charge',
  version: '1',
  owner: 'payments',
  effectClass: 'read',
  input: z.strictObject({ order_id: z.string().min(1).max(200) }),
  output: z.strictObject({
    found: z.boolean(),
    charge_id: z.string(),
    amount_cents: z.int(),
    refunded_cents: z.int(),
    /** ISO 4217, upper case. */
    currency: z.string(),
    /** ISO 8601. */
    charged_at: z.string(),
    url: z.string(),
  }),
  sensitive: [],
  providerTimeoutSeconds: 8,
  functionTimeoutSeconds: 15,
  leaseSeconds: 20,
  stateTimeoutSeconds: 30,
  settleAfterSeconds: 1,
});
