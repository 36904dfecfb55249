/** Times as a reader has them on the wall: in their own zone, which is always said. Shared by pages and mail. */

import type { Task } from '../core/model.ts';

const date = { weekday: 'short', day: 'numeric', month: 'short', year: 'numeric' } as const;
const clock = { hour: '2-digit', minute: '2-digit' } as const;

/** The zone that the directory has for somebody; UTC where it has none, or one that nobody knows. */
export function zoneOf(person: { timeZone?: string | undefined } | undefined): string {
  const zone = person?.timeZone ?? 'UTC';
  try {
    new Intl.DateTimeFormat('en-GB', { timeZone: zone });
    return zone;
  } catch {
    return 'UTC';
  }
}

/** The zone of somebody who is asked, as the directory had it then; UTC for everybody else. */
export const readersZone = (task: Pick<Task, 'approvers'> | undefined, personId: string): string =>
  zoneOf(task?.approvers.find((one) => one.id === personId));

const written = (iso: string, options: Intl.DateTimeFormatOptions): string =>
  new Intl.DateTimeFormat('en-GB', options).format(new Date(iso));

/** `Mon, 23 Nov 2026, 10:00 CET`. */
export const time = (iso: string, zone = 'UTC'): string =>
  written(iso, { ...date, ...clock, timeZone: zone, timeZoneName: 'short' });

/** The same, with UTC beside it: `Mon, 23 Nov 2026, 10:00 CET (09:00 UTC)`; where the days differ, with UTC's day. */
export function timeWithUtc(iso: string, zone: string): string {
  const here = time(iso, zone);
  const utc = written(iso, { ...clock, timeZone: 'UTC' });
  if (here.endsWith(`${utc} UTC`)) return here;
  const days = [zone, 'UTC'].map((timeZone) => written(iso, { ...date, timeZone }));
  return `${here} (${days[0] === days[1] ? '' : `${days[1]}, `}${utc} UTC)`;
}
