/** A tool call, exactly once: the diagram in core/rules/effect.ts, way by way. */

import { describe, expect, it } from 'vitest';
import { perform } from '../../core/commit.ts';
import { planHash } from '../../core/plan.ts';
import { begin } from '../../core/rules/effect.ts';
import { defineTool } from '../../core/tools.ts';
import { issueRefund } from '../../functions/tools/issue_refund/contract.ts';
import * as given from './builders.ts';
import { approvedRefund, lost, refunded, refused, type Story, story, waitingRefund } from './story.ts';

const { functionTimeoutSeconds, leaseSeconds, settleAfterSeconds } = issueRefund;
const effectOf = async (told: Story) => (await told.state()).effect;
const takenOver = { name: 'OutcomeUnknownError' };

/** A call went out, its answer never came, and its owner has said so. */
async function unknownCall() {
  const told = await approvedRefund();
  await told.begin('first');
  told.pass(10);
  await told.settle('first', lost);
  return told;
}

/** Another invocation has taken the unknown call over to look it up. */
async function lookingUp() {
  const told = await unknownCall();
  told.pass(settleAfterSeconds);
  await told.begin('second');
  return told;
}

describe('(none) → STARTED', () => {
  it('in one commit with the head: one open call, the approved plan, a lease', async () => {
    const told = await approvedRefund();
    const { plan } = await told.state();
    const step = await told.begin('first');
    expect(step).toMatchObject({ do: 'call', action: plan?.plan.actions[0], effect: { attempt: 1, owner: 'first' } });
    expect(await told.state()).toMatchObject({
      head: { status: 'IN_PROGRESS', openEffects: 1 },
      effect: {
        state: 'STARTED',
        effectId: `${told.ref.intentId}.1`,
        leaseUntil: given.later(told.now(), leaseSeconds),
      },
    });
    expect(told.store.records(told.ref).at(-1)?.data).toMatchObject({ plan_hash: plan?.hash, attempt: 1 });
  });

  it('once: the same invocation that lost its answer goes on with its own start', async () => {
    const told = await approvedRefund();
    const store = given.losingAnswers(told.store, 1);
    const call = { generation: 1, owner: 'first', tool: issueRefund };
    const again = await perform(store, told.ref, { effectId: told.effectId }, told.context, (state, at) =>
      begin(state, call, at),
    );
    expect(again.do).toBe('call');
    expect((await told.state()).head.openEffects).toBe(1);
  });

  it('keeps the arguments in plan and call alone: no event or record holds them, neither now nor when it is looked up', async () => {
    const told = await lookingUp();
    const { plan } = await told.state();
    const reason = String(plan?.plan.actions[0]?.args.reason);
    expect(reason.length).toBeGreaterThan(5);
    const kept = [await told.store.events(told.ref, 0, 1000), told.store.records(told.ref)];
    expect(JSON.stringify(kept)).not.toContain(reason);
  });

  it('by one of two invocations at once; the other waits', async () => {
    const told = await approvedRefund();
    const both = await Promise.allSettled([told.begin('first'), told.begin('second')]);
    expect(both.map((one) => one.status).sort()).toEqual(['fulfilled', 'rejected']);
    expect((await told.state()).head.openEffects).toBe(1);
  });

  it.each([
    ['this tool', { kind: 'tool', id: 'issue_refund' }],
    ['this agent', { kind: 'agent', id: given.agent }],
    ['this type', { kind: 'type', id: 'intent.refund.v1' }],
    ['this tenant', { kind: 'tenant', id: given.tenant }],
    ['everything', { kind: 'everything' }],
  ] as const)('never while a stop stands on %s', async (_, target) => {
    const told = await approvedRefund();
    told.store.stop(target);
    await expect(told.begin('first')).rejects.toMatchObject({ name: 'PolicyDenied', details: { reason: 'stopped' } });
    expect(await told.state()).toMatchObject({ head: { openEffects: 0 } });
    expect(await effectOf(told)).toBeUndefined();
    told.store.resume(target);
    await expect(told.begin('first')).resolves.toMatchObject({ do: 'call' });
  });
});

