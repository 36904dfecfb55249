/** One seed, one life: intents live through whatever their platform does to them; then faults end, and all must come to rest. */

import { happen, paces } from './chaos.ts';
import type { Fault } from './faults.ts';
import type { Ghost } from './ghosts.ts';
import { judge } from './last.ts';
import { type Profile, type ProfileName, profiles } from './profiles.ts';
import { comeToRest } from './rest.ts';
import { World } from './world.ts';

export interface Options {
  /** Faults that are left out. */
  without?: Iterable<string>;
  profile?: ProfileName;
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
  /** How often each kind of thing was committed. */
  acts: ReadonlyMap<string, number>;
  trace: string[];
}

/** Steps of one life until faults end. */
const fewestSteps = 40;
const mostSteps = 1000;

export async function live(seed: number, { profile, without = [], steps, trace = false }: Options = {}): Promise<Life> {
  const given: Partial<Profile> = profile === undefined ? {} : profiles[profile];
  const left = new Set([...(given.without ?? []), ...without]);
  const world = new World(seed, { without: left, likely: given.likely ?? {}, trace });
  const { sim } = world;
  const dealt = sim.random.between(fewestSteps, mostSteps);
  const until = steps ?? given.steps ?? dealt;
  const pace = paces[given.pace ?? sim.random.weighted({ weeks: 3, minutes: 3, agents: 2, procedures: 2 })];
  if (pace.happenings.push > 0) await world.pushes.begin(world.workers.desks.map(({ key }) => key));
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
    acts: world.ghosts.acts,
    trace: sim.lines,
  };
}

function kindOf({ head, plan, delivery }: Ghost): string {
  if (head.type === 'intent.refund.v1') return `refund (${plan?.verdict ?? 'unchecked'})`;
  if (head.procedure) return 'procedure';
  return delivery ? "agent's" : 'approval';
}

function endsOf({ ghosts }: World): Map<string, number> {
  const ends = new Map<string, number>();
  const count = (what: string) => ends.set(what, (ends.get(what) ?? 0) + 1);
  for (const ghost of ghosts.all.values()) {
    const { head, task } = ghost;
    const asked = kindOf(ghost);
    const revised = head.revision === undefined ? '' : ', revised';
    const end = `${asked} ${head.status}${task?.decision ? ` ${task.decision.outcome}` : ''}${revised}`;
    count(end);
    if (task?.told?.some(({ digest }) => digest)) count('listed in a digest');
  }
  return ends;
}
