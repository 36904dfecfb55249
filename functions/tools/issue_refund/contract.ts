import * as z from 'zod';
import { defineTool } from '../../../core/tools.ts';

/** Gives back (part of) a charge, once. */
export const issueRefund = defineTool({
  name: 'issue_refund',
  version: '1',
  owner: 'payments',
  effectClass: 'money',
  input: z.strictObject({
    charge_id: z.string().min(1).max(200),
    order_id: z.string().min(1).max(200),
    amount_cents: z.int().min(1),
    /** ISO 4217, upper case. */
    currency: z.string().regex(/^[A-Z]{3}$/),
    reason: z.string().max(500),
  }),
  output: z.strictObject({
    refund_id: z.string().min(1),
    charge_id: z.string(),
    amount_cents: z.int(),
    currency: z.string(),
    status: z.enum(['succeeded', 'pending']),
  }),
  moves: ({ amount_cents, currency }) => ({ minorUnits: amount_cents, currency }),
  // Agents quote customers here; mail is copied widely.
  sensitive: ['reason'],
  providerTimeoutSeconds: 10,
  functionTimeoutSeconds: 20,
  leaseSeconds: 30,
  stateTimeoutSeconds: 60,
  // Refunds of a charge are listed at once after they were made; this leaves room for a call still under way.
  settleAfterSeconds: 15,
});
