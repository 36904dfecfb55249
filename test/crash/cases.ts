/** What is broken: every call and every event that a run of a path was seen to have, each in every way. */

import { control } from '../deployed/world.ts';
import type { Broken } from './case.ts';
import { repeatedByClient, swept } from './ended.ts';
import type { Path } from './paths.ts';
import { isRead, isRepeat, sweepEvent } from './points.ts';
import { type Ended, run } from './run.ts';
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
  const { seen } = await goesByItself(path);
  const again = (await goesByItself(path)).seen;
  const warm = new Set([...again.calls.map(({ point }) => point), ...again.events, sweepEvent]);
  const calls = part(path, seen.calls).filter(
    ({ point }) =>
      (warm.has(point) || isFresh(point)) && !isShard(point) && !(path.brief && isRead(point) && isRepeat(point)),
  );
  const events = part(path, eventsOf(path, seen)).filter(({ event }) => warm.has(event));
  const made = (
    event: string,
    what: string,
    how: CrashCase['how'],
    broken: Broken,
    alone = path.only === sweepEvent,
  ): CrashCase => ({ path, event, what, how, broken, alone, name: `${path.name}: ${what}: ${how}` });
  return [
    ...calls.flatMap(({ event, point }) =>
      entries(faults)
        .filter(([how]) => !(how === 'answer lost' && isRead(point)))
        .map(([how, action]) =>
          made(event, point, how, { fault: { point, do: action } }, isFresh(point) || path.only === sweepEvent),
        ),
    ),
    ...events.flatMap(({ event }) =>
      entries(repeats).map(([how, when]) => made(event, event, how, { repeat: { event, when } })),
    ),
  ];
}

/** A busy machine may need the sweep where nothing is broken: then the path is taken again. */
async function goesByItself(path: Path): Promise<Ended> {
  const helped = path.only === sweepEvent ? [repeatedByClient] : [repeatedByClient, swept];
  for (let runs = 1; ; runs += 1) {
    const ended = await run(path);
    if (!ended.how.some((word) => helped.includes(word))) return ended;
    if (runs === maxRecordings) throw new Error(`${path.name} does not go by itself: ${ended.how}`);
  }
}
const maxRecordings = 4;

const entries = <T extends object>(object: T) => Object.entries(object) as [keyof T, T[keyof T]][];

/** The sweep's event names no intent; its calls do. */
const eventsOf = (path: Path, { events }: Seen) =>
  (path.only === sweepEvent ? [sweepEvent] : events).map((event) => ({ event, point: event }));

/** Made by a fresh process only. What else is seen once, and not again, comes of two that race, or that came together. */
const isFresh = (point: string): boolean => point.includes('Secrets Manager');

/** The sweep asks sixteen shards side by side: one stands for all. */
const isShard = (point: string): boolean => / due #\d+$/.test(point);

/** What a path adds to the others. `point`: the call, or the event itself. */
function part<T extends { event: string; point: string }>({ from, only, without }: Path, seen: T[]): T[] {
  const own = from ? seen.slice(seen.findIndex(({ event }) => event === from)) : seen;
  const meant = ({ event }: T) => (typeof only === 'string' ? event === only : (only?.test(event) ?? true));
  return own.filter((each) => meant(each) && !without?.test(each.point));
}
