/** Who is asked: by assignment rules, by what a step asks, in whose place; and never whoever may not decide. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AssignmentRule } from '../../core/assignment.ts';
import { type Asks, type Chain, chain, manager, oneOf, person } from '../../core/chain.ts';
import { perform } from '../../core/commit.ts';
import { approversFor, Directory, type Person } from '../../core/directory.ts';
import { agentMatches, isRequester } from '../../core/eligible.ts';
import type { IntentType } from '../../core/intent-type.ts';
import { reassign, takeBack, takeOver } from '../../core/rules/delegate.ts';
import { pendingIn } from '../../core/rules/steps.ts';
import { runs } from '../properties.ts';
import * as given from './builders.ts';
import { type Story, story } from './story.ts';

const someone = (id: string, more: Partial<Person> = {}): Person => ({
  id,
  name: `${id} Example`,
  mail: `${id}@example.com`,
  roles: [],
  ...more,
});
const away = (delegate?: string) => ({
  from: '2026-11-01T00:00:00Z',
  until: '2026-12-01T00:00:00Z',
  ...(delegate ? { delegate } : {}),
});
const asking = (assignment: readonly AssignmentRule[]): IntentType =>
  ({ ...given.approvalType, assignment }) as IntentType;
const rule = (of: AssignmentRule['of'], when: AssignmentRule['when'] = () => true): AssignmentRule => ({
  id: 'rule-1',
  reason: 'because',
  says: 'Because.',
  when,
  of,
});

async function opened(type: IntentType, directory: Directory, more: object = {}) {
  const told = await story({ type, ...more });
  await told.escalate({}, directory);
  return told;
}
const asked = async (told: Story) => (await told.state()).task?.approvers.map((one) => one.id);

describe('assignment rules', () => {
  const people = [
    someone('ada', { roles: ['approvers'], region: 'EU' }),
    someone('ben', { roles: ['approvers'], region: 'US' }),
    someone('cleo', { roles: ['finance'] }),
    someone('dan', { manager: 'cleo' }),
  ];
  const directory = new Directory(people);
  const rules = [
    rule(oneOf('finance'), ({ payload }) => Number(payload.amount) > 100),
    rule(oneOf('finance'), ({ tenant }) => tenant === 'other/shop'),
    rule(chain([person('ben@example.com')]), ({ agent }) => agentMatches('agent://*/*/bot-*', agent)),
    rule(
      ({ payload }) => chain([{ role: 'approvers', region: String(payload.region), need: 1 }]),
      ({ payload }) => 'region' in payload,
    ),
  ];
  it.each<[string, object, string[]]>([
    ['an amount', { payload: { amount: 101 } }, ['cleo']],
    ['a tenant', { tenant: 'other/shop', payload: {} }, ['cleo']],
    ['an agent', { from: 'agent://acme/shop/bot-7', payload: {} }, ['ben']],
    ['a region of the payload', { payload: { region: 'US' } }, ['ben']],
    ['nothing of it: the role of the type', { payload: {} }, ['ada', 'ben']],
  ])('by %s', async (_, intent, expected) => {
    const told = await opened(asking(rules), directory, intent);
    expect(await asked(told)).toEqual(expected);
    const why = (await told.state()).task?.why.map((one) => one.reason);
    expect(why?.includes('because')).toBe(!_.startsWith('nothing'));
  });

  it('naming people only narrows them', async () => {
    const humanTask = { title: 'Look', assignees: ['cleo', 'ada'] };
    const told = await opened(asking([rule(oneOf('approvers'))]), directory, { humanTask });
    expect(await asked(told)).toEqual(['ada']);
    expect((await told.state()).task?.ignored).toEqual(['cleo']);
    const byName = await opened(asking([rule(chain([person('ben')]))]), directory, { humanTask });
    expect(await asked(byName)).toEqual(['ben']);
  });

  it('ask nobody where one can not be evaluated', async () => {
    const broken = asking([
      rule(oneOf('finance'), () => {
        throw new Error('no such field');
      }),
    ]);
    await expect(opened(broken, directory)).rejects.toMatchObject({ name: 'TerminalError', code: 'assignment_failed' });
  });

  it('ask the manager of the person the agent acts for, then finance', async () => {
    const people = [someone('boss'), someone('dan', { manager: 'boss' }), someone('cleo', { roles: ['finance'] })];
    const known = new Directory(people);
    const type = asking([rule(chain([manager, { role: 'finance', need: 1 }]))]);
    const told = await opened(type, known, { onBehalfOf: 'dan@example.com' });
    expect(await asked(told)).toEqual(['boss']);
    const { boss } = await told.mail();
    await told.decide(boss as string, {}, known);
    expect(await asked(told)).toEqual(['cleo']);
    for (const onBehalfOf of [undefined, 'cleo', 'stranger'])
      await expect(opened(type, known, onBehalfOf ? { onBehalfOf } : {})).rejects.toMatchObject({
        code: 'no_approver',
      });
  });

  it('of a policy may leave it to them', async () => {
    const rules = given.refundType.policy.rules.map((one) =>
      one.verdict.do === 'require' ? { ...one, verdict: { do: 'require' as const, of: 'assigned' as const } } : one,
    );
    const type = {
      ...given.refundType,
      policy: { ...given.refundType.policy, rules },
      assignment: [rule(oneOf('finance'), ({ payload }) => Number(payload.amount_cents) > 100_00)],
    } as IntentType;
    const told = await story({ type, payload: given.refundPayload() });
    await told.check();
    await told.escalate({}, directory);
    expect(await asked(told)).toEqual(['cleo']);
    expect((await told.state()).plan?.fired.map((one) => one.reason)).toEqual(['amount_needs_approval', 'because']);
  });
});

