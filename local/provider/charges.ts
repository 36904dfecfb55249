/** Charges of the sandbox: the seeded ones, and reading and searching them as Stripe's API does. */
import { failure, notFound, unknownParameter } from './errors.ts';
import type { Parameters } from './form.ts';
import { stripeId } from './ids.ts';
import type { Answer, Charge, Metadata, Refund, State } from './types.ts';

export type NewCharge = {
  orderId: string;
  /** In the currency's minor unit. */
  amount: number;
  currency: string;
  amountRefunded?: number;
  metadata?: Metadata;
};

/** Orders that examples and tests speak about. A-1045 is already refunded in full. */
const seeds: NewCharge[] = [
  { orderId: 'A-1042', amount: 180_00, currency: 'eur' },
  { orderId: 'A-1043', amount: 30_00, currency: 'eur' },
  { orderId: 'A-1044', amount: 9_000_00, currency: 'eur' },
  { orderId: 'A-1045', amount: 75_00, currency: 'eur', amountRefunded: 75_00 },
  { orderId: 'A-1046', amount: 120_00, currency: 'usd' },
];

/** A state with the seeded charges and nothing else. */
export function seededState(): State {
  const state: State = { charges: {}, refunds: [], keys: {}, keysOff: false, faults: [] };
  for (const seed of seeds) addCharge(state, seed, seed.orderId);
  return state;
}

/** Adds a captured charge; an `amountRefunded` comes with the refund that made it. */
export function addCharge(state: State, given: NewCharge, idSeed?: string): Charge {
  const refundedAmount = given.amountRefunded ?? 0;
  const charge: Charge = {
    id: stripeId('ch', idSeed),
    object: 'charge',
    amount: given.amount,
    amount_captured: given.amount,
    amount_refunded: refundedAmount,
    captured: true,
    created: Math.floor(Date.now() / 1000),
    currency: given.currency.toLowerCase(),
    description: `Order ${given.orderId}`,
    disputed: false,
    livemode: false,
    metadata: { order_id: given.orderId, ...given.metadata },
    paid: true,
    payment_intent: null,
    refunded: refundedAmount === given.amount,
    status: 'succeeded',
  };
  state.charges[charge.id] = charge;
  if (refundedAmount > 0) state.refunds.push(refundOf(charge, refundedAmount, {}, null, idSeed));
  return charge;
}

/** The refund object of `amount` on `charge`; it does not change the charge. */
export function refundOf(
  charge: Charge,
  amount: number,
  metadata: Metadata,
  reason: string | null,
  idSeed?: string,
): Refund {
  return {
    id: stripeId('re', idSeed),
    object: 'refund',
    amount,
    balance_transaction: stripeId('txn', idSeed),
    charge: charge.id,
    created: Math.floor(Date.now() / 1000),
    currency: charge.currency,
    metadata,
    payment_intent: charge.payment_intent,
    reason,
    receipt_number: null,
    status: 'succeeded',
  };
}

export function retrieveCharge(state: State, id: string): Answer {
  const charge = state.charges[id];
  return charge ? { status: 200, body: charge, saved: false } : notFound('charge', id);
}

/** One clause, and what joins it to the next. */
const clause = /^metadata\[(['"])(.+?)\1\]:(['"])((?:\\.|(?!\3)[^\\])*)\3(?:$|\s+AND\s+(?=\S))/is;

/**
 * `GET /v1/charges/search`: clauses `metadata['name']:'value'` joined by AND.
 * Stripe's search lags by up to a minute; the sandbox answers at once.
 */
export function searchCharges(state: State, parameters: Parameters): Answer {
  for (const name of Object.keys(parameters)) {
    if (!['query', 'limit', 'page', 'expand'].includes(name)) return unknownParameter(name);
  }
  const query = parameters.query;
  if (typeof query !== 'string' || query === '') {
    return failure(400, 'Missing required param: query.', { code: 'parameter_missing', param: 'query' });
  }
  const wanted: [string, string][] = [];
  let left = query.trim();
  while (left !== '') {
    const match = clause.exec(left);
    if (!match) return failure(400, `The sandbox can't search by: ${left}`, { param: 'query' });
    wanted.push([match[2] ?? '', (match[4] ?? '').replaceAll(/\\(.)/gs, '$1')]);
    left = left.slice(match[0].length);
  }
  const data = Object.values(state.charges).filter((charge) =>
    wanted.every(([name, value]) => charge.metadata[name] === value),
  );
  const limit = Number(parameters.limit ?? 10);
  return {
    status: 200,
    saved: false,
    body: {
      object: 'search_result',
      url: '/v1/charges/search',
      has_more: data.length > limit,
      data: data.slice(0, limit),
      next_page: null,
    },
  };
}