describe('only what was approved is executed', () => {
  const mismatch = { name: 'TerminalError', code: 'plan_mismatch' };

  async function approvedState() {
    const told = await approvedRefund();
    const state = await told.state();
    const { plan, task, head } = state;
    if (!plan || !task) throw new TypeError('a refund has a plan and a task');
    const attempt =
      (changed: object, tool = issueRefund) =>
      () =>
        begin({ ...state, ...changed }, { generation: 1, owner: 'first', tool }, told.context());
    return { plan, task, head, attempt };
  }

  it('and it is', async () => {
    expect((await approvedState()).attempt({})).not.toThrow();
  });

  it('not a plan that was changed after its hash was approved, even with its hash made anew', async () => {
    const { plan, attempt } = await approvedState();
    const [action] = plan.plan.actions;
    const dearer = {
      ...plan.plan,
      actions: [{ ...action, args: { ...action?.args, amount_cents: 999_999 } }],
    } as never;
    expect(attempt({ plan: { ...plan, plan: dearer } })).toThrow(expect.objectContaining(mismatch));
    const resealed = { ...plan, plan: dearer, hash: planHash(dearer) };
    expect(attempt({ plan: resealed })).toThrow(expect.objectContaining(mismatch));
  });

  it('not where head and task say another hash, or where only the head was turned to a new plan', async () => {
    const { plan, head, task, attempt } = await approvedState();
    expect(attempt({ head: { ...head, planHash: 'f'.repeat(64) } })).toThrow(expect.objectContaining(mismatch));
    expect(attempt({ task: { ...task, subjectHash: 'f'.repeat(64) } })).toThrow(expect.objectContaining(mismatch));
    const other = { ...plan.plan, objective: 'something else' };
    const resealed = {
      plan: { ...plan, plan: other, hash: planHash(other) },
      head: { ...head, planHash: planHash(other) },
    };
    expect(attempt(resealed)).toThrow(expect.objectContaining(mismatch));
  });

  it('not without the approval that the plan requires', async () => {
    const { task, attempt } = await approvedState();
    const { decision, ...open } = task;
    expect(attempt({ task: { ...open, status: 'open' } })).toThrow(expect.objectContaining(mismatch));
    expect(attempt({ task: undefined })).toThrow(expect.objectContaining(mismatch));
    const rejected = { ...task, decision: { ...decision, outcome: 'rejected' } };
    expect(attempt({ task: rejected })).toThrow(expect.objectContaining(mismatch));
  });

  it('not a denied plan, no plan, or another tool', async () => {
    const { plan, attempt } = await approvedState();
    expect(attempt({ plan: { ...plan, verdict: 'denied' } })).toThrow(expect.objectContaining(mismatch));
    expect(attempt({ plan: undefined })).toThrow(expect.objectContaining({ code: 'no_plan' }));
    const other = { ...issueRefund, name: 'close_account' } as never;
    expect(attempt({}, other)).toThrow(expect.objectContaining({ code: 'no_plan' }));
  });

  it('and an allowed plan needs nobody', async () => {
    const told = await story({ type: given.refundType, payload: given.refundPayload({ amount_cents: 5_000 }) });
    expect(await told.check()).toMatchObject({ outcome: 'allowed', tool: 'issue_refund' });
    await expect(told.begin('first')).resolves.toMatchObject({ do: 'call' });
  });
});

describe('STARTED → SUCCEEDED, FAILED', () => {
  it('succeeded: the output is kept, the call is closed, and nothing calls again', async () => {
    const told = await approvedRefund();
    await told.begin('first');
    await told.settle('first', refunded);
    expect(await told.state()).toMatchObject({
      head: { status: 'IN_PROGRESS', openEffects: 0 },
      effect: { state: 'SUCCEEDED', output: { refund_id: 're_1' }, settledAt: told.now() },
    });
    await expect(told.begin('second')).resolves.toMatchObject({ do: 'nothing', effect: { state: 'SUCCEEDED' } });
  });

  it('failed: the intent has failed with the tool’s error', async () => {
    const told = await approvedRefund();
    await told.begin('first');
    await told.settle('first', refused);
    expect(await told.state()).toMatchObject({
      head: { status: 'FAILED', openEffects: 0 },
      effect: { state: 'FAILED' },
      outcome: { error: { code: 'tool_failed' } },
    });
    await expect(told.begin('second')).rejects.toMatchObject({ name: 'Cancelled' });
  });

  it('told twice, it is recorded once, and the first word stays', async () => {
    const told = await approvedRefund();
    await told.begin('first');
    await told.settle('first', refunded);
    const before = await told.state();
    expect(await told.settle('first', refused)).toMatchObject({ state: 'SUCCEEDED' });
    expect(await told.state()).toEqual(before);
  });

  it('by a run that was superseded meanwhile: what happened is recorded all the same', async () => {
    const told = await approvedRefund();
    await told.begin('first');
    await told.restart(1);
    await expect(told.settle('first', refunded)).resolves.toMatchObject({ state: 'SUCCEEDED' });
  });

  it('with no call there is nothing to settle', async () => {
    const told = await approvedRefund();
    await expect(told.settle('first', refunded)).rejects.toMatchObject({ code: 'no_effect' });
  });
});

