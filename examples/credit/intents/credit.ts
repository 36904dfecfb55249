import * as z from 'zod';
import { oneOf } from '../../../core/chain.ts';
import { defineIntentType } from '../../../core/intent-type.ts';
import { money } from '../../../core/money.ts';
import type { Policy } from '../../../core/policy.ts';
import { addCredit } from '../functions/tools/add_credit/contract.ts';

const payload = z.strictObject({
  customer_id: z.string().min(1).max(200),
  amount_cents: z.int().min(1),
  reason: z.string().min(1).max(500),
});
type Credit = z.infer<typeof payload>;

/** Denials win; otherwise the first rule that holds decides; where none holds, it is denied. */
const policy: Policy<Credit> = {
  version: 'credit-1',
  rules: [
    {
      id: 'over-limit',
      reason: 'over_limit',
      says: 'Above 100.00 EUR nobody may approve alone.',
      when: ({ amount_cents }) => amount_cents > 100_00,
      verdict: { do: 'deny' },
    },
    {
      id: 'small-credit',
      reason: 'small_amount',
      says: 'Up to 10.00 EUR a credit needs no approval.',
      when: ({ amount_cents }) => amount_cents <= 10_00,
      verdict: { do: 'allow' },
    },
    {
      id: 'one-approver',
      reason: 'amount_needs_approval',
      says: 'Above 10.00 EUR a person of the role approvers decides.',
      when: ({ amount_cents }) => amount_cents > 10_00,
      verdict: { do: 'require', of: oneOf('approvers') },
    },
  ],
};

export const credit = defineIntentType<Credit, Credit>({
  type: 'intent.credit.v1',
  aliases: [],
  title: 'Credit',
  owner: 'support',
  shape: 'action',
  payload,
  sample: { customer_id: 'cus_1', amount_cents: 20_00, reason: 'The parcel came late.' },
  objective: (asked) => `Credit ${money(asked.amount_cents, 'EUR')} to customer ${asked.customer_id}`,
  task: { type: 'approval', role: 'approvers' },
  prepare: {},
  evidence: [],
  facts: (asked) => asked,
  policy,
  propose: (asked) => [
    {
      tool: addCredit.name,
      args: { ...asked, currency: 'EUR' },
      changes: [{ what: 'Balance', before: 'as it is', after: `${money(asked.amount_cents, 'EUR')} more` }],
    },
  ],
  tools: [addCredit],
});
