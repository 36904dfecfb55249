/**
 * A sample of what `npm run test:crash` shows for every call: one by one, and with the batch sizes of a deployment.
 * Another seed takes another sample; what fails is run again by its name.
 */

import { expect, it } from 'vitest';
import { sha256 } from '../../core/hash.ts';
import { type CrashCase, faults, record, repeats } from '../crash/cases.ts';
import { paths } from '../crash/paths.ts';
import { run } from '../crash/run.ts';
import { control } from './world.ts';

const seed = 'holdpoint';

type Way = CrashCase['how'];
/** By path: the ways to fail, each once, and which calls or events of the path may. */
const ways: Record<string, [Way, RegExp?][]> = {
  'refund, approved': [['answer lost', /provider/], ['killed after', /provider/], ['fails before'], ['twice at once']],
  'delegation, pushed': [
    ['answer lost', /webhook/],
    ['killed after', /^(deliver|push): /],
    ['twice, one after the other'],
  ],
  procedure: [['killed after'], ['fails before']],
};

const sample: CrashCase[] = [];
for (const path of paths) {
  const wanted = ways[path.name];
  if (!wanted) continue;
  const shuffled = (await record(path)).toSorted((a, b) => (sha256(seed + a.name) < sha256(seed + b.name) ? -1 : 1));
  for (const [how, where] of wanted)
    sample.push(...shuffled.filter((each) => each.how === how && (where?.test(each.what) ?? true)).slice(0, 1));
}

it('is a sample of every way to fail', () => {
  expect(sample).toHaveLength(Object.values(ways).flat().length);
  expect(new Set(sample.map(({ how }) => how))).toEqual(new Set([...Object.keys(faults), ...Object.keys(repeats)]));
});

it.each(sample.map((each) => [each.name, each] as const))('%s', async (_name, given) => {
  if (given.alone) await control('cool');
  await run(given.path, given.broken);
});
