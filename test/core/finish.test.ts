import { describe, expect, it } from 'vitest';
import * as given from './builders.ts';
import { approvedRefund, refunded, type Story, story, waitingApproval } from './story.ts';

async function refundedOnce(): Promise<Story> {
  const told = await approvedRefund();
  await told.begin('request-1');
  await told.settle('request-1', refunded);
  return told;
}

describe('VERIFY', () => {
  it('keeps that what the provider holds is what was asked', async () => {
    const told = await refundedOnce();
    expect(await told.verify()).toEqual({ verified: true });
    expect(told.store.records(told.ref).at(-1)).toMatchObject({ action: 'effect.verified', data: { verified: true } });
  });

  it('keeps it once, however often the step is repeated, also by a later run', async () => {
    const told = await refundedOnce();
    await told.verify();
    const records = told.store.records(told.ref).length;
    expect(await told.verify()).toEqual({ verified: true });
    expect(told.store.records(told.ref)).toHaveLength(records);
    await told.restart(1);
    expect(await told.verify([], 2)).toEqual({ verified: true });
    expect(told.store.records(told.ref).filter(({ action }) => action === 'effect.verified')).toHaveLength(1);
    await told.complete(2);
    expect((await told.state()).head).not.toHaveProperty('verified');
  });

  it('ends the intent where it is not, with each difference', async () => {
    const told = await refundedOnce();
    const difference = { field: 'amount_cents', asked: '18000', found: '180000' };
    expect(await told.verify([difference])).toEqual({ verified: false });
    expect(await told.state()).toMatchObject({
      head: { status: 'FAILED', openEffects: 0 },
      outcome: { error: { code: 'verification_failed', details: { differences: [difference] } } },
    });
  });

  it('has nothing to verify before a call has succeeded', async () => {
    const told = await approvedRefund();
    await expect(told.verify()).rejects.toMatchObject({ code: 'nothing_to_verify' });
    await told.begin('request-1');
    await expect(told.verify()).rejects.toMatchObject({ code: 'nothing_to_verify' });
  });
});

describe('COMPLETE', () => {
  it('gives the agent the output and who decided', async () => {
    const told = await refundedOnce();
    await told.verify();
    await told.complete();
    expect(await told.state()).toMatchObject({
      head: { status: 'COMPLETED', openEffects: 0 },
      outcome: {
        result: {
          approved: true,
          verified: true,
          output: { refund_id: 're_1' },
          decision: { outcome: 'approved', decided_by: 'ada' },
        },
      },
    });
    await expect(told.complete()).rejects.toMatchObject({ name: 'Cancelled' });
  });

  it('says nothing of a decision where none was needed', async () => {
    const told = await story({ type: given.refundType, payload: given.refundPayload({ amount_cents: 5_000 }) });
    await told.check();
    await told.begin('request-1');
    await told.settle('request-1', refunded);
    await told.complete();
    expect((await told.state()).outcome?.result).not.toHaveProperty('decision');
  });

  it('never before the action has succeeded', async () => {
    const told = await approvedRefund();
    await expect(told.complete()).rejects.toMatchObject({ code: 'not_done' });
    await told.begin('request-1');
    await expect(told.complete()).rejects.toMatchObject({ code: 'not_done' });
  });
});

describe('RECORD_FAILURE', () => {
  const cause = (errorMessage: string) => JSON.stringify({ errorType: 'x', errorMessage, trace: ['secret.ts:1'] });

  it.each([
    ['PolicyDenied', cause('Stopped by an operator.'), 'policy_denied', 'Stopped by an operator.'],
    ['TerminalError', cause('There is no plan for this tool.'), 'execution_failed', 'There is no plan for this tool.'],
    ['TerminalError', 'no JSON', 'execution_failed', 'The run could not go on.'],
  ])('%s ends the intent and tells no more than is ours to tell', async (name, text, code, message) => {
    const told = await story();
    await told.fail({ name, cause: text });
    const { head, outcome } = await told.state();
    expect(head.status).toBe('FAILED');
    expect(outcome?.error).toMatchObject({ code, message, details: { trace_id: head.traceId } });
    expect(JSON.stringify(outcome)).not.toContain('secret.ts');
  });

  it.each([
    ['TypeError', cause('Cannot read properties of undefined (reading secret.ts)')],
    ['Sandbox.Timedout', ''],
    ['RetryableError', cause('The tables did not answer.')],
    ['OutcomeUnknownError', cause('Not known.')],
  ])('%s may pass: the next generation goes on; the fifth that breaks ends the intent', async (name, text) => {
    const told = await story();
    for (let generation = 1; generation < 5; generation += 1) {
      const before = await told.state();
      await told.fail({ name, cause: text }, generation);
      expect(await told.state()).toEqual(before);
      expect(await told.restart(generation)).toBe(generation + 1);
    }
    await told.fail({ name, cause: text }, 5);
    const { head, outcome } = await told.state();
    expect(head.status).toBe('FAILED');
    expect(outcome?.error).toMatchObject({ code: 'internal_error', message: 'The run could not go on.' });
    expect(JSON.stringify(outcome)).not.toContain('secret.ts');
  });

  it('says that it was stopped', async () => {
    const told = await story();
    await told.fail({ name: 'PolicyDenied', cause: cause('Stopped by an operator.') });
    expect((await told.state()).outcome?.error?.details.reason).toBe('stopped');
  });

  it('closes the open task, so that nobody is asked any more', async () => {
    const { told } = await waitingApproval();
    told.pass(86_400);
    await told.climb();
    await told.fail({ name: 'TerminalError', cause: '' });
    expect((await told.state()).task).toMatchObject({ status: 'closed' });
    expect(await told.mail()).toEqual({});
    expect(told.store.outbox(told.ref)).toEqual([]);
  });

  it('changes nothing that has ended, and keeps a decision', async () => {
    const { told, links } = await waitingApproval();
    await told.decide(links.ada as string);
    const before = await told.state();
    await told.fail({ name: 'TerminalError', cause: '' });
    expect(await told.state()).toEqual(before);
    const approved = await approvedRefund();
    await approved.fail({ name: 'TerminalError', cause: '' });
    expect((await approved.state()).task).toMatchObject({ status: 'decided', decision: { outcome: 'approved' } });
  });
});
