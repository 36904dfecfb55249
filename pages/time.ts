/** Times as a reader has them on the wall: in their own zone, which is always said. Shared by pages and mail. */

const date = { weekday: 'short', day: 'numeric', month: 'short', year: 'numeric' } as const;
const clock = { hour: '2-digit', minute: '2-digit' } as const;

const written = (iso: string, options: Intl.DateTimeFormatOptions): string =>
  new Intl.DateTimeFormat('en-GB', options).format(new Date(iso));

/** `Mon, 23 Nov 2026, 10:00 CET`. */
export const time = (iso: string, zone = 'UTC'): string =>
  written(iso, { ...date, ...clock, timeZone: zone, timeZoneName: 'short' });

/** The zone of somebody of the directory; UTC where they have none that is known. */
export function zoneOf({ timeZone = 'UTC' }: { timeZone?: string | undefined }): string {
  try {
    new Intl.DateTimeFormat('en-GB', { timeZone });
    return timeZone;
  } catch {
    return 'UTC';
  }
}
