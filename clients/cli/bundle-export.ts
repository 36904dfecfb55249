/** Makes a bundle of what a deployment holds. Loaded by the command that needs it: it reads tables and the bucket. */

import { chainsChangedIn, readChain } from '../../adapters/audit.ts';
import { checkpoints } from '../../adapters/checkpoints.ts';
import type { SignedCheckpoint } from '../../core/checkpoint.ts';
import { chainOf } from '../../core/commit.ts';
import { type BundleHead, bundleLines, type ExportedChain } from './bundle-file.ts';
import type { Target } from './target.ts';

export function exportBundle(target: Target, head: BundleHead): AsyncGenerator<string> {
  const bucket = checkpoints(target.s3, target.output('CheckpointBucket'));
  return bundleLines(head, checkpointsFrom(bucket, head.from), chainsOf(target, head));
}

/** The last checkpoint before the period, to which those of the period link, and all after it. */
async function* checkpointsFrom(
  bucket: ReturnType<typeof checkpoints>,
  from: string,
): AsyncGenerator<SignedCheckpoint> {
  const newest = await bucket.newest();
  let [first, after] = [1, newest];
  while (first < after) {
    const middle = Math.ceil((first + after) / 2);
    if ((await bucket.read(middle)).checkpoint.at <= from) first = middle;
    else after = middle - 1;
  }
  for (let number = first; number <= newest; number += 1) yield bucket.read(number);
}

async function* chainsOf({ client, tables }: Target, head: BundleHead): AsyncGenerator<ExportedChain> {
  for await (const ref of chainsChangedIn(client, tables.audit, head))
    yield { chain: chainOf(ref), ...(await readChain(client, tables, ref)) };
}
