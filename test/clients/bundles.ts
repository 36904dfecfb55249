/** Bundles to verify: chains that grew over hours, each hour witnessed, and what a forger makes of them. */

import { generateKeyPairSync, sign } from 'node:crypto';
import { type BundleHead, bundleLines, type ExportedChain } from '../../clients/cli/bundle-file.ts';
import type { SealedRecord } from '../../core/audit.ts';
import { type Checkpoint, lookFrom, nextCheckpoint, type SignedCheckpoint } from '../../core/checkpoint.ts';
import { canonicalJson } from '../../core/json.ts';
import { personal, setAside } from '../../core/personal.ts';
import { idsInOrder } from '../core/builders.ts';
import { entriesOf, reseal, tipOf } from './chains.ts';

export const keys = generateKeyPairSync('ec', { namedCurve: 'P-256' });
export const otherKeys = generateKeyPairSync('ec', { namedCurve: 'P-256' });

const begins = Date.UTC(2026, 10, 22);
const minutes = (count: number): string => new Date(begins + count * 60_000).toISOString();

export const signed = (checkpoint: Checkpoint, key = keys.privateKey): SignedCheckpoint => ({
  checkpoint,
  signature: sign('sha256', Buffer.from(canonicalJson(checkpoint)), key).toString('base64'),
});

export interface World {
  head: BundleHead;
  checkpoints: SignedCheckpoint[];
  chains: ExportedChain[];
}

const chainName = (index: number): string => `acme/prod#intent-${index}`;

/** A chain with a record at each of these minutes, each with a comment that stands beside it. */
function chainAt(name: string, ats: readonly number[]): ExportedChain {
  const newId = idsInOrder();
  const salt = () => newId() + newId();
  const told = ats.map((at, index) =>
    setAside({ amount: at, comment: personal('ada', `No ${index}.`) }, '/data', salt),
  );
  const records = reseal(
    ats.map((at, index) => ({
      v: 2,
      chain: name,
      seq: index + 1,
      at: minutes(at),
      actor: { kind: 'system', id: 'run' },
      command: `command:${index}`,
      action: 'work.done',
      traceId: 'trace',
      events: [],
      data: told[index]?.clear ?? {},
      prev: '',
    })),
  );
  const entries = records.map((record, index) => ({ record, personal: told[index]?.personal ?? [] }));
  return { chain: name, entries, tip: tipOf(records) };
}

/**
 * `chains`: the minutes at which each got its records. The checkpoints are of the whole hours up to the last record and one
 * more; the period is all of it.
 */
export function worldOf(chains: readonly (readonly number[])[]): World {
  const made = chains.map((ats, index) =>
    chainAt(
      chainName(index),
      ats.toSorted((a, b) => a - b),
    ),
  );
  const hours = Math.floor(Math.max(...chains.flat()) / 60) + 2;
  const checkpoints: SignedCheckpoint[] = [];
  for (let hour = 1; hour <= hours; hour += 1) {
    const [last, at] = [checkpoints.at(-1)?.checkpoint, minutes(hour * 60)];
    const seen = made.flatMap((chain) => {
      const standing = recordsOf(chain).findLast((record) => record.at < at);
      if (!standing || standing.at < lookFrom(last, at)) return [];
      return [{ chain: chain.chain, seq: standing.seq, hash: standing.hash, at: standing.at }];
    });
    checkpoints.push(signed(nextCheckpoint(last, seen, at)));
  }
  const to = minutes(hours * 60 + 1);
  return { head: { v: 1, exportedAt: to, from: minutes(0), to, tenant: null }, checkpoints, chains: made };
}

export const recordsOf = ({ entries }: ExportedChain): SealedRecord[] =>
  entries.map(({ record }) => record as SealedRecord);

/** The chain with other records, and a tip that fits them. */
export const withRecords = (chain: ExportedChain, records: readonly SealedRecord[]): ExportedChain => ({
  ...chain,
  entries: entriesOf(records).map((entry, index) => ({
    ...entry,
    // What stands beside a record goes with its number: a forger takes care of that.
    personal: chain.entries.find(({ record }) => (record as SealedRecord).seq === records[index]?.seq)?.personal ?? [],
  })),
  tip: tipOf(records),
});

/** The world with one of its chains replaced. */
export const withChain = (world: World, index: number, change: (chain: ExportedChain) => ExportedChain): World => ({
  ...world,
  chains: world.chains.map((chain, at) => (at === index ? change(chain) : chain)),
});

export async function textOf({ head, checkpoints, chains }: World): Promise<string> {
  let text = '';
  for await (const lines of bundleLines(head, checkpoints, chains)) text += lines;
  return text;
}
