/** Refunds of the sandbox, by the rules of Stripe's refund API (docs.stripe.com/api/refunds). */
import { refundOf } from './charges.ts';
import { failure, invalidInteger, notFound, unknownParameter } from './errors.ts';
import type { Parameters } from './form.ts';
import type { Answer, Metadata, State } from './types.ts';

const reasons = ['duplicate', 'fraudulent', 'requested_by_customer'];
const createParameters = ['charge', 'amount', 'metadata', 'reason', 'expand'];
// Limits of Stripe's metadata (docs.stripe.com/api/metadata).
const metadataKeysMax = 50;
const metadataNameMaxCharacters = 40;
const metadataValueMaxCharacters = 500;

/** `POST /v1/refunds`: makes the refund and lets the charge's `amount_refunded` grow. */
export function createRefund(state: State, parameters: Parameters): Answer {
  for (const name of Object.keys(parameters)) {
    if (!createParameters.includes(name)) return unknownParameter(name);
  }
  const { charge: chargeId, reason, metadata: given } = parameters;
  if (typeof chargeId !== 'string' || chargeId === '') {
    return failure(400, 'One of the following params should be provided for this request: payment_intent or charge.', {
      code: 'parameter_missing',
    });
  }
  if (reason !== undefined && (typeof reason !== 'string' || !reasons.includes(reason))) {
    return failure(400, 'Invalid reason: must be one of duplicate, fraudulent, or requested_by_customer', {
      param: 'reason',
    });
  }
  const metadata: Metadata = typeof given === 'object' ? { ...given } : {};
  const refusedMetadata = refuseMetadata(metadata);
  if (refusedMetadata) return refusedMetadata;

  const charge = state.charges[chargeId];
  if (!charge) return notFound('charge', chargeId, 'charge');
  const left = charge.amount_captured - charge.amount_refunded;
  if (left === 0) {
    return failure(400, `Charge ${charge.id} has already been refunded.`, { code: 'charge_already_refunded' }, true);
  }
  let amount = left;
  if (parameters.amount !== undefined) {
    const text = String(parameters.amount);
    if (!/^-?\d+$/.test(text)) return invalidInteger('amount', text);
    amount = Number(text);
    if (amount < 1) {
      return failure(400, 'This value must be greater than or equal to 1.', {
        code: 'parameter_invalid_integer',
        param: 'amount',
      });
    }
  }
  if (amount > left) {
    // Stripe gives this one no code.
    const message = `Refund amount (${money(amount, charge.currency)}) is greater than unrefunded amount on charge (${money(left, charge.currency)})`;
    return failure(400, message, { param: 'amount' }, true);
  }
  const refund = refundOf(charge, amount, metadata, reason ?? null);
  charge.amount_refunded += amount;
  charge.refunded = charge.amount_refunded === charge.amount_captured;
  state.refunds.push(refund);
  return { status: 200, body: refund, saved: true };
}

export function retrieveRefund(state: State, id: string): Answer {
  const refund = state.refunds.find((each) => each.id === id);
  return refund ? { status: 200, body: refund, saved: false } : notFound('refund', id);
}

/** `GET /v1/refunds`: newest first, pages of `limit` (1 to 100, 10 if not given) after `starting_after`. */
export function listRefunds(state: State, parameters: Parameters): Answer {
  for (const name of Object.keys(parameters)) {
    if (!['charge', 'limit', 'starting_after', 'expand'].includes(name)) return unknownParameter(name);
  }
  const limit = Number(parameters.limit ?? 10);
  if (!Number.isInteger(limit)) return invalidInteger('limit', String(parameters.limit));
  const all = state.refunds
    .filter((refund) => parameters.charge === undefined || refund.charge === parameters.charge)
    .reverse();
  let start = 0;
  if (parameters.starting_after !== undefined) {
    const index = all.findIndex((refund) => refund.id === parameters.starting_after);
    if (index < 0) return notFound('refund', String(parameters.starting_after), 'starting_after');
    start = index + 1;
  }
  const size = Math.min(100, Math.max(1, limit));
  const data = all.slice(start, start + size);
  return {
    status: 200,
    saved: false,
    body: { object: 'list', url: '/v1/refunds', has_more: start + size < all.length, data },
  };
}

function refuseMetadata(metadata: Metadata): Answer | undefined {
  const entries = Object.entries(metadata);
  if (entries.length > metadataKeysMax) {
    return failure(400, `Metadata can have at most ${metadataKeysMax} keys`, { param: 'metadata' });
  }
  for (const [name, value] of entries) {
    if (name.length > metadataNameMaxCharacters || value.length > metadataValueMaxCharacters) {
      return failure(
        400,
        `Metadata names can have up to ${metadataNameMaxCharacters} characters, and values up to ${metadataValueMaxCharacters} characters`,
        { param: 'metadata' },
      );
    }
  }
  return undefined;
}

function money(minorUnits: number, currency: string): string {
  return new Intl.NumberFormat('en', { style: 'currency', currency }).format(minorUnits / 100);
}
