import { describe, expect, it } from 'vitest';
import { type Chain, chain, person as named, oneOf } from '../../core/chain.ts';
import { perform } from '../../core/commit.ts';
import { Directory, type Person } from '../../core/directory.ts';
import type { ActionType, IntentType } from '../../core/intent-type.ts';
import type { IntentState, LadderWish } from '../../core/model.ts';
import { replacedLinkGraceSeconds } from '../../core/rules/decide.ts';
import { reassign, takeOver } from '../../core/rules/delegate.ts';
import { linkFor } from '../../core/rules/link.ts';
import { wakeOf } from '../../core/rules/wake.ts';
import * as given from './builders.ts';
import { type Story, story } from './story.ts';

const person = (id: string, roles: string[], more: Partial<Person> = {}): Person => ({
  id,
  name: id,
  mail: `${id}@example.com`,
  roles,
  ...more,
});
const people = [
  person('ada', ['approvers', 'refunds'], { manager: 'mia', backup: 'bob' }),
  person('ben', ['approvers', 'refunds'], { manager: 'mia' }),
  person('mia', ['managers']),
  person('bob', []),
  person('leo', ['leads']),
  person('liz', ['leads']),
  person('kim', ['approvers']),
];
const directory = new Directory(people);
const without = (...ids: string[]) => new Directory(people.filter((one) => !ids.includes(one.id)));

const escalating = (rule: Partial<NonNullable<LadderWish['escalate']>[number]> = {}, more: LadderWish = {}) => ({
  humanTask: {
    title: 'Look',
    assignees: ['ada'],
    ladder: { escalate: [{ after_seconds: 3600, ...rule }], ...more },
  },
});

async function waiting(
  asked: Parameters<typeof story>[0],
  who = directory,
): Promise<{ told: Story; links: Record<string, string> }> {
  const told = await story(asked);
  if (told.type.shape === 'action') await told.check();
  await told.escalate({}, who);
  return { told, links: await told.mail() };
}
const askedNow = async (told: Story) => (await told.state()).task?.approvers.map(({ id }) => id);
const mailed = ({ store, ref }: Story) =>
  store
    .outbox(ref)
    .filter((row) => row.kind === 'mail')
    .map(({ body }) => [body.personId, body.why, body.rung, body.level]);
const lastRecord = ({ store, ref }: Story) => store.entries(ref).at(-1);
const eventsOf = async ({ store, ref }: Story) => (await store.events(ref, 0, 100)).map((event) => event.type);

