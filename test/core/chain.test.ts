import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type Chain,
  type ChainStep,
  chain,
  manager,
  person as named,
  oneOf,
  type Standing,
  standingOf,
} from '../../core/chain.ts';
import { perform } from '../../core/commit.ts';
import { Directory } from '../../core/directory.ts';
import type { ActionType, IntentType } from '../../core/intent-type.ts';
import { decide, replacedLinkGraceSeconds } from '../../core/rules/decide.ts';
import { takeOver } from '../../core/rules/delegate.ts';
import { wakeOf } from '../../core/rules/wake.ts';
import { runs } from '../properties.ts';
import * as given from './builders.ts';
import { type Story, story } from './story.ts';

describe('a step', () => {
  const asked = 3;
  it.each<[string, number | 'all', Chain['against'], boolean[], Standing]>([
    ['one of three', 1, 'veto', [], 'open'],
    ['one of three', 1, 'veto', [true], 'for'],
    ['one of three', 1, 'veto', [false], 'against'],
    ['one of three by majority', 1, 'majority', [false, false], 'open'],
    ['one of three by majority', 1, 'majority', [false, false, false], 'against'],
    ['two of three', 2, 'veto', [true], 'open'],
    ['two of three', 2, 'veto', [true, true], 'for'],
    ['two of three', 2, 'veto', [true, false], 'against'],
    ['two of three by majority', 2, 'majority', [true, false], 'open'],
    ['two of three by majority', 2, 'majority', [false, false], 'against'],
    ['two of three by majority', 2, 'majority', [true, false, true], 'for'],
    ['all', 'all', 'veto', [true, true], 'open'],
    ['all', 'all', 'veto', [true, true, true], 'for'],
    ['all by majority', 'all', 'majority', [false], 'against'],
  ])('%s (%s, %s) with %j is %s', (_, need, against, votes, expected) => {
    const cast = votes.map((vote) => ({ for: vote }));
    expect(standingOf({ role: 'r', need }, against, asked, cast)).toBe(expected);
  });

  it('is never undone by who decides later in the same sense', () =>
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 6 }),
        fc.integer({ min: 1, max: 6 }),
        fc.constantFrom<Chain['against']>('veto', 'majority'),
        fc.array(fc.boolean(), { maxLength: 6 }),
        (people, need, against, cast) => {
          const votes = cast.slice(0, people).map((vote) => ({ for: vote }));
          const now = standingOf({ role: 'r', need: Math.min(need, people) }, against, people, votes);
          if (votes.length === people) expect(now).not.toBe('open');
          if (now === 'for')
            expect(votes.filter((vote) => vote.for).length).toBeGreaterThanOrEqual(Math.min(need, people));
          if (now === 'against') expect(votes.some((vote) => !vote.for)).toBe(true);
        },
      ),
    ));

  it('cannot be declared so that nobody decides it', () => {
    expect(() => chain([])).toThrow(RangeError);
    for (const need of [0, -1, 1.5, Number.NaN]) expect(() => chain([{ role: 'r', need }])).toThrow(RangeError);
    expect(chain([{ role: 'r', need: 'all' }], 'majority').against).toBe('majority');
  });
});

const people = [
  ...['ada', 'ben', 'kim'].map((id) => ({ id, roles: ['refunds'] })),
  ...['cleo', 'dan'].map((id) => ({ id, roles: ['finance'] })),
  { id: 'eve', roles: ['refunds', 'finance'] },
].map((one) => ({ ...one, name: one.id, mail: `${one.id}@example.com` }));
const directory = new Directory(people);

const asking = (of: Chain): ActionType => ({
  ...given.refundType,
  policy: {
    version: 'test',
    rules: [{ id: 'ask', reason: 'ask', says: 'Ask.', when: () => true, verdict: { do: 'require', of } }],
  },
});

const managerThenFinance = chain([
  { role: 'refunds', need: 1 },
  { role: 'finance', need: 1 },
]);

async function waiting(of: Chain, who = directory): Promise<{ told: Story; links: Record<string, string> }> {
  const told = await story({ type: asking(of), payload: given.refundPayload() });
  await told.check();
  await told.escalate({}, who);
  return { told, links: await told.mail() };
}

