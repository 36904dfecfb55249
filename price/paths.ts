/** The paths that are priced: what is asked, what the provider says, what a person decides. */

import type { JsonObject } from '../core/json.ts';

export const pathNames = ['approval', 'refund approved', 'refund auto-allowed', 'refund denied', 'delegation'] as const;
export type PathName = (typeof pathNames)[number];

export interface Path {
  name: PathName;
  type: string;
  payload: JsonObject;
  /** Whether a person is asked (and approves). */
  asks: boolean;
  /** What POLICY_CHECK must come to, for a path that has one. */
  outcome?: 'allowed' | 'approval' | 'denied';
}

const refund = (amount_cents: number): JsonObject => ({
  order_id: 'A-1042-2026-11',
  amount_cents,
  currency: 'EUR',
  reason: 'The parcel arrived broken; the customer sent photographs and does not want another one.',
});

export const paths: Record<PathName, Path> = {
  approval: {
    name: 'approval',
    type: 'intent.approval.v1',
    payload: {
      task: 'Send the November newsletter to 12,400 subscribers?',
      audience: 'subscribers-eu',
      subject: 'What is new in November',
      preview: 'https://newsletter.example.com/preview/2026-11',
      notes: 'Reviewed by the editors on Friday. Goes out at nine in the morning, local time of each subscriber.',
    },
    asks: true,
  },
  'refund approved': {
    name: 'refund approved',
    type: 'intent.refund.v1',
    payload: refund(180_00),
    asks: true,
    outcome: 'approval',
  },
  'refund auto-allowed': {
    name: 'refund auto-allowed',
    type: 'intent.refund.v1',
    payload: refund(20_00),
    asks: false,
    outcome: 'allowed',
  },
  'refund denied': {
    name: 'refund denied',
    type: 'intent.refund.v1',
    payload: refund(90_000_00),
    asks: false,
    outcome: 'denied',
  },
  delegation: {
    name: 'delegation',
    type: 'parcels.pack.v1',
    payload: { parcel: 'P-1042-2026-11', boxes: 2, notes: 'Fragile. The courier comes at nine in the morning.' },
    asks: false,
  },
};

/** What the agent answers to what was delegated to it. */
export const answered: JsonObject = { packed: true, boxes: 2, shelf: 'B-14' };

/** What the provider says of the order. */
export const charge: JsonObject = {
  found: true,
  charge_id: 'ch_3QK2mZ2eZvKYlo2C1n8Xy7Zp',
  amount_cents: 1_000_000,
  refunded_cents: 0,
  currency: 'EUR',
  charged_at: '2026-11-01T10:00:00.000Z',
  url: 'https://dashboard.stripe.com/payments/ch_3QK2mZ2eZvKYlo2C1n8Xy7Zp',
};
