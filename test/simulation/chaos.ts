/** What happens in a life while faults do: whose moment is next, what people, agents and operators do, how far the clock leaps. */

import type { StopTarget } from '../../core/stops.ts';
import { agentsWork, allRequests, proceduresMostly, refundsOnly, smallRefunds, soonOver } from './agents.ts';
import type { World } from './world.ts';

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

const mostIntents = 4;

/**
 * What happens next, and by how much the clock leaps, each by its weight. Half of the lives take weeks; half take minutes,
 * and crowd refunds around the times of a tool call: its function's, its lease, its settling.
 */
export const paces = {
  weeks: {
    happenings: {
      moment: 100,
      message: 25,
      ask: 3,
      repeat: 1,
      answer: 5,
      post: 8,
      work: 0,
      withdraw: 1,
      push: 0,
      sweep: 2,
      clock: 5,
      thaw: 3,
      operator: 1,
    },
    asks: allRequests,
    leaps: { timer: 8, seconds: 10, minutes: 4, hours: 1, days: 0.3, weeks: 0.1 },
  },
  minutes: {
    happenings: {
      moment: 100,
      message: 25,
      ask: 6,
      repeat: 1,
      answer: 3,
      post: 12,
      work: 0,
      withdraw: 0,
      push: 0,
      sweep: 3,
      clock: 12,
      thaw: 3,
      operator: 1,
    },
    asks: refundsOnly,
    leaps: { timer: 5, seconds: 12, minutes: 0.5, hours: 0, days: 0, weeks: 0 },
  },
  /** Agents work for each other: claims that run out, reminders, answers, parts. */
  agents: {
    happenings: {
      moment: 200,
      message: 30,
      ask: 10,
      repeat: 1,
      answer: 1,
      post: 3,
      work: 16,
      withdraw: 1,
      push: 5,
      sweep: 2,
      clock: 5,
      thaw: 3,
      operator: 1,
    },
    asks: agentsWork,
    leaps: { timer: 3, seconds: 14, minutes: 3, hours: 0.5, days: 0.1, weeks: 0 },
  },
  /** Procedures: steps of agents, of people and of time. */
  procedures: {
    happenings: {
      moment: 200,
      message: 40,
      ask: 10,
      repeat: 1,
      answer: 0,
      post: 14,
      work: 12,
      withdraw: 0.5,
      push: 4,
      sweep: 3,
      clock: 5,
      thaw: 3,
      operator: 1,
    },
    asks: proceduresMostly,
    leaps: { timer: 7, seconds: 14, minutes: 4, hours: 1, days: 0.1, weeks: 0 },
  },
  /** Little but what is pushed to receivers that fail. Only where it is asked for. */
  pushes: {
    happenings: {
      moment: 200,
      message: 60,
      ask: 12,
      repeat: 0,
      answer: 0,
      post: 0,
      work: 4,
      withdraw: 0,
      push: 5,
      sweep: 4,
      clock: 6,
      thaw: 2,
      operator: 0,
    },
    asks: agentsWork,
    leaps: { timer: 3, seconds: 10, minutes: 4, hours: 1, days: 0, weeks: 0 },
  },
  /** Little but tool calls, whose functions run out of time in the middle and go on much later. Only where it is asked for. */
  calls: {
    happenings: {
      moment: 100,
      message: 40,
      ask: 20,
      repeat: 0,
      answer: 0,
      post: 0,
      work: 0,
      withdraw: 0,
      push: 0,
      sweep: 2,
      clock: 10,
      thaw: 6,
      operator: 0,
    },
    asks: smallRefunds,
    leaps: { timer: 8, seconds: 12, minutes: 1, hours: 0, days: 0, weeks: 0 },
  },
  /** Little but people who decide in the moments at which ladders end. Only where it is asked for. */
  deadlines: {
    happenings: {
      moment: 100,
      message: 40,
      ask: 10,
      repeat: 0,
      answer: 0,
      post: 8,
      work: 0,
      withdraw: 0,
      push: 0,
      sweep: 2,
      clock: 8,
      thaw: 0,
      operator: 0,
    },
    asks: soonOver,
    leaps: { timer: 1, seconds: 0, minutes: 0, hours: 0, days: 0, weeks: 0 },
  },
} as const;
export type PaceName = keyof typeof paces;
type Pace = (typeof paces)[PaceName];

export async function happen(world: World, pace: Pace): Promise<void> {
  const { sim, queues, agents, people } = world;
  const { random } = sim;
  sim.pass(random.below(30));
  const what = random.weighted(pace.happenings);
  if (what === 'moment') return sim.oneOf(sim.ready());
  if (what === 'message') {
    const message = random.pick(queues.visible());
    if (message) queues.deliver(message);
  }
  if (what === 'ask' && (agents.asked.length === 0 || (agents.asked.length < mostIntents && random.chance(0.5))))
    agents.ask(pace.asks);
  if (what === 'repeat') repeat(world);
  if (what === 'answer') answer(world);
  if (what === 'post') {
    const mail = random.pick(people.mails);
    if (mail && random.chance(0.1)) people.handOver(mail);
    else if (mail) people.post(mail, random.weighted({ for: 7, against: 2, changes: 3 }));
  }
  if (what === 'work') world.workers.work();
  if (what === 'withdraw') withdraw(world);
  if (what === 'push') changePushing(world);
  if (what === 'sweep') world.sweep();
  if (what === 'clock') sim.pass(leap(world, pace));
  if (what === 'thaw') {
    const frozen = random.pick([...sim.frozen]);
    if (frozen) sim.thaw(frozen);
  }
  if (what === 'operator') operate(world);
}

