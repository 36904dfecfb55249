/** Tells a person by the channels they chose; where a chat fails, and mail is none of them, by mail. */

import { channelsOf, nameOf } from '../../../core/channels.ts';
import type { Channel, Person } from '../../../core/directory.ts';
import type { Sent } from '../../../core/rules/link.ts';
import type { Message } from '../message.ts';

/** The provider sends nothing to this address any more: trying again is no use. */
export class AddressRefused extends Error {
  override readonly name = 'AddressRefused';
}

/** One way out; gives the message's id, where there is one. Throws where the message was not taken. */
export type Notifier = (to: Person, channel: Channel, message: Message) => Promise<string>;

/** Where a channel leads, as records say it. */
const placeOf = (channel: Channel, { mail }: Person): string => (channel.by === 'mail' ? mail : nameOf(channel));

/** Where a person is going to be told, where that isn't only their mail. */
export const placesOf = (to: Person): string[] | undefined =>
  to.channels && channelsOf(to).map((channel) => placeOf(channel, to));

/** `failed` is told of each channel that did not take it. Throws where nobody was reached by any. */
export async function notify(
  by: Record<Channel['by'], Notifier>,
  to: Person,
  message: Message,
  failed: (channel: Channel, error: Error) => void,
): Promise<Sent> {
  const tried = await Promise.all(channelsOf(to).map((channel) => attempt(channel)));
  const fellThrough = tried.some(({ error }) => error) && !tried.some(({ channel }) => channel.by === 'mail');
  if (fellThrough) tried.push(await attempt({ by: 'mail' }));
  const taken = tried.filter(({ error }) => !error);
  // Others are asked at once where the mail address is refused, also while a chat is only down.
  const thrown = tried.find(({ error }) => error instanceof AddressRefused) ?? tried.at(-1);
  if (taken.length === 0) throw thrown?.error ?? new Error('no channel');
  const lost = tried.filter(({ error }) => error);
  return {
    messageId: taken.map(({ id }) => id).find((id) => id !== '') ?? '',
    ...(to.channels ? { to: taken.map(({ channel }) => placeOf(channel, to)) } : {}),
    ...(lost.length === 0 ? {} : { failed: lost.map(({ channel }) => placeOf(channel, to)) }),
  };

  async function attempt(channel: Channel): Promise<{ channel: Channel; id: string; error?: Error }> {
    try {
      return { channel, id: await by[channel.by](to, channel, message) };
    } catch (thrown) {
      const error = thrown as Error;
      failed(channel, error);
      return { channel, id: '', error };
    }
  }
}
