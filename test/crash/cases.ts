/** What is broken: every call and every event that a run of a path was seen to have, each in every way. */

import { control } from '../deployed/world.ts';
import type { Broken } from './case.ts';
import { type Path, sweepEvent } from './paths.ts';
import { repeatedByClient, run } from './run.ts';
import type { Fault, Seen } from './watch.ts';

export const faults = {
  'fails before': 'drop',
  'answer lost': 'lose_answer',
  'killed after': 'kill',
} as const satisfies Record<string, Fault['do']>;

export const repeats = { 'twice, one after the other': 'after', 'twice at once': 'together' } as const;

export interface CrashCase {
  path: Path;
  event: string;
  /** The call that is broken, or the whole event. */
  what: string;
  how: keyof typeof faults | keyof typeof repeats;
  broken: Broken;
  /** Needs processes that have just begun, or the sweep for itself: not beside others. */
  alone: boolean;
  name: string;
}

/** Runs a path twice, the first time with fresh processes, and gives its cases in the order of the calls. */
export async function record(path: Path): Promise<CrashCase[]> {
  await control('cool');
  const { seen, how } = await run(path);
  if (how.includes(repeatedByClient)) throw new Error(`${path.name} does not go by itself: ${how}`);
  const warm = new Set(pointsOf((await run(path)).seen));
  const calls = part(path, seen.calls).filter(({ point }) => !isShard(point));
  const events = part(path, eventsOf(path, seen));
  const made = (
    event: string,
    what: string,
    how: CrashCase['how'],
    broken: Broken,
    alone = path.only === sweepEvent,
  ): CrashCase => ({ path, event, what, how, broken, alone, name: `${path.name}: ${what}: ${how}` });
  return [
    ...calls.flatMap(({ event, point }) =>
      entries(faults).map(([how, action]) =>
        made(event, point, how, { fault: { point, do: action } }, !warm.has(point) || path.only === sweepEvent),
      ),
    ),
    ...events.flatMap(({ event }) =>
      entries(repeats).map(([how, when]) => made(event, event, how, { repeat: { event, when } })),
    ),
  ];
}

const entries = <T extends object>(object: T) => Object.entries(object) as [keyof T, T[keyof T]][];

const pointsOf = ({ calls }: Seen) => calls.map(({ point }) => point);

/** The sweep's event names no intent; its calls do. */
const eventsOf = (path: Path, { events }: Seen) =>
  (path.only === sweepEvent ? [sweepEvent] : events).map((event) => ({ event, point: event }));

/** The sweep asks sixteen shards side by side: one stands for all. */
const isShard = (point: string): boolean => / due #\d+$/.test(point);

/** What a path adds to the others. */
function part<T extends { event: string }>({ from, only }: Path, seen: T[]): T[] {
  if (only) return seen.filter(({ event }) => event === only);
  return from ? seen.slice(seen.findIndex(({ event }) => event === from)) : seen;
}
