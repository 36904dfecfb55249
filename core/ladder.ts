/** A task's service level: what happens when nobody decides, at which absolute times. */

export interface RungRule {
  afterSeconds: number;
  do: 'remind' | 'expire';
}

export interface Rung {
  /** ISO 8601, UTC: absolute, so that retries, restarts and deploys don't stretch it. */
  at: string;
  do: 'remind' | 'expire';
}

export interface LadderWish {
  deadline_at?: string | undefined;
  remind_after_seconds?: number | undefined;
  remind_interval_seconds?: number | undefined;
  max_reminders?: number | undefined;
}

/** More reminders than this help nobody and would make a task's row grow without bound. */
const maxRemindersOnLadder = 20;

/** Default: a reminder after a day, the end after three. */
export const defaultLadder: readonly RungRule[] = [
  { afterSeconds: 24 * 3600, do: 'remind' },
  { afterSeconds: 72 * 3600, do: 'expire' },
];

/**
 * Compiles a type's default and an intent's wishes into one list of rungs, ascending, ending with exactly one `expire`,
 * which is never after the intent's deadline. Reminders at or after the end fall away.
 */
export function compileLadder(openedAt: string, rules: readonly RungRule[], wish: LadderWish = {}): Rung[] {
  const start = Date.parse(openedAt);
  const ends = rules.filter((rule) => rule.do === 'expire').map((rule) => start + rule.afterSeconds * 1000);
  if (wish.deadline_at) ends.push(Date.parse(wish.deadline_at));
  if (ends.length === 0) throw new RangeError('a ladder needs an end');
  const end = Math.max(start, Math.min(...ends));

  const reminders =
    wishedReminders(start, wish) ?? rules.filter((r) => r.do === 'remind').map((r) => start + r.afterSeconds * 1000);
  const rungs: Rung[] = reminders
    .filter((at) => at < end)
    .sort((a, b) => a - b)
    .map((at) => ({ at: new Date(at).toISOString(), do: 'remind' }));
  return [...rungs, { at: new Date(end).toISOString(), do: 'expire' }];
}

function wishedReminders(start: number, wish: LadderWish): number[] | undefined {
  const first = wish.remind_after_seconds ?? wish.remind_interval_seconds;
  if (first === undefined) return undefined;
  const count = Math.min(
    wish.max_reminders ?? (wish.remind_interval_seconds ? maxRemindersOnLadder : 1),
    maxRemindersOnLadder,
  );
  const every = wish.remind_interval_seconds ?? first;
  return Array.from({ length: count }, (_, i) => start + (first + i * every) * 1000);
}
