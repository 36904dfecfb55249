import { describe, expect, it } from 'vitest';
import { Directory } from '../../core/directory.ts';
import { mailOf } from '../../functions/mail/channels/mail.ts';
import { messageFor } from '../../functions/mail/message.ts';
import { readersZone, time, timeWithUtc } from '../../pages/time.ts';
import * as given from '../core/builders.ts';
import { story, waitingApproval } from '../core/story.ts';

describe('a time as its reader has it', () => {
  it.each([
    ['UTC', '2026-11-23T09:00:00.000Z', 'Mon, 23 Nov 2026, 09:00 UTC'],
    ['Europe/Berlin', '2026-11-23T09:00:00.000Z', 'Mon, 23 Nov 2026, 10:00 CET (09:00 UTC)'],
    ['Asia/Kolkata', '2026-11-23T22:00:00.000Z', 'Tue, 24 Nov 2026, 03:30 GMT+5:30 (Mon, 23 Nov 2026, 22:00 UTC)'],
    ['America/New_York', '2026-01-01T03:00:00.000Z', 'Wed, 31 Dec 2025, 22:00 GMT-5 (Thu, 1 Jan 2026, 03:00 UTC)'],
  ])('in %s', (zone, iso, shown) => expect(timeWithUtc(iso, zone)).toBe(shown));

  it('tells the two hours apart that a clock shows twice', () => {
    const twice = ['2026-10-25T00:30:00.000Z', '2026-10-25T01:30:00.000Z'].map((iso) => time(iso, 'Europe/Berlin'));
    expect(twice).toEqual(['Sun, 25 Oct 2026, 02:30 CEST', 'Sun, 25 Oct 2026, 02:30 CET']);
  });

  it('is UTC for who is not asked, and for a zone that nobody knows', () => {
    const asked = (timeZone?: string) => ({
      approvers: [{ id: 'ada', name: '', mail: '', as: 'role' as const, timeZone }],
    });
    expect(readersZone(asked('Europe/Berlin'), 'ada')).toBe('Europe/Berlin');
    expect([asked(), asked('Mars/Olympus'), undefined].map((task) => readersZone(task, 'ada'))).toEqual([
      'UTC',
      'UTC',
      'UTC',
    ]);
    expect(readersZone(asked('Europe/Berlin'), 'ben')).toBe('UTC');
  });
});

it('a mail names the zone in full, since it is read far from the page', async () => {
  const { told } = await waitingApproval();
  const mail = mailOf(
    messageFor(await told.seen(), 'https://x.example/a/x', [], 'assigned', { zone: 'Europe/Berlin' }),
  );
  expect(mail.text).toContain('Decide before: Mon, 23 Nov 2026, 10:00 CET (09:00 UTC), Europe/Berlin');
});

it('a person’s zone comes from the directory, when they are asked', async () => {
  const zoned = new Directory(given.directory.everybody.map((one) => ({ ...one, timeZone: 'Europe/Berlin' })));
  const zonesOf = async (people: Directory) => {
    const told = await story();
    await told.escalate({}, people);
    return (await told.state()).task?.approvers.map((one) => one.timeZone);
  };
  expect(await zonesOf(zoned)).toEqual(['Europe/Berlin', 'Europe/Berlin']);
  expect(await zonesOf(given.directory)).toEqual([undefined, undefined]);
});
