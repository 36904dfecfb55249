import { describe, expect, it } from 'vitest';
import { linkOf, planOf, taskOf } from '../../core/stored.ts';
import { waitingRefund } from './story.ts';

/** An object without some of its fields. */
const without = <T extends object>(value: T, ...keys: string[]): never =>
  Object.fromEntries(Object.entries(value).filter(([key]) => !keys.includes(key))) as never;

describe('what was stored before there were chains', () => {
  it('is read as a chain of one step', async () => {
    const { told, links } = await waitingRefund();
    await told.decide(links.ada as string);
    const { task, plan } = await told.state();
    if (!task?.decision || !plan) throw new TypeError('the refund was decided');
    const old = without({ ...task, decision: without(task.decision, 'step') as object }, 'chain', 'step', 'votes');
    expect(taskOf(old)).toMatchObject({ chain: task.chain, step: 0, votes: task.votes });
    expect(planOf({ ...(without(plan, 'of') as typeof plan), role: 'refunds' })).toEqual(plan);
    const link = await told.store.findLink(links.ben as string);
    expect(linkOf(without(link as object, 'step'))).toEqual(link);
  });

  it('was asked once, and decided for a reason that nobody gave', async () => {
    const { told, links } = await waitingRefund();
    await told.decide(links.ada as string, { reason: 'as_expected' });
    const { task } = await told.state();
    const old = without({ ...(task as object) }, 'revision', 'rounds', 'priority') as NonNullable<typeof task>;
    const decided = without(old.decision as object, 'reason');
    const read = taskOf({ ...old, decision: decided, votes: [decided] } as never);
    expect(read).toMatchObject({ revision: 1, rounds: 1, priority: 'normal', decision: { reason: 'unspecified' } });
    expect(read.votes).toEqual([read.decision]);
  });

  it('what is stored now is read as it is', async () => {
    const { told, links } = await waitingRefund();
    const { task, plan } = await told.state();
    expect(taskOf(task as never)).toEqual(task);
    expect(planOf(plan as never)).toEqual(plan);
    const link = await told.store.findLink(links.ben as string);
    expect(linkOf(link as never)).toEqual(link);
  });
});
