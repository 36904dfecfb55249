/** `holdpoint types`: what is deployed, and what still waits. */

import type { Command } from 'commander';
import { atDeployment, type Where } from './arguments.ts';
import { answer, columns } from './outcome.ts';

export function addTypes(program: Command): void {
  atDeployment(program.command('types'))
    .description('list the intent types, and how many intents of each are open')
    .action(types);
}

async function types(options: Where) {
  const { withTarget } = await import('./target.ts');
  const { dueItems } = await import('../../adapters/due.ts');
  const { deployed, open } = await withTarget(options, async ({ client, tables, types: deployed }) => ({
    deployed,
    open: await dueItems(client, tables.intents).openByType(),
  }));
  // What was removed by force may still have open intents.
  const names = [...new Set([...deployed, ...open.keys()])].sort();
  const found = names.map((type) => ({ type, open: open.get(type) ?? 0, deployed: deployed.includes(type) }));
  answer(
    options.json,
    { types: found },
    columns(
      ['TYPE', 'OPEN', 'DEPLOYED'],
      found.map((one) => [one.type, String(one.open), one.deployed ? 'yes' : 'no']),
    ),
  );
}
