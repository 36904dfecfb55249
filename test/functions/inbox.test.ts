import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { absenceOf, isAway, localTime, overNow } from '../../core/absence.ts';
import type { AskedDone, AskedOpen } from '../../core/asked.ts';
import { mayBeInBatch, sharedOutcomes } from '../../core/batch.ts';
import { filterOf, isOverdue, matcherOf } from '../../functions/inbox/filter.ts';
import { directory, later, start } from '../core/builders.ts';

const open: AskedOpen = {
  is: 'open',
  personId: 'ada',
  taskId: 'i.1',
  taskType: 'approval',
  type: 'intent.refund.v1',
  from: 'agent://acme/shop/support-bot',
  title: 'Refund 180.00 EUR of order A-1042',
  about: 'Refund',
  risk: 'low',
  deadline: later(start, 7200),
  remindAt: later(start, 3600),
};
const done: AskedDone = { ...open, is: 'done', outcome: 'approved', decidedAt: start };

const filter = (query: string) => filterOf(new URLSearchParams(query));
const shows = (query: string, row: AskedOpen | AskedDone = open, now = start) =>
  matcherOf(filter(query), now)?.(row) ?? true;

describe('a filter', () => {
  it('is read from the address; what is none of ours is left out', () => {
    expect(filter('type=form&risk=high&overdue=yes&q=%20a%20b%20')).toEqual({
      type: 'form',
      risk: 'high',
      overdue: true,
      search: 'a b',
    });
    for (const query of ['', 'type=&risk=&q=', 'type=constructor&risk=huge&overdue=no&q=%20'])
      expect(filter(query)).toEqual({});
    expect(filter(`q=${'x'.repeat(5000)}`).search).toHaveLength(200);
  });

  it.each([
    ['', true],
    ['type=approval', true],
    ['type=form', false],
    ['risk=low', true],
    ['risk=high', false],
    ['q=a-1042', true],
    ['q=SUPPORT refund', true],
    ['q=acme/shop', true],
    ['q=intent.refund', true],
    ['q=support missing', false],
    ['q=.*', false],
  ])('%s shows the refund: %s', (query, shown) => {
    expect(shows(query)).toBe(shown);
    expect(shows(query, done)).toBe(shown);
  });

  it('says overdue from the first reminder on, without one from the deadline on', () => {
    expect(isOverdue(open, later(start, 3599))).toBe(false);
    expect(isOverdue(open, later(start, 3600))).toBe(true);
    const { remindAt: _, ...once } = open;
    expect(isOverdue(once, later(start, 3600))).toBe(false);
    expect(isOverdue(once, later(start, 7200))).toBe(true);
    expect(isOverdue(done, later(start, 9999))).toBe(false);
    expect(shows('overdue=yes')).toBe(false);
    expect(shows('overdue=yes', open, later(start, 3600))).toBe(true);
  });

  it('never throws, whatever is searched for', () => {
    fc.assert(fc.property(fc.string(), (text) => shows(new URLSearchParams({ q: text }).toString()) !== undefined));
  });
});

describe('a batch', () => {
  it('takes what is low risk and asks for a yes or a no', () => {
    expect(mayBeInBatch({ type: 'approval', risk: 'low' })).toBe(true);
    expect(mayBeInBatch({ type: 'confirmation', risk: 'low' })).toBe(true);
    for (const risk of ['medium', 'high'] as const) expect(mayBeInBatch({ type: 'approval', risk })).toBe(false);
    for (const type of ['form', 'clarification'] as const) expect(mayBeInBatch({ type, risk: 'low' })).toBe(false);
  });

  it('offers what all of them allow', () => {
    const approval = { type: 'approval', outcomes: ['approved', 'rejected'] } as const;
    const names = (...tasks: Parameters<typeof sharedOutcomes>[0][number][]) =>
      sharedOutcomes(tasks).map(({ name }) => name);
    expect(names()).toEqual([]);
    expect(names({ ...approval, outcomes: [...approval.outcomes] })).toEqual(['approved', 'rejected']);
    expect(names({ ...approval, outcomes: ['rejected', 'approved'] }, { ...approval, outcomes: ['rejected'] })).toEqual(
      ['rejected'],
    );
    expect(
      names(
        { ...approval, outcomes: [...approval.outcomes] },
        { type: 'confirmation', outcomes: ['confirmed', 'denied'] },
      ),
    ).toEqual([]);
  });
});

describe('an absence', () => {
  const given = { from: '2026-12-24T09:00', until: '2026-12-31T18:00', delegate: 'ben' };
  const me = { personId: 'ada', zone: 'Europe/Berlin', now: start };

  it('is written in the times of the person’s zone', () => {
    expect(absenceOf(given, me, directory)).toEqual({
      from: '2026-12-24T08:00:00.000Z',
      until: '2026-12-31T17:00:00.000Z',
      delegate: 'ben',
    });
    expect(absenceOf({ ...given, delegate: '' }, me, directory)).not.toHaveProperty('delegate');
    expect(localTime('2026-07-01T08:00:00.000Z', 'Europe/Berlin')).toBe('2026-07-01T10:00');
  });

  it.each([
    ['no beginning', { from: '' }, 'from'],
    ['a day that is none', { from: '2026-02-30T09:00' }, 'from'],
    ['no end', { until: 'soon' }, 'until'],
    ['an end before the beginning', { until: '2026-12-24T09:00' }, 'until'],
    ['what is over', { from: '2026-01-01T09:00', until: '2026-01-02T09:00' }, 'until'],
    ['years', { until: '2028-01-01T09:00' }, 'until'],
    ['a stranger', { delegate: 'eve' }, 'delegate'],
    ['oneself', { delegate: 'ada' }, 'delegate'],
  ])('is refused with %s, at its field', (_, over, field) => {
    expect(() => absenceOf({ ...given, ...over }, me, directory)).toThrow(
      expect.objectContaining({ name: 'InvalidInput', details: { field } }),
    );
  });

  it('is over from the moment that its person is back, also where it has not begun', () => {
    const away = absenceOf(given, me, directory);
    for (const now of [start, later(away.from, 60)]) {
      expect(isAway(away, now)).toBe(true);
      const over = overNow(away, now);
      expect(isAway(over, now)).toBe(false);
      expect(Date.parse(over.from)).toBeLessThan(Date.parse(over.until));
    }
  });
});
