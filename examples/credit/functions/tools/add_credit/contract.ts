import * as z from 'zod';
import { defineTool } from '../../../../../core/tools.ts';

/** Credits a customer's balance, once. */
export const addCredit = defineTool({
  name: 'add_credit',
  version: '1',
  owner: 'support',
  effectClass: 'money',
  input: z.strictObject({
    customer_id: z.string().min(1).max(200),
    amount_cents: z.int().min(1),
    currency: z.literal('EUR'),
    reason: z.string().max(500),
  }),
  output: z.strictObject({ transaction_id: z.string().min(1), amount_cents: z.int(), currency: z.string() }),
  moves: ({ amount_cents, currency }) => ({ minorUnits: amount_cents, currency }),
  sensitive: ['reason'],
  // Seconds; declaring a tool fails unless provider + two commits < function < lease < state.
  providerTimeoutSeconds: 10,
  functionTimeoutSeconds: 20,
  leaseSeconds: 30,
  stateTimeoutSeconds: 60,
  settleAfterSeconds: 15,
});
