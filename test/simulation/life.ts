/** One seed, one life: intents live through whatever their platform does to them; then faults end, and all must come to rest. */

import type { StopTarget } from '../../core/stops.ts';
import { allRequests, refundsOnly } from './agents.ts';
import type { Fault } from './faults.ts';
import { judge } from './last.ts';
import type { Moment } from './sim.ts';
import { World } from './world.ts';

export interface Options {
  /** Faults that are left out. */
  without?: ReadonlySet<string>;
  /** After how many steps faults end; the seed decides where absent. */
  steps?: number;
  trace?: boolean;
}

export interface Life {
  seed: number;
  broken: World['sim']['broken'];
  /** Steps until faults ended. */
  steps: number;
  commits: number;
  faults: ReadonlyMap<Fault, number>;
  /** How often each kind of thing came to its end, e.g. `refund COMPLETED`. */
  ends: Map<string, number>;
  trace: string[];
}

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

/** Steps of one life until faults end. */
const mostIntents = 4;
const fewestSteps = 40;
const mostSteps = 1000;
/** What rest may take at the most: the longest ladder, an hour's pauses of look-ups, and generations that time out. */
const restWithin = 8 * day;
const restSteps = 20_000;

/**
 * What happens next, and by how much the clock leaps, each by its weight. Half of the lives take weeks; half take minutes,
 * and crowd refunds around the times of a tool call: its function's, its lease, its settling.
 */
const paces = {
  weeks: {
    happenings: { moment: 100, message: 25, ask: 3, repeat: 1, post: 8, sweep: 2, clock: 5, thaw: 3, operator: 1 },
    asks: allRequests,
    leaps: { timer: 8, seconds: 10, minutes: 4, hours: 1, days: 0.3, weeks: 0.1 },
  },
  minutes: {
    happenings: { moment: 100, message: 25, ask: 6, repeat: 1, post: 12, sweep: 3, clock: 12, thaw: 3, operator: 1 },
    asks: refundsOnly,
    leaps: { timer: 5, seconds: 12, minutes: 0.5, hours: 0, days: 0, weeks: 0 },
  },
} as const;
type Pace = (typeof paces)[keyof typeof paces];

export async function live(seed: number, { without = new Set(), steps, trace = false }: Options = {}): Promise<Life> {
  const world = new World(seed, { without, trace });
  const { sim } = world;
  const dealt = sim.random.between(fewestSteps, mostSteps);
  const until = steps ?? dealt;
  const pace = paces[sim.random.weighted({ weeks: 1, minutes: 1 })];
  for (let step = 0; step < until && !sim.broken; step += 1) await happen(world, pace);
  if (!sim.broken) await comeToRest(world);
  if (!sim.broken) await judge(world);
  return {
    seed,
    broken: sim.broken,
    steps: until,
    commits: [...world.ghosts.all.values()].reduce((sum, { head }) => sum + head.auditSeq, 0),
    faults: sim.faults.counts,
    ends: endsOf(world),
    trace: sim.lines,
  };
}

async function happen(world: World, pace: Pace): Promise<void> {
  const { sim, queues, agents, people } = world;
  const { random } = sim;
  sim.pass(random.below(30));
  const what = random.weighted(pace.happenings);
  if (what === 'moment') return oneOf(world, sim.ready());
  if (what === 'message') {
    const message = random.pick(queues.visible());
    if (message) queues.deliver(message);
  }
  if (what === 'ask' && (agents.asked.length === 0 || (agents.asked.length < mostIntents && random.chance(0.5))))
    agents.ask(pace.asks);
  if (what === 'repeat') repeat(world);
  if (what === 'post') {
    const mail = random.pick(people.mails);
    if (mail) people.post(mail, random.chance(0.7) ? 'approved' : 'rejected');
  }
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
  const timer = nextTimer(sim.moments, sim.now);
  const how = sim.random.weighted(pace.leaps);
  if (how === 'timer') return Number.isFinite(timer) ? timer - sim.now : 0;
  const ms = { seconds: 40_000, minutes: hour, hours: day, days: 7 * day, weeks: 30 * day }[how];
  return sim.random.below(ms);
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
  const what = random.weighted({ stop: 3, resume: 4, leave: 2, comeBack: 2, kill: 4, deploy: 1 });
  if (what === 'stop' && sim.faults.happens('stopped')) world.stop(targetIn(world));
  if (what === 'resume') world.resume();
  if (what === 'leave' && sim.faults.happens('personLeaves')) people.leave();
  if (what === 'comeBack') people.comeBack();
  const run = random.pick(machines.live());
  if (what === 'kill' && run && sim.faults.happens('runKilled')) machines.kill(run);
  if (what === 'deploy' && sim.faults.happens('contractChanged')) world.deploy();
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

async function oneOf({ sim }: World, moments: Moment[]): Promise<void> {
  const moment = sim.random.pick(moments);
  if (moment) await sim.step(moment);
}

/** Faults are over: everything works, people answer or don't, and the clock goes from one thing that is due to the next. */
async function comeToRest(world: World): Promise<void> {
  const { sim, queues, people, memory } = world;
  sim.faults.end();
  world.resume();
  people.comeBack();
  sim.tell(undefined, () => '--- from here on everything works ---');
  const diligent = sim.random.chance(0.5);
  const end = sim.now + restWithin;
  for (let step = 0; !sim.broken && sim.now < end && step < restSteps; step += 1) {
    const frozen = sim.random.chance(0.02) ? sim.random.pick([...sim.frozen]) : undefined;
    if (frozen) sim.thaw(frozen);
    const ready = sim.ready();
    const [message] = queues.visible();
    if (ready.length > 0) await oneOf(world, ready);
    else if (message) queues.deliver(message);
    else {
      const owed = memory.due(Number.POSITIVE_INFINITY)[0]?.dueAt ?? Number.POSITIVE_INFINITY;
      const sweep = Math.max(owed, world.sweptAt + minute);
      const next = Math.min(sweep, nextTimer(sim.moments, sim.now), ...queues.messages.map((one) => one.visibleAt));
      if (!Number.isFinite(next)) return;
      const mail = diligent && sim.random.chance(0.3) ? sim.random.pick(people.mails) : undefined;
      if (mail) people.post(mail, sim.random.chance(0.7) ? 'approved' : 'rejected');
      sim.pass(Math.max(1, next - sim.now));
      if (sim.now >= sweep) world.sweep();
    }
  }
}

/** When the next wait is over, or the next function out of time. */
const nextTimer = (moments: Moment[], now: number): number =>
  Math.min(
    ...moments
      .filter(({ process }) => process.state === 'live')
      .flatMap(({ wakesAt, process }) => [wakesAt, process.diesAt])
      .filter((at) => at > now),
  );

function endsOf({ ghosts }: World): Map<string, number> {
  const ends = new Map<string, number>();
  for (const { head, plan, task } of ghosts.all.values()) {
    const asked = head.type === 'intent.refund.v1' ? `refund (${plan?.verdict ?? 'unchecked'})` : 'approval';
    const end = `${asked} ${head.status}${task?.decision ? ` ${task.decision.outcome}` : ''}`;
    ends.set(end, (ends.get(end) ?? 0) + 1);
  }
  return ends;
}
