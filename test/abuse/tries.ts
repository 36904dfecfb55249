/** How much is tried, and from which seed. */

import fc from 'fast-check';

/** `npm test` tries the same each time; with ABUSE_TIMES each run tries something else, unless ABUSE_SEED repeats one. */
const times = Number(process.env.ABUSE_TIMES ?? 1);
const seed = Number(
  process.env.ABUSE_SEED ?? (process.env.ABUSE_TIMES === undefined ? 20_261_122 : Date.now() % 1_000_000_000),
);
console.info(`abuse: ABUSE_SEED=${seed} ABUSE_TIMES=${times} repeats this run`);

/** For a property; `usual` is the number of runs in `npm test`. */
export const tries = (usual: number) => ({ seed, numRuns: usual * times });

/** For a test, milliseconds. */
export const timeout = 240_000 * Math.max(1, times);

/** As many values, without shrinking: for requests that are sent to a stack. */
export const sample = <T>(of: fc.Arbitrary<T>, usual: number): T[] => fc.sample(of, tries(usual));