describe('an escalation', () => {
  it.each<[string, object, Directory, string[]]>([
    ['the manager, where nothing is named', {}, directory, ['mia']],
    ['else the backup', {}, without('mia'), ['bob']],
    ['else everyone of the role who is not asked yet', {}, without('mia', 'bob'), ['ben', 'kim']],
    ['nobody where there is nobody', {}, without('mia', 'bob', 'ben', 'kim'), []],
    ['the manager', { to: 'manager' }, directory, ['mia']],
    ['nobody where the manager has left', { to: 'manager' }, without('mia'), []],
    ['the backup', { to: 'backup' }, directory, ['bob']],
    ['the role', { to: 'role' }, directory, ['ben', 'kim']],
    ['a person by id', { to: 'leo' }, directory, ['leo']],
    ['a person by mail address', { to: 'LIZ@example.com' }, directory, ['liz']],
    ['everyone of another role', { to: 'leads' }, directory, ['leo', 'liz']],
  ])('goes to %s', async (_, rule, later, added) => {
    const { told } = await waiting(escalating(rule));
    told.pass(3600);
    expect(await told.climb(1, 0, later)).toMatchObject({ next: 'wait' });
    expect(await askedNow(told)).toEqual(['ada', ...added]);
    expect(mailed(told)).toEqual(added.map((id) => [id, 'escalated', 1, 'intent']));
    const record = lastRecord(told)?.record;
    expect(record?.action).toBe('task.escalated');
    expect(record?.data.rungs).toMatchObject([
      {
        rung: 1,
        do: 'escalate',
        at: given.later(given.start, 3600),
        level: 'intent',
        ...(added.length === 0 ? { to: 'nobody' } : {}),
      },
    ]);
    const escalated = (await told.store.events(told.ref, 0, 100)).filter(({ type }) => type === 'intent.escalated');
    expect(escalated.map(({ details, pendingWith }) => [details.to, pendingWith?.name])).toEqual(
      added.length === 0 ? [] : [[added.map((id) => ({ id, name: id })), ['ada', ...added].join(', ')]],
    );
  });

  it('never asks the requester, nor who is asked or has decided', async () => {
    const { told } = await waiting({ ...escalating(), onBehalfOf: 'mia' });
    told.pass(3600);
    await told.climb(1, 0, directory);
    expect(await askedNow(told)).toEqual(['ada', 'bob']);
    const role = await waiting({ ...escalating({ to: 'role' }), onBehalfOf: 'kim@example.com' });
    role.told.pass(3600);
    await role.told.climb(1, 0, directory);
    expect(await askedNow(role.told)).toEqual(['ada', 'ben']);
  });

  it('adds people: whoever decides first decides, and a link of either is good', async () => {
    const { told, links } = await waiting(escalating());
    told.pass(3600);
    await told.climb(1, 0, directory);
    const { mia } = await told.mail();
    expect(mia).toBeDefined();
    await told.decide(links.ada as string, {}, directory);
    expect(await told.decide(mia as string, {}, directory)).toMatchObject({
      fresh: false,
      decision: { by: { id: 'ada' } },
    });
  });

  it('replaces people: their links decide nothing any more, not for a moment', async () => {
    const { told, links } = await waiting(escalating({ how: 'replaces' }));
    told.pass(3600);
    await told.climb(1, 0, directory);
    expect(await askedNow(told)).toEqual(['mia']);
    const refused = { name: 'PolicyDenied' };
    await expect(told.decide(links.ada as string, {}, directory)).rejects.toMatchObject(refused);
    const { mia } = await told.mail();
    told.pass(replacedLinkGraceSeconds - 1);
    await expect(told.decide(links.ada as string, {}, directory)).rejects.toMatchObject(refused);
    expect(await told.decide(mia as string, {}, directory)).toMatchObject({ fresh: true });
  });

  it('to a role asks its people while they hold it', async () => {
    const { told } = await waiting(escalating({ to: 'leads' }));
    told.pass(3600);
    await told.climb(1, 0, directory);
    const { leo } = await told.mail();
    const demoted = new Directory(people.map((one) => (one.id === 'leo' ? { ...one, roles: [] } : one)));
    await expect(told.decide(leo as string, {}, demoted)).rejects.toMatchObject({ name: 'PolicyDenied' });
    expect(await told.decide(leo as string, {}, directory)).toMatchObject({ fresh: true });
  });

  it('asks a stand-in for whoever is out of office, in their place, and nobody who may not decide for this agent', async () => {
    const away = { from: given.start, until: given.later(given.start, 86_400), delegate: 'leo' };
    const changed = (more: Partial<Person>) =>
      new Directory(people.map((one) => (one.id === 'mia' ? { ...one, ...more } : one)));
    const { told } = await waiting(escalating());
    told.pass(3600);
    await told.climb(1, 0, changed({ away }));
    expect((await told.state()).task?.approvers[1]).toMatchObject({ id: 'leo', for: { id: 'mia', because: 'away' } });
    const other = await waiting(escalating());
    other.told.pass(3600);
    await other.told.climb(1, 0, changed({ mayDecideFor: ['agent://other/*/*'] }));
    expect(await askedNow(other.told)).toEqual(['ada', 'bob']);
  });

  it('brings nobody back who has handed it over; whoever has it by a role hands it only to one who holds that', async () => {
    const { told } = await waiting(escalating({ to: 'leads' }));
    told.pass(3600);
    await told.climb(1, 0, directory);
    const hand = (to: string) =>
      perform(told.store, told.ref, {}, told.context, (state, at) =>
        reassign(state, { by: 'person', id: 'leo', via: 'signed in' }, { to, note: '' }, directory, at),
      );
    await expect(hand('kim')).rejects.toMatchObject({ name: 'InvalidInput' });
    const { told: back } = await waiting({ ...escalating({ to: 'role' }) });
    await perform(back.store, back.ref, {}, back.context, (state, at) =>
      reassign(state, { by: 'person', id: 'ada', via: 'signed in' }, { to: 'bob', note: '' }, directory, at),
    );
    back.pass(3600);
    await back.climb(1, 0, directory);
    expect(await askedNow(back)).toEqual(['bob', 'ben', 'kim']);
  });

  it('by an agent’s wish brings in nobody without the role where its type assigns, nor anybody where a step asks one person', async () => {
    const type = (of: Chain) =>
      ({
        ...given.approvalType,
        assignment: [{ id: 'r', reason: 'r', says: 'R.', when: () => true, of }],
      }) as IntentType;
    const leads = await waiting({ ...escalating({ to: 'leads' }), type: type(oneOf('refunds')) });
    expect((await leads.told.state()).task?.ignored).toContain('leads');
    const role = await waiting({ ...escalating({ to: 'mia' }), type: type(chain([named('ada')])) });
    role.told.pass(3600);
    await role.told.climb(1, 0, directory);
    expect(await askedNow(role.told)).toEqual(['ada']);
  });

  it('by an agent’s wish brings in nobody without the role that the policy asks for; by its type it does', async () => {
    const asked = { type: given.refundType, payload: given.refundPayload() };
    const wished = await waiting({ ...asked, ...escalating({}) });
    wished.told.pass(3600);
    await wished.told.climb(1, 0, directory);
    // The manager and the backup don't hold the role refunds; Ben does.
    expect(await askedNow(wished.told)).toEqual(['ada', 'ben']);
    const type: IntentType = {
      ...given.refundType,
      task: { ...given.refundType.task, level: { escalate: [{ afterSeconds: 3600 }] } },
    };
    const declared = await waiting({ ...asked, type });
    declared.told.pass(3600);
    await declared.told.climb(1, 0, directory);
    expect(await askedNow(declared.told)).toEqual(['ada', 'ben', 'mia']);
    const { mia } = await declared.told.mail();
    expect(await declared.told.decide(mia as string, {}, directory)).toMatchObject({
      fresh: true,
      status: 'IN_PROGRESS',
    });
  });
});

