/**
 * The pictures of the documents: what is asked, and whose page is shown. `npm run pictures` makes all of them anew.
 * A new kind of task is one entry here, and the picture's place in docs/approvals.md.
 */

import { asked } from './asked.ts';

export interface Picture {
  name: string;
  intent: { intent_type: string; payload: Record<string, string | number>; human_task?: object };
  /** Who approve before, in this order. */
  after?: readonly string[];
  /** Whose page; default: Ada's. */
  of?: 'cleo' | 'requester';
  /** How many are mailed by then; default: both who approve. */
  mails?: number;
}

const asks = (humanTask: object): Picture['intent'] => ({
  intent_type: 'intent.approval.v1',
  payload: { parcel: 'P-1042', reason: 'The customer asked twice.' },
  human_task: humanTask,
});

/** The order's charge is made half as large again. */
const refund = (order: string, cents: number): Picture['intent'] => ({
  intent_type: 'intent.refund.v1',
  payload: { order_id: order, amount_cents: cents, currency: 'EUR', reason: 'The parcel arrived damaged.' },
});

export const pictures: readonly Picture[] = [
  { name: 'approval-page', intent: refund('A-2042', 18_000) },
  { name: 'chain', intent: refund('A-2043', 600_000), after: ['ada'], of: 'cleo', mails: 3 },
  { name: 'confirmation', intent: asks(asked.confirmation) },
  { name: 'clarification', intent: asks(asked.choices) },
  { name: 'form', intent: asks(asked.form) },
  { name: 'review', intent: asks(asked.review) },
  { name: 'manual-action', intent: asks(asked.work) },
  { name: 'assignment', intent: asks(asked.assignment), mails: 1 },
  { name: 'override', intent: asks(asked.override), of: 'cleo', mails: 1 },
  { name: 'decided', intent: refund('A-2044', 18_000), after: ['ada'] },
  { name: 'requester', intent: refund('A-2045', 18_000), after: ['ada'], of: 'requester' },
];

/** Bytes that a picture may have. */
export const maxPictureBytes = 100_000;
