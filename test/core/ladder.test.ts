import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileLadder, defaultLadder, type LadderWish, type RungRule } from '../../core/ladder.ts';
import { later, start } from './builders.ts';

const seconds = fc.integer({ min: 1, max: 10 * 86_400 });
const rules = fc
  .tuple(fc.array(seconds, { maxLength: 5 }), fc.array(seconds, { minLength: 1, maxLength: 3 }))
  .map(([reminders, ends]): RungRule[] => [
    ...reminders.map((afterSeconds) => ({ afterSeconds, do: 'remind' as const })),
    ...ends.map((afterSeconds) => ({ afterSeconds, do: 'expire' as const })),
  ]);
const wish = fc.record(
  {
    deadline_at: fc.integer({ min: -3600, max: 20 * 86_400 }).map((s) => later(start, s)),
    remind_after_seconds: seconds,
    remind_interval_seconds: seconds,
    max_reminders: fc.integer({ min: 1, max: 1_000_000 }),
  },
  { requiredKeys: [] },
) as fc.Arbitrary<LadderWish>;

describe('a ladder', () => {
  it('ascends, ends once, and reminds only before its end', () =>
    fc.assert(
      fc.property(rules, wish, (rules, wish) => {
        const rungs = compileLadder(start, rules, wish);
        const times = rungs.map((rung) => Date.parse(rung.at));
        expect(times).toEqual([...times].sort((a, b) => a - b));
        expect(rungs.map((rung) => rung.do).indexOf('expire')).toBe(rungs.length - 1);
        const end = times.at(-1) ?? 0;
        expect(times.slice(0, -1).every((at) => at < end && at > Date.parse(start))).toBe(true);
        expect(rungs.length).toBeLessThanOrEqual(21);
      }),
    ));

  it('ends at the first end there is, never after the deadline, never before it was opened', () =>
    fc.assert(
      fc.property(rules, wish, (rules, wish) => {
        const end = compileLadder(start, rules, wish).at(-1)?.at;
        const ends = rules.filter((rule) => rule.do === 'expire').map((rule) => later(start, rule.afterSeconds));
        const first = [...ends, ...(wish.deadline_at ? [wish.deadline_at] : [])].sort()[0] as string;
        expect(end).toBe([first, start].sort()[1]);
      }),
    ));

  it('stands on absolute times: compiled later, it is the same', () => {
    const rungs = compileLadder(start, defaultLadder);
    expect(rungs).toEqual([
      { at: '2026-11-21T09:00:00.000Z', do: 'remind' },
      { at: '2026-11-23T09:00:00.000Z', do: 'expire' },
    ]);
  });

  it.each<[string, LadderWish, number[]]>([
    ['the default', {}, [86_400]],
    ['after an hour', { remind_after_seconds: 3600 }, [3600]],
    ['after an hour, thrice', { remind_after_seconds: 3600, max_reminders: 3 }, [3600, 7200, 10_800]],
    [
      'then every ten minutes, thrice',
      { remind_after_seconds: 3600, remind_interval_seconds: 600, max_reminders: 3 },
      [3600, 4200, 4800],
    ],
    ['every half day', { remind_interval_seconds: 43_200 }, [43_200, 86_400, 129_600, 172_800, 216_000]],
    ['after its end', { remind_after_seconds: 259_200 }, []],
    ['the default, with an early deadline', { deadline_at: later(start, 86_400) }, []],
  ])('reminds %s', (_, wish, expected) => {
    const reminders = compileLadder(start, defaultLadder, wish).filter((rung) => rung.do === 'remind');
    expect(reminders.map((rung) => rung.at)).toEqual(expected.map((s) => later(start, s)));
  });

  it('needs an end', () => {
    expect(() => compileLadder(start, [{ afterSeconds: 60, do: 'remind' }])).toThrow(RangeError);
    expect(compileLadder(start, [], { deadline_at: later(start, 60) })).toHaveLength(1);
  });
});
