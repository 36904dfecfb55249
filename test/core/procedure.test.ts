import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Bundle, compile } from '../../core/bundle.ts';
import { carried } from '../../core/delegation.ts';
import {
  compileIdOf,
  isKept,
  next,
  type PlanStep,
  type ProcedurePlan,
  resultRoom,
  type StepDone,
  type StepResult,
} from '../../core/procedure.ts';
import { knownAddress } from '../../wire/addresses.ts';
import * as given from './builders.ts';

const error = { code: 'down', message: 'it is down', details: {} };
const success: StepResult = { as: 'success' };
const failure: StepResult = { as: 'failure', error };
const rejection: StepResult = { as: 'failure', error, final: true };

const ids = ['a', 'b', 'c', 'd', 'e'];
/** Plans whose every cycle is bounded: whatever a failure leads to may be begun a few times. */
const plans = fc
  .array(
    fc.record({
      success: fc.option(fc.nat(4), { nil: undefined }),
      failure: fc.option(fc.nat(4), { nil: undefined }),
      retries: fc.nat(2),
      visits: fc.integer({ min: 1, max: 4 }),
    }),
    { minLength: 1, maxLength: 5 },
  )
  .map((rows): ProcedurePlan => {
    const to = (n: number | undefined) => (n === undefined || n >= rows.length ? {} : { id: ids[n] as string }).id;
    const steps = rows.map(({ success: good, failure: bad, retries, visits }, i): PlanStep => {
      const [onSuccess, onFailure] = [to(good), to(bad)];
      return {
        id: ids[i] as string,
        kind: 'agent',
        retry: { times: retries, afterSeconds: 1 },
        maxVisits: visits,
        ...(onSuccess === undefined ? {} : { onSuccess }),
        ...(onFailure === undefined ? {} : { onFailure }),
      };
    });
    return { v: 1, scenario: 'x', start: 'a', steps };
  });
const results = fc.array(fc.constantFrom(success, failure, rejection), { minLength: 400, maxLength: 400 });

/** The plan as one would write it down: each visit of a step is its attempts, then one of two ways. */
function* model(plan: ProcedurePlan, outcome: () => StepResult): Generator<string> {
  const visits = new Map<string, number>();
  let id: string | undefined = plan.start;
  while (id !== undefined) {
    const step = plan.steps.find((one) => one.id === id) as PlanStep;
    const before = visits.get(step.id) ?? 0;
    if (before >= (step.maxVisits ?? Number.POSITIVE_INFINITY)) return yield 'FAILED too_many_visits';
    visits.set(step.id, before + 1);
    let came: StepResult = failure;
    for (let attempt = 1; attempt <= 1 + (step.retry?.times ?? 0); attempt += 1) {
      yield `${step.id}.${attempt}`;
      came = outcome();
      if (came.as === 'success' || came.final) break;
    }
    const way: string | undefined = came.as === 'success' ? step.onSuccess : step.onFailure;
    if (way === undefined) return yield came.as === 'success' ? 'COMPLETED' : 'FAILED down';
    id = way;
  }
}

/** The same by `next`. */
function* walked(plan: ProcedurePlan, outcome: () => StepResult): Generator<string> {
  let at = { step: plan.start, attempt: 1, visits: { [plan.start]: 1 } as Record<string, number> };
  for (;;) {
    yield `${at.step}.${at.attempt}`;
    const way = next(plan, at, outcome());
    if (way.do === 'complete') return yield 'COMPLETED';
    if (way.do === 'fail') return yield `FAILED ${way.error.code}`;
    const attempt = way.do === 'retry' ? way.attempt : 1;
    const visits = way.do === 'retry' ? at.visits : { ...at.visits, [way.step]: (at.visits[way.step] ?? 0) + 1 };
    at = { step: way.step, attempt, visits };
  }
}

describe('which step is next', () => {
  it('is what one would write down: attempts, two ways, and bounds', () => {
    fc.assert(
      fc.property(plans, results, (plan, came) => {
        const inTurn = () => {
          let i = 0;
          return () => came[i++ % came.length] as StepResult;
        };
        const found = [...walked(plan, inTurn())];
        expect(found).toEqual([...model(plan, inTurn())]);
        expect(found.at(-1)).toMatch(/^(COMPLETED|FAILED)/);
      }),
    );
  });

  it('begins no step anew because a person said no', () => {
    const steps: PlanStep[] = [{ id: 'a', kind: 'human', retry: { times: 3, afterSeconds: 1 } }];
    const plan: ProcedurePlan = { v: 1, scenario: 'x', start: 'a', steps };
    expect(next(plan, { step: 'a', attempt: 1, visits: {} }, rejection)).toMatchObject({ do: 'fail' });
    expect(next(plan, { step: 'a', attempt: 3, visits: {} }, failure)).toMatchObject({ do: 'retry', attempt: 4 });
    expect(next(plan, { step: 'a', attempt: 4, visits: {} }, failure)).toMatchObject({ do: 'fail' });
  });
});

