/** What the type asks of whom, and what it would do; over a store in memory, without AWS. */

import { expect, it } from 'vitest';
import { perform } from '../../../core/commit.ts';
import type { ActionType } from '../../../core/intent-type.ts';
import { policyCheck } from '../../../core/rules/policy-check.ts';
import { submit } from '../../../core/rules/submit.ts';
import { memoryStore } from '../../../core/testing/memory-store.ts';
import { addCredit } from '../functions/tools/add_credit/contract.ts';
import { credit } from '../intents/credit.ts';

const type = credit as ActionType;
const context = () => ({ now: '2026-11-20T09:00:00.000Z', newId: () => crypto.randomUUID() });

/** A credit that is asked for, as the policy check leaves it. */
async function checked(amount_cents: number) {
  const store = memoryStore();
  const payload = type.payload.parse({ customer_id: 'cus_1', amount_cents, reason: 'Late parcel.' });
  const { commit } = submit(
    {
      tenant: 'acme/shop',
      from: 'agent://acme/shop/support-bot',
      to: 'agent://acme/shop/holdpoint',
      type,
      payload,
      correlationId: crypto.randomUUID(),
      traceId: 'trace-1',
    },
    context(),
  );
  await store.commit(commit);
  const ref = { tenant: commit.head.tenant, intentId: commit.head.intentId };
  const { outcome } = await perform(store, ref, { request: true }, context, (state, now) =>
    policyCheck(state, 1, type, {}, now),
  );
  const { plan } = (await store.load(ref)) ?? {};
  return { outcome, plan };
}

it.each([
  [1_000, 'allowed', 'small_amount'],
  [1_001, 'approval', 'amount_needs_approval'],
  [10_001, 'denied', 'over_limit'],
])('a credit of %i cents: %s', async (amount_cents, outcome, reason) => {
  const found = await checked(amount_cents);
  expect(found.outcome).toBe(outcome);
  expect(found.plan?.fired.map((rule) => rule.reason)).toEqual([reason]);
});

it('would do what its tool takes', async () => {
  const [action] = (await checked(500)).plan?.plan.actions ?? [];
  expect(action?.tool).toBe(addCredit.name);
  expect(addCredit.input.parse(action?.args)).toMatchObject({ amount_cents: 500 });
});

it('refuses a payload that does not fit', () => {
  for (const wrong of [{}, { amount_cents: 0 }, { amount_cents: 5, colour: 'red' }])
    expect(type.payload.safeParse({ customer_id: 'cus_1', reason: 'x', ...wrong }).success).toBe(false);
});
