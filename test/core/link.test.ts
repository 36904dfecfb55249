import { describe, expect, it } from 'vitest';
import { chain } from '../../core/chain.ts';
import type { IntentType } from '../../core/intent-type.ts';
import type { IntentState, Link, Task } from '../../core/model.ts';
import { linkState } from '../../core/rules/decide.ts';
import { linkFor, type MailOrder } from '../../core/rules/link.ts';
import * as given from './builders.ts';
import { linkHashOf, type Story, story, waitingApproval } from './story.ts';

const standing = async (told: Story, hash: string) => linkState((await told.store.findLink(hash)) as Link, told.now());

const orders = (told: Story) =>
  told.store.outbox(told.ref).flatMap((row) => (row.kind === 'mail' ? [row.body as unknown as MailOrder] : []));

describe('a link is made', () => {
  it('for one approver of an open task, good until its deadline, for this plan', async () => {
    const told = await story();
    await told.escalate();
    const state = await told.state();
    const [order] = orders(told) as [MailOrder];
    expect(linkFor(state, order, 'h'.repeat(64), told.now())).toEqual({
      ...told.ref,
      hash: 'h'.repeat(64),
      linkId: order.linkId,
      taskId: order.taskId,
      personId: 'ada',
      mail: 'ada@example.com',
      subjectHash: state.task?.subjectHash,
      step: 0,
      createdAt: told.now(),
      expiresAt: state.task?.ladder.at(-1)?.at,
    });
  });

  it('for nobody else, and not once the task is decided, over or another one', async () => {
    const told = await story();
    await told.escalate();
    const state = await told.state();
    const [order] = orders(told) as [MailOrder];
    const make = (now: IntentState | undefined, asked: Partial<MailOrder> = {}) =>
      linkFor(now, { ...order, ...asked }, 'h', told.now());
    expect(make(state)).toBeDefined();
    expect(make(undefined)).toBeUndefined();
    expect(make(state, { personId: 'cleo' })).toBeUndefined();
    expect(make(state, { taskId: 'another.1' })).toBeUndefined();
    expect(make({ ...state, head: { ...state.head, status: 'FAILED' } })).toBeUndefined();
    for (const status of ['decided', 'expired', 'closed'] as const)
      expect(make({ ...state, task: { ...state.task, status } as never })).toBeUndefined();
  });
});

describe('a mail is accepted', () => {
  it('its link is the current one; the row is no longer owed; the record says to whom', async () => {
    const { told, links } = await waitingApproval();
    expect(told.store.outbox(told.ref)).toEqual([]);
    expect((await told.state()).task?.links).toEqual(links);
    expect(await told.store.findLink(links.ada as string)).toMatchObject({ acceptedAt: told.now() });
    expect(told.read().at(-1)).toMatchObject({
      action: 'approver.notified',
      data: { person: 'ben', sent_to: ['ben@example.com'], why: 'assigned' },
    });
  });

  it('the one before it is replaced then, and not before', async () => {
    const { told, links } = await waitingApproval();
    told.pass(86_400);
    await told.climb();
    // The reminder is owed, but not yet accepted: nobody is left without a link.
    expect(await standing(told, links.ada as string)).toBe('live');
    const newer = await told.mail();
    expect(await standing(told, links.ada as string)).toBe('replaced');
    expect(await standing(told, newer.ada as string)).toBe('live');
  });

  it('told twice, it is recorded once', async () => {
    const told = await story();
    await told.escalate();
    const [order] = orders(told) as [MailOrder];
    await told.mail();
    const before = told.store.records(told.ref).length;
    await told.mailed(order);
    expect(told.store.records(told.ref)).toHaveLength(before);
  });

  it('delivered again after a newer one, it is the newest itself: its link lives, the other is replaced', async () => {
    const told = await story();
    await told.escalate();
    const [first] = orders(told) as [MailOrder];
    const old = (await told.mail()).ada as string;
    told.pass(86_400);
    await told.climb();
    const newer = (await told.mail()).ada as string;
    told.pass(60);
    await told.mailed(first);
    expect(await standing(told, old)).toBe('live');
    expect(await standing(told, newer)).toBe('replaced');
    await expect(told.decide(old)).resolves.toMatchObject({ fresh: true });
  });

  it('of a step that is over is recorded, and leaves the link of the present step alone', async () => {
    const one = { role: 'approvers', need: 1 };
    const assignment = [{ id: 'r', reason: 'r', says: 'R.', when: () => true, of: chain([one, one]) }];
    const told = await story({ type: { ...given.approvalType, assignment } as IntentType });
    await told.escalate();
    const [first, old] = orders(told) as [MailOrder, MailOrder];
    for (const order of [first, old])
      await told.store.putLink(linkFor(await told.state(), order, linkHashOf(order.linkId), told.now()) as Link);
    await told.decide(linkHashOf(first.linkId));
    // Sent, and only now is its acceptance known.
    const [newer] = orders(told).filter(({ step }) => step === 1) as [MailOrder];
    expect([old.personId, newer.personId]).toEqual(['ben', 'ben']);
    await told.store.putLink(linkFor(await told.state(), newer, linkHashOf(newer.linkId), told.now()) as Link);
    await told.mailed(newer);
    await told.mailed(old);
    expect((await told.state()).task?.links.ben).toBe(linkHashOf(newer.linkId));
    expect(told.read().filter(({ action }) => action === 'approver.notified')).toHaveLength(2);
    await expect(told.decide(linkHashOf(newer.linkId))).resolves.toMatchObject({ fresh: true });
  });

  it('of a step that is over is not sent any more', async () => {
    const told = await story();
    await told.escalate();
    const state = await told.state();
    const [order] = orders(told) as [MailOrder];
    const later = { ...state, task: { ...state.task, step: 1 } as Task };
    expect(linkFor(later, order, 'h', told.now())).toBeUndefined();
    expect(linkFor(later, { ...order, step: 1 }, 'h', told.now())).toMatchObject({ step: 1 });
  });

  it('after its link was used already, it does not unuse it', async () => {
    const told = await story();
    await told.escalate();
    const [order] = orders(told) as [MailOrder];
    const link = linkFor(await told.state(), order, linkHashOf(order.linkId), told.now()) as Link;
    await told.store.putLink(link);
    await told.decide(link.hash);
    await told.mailed(order);
    expect(await standing(told, link.hash)).toBe('used');
    expect((await told.state()).head.status).toBe('COMPLETED');
  });
});

describe('what a link is worth', () => {
  const link = { expiresAt: given.later(given.start, 60) } as Link;
  it.each<[string, Partial<Link>, number, string]>([
    ['before its end', {}, 59, 'live'],
    ['at its end', {}, 60, 'expired'],
    ['replaced', { replacedAt: given.start }, 1, 'replaced'],
    ['replaced, past its end', { replacedAt: given.start }, 61, 'replaced'],
    ['used, also when replaced', { usedAt: given.start, replacedAt: given.start }, 1, 'used'],
  ])('%s', (_, over, seconds, expected) => {
    expect(linkState({ ...link, ...over }, given.later(given.start, seconds))).toBe(expected);
  });
});
