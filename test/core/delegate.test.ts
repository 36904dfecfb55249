/** A task changes hands: who may, who is asked then, who is told, and whose links are dead. */

import { describe, expect, it } from 'vitest';
import { chain } from '../../core/chain.ts';
import { perform } from '../../core/commit.ts';
import { Directory, type Person } from '../../core/directory.ts';
import type { IntentType } from '../../core/intent-type.ts';
import { cancel } from '../../core/rules/cancel.ts';
import type { Asker } from '../../core/rules/delegate.ts';
import { mayReceive, reassign, recall, takeBack, takeOver } from '../../core/rules/delegate.ts';
import { wakeOf } from '../../core/rules/wake.ts';
import * as given from './builders.ts';
import { type Story, story } from './story.ts';

const person = (id: string, roles: string[], more: Partial<Person> = {}): Person => ({
  id,
  name: `${id} Example`,
  mail: `${id}@example.com`,
  roles,
  ...more,
});
const people = [
  person('ada', ['approvers', 'refunds']),
  person('ben', ['approvers', 'refunds']),
  person('cleo', []),
  person('dan', ['approvers'], { mayDecideFor: ['agent://other/*/*'] }),
  person('kim', ['admins']),
  person('lee', ['admins', 'approvers', 'refunds']),
];
const directory = new Directory(people);
const signed = (id: string) => ({ by: 'person' as const, id, via: 'signed in' });
const refused = { name: 'PolicyDenied' };

/** A task that people wait for: `named`, or whoever holds the role. */
async function waiting(assignees?: string[], more: object = {}) {
  const told = await story({ ...(assignees ? { humanTask: { title: 'Look', assignees } } : {}), ...more });
  await told.escalate({}, directory);
  return { told, links: await told.mail() };
}

const on = <R>(told: Story, rule: Parameters<typeof perform<R>>[4], linkHash?: string) =>
  perform(told.store, told.ref, { request: true, ...(linkHash ? { linkHash } : {}) }, told.context, rule);
const handOver = (told: Story, from: string, to: string, note = '', known = directory) =>
  on(told, (state, at) => reassign(state, signed(from), { to, note }, known, at));
const byLink = (told: Story, hash: string, to: string) =>
  on(told, (state, at) => reassign(state, { by: 'link' }, { to, note: 'You know them.' }, directory, at), hash);
const back = (told: Story, who: string) => on(told, (state, at) => takeBack(state, signed(who), directory, at));
const over = (told: Story, who: string, known = directory) =>
  on(told, (state, at) => takeOver(state, signed(who), 'It hurries.', known, at));
const withdraw = (told: Story, asker: Asker) =>
  on(told, (state, at) => recall(state, asker, 'Not needed.', directory, at));
const asked = async (told: Story) => (await told.state()).task?.approvers.map((one) => one.id);
const notices = (told: Story) =>
  told.store
    .outbox(told.ref)
    .flatMap(({ body }) => ('notice' in body ? [[body.personId, (body.notice as { what: string }).what]] : []));