describe('patterns of agents', () => {
  it.each([
    ['agent://acme/shop/bot', 'agent://acme/shop/bot', true],
    ['agent://acme/*/bot', 'agent://acme/shop/bot', true],
    ['agent://acme/shop/refund-*', 'agent://acme/shop/refund-7', true],
    ['agent://acme/shop/*-*-*', 'agent://acme/shop/a-b-c', true],
    ['agent://acme/shop/*-*-*', 'agent://acme/shop/a-b', false],
    ['agent://acme/*', 'agent://acme/shop/bot', false],
    ['agent://acme/shop/a*a', 'agent://acme/shop/a', false],
    ['agent://acme/shop/bot', 'agent://acme/shop/bot2', false],
    ['agent://acme/shop/b.t', 'agent://acme/shop/bot', false],
  ])('%s means %s: %s', (pattern, address, expected) => {
    expect(agentMatches(pattern, address)).toBe(expected);
  });
});

describe('out of office', () => {
  const ids = (people: Person[], asks: Asks, more: object = {}) =>
    approversFor(new Directory(people), { ...asks, now: given.start, ...more }).approvers.map((one) =>
      one.for ? `${one.id} for ${one.for.id}` : one.id,
    );
  const both = [someone('ada', { roles: ['r'], away: away('ben') }), someone('ben', { roles: ['r'] })];
  it.each<[string, string[], Person[], Asks, object]>([
    ['the delegate', ['ben for ada'], [someone('ada', { away: away('ben') }), someone('ben')], { person: 'ada' }, {}],
    [
      'the backup, where there is no delegate',
      ['ben for ada'],
      [someone('ada', { away: away(), backup: 'ben' }), someone('ben')],
      { person: 'ada' },
      {},
    ],
    [
      'the delegate of a delegate',
      ['cleo for ada'],
      [someone('ada', { away: away('ben') }), someone('ben', { away: away('cleo') }), someone('cleo')],
      { person: 'ada' },
      {},
    ],
    [
      'themselves, where it goes round',
      ['ada'],
      [someone('ada', { away: away('ben') }), someone('ben', { away: away('ada') })],
      { person: 'ada' },
      {},
    ],
    ['themselves, where nobody stands in', ['ada'], [someone('ada', { away: away() })], { person: 'ada' }, {}],
    [
      'themselves, where the delegate lacks the role',
      ['ada'],
      [someone('ada', { roles: ['r'], away: away('ben') }), someone('ben')],
      { role: 'r' },
      {},
    ],
    [
      'themselves, where the agent acts for the delegate',
      ['ada'],
      [someone('ada', { away: away('ben') }), someone('ben')],
      { person: 'ada' },
      { onBehalfOf: 'ben' },
    ],
    ['one fewer, where the delegate is asked anyway', ['ben for ada'], both, { role: 'r' }, { need: 1 }],
    ['both, where the step needs both', ['ben', 'ada'], both, { role: 'r' }, { need: 2 }],
    ['both, where all must decide', ['ben', 'ada'], both, { role: 'r' }, { need: 'all' }],
    ['themselves, once they are back', ['ada', 'ben'], both, { role: 'r' }, { now: '2026-12-01T00:00:00Z' }],
  ])('asks %s', (_, expected, people, asks, more) => {
    expect(ids(people, asks, more)).toEqual(expected);
  });
});

