import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { defineIntentType, type IntentType } from '../../core/intent-type.ts';
import { compileLadder, type Rung } from '../../core/ladder.ts';
import type { HumanTask, LadderWish } from '../../core/model.ts';
import { defaultLevel, maxEscalations, maxLevelSeconds, maxReminders, merged } from '../../core/service-level.ts';
import { createIntent } from '../../wire/intents.ts';
import { approvalType, directory, later, refundType, start } from './builders.ts';
import { story } from './story.ts';

const hour = 3600;
const day = 24 * hour;
const seconds = fc.integer({ min: 1, max: 10 * day });

const ladder = fc.record(
  {
    business_hours: fc.boolean(),
    remind: fc.record(
      { after_seconds: seconds, every_seconds: seconds, times: fc.nat({ max: maxReminders }), final_seconds: seconds },
      { requiredKeys: ['after_seconds'] },
    ),
    escalate: fc.array(
      fc.record(
        {
          after_seconds: seconds,
          to: fc.constantFrom('manager', 'role', 'cleo'),
          how: fc.constantFrom('adds', 'replaces'),
        },
        { requiredKeys: ['after_seconds'] },
      ),
      { maxLength: maxEscalations },
    ),
    expire: fc.record({ after_seconds: seconds }),
  },
  { requiredKeys: [] },
) as fc.Arbitrary<LadderWish>;
const wishes = fc.record(
  {
    remind_after_seconds: seconds,
    remind_interval_seconds: seconds,
    max_reminders: fc.integer({ min: 1, max: 1_000_000 }),
    escalate_to: fc.constantFrom('cleo', 'finance', 'mallory@evil.example'),
  },
  { requiredKeys: [] },
);

/** The rungs of a task that an agent asks for. */
async function rungsOf(given: Parameters<typeof story>[0]): Promise<Rung[]> {
  const told = await story(given);
  await told.escalate({}, directory);
  return (await told.state()).task?.ladder ?? [];
}
const withLadder = (wish: LadderWish): HumanTask => ({ title: 'Look', ladder: wish });
const shortly = (rungs: Rung[]) =>
  rungs.map(({ at, do: what, from }) => [what, (Date.parse(at) - Date.parse(start)) / 1000 / hour, from]);

describe('a ladder', () => {
  it('ascends, ends once, and nothing else comes at its end or after it', () =>
    fc.assert(
      fc.asyncProperty(ladder, wishes, async (wish, axp) => {
        const rungs = await rungsOf({ humanTask: withLadder(wish), ...axp }).catch((error: Error) => {
          // What can't come before the end is refused at once.
          expect(error).toMatchObject({ name: 'InvalidInput' });
          return [];
        });
        fc.pre(rungs.length > 0);
        const times = rungs.map((rung) => Date.parse(rung.at));
        expect(times).toEqual([...times].sort((a, b) => a - b));
        expect(rungs.map((rung) => rung.do).indexOf('expire')).toBe(rungs.length - 1);
        const end = times.at(-1) ?? 0;
        expect(times.slice(0, -1).every((at) => at < end && at > Date.parse(start))).toBe(true);
        expect(rungs.length).toBeLessThanOrEqual(maxReminders + 1 + maxEscalations + 1);
      }),
    ));

  it('is cut by the deadline of its intent, wherever that is, and never ends before it was opened', () =>
    fc.assert(
      fc.property(fc.integer({ min: -hour, max: 20 * day }), (s) => {
        const deadlineAt = later(start, s);
        const last = compileLadder(start, defaultLevel, { deadlineAt }).at(-1);
        expect(last?.at).toBe([later(start, 3 * day), [deadlineAt, start].sort()[1] as string].sort()[0]);
        expect(last?.from).toBe(s <= 3 * day ? 'deadline' : 'default');
      }),
    ));

  it('reminds after a day, escalates after two, expires after three, where nothing else is said', async () => {
    expect(await rungsOf({})).toEqual([
      { at: '2026-11-21T09:00:00.000Z', do: 'remind', from: 'default' },
      { at: '2026-11-22T09:00:00.000Z', do: 'escalate', how: 'adds', from: 'default' },
      { at: '2026-11-23T09:00:00.000Z', do: 'expire', from: 'default' },
    ]);
  });

  it.each<[string, object, number[]]>([
    ['the default', {}, [24]],
    ['after an hour', { remind_after_seconds: hour }, [1]],
    ['after an hour, thrice', { remind_after_seconds: hour, max_reminders: 3 }, [1, 2, 3]],
    ['twice as the default has it', { max_reminders: 2 }, [24, 48]],
    [
      'then every two hours, thrice',
      { remind_after_seconds: hour, remind_interval_seconds: 2 * hour, max_reminders: 3 },
      [1, 3, 5],
    ],
    ['every half day', { remind_interval_seconds: 12 * hour }, [12, 24, 36, 48, 60]],
    ['after its end', { remind_after_seconds: 72 * hour }, []],
    ['the default, with an early deadline', { deadlineAt: later(start, day) }, []],
    ['never', { humanTask: withLadder({ remind: { after_seconds: 1, times: 0 } }) }, []],
    [
      'once more before the end',
      { humanTask: withLadder({ remind: { after_seconds: 5 * hour, final_seconds: hour } }) },
      [5, 71],
    ],
    [
      'once only where the last one is the same',
      { humanTask: withLadder({ remind: { after_seconds: 71 * hour, final_seconds: hour } }) },
      [71],
    ],
  ])('reminds %s', async (_, asked, expected) => {
    const reminders = (await rungsOf(asked)).filter((rung) => rung.do === 'remind');
    expect(reminders.map((rung) => rung.at)).toEqual(expected.map((hours) => later(start, hours * hour)));
  });
});