/** Mostly to the very moment at which something times out, often little, now and then much. */
function leap({ sim }: World, pace: Pace): number {
  const timer = sim.nextTimer();
  const how = sim.random.weighted(pace.leaps);
  if (how === 'timer') return Number.isFinite(timer) ? timer - sim.now : 0;
  const ms = { seconds: 40_000, minutes: hour, hours: day, days: 7 * day, weeks: 30 * day }[how];
  return sim.random.below(ms);
}

/** Mostly where people have asked for changes. */
export function answer({ sim, agents, ghosts }: World): void {
  const isReturned = (id: string) => ghosts.all.get(id)?.task?.status === 'returned';
  const returned = agents.asked.filter(({ answers }) => [...answers].some(isReturned));
  const asked = sim.random.pick(sim.random.chance(0.8) ? returned : agents.asked);
  if (asked) agents.goOn(asked);
}

function withdraw({ sim, agents }: World): void {
  const asked = sim.random.pick(agents.asked);
  if (asked) agents.withdraw(asked);
}

/** Mailboxes are bound and unbound, receivers go down and come back, and what was given up is pushed again. */
function changePushing({ sim, pushes, workers, agents, ghosts, mailroom }: World): void {
  const { random } = sim;
  const tenant = random.pick(agents.asked)?.caller.tenant;
  const key = random.pick(workers.desks.filter((desk) => desk.key.tenant === tenant))?.key;
  if (!key) return;
  const what = random.weighted({ bind: 6, down: 2, up: 1, replay: 2, redrive: 1 });
  if (what === 'bind') pushes.bind(key);
  if (what === 'down' && sim.faults.happens('receiverDown')) pushes.receivers.down.add(key.agent);
  if (what === 'up') pushes.receivers.down.delete(key.agent);
  if (what === 'redrive') pushes.redrive();
  if (what !== 'replay') return;
  const entry = random.pick(mailroom.all({ tenant: key.tenant, address: key.agent }));
  if (entry && ghosts.all.has(entry.intentId))
    pushes.pushAgain(key, entry.intentId, random.chance(0.5) ? entry.deliveryId : undefined);
}

function repeat({ sim, agents }: World): void {
  const asked = sim.random.pick(agents.asked);
  if (!asked) return;
  if (sim.random.chance(0.5) && sim.faults.happens('submitRepeated')) agents.repeat(asked);
  else if (sim.faults.happens('submitChanged')) agents.change(asked);
}

function operate(world: World): void {
  const { sim, people, machines } = world;
  const { random } = sim;
  const what = random.weighted({ stop: 3, resume: 4, leave: 2, comeBack: 2, kill: 4, deploy: 1, freeze: 2, cap: 6 });
  if (what === 'stop' && sim.faults.happens('stopped')) world.stop(targetIn(world));
  if (what === 'resume') world.resume();
  if (what === 'leave' && sim.faults.happens('personLeaves')) people.leave();
  if (what === 'comeBack') people.comeBack();
  const run = random.pick(machines.live());
  if (what === 'kill' && run && sim.faults.happens('runKilled')) machines.kill(run);
  const open = [...world.ghosts.all.values()].filter(({ head }) => head.dueAt !== undefined);
  const frozen = what === 'freeze' && sim.faults.happens('intentFrozen') ? random.pick(open) : undefined;
  if (frozen) world.freeze(frozen.head);
  if (what === 'cap' && sim.faults.happens('capped')) cap(world);
  if (what === 'deploy' && sim.faults.happens('contractChanged')) world.deploy();
}

/** Now and then less than is used up already. */
function cap(world: World): void {
  const { random } = world.sim;
  const caller = random.pick(world.agents.asked)?.caller;
  if (!caller) return;
  const { tenant, agent } = caller;
  const target = random.chance(0.5)
    ? ({ kind: 'tenant', id: tenant } as const)
    : ({ kind: 'agent', id: agent } as const);
  const window = random.chance(0.5) ? 'hour' : 'day';
  world.cap(tenant, target, [
    { kind: 'intents', window, most: random.between(0, 6) },
    { kind: 'tool_calls', window, most: random.between(0, 2) },
    { kind: 'money_EUR', window, most: random.pick([3_000, 20_000, 1_000_000]) ?? 0 },
  ]);
}

function targetIn({ sim, agents }: World): StopTarget {
  const caller = sim.random.pick(agents.asked)?.caller;
  const targets: StopTarget[] = [
    { kind: 'everything' },
    { kind: 'type', id: 'intent.refund.v1' },
    { kind: 'tool', id: 'issue_refund' },
    { kind: 'tenant', id: caller?.tenant ?? 'acme/shop' },
    { kind: 'agent', id: caller?.agent ?? 'agent://acme/shop/support-bot' },
  ];
  return sim.random.pick(targets) ?? { kind: 'everything' };
}
