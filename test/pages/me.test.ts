import { describe, expect, it } from 'vitest';
import { Directory, type Person } from '../../core/directory.ts';
import { type Given, mePage } from '../../pages/me.ts';
import { start } from '../core/builders.ts';

const ada: Person = {
  id: 'ada',
  name: 'Ada Example',
  mail: 'ada@example.com',
  roles: [],
  channels: [
    { by: 'slack', member: 'U0123ABC' },
    { by: 'teams', webhook: 'ada-teams' },
  ],
};
const show = (over: Partial<Person> = {}, shown: Parameters<typeof mePage>[3] = {}) =>
  mePage({ ...ada, ...over }, new Directory([ada]), start, shown);
const given: Given = {
  from: '',
  until: '',
  delegate: '',
  channels: [],
  digest: { wanted: true, at: 'noon' },
};

/** Boxes by name: value and whether it is ticked. */
const boxes = (page: string, name: string) =>
  [...page.matchAll(new RegExp(`<input type="checkbox" name="${name}" value="([^"]+)"([^>]*)>`, 'g'))].map((match) => [
    match[1],
    /\bchecked\b/.test(match[2] ?? ''),
  ]);

describe('how somebody is told, on their page', () => {
  it('offers mail and what is set up, ticked as it is now', () => {
    expect(boxes(show(), 'channel')).toEqual([
      ['mail', false],
      ['slack:U0123ABC', true],
      ['teams:ada-teams', true],
    ]);
    expect(boxes(show({ wants: ['mail', 'teams:ada-teams'] }), 'channel')).toEqual([
      ['mail', true],
      ['slack:U0123ABC', false],
      ['teams:ada-teams', true],
    ]);
  });

  it('offers mail alone to who has nothing else, and says who sets up more', () => {
    const page = show({ channels: undefined });
    expect(boxes(page, 'channel')).toEqual([['mail', true]]);
    expect(page).toContain('An administrator can set up Slack or Teams for you');
  });

  it('says what is wrong at the field, which has the focus, and keeps what was chosen', () => {
    const refused = { given, field: 'channel', message: 'Choose at least one.' };
    const page = show({}, { refused });
    expect(boxes(page, 'channel').every(([, ticked]) => ticked === false)).toBe(true);
    expect(page).toMatch(/<p class="error" id="refused" role="alert">Choose at least one\.<\/p>\s*<fieldset/);
    expect(page).toMatch(/name="channel" value="mail" +autofocus aria-invalid="true" aria-describedby="refused">/);
    expect(page.match(/id="refused"/g)).toHaveLength(1);
  });
});

describe('the daily mail, on their page', () => {
  it('is off at nine where nothing is said, else as it is; its zone and days are named', () => {
    const page = show();
    expect(boxes(page, 'digest')).toEqual([['yes', false]]);
    expect(page).toContain('name="at" value="09:00"');
    expect(page).toContain('The time is that of UTC.');
    const hours = { days: [1, 2], from: '08:00', to: '12:00' };
    const hers = show({ digest: { at: '07:30' }, timeZone: 'Europe/Berlin', hours });
    expect(boxes(hers, 'digest')).toEqual([['yes', true]]);
    expect(hers).toContain('name="at" value="07:30"');
    expect(hers).toContain('The time is that of Europe/Berlin, on your working days: Monday, Tuesday.');
    expect(boxes(show({ digest: { at: '07:30', off: true } }), 'digest')).toEqual([['yes', false]]);
  });

  it('says what is wrong with the time at the time', () => {
    const refused = { given, field: 'at', message: 'Say the time, such as 09:00.' };
    const page = show({}, { refused });
    expect(boxes(page, 'digest')).toEqual([['yes', true]]);
    expect(page).toMatch(/role="alert">Say the time, such as 09:00\.<\/p>\s*<input type="time" id="at"/);
    expect(page).toMatch(/id="at" name="at" value="noon" required aria-describedby="at-help refused" autofocus/);
  });
});