const asking = (need: number | 'all', how: 'adds' | 'replaces'): ActionType => ({
  ...given.refundType,
  task: { ...given.refundType.task, level: { escalate: [{ afterSeconds: 3600, to: 'mia', how }] } },
  policy: {
    version: 'test',
    rules: [
      {
        id: 'ask',
        reason: 'ask',
        says: 'Ask.',
        when: () => true,
        verdict: {
          do: 'require',
          of: chain([
            { role: 'refunds', need },
            { role: 'leads', need: 1 },
          ]),
        },
      },
    ],
  },
});

describe('out of office while a task is open', () => {
  const away = { from: '2026-11-20T10:00:00Z', until: '2026-12-20T00:00:00Z' };
  const known = (more: Partial<Person>) =>
    new Directory(people.map((one) => (one.id === 'ada' ? { ...one, away, ...more } : one)));

  it('the stand-in is asked from the next rung on, and the absent person is reminded of nothing', async () => {
    const { told, links } = await waiting({});
    const directory = known({ backup: 'ben', away: { ...away, delegate: 'pat' } });
    const withPat = new Directory([...directory.everybody, person('pat', ['approvers'])]);
    told.pass(24 * 3600);
    await told.climb(1, 0, withPat);
    expect(await askedNow(told)).toEqual(['pat', 'ben', 'kim']);
    expect((await told.state()).task?.approvers[0]?.for).toMatchObject({ id: 'ada', because: 'away' });
    expect(mailed(told).map(([id, why]) => `${id} ${why}`)).toEqual(['pat assigned', 'ben reminder', 'kim reminder']);
    expect(lastRecord(told)?.record.data).toMatchObject({ reminded: [expect.anything(), expect.anything()] });
    expect(told.read().at(-1)?.data).toMatchObject({
      reminded: ['ben', 'kim'],
      stand_ins: [{ person: 'pat', for: 'ada', because: 'away' }],
    });
    await expect(told.decide(links.ada as string, {}, withPat)).rejects.toMatchObject({ name: 'PolicyDenied' });
    const { pat } = await told.mail();
    expect((await told.decide(pat as string, {}, withPat)).decision).toMatchObject({ for: { id: 'ada' } });
  });

  it('one fewer is asked where the stand-in is asked anyway and enough are left, else nobody changes', async () => {
    const { told } = await waiting({});
    told.pass(24 * 3600);
    await told.climb(1, 0, known({ backup: 'ben' }));
    expect(await askedNow(told)).toEqual(['kim', 'ben']);
    const all = await waiting({ type: asking('all', 'adds'), payload: given.refundPayload() });
    all.told.pass(3600);
    await all.told.climb(1, 0, known({ backup: 'ben' }));
    expect(await askedNow(all.told)).toEqual(['ada', 'ben', 'mia']);
  });

  it('nobody stands in who may not decide', async () => {
    const { told } = await waiting({});
    told.pass(24 * 3600);
    await told.climb(1, 0, known({ backup: 'bob' }));
    expect(await askedNow(told)).toEqual(['ada', 'ben', 'kim']);
  });
});

