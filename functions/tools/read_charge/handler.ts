/** Finds the charge of an order by the `order_id` in its metadata. */

import Stripe from 'stripe';
import * as z from 'zod';
import { readEnv } from '../../../adapters/env.ts';
import { timely } from '../../../adapters/lambda/timely.ts';
import { TerminalError } from '../../../core/errors.ts';
import { stripeClient } from '../provider.ts';
import { readCharge } from './contract.ts';
import { env } from './env.ts';

const stripe = stripeClient(readEnv(env), readCharge.providerTimeoutSeconds);

const event = z.strictObject({ args: readCharge.input });

/** A question that the provider does not take, it will never take; all else may pass. */
function toOurs(error: unknown): never {
  if (error instanceof Stripe.errors.StripeInvalidRequestError)
    throw new TerminalError('evidence_refused', 'The provider refused the search.', {}, error);
  throw error;
}

const nothing = {
  found: false,
  charge_id: '',
  amount_cents: 0,
  refunded_cents: 0,
  currency: '',
  charged_at: '',
  url: '',
};

export const handler = timely<unknown, object>().handler(async (given: unknown) => {
  const { args } = event.parse(given);
  const client = await stripe();
  const quoted = args.order_id.replaceAll('\\', '\\\\').replaceAll("'", "\\'");
  const page = await client.charges.search({ query: `metadata['order_id']:'${quoted}'`, limit: 10 }).catch(toOurs);
  const charge = page.data.find((one) => one.status === 'succeeded');
  if (!charge) return readCharge.output.parse(nothing);
  return readCharge.output.parse({
    found: true,
    charge_id: charge.id,
    amount_cents: charge.amount,
    refunded_cents: charge.amount_refunded,
    currency: charge.currency.toUpperCase(),
    charged_at: new Date(charge.created * 1000).toISOString(),
    url: `https://dashboard.stripe.com/payments/${charge.id}`,
  });
});
