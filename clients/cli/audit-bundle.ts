/** `holdpoint audit export --from --to`, `audit verify <bundle> --key` and `audit key`: all chains of a period, witnessed. */

import { createPublicKey, type KeyObject } from 'node:crypto';
import { once } from 'node:events';
import { createReadStream, readFileSync } from 'node:fs';
import { InvalidArgumentError } from 'commander';
import type { Where } from './arguments.ts';
import { type BundleFault, type BundleVerdict, verifyBundle } from './bundle.ts';
import { answer, exitCodes, Refused, strong } from './outcome.ts';

/** A day, or a time of a day, UTC. */
export function timeOf(given: string): string {
  const time = /^\d{4}-\d\d-\d\d(T[\d:.]+Z)?$/.test(given) ? Date.parse(given) : Number.NaN;
  if (Number.isNaN(time)) throw new InvalidArgumentError('A time is 2026-11-30 or 2026-11-30T09:00:00Z (UTC).');
  return new Date(time).toISOString();
}

export interface Period {
  from: string;
  to?: string;
  tenant?: string;
}

/** Prints a bundle as it is read. */
export async function exportPeriod(options: Where & Period): Promise<void> {
  const exportedAt = new Date().toISOString();
  const { from, to = exportedAt, tenant = null } = options;
  if (from >= to) throw new Refused('The period ends before it begins: --to must be after --from.');
  const { withTarget } = await import('./target.ts');
  const { exportBundle } = await import('./bundle-export.ts');
  await withTarget(options, async (target) => {
    for await (const lines of exportBundle(target, { v: 1, exportedAt, from, to, tenant }))
      if (!process.stdout.write(lines)) await once(process.stdout, 'drain');
  });
}

/** Prints the public key that the deployment's checkpoints are signed with. */
export async function printKey(options: Where): Promise<void> {
  const { withTarget } = await import('./target.ts');
  const { publicKey } = await import('../../adapters/checkpoint-key.ts');
  const pem = await withTarget(options, ({ kms, output }) => publicKey(kms, output('CheckpointKeyId')));
  answer(options.json, { publicKey: pem }, pem.trimEnd());
}

/** Checks a bundle; needs no AWS. */
export async function verifyPeriod(file: string, options: Where & { key: string }): Promise<void> {
  const key = keyIn(options.key);
  const verdict = await verifyBundle(file === '-' ? process.stdin : bytesOf(file), key).catch((error) => {
    throw unreadable(file, error);
  });
  if (!verdict.ok) process.exitCode = exitCodes.unverified;
  answer(options.json, verdict, verdict.ok ? verified(verdict, file) : failed(verdict, file));
}

const bytesOf = (file: string): AsyncIterable<Uint8Array> => createReadStream(file, { highWaterMark: 1 << 20 });

function keyIn(file: string): KeyObject {
  let pem: string;
  try {
    pem = readFileSync(file, 'utf8');
  } catch (error) {
    throw unreadable(file, error);
  }
  try {
    return createPublicKey(pem);
  } catch {
    throw new Refused(`${file} holds no public key in PEM: holdpoint audit key prints the deployment's.`);
  }
}

function unreadable(file: string, error: unknown): unknown {
  const { code } = error as NodeJS.ErrnoException;
  return code === undefined ? error : new Refused(`${file} can't be read (${code}).`);
}

const counted = (count: number, one: string): string => `${count} ${one}${count === 1 ? '' : 's'}`;

function verified(verdict: BundleVerdict, file: string): string {
  const { bundle, checkpoints, personal, unwitnessed } = verdict;
  return `${strong('Verified')}  ${file}
${counted(verdict.records, 'record')} of ${counted(verdict.chains, 'chain')}, ${bundle?.from} to ${bundle?.to}${bundle?.tenant ? `, ${bundle.tenant}` : ''}
Checkpoints ${checkpoints?.first} to ${checkpoints?.last}, signed with this key; the last is of ${checkpoints?.until}

Shown:
  Each record is what was sealed, follows the one before it, and is what the checkpoints saw: nothing that they saw was changed, dropped, cut off or made anew.
  Every chain that they saw change in this period is here.
  ${counted(personal.open, 'personal value')} beside the records: each is what was recorded. ${personal.erased} erased.
Not shown:
  Whether the ${counted(unwitnessed, 'record')} after the last checkpoint are those that were first written.
  Whether the bundle was exported at ${bundle?.exportedAt}: nothing proves that note.`;
}

const placed = ({ chain, seq, checkpoint, fault }: BundleFault): string => {
  if (checkpoint !== undefined) return `Checkpoint ${checkpoint} ${fault}.`;
  if (chain === undefined) return `The bundle ${fault}.`;
  return `${seq === 0 ? 'The chain' : `Record ${seq}`} of ${JSON.stringify(chain).slice(1, -1)} ${fault}.`;
};

const failed = ({ faults, more }: BundleVerdict, file: string): string =>
  `${strong('NOT verified')}  ${file}

${[...faults.map(placed), ...(more > 0 ? [`And ${more} more.`] : [])].map((line) => `  ${line}`).join('\n')}`;
