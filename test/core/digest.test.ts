import fc from 'fast-check';
import { Temporal } from 'temporal-polyfill';
import { describe, expect, it } from 'vitest';
import { type Calendar, defaultCalendar, type WorkingHours } from '../../core/calendar.ts';
import { digestFor, digestLeadSeconds, digestOf, nextDigest } from '../../core/digest.ts';
import type { Rung } from '../../core/ladder.ts';
import { mailReasons } from '../../core/rules/link.ts';
import { later } from './builders.ts';

const week: WorkingHours = { days: [1, 2, 3, 4, 5], from: '09:00', to: '17:00' };
const at = (clock: string, timeZone?: string, hours?: WorkingHours) => ({ digest: { at: clock }, timeZone, hours });
const next = (now: string, person: Parameters<typeof nextDigest>[0], calendar: Calendar = defaultCalendar) => {
  const ms = nextDigest(person, calendar, now);
  return ms === undefined ? undefined : new Date(ms).toISOString();
};

describe('a digest comes', () => {
  it.each<[string, string, Parameters<typeof nextDigest>[0], string]>([
    ['today, before its hour', '2026-11-20T07:59:59.999Z', at('08:00'), '2026-11-20T08:00:00.000Z'],
    ['tomorrow, from its hour on', '2026-11-20T08:00:00.000Z', at('08:00'), '2026-11-21T08:00:00.000Z'],
    ['in Berlin an hour earlier', '2026-11-20T07:00:00Z', at('09:00', 'Europe/Berlin'), '2026-11-20T08:00:00.000Z'],
    ['in Kathmandu', '2026-11-20T03:00:00Z', at('09:00', 'Asia/Kathmandu'), '2026-11-20T03:15:00.000Z'],
    // It is Saturday there already.
    ['in Auckland', '2026-11-20T12:00:00Z', at('09:00', 'Pacific/Auckland'), '2026-11-20T20:00:00.000Z'],
    // The clocks change on 25 October and on 28 March: from UTC+2 to UTC+1 and back.
    ['after summer time', '2026-10-24T12:00:00Z', at('09:00', 'Europe/Berlin'), '2026-10-25T08:00:00.000Z'],
    ['in summer time', '2027-03-27T12:00:00Z', at('09:00', 'Europe/Berlin'), '2027-03-28T07:00:00.000Z'],
    [
      'later, where its hour is left out',
      '2027-03-27T12:00:00Z',
      at('02:30', 'Europe/Berlin'),
      '2027-03-28T01:30:00.000Z',
    ],
    [
      'at the first of two same hours',
      '2026-10-24T12:00:00Z',
      at('02:30', 'Europe/Berlin'),
      '2026-10-25T00:30:00.000Z',
    ],
    ['and not at the second', '2026-10-25T00:30:00Z', at('02:30', 'Europe/Berlin'), '2026-10-26T01:30:00.000Z'],
    // 20 November 2026 is a Friday.
    ['after the weekend', '2026-11-20T12:00:00Z', at('09:00', undefined, week), '2026-11-23T09:00:00.000Z'],
    ['on the weekend to who has no hours', '2026-11-20T12:00:00Z', at('09:00'), '2026-11-21T09:00:00.000Z'],
  ])('%s', (_, now, person, expected) => {
    expect(next(now, person)).toBe(expected);
  });

  it('on no holiday to who has working hours, and by the calendar’s zone to who has none', () => {
    const calendar = { ...defaultCalendar, timeZone: 'America/New_York', holidays: ['2026-11-23'] };
    expect(next('2026-11-20T20:00:00Z', at('09:00', undefined, week), calendar)).toBe('2026-11-24T14:00:00.000Z');
    expect(next('2026-11-22T20:00:00Z', at('09:00'), calendar)).toBe('2026-11-23T14:00:00.000Z');
  });

  it('to nobody who wants none, or never works', () => {
    const calendar = {
      ...defaultCalendar,
      holidays: Array.from({ length: 60 }, (_, i) => later('2026-11-20T00:00:00Z', i * 86_400).slice(0, 10)),
    };
    expect(next('2026-11-20T12:00:00Z', {})).toBeUndefined();
    expect(next('2026-11-20T12:00:00Z', { digest: { at: '09:00', off: true } })).toBeUndefined();
    expect(next('2026-11-20T12:00:00Z', at('09:00', undefined, week), calendar)).toBeUndefined();
  });

  it('once a day, always later, at its hour, on working days only', () => {
    const zones = fc.constantFrom('UTC', 'Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe', 'Asia/Kolkata');
    const clocks = fc
      .tuple(fc.integer({ min: 3, max: 23 }), fc.integer({ min: 0, max: 59 }))
      .map((both) => both.map((n) => String(n).padStart(2, '0')).join(':'));
    const moments = fc.date({ min: new Date('2026-01-01'), max: new Date('2028-01-01'), noInvalidDate: true });
    fc.assert(
      fc.property(zones, clocks, moments, fc.boolean(), (timeZone, clock, moment, working) => {
        const person = at(clock, timeZone, working ? week : undefined);
        const now = moment.toISOString();
        const found = nextDigest(person, defaultCalendar, now) ?? Number.NaN;
        const there = Temporal.Instant.fromEpochMilliseconds(found).toZonedDateTimeISO(timeZone);
        expect(there.toPlainTime().toString({ smallestUnit: 'minute' })).toBe(clock);
        expect(found).toBeGreaterThan(moment.getTime());
        // No day is left out, but those that are off.
        expect(found - moment.getTime()).toBeLessThanOrEqual((working ? 73 : 25) * 3_600_000);
        if (working) expect(there.dayOfWeek).toBeLessThanOrEqual(5);
      }),
    );
  });
});