describe('a service level', () => {
  const typed: IntentType = {
    ...approvalType,
    task: {
      ...approvalType.task,
      level: { remind: { afterSeconds: 2 * hour }, expire: { afterSeconds: 10 * hour } },
    },
  };

  it('of an intent goes before its type’s, that before its task type’s, that before the default: part by part', async () => {
    expect(shortly(await rungsOf({ type: typed }))).toEqual([
      ['remind', 2, 'intent_type'],
      ['expire', 10, 'intent_type'],
    ]);
    const asked = { title: 'Q', task_type: 'clarification', ladder: { expire: { after_seconds: 60 * hour } } };
    const rungs = await rungsOf({ type: typed, humanTask: asked });
    expect(shortly(rungs)).toEqual([
      ['remind', 2, 'intent_type'],
      ['escalate', 48, 'task_type'],
      ['expire', 60, 'intent'],
    ]);
    expect(rungs[1]).toMatchObject({ to: 'role' });
  });

  it('names whom an intent escalates to, in AXP’s way and in ours', async () => {
    const axp = await rungsOf({ escalate_to: 'finance' });
    expect(axp[1]).toEqual({ at: later(start, 2 * day), do: 'escalate', to: 'finance', how: 'adds', from: 'intent' });
    const ours = withLadder({ escalate: [{ after_seconds: hour, to: 'cleo', how: 'replaces' }] });
    expect(
      (await rungsOf({ humanTask: ours, escalate_to: 'finance' })).filter((rung) => rung.do === 'escalate'),
    ).toEqual([{ at: later(start, hour), do: 'escalate', to: 'cleo', how: 'replaces', from: 'intent' }]);
    expect((await rungsOf({ humanTask: withLadder({ escalate: [] }) })).map((rung) => rung.do)).toEqual([
      'remind',
      'expire',
    ]);
  });

  it('takes no one whom the directory does not know: the name is recorded, and the default comes in its place', async () => {
    const told = await story({ escalate_to: 'mallory@evil.example' });
    await told.escalate();
    const { task } = await told.state();
    expect(task?.ignored).toEqual(['mallory@evil.example']);
    expect(task?.ladder[1]).toMatchObject({ do: 'escalate', from: 'intent' });
    expect(task?.ladder[1]).not.toHaveProperty('to');
  });

  it('of an intent can’t bring in, by name, who lacks the role that its policy asks for', async () => {
    const told = await story({
      type: refundType,
      payload: { order_id: 'A', amount_cents: 18_000, currency: 'EUR', reason: 'r' },
      escalate_to: 'cleo',
    });
    await told.check();
    await told.escalate();
    expect((await told.state()).task?.ignored).toEqual(['cleo']);
  });

  it('of an intent may not outlive the intent; a type’s is cut instead', async () => {
    const asked = (expires: number) => ({
      deadlineAt: later(start, 10 * hour),
      humanTask: withLadder({ expire: { after_seconds: expires } }),
    });
    const field = 'human_task.ladder.expire.after_seconds';
    await expect(story(asked(10 * hour + 1))).rejects.toMatchObject({ name: 'InvalidInput', details: { field } });
    expect((await rungsOf(asked(10 * hour))).at(-1)?.at).toBe(later(start, 10 * hour));
    expect((await rungsOf({ deadlineAt: later(start, 10 * hour) })).at(-1)?.at).toBe(later(start, 10 * hour));
  });

  it.each<[string, object, string | undefined]>([
    [
      'a reminder after the end',
      { remind: { after_seconds: 61 }, expire: { after_seconds: 60 } },
      'remind.after_seconds',
    ],
    ['a reminder after the default end', { remind: { after_seconds: 72 * hour } }, 'remind.after_seconds'],
    ['no reminder', { remind: { after_seconds: 61, times: 0 }, expire: { after_seconds: 60 } }, undefined],
    [
      'a last reminder before the beginning',
      { remind: { after_seconds: 1, final_seconds: 60 }, expire: { after_seconds: 60 } },
      'remind.final_seconds',
    ],
    [
      'an escalation after the end',
      { escalate: [{ after_seconds: 1 }, { after_seconds: 60 }], expire: { after_seconds: 60 } },
      'escalate.1.after_seconds',
    ],
    ['an escalation after the deadline', { escalate: [{ after_seconds: 100 * hour }] }, 'escalate.0.after_seconds'],
    [
      'a reminder within business hours that take longer',
      { remind: { after_seconds: 20 * hour }, expire: { after_seconds: 10 * hour, business_hours: true } },
      undefined,
    ],
    [
      'a reminder in business hours after an end that does not wait for them',
      { remind: { after_seconds: 20 * hour, business_hours: true }, expire: { after_seconds: 20 * hour } },
      'remind.after_seconds',
    ],
  ])('of an intent says nothing that never happens: %s', async (_, ladder, field) => {
    const asked = story({ deadlineAt: later(start, 99 * hour), humanTask: withLadder(ladder) });
    if (field === undefined) await expect(asked).resolves.toBeDefined();
    else await expect(asked).rejects.toMatchObject({ details: { field: `human_task.ladder.${field}` } });
  });

  it('is refused where it is declared wrongly', () => {
    const declared = (level: object, more: object = {}) =>
      defineIntentType({ ...approvalType, task: { ...approvalType.task, level, ...more } } as never);
    expect(() => declared({ expire: { afterSeconds: 0 } })).toThrow('task.level.expire.afterSeconds');
    expect(() => declared({ remind: { afterSeconds: 1, times: 21 } })).toThrow('task.level.remind.times');
    expect(() => declared({ escalate: [{ afterSeconds: maxLevelSeconds + 1 }] })).toThrow(
      'level.escalate.0.afterSeconds',
    );
    expect(() => declared({ escalate: Array.from({ length: 6 }, () => ({ afterSeconds: 1 })) })).toThrow('at most 5');
    expect(declared({ expire: { afterSeconds: 60 } }).task.level?.expire?.afterSeconds).toBe(60);
  });

  it('comes in strictly', () => {
    const taken = (ladder: object) =>
      createIntent.safeParse({ intent_type: 'human_approval', human_task: { ladder } }).success;
    expect(taken({ remind: { after_seconds: 60, times: 0 }, escalate: [], expire: { after_seconds: 60 } })).toBe(true);
    for (const wrong of [
      { expire: { after_seconds: maxLevelSeconds + 1 } },
      { expire: {} },
      { expire: { after_seconds: 60, task: 'override' } },
      { escalate: [{ after_seconds: 60, how: 'asks' }] },
      { remind: { after_seconds: 1.5 } },
      { anything: true },
    ])
      expect(taken(wrong), JSON.stringify(wrong)).toBe(false);
  });
});

