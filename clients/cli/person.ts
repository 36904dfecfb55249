/** One person of a deployment's directory, for commands about them. */

import { join } from 'node:path';
import type { Command } from 'commander';
import type { Directory, Person } from '../../core/directory.ts';
import { atDeployment, type Where } from './arguments.ts';
import { Refused } from './outcome.ts';
import type { Target } from './target.ts';

export type Here = Where & { config: string };

/** The configuration of this checkout. */
export const configPath = join(import.meta.dirname, '..', '..', 'holdpoint.config.json');

/** The options that say which deployment is meant, with its configuration. */
export const here = (command: Command): Command =>
  atDeployment(command).option('--config <file>', "the deployment's configuration", configPath);

/** The directory as functions read it: the configuration of this checkout, and the deployment's table. */
export async function directoryOf({ config }: Here, { client, tables }: Target): Promise<Directory> {
  const { readConfig } = await import('../../infra/config.ts');
  const { openDirectory } = await import('../../adapters/directory.ts');
  return openDirectory(client, tables.people, readConfig(config).directory)();
}

/** By id or mail address. Throws Refused. */
export async function personOf(given: string, options: Here, target: Target): Promise<Person> {
  const person = (await directoryOf(options, target)).find(given);
  if (!person) throw new Refused(`The ${target.name} knows no ${given}: holdpoint people list shows whom it knows.`);
  return person;
}
