/** Business hours on a virtual clock: each rung comes from what the run's own waits are written with. */

import fc from 'fast-check';
import { Temporal } from 'temporal-polyfill';
import { describe, expect, it } from 'vitest';
import { type Calendar, defaultCalendar, type WorkingHours } from '../../core/calendar.ts';
import { Directory, type Person } from '../../core/directory.ts';
import { workingTimeOf } from '../../core/working-time.ts';
import { runs } from '../properties.ts';
import { story } from './story.ts';

const hour = 3600;
const week: WorkingHours = { days: [1, 2, 3, 4, 5], from: '09:00', to: '17:00' };
const someone = (id: string, timeZone: string, hours: WorkingHours = week): Person => ({
  id,
  name: id,
  mail: `${id}@example.com`,
  roles: ['approvers'],
  timeZone,
  hours,
});
const workedUntil = (from: string, hours: number, people: Person[], calendar: Calendar = defaultCalendar) => {
  const start = Date.parse(from);
  const at = workingTimeOf(people, calendar).after(start, hours * hour, start + 400 * 86_400_000);
  return new Date(at).toISOString();
};

describe('working time', () => {
  it.each<[string, string, string, number, string]>([
    ['Berlin, within a day', 'Europe/Berlin', '2026-11-23T08:00:00Z', 3, '2026-11-23T11:00:00.000Z'],
    ['Berlin, before work', 'Europe/Berlin', '2026-11-23T03:00:00Z', 1, '2026-11-23T09:00:00.000Z'],
    ['Berlin, over a weekend', 'Europe/Berlin', '2026-11-20T15:00:00Z', 2, '2026-11-23T09:00:00.000Z'],
    // The clocks change on 25 October and on 28 March: from UTC+2 to UTC+1 and back.
    ['Berlin, over the end of summer time', 'Europe/Berlin', '2026-10-23T14:00:00Z', 2, '2026-10-26T09:00:00.000Z'],
    ['Berlin, over its beginning', 'Europe/Berlin', '2027-03-26T15:00:00Z', 2, '2027-03-29T08:00:00.000Z'],
    [
      'New York, over the end of summer time',
      'America/New_York',
      '2026-10-30T20:00:00Z',
      2,
      '2026-11-02T15:00:00.000Z',
    ],
    ['New York, over its beginning', 'America/New_York', '2027-03-12T21:00:00Z', 2, '2027-03-15T14:00:00.000Z'],
    // Half an hour of summer time: UTC+10:30 and UTC+11.
    ['Lord Howe, over its beginning', 'Australia/Lord_Howe', '2026-10-02T05:30:00Z', 2, '2026-10-04T23:00:00.000Z'],
    ['Lord Howe, over its end', 'Australia/Lord_Howe', '2026-04-03T05:00:00Z', 2, '2026-04-05T23:30:00.000Z'],
    ['Kathmandu, UTC+5:45', 'Asia/Kathmandu', '2026-11-20T10:15:00Z', 2, '2026-11-23T04:15:00.000Z'],
  ])('%s', (_, zone, from, hours, expected) => {
    expect(workedUntil(from, hours, [someone('a', zone)])).toBe(expected);
  });

  it('is real time where the clock changes while somebody works', () => {
    const night: WorkingHours = { days: [7], from: '00:00', to: '06:00' };
    const berlin = [someone('a', 'Europe/Berlin', night)];
    // Seven real hours, and five.
    expect(workedUntil('2026-10-24T22:00:00Z', 7, berlin)).toBe('2026-10-25T05:00:00.000Z');
    expect(workedUntil('2027-03-27T23:00:00Z', 5, berlin)).toBe('2027-03-28T04:00:00.000Z');
    expect(
      workingTimeOf(berlin, defaultCalendar).between(Date.parse('2027-03-27T00:00Z'), Date.parse('2027-03-29T00:00Z')),
    ).toBe(5 * hour);
  });

  it('counts while anybody who is asked works, and once where two do', () => {
    const both = [someone('a', 'Europe/Berlin'), someone('b', 'America/New_York')];
    // Berlin works 08–16 UTC, New York 14–22: fourteen hours a day.
    expect(workedUntil('2026-11-23T08:00:00Z', 14, both)).toBe('2026-11-23T22:00:00.000Z');
    expect(workedUntil('2026-11-23T08:00:00Z', 15, both)).toBe('2026-11-24T09:00:00.000Z');
  });

  it('knows holidays, and who has no hours of their own', () => {
    const calendar: Calendar = { timeZone: 'Europe/Berlin', hours: week, holidays: ['2026-12-25', '2026-12-28'] };
    const { hours: _, timeZone: __, ...plain } = someone('a', 'UTC');
    expect(workedUntil('2026-12-24T15:00:00Z', 2, [plain], calendar)).toBe('2026-12-29T09:00:00.000Z');
    expect(workedUntil('2026-12-24T15:00:00Z', 2, [], calendar)).toBe('2026-12-29T09:00:00.000Z');
  });

  it('ends at the limit where nobody works before it', () => {
    const from = Date.parse('2026-11-21T00:00:00Z');
    const limit = from + 36 * hour * 1000;
    expect(workingTimeOf([someone('a', 'UTC')], defaultCalendar).after(from, 1, limit)).toBe(limit);
  });
});

