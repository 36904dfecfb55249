/** Refunds through Stripe. The effect's id stands in the refund's metadata, so a lost answer can be looked up. */

import Stripe from 'stripe';
import type { z } from 'zod';
import { readEnv } from '../../../adapters/env.ts';
import { effectTool } from '../../../adapters/lambda/effect-tool.ts';
import { openStore } from '../../../adapters/lambda/tables.ts';
import type { Mark } from '../../../adapters/lambda/use-tool.ts';
import type { CallResult } from '../../../core/rules/effect.ts';
import { stripeClient } from '../provider.ts';
import { issueRefund } from './contract.ts';
import { env as schema } from './env.ts';

const env = readEnv(schema);
const { store } = openStore(env);
const stripe = stripeClient(env, issueRefund.providerTimeoutSeconds);

type Args = z.infer<typeof issueRefund.input>;

const outputOf = (refund: Stripe.Refund) => ({
  refund_id: refund.id,
  charge_id: String(refund.charge),
  amount_cents: refund.amount,
  currency: refund.currency.toUpperCase(),
  status: refund.status ?? 'unknown',
});

/** Refused before anything happened: these, and nothing else, are failures. Everything not listed is unknown. */
const refusals = [
  Stripe.errors.StripeInvalidRequestError,
  Stripe.errors.StripeCardError,
  Stripe.errors.StripeAuthenticationError,
  Stripe.errors.StripePermissionError,
];

async function call(args: Args, mark: Mark, key: string): Promise<CallResult> {
  const client = await stripe();
  try {
    const refund = await client.refunds.create(
      {
        charge: args.charge_id,
        amount: args.amount_cents,
        metadata: {
          effect_id: mark.effectId,
          intent_id: mark.intentId,
          trace_id: mark.traceId,
          order_id: args.order_id,
        },
      },
      { idempotencyKey: key },
    );
    return resultOf(refund);
  } catch (error) {
    if (refusals.some((kind) => error instanceof kind)) {
      const { code, type } = error as Stripe.errors.StripeError;
      return {
        outcome: 'failed',
        error: {
          code: 'tool_failed',
          message: 'The provider refused the refund.',
          details: { provider_code: code ?? type ?? '' },
        },
      };
    }
    return { outcome: 'unknown', because: error instanceof Error ? error.name : 'error' };
  }
}

function resultOf(refund: Stripe.Refund): CallResult {
  if (refund.status === 'failed' || refund.status === 'canceled')
    return {
      outcome: 'failed',
      error: {
        code: 'tool_failed',
        message: 'The refund did not go through.',
        details: { refund_id: refund.id, refund_status: refund.status },
      },
    };
  return { outcome: 'succeeded', output: outputOf(refund) };
}

/** Refunds of a charge are listed newest first; ours is the one that carries the effect's id. */
async function lookup(args: Args, mark: Mark): Promise<CallResult | undefined> {
  const client = await stripe();
  for await (const refund of client.refunds.list({ charge: args.charge_id, limit: 100 }))
    if (refund.metadata?.effect_id === mark.effectId) return resultOf(refund);
  return undefined;
}

async function readBack(args: Args, output: z.infer<typeof issueRefund.output>) {
  const client = await stripe();
  const refund = outputOf(await client.refunds.retrieve(output.refund_id));
  const pairs: [string, string | number, string | number][] = [
    ['charge_id', args.charge_id, refund.charge_id],
    ['amount_cents', args.amount_cents, refund.amount_cents],
    ['currency', args.currency, refund.currency],
  ];
  return pairs
    .filter(([, asked, found]) => asked !== found)
    .map(([field, asked, found]) => ({ field, asked: String(asked), found: String(found) }));
}

export const handler = effectTool(issueRefund, store, { call, lookup, readBack });