describe('→ UNKNOWN', () => {
  it('by its owner: the lease ends at once, the intent waits for the tool, the call stays open', async () => {
    const told = await unknownCall();
    expect(await told.state()).toMatchObject({
      head: { status: 'WAITING', waitingReason: 'WAITING_FOR_TOOL', openEffects: 1 },
      effect: { state: 'UNKNOWN', leaseUntil: told.now(), owner: 'first', attempt: 1 },
    });
  });

  it('never while the lease holds', async () => {
    const told = await approvedRefund();
    await told.begin('first');
    told.pass(leaseSeconds - 0.001);
    await expect(told.begin('second')).rejects.toMatchObject(takenOver);
    expect(await effectOf(told)).toMatchObject({ state: 'STARTED', owner: 'first' });
  });

  it('without a word of its owner: only when what that may have sent with its last breath is certain to show', async () => {
    const told = await approvedRefund();
    await told.begin('first');
    told.pass(functionTimeoutSeconds + settleAfterSeconds - 0.001);
    await expect(told.begin('second')).rejects.toMatchObject(takenOver);
    told.pass(0.001);
    await expect(told.begin('second')).resolves.toMatchObject({
      do: 'lookup',
      effect: { owner: 'second', attempt: 1 },
    });
    expect(await effectOf(told)).toMatchObject({ state: 'UNKNOWN', looks: 1 });
  });

  it('is looked up no earlier than its result is certain to show, counted from when it was given up', async () => {
    const told = await unknownCall();
    told.pass(settleAfterSeconds - 0.001);
    await expect(told.begin('second')).rejects.toMatchObject(takenOver);
    told.pass(0.001);
    await expect(told.begin('second')).resolves.toMatchObject({ do: 'lookup' });
  });

  it('by one of two that look at once', async () => {
    const told = await unknownCall();
    told.pass(settleAfterSeconds);
    const both = await Promise.allSettled([told.begin('second'), told.begin('third')]);
    expect(both.map((one) => one.status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(await effectOf(told)).toMatchObject({ looks: 1 });
  });
});

describe('UNKNOWN →', () => {
  it('SUCCEEDED where the look-up finds it', async () => {
    const told = await lookingUp();
    await told.settle('second', refunded);
    expect(await told.state()).toMatchObject({ head: { openEffects: 0 }, effect: { state: 'SUCCEEDED', attempt: 1 } });
  });

  it('STARTED as the next attempt where it is proved absent; still one open call', async () => {
    const told = await lookingUp();
    await expect(told.callAgain('second')).resolves.toMatchObject({
      do: 'call',
      effect: { attempt: 2, state: 'STARTED' },
    });
    expect((await told.state()).head.openEffects).toBe(1);
    expect(await told.callAgain('second')).toMatchObject({ do: 'call', effect: { attempt: 2 } });
    await told.settle('second', refunded);
    expect((await told.state()).head.openEffects).toBe(0);
  });

  it('UNKNOWN still where the look-up failed, to be looked up again', async () => {
    const told = await lookingUp();
    await told.settle('second', lost);
    const before = await told.state();
    expect(await told.settle('second', lost)).toMatchObject({ state: 'UNKNOWN' });
    expect(await told.state()).toEqual(before);
    told.pass(settleAfterSeconds);
    await expect(told.begin('third')).resolves.toMatchObject({ do: 'lookup', effect: { looks: 2 } });
  });

  it('not by whoever owned it before: a late owner can neither settle nor call again', async () => {
    const told = await lookingUp();
    const before = await told.state();
    await expect(told.settle('first', refunded)).rejects.toMatchObject(takenOver);
    await expect(told.settle('first', lost)).rejects.toMatchObject(takenOver);
    await expect(told.callAgain('first')).rejects.toMatchObject(takenOver);
    expect(await told.state()).toEqual(before);
  });

  it('not as the next attempt while a stop stands; looking it up goes on', async () => {
    const told = await unknownCall();
    told.pass(settleAfterSeconds);
    told.store.stop({ kind: 'tool', id: 'issue_refund' });
    await expect(told.begin('second')).resolves.toMatchObject({ do: 'lookup' });
    await expect(told.callAgain('second')).rejects.toMatchObject({ name: 'PolicyDenied' });
    expect(await told.state()).toMatchObject({ head: { openEffects: 1 }, effect: { state: 'UNKNOWN', attempt: 1 } });
    await expect(told.settle('second', refunded)).resolves.toMatchObject({ state: 'SUCCEEDED' });
  });

  it('not as the next attempt where nobody looked it up', async () => {
    const told = await approvedRefund();
    await expect(told.callAgain('first')).rejects.toMatchObject(takenOver);
    await told.begin('first');
    await expect(told.callAgain('second')).rejects.toMatchObject(takenOver);
  });
});

describe('the end that was wished for while a call was open', () => {
  /** The tool changed while its call was unknown: going on is impossible, ending is not yet possible. */
  async function wished() {
    const told = await lookingUp();
    await told.fail({ name: 'TerminalError', cause: JSON.stringify({ errorMessage: 'The tool has changed.' }) });
    return told;
  }

  it('is noted, not taken', async () => {
    const { head, outcome } = await (await wished()).state();
    expect(head).toMatchObject({ status: 'WAITING', openEffects: 1, wish: { status: 'FAILED' } });
    expect(outcome).toBeUndefined();
  });

  it.each([
    ['succeeded', refunded, 'SUCCEEDED'],
    ['failed', refused, 'FAILED'],
  ])('comes when the call has %s, and says what it did', async (_, result, state) => {
    const told = await wished();
    await told.settle('second', result);
    const after = await told.state();
    expect(after).toMatchObject({
      head: { status: 'FAILED', openEffects: 0 },
      effect: { state },
      outcome: { error: { code: 'execution_failed', message: 'The tool has changed.' } },
    });
    expect(after.head).not.toHaveProperty('wish');
    if (state === 'SUCCEEDED')
      expect(after.outcome?.error?.details).toMatchObject({ effect: { state, output: { refund_id: 're_1' } } });
  });

  it('comes when the call is proved absent: it is not tried again', async () => {
    const told = await wished();
    await expect(told.callAgain('second')).resolves.toMatchObject({ do: 'nothing', effect: { state: 'FAILED' } });
    expect(await told.state()).toMatchObject({ head: { status: 'FAILED', openEffects: 0 }, effect: { attempt: 1 } });
  });
});

describe('the run’s failure', () => {
  it('with a call open leaves the intent to the next generation, which looks the call up', async () => {
    const told = await lookingUp();
    const before = await told.state();
    await told.fail({ name: 'Lambda.Unknown', cause: '' });
    expect(await told.state()).toEqual(before);
    told.goTo(new Date(before.head.dueAt as number).toISOString());
    expect(await told.restart()).toBe(2);
    await expect(told.begin('third', 2)).resolves.toMatchObject({ do: 'lookup' });
  });

  it('notes one wish, and keeps the first', async () => {
    const told = await lookingUp();
    await told.fail({ name: 'TerminalError', cause: JSON.stringify({ errorMessage: 'first' }) });
    await told.fail({ name: 'TerminalError', cause: JSON.stringify({ errorMessage: 'second' }) });
    expect((await told.state()).head.wish?.error.message).toBe('first');
  });
});

describe('the order of times', () => {
  it('is checked where a tool is declared', () => {
    expect(() => defineTool({ ...issueRefund, leaseSeconds: issueRefund.functionTimeoutSeconds })).toThrow('lease');
    expect(() => defineTool({ ...issueRefund, providerTimeoutSeconds: 17 })).toThrow(RangeError);
    expect(() => defineTool({ ...issueRefund, stateTimeoutSeconds: 30 })).toThrow(RangeError);
    expect(defineTool(issueRefund)).toBe(issueRefund);
  });

  it('gives a run time to look again before it counts as dead: longer with each look', async () => {
    const { told } = await waitingRefund();
    await told.decide((await told.state()).task?.links.ada as string);
    await told.begin('r0');
    const waits: number[] = [];
    for (let look = 1; look <= 12; look += 1) {
      await told.settle(`r${look - 1}`, lost);
      waits.push(((await told.state()).head.dueAt as number) - Date.parse(told.now()));
      told.pass(3600);
      await told.begin(`r${look}`);
    }
    expect(waits.slice(0, 4)).toEqual([15, 30, 60, 120].map((s) => (s + 120) * 1000));
    expect(Math.max(...waits)).toBe((3600 + 120) * 1000);
  });
});