describe('the person whom the agent acts for, by whatever name', () => {
  const known = new Directory([
    someone('ada', { userName: 'ADA-7', roles: ['approvers'] }),
    someone('ben', { roles: ['approvers'] }),
  ]);
  it.each([
    'ada',
    'Ada@Example.com',
    'ada-7',
    ' ada',
    'ada@example.com ',
    'mailto:ada@example.com',
    'MAILTO:ada%40example.com?subject=x',
    'Ada <ada@example.com>',
    '"Ada" <mailto:ada@example.com> ',
    'a\u200bda',
    'ａｄａ',
  ])('%j is not asked', async (onBehalfOf) => {
    const told = await opened(given.approvalType, known, { onBehalfOf });
    expect(await asked(told)).toEqual(['ben']);
    expect((await told.state()).task?.requester).toBe('ada');
  });

  it.each(['', ' ', '<>', 'mailto:', '\u200b'])('%j is nobody, and refused', async (onBehalfOf) => {
    await expect(story({ onBehalfOf })).rejects.toMatchObject({ details: { field: 'on_behalf_of' } });
  });

  it('stays the same person under a new address', async () => {
    const told = await opened(given.approvalType, known, { onBehalfOf: 'ada@example.com' });
    const { task } = await told.state();
    expect(task?.requester).toBe('ada');
    const renamed = someone('ada', { mail: 'new@example.com', roles: ['approvers'] });
    const question = { onBehalfOf: 'ada@example.com', requester: task?.requester };
    expect(isRequester(renamed, question, new Directory([renamed]))).toBe(true);
  });
});

const idOf = fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f');
const patterns = fc.constantFrom(['agent://acme/shop/*'], ['agent://acme/shop/support-bot'], ['agent://other/*/*']);
const people = fc
  .uniqueArray(
    fc.record(
      {
        id: idOf,
        roles: fc.subarray(['r1', 'r2', 'admins']),
        manager: idOf,
        backup: idOf,
        region: fc.constantFrom('EU', 'US'),
        delegate: fc.option(idOf, { nil: undefined }),
        absent: fc.boolean(),
        mayDecideFor: patterns,
      },
      { requiredKeys: ['id', 'roles'] },
    ),
    { selector: (one) => one.id, minLength: 3 },
  )
  .map((all) =>
    all.map(({ absent, delegate, ...one }) => someone(one.id, { ...one, ...(absent ? { away: away(delegate) } : {}) })),
  );
const step = fc.oneof(
  fc.record({ role: fc.constantFrom('r1', 'r2'), need: fc.constantFrom<number | 'all'>(1, 2, 'all') }),
  fc.record({ role: fc.constantFrom('r1', 'r2'), region: fc.constantFrom('EU', 'US'), need: fc.constant(1) }),
  idOf.map((id) => ({ person: id, need: 1 })),
  fc.constant(manager),
);
const moves = fc.array(
  fc.record({ do: fc.constantFrom('vote', 'vote', 'hand', 'hand', 'back', 'over', 'climb'), who: idOf, to: idOf }),
  { maxLength: 12 },
);

