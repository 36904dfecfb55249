import Stripe from 'stripe';
import { readEnv } from '../../../../../adapters/env.ts';
import { effectTool } from '../../../../../adapters/lambda/effect-tool.ts';
import { openStore } from '../../../../../adapters/lambda/tables.ts';
import { stripeClient } from '../../../../../functions/tools/provider.ts';
import { addCredit } from './contract.ts';
import { env as schema } from './env.ts';

const env = readEnv(schema);
const stripe = stripeClient(env, addCredit.providerTimeoutSeconds);

/** Stripe counts what a customer owes: a credit is negative there. */
const outputOf = (entry: Stripe.CustomerBalanceTransaction) => ({
  transaction_id: entry.id,
  amount_cents: -entry.amount,
  currency: entry.currency.toUpperCase(),
});

export const handler = effectTool(addCredit, openStore(env).store, {
  async call(args, mark, key) {
    try {
      const { customers } = await stripe();
      const entry = await customers.createBalanceTransaction(
        args.customer_id,
        { amount: -args.amount_cents, currency: 'eur', metadata: { effect_id: mark.effectId } },
        { idempotencyKey: key },
      );
      return { outcome: 'succeeded', output: outputOf(entry) };
    } catch (error) {
      // Refused before anything happened. Whatever else went wrong: nobody knows, so it is looked up first.
      if (error instanceof Stripe.errors.StripeInvalidRequestError)
        return {
          outcome: 'failed',
          error: { code: 'tool_failed', message: 'Stripe refused the credit.', details: {} },
        };
      return { outcome: 'unknown', because: error instanceof Error ? error.name : 'error' };
    }
  },

  async lookup(args, mark) {
    const { customers } = await stripe();
    for await (const entry of customers.listBalanceTransactions(args.customer_id, { limit: 100 }))
      if (entry.metadata?.effect_id === mark.effectId) return { outcome: 'succeeded', output: outputOf(entry) };
    return undefined;
  },

  async readBack(args, output) {
    const { customers } = await stripe();
    const found = outputOf(await customers.retrieveBalanceTransaction(args.customer_id, output.transaction_id));
    if (found.amount_cents === args.amount_cents) return [];
    return [{ field: 'amount_cents', asked: String(args.amount_cents), found: String(found.amount_cents) }];
  },
});
