/** A failing life made small: without the faults that it doesn't need, and as short as it still fails. */

import { faultNames } from './faults.ts';
import { type Life, live, type Options } from './life.ts';

/** `as`: how it was dealt. */
export async function shrink(failed: Life, as: Options = {}): Promise<{ life: Life; options: Options }> {
  const fails = async (options: Options): Promise<boolean> =>
    (await live(failed.seed, { ...as, ...options })).broken?.invariant === failed.broken?.invariant;

  const without = new Set<string>();
  for (const fault of faultNames.filter((one) => failed.faults.has(one)))
    if (await fails({ without: new Set([...without, fault]) })) without.add(fault);
  const steps = await fewest(failed.steps, (steps) => fails({ without, steps }));
  const options = { ...as, without, steps };
  return { life: await live(failed.seed, { ...options, trace: true }), options };
}

/** Not surely the fewest, since fewer may fail again; but few. */
async function fewest(most: number, fails: (steps: number) => Promise<boolean>): Promise<number> {
  let best = most;
  for (let cut = Math.floor(most / 2); cut >= 1; cut = Math.floor(cut / 2))
    while (best - cut >= 0 && (await fails(best - cut))) best -= cut;
  return best;
}
