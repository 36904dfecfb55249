/** One intent on its way, with one thing broken; at its end all must be well. */

import { randomBytes } from 'node:crypto';
import { expect } from 'vitest';
import { control, newAgent, until } from '../deployed/world.ts';
import { type Broken, type Case, hasEnded, headOf, seenOf } from './case.ts';
import { reads } from './clients.ts';
import { allIsTold, wellEnded } from './ended.ts';
import type { Path } from './paths.ts';
import { sweepEvent } from './points.ts';
import { owedIn, reach, redeliver } from './time.ts';
import type { Seen, WatchOrder } from './watch.ts';

export interface Ended {
  seen: Seen;
  /** How it got there, in a few words. */
  how: string[];
}

/** Marks of intents whose records of the stream `dispatch` could not send on, and parked. */
export const parked = new Set<string>();

/** How often a path is taken until what is to break does: two functions that race make a call more now and then. */
const maxRuns = 5;

/** Resolves with how it ended, where all is well; rejects where anything isn't, or where what was to break didn't. */
export async function run(path: Path, broken: Broken = {}): Promise<Ended> {
  for (let runs = 1; ; runs += 1) {
    const one = await begin(path, broken);
    try {
      const ended = await goThrough(one);
      if (ended) return ended;
    } finally {
      await control('unwatch', { mark: one.mark });
    }
    expect(runs, 'nothing was broken').toBeLessThan(maxRuns);
  }
}

async function begin(path: Path, broken: Broken): Promise<Case> {
  const mark = randomBytes(6).toString('hex');
  const tenant = path.tenant ?? `org-${mark}/main`;
  const [agent, worker] = [await newAgent(tenant), await newAgent(tenant, 'packer')];
  const secret = `whsec_${Buffer.from(mark.repeat(2)).toString('base64')}`;
  const one: Case = { path, mark, agent, worker, secret, broken, intentId: '', repeats: 0, sweeps: 0 };
  await path.prepare?.(one);
  return one;
}

/** Nothing where all is well, but nothing was broken. */
async function goThrough(one: Case): Promise<Ended | undefined> {
  const { path, mark, broken } = one;
  const { fault, repeat } = broken;
  const order: WatchOrder = {
    mark,
    sweeps: path.only === sweepEvent,
    faults: [...(fault ? [fault] : []), ...(path.anyway ?? [])],
    ...(repeat && { repeat }),
  };
  if (order.faults.some(({ point }) => point.startsWith('dispatch'))) parked.add(mark);
  await control('watch', order);
  one.intentId = await path.submit(one);
  for (const act of path.acts) await act(one);
  await reach(one, 'its end', async () => hasEnded(await headOf(one, one.intentId)));
  const nothingIsOwed = async () => (await owedIn(one)).length === 0;
  await reach(one, 'that nothing is owed', nothingIsOwed);
  await reach(one, 'that all is told', () => allIsTold(one), redeliver);
  await redeliver(one);
  // A delivery that comes late has its mailbox looked at once more.
  await reach(one, 'that nothing is owed any more', nothingIsOwed);
  await reads(one);
  const seen = await until('what was called again has ended', 60, async () => {
    const now = await seenOf(one);
    return now.open === 0 ? now : undefined;
  });
  const how = await wellEnded(one);
  return !(fault || repeat) || seen.hits > 0 || sweptTwice(one, seen) ? { seen, how } : undefined;
}

const sweptTwice = ({ broken }: Case, { calls }: Seen): boolean =>
  broken.repeat?.event === sweepEvent && calls.some(({ event }) => event === sweepEvent);
