import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Chain, chain, oneOf, type Standing, standingOf } from '../../core/chain.ts';
import { Directory } from '../../core/directory.ts';
import type { ActionType } from '../../core/intent-type.ts';
import { replacedLinkGraceSeconds } from '../../core/rules/decide.ts';
import { wakeOf } from '../../core/rules/wake.ts';
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

/** What should come of it, told as plainly as possible. */
function reference(of: Chain, cast: { id: string; approve: boolean }[]): 'open' | 'for' | 'against' {
  let left = people.map((person) => person.id);
  let step = 0;
  let pro: string[] = [];
  let contra: string[] = [];
  for (const { id, approve } of cast) {
    const { role, need } = of.steps[step] as { role: string; need: number | 'all' };
    const asked = left.filter((one) => people.find((p) => p.id === one)?.roles.includes(role));
    if (!asked.includes(id) || pro.includes(id) || contra.includes(id)) continue;
    (approve ? pro : contra).push(id);
    const needed = need === 'all' ? asked.length : need;
    if (contra.length > 0 && (of.against === 'veto' || asked.length - contra.length < needed)) return 'against';
    if (pro.length < needed) continue;
    if (step === of.steps.length - 1) return 'for';
    left = left.filter((one) => !pro.includes(one) && !contra.includes(one));
    [step, pro, contra] = [step + 1, [], []];
  }
  return 'open';
}

describe('whoever decides in whatever order', () => {
  const step = fc.record({
    role: fc.constantFrom('refunds', 'finance'),
    need: fc.constantFrom<number | 'all'>(1, 2, 'all'),
  });
  const chains = fc
    .record({
      steps: fc.array(step, { minLength: 1, maxLength: 2 }),
      against: fc.constantFrom<Chain['against']>('veto', 'majority'),
    })
    // Enough people for each step, whoever decided before.
    .filter(({ steps }) => new Set(steps.map((one) => one.role)).size === steps.length);
  const votes = fc.array(fc.record({ id: fc.constantFrom(...people.map((one) => one.id)), approve: fc.boolean() }), {
    maxLength: 14,
  });

  it(
    'the chain comes out as a plain count says',
    () =>
      fc.assert(
        fc.asyncProperty(chains, votes, async (of, cast) => {
          const { told, links } = await waiting(of);
          for (const { id, approve } of cast) {
            Object.assign(links, await told.mail());
            if (!links[id]) continue;
            const choice = approve ? {} : { outcome: 'rejected', comment: 'no' };
            await told.decide(links[id], choice, directory).catch((error: Error) => {
              if (!['Conflict', 'PolicyDenied'].includes(error.name)) throw error;
            });
          }
          const { task } = await told.state();
          const came = task?.decision ? (task.decision.outcome === 'approved' ? 'for' : 'against') : 'open';
          expect(came).toBe(reference(of, cast));
          const decided = told.store.records(told.ref).filter((record) => record.action === 'task.decided');
          expect(decided).toHaveLength(came === 'open' ? 0 : 1);
          expect(new Set(task?.votes.map((vote) => vote.by.id)).size).toBe(task?.votes.length);
        }),
        { numRuns: 300 },
      ),
    60_000,
  );
});

it('what one decides alone is one step of one', () => {
  expect(oneOf('refunds')).toEqual({ steps: [{ role: 'refunds', need: 1 }], against: 'veto' });
});
