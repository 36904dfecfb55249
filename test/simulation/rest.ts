/** The end of a life: everything works, and all must come to rest. */

import { answer } from './chaos.ts';
import type { World } from './world.ts';

const minute = 60_000;
const day = 24 * 60 * minute;

/** What rest may take at the most: a procedure whose agents never answer, each a month, as often as it tries them. */
const restWithin = 1000 * day;
const restSteps = 40_000;

/** Faults are over: everything works, people answer or don't, and the clock goes from one thing that is due to the next. */
export async function comeToRest(world: World): Promise<void> {
  const { sim, queues, people, memory } = world;
  sim.faults.end();
  world.resume();
  people.comeBack();
  // Some never come back.
  for (const address of world.pushes.receivers.down)
    if (sim.random.chance(0.6)) world.pushes.receivers.down.delete(address);
  sim.tell(undefined, () => '--- from here on everything works ---');
  const diligent = sim.random.chance(0.5);
  const end = sim.now + restWithin;
  for (let step = 0; !sim.broken && sim.now < end && step < restSteps; step += 1) {
    const frozen = sim.random.chance(0.02) ? sim.random.pick([...sim.frozen]) : undefined;
    if (frozen) sim.thaw(frozen);
    const ready = sim.ready();
    const [message] = queues.visible();
    if (ready.length > 0) await sim.oneOf(ready);
    else if (message) queues.deliver(message);
    else {
      const first = memory.due(Number.POSITIVE_INFINITY)[0]?.dueAt ?? Number.POSITIVE_INFINITY;
      const owed = Math.min(first, world.pushes.nextDue());
      const sweep = Math.max(owed, world.sweptAt + minute);
      const next = Math.min(sweep, sim.nextTimer(), ...queues.messages.map((one) => one.visibleAt));
      if (!Number.isFinite(next)) return;
      const mail = diligent && sim.random.chance(0.3) ? sim.random.pick(people.mails) : undefined;
      if (mail) people.post(mail, sim.random.chance(0.7) ? 'for' : 'against');
      if (diligent && sim.random.chance(0.3)) answer(world);
      if (diligent && sim.random.chance(0.3)) world.workers.work();
      sim.pass(Math.max(1, next - sim.now));
      if (sim.now >= sweep) world.sweep();
    }
  }
}