describe('handing over', () => {
  it('asks the other by a mail of their own; the link of before is dead, and its owner is told', async () => {
    const { told, links } = await waiting(['ada']);
    expect(await byLink(told, links.ada as string, 'cleo')).toEqual({
      fresh: true,
      to: { id: 'cleo', name: 'cleo Example' },
    });
    expect(await asked(told)).toEqual(['cleo']);
    expect(notices(told)).toEqual([['ada', 'reassigned']]);
    await expect(told.decide(links.ada as string, {}, directory)).rejects.toMatchObject(refused);
    const { cleo } = await told.mail();
    const { decision } = await told.decide(cleo as string, {}, directory);
    expect(decision).toMatchObject({ by: { id: 'cleo' }, for: { id: 'ada' } });
    expect((await told.state()).outcome?.result?.task_result).toMatchObject({ decided_by: 'cleo', decided_for: 'ada' });
    const record = told.read().find(({ action }) => action === 'task.reassigned');
    expect(record).toMatchObject({ actor: { id: 'ada' }, data: { from: 'ada', to: 'cleo', note: 'You know them.' } });
  });

  it('said twice is done once', async () => {
    const { told, links } = await waiting(['ada']);
    await byLink(told, links.ada as string, 'cleo');
    const before = await told.state();
    expect(await byLink(told, links.ada as string, 'cleo')).toMatchObject({ fresh: false, to: { id: 'cleo' } });
    expect(await told.state()).toEqual(before);
  });

  it.each([
    ['who lacks the role', undefined, {}, 'cleo'],
    ['who decides for other agents only', undefined, {}, 'dan'],
    ['a stranger', ['ada'], {}, 'eve@evil.example'],
    ['themselves', ['ada'], {}, 'ada'],
    ['the person whom the agent acts for', ['ada'], { onBehalfOf: 'Cleo@Example.com' }, 'cleo'],
    ['a note that is too long', ['ada'], {}, 'ben', 'n'.repeat(2001)],
  ])('never to %s', async (_, assignees, more, to, note = '') => {
    const { told } = await waiting(assignees as string[] | undefined, more);
    const before = await told.state();
    await expect(handOver(told, 'ada', to, note)).rejects.toMatchObject({ name: 'InvalidInput' });
    expect(await told.state()).toEqual(before);
    const { task } = before;
    const from = task?.approvers.find((one) => one.id === 'ada');
    if (!task || !from) throw new TypeError('ada is asked');
    if (note === '') expect(mayReceive({ ...before, task }, from, directory).map((one) => one.id)).not.toContain(to);
  });

  it('of whoever an escalation brought in by name goes only to who holds the role', async () => {
    const known = new Directory([
      ...people.map((one) => ({ ...one, manager: 'mia' })),
      person('mia', [], { backup: 'cleo' }),
    ]);
    const told = await story({ type: given.refundType, payload: given.refundPayload() });
    await told.check();
    await told.escalate({}, known);
    told.goTo((await told.state()).task?.ladder.find((rung) => rung.do === 'escalate')?.at as string);
    await told.climb(1, 0, known);
    expect(await asked(told)).toEqual(['ada', 'ben', 'lee', 'mia']);
    for (const to of ['cleo', 'kim'])
      await expect(handOver(told, 'mia', to, '', known)).rejects.toMatchObject({ name: 'InvalidInput' });
    await handOver(told, 'mia', 'ben', '', known);
    expect(await asked(told)).toEqual(['ada', 'lee', 'ben']);
    // She was asked by name, and so she is again.
    await on(told, (state, at) => takeBack(state, signed('mia'), known, at));
    expect((await told.state()).task?.approvers.map(({ id, as }) => `${id} ${as}`)).toContain('mia named');
  });

  it('of whom a step names goes only to their backup, their delegate or their manager', async () => {
    const assignment = [
      { id: 'r', reason: 'r', says: 'R.', when: () => true, of: chain([{ person: 'boss', need: 1 }]) },
    ];
    const known = new Directory([...people, person('boss', [], { backup: 'ben', manager: 'kim' })]);
    for (const [to, may] of [
      ['cleo', false],
      ['ada', false],
      ['ben', true],
      ['kim', true],
    ] as const) {
      const told = await story({ type: { ...given.approvalType, assignment } as IntentType });
      await told.escalate({}, known);
      const handed = handOver(told, 'boss', to, '', known);
      if (may) await expect(handed).resolves.toMatchObject({ fresh: true });
      else await expect(handed).rejects.toMatchObject({ name: 'InvalidInput' });
    }
  });

  it('to somebody who is asked anyway leaves one fewer, as long as enough are left', async () => {
    const { told } = await waiting();
    expect(await asked(told)).toEqual(['ada', 'ben', 'lee']);
    await handOver(told, 'ada', 'ben');
    expect(await asked(told)).toEqual(['lee', 'ben']);
    await handOver(told, 'lee', 'ben');
    expect(await asked(told)).toEqual(['ben']);
    // Back to whoever has the role still.
    await handOver(told, 'ben', 'ada');
    expect(await asked(told)).toEqual(['ada']);
  });

  it('is for whoever is asked, and not after the decision', async () => {
    const { told, links } = await waiting(['ada', 'ben']);
    await expect(handOver(told, 'cleo', 'ben')).rejects.toMatchObject(refused);
    await told.decide(links.ben as string, {}, directory);
    await expect(handOver(told, 'ada', 'cleo')).rejects.toMatchObject({ name: 'Conflict', code: 'task_closed' });
    await expect(handOver(told, 'ben', 'cleo')).rejects.toMatchObject({ code: 'already_decided' });
  });
});