describe('a chain of steps', () => {
  it('asks finance only after refunds, and goes on once both agree', async () => {
    const { told, links } = await waiting(managerThenFinance);
    expect(Object.keys(links)).toEqual(['ada', 'ben', 'kim', 'eve']);
    expect(await told.decide(links.ada as string, {}, directory)).toMatchObject({ waitsFor: 'cleo, dan, eve' });
    expect(await told.state()).toMatchObject({
      head: { status: 'WAITING' },
      task: { status: 'open', step: 1, role: 'finance' },
    });
    const second = await told.mail();
    expect(Object.keys(second)).toEqual(['cleo', 'dan', 'eve']);
    expect(await told.decide(second.dan as string, {}, directory)).toMatchObject({
      waitsFor: '',
      status: 'IN_PROGRESS',
    });
    await expect(told.begin('request-1')).resolves.toMatchObject({ do: 'call' });
    const actions = told.store.records(told.ref).map((record) => record.action);
    expect(actions.filter((action) => /^task\.(voted|decided)$/.test(action))).toEqual(['task.voted', 'task.decided']);
  });

  it('ends with the first decision against, in whatever step', async () => {
    const { told, links } = await waiting(managerThenFinance);
    await told.decide(links.ada as string, {}, directory);
    const { cleo } = await told.mail();
    await told.decide(cleo as string, { outcome: 'rejected', comment: 'too much' }, directory);
    const { head, outcome } = await told.state();
    expect(head.status).toBe('FAILED');
    expect(outcome?.error).toMatchObject({
      code: 'policy_denied',
      details: { decision: { decided_by: 'cleo', decisions: [{ decided_by: 'ada', step: 1 }, { step: 2 }] } },
    });
  });

  it('never lets one person decide two steps', async () => {
    const { told, links } = await waiting(managerThenFinance);
    await told.decide(links.eve as string, {}, directory);
    const second = await told.mail();
    expect(Object.keys(second)).toEqual(['cleo', 'dan']);
    // Her link shows what she decided, and decides nothing more.
    expect(await told.decide(links.eve as string, {}, directory)).toMatchObject({ fresh: false });
    expect(await told.state()).toMatchObject({ task: { status: 'open', step: 1 } });
  });

  it('takes no link of a step that is over, also not within the grace of a replaced one', async () => {
    const { told, links } = await waiting(managerThenFinance);
    await told.decide(links.ada as string, {}, directory);
    const late = { name: 'Conflict', code: 'link_dead' };
    await expect(told.decide(links.ben as string, {}, directory)).rejects.toMatchObject(late);
    await expect(told.decide(links.eve as string, {}, directory)).rejects.toMatchObject(late);
    await told.mail();
    told.pass(replacedLinkGraceSeconds - 1);
    await expect(told.decide(links.eve as string, {}, directory)).rejects.toMatchObject(late);
  });

  it('fails before anybody is asked where a step has too few people', async () => {
    const both = chain([
      { role: 'refunds', need: 1 },
      { role: 'finance', need: 4 },
    ]);
    const told = await story({ type: asking(both), payload: given.refundPayload() });
    await told.check();
    await expect(told.escalate({}, directory)).rejects.toMatchObject({
      code: 'no_approver',
      details: { role: 'finance', needed: 4, found: 3 },
    });
  });

  it('fails where people left meanwhile, and nothing is carried out', async () => {
    const { told, links } = await waiting(managerThenFinance);
    const left = new Directory(people.filter((one) => !one.roles.includes('finance')));
    await told.decide(links.ada as string, {}, left);
    const { head, task, outcome } = await told.state();
    expect(head.status).toBe('FAILED');
    expect(task?.status).toBe('closed');
    expect(outcome?.error?.code).toBe('no_approver');
    expect(wakeOf(await told.state())).toMatchObject({ do: 'redeem', answer: 'Cancelled' });
  });

  it('gives each step its own time, never beyond the deadline, and has the run look again', async () => {
    const { told, links } = await waiting(managerThenFinance);
    told.pass(71 * 3600);
    await told.climb();
    await told.decide(links.ada as string, {}, directory);
    const { task } = await told.state();
    expect(task?.ladder.map((rung) => rung.at)).toEqual(
      [24, 48, 72].map((hours) => given.later(told.now(), hours * 3600)),
    );
    expect(task?.rung).toBe(0);
    const again = told.store.outbox(told.ref).find((row) => row.kind === 'wake');
    expect(wakeOf(await told.state(), again?.body)).toEqual({ do: 'look_again', token: 'token-1' });
    // The run looked: its next token settles what was owed, and the same message later does nothing.
    await expect(told.climb(1, 1)).resolves.toMatchObject({ next: 'wait', waitUntil: task?.ladder[0]?.at, rung: 2 });
    await told.escalate({ rung: 2, token: 'token-2' }, directory);
    expect(told.store.outbox(told.ref).filter((row) => row.kind === 'wake')).toEqual([]);
    expect(wakeOf(await told.state(), again?.body)).toEqual({ do: 'drop' });
  });

  it('reminds only those who have not decided, each step from its own beginning', async () => {
    const { told, links } = await waiting(chain([{ role: 'refunds', need: 3 }]));
    await told.decide(links.ben as string, {}, directory);
    told.pass(24 * 3600);
    await told.climb();
    expect(Object.keys(await told.mail())).toEqual(['ada', 'kim', 'eve']);
  });

  it('counts two who decide at once both, and concludes once', async () => {
    const { told, links } = await waiting(chain([{ role: 'refunds', need: 2 }]));
    const both = await Promise.all(['ada', 'ben'].map((id) => told.decide(links[id] as string, {}, directory)));
    expect(both.map((one) => one.fresh)).toEqual([true, true]);
    expect(both.filter((one) => one.waitsFor === '')).toHaveLength(1);
    expect(await told.state()).toMatchObject({ task: { status: 'decided', votes: [{}, {}] } });
  });
});

