/** Lives one seed after the other until an invariant breaks, under `plant-hook.ts`: prints which, or that none did. */

import { live } from './life.ts';
import { plants } from './plants.ts';

const most = Number(process.argv[2]);
const { profile } = plants[process.env.PLANT ?? ''] ?? {};
let found: { seed: number; invariant: string } | undefined;
for (let seed = 1; seed <= most && !found; seed += 1) {
  const { broken } = await live(seed, profile ? { profile } : {});
  if (broken) found = { seed, invariant: broken.invariant };
}
process.stdout.write(JSON.stringify(found ?? null));
