/** `holdpoint audit decisions`: every decision of a period, as CSV or JSON lines. */

import { once } from 'node:events';
import type { Command } from 'commander';
import { Option } from 'commander';
import { csvHeader, csvOf, type DecisionRow, decisionsIn, type ReadRecord } from '../../core/decisions.ts';
import { opened, type PersonalSide } from '../../core/personal.ts';
import { atDeployment, tenantOf, type Where } from './arguments.ts';
import { type Period, timeOf } from './audit-bundle.ts';
import { Refused } from './outcome.ts';

export function addDecisions(audit: Command): void {
  atDeployment(audit.command('decisions'))
    .description('print every decision of a period, with who was notified and under which policy')
    .requiredOption('--from <time>', 'from this time on (UTC)', timeOf)
    .option('--to <time>', 'and before this one (default: now)', timeOf)
    .option('--tenant <org/workspace>', 'only of this tenant', tenantOf)
    .addOption(new Option('--format <format>', 'how they are written').choices(['csv', 'json']).default('csv'))
    .action(print);
}

async function print(options: Where & Period & { format: 'csv' | 'json' }): Promise<void> {
  const { from, to = new Date().toISOString(), tenant = null, format } = options;
  if (from >= to) throw new Refused('The period ends before it begins: --to must be after --from.');
  const { withTarget } = await import('./target.ts');
  const { chainsChangedIn, readChain } = await import('../../adapters/audit.ts');
  const write = async (line: string) => {
    if (!process.stdout.write(line)) await once(process.stdout, 'drain');
  };
  const lineOf = (row: DecisionRow): string => (format === 'csv' ? csvOf(row) : `${JSON.stringify(row)}\n`);
  await withTarget(options, async ({ client, tables }) => {
    if (format === 'csv') await write(csvHeader);
    for await (const ref of chainsChangedIn(client, tables.audit, { from, to, tenant })) {
      const { entries } = await readChain(client, tables, ref);
      const records = entries.map(({ record, personal }) =>
        opened(record as ReadRecord, (personal ?? []) as readonly PersonalSide[]),
      );
      for (const row of decisionsIn(records, { from, to })) await write(lineOf(row));
    }
  });
}