describe('what a step needs', () => {
  it.each<[string, number | 'all', 'adds' | 'replaces', string[], { decided: number; needed: number }]>([
    ['all, more people asked: as many as before', 'all', 'adds', ['ada', 'ben', 'mia'], { decided: 1, needed: 2 }],
    ['all, one replaced: who decided and who came', 'all', 'replaces', ['ada', 'mia'], { decided: 1, needed: 2 }],
    ['two, one replaced', 2, 'replaces', ['ada', 'mia'], { decided: 1, needed: 2 }],
  ])('%s', async (_, need, how, asked, progress) => {
    const { told, links } = await waiting({ type: asking(need, how), payload: given.refundPayload() });
    await told.decide(links.ada as string, {}, directory);
    told.pass(3600);
    await told.climb(1, 0, directory);
    expect(await askedNow(told)).toEqual(asked);
    const { mia } = await told.mail();
    expect(await told.decide(mia as string, {}, directory)).toMatchObject({ waitsFor: 'leo, liz' });
    expect(progress.needed).toBe(2);
    // The next step has numbers and a ladder of its own.
    const { task } = await told.state();
    expect(task).toMatchObject({ step: 1, rung: 0 });
    expect(task).not.toHaveProperty('needed');
  });

  it('of all of two is never what one other gives alone: nobody is replaced', async () => {
    const { told } = await waiting({ type: asking('all', 'replaces'), payload: given.refundPayload() });
    told.pass(3600);
    await told.climb(1, 0, directory);
    expect(await askedNow(told)).toEqual(['ada', 'ben', 'mia']);
    expect((await told.state()).task).toMatchObject({ step: 0, needed: 2 });
    const { mia, ben } = await told.mail();
    expect(await told.decide(mia as string, {}, directory)).toMatchObject({ waitsFor: 'ada, ben' });
    expect(ben).toBeUndefined();
  });

  it('is what an administrator alone must give, once they have taken it over', async () => {
    const { told } = await waiting({ type: asking('all', 'adds'), payload: given.refundPayload() });
    told.pass(3600);
    await told.climb(1, 0, directory);
    const kai = person('kai', ['admins']);
    const known = new Directory([...people, kai]);
    await perform(told.store, told.ref, {}, told.context, (state, at) =>
      takeOver(state, { by: 'person', id: 'kai', via: 'signed in' }, '', known, at),
    );
    expect(await askedNow(told)).toEqual(['kai']);
    const links = await told.mail();
    expect(await told.decide(links.kai as string, {}, known)).toMatchObject({ waitsFor: 'leo, liz' });
  });

  it('is never made impossible: where too few would be left, nobody is replaced', async () => {
    const { told } = await waiting({ type: asking(2, 'replaces'), payload: given.refundPayload() });
    told.pass(3600);
    await told.climb(1, 0, directory);
    expect(await askedNow(told)).toEqual(['ada', 'ben', 'mia']);
  });
});