describe('taking back', () => {
  it('asks whoever handed it over again, by a new link, and tells the other', async () => {
    const { told, links } = await waiting(['ada']);
    await handOver(told, 'ada', 'cleo');
    const { cleo } = await told.mail();
    expect(await back(told, 'ada')).toMatchObject({ fresh: true, to: { id: 'ada' } });
    expect(notices(told)).toContainEqual(['cleo', 'taken_back']);
    await expect(told.decide(cleo as string, {}, directory)).rejects.toMatchObject(refused);
    const again = await told.mail();
    expect(again.ada).not.toBe(links.ada);
    await told.decide(again.ada as string, {}, directory);
    expect(await back(told, 'ada').catch((error: Error) => error)).toMatchObject({ code: 'task_closed' });
  });

  it('is only for whoever it was taken from', async () => {
    const { told } = await waiting(['ada']);
    await handOver(told, 'ada', 'cleo');
    await expect(back(told, 'ben')).rejects.toMatchObject(refused);
  });
});

describe('taking over', () => {
  it('asks the administrator alone; all others are told and can no longer decide', async () => {
    const { told, links } = await waiting();
    expect(await over(told, 'kim')).toMatchObject({ fresh: true, to: { id: 'kim' } });
    expect(await asked(told)).toEqual(['kim']);
    expect(notices(told).map(([id]) => id)).toEqual(['ada', 'ben', 'lee']);
    await expect(told.decide(links.ben as string, {}, directory)).rejects.toMatchObject(refused);
    expect(await over(told, 'kim')).toMatchObject({ fresh: false });
    const { kim } = await told.mail();
    expect(await told.decide(kim as string, {}, directory)).toMatchObject({ status: 'COMPLETED' });
    expect(told.read().find(({ action }) => action === 'task.taken_over')?.data).toMatchObject({
      by: 'kim',
      note: 'It hurries.',
    });
  });

  it('is told to the person whom the agent acts for', async () => {
    const { told } = await waiting(undefined, { onBehalfOf: 'cleo' });
    await over(told, 'kim');
    expect(notices(told)).toContainEqual(['cleo', 'in_hands']);
  });

  it('is not for others, nor for whoever the agent acts for, nor without the role any more', async () => {
    const { told } = await waiting(undefined, { onBehalfOf: 'kim' });
    await expect(over(told, 'ben')).rejects.toMatchObject(refused);
    await expect(over(told, 'kim')).rejects.toMatchObject(refused);
    await over(told, 'lee');
    const { lee } = await told.mail();
    const without = new Directory(people.map((one) => (one.id === 'lee' ? { ...one, roles: ['approvers'] } : one)));
    await expect(told.decide(lee as string, {}, without)).rejects.toMatchObject(refused);
  });
});

