/** `holdpoint people erase`: a person is taken out of what is stored of intents. */

import type { Command } from 'commander';
import { atDeployment, tenantOf, type Where } from './arguments.ts';
import { answer, Refused } from './outcome.ts';

export function addErase(people: Command): void {
  atDeployment(people.command('erase'))
    .description('erase a person from all intents that have ended, and from beside their audit records')
    .argument('<person>', 'id of the person')
    .option('--tenant <org/workspace>', 'only from intents of this tenant', tenantOf)
    .option('--yes', 'do it; without, only say what there is')
    .action(erase);
}

async function erase(id: string, options: Where & { tenant?: string; yes?: true }) {
  const { withTarget } = await import('./target.ts');
  const { eraser } = await import('../../adapters/erase.ts');
  const { open, ...done } = await withTarget(options, async ({ client, tables }) => {
    const tablesOf = eraser(client, tables, options.tenant);
    const { person, askedIn } = await tablesOf.find(id);
    if (askedIn.length > 0)
      throw new Refused(
        `${id} is asked now, and nothing was erased: ${listed(askedIn)}. Decide or reassign these first.`,
      );
    return tablesOf.erase(person, options.yes ?? false);
  });
  answer(options.json, { person: id, erased: options.yes ?? false, ...done, open }, told(id, options.yes, done, open));
}

/** The first ones, by name. */
const listed = (intents: readonly string[]): string =>
  [...intents.slice(0, 10), ...(intents.length > 10 ? [`and ${intents.length - 10} more`] : [])].join(', ');

function told(
  id: string,
  yes: true | undefined,
  { rows, values, fixed }: { rows: number; values: number; fixed: number },
  open: readonly string[],
): string {
  const what = `${rows} rows and ${values} values beside audit records`;
  return [
    yes ? `Erased ${id}: ${what}. The chains verify as before.` : `Of ${id} there are ${what}. --yes erases them.`,
    ...(open.length > 0
      ? [`Not from intents that are still open; do it again when they have ended: ${listed(open)}.`]
      : []),
    ...(fixed > 0 ? [`${fixed} records of earlier versions name them within their hash; that can't be erased.`] : []),
    'The directory is not changed by this.',
  ].join('\n');
}