describe('rungs that come late', () => {
  const busy = {
    humanTask: {
      title: 'Look',
      assignees: ['ada'],
      ladder: {
        remind: { after_seconds: 1000, every_seconds: 1000, times: 2, final_seconds: 1000 },
        escalate: [
          { after_seconds: 2500, to: 'leads', how: 'replaces' as const },
          { after_seconds: 2600, to: 'mia', how: 'replaces' as const },
        ],
        expire: { after_seconds: 5000 },
      },
    },
  };

  it('several at once: each is recorded once, and nobody is mailed for what is superseded', async () => {
    const { told } = await waiting(busy);
    told.pass(2700);
    const first = await told.climb(1, 0, directory);
    expect(first).toEqual({ next: 'wait', waitUntil: given.later(given.start, 4000), rung: 4 });
    expect(await told.climb(1, 0, directory)).toEqual(first);
    expect(mailed(told)).toEqual([['mia', 'escalated', 4, 'intent']]);
    const records = told.store.records(told.ref).filter(({ action }) => action === 'task.escalated');
    expect(records.map(({ data }) => data.rungs)).toMatchObject([
      [
        { rung: 1, do: 'remind', superseded: true },
        { rung: 2, do: 'remind' },
        { rung: 3, do: 'escalate' },
        { rung: 4, do: 'escalate' },
      ],
    ]);
    told.goTo(given.later(given.start, 4000));
    await told.climb(1, 4, directory);
    expect(mailed(told).slice(1)).toEqual([['mia', 'final', 5, 'intent']]);
  });

  it('past the end: the end’s record names them all', async () => {
    const { told } = await waiting(busy);
    told.pass(9999);
    expect(await told.climb(1, 0, directory)).toEqual({ next: 'ended' });
    const missed = lastRecord(told)?.record.data.rungs;
    expect(missed).toMatchObject([1, 2, 3, 4, 5].map((rung) => ({ rung, superseded: true })));
    expect(mailed(told)).toEqual([]);
  });
});

describe('what is decided already', () => {
  it('is not mailed any more, whatever was owed', async () => {
    const { told, links } = await waiting(escalating({}, { remind: { after_seconds: 3600 } }));
    told.pass(3600);
    await told.climb(1, 0, directory);
    const orders = told.store.outbox(told.ref).filter((row) => row.kind === 'mail');
    expect(orders.map(({ body }) => [body.personId, body.why])).toEqual([
      ['ada', 'reminder'],
      ['mia', 'escalated'],
    ]);
    await told.decide(links.ada as string, {}, directory);
    for (const { body } of orders) expect(linkFor(await told.state(), body as never, 'h', told.now())).toBeUndefined();
    expect(await told.mail()).toEqual({});
    // Nor reminded, nor escalated again.
    told.pass(40 * 3600);
    expect(await told.climb(1, 1, directory)).toEqual({ next: 'ended' });
    expect(told.store.outbox(told.ref).filter((row) => row.kind === 'mail')).toEqual([]);
  });

  it('each mail’s record says by which rung it was sent, and who declared that', async () => {
    const { told } = await waiting(escalating());
    told.pass(3600);
    await told.climb(1, 0, directory);
    await told.mail();
    const notified = told.store.records(told.ref).filter(({ action }) => action === 'approver.notified');
    expect(notified.map(({ data }) => [data.why, data.rung, data.level, data.message_id])).toEqual([
      ['assigned', undefined, undefined, 'm-1'],
      ['escalated', 1, 'intent', 'm-1'],
    ]);
  });
});

