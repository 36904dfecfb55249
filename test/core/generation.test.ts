import { describe, expect, it } from 'vitest';
import * as given from './builders.ts';
import { approvedRefund, story, waitingApproval } from './story.ts';

describe('a run that went silent', () => {
  it('is followed by the next generation, once, with the input to go on from', async () => {
    const { told } = await waitingApproval();
    const { task, head } = await told.state();
    told.goTo(new Date(head.dueAt as number).toISOString());
    expect(await told.restart()).toBe(2);
    expect(told.store.outbox(told.ref)).toMatchObject([
      {
        key: 'start#2',
        kind: 'start',
        body: { input: { v: 1, generation: 2, intentId: told.ref.intentId, waitUntil: task?.ladder[0]?.at, rung: 0 } },
      },
    ]);
    expect(await told.restart()).toBe(2);
    expect((await told.state()).head.generation).toBe(2);
  });

  it('started by two sweeps at once, is one', async () => {
    const told = await story();
    told.pass(120);
    expect(await Promise.all([told.restart(), told.restart()])).toEqual([2, 2]);
    expect(told.store.records(told.ref).filter((record) => record.action === 'run.restarted')).toHaveLength(1);
  });

  it('is not taken for dead a moment before it is due', async () => {
    const told = await story();
    told.pass(119.999);
    expect(await told.restart()).toBe(1);
  });

  it('known to be lost, is followed at once; named by an older number, it is not', async () => {
    const told = await story();
    expect(await told.restart(1)).toBe(2);
    expect(await told.restart(1)).toBe(2);
    expect(await told.restart(2)).toBe(3);
  });

  it('known to be lost, is not to be woken any more; one that is only late may still wait', async () => {
    const kinds = async (lost?: number) => {
      const told = await approvedRefund();
      told.pass(120);
      await told.restart(lost);
      return told.store.outbox(told.ref).map(({ kind }) => kind);
    };
    expect(await kinds(1)).toEqual(['start']);
    expect(await kinds()).toEqual(expect.arrayContaining(['start', 'wake']));
  });

  it('of an intent that has ended, is not followed', async () => {
    const { told, links } = await waitingApproval();
    await told.decide(links.ada as string);
    told.pass(30 * 86_400);
    expect(await told.restart(1)).toBe(1);
    expect((await told.state()).head).toMatchObject({ status: 'COMPLETED', generation: 1 });
  });

  it('may not commit any more, at any of its steps', async () => {
    const told = await story({ type: given.refundType, payload: given.refundPayload() });
    await told.check();
    told.pass(120);
    await told.restart();
    const superseded = { name: 'Superseded', code: 'superseded' };
    await expect(told.check()).rejects.toMatchObject(superseded);
    await expect(told.escalate()).rejects.toMatchObject(superseded);
    await expect(told.begin('request-1')).rejects.toMatchObject(superseded);
    await expect(told.verify()).rejects.toMatchObject(superseded);
    await expect(told.complete()).rejects.toMatchObject(superseded);
    await told.fail({ name: 'TerminalError', cause: '{}' });
    expect((await told.state()).head.status).toBe('IN_PROGRESS');
  });
});