describe('whatever the directory says and whoever does what', () => {
  it(
    'nobody who may not decide is ever asked or decides, and never the person whom the agent acts for',
    () =>
      fc.assert(
        fc.asyncProperty(
          people,
          fc.array(step, { minLength: 1, maxLength: 2 }),
          idOf,
          moves,
          async (all, steps, requester, doing) => {
            const directory = new Directory(all, { roles: { r2: { mayDecideFor: ['agent://acme/*/*'] } } });
            const of: Chain = { steps, against: 'veto' };
            const told = await story({ type: asking([rule(of)]), onBehalfOf: `${requester}@example.com` });
            const ended = await told.escalate({}, directory).catch((error: Error) => error);
            if (ended) {
              expect(ended).toMatchObject({ code: 'no_approver' });
              return;
            }
            const handed: [string, string][] = [];
            const holds = async () => {
              const { task } = await told.state();
              const climbed = told.read().flatMap(({ data }) => JSON.stringify(data.rungs ?? []));
              for (const { id, as, for: whom } of task ? pendingIn(task) : []) {
                expect(id).not.toBe(requester);
                const one = directory.find(id) as Person;
                expect(one.mayDecideFor?.[0] ?? '').not.toContain('other');
                const now = task?.chain.steps[task.step];
                if (as === 'role' && now && 'role' in now) {
                  expect(one.roles).toContain(now.role);
                  if (now.region) expect(one.region).toBe(now.region);
                }
                // By name, of a role's step: whoever an escalation brought in, or was to and is back, and nobody they hand it to.
                if (as === 'named' && now && 'role' in now) {
                  const standIns = handed.flatMap(([one, other]) => (other === id ? [one] : []));
                  expect([id, ...standIns].some((one) => climbed.join().includes(`"${one}"`))).toBe(true);
                  if (whom?.because === 'handed_over') expect(whom.also).toBe(true);
                }
                if (whom) handed.push([id, whom.id]);
                if (now && !('role' in now) && whom?.because === 'handed_over') {
                  const from = directory.find(whom.id) as Person;
                  const stoodIn = handed.some(([one, other]) => one === from.id && other === id);
                  if (!stoodIn) expect([from.manager, from.backup, from.away?.delegate]).toContain(id);
                }
              }
              const voters = task?.votes.map((vote) => vote.by.id) ?? [];
              expect(new Set(voters).size).toBe(voters.length);
              expect(voters).not.toContain(requester);
              if (task?.status === 'open') expect(task.approvers.length).toBeGreaterThan(0);
            };
            await holds();
            const links: Record<string, string> = {};
            for (const { do: what, who, to } of doing) {
              Object.assign(links, await told.mail());
              const by = { by: 'person' as const, id: who, via: 'signed in' };
              const run = (act: Parameters<typeof perform>[4]) =>
                perform(told.store, told.ref, { request: true }, told.context, act);
              const act = {
                vote: async () => (links[who] ? told.decide(links[who], {}, directory) : undefined),
                hand: () => run((state, at) => reassign(state, by, { to, note: '' }, directory, at)),
                back: () => run((state, at) => takeBack(state, by, directory, at)),
                over: () => run((state, at) => takeOver(state, by, '', directory, at)),
                climb: async () => {
                  const { task } = await told.state();
                  told.goTo(task?.ladder[task.rung]?.at ?? told.now());
                  await told.climb(1, 0, directory);
                },
              }[what as 'vote'];
              await act().catch((error: Error) => {
                if (!['Conflict', 'PolicyDenied', 'InvalidInput'].includes(error.name)) throw error;
              });
              await holds();
            }
          },
        ),
        runs(400),
      ),
    60_000,
  );
});
