/**
 * A bundle: one line that says what it is, the checkpoints of the period in order, then whole chains, each as its own
 * export, and a last line with their count. Checkpoints come first, so that a reader keeps them and nothing else.
 */

import * as z from 'zod';
import type { StoredChain } from '../../adapters/audit.ts';
import type { SignedCheckpoint } from '../../core/checkpoint.ts';
import { chainName, exportLines } from './chain-file.ts';
import { lineOf } from './lines.ts';

const time = z.iso.datetime();
const hex = z.string().regex(/^[0-9a-f]{64}$/);

const head = z.strictObject({
  v: z.literal(1),
  exportedAt: time,
  /** Chains with a record in [from, to). */
  from: time,
  to: time,
  /** Only of this one; null: of all. */
  tenant: z.string().nullable(),
});
export type BundleHead = z.infer<typeof head>;

export const headLine = z.strictObject({ bundle: head });
export const endLine = z.strictObject({ end: z.strictObject({ chains: z.int(), records: z.int() }) });
export const checkpointLine = z.strictObject({
  checkpoint: z.strictObject({
    v: z.literal(1),
    number: z.int().min(1),
    at: time,
    since: time,
    prev: hex,
    seen: z.array(z.strictObject({ chain: chainName, seq: z.int().min(1), hash: hex, at: time })),
  }),
  signature: z.base64(),
});

export type ExportedChain = StoredChain & { chain: string };

/** The lines of a bundle, as what they are made of is read. */
export async function* bundleLines(
  head: BundleHead,
  checkpoints: AsyncIterable<SignedCheckpoint> | Iterable<SignedCheckpoint>,
  chains: AsyncIterable<ExportedChain> | Iterable<ExportedChain>,
): AsyncGenerator<string> {
  yield lineOf({ bundle: head });
  for await (const signed of checkpoints) yield lineOf(signed);
  const end = { chains: 0, records: 0 };
  for await (const { chain, entries, tip } of chains) {
    end.chains += 1;
    end.records += entries.length;
    // Without a head there is no tip: the export says so by one that no chain has, and can't verify.
    yield exportLines(chain, entries, tip ?? { seq: 0, hash: '' }, head.exportedAt);
  }
  yield lineOf({ end });
}
