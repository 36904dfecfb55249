/** Business hours: only the working time of people counts, each in their own time zone, over daylight saving and holidays. */

import * as Instant from 'temporal-polyfill/fns/Instant';
import * as PlainDate from 'temporal-polyfill/fns/PlainDate';
import * as PlainTime from 'temporal-polyfill/fns/PlainTime';
import * as ZonedDateTime from 'temporal-polyfill/fns/ZonedDateTime';
import type { Calendar } from './calendar.ts';
import type { Person } from './directory.ts';
import type { Counting } from './ladder.ts';

type Stretch = readonly [from: number, to: number];

const weekMs = 7 * 86_400_000;

/** Counts while at least one of these people works. */
export function workingTimeOf(people: readonly Person[], calendar: Calendar): Counting {
  const all = people.map(({ timeZone = calendar.timeZone, hours = calendar.hours }) => ({
    timeZone,
    hours,
    holidays: calendar.holidays,
  }));
  const calendars = [...new Map((all.length > 0 ? all : [calendar]).map((one) => [JSON.stringify(one), one])).values()];
  return {
    after(from, seconds, limit) {
      let left = seconds * 1000;
      for (const [begins, ends] of stretches(calendars, from, limit)) {
        if (ends - begins >= left) return begins + left;
        left -= ends - begins;
      }
      return limit;
    },
    between(from, to) {
      let sum = 0;
      for (const [begins, ends] of stretches(calendars, from, to)) sum += ends - begins;
      return sum / 1000;
    },
  };
}

/** The working time between two moments, ascending, without overlaps. Made week by week: most ladders need one or two. */
function* stretches(calendars: readonly Calendar[], from: number, to: number): Generator<Stretch> {
  for (let week = from; week < to; week += weekMs) {
    const until = Math.min(to, week + weekMs);
    const found = calendars
      .flatMap((calendar) => daysOf(calendar, week, until))
      .map(([begins, ends]): Stretch => [Math.max(begins, week), Math.min(ends, until)])
      .filter(([begins, ends]) => begins < ends)
      .sort(([a], [b]) => a - b);
    yield* joined(found);
  }
}

/** The working days of a calendar that reach into a span of time. */
function daysOf({ timeZone, hours, holidays }: Calendar, from: number, to: number): Stretch[] {
  const found: Stretch[] = [];
  const at = (ms: number) =>
    ZonedDateTime.toPlainDate(Instant.toZonedDateTimeISO(Instant.fromEpochMilliseconds(ms), timeZone));
  const last = at(to);
  for (let date = at(from); PlainDate.compare(date, last) <= 0; date = PlainDate.addDays(date, 1)) {
    if (!hours.days.includes(PlainDate.dayOfWeek(date)) || holidays.includes(PlainDate.toString(date))) continue;
    // A time that daylight saving leaves out is taken as the moment that comes in its place.
    const moment = (time: string) =>
      PlainDate.toZonedDateTime(date, { timeZone, plainTime: PlainTime.fromString(time) }).epochMilliseconds;
    found.push([moment(hours.from), moment(hours.to)]);
  }
  return found;
}

function joined(sorted: readonly Stretch[]): Stretch[] {
  const done: [number, number][] = [];
  for (const [begins, ends] of sorted) {
    const last = done.at(-1);
    if (last && begins <= last[1]) last[1] = Math.max(last[1], ends);
    else done.push([begins, ends]);
  }
  return done;
}
