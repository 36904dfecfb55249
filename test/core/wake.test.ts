import { describe, expect, it } from 'vitest';
import type { IntentState, Task } from '../../core/model.ts';
import { wakeOf } from '../../core/rules/wake.ts';
import { approvedRefund, refunded, story, waitingApproval, waitingRefund } from './story.ts';

describe('what a wake owes to its run', () => {
  it('nothing where nothing waits: no intent, no task, an open task', async () => {
    expect(wakeOf(undefined)).toEqual({ do: 'drop' });
    expect(wakeOf(await (await story()).state())).toEqual({ do: 'drop' });
    expect(wakeOf(await (await waitingApproval()).told.state())).toEqual({ do: 'drop' });
  });

  const redeem = (answer: string, last: boolean) => ({ do: 'redeem', token: 'token-1', answer, last });

  it('success for an approved action: the run goes on, and the wake stays owed till it has', async () => {
    const told = await approvedRefund();
    expect(wakeOf(await told.state())).toEqual(redeem('success', false));
    await told.begin('request-1');
    expect(wakeOf(await told.state())).toEqual({ do: 'drop' });
    expect(told.store.outbox(told.ref)).toEqual([]);
  });

  it.each([
    ['approved', '', 'success'],
    ['rejected', 'no', 'success'],
  ])('success for a plain approval, %s: it is complete', async (outcome, comment, answer) => {
    const { told, links } = await waitingApproval();
    await told.decide(links.ada as string, { outcome, comment });
    expect(wakeOf(await told.state())).toEqual(redeem(answer, true));
  });

  it('PolicyDenied for a rejected action', async () => {
    const { told, links } = await waitingRefund();
    await told.decide(links.ada as string, { outcome: 'rejected', comment: 'no' });
    expect(wakeOf(await told.state())).toEqual(redeem('PolicyDenied', true));
  });

  it.each(['expired', 'closed'] as const)('Cancelled where the task is %s', async (how) => {
    const { told } = await waitingApproval();
    if (how === 'closed') await told.fail({ name: 'TerminalError', cause: '{}' });
    else {
      told.pass(30 * 86_400);
      await told.climb();
    }
    expect(wakeOf(await told.state())).toEqual(redeem('Cancelled', true));
  });

  const decided = async (change: (task: Task) => Partial<Task>): Promise<IntentState> => {
    const state = await (await approvedRefund()).state();
    return { ...state, task: { ...(state.task as Task), ...change(state.task as Task) } };
  };

  it('nothing yet where the run has not said where it waits', async () => {
    const { token: _, ...state } = (await decided(() => ({}))).task as Task;
    expect(wakeOf({ ...(await decided(() => ({}))), task: state })).toEqual({ do: 'leave' });
  });

  it('an end for an earlier run that may still wait, even after the later one has acted', async () => {
    const told = await approvedRefund();
    told.pass(120);
    await told.restart();
    const close = redeem('Cancelled', true);
    expect(wakeOf(await told.state())).toEqual(close);
    await told.begin('request-1', 2);
    expect(wakeOf(await told.state())).toEqual(close);
    expect(told.store.outbox(told.ref).map(({ kind }) => kind)).toContain('wake');
  });

  it('the later run’s own token, once it waits too', async () => {
    const told = await approvedRefund();
    await told.restart((await told.state()).head.generation);
    await told.escalate({ generation: 2, token: 'token-2' });
    expect(wakeOf(await told.state())).toMatchObject({ do: 'redeem', token: 'token-2', answer: 'success' });
  });

  it('the answer that was decided, even where the action failed later', async () => {
    const told = await approvedRefund();
    await told.begin('request-1');
    await told.settle('request-1', refunded);
    await told.verify([{ field: 'amount_cents', asked: '18000', found: '1' }]);
    expect(wakeOf(await told.state())).toEqual(redeem('success', true));
  });
});