describe('an end that decides', () => {
  const deciding = (outcome: string, base: IntentType = given.approvalType): IntentType =>
    ({
      ...base,
      task: { ...base.task, defaultOutcomes: [outcome], level: { expire: { afterSeconds: 3600, outcome } } },
    }) as IntentType;
  const action = (outcome: string) =>
    deciding(outcome, {
      ...given.refundType,
      tools: given.refundType.tools.map((tool) => ({ ...tool, effectClass: 'reversible' })),
    } as ActionType);

  it('completes an approval with that outcome, by nobody', async () => {
    const { told } = await waiting({ type: deciding('rejected') });
    told.pass(3600);
    expect(await told.climb(1, 0, directory)).toEqual({ next: 'ended' });
    const { head, outcome, task } = await told.state();
    expect(head.status).toBe('COMPLETED');
    expect(outcome?.result).toMatchObject({
      approved: false,
      task_result: { outcome: 'rejected', decided_by: 'ladder' },
    });
    expect(task).toMatchObject({ status: 'decided', votes: [], decision: { via: 'service level' } });
    expect(lastRecord(told)?.record).toMatchObject({
      action: 'task.defaulted',
      actor: { kind: 'system', id: 'ladder' },
      data: { outcome: 'rejected', level: 'intent_type' },
    });
    expect(await eventsOf(told)).toContain('intent.timeout');
    // Once more, by a sweep or a step that is invoked twice: nothing.
    expect(await told.climb(1, 0, directory)).toEqual({ next: 'ended' });
    expect(told.store.outbox(told.ref)).toEqual([]);
  });

  it('lets an action go on, or denies it', async () => {
    const asked = { payload: given.refundPayload() };
    const goes = await waiting({ ...asked, type: action('approved') });
    goes.told.pass(3600);
    expect(await goes.told.climb(1, 0, directory)).toEqual({ next: 'approved' });
    await expect(goes.told.begin('owner')).resolves.toMatchObject({ do: 'call' });
    const denied = await waiting({ ...asked, type: action('rejected') });
    denied.told.pass(3600);
    expect(await denied.told.climb(1, 0, directory)).toEqual({ next: 'ended' });
    expect((await denied.told.state()).head.status).toBe('FAILED');
    expect(wakeOf(await denied.told.state())).toMatchObject({ answer: 'PolicyDenied' });
  });

  it('never stands for people who must agree one after the other', async () => {
    const type = {
      ...asking(1, 'adds'),
      tools: action('approved').shape === 'action' ? (action('approved') as ActionType).tools : [],
    };
    const { told } = await waiting({
      type: { ...type, task: { ...type.task, level: { expire: { afterSeconds: 3600, outcome: 'approved' } } } },
      payload: given.refundPayload(),
    });
    told.pass(3600);
    expect(await told.climb(1, 0, directory)).toEqual({ next: 'ended' });
    expect((await told.state()).head.status).toBe('TIMED_OUT');
  });

  it.each<[string, Chain]>([
    ['several of one step', chain([{ role: 'approvers', need: 2 }], 'majority')],
    ['whoever has said no already', chain([{ role: 'refunds', need: 1 }], 'majority')],
  ])('never stands for %s, and the agent is told of the no', async (_, of) => {
    const assignment = [{ id: 'r', reason: 'r', says: 'R.', when: () => true, of }];
    const { told, links } = await waiting({ type: { ...deciding('approved'), assignment } as IntentType });
    const [one] = Object.values(links);
    await told.decide(one as string, { outcome: 'rejected', comment: 'No.' }, directory);
    expect((await told.state()).task?.status).toBe('open');
    told.pass(3600);
    expect(await told.climb(1, 0, directory)).toEqual({ next: 'ended' });
    const { head, outcome } = await told.state();
    expect(head.status).toBe('TIMED_OUT');
    expect(outcome?.error?.details).toMatchObject({ decisions: [{ outcome: 'rejected', comment: 'No.' }] });
  });

  it('waits for no stop: under one, nothing is decided', async () => {
    const { told } = await waiting({ type: deciding('rejected') });
    told.store.stop({ kind: 'everything' });
    told.pass(3600);
    await expect(told.climb(1, 0, directory)).rejects.toMatchObject({ name: 'PolicyDenied' });
    expect(((await told.state()) as IntentState).task?.status).toBe('open');
  });
});
