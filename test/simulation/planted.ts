/** Lives one seed after the other until an invariant breaks, under `plant-hook.ts`: prints which, or that none did. */

import { live } from './life.ts';
import { plants } from './plants.ts';

const most = Number(process.argv[2]);
const { profile, shownBy } = plants[process.env.PLANT ?? ''] ?? {};
const seeds = [...(shownBy === undefined ? [] : [shownBy]), ...Array.from({ length: most }, (_, i) => i + 1)];
let found: { seed: number; invariant: string } | undefined;
for (const seed of seeds) {
  const { broken } = await live(seed, profile ? { profile } : {});
  if (broken) found = { seed, invariant: broken.invariant };
  if (found) break;
}
process.stdout.write(JSON.stringify(found ?? null));
