/**
 * A sample of what `npm run test:crash` shows for every call: one by one, and with the batch sizes of a deployment.
 * Another seed takes another sample; what fails is run again by its name.
 */

import { expect, it } from 'vitest';
import { sha256 } from '../../core/hash.ts';
import { faults, record, repeats } from '../crash/cases.ts';
import { paths } from '../crash/paths.ts';
import { run } from '../crash/run.ts';
import { control } from './world.ts';

const seed = 'holdpoint';
const path = paths[0];
if (!path) throw new Error('there is no path');

const shuffled = (await record(path)).toSorted((a, b) => (sha256(seed + a.name) < sha256(seed + b.name) ? -1 : 1));
const pick = (how: string, count: number, provider: boolean) =>
  shuffled.filter((each) => each.how === how && each.what.includes('provider') === provider).slice(0, count);
const sample = [
  ...Object.keys(faults).flatMap((how) => [...pick(how, 1, true), ...pick(how, 2, false)]),
  ...Object.keys(repeats).flatMap((how) => pick(how, 2, false)),
];

it('is a sample of every way to fail', () => {
  expect(sample).toHaveLength(13);
});

it.each(sample.map((each) => [each.name, each] as const))('%s', async (_name, given) => {
  if (given.alone) await control('cool');
  await run(given.path, given.broken);
});