describe('what nobody decides', () => {
  const allowing = (outcomes: string[], level: object = {}): IntentType => ({
    ...approvalType,
    task: { ...approvalType.task, defaultOutcomes: outcomes, level },
  });
  const expiring = (outcome: string, after_seconds = 72 * hour, more: object = {}) => ({
    humanTask: { ...withLadder({ expire: { after_seconds, outcome } }), ...more },
  });
  const refused = (field: string) => ({
    name: 'InvalidInput',
    details: { field: `human_task.ladder.expire.${field}` },
  });

  it('is decided by the ladder only where the type allows it', async () => {
    await expect(story(expiring('approved'))).rejects.toMatchObject(refused('outcome'));
    const type = allowing(['rejected']);
    await expect(story({ type, ...expiring('approved') })).rejects.toMatchObject(refused('outcome'));
    const narrowed = expiring('rejected', 60, { allowed_outcomes: ['approved'] });
    await expect(story({ type, ...narrowed })).rejects.toMatchObject({ name: 'InvalidInput' });
    expect((await rungsOf({ type, ...expiring('rejected', 60) })).at(-1)).toMatchObject({ outcome: 'rejected' });
  });

  it('goes on no sooner than the type says', async () => {
    const type = allowing(['approved'], { expire: { afterSeconds: 5 * hour } });
    await expect(story({ type, ...expiring('approved', 5 * hour - 1) })).rejects.toMatchObject(
      refused('after_seconds'),
    );
    expect((await rungsOf({ type, ...expiring('approved', 5 * hour) })).at(-1)).toMatchObject({ outcome: 'approved' });
    const inHours = allowing(['approved'], { expire: { afterSeconds: 5 * hour, businessHours: true } });
    await expect(story({ type: inHours, ...expiring('approved', 5 * hour) })).rejects.toMatchObject(
      refused('after_seconds'),
    );
    // Nor at a deadline that the agent sets.
    const level = { expire: { afterSeconds: 5 * hour, outcome: 'approved' } };
    const cut = await rungsOf({ type: allowing(['approved'], level), deadlineAt: later(start, hour) });
    expect(cut.at(-1)).toEqual({ at: later(start, hour), do: 'expire', from: 'deadline' });
  });

  it('is never declared where money moves or something is destroyed', () => {
    const declared = (task: object, effectClass = 'money') =>
      defineIntentType({
        ...refundType,
        task: { ...refundType.task, ...task },
        tools: refundType.tools.map((tool) => ({ ...tool, effectClass })),
      } as never);
    for (const effectClass of ['money', 'destructive'])
      for (const outcome of ['approved', 'rejected'])
        expect(() => declared({ defaultOutcomes: [outcome] }, effectClass)).toThrow(`never for ${effectClass}`);
    expect(declared({ defaultOutcomes: ['approved'] }, 'reversible').task.defaultOutcomes).toEqual(['approved']);
    expect(() => declared({ defaultOutcomes: ['maybe'] }, 'reversible')).toThrow('nobody can give maybe');
    expect(() => declared({ level: { expire: { afterSeconds: 60, outcome: 'approved' } } }, 'reversible')).toThrow(
      'task.level.expire.outcome',
    );
  });

  it('leaves what is named above to a level that names less', () => {
    const above = merged(defaultLevel, 'intent_type', { expire: { afterSeconds: 60, outcome: 'rejected' } });
    expect(merged(above, 'intent', { expire: { afterSeconds: 60 } }).expire).toEqual({
      afterSeconds: 60,
      from: 'intent',
    });
    expect(merged(above, 'intent', {}).expire).toEqual(above.expire);
  });
});
