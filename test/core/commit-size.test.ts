/** The largest that may be: every commit fits one transaction of DynamoDB, and what people write fits their task. */

import { describe, expect, it } from 'vitest';
import { itemBytes } from '../../adapters/item-size.ts';
import { operationsOf, transactionLimits } from '../../adapters/transaction.ts';
import { type Chain, type ChainStep, chain, maxSteps } from '../../core/chain.ts';
import { perform, type SealedCommit } from '../../core/commit.ts';
import { Directory, maxAsked, type Person } from '../../core/directory.ts';
import type { ActionType } from '../../core/intent-type.ts';
import { cancel } from '../../core/rules/cancel.ts';
import { reassign, takeBack } from '../../core/rules/delegate.ts';
import { informMore, maxInformedAtOnce } from '../../core/rules/override.ts';
import { taskRoom } from '../../core/rules/room.ts';
import { maxEscalations, maxReminders } from '../../core/service-level.ts';
import { maxCommentLength } from '../../core/tasks.ts';
import * as given from './builders.ts';
import { type Story, story } from './story.ts';

const tables = { intents: 'i', effects: 'e', audit: 'a', control: 'c', people: 'p', meters: 'm' };
const hour = 3600;

const roles = Array.from({ length: maxSteps }, (_, i) => `role-${i + 1}`);
const personOf = (role: string, n: number): Person => ({
  id: `${role}.${String(n).padStart(36, '0')}`,
  name: `Person ${n} of ${role}, who has a long name`,
  mail: `${role}.${n}@a-rather-long-name-of-a-company.example`,
  roles: [role],
  timeZone: 'America/Argentina/ComodRivadavia',
});
const holding = (role: string): Person[] => Array.from({ length: maxAsked }, (_, n) => personOf(role, n));
const directory = new Directory([...roles, 'operators'].flatMap(holding));

const asking = (of: Chain): ActionType => ({
  ...given.refundType,
  policy: {
    version: 'test',
    rules: [{ id: 'ask', reason: 'ask', says: 'Ask.', when: () => true, verdict: { do: 'require', of } }],
  },
  task: { ...given.refundType.task, level: { escalate: [], expire: { afterSeconds: 8 * hour, opens: 'override' } } },
});

/** Each of as many steps as there may be needs all of as many people as there may be. */
const longest = asking(chain(roles.map((role): ChainStep => ({ role, need: 'all' }))));

/** What each commit would be as a transaction: items, and bytes of the largest. */
function watched(told: Story) {
  const sizes: { action: string; items: number; bytes: number }[] = [];
  const commit = told.store.commit.bind(told.store);
  told.store.commit = (sealed: SealedCommit) => {
    const operations = operationsOf(sealed, tables);
    const bytes = operations.map(({ item }) => (item.Put?.Item ? itemBytes(item.Put.Item) : 0));
    sizes.push({ action: sealed.record.action, items: operations.length, bytes: bytes.reduce((a, b) => a + b) });
    return commit(sealed);
  };
  return {
    most: () => Math.max(...sizes.map(({ items }) => items)),
    mostBytes: () => Math.max(...sizes.map(({ bytes }) => bytes)),
    of: (action: string) => sizes.filter((one) => one.action === action).map(({ items }) => items),
  };
}

async function begun(type: ActionType = longest) {
  const told = await story({ type, payload: given.refundPayload() });
  const watch = watched(told);
  await told.check();
  await told.escalate({}, directory);
  return { told, watch };
}

/** Everybody whom the present step asks agrees, but for the last `but`. */
async function agree(told: Story, comment: string, but = 0): Promise<void> {
  const links = await told.mail();
  const asked = (await told.state()).task?.approvers ?? [];
  for (const { id } of asked.slice(0, asked.length - but))
    await told.decide(links[id] as string, { comment }, directory);
}

const notices = (told: Story) => told.store.outbox(told.ref).filter(({ body }) => body.notice !== undefined);
const more = (told: Story) => told.store.outbox(told.ref).find(({ body }) => body.informed !== undefined);

