/** How a person is reached: what an administrator has set up for them, and which of it they want. */

import type { Channel, Person } from './directory.ts';
import { InvalidInput } from './errors.ts';

const mail: Channel = { by: 'mail' };

type Reached = Pick<Person, 'channels' | 'wants'>;

/** A channel in a word, as people's wishes and records name it: `mail`, `slack:U0123ABC`, `teams:ada-teams`. */
export function nameOf(channel: Channel): string {
  if (channel.by === 'mail') return 'mail';
  return `${channel.by}:${channel.by === 'slack' ? channel.member : channel.webhook}`;
}

/** All that somebody may choose from: mail, and what an administrator has set up. */
export function offeredTo({ channels = [] }: Pick<Person, 'channels'>): Channel[] {
  return [mail, ...channels.filter(({ by }) => by !== 'mail')];
}

/** By what somebody is told. A wish for what is not offered any more counts for nothing; where nothing is left, mail. */
export function channelsOf(person: Reached): readonly Channel[] {
  const { channels = [mail], wants } = person;
  if (!wants) return channels;
  const chosen = offeredTo(person).filter((channel) => wants.includes(nameOf(channel)));
  return chosen.length === 0 ? [mail] : chosen;
}

/** As a form has them. Throws InvalidInput, field `channel`: none, or one that is not offered. */
export function wantsOf(given: readonly string[], person: Pick<Person, 'channels'>): string[] {
  const names = offeredTo(person).map(nameOf);
  if (given.length === 0) throw new InvalidInput('Choose at least one.', { field: 'channel' });
  if (given.some((name) => !names.includes(name)))
    throw new InvalidInput('Choose of what is offered here.', { field: 'channel' });
  return names.filter((name) => given.includes(name));
}