describe('recalling', () => {
  it.each<[string, Asker]>([
    ['the agent', { by: 'agent', address: given.agent }],
    ['the person it acts for', signed('cleo')],
  ])('%s withdraws the question: canceled, nobody can decide, all are told, the run ends', async (_, asker) => {
    const { told, links } = await waiting(undefined, { onBehalfOf: 'cleo@example.com' });
    expect(await withdraw(told, asker)).toEqual({ status: 'CANCELED' });
    const { head, task, outcome } = await told.state();
    expect(head).toMatchObject({ status: 'CANCELED' });
    expect(head).not.toHaveProperty('dueAt');
    expect([task?.status, outcome?.error?.code]).toEqual(['closed', 'canceled']);
    const requester = asker.by === 'agent' ? ['cleo'] : [];
    expect(notices(told).map(([id, what]) => `${id} ${what}`)).toEqual(
      [...requester, 'ada', 'ben', 'lee'].map((id) => `${id} recalled`),
    );
    expect(wakeOf(await told.state())).toMatchObject({ do: 'redeem', answer: 'Cancelled', last: true });
    await expect(told.decide(links.ada as string, {}, directory)).rejects.toMatchObject({ code: 'task_closed' });
    expect(await withdraw(told, asker)).toEqual({ status: 'CANCELED' });
  });

  it('is told of in the same way where the agent cancels its intent', async () => {
    const { told } = await waiting(undefined, { onBehalfOf: 'cleo@example.com' });
    const who = { by: 'agent', address: given.agent, requestId: 'r-1', reason: 'Not needed.' } as const;
    expect(await on(told, (state, at) => cancel(state, who, at))).toMatchObject({ status: 'CANCELED' });
    expect(notices(told).map(([id, what]) => `${id} ${what}`)).toEqual(
      ['cleo', 'ada', 'ben', 'lee'].map((id) => `${id} recalled`),
    );
  });

  it('ends what was sent back for changes, until the agent has answered', async () => {
    const sentBack = async () => {
      const { told, links } = await waiting(undefined, { humanTask: { title: 'Look', task_type: 'review' } });
      await told.decide(links.ada as string, { outcome: 'changes_requested', comment: 'When?' }, directory);
      return told;
    };
    const agent = { by: 'agent' as const, address: given.agent };
    const told = await sentBack();
    expect(await withdraw(told, agent)).toEqual({ status: 'CANCELED' });
    expect((await told.state()).task?.status).toBe('closed');
    await expect(told.resume({ task: 'On Monday?' })).rejects.toMatchObject({ name: 'Conflict' });
    const answered = await sentBack();
    await answered.resume({ task: 'On Monday?' });
    await expect(withdraw(answered, agent)).rejects.toMatchObject({ name: 'NotFound' });
    expect((await answered.state()).head.status).toBe('IN_PROGRESS');
  });

  it('is for nobody else', async () => {
    const { told } = await waiting();
    for (const asker of [signed('ada'), { by: 'agent' as const, address: 'agent://acme/shop/other' }])
      await expect(withdraw(told, asker)).rejects.toMatchObject({ name: 'NotFound' });
  });
});

describe('a revoke', () => {
  const revoked = (at: string, mailAgain?: true) =>
    new Directory(
      people.map((one) => (one.id === 'ada' ? { ...one, revokedAt: at, ...(mailAgain ? { mailAgain } : {}) } : one)),
    );

  it('kills the links made before it, and those of reminders; not what is asked later', async () => {
    const { told, links } = await waiting();
    told.pass(60);
    const known = revoked(told.now());
    await expect(told.decide(links.ada as string, {}, known)).rejects.toMatchObject({ code: 'link_dead' });
    told.pass(24 * 3600);
    await told.climb();
    const again = await told.mail();
    await expect(told.decide(again.ada as string, {}, known)).rejects.toMatchObject({ code: 'link_dead' });
    await expect(told.decide(again.ada as string, {}, revoked(given.start, true))).resolves.toMatchObject({
      fresh: true,
    });
    const later = await waiting();
    later.told.pass(1);
    await expect(
      later.told.decide(later.links.ada as string, {}, revoked('2026-11-20T08:59:59.000Z')),
    ).resolves.toMatchObject({
      fresh: true,
    });
  });
});
