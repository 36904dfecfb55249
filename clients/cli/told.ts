/** `holdpoint people channels` and `digest`: how a person can be told, and whether low priority comes once a day. */

import type { Command } from 'commander';
import { channelsOf, nameOf } from '../../core/channels.ts';
import type { Channel } from '../../core/directory.ts';
import { InvalidInput } from '../../core/errors.ts';
import { answer } from './outcome.ts';
import { type Here, here, personOf } from './person.ts';

export function addTold(people: Command): void {
  here(people.command('channels'))
    .description('set up how a person can be told; which of it they want, they choose in their inbox')
    .argument('<person>', 'id or mail address')
    .argument('[channels...]', 'mail, slack:MEMBER, slack_webhook:NAME, teams:NAME')
    .option('--reset', 'as the configuration has it')
    .action(channels);
  here(people.command('digest'))
    .description('low-priority tasks of a person in one mail a day')
    .argument('<person>', 'id or mail address')
    .option('--at <HH:MM>', "the time, in the person's time zone", '09:00')
    .option('--off', 'none')
    .action(digest);
}

/** `slack:U0123ABC`, as `nameOf` writes it. */
async function channelOf(given: string, command: Command): Promise<Channel> {
  const { channel } = await import('../../adapters/directory-schema.ts');
  const [by = '', ...rest] = given.split(':');
  const field = by === 'slack' ? 'member' : 'webhook';
  const parsed = channel.safeParse({ by, ...(rest.length === 0 ? {} : { [field]: rest.join(':') }) });
  return parsed.success
    ? parsed.data
    : command.error(`${given} is no channel: mail, slack:MEMBER, slack_webhook:NAME or teams:NAME.`);
}

async function channels(given: string, names: string[], options: Here & { reset?: true }, command: Command) {
  if (names.length > 0 === (options.reset === true)) command.error('Say the channels, or --reset.');
  const set = options.reset ? undefined : await Promise.all(names.map((name) => channelOf(name, command)));
  const { withTarget } = await import('./target.ts');
  const { patchPerson } = await import('../../adapters/people.ts');
  const person = await withTarget(options, async (target) => {
    const { id } = await personOf(given, options, target);
    await patchPerson(target.client, target.tables.people, id, { channels: set });
    return personOf(id, options, target);
  });
  const by = channelsOf(person).map(nameOf);
  answer(
    options.json,
    { person: person.id, channels: (person.channels ?? []).map(nameOf), told_by: by },
    `${person.id} is told by ${by.join(', ')}${person.wants ? ', as they have chosen' : ''}.`,
  );
}

async function digest(given: string, options: Here & { at: string; off?: true }, command: Command) {
  const wish = await wishOf(options, command);
  const { withTarget } = await import('./target.ts');
  const { patchPerson } = await import('../../adapters/people.ts');
  const { id } = await withTarget(options, async (target) => {
    const person = await personOf(given, options, target);
    await patchPerson(target.client, target.tables.people, person.id, { digest: wish });
    return person;
  });
  answer(
    options.json,
    { person: id, digest: wish.off ? null : wish.at },
    wish.off
      ? `${id} gets no digest: each task is mailed at once.`
      : `${id} gets low-priority tasks in one mail a day, at ${wish.at}.`,
  );
}

async function wishOf({ at, off }: { at: string; off?: true }, command: Command) {
  const { digestOf } = await import('../../core/digest.ts');
  try {
    return digestOf({ wanted: !off, at });
  } catch (error) {
    if (!(error instanceof InvalidInput)) throw error;
    return command.error(`${at} is no time of day, such as 09:00.`);
  }
}
