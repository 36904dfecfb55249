import { describe, expect, it } from 'vitest';
import { itemBytes } from '../../adapters/item-size.ts';
import { headItem, headOf } from '../../adapters/rows.ts';
import { verifyChain } from '../../core/audit.ts';
import { chainOf } from '../../core/commit.ts';
import { wakeOf } from '../../core/rules/wake.ts';
import { maxKeyPart } from '../../wire/addresses.ts';
import * as given from './builders.ts';
import { lost, refunded, type Story, story, waitingRefund } from './story.ts';

const chainHolds = async ({ store, ref, state }: Story) => {
  const { head } = await state();
  return verifyChain(chainOf(ref), store.records(ref), { seq: head.auditSeq, hash: head.auditHash }).ok;
};
const told = async ({ store, ref }: Story) =>
  (await store.events(ref, 0, 100)).map((event) => `${event.type.slice('intent.'.length)} ${event.status}`);

describe('a refund of 180 EUR', () => {
  it('waits for a person, is approved by mail, paid once, verified and complete', async () => {
    const one = await story({ type: given.refundType, payload: given.refundPayload() });
    expect(await one.check()).toMatchObject({ outcome: 'approval' });
    await one.escalate();
    const links = await one.mail();
    one.pass(3600);
    expect(await one.decide(links.ben as string)).toMatchObject({ fresh: true, status: 'IN_PROGRESS' });
    expect(wakeOf(await one.state())).toMatchObject({ do: 'redeem', answer: 'success' });
    expect(await one.begin('request-1')).toMatchObject({ do: 'call' });
    await one.settle('request-1', refunded);
    expect(await one.verify()).toEqual({ verified: true });
    await one.complete();

    expect(await told(one)).toEqual([
      'created CREATED',
      'submitted SUBMITTED',
      'in_progress IN_PROGRESS',
      'waiting WAITING',
      'human_task_assigned WAITING',
      'in_progress IN_PROGRESS',
      'in_progress IN_PROGRESS',
      'in_progress IN_PROGRESS',
      'in_progress IN_PROGRESS',
      'completed COMPLETED',
    ]);
    expect(await one.state()).toMatchObject({ outcome: { result: { approved: true, output: { refund_id: 're_1' } } } });
    expect(one.store.outbox(one.ref)).toEqual([]);
    expect(await chainHolds(one)).toBe(true);
  });

  it('survives a lost answer, a dead run and a late owner, and is still paid once', async () => {
    const one = await story({ type: given.refundType, payload: given.refundPayload({ amount_cents: 4_000 }) });
    await one.check();
    await one.begin('request-1');
    one.pass(10);
    await one.settle('request-1', lost);
    await one.fail({ name: 'States.Timeout', cause: '' });
    one.goTo(new Date((await one.state()).head.dueAt as number).toISOString());
    expect(await one.restart()).toBe(2);
    expect(await one.check(given.charge(), 2)).toMatchObject({ outcome: 'allowed' });
    expect(await one.begin('request-2', 2)).toMatchObject({ do: 'lookup' });
    await one.settle('request-2', refunded);
    expect(await one.settle('request-1', lost)).toMatchObject({ state: 'SUCCEEDED' });
    await one.verify([], 2);
    await one.complete(2);
    expect(await one.state()).toMatchObject({ head: { status: 'COMPLETED', openEffects: 0 }, effect: { attempt: 1 } });
    expect(await chainHolds(one)).toBe(true);
  });

  it('that nobody decides is over with its ladder, and nothing is paid', async () => {
    const one = await story({ type: given.refundType, payload: given.refundPayload() });
    await one.check();
    await one.escalate();
    await one.mail();
    one.pass(86_400);
    expect(await one.climb()).toMatchObject({ next: 'wait' });
    const reminded = await one.mail();
    one.pass(2 * 86_400);
    expect(await one.climb()).toEqual({ next: 'ended' });
    await expect(one.decide(reminded.ada as string)).rejects.toMatchObject({ name: 'Conflict' });
    await expect(one.begin('request-1')).rejects.toMatchObject({ name: 'Cancelled' });
    expect((await told(one)).slice(-3)).toEqual(['reminder WAITING', 'timeout WAITING', 'timed_out TIMED_OUT']);
    expect(await chainHolds(one)).toBe(true);
  });
});

describe('the head', () => {
  const longName = 'n'.repeat(maxKeyPart);
  const longTenant = `${longName}/${longName}`;

  it('stays under 1 KB in a long story, also with an end wished for', async () => {
    const one = await story({
      // As long as names may be: where they come in, they are held to it.
      tenant: longTenant,
      from: `agent://${longTenant}/${longName}`,
      type: { ...given.refundType, type: 't'.repeat(64) },
      payload: given.refundPayload(),
      onBehalfOf: 'ö'.repeat(64),
      traceId: 't'.repeat(64),
      deadlineAt: given.later(given.start, 86_400),
    });
    const sizes: number[] = [];
    // With controls that were set a thousand times.
    const measure = async () => sizes.push(itemBytes(headItem({ ...(await one.state()).head, policy: 1000 })));
    await one.check();
    await measure();
    await one.escalate();
    await one.decide((await one.mail()).ada as string);
    await measure();
    await one.begin('request-1');
    await one.settle('request-1', lost);
    one.pass(60);
    await one.begin('request-2');
    await one.fail({
      name: 'TerminalError',
      cause: JSON.stringify({ errorMessage: 'The tool has changed since this plan was made.' }),
    });
    await measure();
    expect((await one.state()).head.wish).toBeDefined();
    expect(Math.max(...sizes)).toBeGreaterThan(900);
    expect(Math.max(...sizes)).toBeLessThan(1024);
  });

  it('is the same again after it was stored', async () => {
    const one = await waitingRefund({ onBehalfOf: 'customer-7' });
    await one.told.fail({ name: 'TerminalError', cause: '' });
    const { head } = await one.told.state();
    const error = { code: 'execution_failed', message: 'No.', details: {} };
    for (const same of [head, { ...head, wish: { status: 'FAILED' as const, error } }]) {
      const { pk, sk, shard, hour, ...stored } = { shard: undefined, ...headItem(same) };
      expect(headOf(same, stored, { error })).toEqual(same);
    }
  });
});
