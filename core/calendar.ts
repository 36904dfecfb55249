/** When people work. */

/** In somebody's own time zone. */
export interface WorkingHours {
  /** 1 (Monday) to 7. */
  days: readonly number[];
  /** `HH:MM`; `from` is before `to`. */
  from: string;
  to: string;
}

/** For those who don't say it themselves. */
export interface Calendar {
  /** IANA name, e.g. `Europe/Berlin`. */
  timeZone: string;
  hours: WorkingHours;
  /** Dates (`YYYY-MM-DD`) on which nobody works. */
  holidays: readonly string[];
}

export const defaultCalendar: Calendar = {
  timeZone: 'UTC',
  hours: { days: [1, 2, 3, 4, 5], from: '09:00', to: '17:00' },
  holidays: [],
};
