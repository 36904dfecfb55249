import { describe, expect, it } from 'vitest';
import { oneOf } from '../../core/chain.ts';
import { perform } from '../../core/commit.ts';
import type { ActionType } from '../../core/intent-type.ts';
import { planHash } from '../../core/plan.ts';
import { policyCheck, prepare } from '../../core/rules/policy-check.ts';
import * as given from './builders.ts';
import { story } from './story.ts';

const refundStory = (payload = {}) => story({ type: given.refundType, payload: given.refundPayload(payload) });

describe('POLICY_CHECK', () => {
  it('stores the plan with its hash, on the head too, and what it was decided from', async () => {
    const told = await refundStory();
    const checked = await told.check();
    expect(checked).toEqual({
      outcome: 'approval',
      tool: 'issue_refund',
      waitUntil: given.later(given.start, 86_400),
      rung: 0,
    });
    const { plan, head } = await told.state();
    expect(plan).toMatchObject({
      verdict: 'approval',
      of: oneOf('refunds'),
      fired: [{ reason: 'amount_needs_approval' }],
      evidence: { charge: { source: 'read_charge' } },
      plan: {
        requires_approval: true,
        risk: { category: 'low', reasons: ['up_to_500_eur'] },
        tool_versions: { issue_refund: '1' },
        actions: [{ tool: 'issue_refund', idempotency_key: `${told.ref.intentId}.1` }],
      },
    });
    expect(plan && planHash(plan.plan)).toBe(plan?.hash);
    expect(head.planHash).toBe(plan?.hash);
  });

  it('denied: the intent has failed, with every reason, and without an action', async () => {
    const told = await refundStory({ amount_cents: 0, currency: 'USD' });
    expect(await told.check()).toMatchObject({ outcome: 'denied', tool: '' });
    expect(await told.state()).toMatchObject({
      head: { status: 'FAILED' },
      plan: { verdict: 'denied', plan: { actions: [] } },
      outcome: {
        error: {
          code: 'policy_denied',
          details: { reasons: ['amount_not_positive', 'currency_mismatch', 'currency_without_limit'] },
        },
      },
    });
  });

  it('made again, by a retry or the next run, it answers the same from what is stored', async () => {
    const told = await refundStory();
    const first = await told.check();
    told.pass(600);
    // The charge has changed since; the plan has not.
    expect(await told.check(given.charge({ refunded_cents: 1_000_000 }))).toEqual(first);
    await told.restart(1);
    expect(await told.check(given.charge(), 2)).toEqual(first);
    expect(told.store.records(told.ref).filter((record) => record.action === 'policy.checked')).toHaveLength(1);
  });

  it('after the decision, it sends the next run straight to the action', async () => {
    const told = await refundStory();
    await told.check();
    await told.escalate();
    await told.decide((await told.mail()).ada as string);
    await told.restart(1);
    expect(await told.check(given.charge(), 2)).toMatchObject({ outcome: 'allowed', tool: 'issue_refund' });
  });

  it('in the midst of the wait, it sends the next run to the rung that is next', async () => {
    const told = await refundStory();
    await told.check();
    await told.escalate();
    told.pass(86_400);
    await told.climb();
    await told.restart(1);
    expect(await told.check(given.charge(), 2)).toMatchObject({
      outcome: 'approval',
      waitUntil: given.later(given.start, 48 * 3600),
      rung: 1,
    });
  });

  it('never proposes what the tool’s contract does not take, nor a tool that is not declared', async () => {
    const told = await refundStory();
    const undeclared: ActionType = { ...given.refundType, tools: [] };
    const state = await told.state();
    const check = (type: ActionType) => () => policyCheck(state, 1, type, given.evidenceOf(), told.context());
    expect(check(undeclared)).toThrow('does not declare');
    const wrong: ActionType = {
      ...given.refundType,
      propose: () => [{ tool: 'issue_refund', args: { amount: 1 }, changes: [] }],
    };
    expect(check(wrong)).toThrow();
    expect(check(given.refundType)).not.toThrow();
  });
});

describe('a preparing state', () => {
  const sorted: ActionType = {
    ...given.refundType,
    prepare: { TRIAGE: (payload) => ({ order: payload.order_id as string }) },
  };

  it('keeps what it found, once', async () => {
    const told = await refundStory();
    const triage = () =>
      perform(told.store, told.ref, { request: true }, told.context, (state, at) =>
        prepare(state, 1, 'TRIAGE', sorted, {}, at),
      );
    await triage();
    await triage();
    expect((await told.state()).notes).toEqual({ TRIAGE: { order: 'A-1042' } });
    expect(told.store.records(told.ref).map((record) => record.action)).toEqual(['intent.submitted', 'state.triage']);
  });

  it('that the type does not declare, changes nothing', async () => {
    const told = await refundStory();
    const state = await told.state();
    expect(prepare(state, 1, 'PROPOSE_ACTION', sorted, {}, told.context())).toEqual({ done: null });
  });
});