describe('what is kept of a result', () => {
  it('never is more than a row holds, nor deeper than a table does', () => {
    const text = (bytes: number) => ({ text: 'x'.repeat(bytes) });
    const deep = Array.from({ length: resultRoom.levels }).reduce<object>((inner) => ({ inner }), {});
    expect(isKept(text(100), {})).toBe(true);
    expect(isKept(text(resultRoom.oneBytes), {})).toBe(false);
    expect(isKept(deep as never, {})).toBe(false);
    const one: StepDone = { outcome: 'success', attempt: 1, at: given.start, result: text(8000) };
    const many = Object.fromEntries(Array.from({ length: 8 }, (_, i) => [`s${i}`, one]));
    expect(isKept(text(8000), many)).toBe(false);
  });
});

describe('a compiled bundle', () => {
  const compiled = (more: Partial<Bundle>) =>
    compile(
      {
        scenario_id: 'x.y',
        agents: [{ role: 'bot', address: 'bot' }],
        humans: [],
        intent: { type: 'task.v1', payload: {} },
        ...more,
      },
      {
        addressOf: (address) => knownAddress(address, given.tenant),
        type: carried('task.v1'),
        directory: given.directory,
        agent: given.agent,
        now: given.start,
      },
    );
  const steps = (...all: object[]) => ({ workflow: { steps: all.map((one, i) => ({ step_id: `s${i}`, ...one })) } });

  it('goes on with the next in the list, but not to what only a failure leads to', () => {
    const { plan } = compiled(steps({ on_failure: 's1' }, {}, {}, { on_success: 's1' }) as never);
    expect(plan).toBeUndefined();
    const fine = compiled(steps({ on_failure: 's1' }, {}, {}) as never).plan;
    expect(fine?.steps.map(({ onSuccess, onFailure }) => [onSuccess, onFailure])).toEqual([
      ['s2', 's1'],
      ['s2', undefined],
      [undefined, undefined],
    ]);
  });

  it('has the same id for the same steps, and another for others', () => {
    const idOf = (more: object) => compileIdOf(compiled(steps(more) as never).plan as ProcedurePlan);
    expect(idOf({})).toBe(idOf({}));
    expect(idOf({})).not.toBe(idOf({ step_deadline_seconds: 60 }));
  });

  it('asks whom the bundle means: the contact of a role, all contacts, or nobody by name', () => {
    const humans = [
      { role: 'boss', contact: 'ada@example.com' },
      { role: 'other', contact: '' },
    ];
    const taskOf = (step: object) => compiled({ humans, ...(steps(step) as object) }).plan?.steps[0]?.task;
    expect(taskOf({ assigned_to: 'boss' })?.assignees).toEqual(['ada@example.com']);
    expect(taskOf({ assigned_to: 'other' })?.assignees).toEqual(['ada@example.com']);
    expect(taskOf({ requires_approval: true, assigned_to: 'bot' })?.assignees).toEqual(['ada@example.com']);
    expect(taskOf({ assigned_to: 'boss', human_task: { title: 'x', assignees: ['boss', 'ben'] } })?.assignees).toEqual([
      'ada@example.com',
      'ben',
    ]);
    expect(taskOf({ assigned_to: 'boss', step_deadline_seconds: 60 })?.ladder).toEqual({
      expire: { after_seconds: 60 },
    });
  });

  it('is refused where nobody could decide a step', () => {
    const nobody = compile(
      {
        scenario_id: 'x.y',
        agents: [],
        humans: [],
        intent: { type: 'task.v1', payload: {}, human_task: { title: 'x' } },
      },
      {
        addressOf: () => undefined,
        type: carried('task.v1'),
        directory: given.directoryWithout('ada'),
        agent: given.agent,
        onBehalfOf: 'ben',
        now: given.start,
      },
    );
    expect(nobody.errors).toEqual([expect.stringContaining('Nobody of the directory could decide this')]);
  });

  it.each([
    ['review', { title: 'x', task_type: 'review' }, []],
    [
      'review that is sent back',
      { title: 'x', task_type: 'review', allowed_outcomes: ['approved', 'rejected', 'changes_requested'] },
      ['workflow.steps.0.human_task.allowed_outcomes: A step is not sent back'],
    ],
  ])('asks a %s once', (_what, human_task, faults) => {
    const found = compiled(steps({ requires_approval: true, human_task }) as never);
    expect(found.errors).toEqual(faults.map((fault) => expect.stringContaining(fault)));
    if (found.plan) expect(found.plan.steps[0]?.task?.rounds).toBe(1);
  });
});