describe('a message waits for the digest', () => {
  const now = '2026-11-20T12:00:00.000Z';
  const digest = '2026-11-21T09:00:00.000Z';
  const remind = (seconds: number, final = false): Rung => ({
    do: 'remind',
    at: later(digest, seconds),
    ...(final ? { final } : {}),
  });
  const escalate = (seconds: number): Rung => ({ do: 'escalate', at: later(digest, seconds), how: 'adds' });
  const expire = (seconds: number): Rung => ({ do: 'expire', at: later(digest, seconds) });
  const waits = (ladder: Rung[], { rung = 0, why = 'assigned' as (typeof mailReasons)[number] } = {}) =>
    digestFor({ priority: 'low', ladder, rung }, why, at('09:00'), defaultCalendar, now) === Date.parse(digest);

  it.each<[string, boolean, Rung[]]>([
    ['where everything comes later', true, [remind(7200), escalate(8000), expire(9000)]],
    [
      'where a reminder comes before, which waits too',
      true,
      [remind(-60), escalate(digestLeadSeconds), expire(90_000)],
    ],
    ['not where the last reminder comes before', false, [remind(-60, true), expire(90_000)]],
    ['not where others are asked before', false, [escalate(-60), expire(90_000)]],
    ['not where the task ends before', false, [expire(-60)]],
    [
      'not where a rung comes so soon after that nobody can act',
      false,
      [escalate(digestLeadSeconds - 1), expire(90_000)],
    ],
  ])('%s', (_, expected, ladder) => {
    expect(waits(ladder)).toBe(expected);
  });

  it('where the rung that comes before has passed already', () => {
    const ladder = [escalate(-60), remind(7200), expire(90_000)];
    expect([waits(ladder), waits(ladder, { rung: 1 })]).toEqual([false, true]);
  });

  it('only of low priority, and only an asking or a reminder', () => {
    const ladder = [expire(90_000)];
    expect(mailReasons.filter((why) => waits(ladder, { why }))).toEqual(['assigned', 'reminder']);
    for (const priority of ['normal', 'high', 'urgent'] as const)
      expect(digestFor({ priority, ladder, rung: 0 }, 'assigned', at('09:00'), defaultCalendar, now)).toBeUndefined();
  });

  it('never past what it would make its reader miss', () => {
    const rungs = fc.array(
      fc.tuple(fc.constantFrom('remind', 'final', 'escalate'), fc.integer({ min: -90_000, max: 200_000 })),
    );
    fc.assert(
      fc.property(rungs, fc.integer({ min: -90_000, max: 300_000 }), (some, end) => {
        const ladder = some
          .map(([what, seconds]) => (what === 'escalate' ? escalate(seconds) : remind(seconds, what === 'final')))
          .concat(expire(end))
          .sort((a, b) => Date.parse(a.at) - Date.parse(b.at));
        const found = digestFor({ priority: 'low', ladder, rung: 0 }, 'assigned', at('09:00'), defaultCalendar, now);
        const hard = ladder.filter((one) => one.do !== 'remind' || one.final).map((one) => Date.parse(one.at));
        const soonest = Math.min(...hard);
        expect(found === undefined).toBe(soonest < Date.parse(digest) + digestLeadSeconds * 1000);
      }),
    );
  });
});

describe('a digest as a form has it', () => {
  it('has a time, or is off', () => {
    expect(digestOf({ wanted: true, at: '07:30' })).toEqual({ at: '07:30' });
    expect(digestOf({ wanted: false, at: '07:30' })).toEqual({ at: '07:30', off: true });
    expect(digestOf({ wanted: false, at: 'never' })).toEqual({ at: '09:00', off: true });
  });

  it.each(['', '9:00', '24:00', '09:60', '09:00:00', 'noon'])('is refused with %j, at its field', (clock) => {
    expect(() => digestOf({ wanted: true, at: clock })).toThrow(
      expect.objectContaining({ name: 'InvalidInput', details: { field: 'at' } }),
    );
  });
});
