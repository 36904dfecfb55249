import { describe, expect, it } from 'vitest';
import { channelsOf, nameOf, offeredTo, wantsOf } from '../../core/channels.ts';
import type { Channel } from '../../core/directory.ts';

const slack: Channel = { by: 'slack', member: 'U0123ABC' };
const teams: Channel = { by: 'teams', webhook: 'ada-teams' };

describe('what somebody may choose from', () => {
  it('is mail, and what an administrator has set up for them', () => {
    expect(offeredTo({}).map(nameOf)).toEqual(['mail']);
    expect(offeredTo({ channels: [slack, { by: 'mail' }, teams] }).map(nameOf)).toEqual([
      'mail',
      'slack:U0123ABC',
      'teams:ada-teams',
    ]);
  });

  it('is taken in its order, each once', () => {
    const names = ['teams:ada-teams', 'mail', 'mail'];
    expect(wantsOf(names, { channels: [slack, teams] })).toEqual(['mail', 'teams:ada-teams']);
  });

  it.each([
    ['nothing', []],
    ['another’s webhook', ['teams:ben-teams']],
    ['another member', ['mail', 'slack:U0456DEF']],
    ['an address', ['https://evil.example/hook']],
  ])('is not %s', (_, names) => {
    expect(() => wantsOf(names, { channels: [slack, teams] })).toThrow(
      expect.objectContaining({ name: 'InvalidInput', details: { field: 'channel' } }),
    );
  });
});

describe('by what somebody is told', () => {
  it('is what they want; without a wish all that is set up, and mail where nothing is', () => {
    expect(channelsOf({})).toEqual([{ by: 'mail' }]);
    expect(channelsOf({ channels: [slack, teams] })).toEqual([slack, teams]);
    expect(channelsOf({ channels: [slack, teams], wants: ['mail', 'teams:ada-teams'] })).toEqual([
      { by: 'mail' },
      teams,
    ]);
  });

  it('is never what is set up no more: then what is left of the wish, else mail', () => {
    const moved: Channel = { by: 'slack', member: 'U0456DEF' };
    expect(channelsOf({ channels: [moved, teams], wants: ['slack:U0123ABC', 'teams:ada-teams'] })).toEqual([teams]);
    expect(channelsOf({ channels: [moved], wants: ['slack:U0123ABC'] })).toEqual([{ by: 'mail' }]);
    expect(channelsOf({ wants: ['slack:U0123ABC'] })).toEqual([{ by: 'mail' }]);
  });
});
