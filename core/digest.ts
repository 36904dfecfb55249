/** The daily digest: what is of low priority comes in one mail a day, at an hour of the person's own, never too late. */

import { Temporal } from 'temporal-polyfill';
import type { Calendar } from './calendar.ts';
import type { Person } from './directory.ts';
import { InvalidInput } from './errors.ts';
import type { Task } from './model.ts';
import type { MailOrder } from './rules/link.ts';

export interface Digest {
  /** `HH:MM`, in the person's time zone. */
  at: string;
  /** They want none, whatever the configuration says. */
  off?: true | undefined;
}

export const defaultDigestAt = '09:00';

/** Between a digest and the task's next rung there is at least this much time, seconds: who reads it can still act. */
export const digestLeadSeconds = 3600;

/** Nobody is off duty for longer; where it seems so, nothing waits for their digest. */
const maxDays = 31;

type Reader = Pick<Person, 'digest' | 'timeZone' | 'hours'>;

/** In which time zone a person's digest has its hour. */
export const digestZone = ({ timeZone }: Pick<Person, 'timeZone'>, calendar: Calendar): string =>
  timeZone ?? calendar.timeZone;

/**
 * When somebody's next digest is (epoch ms), after `now`; nothing where they have none. Who has working hours gets it on
 * working days. An hour that daylight saving leaves out comes later that day, one that it repeats counts once.
 */
export function nextDigest(person: Reader, calendar: Calendar, now: string): number | undefined {
  const { digest, hours } = person;
  if (!digest || digest.off) return undefined;
  const timeZone = digestZone(person, calendar);
  const today = Temporal.Instant.from(now).toZonedDateTimeISO(timeZone).toPlainDate();
  for (let days = 0; days <= maxDays; days += 1) {
    const date = today.add({ days });
    const works = !hours || (hours.days.includes(date.dayOfWeek) && !calendar.holidays.includes(date.toString()));
    const at = date.toZonedDateTime({ timeZone, plainTime: digest.at }).epochMilliseconds;
    if (works && at > Date.parse(now)) return at;
  }
  return undefined;
}

/** What is collected; a last reminder, an escalation or news never is. */
const collected: readonly MailOrder['why'][] = ['assigned', 'reminder'];

/**
 * The digest (epoch ms) that a message about a task may wait for; nothing where it is sent at once. No digest makes
 * anybody late: the next rung that is more than a reminder comes well after it.
 */
export function digestFor(
  { priority, ladder, rung }: Pick<Task, 'priority' | 'ladder' | 'rung'>,
  why: MailOrder['why'],
  to: Reader,
  calendar: Calendar,
  now: string,
): number | undefined {
  if (priority !== 'low' || !collected.includes(why)) return undefined;
  const at = nextDigest(to, calendar, now);
  if (at === undefined) return undefined;
  const next = ladder.slice(rung).find((one) => one.do !== 'remind' || one.final);
  return next && Date.parse(next.at) < at + digestLeadSeconds * 1000 ? undefined : at;
}

/** As a form has it. Throws InvalidInput, field `at`. */
export function digestOf({ wanted, at }: { wanted: boolean; at: string }): Digest {
  if (!wanted) return { at: isClock(at) ? at : defaultDigestAt, off: true };
  if (!isClock(at)) throw new InvalidInput('Say the time, such as 09:00.', { field: 'at' });
  return { at };
}

const isClock = (text: string): boolean => /^([01]\d|2[0-3]):[0-5]\d$/.test(text);