describe('the longest chain of the largest roles', { timeout: 120_000 }, () => {
  it('opens, is decided step by step, and taken over at its last, each in one transaction', async () => {
    const { told, watch } = await begun();
    for (let step = 1; step < maxSteps; step += 1) await agree(told, 'Agreed.');
    await agree(told, 'Agreed.', 1);
    const { task: last } = await told.state();
    expect([last?.step, last?.votes.length]).toEqual([maxSteps - 1, maxSteps * maxAsked - 1]);

    told.goTo(last?.ladder.at(-1)?.at ?? '');
    expect(await told.climb(1, 0, directory)).toMatchObject({ next: 'wait' });
    await told.escalate({ rung: 1, token: 'token-2' }, directory);
    const { task } = await told.state();
    expect(task?.concerned).toHaveLength(maxSteps * maxAsked);
    const links = await told.mail();
    const byHand = { outcome: 'override_approved', comment: 'So be it.', data: { how: 'canceled' } };
    for (const row of notices(told)) await told.store.settle(told.ref, row.key);
    await told.decide(links[task?.approvers[0]?.id as string] as string, byHand, directory);

    expect(watch.of('task.opened')).toEqual([1 + 2 + 1 + 1 + maxAsked * 2, 1 + 3 + 1 + 1 + maxAsked * 2 + 1]);
    expect(watch.most()).toBeLessThan(90);
    expect((await told.state()).head.status).toBe('CANCELED');

    // Everybody hears of it, each once, however often the rest is asked for.
    const heard = notices(told).map(({ body }) => body.personId);
    expect(heard).toHaveLength(maxInformedAtOnce);
    for (let row = more(told); row; row = more(told)) {
      const order = row.body as unknown as { taskId: string; informed: number };
      for (const paid of notices(told)) await told.store.settle(told.ref, paid.key);
      for (const _ of [1, 2]) await told.informMore(order);
      heard.push(...notices(told).map(({ body }) => body.personId));
    }
    expect(heard).toHaveLength(maxSteps * maxAsked + maxAsked - 1);
    expect(new Set(heard).size).toBe(heard.length);
    expect(watch.of('override.told')).toHaveLength(10);
    expect(watch.most()).toBeLessThan(90);
    expect((await told.state()).task).not.toHaveProperty('informed');
  });

  it('goes from a step that one of many decides to one that asks as many others: the most that one commit holds', async () => {
    const of = chain(['role-1', 'role-2'].map((role): ChainStep => ({ role, need: 1 })));
    const { told, watch } = await begun(asking(of));
    const links = await told.mail();
    await told.decide(Object.values(links)[0] as string, {}, directory);
    const stops = 4;
    const [head, events, record, task, link, inboxes, mails, again] = [1, 2, 1, 1, 1, maxAsked * 2, maxAsked, 1];
    expect(watch.most()).toBe(head + events + record + task + link + inboxes + mails + again + stops);
    expect(watch.most()).toBeLessThan(transactionLimits.items - 10);
  });

  it('is withdrawn at its last step: whoever is asked now is told, and many of those before', async () => {
    const { told, watch } = await begun();
    for (let step = 1; step < maxSteps; step += 1) await agree(told, 'Agreed.');
    const asked = (await told.state()).task?.approvers.slice(-maxAsked).map(({ id }) => id) ?? [];
    for (const row of notices(told)) await told.store.settle(told.ref, row.key);
    const idempotency = { key: 'key-1', requestHash: 'hash-1' };
    const who = { by: 'agent', address: given.agent, requestId: 'r-1', reason: 'not needed', idempotency } as const;
    await perform(told.store, told.ref, {}, told.context, (state, now) => cancel(state, who, now));
    const heard = notices(told).map(({ body }) => body.personId);
    expect(heard).toEqual(expect.arrayContaining(asked));
    expect(heard).toHaveLength(30 + maxAsked);
    expect(watch.of('intent.canceled')[0]).toBeLessThan(90);
  });

  it('is refused one step longer', () => {
    const step: ChainStep = { role: 'r', need: 1 };
    expect(() => chain(Array.from({ length: maxSteps + 1 }, () => step))).toThrow(`at most ${maxSteps} steps`);
  });

  it('takes long words while there is room, then short ones: whoever is brief can always decide', async () => {
    const { told, watch } = await begun();
    const long = '語'.repeat(maxCommentLength);
    let refused = 0;
    for (let step = 1; step <= maxSteps; step += 1) {
      const links = await told.mail();
      for (const { id } of (await told.state()).task?.approvers ?? []) {
        const link = links[id] as string;
        await told.decide(link, { comment: long }, directory).catch(async (error: unknown) => {
          expect(error).toMatchObject({ name: 'InvalidInput', details: { field: 'comment' } });
          refused += 1;
          await told.decide(link, { comment: 'Yes.' }, directory);
        });
      }
    }
    const { task, head } = await told.state();
    expect(task?.status).toBe('decided');
    expect(head.status).toBe('IN_PROGRESS');
    expect(refused).toBeGreaterThan(100);
    expect(Buffer.byteLength(JSON.stringify(task))).toBeLessThan(taskRoom.forShort);
    expect(watch.most()).toBeLessThan(90);
    expect(watch.mostBytes()).toBeLessThan(1_000_000);
    // What was agreed on is executed.
    await told.begin('run-1');
    expect((await told.state()).head.openEffects).toBe(1);
  });
});

