import * as z from 'zod';
import { chain, oneOf } from '../core/chain.ts';
import { defineIntentType, type Evidence } from '../core/intent-type.ts';
import { money } from '../core/money.ts';
import type { Risk, RiskCategory } from '../core/plan.ts';
import type { Policy } from '../core/policy.ts';
import { issueRefund } from '../functions/tools/issue_refund/contract.ts';
import { readCharge } from '../functions/tools/read_charge/contract.ts';

const payload = z.strictObject({
  order_id: z.string().min(1).max(200),
  amount_cents: z.int(),
  /** ISO 4217. */
  currency: z
    .string()
    .regex(/^[A-Za-z]{3}$/)
    .toUpperCase(),
  reason: z.string().min(1).max(500),
});
type Refund = z.infer<typeof payload>;
type Charge = z.infer<typeof readCharge.output>;

interface Facts {
  refund: Refund;
  charge: Charge;
}

/** Up to here nobody is asked. */
const freeUpToCents = 50_00;
/** Up to here one approver decides; above, somebody of finance after them. */
const oneApproverUpToCents = 5_000_00;

/** Up to here the mailed link is enough to decide; above, a code or a sign-in besides. */
const lowRiskUpToCents = 500_00;

const risks = {
  low: { category: 'low', score: 25, reasons: [`up_to_${lowRiskUpToCents / 100}_eur`] },
  medium: { category: 'medium', score: 50, reasons: [`above_${lowRiskUpToCents / 100}_eur`] },
  high: { category: 'high', score: 75, reasons: [`above_${oneApproverUpToCents / 100}_eur`] },
} satisfies Record<RiskCategory, Risk>;

function riskOfAmount(cents: number): Risk {
  if (cents <= lowRiskUpToCents) return risks.low;
  return cents <= oneApproverUpToCents ? risks.medium : risks.high;
}

const left = ({ charge }: Facts): number => charge.amount_cents - charge.refunded_cents;

export const refundPolicy: Policy<Facts> = {
  version: 'refund-2',
  rules: [
    {
      id: 'charge-exists',
      reason: 'charge_not_found',
      says: 'The provider knows no charge for this order.',
      when: ({ charge }) => !charge.found,
      verdict: { do: 'deny' },
    },
    {
      id: 'amount-positive',
      reason: 'amount_not_positive',
      says: 'The amount must be more than nothing.',
      when: ({ refund }) => refund.amount_cents <= 0,
      verdict: { do: 'deny' },
    },
    {
      id: 'same-currency',
      reason: 'currency_mismatch',
      says: "The currency is not the charge's.",
      when: ({ refund, charge }) => charge.found && refund.currency !== charge.currency,
      verdict: { do: 'deny' },
    },
    {
      id: 'not-yet-refunded',
      reason: 'already_refunded',
      says: 'The charge has been refunded whole.',
      when: (facts) => facts.charge.found && left(facts) <= 0,
      verdict: { do: 'deny' },
    },
    {
      id: 'enough-left',
      reason: 'not_enough_left',
      says: 'More is asked than is left of the charge.',
      when: (facts) => facts.charge.found && left(facts) > 0 && facts.refund.amount_cents > left(facts),
      verdict: { do: 'deny' },
    },
    {
      id: 'limits-are-in-eur',
      reason: 'currency_without_limit',
      says: 'The limits are set in EUR; nothing is allowed in another currency.',
      when: ({ refund }) => refund.currency !== 'EUR',
      verdict: { do: 'deny' },
    },
    {
      id: 'small-refund',
      reason: 'small_amount',
      says: `Up to ${money(freeUpToCents, 'EUR')} a refund needs no approval.`,
      when: ({ refund }) => refund.amount_cents <= freeUpToCents,
      verdict: { do: 'allow' },
    },
    {
      id: 'two-steps',
      reason: 'amount_needs_finance',
      says: `Above ${money(oneApproverUpToCents, 'EUR')} a person of the role refunds decides, then one of finance.`,
      when: ({ refund }) => refund.amount_cents > oneApproverUpToCents,
      verdict: {
        do: 'require',
        of: chain([
          { role: 'refunds', need: 1 },
          { role: 'finance', need: 1 },
        ]),
      },
    },
    {
      id: 'one-approver',
      reason: 'amount_needs_approval',
      says: `Above ${money(freeUpToCents, 'EUR')} a person of the role refunds decides.`,
      when: ({ refund }) => refund.amount_cents > freeUpToCents,
      verdict: { do: 'require', of: oneOf('refunds') },
    },
  ],
};

/** The evidence's value went through the tool's strict output schema when it was read. */
const chargeIn = (evidence: Record<string, Evidence>): Charge => readCharge.output.parse(evidence.charge?.value);

/** Money goes back to a customer: checked against the charge, approved by a person where it is much, paid once. */
export const refund = defineIntentType<Refund, Facts>({
  type: 'intent.refund.v1',
  aliases: [],
  title: 'Refund',
  owner: 'payments',
  shape: 'action',
  payload,
  // The sandbox provider of npm start has this order.
  sample: { order_id: 'A-1042', amount_cents: 180_00, currency: 'EUR', reason: 'The parcel arrived damaged.' },
  objective: (asked) => `Refund ${money(asked.amount_cents, asked.currency)} of order ${asked.order_id}`,
  task: { type: 'approval', role: 'refunds' },
  prepare: {},
  evidence: [
    {
      name: 'charge',
      title: 'Charge of the order',
      tool: readCharge,
      args: (asked) => ({ order_id: asked.order_id }),
      shown: (value) => {
        const charge = readCharge.output.parse(value);
        return charge.found
          ? [
              { label: 'Charge', value: charge.charge_id },
              {
                label: 'Charged',
                value: `${money(charge.amount_cents, charge.currency)} on ${charge.charged_at.slice(0, 10)}`,
              },
              { label: 'Refunded so far', value: money(charge.refunded_cents, charge.currency) },
            ]
          : [{ label: 'Charge', value: 'none found for this order' }];
      },
      url: (value) => readCharge.output.parse(value).url,
    },
  ],
  facts: (asked, evidence) => ({ refund: asked, charge: chargeIn(evidence) }),
  policy: refundPolicy,
  risk: ({ refund }) => riskOfAmount(refund.amount_cents),
  propose: ({ refund, charge }) => [
    {
      tool: issueRefund.name,
      args: { charge_id: charge.charge_id, ...refund },
      changes: [
        {
          what: 'Charged',
          before: money(charge.amount_cents, charge.currency),
          after: money(charge.amount_cents, charge.currency),
        },
        {
          what: 'Refunded',
          before: money(charge.refunded_cents, charge.currency),
          after: money(charge.refunded_cents + refund.amount_cents, charge.currency),
        },
        {
          what: 'Left of the charge',
          before: money(charge.amount_cents - charge.refunded_cents, charge.currency),
          after: money(charge.amount_cents - charge.refunded_cents - refund.amount_cents, charge.currency),
        },
      ],
    },
  ],
  tools: [issueRefund],
});
