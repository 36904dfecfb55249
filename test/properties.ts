/** How often each property is tried: with `PROPERTIES=30`, thirty times as often as in `npm test`. */

import fc from 'fast-check';

export const times = Number(process.env.PROPERTIES ?? 1);

/** For a property; `usual` is the number of runs in `npm test`. */
export const runs = (usual: number) => ({ numRuns: usual * times });

// For those that don't say.
fc.configureGlobal(runs(100));
