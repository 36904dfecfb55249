/** `holdpoint people export`: all that is stored of a person, for the person (GDPR Art. 15 and 20). */

import { once } from 'node:events';
import type { Command } from 'commander';
import { atDeployment, tenantOf, type Where } from './arguments.ts';

export function addPersonExport(people: Command): void {
  atDeployment(people.command('export'))
    .description('print all that is stored of a person, as JSON lines; nothing of others')
    .argument('<person>', 'id of the person')
    .option('--tenant <org/workspace>', 'only of intents of this tenant', tenantOf)
    .action(print);
}

async function print(id: string, options: Where & { tenant?: string }): Promise<void> {
  const { withTarget } = await import('./target.ts');
  const { eraser } = await import('../../adapters/erase.ts');
  await withTarget(options, async ({ client, tables }) => {
    const { find, stored } = eraser(client, tables, options.tenant);
    const { person } = await find(id);
    for await (const row of stored(person))
      if (!process.stdout.write(`${JSON.stringify({ person: id, ...row })}\n`)) await once(process.stdout, 'drain');
  });
}
