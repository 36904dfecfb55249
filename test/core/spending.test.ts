/** What submitting and calling tools use up of budgets, and get back. */

import { describe, expect, it } from 'vitest';
import { submit } from '../../core/rules/submit.ts';
import { memoryStore } from '../../core/testing/memory-store.ts';
import { spendsOf } from '../../core/tools.ts';
import { issueRefund } from '../../functions/tools/issue_refund/contract.ts';
import * as given from './builders.ts';
import { approvedRefund, lost, refunded, refused, type Story } from './story.ts';

const agent = { kind: 'agent', id: given.agent } as const;
const tenant = { kind: 'tenant', id: given.tenant } as const;
const moneyOf = async (told: Story) =>
  issueRefund.moves?.((await told.state()).plan?.plan.actions[0]?.args as never).minorUnits ?? 0;
const used = (told: Story) => told.store.used(agent, given.tenant, told.now())['money_EUR/day'];

describe('an intent', () => {
  const accept = () => submit(given.submission(), given.contextAt(given.start)).commit;

  it.each([
    ['its agent', agent],
    ['its tenant', tenant],
  ])('uses up the budget of %s', async (_, target) => {
    const store = memoryStore();
    store.cap(target, [{ kind: 'intents', window: 'hour', most: 1 }]);
    expect(await store.commit(accept())).toEqual({ ok: true });
    const next = { ...accept(), head: { ...accept().head, intentId: 'other' } };
    expect(await store.commit(next)).toMatchObject({ ok: false, because: 'budget', breach: { kind: 'intents' } });
    expect(await store.load(next.head)).toBeUndefined();
    store.cap(target, []);
    expect(await store.commit(next)).toEqual({ ok: true });
  });
});

describe('a tool call', () => {
  const capped = async (most: (money: number) => number) => {
    const told = await approvedRefund();
    told.store.cap(agent, [{ kind: 'money_EUR', window: 'day', most: most(await moneyOf(told)) }]);
    return told;
  };

  it('reserves what it moves, and keeps it where it succeeds', async () => {
    const told = await capped((money) => money);
    await told.begin('first');
    expect(used(told)).toBe(await moneyOf(told));
    await told.settle('first', refunded);
    expect(used(told)).toBe(await moneyOf(told));
  });

  it('gives back what it has reserved where it fails', async () => {
    const told = await capped((money) => money);
    await told.begin('first');
    await told.settle('first', refused);
    expect(used(told)).toBe(0);
  });

  it('never starts over a cap', async () => {
    const told = await capped((money) => money - 1);
    await expect(told.begin('first')).rejects.toMatchObject({
      name: 'QuotaExceeded',
      code: 'quota_exceeded',
      details: { kind: 'money_EUR', window: 'day', retry_after_seconds: expect.any(Number) },
    });
    expect((await told.state()).head.openEffects).toBe(0);
    expect(used(told)).toBe(0);
  });

  it('keeps its reservation while nobody knows its outcome', async () => {
    const told = await capped((money) => money);
    await told.begin('first');
    await told.settle('first', lost);
    expect(used(told)).toBe(await moneyOf(told));
  });

  it('of USD counts as cost too; other currencies are not converted', () => {
    const args = { charge_id: 'c', order_id: 'o', amount_cents: 250, currency: 'USD', reason: '' };
    expect(spendsOf(issueRefund, args)).toEqual({ tool_calls: 1, money_USD: 250, cost_usd: 2_500_000 });
    expect(spendsOf(issueRefund, { ...args, currency: 'EUR' })).toEqual({ tool_calls: 1, money_EUR: 250 });
  });
});
