/** What must hold whenever an entry of a mailbox is pushed, and when it is given up. */

import { attemptsOf } from '../../core/delegation.ts';
import { isTerminal } from '../../core/lifecycle.ts';
import type { Entry } from '../../core/mailbox.ts';
import type { Ghost } from './ghosts.ts';
import type { Process } from './process.ts';
import type { Pushing } from './pushes.ts';
import type { World } from './world.ts';

/** Nothing is wanted any more of an entry whose intent is over, but for the answer that it is; news of a thread never. */
const isVoid = ({ why }: Entry, ghost: Ghost | undefined): boolean =>
  why === 'thread' || (why !== 'completed' && (!ghost || isTerminal(ghost.head.status) || ghost.head.frozen === true));

/** What is open of a mailbox before a number: neither taken, nor given up, nor void. */
const openBefore = (world: World, { box, from, taken, dead }: Pushing, seq: number): Entry[] =>
  world.mailroom
    .all(box)
    .filter((one) => one.seq > from && one.seq < seq && !taken.has(one.seq) && !dead.has(one.seq))
    .filter((one) => !isVoid(one, world.ghosts.all.get(one.intentId)));

/**
 * Held as an entry goes out, which it may do more than once: in its turn, no sooner than its schedule says, and no more
 * often than it may. A function that was frozen while another went on may say again what it has said.
 */
export async function tried(world: World, pushing: Pushing, entry: Entry, by: Process): Promise<void> {
  const { seq, intentId } = entry;
  if (pushing.pusher !== by) return;
  const { memory } = world.pushes;
  const [pushed, redo] = [await memory.pushed(pushing.box), await memory.nextRedo(pushing.box)];
  const [before] = openBefore(world, pushing, seq);
  // Whoever asks for it again has it out of its turn.
  if (before && redo?.seq !== seq && !pushing.tried.has(seq))
    world.sim.broke('pushedInTurn', intentId, `${seq} before ${before.seq}`);
  if (pushed?.item !== seq) return;
  if (pushed.nextAt !== undefined && Date.parse(pushed.nextAt) > world.sim.now + by.skewMs)
    world.sim.broke('retriedInTime', intentId, `${seq} is tried before ${pushed.nextAt}`);
  const most = attemptsOf(world.ghosts.all.get(intentId)?.request);
  if ((pushed.attempt ?? 0) >= most)
    world.sim.broke('triedAsOftenAsAsked', intentId, `${seq}: more than ${most} tries`);
}

/** Whoever asked hears of what could not be delivered, while that matters. */
export const toldOfDead = (ghost: Ghost | undefined, deliveryId: string): string | undefined =>
  !ghost || isTerminal(ghost.head.status) || ghost.undelivered.has(deliveryId)
    ? undefined
    : `${deliveryId} is given up, and nobody is told`;

/** At rest: everything in a mailbox that is pushed was taken, given up, or is void. */
export async function nothingLost(world: World): Promise<void> {
  for (const pushing of world.pushes.all.values()) {
    if (!(await world.pushes.pushes(pushing.box))) continue;
    const [lost] = openBefore(world, pushing, Number.POSITIVE_INFINITY);
    if (lost) world.sim.broke('nothingLost', lost.intentId, `${lost.seq} of ${lost.to} was never pushed`);
  }
  if (Number.isFinite(world.pushes.nextDue())) world.sim.broke('nothingLost', undefined, 'a mailbox is owed a push');
}