/** Who could be asked of whatever a step names; `req` is the person that the agent acts for. */
const crew = [
  { id: 'req', roles: ['refunds'], manager: 'boss' },
  { id: 'boss', roles: ['finance'], region: 'EU' },
  { id: 'ada', roles: ['refunds'], region: 'EU' },
  { id: 'ben', roles: ['refunds'], region: 'US' },
  { id: 'cleo', roles: ['refunds', 'finance'], region: 'EU' },
  { id: 'dan', roles: ['finance'], region: 'US' },
  { id: 'sue', roles: [] },
  { id: 'kim', roles: ['admins'] },
].map((one) => ({ ...one, name: one.id, mail: `${one.id}@example.com` }));
const crewDirectory = new Directory(crew);

type Move = { do: 'vote'; id: string; approve: boolean } | { do: 'climb' } | { do: 'over' };
type How = 'adds' | 'replaces';

/** Whom a step means: neither the requester nor who has voted. */
const meant = (step: ChainStep, voted: string[]): string[] =>
  crew
    .filter((one) => {
      if ('person' in step) return one.id === step.person;
      if ('managerOf' in step) return one.id === 'boss';
      return one.roles.includes(step.role) && (step.region === undefined || one.region === step.region);
    })
    .map(({ id }) => id)
    .filter((id) => id !== 'req' && !voted.includes(id));

/** How many a step needs of so many, or nothing where they are too few. */
const needs = ({ need }: ChainStep, asked: number): number | undefined => {
  const needed = need === 'all' ? asked : need;
  return asked >= Math.max(1, needed) ? needed : undefined;
};

/** What should come of it, told as plainly as possible. Each step climbs once, to sue; kim is an administrator. */
function reference(of: Chain, how: How, moves: Move[]): 'never' | 'failed' | 'open' | 'for' | 'against' {
  if (of.steps.some((step) => needs(step, meant(step, []).length) === undefined)) return 'never';
  const voted: string[] = [];
  let step = 0;
  let asked: string[] = [];
  let [pro, contra]: string[][] = [[], []];
  let [needed, climbed, taken] = [0, false, false];
  const begin = (): boolean => {
    const now = of.steps[step] as ChainStep;
    asked = meant(now, voted);
    const count = needs(now, asked.length);
    [pro, contra, climbed, taken, needed] = [[], [], false, false, count ?? 0];
    return count !== undefined;
  };
  begin();
  for (const move of moves) {
    const cast = [...(pro ?? []), ...(contra ?? [])];
    if (move.do === 'climb') {
      if (climbed) continue;
      climbed = true;
      if (voted.includes('sue') || asked.includes('sue')) continue;
      if (how === 'replaces' && (pro ?? []).length + 1 >= needed) asked = cast;
      asked = [...asked, 'sue'];
    } else if (move.do === 'over') {
      if (voted.includes('kim') || (taken && asked.filter((id) => !cast.includes(id)).join() === 'kim')) continue;
      [asked, needed, taken] = [[...cast, 'kim'], (pro ?? []).length + 1, true];
    } else {
      if (!asked.includes(move.id) || voted.includes(move.id)) continue;
      voted.push(move.id);
      (move.approve ? pro : contra)?.push(move.id);
      const [yes, no] = [(pro ?? []).length, (contra ?? []).length];
      if (no > 0 && (of.against === 'veto' || (yes < needed && asked.length - no < needed))) return 'against';
      if (yes < needed) continue;
      if (step === of.steps.length - 1) return 'for';
      step += 1;
      if (!begin()) return 'failed';
    }
  }
  return 'open';
}