describe('one task', () => {
  it('climbs all its rungs at once: every reminder and escalation that there may be', async () => {
    const ladder = {
      remind: { after_seconds: 60, every_seconds: 60, times: maxReminders, final_seconds: 60 },
      escalate: Array.from({ length: maxEscalations }, (_, i) => ({ after_seconds: 100 + i, to: `role-${i + 1}` })),
      expire: { after_seconds: 2 * hour },
    };
    const type = { ...given.approvalType, task: { ...given.approvalType.task, role: 'role-1' } };
    const told = await story({ type, humanTask: { title: 'Look', ladder } });
    const watch = watched(told);
    await told.escalate({}, directory);
    told.pass(hour + 1800);
    await told.climb(1, 0, directory);
    expect((await told.state()).task?.approvers).toHaveLength(maxAsked);
    expect(watch.most()).toBeLessThan(90);
    await told.freeze();
    expect(watch.most()).toBeLessThan(90);
  });

  it('is taken back by no more than may be asked', async () => {
    const type = { ...given.approvalType, task: { ...given.approvalType.task, role: 'role-1' } };
    const told = await story({ type });
    await told.escalate({}, directory);
    const [first, second] = (await told.state()).task?.approvers ?? [];
    const [from, to] = [first?.id ?? '', second?.id ?? ''];
    const context = told.context();
    const handed = reassign(
      await told.state(),
      { by: 'person', id: from, via: 'signed in' },
      { to, note: '' },
      directory,
      context,
    );
    const after = 'writes' in handed ? handed.writes?.task : undefined;
    expect(after?.approvers).toHaveLength(maxAsked - 1);
    const filled = { ...after, approvers: [...(after?.approvers ?? []), { ...first, id: 'another' }] };
    const by = { by: 'person', id: from, via: 'signed in' } as const;
    const state = { ...(await told.state()), task: filled } as never;
    expect(() => takeBack(state, by, directory, context)).toThrow(
      expect.objectContaining({ code: 'too_many_approvers' }),
    );
  });

  it('is told of by nothing that comes a second time, or of another task', async () => {
    const told = await story();
    await told.escalate();
    const before = await told.state();
    for (const taskId of [before.task?.taskId ?? '', 'other'])
      expect(informMore(before, { taskId, informed: 25 }, told.context())).toEqual({ done: null });
  });
});

describe('the plan of a transaction', () => {
  const commitOf = async (): Promise<SealedCommit> => {
    const told = await story();
    let last: SealedCommit | undefined;
    const commit = told.store.commit.bind(told.store);
    told.store.commit = (sealed) => {
      last = sealed;
      return commit(sealed);
    };
    await told.escalate();
    return last as SealedCommit;
  };
  const owing = (commit: SealedCommit, rows: number, note = '') => ({
    ...commit,
    owed: Array.from({ length: rows }, (_, i) => ({
      key: `mail#${i}`,
      kind: 'mail' as const,
      dueAt: 0,
      attempts: 0,
      traceId: 't',
      body: { note },
    })),
  });

  it.each([
    ['a hundred items', 100, '', true],
    ['one more', 101, '', false],
    ['4 MB in items that each fit', 12, 'x'.repeat(390_000), false],
    ['an item of more than 400 KB', 1, 'x'.repeat(transactionLimits.itemBytes), false],
  ])('takes or refuses %s before anything is sent', async (_, items, note, taken) => {
    const commit = await commitOf();
    const bare = operationsOf(owing(commit, 0), tables).length;
    const plan = () => operationsOf(owing(commit, items > 50 ? items - bare : items, note), tables);
    if (taken) expect(plan()).toHaveLength(items);
    else expect(plan).toThrow(expect.objectContaining({ name: 'TerminalError', code: 'commit_too_large' }));
  });
});
