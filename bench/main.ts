/** `npm run bench`: Holdpoint beside the bare sample, measured and counted. Writes docs/benchmarks.md and its raw data. */

import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { terminal } from '../local/terminal.ts';
import { functionsOf } from './bundles.ts';
import { countAll } from './counting.ts';
import { documentFile, documentOf, rawFile } from './document.ts';
import { functionFigures } from './loads.ts';
import { type Pair, startPairs } from './pairs.ts';
import { type Conditions, linesOf, type Results, resultsOf, type SideName } from './results.ts';
import { conditionsAt } from './setup.ts';
import { letWait, timeAll } from './timing.ts';

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '50' },
    levels: { type: 'string', default: '100,1000,10000,100000' },
    loads: { type: 'string', default: '25' },
    /** Counts and functions only; the times stay those that were measured before. */
    counts: { type: 'boolean', default: false },
    /** A few runs of everything, to see that it works; writes into no document. */
    quick: { type: 'boolean', default: false },
  },
});

const show = terminal(process.stdout);
const stopping = new AbortController();
const { signal } = stopping;
for (const name of ['SIGINT', 'SIGTERM'] as const) {
  process.on(name, () => {
    if (signal.aborted) process.exit(130);
    stopping.abort(new Error('Stopped.'));
  });
}

const dir = mkdtempSync(join(tmpdir(), 'holdpoint-bench-'));
try {
  await main();
} catch (error) {
  process.exitCode = 1;
  show.line((error as Error).stack);
} finally {
  rmSync(dir, { recursive: true, force: true });
}
process.exit();

async function main(): Promise<void> {
  const levels = values.quick ? [10, 100] : numbers('levels');
  const [runs = 0] = values.quick ? [3] : numbers('runs');
  const [loads = 0] = values.quick ? [3] : numbers('loads');
  const load = loadavg()[0] ?? 0;
  const { counted, functions } = await count(loads);
  const conditions = conditionsAt(load);
  const timed = values.counts ? timedBefore(conditions) : await timedNow(levels, runs, conditions);
  const results: Results = { ...timed, counted, functions };
  if (values.quick) return show.line(documentOf(results));
  const lines = linesOf(results);
  writeFileSync(rawFile, lines);
  // From the numbers as they are kept, so that anybody gets the same document from them.
  writeFileSync(documentFile, documentOf(resultsOf(lines)));
  show.line('docs/benchmarks.md is written.');
}

/** What takes an hour on a quiet machine is kept where only calls or code have changed. */
function timedBefore(counted: Conditions): Pick<Results, 'setup' | 'samples'> {
  const { setup, samples } = resultsOf(readFileSync(rawFile, 'utf8'));
  return { setup: { ...setup, counted }, samples };
}

async function timedNow(levels: number[], runs: number, conditions: Conditions) {
  const { samples, rows } = await time(levels, runs);
  return { setup: { ...conditions, runs, levels, rows }, samples };
}

function numbers(name: 'runs' | 'levels' | 'loads'): number[] {
  const given = values[name].split(',').map(Number);
  if (!given.every((number) => Number.isInteger(number) && number > 0))
    throw new Error(`--${name} takes whole numbers above 0.`);
  return given;
}

/** In a deployment of its own: the proxy that sees the calls makes each of them slower. */
async function count(loads: number): Promise<Pick<Results, 'counted' | 'functions'>> {
  const folder = join(dir, 'counted');
  const { stack, pairs } = await startPairs(['Counted'], {
    dir: folder,
    faultProxy: 'keepBodies',
    step: show.step,
    signal,
  });
  const [pair] = pairs as [Pair];
  const found = await (async () => {
    const counted = await show.step('Calls, write units and transitions of single intents', () =>
      countAll(stack, pair),
    );
    return { counted, deployed: await functionsOf(stack.aws, folder, pair) };
  })().finally(stack.stop);
  const empty = join(dir, 'empty');
  mkdirSync(empty);
  const functions = await show.step('Each function and its empty one, loaded in fresh processes', () =>
    functionFigures(found.deployed, empty, loads),
  );
  return { counted: found.counted, functions };
}

async function time(levels: number[], runs: number) {
  const { stack, pairs } = await startPairs(levels.map(String), { dir: join(dir, 'timed'), step: show.step, signal });
  try {
    const byLevel = new Map(pairs.map((pair) => [Number(pair.name), pair]));
    let rows: Record<SideName, number> = { holdpoint: 0, bare: 0 };
    for (const [level, pair] of byLevel) {
      signal.throwIfAborted();
      rows = await show.step(`${level} intents wait`, () => letWait(stack.aws, pair, level));
    }
    const samples = await show.step(`${runs} runs of each side at each level`, () => timeAll(byLevel, runs, signal));
    return { samples, rows };
  } finally {
    await stack.stop();
  }
}
