/** Out of office, as somebody writes it: in times of their own zone. */

import * as Calendar from 'temporal-polyfill/fns/Calendar';
import * as Instant from 'temporal-polyfill/fns/Instant';
import * as PlainDateTime from 'temporal-polyfill/fns/PlainDateTime';
import * as ZonedDateTime from 'temporal-polyfill/fns/ZonedDateTime';
import type { Absence, Directory } from './directory.ts';
import { InvalidInput } from './errors.ts';

/** Texts of a form: `YYYY-MM-DDTHH:MM`, and a person's id or nothing. */
export interface AbsenceGiven {
  from: string;
  until: string;
  delegate: string;
}

/** Longest absence, days: whoever is away for longer is taken out of the directory. */
const maxDays = 366;

/** Throws InvalidInput with the field: no time, over already, too long, nobody, or the person themselves. */
export function absenceOf(
  given: AbsenceGiven,
  { personId, zone, now }: { personId: string; zone: string; now: string },
  directory: Directory,
): Absence {
  const from = instantOf(given.from, zone, 'from');
  const until = instantOf(given.until, zone, 'until');
  if (until <= from) throw new InvalidInput('The end comes after the beginning.', { field: 'until' });
  if (until <= Date.parse(now)) throw new InvalidInput('That is over already.', { field: 'until' });
  if (until - from > maxDays * 86_400_000) throw new InvalidInput(`At most ${maxDays} days.`, { field: 'until' });
  const delegate = given.delegate === '' ? undefined : directory.everybody.find(({ id }) => id === given.delegate);
  if (given.delegate !== '' && (!delegate || delegate.id === personId))
    throw new InvalidInput('Choose somebody of the list.', { field: 'delegate' });
  const times = { from: new Date(from).toISOString(), until: new Date(until).toISOString() };
  return { ...times, ...(delegate ? { delegate: delegate.id } : {}) };
}

/** Back by now: an absence that is over says so better than none, which would leave that of the deployment's configuration. */
export function overNow(away: Absence, now: string): Absence {
  const before = new Date(Math.min(Date.parse(away.from), Date.parse(now) - 1)).toISOString();
  return { from: before, until: now };
}

export const isAway = (away: Absence | undefined, now: string): boolean =>
  away !== undefined && Date.parse(away.until) > Date.parse(now);

/** A time of a zone as a form's field has it. */
export const localTime = (iso: string, zone: string): string =>
  PlainDateTime.toString(ZonedDateTime.toPlainDateTime(Instant.toZonedDateTimeISO(Instant.fromString(iso), zone)), {
    smallestUnit: 'minute',
  });

/** Epoch ms. */
function instantOf(text: string, zone: string, field: string): number {
  try {
    return PlainDateTime.toZonedDateTime(PlainDateTime.fromString(text, Calendar.getBasic), zone).epochMilliseconds;
  } catch {
    throw new InvalidInput('Say the day and the time.', { field });
  }
}
