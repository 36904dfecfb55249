/** Everything that a run of the benchmark found, as data. Times are milliseconds. */

import type { Times } from './side.ts';

export const sides = ['holdpoint', 'bare'] as const;
export type SideName = (typeof sides)[number];

export interface Conditions {
  /** ISO 8601. */
  date: string;
  versions: Record<string, string>;
  machine: string;
  /** Processes that wanted a core, on average over the minute before. */
  load: number;
}

/** Of the times; `counted`: of counts and functions, where these were found by themselves since. */
export interface Setup extends Conditions {
  counted?: Conditions;
  runs: number;
  levels: number[];
  /** Rows that one waiting intent has in the tables. */
  rows: Record<SideName, number>;
}

/** One run of one side, with `level` intents waiting. */
export interface Sample extends Times {
  level: number;
  run: number;
  side: SideName;
  /** Only Holdpoint's: a request that meets no table. */
  health?: number;
}

/** Of Holdpoint alone. A delegation is read from the mailbox where nothing else is said. */
export const furtherPaths = [
  'delegation',
  'delegation, claimed',
  'delegation, pushed',
  'delegation, told',
  'procedure',
] as const;
export type FurtherPath = (typeof furtherPaths)[number];

/** One intent of one path, followed call by call. */
export interface Counted {
  side: SideName;
  path: 'approval' | 'refund' | FurtherPath;
  /** AWS calls one after the other while somebody waits for the answer: one number for each run. */
  submitChain: number[];
  decideChain?: number[];
  /** The same of other requests, which have no aim. */
  otherChains?: Record<string, number[]>;
  /** AWS calls of each function, for the whole intent. */
  calls: Record<string, number>;
  states: string[];
  transitions: number;
  writeUnits: number;
  indexUnits: number;
  /** Of Holdpoint: what `npm run price` counts for the same path. */
  pricedWriteUnits?: number;
}

/** What a function's code weighs, and how long a fresh process takes to load it. */
export interface FunctionFigures {
  name: string;
  bytes: number;
  /** AWS SDK packages in the bundle: what the empty function has too. */
  clients: string[];
  milliseconds: number[];
  emptyMilliseconds: number[];
  /** Where the bundle has the payment provider's package: an empty function that has it as well. */
  emptyWithStripeMilliseconds?: number[];
}

export interface Results {
  setup: Setup;
  samples: Sample[];
  counted: Counted[];
  functions: FunctionFigures[];
}

export const isFurther = ({ path }: Counted): boolean => (furtherPaths as readonly string[]).includes(path);

const tenth = (value: unknown) => (typeof value === 'number' ? Math.round(value * 10) / 10 : value);

/** One record a line, milliseconds with one decimal. */
export function linesOf({ setup, samples, counted, functions }: Results): string {
  const records = [
    { kind: 'setup', ...setup },
    ...samples.map((sample) => ({ kind: 'sample', ...sample })),
    ...counted.map((one) => ({ kind: 'counted', ...one })),
    ...functions.map((one) => ({ kind: 'function', ...one })),
  ];
  return `${records.map((record) => JSON.stringify(record, (_, value) => tenth(value))).join('\n')}\n`;
}

/** The results that `linesOf` wrote. */
export function resultsOf(lines: string): Results {
  const records = lines
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { kind: string });
  const all = <T>(wanted: string) =>
    records.filter(({ kind }) => kind === wanted).map(({ kind: _, ...record }) => record as T);
  const [setup] = all<Setup>('setup');
  if (!setup) throw new Error('The first line of the results is their setup.');
  return {
    setup,
    samples: all<Sample>('sample'),
    counted: all<Counted>('counted'),
    functions: all<FunctionFigures>('function'),
  };
}