const zones = ['Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe', 'Asia/Kathmandu', 'UTC'];
const clock = fc.nat({ max: 23 }).map((h) => `${String(h).padStart(2, '0')}:00`);
const hours = fc
  .tuple(fc.uniqueArray(fc.integer({ min: 1, max: 7 }), { minLength: 1 }), clock, clock)
  .filter(([, from, to]) => from < to)
  .map(([days, from, to]): WorkingHours => ({ days, from, to }));
const team = fc
  .array(fc.tuple(fc.constantFrom(...zones), hours), { minLength: 1, maxLength: 3 })
  .map((all) => all.map(([zone, given], i) => someone(`p${i}`, zone, given)));

/** Written without the product's own arithmetic: what a wall clock in the person's zone shows. */
const works = ({ timeZone = 'UTC', hours: own = week }: Person, at: string): boolean => {
  const local = Temporal.Instant.from(at).toZonedDateTimeISO(timeZone);
  const time = local.toPlainTime().toString().slice(0, 5);
  const edge = local.toPlainTime().toString({ smallestUnit: 'second' }) === `${own.to}:00`;
  return own.days.includes(local.dayOfWeek) && time >= own.from && (time < own.to || edge);
};

/** Without a deadline, the longest that a task may last: a year, and the ninety days of the longest rung. */
const latest = '2028-02-18T09:00:00.000Z';
const ladder = { business_hours: true, escalate: [], expire: { after_seconds: 121 * hour } };

/** Who works less than two hours a week may not work 121 hours until then. */
const rarely = (people: readonly Person[]) =>
  people.every(
    ({ hours: { days, from, to } = week }) => days.length * (Number(to.slice(0, 2)) - Number(from.slice(0, 2))) < 2,
  );

describe('a task in business hours', () => {
  it('ends at the latest where those it asks work too seldom', async () => {
    const told = await story({ humanTask: { title: 'Look', ladder } });
    await told.escalate({}, new Directory([someone('a', 'UTC', { days: [1], from: '09:00', to: '10:00' })]));
    expect((await told.state()).task?.ladder?.at(-1)).toMatchObject({ at: latest, do: 'expire', from: 'intent' });
  });

  it('has its rungs in order, and none but a deadline outside the hours of those it asks', () =>
    fc.assert(
      fc.asyncProperty(
        team,
        fc.integer({ min: 1, max: 40 * hour }),
        fc.integer({ min: 1, max: 80 * hour }),
        fc.option(fc.integer({ min: 121 * hour, max: 1000 * hour }), { nil: undefined }),
        async (people, remind, more, deadline) => {
          const told = await story({
            humanTask: {
              title: 'Look',
              ladder: {
                ...ladder,
                remind: { after_seconds: remind, every_seconds: remind, times: 3, final_seconds: 1 },
                escalate: [{ after_seconds: remind + more, to: 'role' }],
              },
            },
            ...(deadline === undefined
              ? {}
              : { deadlineAt: new Date(Date.parse('2026-11-20T09:00:00Z') + deadline * 1000).toISOString() }),
          });
          await told.escalate({}, new Directory(people));
          const rungs = (await told.state()).task?.ladder ?? [];
          const times = rungs.map(({ at }) => at);
          expect(times).toEqual(times.toSorted());
          for (const rung of rungs)
            if (rung.from !== 'deadline' && !(rung.at === latest && rung.do === 'expire' && rarely(people)))
              expect(
                people.some((one) => works(one, rung.at)),
                `${rung.do} at ${rung.at}`,
              ).toBe(true);
          // What a run is told to wait for is the same.
          let climbed = await told.climb(1, 0, new Directory(people));
          while (climbed.next === 'wait') {
            expect(times).toContain(climbed.waitUntil);
            told.goTo(climbed.waitUntil);
            climbed = await told.climb(1, climbed.rung, new Directory(people));
          }
          expect(told.now()).toBe(times.at(-1));
        },
      ),
      runs(60),
    ));

  it('lets its run look again where a rung comes sooner than the run knew', async () => {
    // Berlin works one hour more before the deadline on Monday: the last reminder is due on Friday already.
    const ladder = {
      business_hours: true,
      remind: { after_seconds: hour, times: 0, final_seconds: 1.5 * hour },
      escalate: [],
    };
    const told = await story({ deadlineAt: '2026-11-23T09:00:00.000Z', humanTask: { title: 'Look', ladder } });
    const waitUntil = '2026-11-23T07:30:00.000Z';
    await told.escalate({ waitUntil }, new Directory([someone('ada', 'Europe/Berlin')]));
    const [first] = (await told.state()).task?.ladder ?? [];
    expect(first).toMatchObject({ at: '2026-11-20T15:30:00.000Z', do: 'remind', final: true });
    expect(told.store.outbox(told.ref).map(({ key }) => key.split('#')[0])).toContain('wake');
  });
});