describe('whoever decides in whatever order, by whatever way they are asked', () => {
  const need = fc.constantFrom<number | 'all'>(1, 1, 2, 'all');
  const role = fc.constantFrom('refunds', 'finance');
  const step: fc.Arbitrary<ChainStep> = fc.oneof(
    { weight: 3, arbitrary: fc.record({ role, need }) },
    fc.record({ role, region: fc.constantFrom('EU', 'US'), need: fc.constantFrom<number | 'all'>(1, 'all') }),
    fc.constantFrom('ada', 'ada', 'cleo', 'cleo', 'dan', 'dan', 'req').map(named),
    fc.constant(manager),
  );
  const chains = fc.record({
    steps: fc.array(step, { minLength: 1, maxLength: 4 }),
    against: fc.constantFrom<Chain['against']>('veto', 'majority'),
  });
  const vote = fc.record({
    do: fc.constant('vote' as const),
    id: fc.constantFrom(...crew.map(({ id }) => id)),
    approve: fc.integer({ min: 0, max: 5 }).map((n) => n > 0),
  });
  const moves: fc.Arbitrary<Move[]> = fc.array(
    fc.oneof({ weight: 8, arbitrary: vote }, fc.constant<Move>({ do: 'climb' }), fc.constant<Move>({ do: 'over' })),
    { maxLength: 24, size: 'max' },
  );
  const level = (how: How) => ({
    remind: { afterSeconds: 60, times: 0 },
    escalate: [{ afterSeconds: 3600, to: 'sue', how }],
    expire: { afterSeconds: 80 * 86_400 },
  });
  const typeOf = (of: Chain, how: How) =>
    ({
      ...given.approvalType,
      task: { ...given.approvalType.task, level: level(how) },
      assignment: [{ id: 'r', reason: 'r', says: 'R.', when: () => true, of }],
    }) as IntentType;

  async function make(told: Story, move: Move): Promise<void> {
    const on = <R>(rule: Parameters<typeof perform<R>>[4]) =>
      perform(told.store, told.ref, { request: true }, told.context, rule);
    const signed = (id: string) => ({ by: 'person' as const, id, via: 'signed in' });
    const { task } = await told.state();
    if (move.do === 'vote') {
      const given = {
        outcome: move.approve ? 'approved' : 'rejected',
        comment: 'so',
        subjectHash: task?.subjectHash ?? '',
      };
      await on((state, at) => decide(state, signed(move.id), given, told.type, crewDirectory, at));
    } else if (move.do === 'over') await on((state, at) => takeOver(state, signed('kim'), '', crewDirectory, at));
    else if (task?.status === 'open' && task.rung === 0) {
      told.goTo(task.ladder[0]?.at as string);
      await told.climb(1, 0, crewDirectory);
    }
  }

  it('the chain comes out as a plain count says', async () => {
    const seen = new Set<string>();
    await fc.assert(
      fc.asyncProperty(chains, fc.constantFrom<How>('adds', 'replaces'), moves, async (of, how, given) => {
        const told = await story({ type: typeOf(of, how), onBehalfOf: 'req' });
        const expected = reference(of, how, given);
        seen.add(expected);
        const refused = await told.escalate({}, crewDirectory).catch((error: Error) => error);
        if (expected === 'never') {
          expect(refused).toMatchObject({ code: 'no_approver' });
          return;
        }
        for (const move of given)
          await make(told, move).catch((error: Error) => {
            if (!['Conflict', 'PolicyDenied'].includes(error.name)) throw error;
          });
        const { task, head } = await told.state();
        const came = task?.decision ? (task.decision.outcome === 'approved' ? 'for' : 'against') : 'open';
        expect(head.status === 'FAILED' ? 'failed' : came).toBe(expected);
        const decided = told.store.records(told.ref).filter((record) => record.action === 'task.decided');
        expect(decided).toHaveLength(['for', 'against'].includes(expected) ? 1 : 0);
        expect(new Set(task?.votes.map((vote) => vote.by.id)).size).toBe(task?.votes.length);
      }),
      runs(500),
    );
    expect([...seen].sort()).toEqual(['against', 'failed', 'for', 'never', 'open']);
  });
});

it('what one decides alone is one step of one', () => {
  expect(oneOf('refunds')).toEqual({ steps: [{ role: 'refunds', need: 1 }], against: 'veto' });
});
