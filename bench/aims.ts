/** What is aimed at, and what was found. What misses its aim says so; nothing is left out. */

import type { Counted, FunctionFigures, Results, Sample, SideName } from './results.ts';
import type { Times } from './side.ts';
import { median, p95, type Ratio, ratioOfMedians } from './statistics.ts';

export const aims = {
  /** AWS calls in a row while somebody waits. */
  chain: 3,
  /** Times as long as the bare sample. */
  slower: 2,
  bundleBytes: 600 * 1024,
  /** Times as long as the empty function. */
  init: 1.25,
  /** From the smallest level to the largest, up or down. */
  flat: 0.1,
} as const;

/** Timings that have an aim against the bare sample. */
export const aimed: readonly (keyof Times)[] = ['submit', 'decide', 'decided'];

export interface Finding {
  aim: string;
  /** The worst that was found, and where. */
  found: string;
  met: boolean;
}

export type Timing = keyof Times | 'health';

/** One timing of one side at one level, in the order of the runs. */
export const series = (samples: readonly Sample[], level: number, side: SideName, timing: Timing): number[] =>
  samples
    .filter((sample) => sample.level === level && sample.side === side)
    .sort((a, b) => a.run - b.run)
    .map((sample) => sample[timing] ?? Number.NaN);

export interface Compared {
  level: number;
  ours: { median: number; p95: number };
  theirs: { median: number; p95: number };
  medians: Ratio;
  p95s: number;
}

/** Holdpoint beside the bare sample at each level; `less` is taken off every time first. */
export function compare({ samples, setup }: Results, timing: keyof Times, less = 0): Compared[] {
  return setup.levels.map((level) => {
    const of = (side: SideName) => series(samples, level, side, timing).map((time) => time - less);
    const [ours, theirs] = [of('holdpoint'), of('bare')];
    const both = (numbers: number[]) => ({ median: median(numbers), p95: p95(numbers) });
    return {
      level,
      ours: both(ours),
      theirs: both(theirs),
      medians: ratioOfMedians(ours, theirs),
      p95s: p95(ours) / p95(theirs),
    };
  });
}

/** The largest level against the smallest. */
export function growth({ samples, setup }: Results, side: SideName, timing: Timing): Ratio {
  const [least, most] = [Math.min(...setup.levels), Math.max(...setup.levels)];
  return ratioOfMedians(series(samples, most, side, timing), series(samples, least, side, timing));
}

export const isFlat = ({ ratio }: Ratio): boolean => Math.abs(ratio - 1) <= aims.flat;

export const initRatio = ({ milliseconds, emptyMilliseconds }: FunctionFigures): Ratio =>
  ratioOfMedians(milliseconds, emptyMilliseconds);

/** The least that was seen: calls side by side may miss each other by chance, but never the other way round. */
export const chainIn = (runs: readonly number[]): number => Math.min(...runs);

/** All aims, with the worst that was found for each. */
export function findingsOf(results: Results, names: Record<keyof Times, string>): Finding[] {
  const { counted, functions } = results;
  return [
    ...chainFindings(counted),
    ...aimed.flatMap((timing) => slowerFindings(results, timing, names[timing])),
    worst(`bundle of each function ≤ ${aims.bundleBytes / 1024} KB`, functions, {
      of: ({ bytes }) => bytes / 1024,
      limit: aims.bundleBytes / 1024,
      says: (value, { name }) => `${value.toFixed(0)} KB (${name})`,
    }),
    worst(`load of each function ≤ ${aims.init} × its empty one`, functions, {
      of: (one) => initRatio(one).ratio,
      limit: aims.init,
      says: (value, { name }) => `${value.toFixed(2)} (${name})`,
    }),
    flatFinding(results, names),
  ];
}

function chainFindings(counted: readonly Counted[]): Finding[] {
  const chains = counted
    .filter(({ side }) => side === 'holdpoint')
    .flatMap(({ path, submitChain, decideChain }) => [
      { what: 'submit', path, chain: chainIn(submitChain) },
      ...(decideChain ? [{ what: 'decide', path, chain: chainIn(decideChain) }] : []),
    ]);
  return ['submit', 'decide'].map((what) =>
    worst(
      `${what}: at most ${aims.chain} AWS calls in a row`,
      chains.filter((one) => one.what === what),
      { of: ({ chain }) => chain, limit: aims.chain, says: (value) => String(value) },
    ),
  );
}

function slowerFindings(results: Results, timing: keyof Times, name: string): Finding[] {
  const compared = compare(results, timing);
  const says = (value: number, { level }: Compared) => `${value.toFixed(2)} (at ${level} waiting)`;
  const limit = aims.slower;
  return [
    worst(`${name}: median ≤ ${limit} × bare`, compared, { of: ({ medians }) => medians.ratio, limit, says }),
    worst(`${name}: p95 ≤ ${limit} × bare`, compared, { of: ({ p95s }) => p95s, limit, says }),
  ];
}

function flatFinding(results: Results, names: Record<keyof Times, string>): Finding {
  const grown = (Object.keys(names) as (keyof Times)[]).map((timing) => ({
    timing,
    ratio: growth(results, 'holdpoint', timing).ratio,
  }));
  const { levels } = results.setup;
  return worst(
    `median flat (± ${aims.flat * 100}%) from ${Math.min(...levels)} to ${Math.max(...levels)} waiting`,
    grown,
    {
      of: ({ ratio }) => Math.abs(ratio - 1),
      limit: aims.flat,
      says: (_, { timing, ratio }) => `× ${ratio.toFixed(2)} (${names[timing]})`,
    },
  );
}

function worst<T>(
  aim: string,
  found: readonly T[],
  { of, limit, says }: { of: (one: T) => number; limit: number; says: (value: number, one: T) => string },
): Finding {
  const [most] = [...found].sort((a, b) => of(b) - of(a));
  if (most === undefined) throw new Error(`Nothing was found for: ${aim}`);
  return { aim, found: says(of(most), most), met: of(most) <= limit };
}
