/** `holdpoint audit`: checks and exports the audit chain of an intent, or all of a period. A check of an export needs no AWS. */

import { readFileSync } from 'node:fs';
import { type Command, InvalidArgumentError } from 'commander';
import type { ChainTip } from '../../core/audit.ts';
import { chainOf } from '../../core/commit.ts';
import { atDeployment, tenantOf, type Where } from './arguments.ts';
import { exportPeriod, type Period, printKey, timeOf, verifyPeriod } from './audit-bundle.ts';
import { exportLines, readExport } from './chain-file.ts';
import { addDecisions } from './decisions.ts';
import { answer, exitCodes, Refused, strong } from './outcome.ts';
import { judge, type Verdict } from './verdict.ts';

type FromTable = Where & { tenant: string };
type Export = Where & Partial<Period>;
type Verify = Where & { tenant?: string; file?: string; key?: string; witness: ChainTip[] };

export function addAudit(program: Command): void {
  const audit = program.command('audit').description('audit chains: verified, exported');

  atDeployment(audit.command('verify'))
    .description('check a chain, in the tables or in an export; with --key a bundle')
    .argument(
      '[intent or bundle]',
      'id of the intent; with --key the file of a bundle (- is stdin), which needs no AWS',
    )
    .option('--key <path>', "public key of the deployment's checkpoints, as audit key printed it")
    .option('--tenant <org/workspace>', 'tenant of the intent', tenantOf)
    .option('--file <path>', 'an export instead of the tables (- is stdin); needs no AWS')
    .option('--witness <seq:hash>', 'a hash kept in another place; may be given again', witnessOf, [])
    .action(verify);
  atDeployment(audit.command('export'))
    .description(
      'print a chain, one record a line and its tip at the end; with --from a bundle: all chains of a period',
    )
    .argument('[intent]', 'id of the intent')
    .option('--tenant <org/workspace>', 'tenant of the intent, or of all intents of the bundle', tenantOf)
    .option('--from <time>', 'intents with a record from this time on (UTC)', timeOf)
    .option('--to <time>', 'and before this one (default: now)', timeOf)
    .action(exportEither);
  atDeployment(audit.command('key'))
    .description('print the public key that checkpoints are signed with: keep it in another place')
    .action(printKey);
  addDecisions(audit);
}

function witnessOf(given: string, earlier: ChainTip[]): ChainTip[] {
  const [, seq, hash] = /^([1-9]\d{0,8}):([0-9a-f]{64})$/.exec(given) ?? [];
  if (seq === undefined || hash === undefined)
    throw new InvalidArgumentError('A witness is a number, a colon and 64 hex digits.');
  return [...earlier, { seq: Number(seq), hash }];
}

async function verify(intentId: string | undefined, options: Verify, command: Command) {
  const { file, tenant, witness, key } = options;
  if (key !== undefined) {
    if (intentId === undefined) return command.error('Say which bundle: audit verify <file> --key <file>.');
    return verifyPeriod(intentId, { ...options, key });
  }
  if (file !== undefined) {
    tell(options, verifyFile(file, intentId, options), `export ${file === '-' ? 'on stdin' : file}`);
    return;
  }
  if (intentId === undefined) return command.error('Say which intent, or give an export with --file.');
  if (tenant === undefined) return command.error('Say whose intent it is: --tenant org/workspace.');
  const { name, ...chain } = await readTables(intentId, { ...options, tenant });
  tell(options, judge({ ...chain, tipIn: 'head', witnesses: witness }), `tables of ${name}`);
}

function verifyFile(file: string, intentId: string | undefined, { tenant, witness }: Verify): Verdict {
  const { chain, faults, ...read } = readExport(bytesOf(file));
  const found = chain ?? '(unknown)';
  const cut = found.lastIndexOf('#');
  if (chain !== undefined && tenant !== undefined && found.slice(0, cut) !== tenant)
    faults.push({ seq: 0, fault: `belongs to another tenant than ${tenant}` });
  if (chain !== undefined && intentId !== undefined && found.slice(cut + 1) !== intentId)
    faults.push({ seq: 0, fault: `belongs to another intent than ${intentId}` });
  return judge({ ...read, chain: found, tipIn: 'export', witnesses: witness, faults });
}

function bytesOf(file: string): Uint8Array {
  try {
    return readFileSync(file === '-' ? 0 : file);
  } catch (error) {
    throw new Refused(`${file} can't be read (${(error as NodeJS.ErrnoException).code}): give the file of an export.`);
  }
}

async function exportEither(intentId: string | undefined, options: Export, command: Command) {
  const { from, to, tenant } = options;
  if (intentId === undefined && from !== undefined) return exportPeriod({ ...options, from });
  if (from !== undefined || to !== undefined) return command.error('Name an intent, or a period with --from.');
  if (intentId === undefined) return command.error('Say which intent, or which period with --from.');
  if (tenant === undefined) return command.error('Say whose intent it is: --tenant org/workspace.');
  return exportChain(intentId, { ...options, tenant });
}

async function exportChain(intentId: string, options: FromTable) {
  const { chain, entries, tip } = await readTables(intentId, options);
  // Without a head there is no tip: the export says so by one that no chain has, and can't verify.
  process.stdout.write(exportLines(chain, entries, tip ?? { seq: 0, hash: '' }, new Date().toISOString()));
  const verdict = judge({ chain, entries, tip, tipIn: 'head', witnesses: [] });
  if (verdict.ok) return;
  process.exitCode = exitCodes.unverified;
  process.stderr.write('Exported as it is, but this chain does not verify: holdpoint audit verify says why.\n');
}

async function readTables(intentId: string, options: FromTable) {
  const { withTarget } = await import('./target.ts');
  const { readChain } = await import('../../adapters/audit.ts');
  const ref = { tenant: options.tenant, intentId };
  return withTarget(options, async ({ client, tables, name }) => {
    const stored = await readChain(client, tables, ref);
    if (!stored.tip && stored.entries.length === 0)
      throw new Refused(`The ${name} has no intent ${intentId} of ${options.tenant}: check the id and --tenant.`);
    return { ...stored, chain: chainOf(ref), name };
  });
}

function tell({ json }: Where, verdict: Verdict, from: string): void {
  if (!verdict.ok) process.exitCode = exitCodes.unverified;
  answer(json, { ...verdict, from }, verdict.ok ? verified(verdict, from) : failed(verdict, from));
}

const list = (lines: string[]): string => lines.map((line) => `  ${line}`).join('\n');

const verified = ({ chain, records, tip, shown, notShown }: Verdict, from: string): string =>
  `${strong('Verified')}  ${chain}
${records} records from the ${from}

Shown:
${list(shown)}
Not shown; a bundle (audit export --from) with its signed checkpoints shows it:
${list(notShown)}

Keep this in another place; --witness proves with it later that nothing up to here was changed:
  ${tip.seq}:${tip.hash}`;

const failed = ({ chain, records, faults }: Verdict, from: string): string =>
  `${strong('NOT verified')}  ${chain}
${records} records from the ${from}

${list(faults.map(({ seq, fault }) => `${seq === 0 ? 'The chain' : `Record ${seq}`} ${fault}.`))}`;
