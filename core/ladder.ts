/** A task's service level as it applies: one list of rungs at absolute times, stored with the task. */

import { type Level, type LevelSource, maxLevelSeconds, maxReminders, type RemindRule } from './service-level.ts';

export type Rung = {
  /** ISO 8601, UTC: absolute, so that retries, restarts and deploys don't stretch it. */
  at: string;
  /** Which declaration it comes from; absent where a version before service levels stored it. */
  from?: LevelSource;
} & RungDo;

type RungDo =
  | { do: 'remind'; final?: true }
  | { do: 'escalate'; to?: string; how: 'adds' | 'replaces'; roleNeeded?: true }
  | { do: 'expire'; outcome?: string; opens?: 'override' };

/** How time is counted; epoch milliseconds, and seconds. */
export interface Counting {
  /** When so many seconds have passed since `from`; `limit` where that is sooner. */
  after(from: number, seconds: number, limit: number): number;
  /** How many seconds pass from one to the other. */
  between(from: number, to: number): number;
}

const wallClock: Counting = {
  after: (from, seconds, limit) => Math.min(limit, from + seconds * 1000),
  between: (from, to) => (to - from) / 1000,
};

/** Nobody has a year without working time; where it seems so, a task still ends. */
const longestMs = (365 + maxLevelSeconds / 86_400) * 86_400_000;

const order = { remind: 0, escalate: 1, expire: 2 };

/**
 * Ascending, ending with exactly one `expire`, which is never after the intent's deadline. What would happen at or after
 * the end falls away. `working` counts the parts that count in business hours; without it, they count as the others do:
 * none is later then, but for a final reminder before a deadline.
 */
export function compileLadder(
  begins: string,
  level: Level,
  { deadlineAt, working = wallClock }: { deadlineAt?: string | undefined; working?: Counting } = {},
): Rung[] {
  const start = Date.parse(begins);
  const limit = deadlineAt === undefined ? start + longestMs : Math.max(start, Date.parse(deadlineAt));
  const countingOf = (rule: { businessHours?: boolean | undefined }) =>
    (rule.businessHours ?? level.businessHours) ? working : wallClock;

  const { expire, remind } = level;
  const end = countingOf(expire).after(start, expire.afterSeconds, limit);
  const last: Rung =
    end === limit && deadlineAt !== undefined
      ? // Whoever sets a deadline cuts the task short: that decides nothing.
        { at: iso(end), do: 'expire', from: 'deadline' }
      : { at: iso(end), do: 'expire', from: expire.from, ...endOf(expire) };

  const reminders = remindersOf(remind, start, end, countingOf(remind)).map(({ at, final }): [number, Rung] => [
    at,
    { at: iso(at), do: 'remind', from: remind.from, ...(final ? { final } : {}) },
  ]);
  const escalations = level.escalate.map((rule): [number, Rung] => {
    const at = countingOf(rule).after(start, rule.afterSeconds, end);
    const to = rule.to === undefined ? {} : { to: rule.to };
    return [at, { at: iso(at), do: 'escalate', from: rule.from, ...to, how: rule.how ?? 'adds' }];
  });
  const before = [...reminders, ...escalations].filter(([at]) => at < end);
  before.sort(([a, one], [b, other]) => a - b || order[one.do] - order[other.do]);
  return [...before.map(([, rung]) => rung), last];
}

const endOf = ({ outcome, opens }: Level['expire']) => ({
  ...(outcome ? { outcome } : {}),
  ...(opens ? { opens } : {}),
});

function remindersOf(rule: RemindRule, start: number, end: number, counting: Counting) {
  const { afterSeconds, everySeconds = afterSeconds, finalSeconds } = rule;
  const times = Math.min(rule.times ?? (rule.everySeconds === undefined ? 1 : maxReminders), maxReminders);
  const found = Array.from({ length: times }, (_, i) => ({
    at: counting.after(start, afterSeconds + i * everySeconds, end),
    final: undefined as true | undefined,
  }));
  const left = finalSeconds === undefined ? 0 : counting.between(start, end) - finalSeconds;
  if (left <= 0) return found;
  const final = counting.after(start, left, end);
  return [...found.filter(({ at }) => at !== final), { at: final, final: true as const }];
}

const iso = (ms: number): string => new Date(ms).toISOString();
