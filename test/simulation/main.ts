/**
 * `npm run simulate -- --seeds 10000`: lives as many seeds, and fails where one breaks an invariant, or where no life had
 * some kind of fault or end. `--seed 4711 --trace` lives one and tells all of it.
 */

import { parseArgs } from 'node:util';
import { live, type Options } from './life.ts';
import { Coverage, failureOf } from './report.ts';
import { shrink } from './shrink.ts';

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '1000' },
    from: { type: 'string', default: '1' },
    seed: { type: 'string' },
    steps: { type: 'string' },
    without: { type: 'string', default: '' },
    trace: { type: 'boolean', default: false },
  },
});

const print = (text: string): void => void process.stdout.write(`${text}\n`);

function whole(name: 'seeds' | 'from' | 'seed' | 'steps', least: number): number {
  const value = Number(values[name]);
  if (!Number.isInteger(value) || value < least) throw new Error(`--${name} is a whole number of at least ${least}.`);
  return value;
}

async function one(seed: number): Promise<boolean> {
  const options: Options = {
    without: new Set(values.without.split(',').filter(Boolean)),
    ...(values.steps === undefined ? {} : { steps: whole('steps', 0) }),
  };
  const life = await live(seed, { ...options, trace: true });
  if (values.trace) print(life.trace.join('\n'));
  print(life.broken ? failureOf(life, options) : `Seed ${seed}: ${[...life.ends.keys()].join(', ')}`);
  return life.broken === undefined;
}

async function many(from: number, seeds: number): Promise<boolean> {
  const coverage = new Coverage();
  const started = performance.now();
  for (let seed = from; seed < from + seeds; seed += 1) {
    const life = await live(seed);
    if (life.broken) {
      const { life: small, options } = await shrink(life);
      print(failureOf(small, options));
      return false;
    }
    coverage.add(life);
    if (coverage.lives % 1000 === 0) print(`${coverage.lives} seeds, ${rate(started, coverage.lives)} a second`);
  }
  print(`${coverage}\n${seeds} seeds from ${from}, ${coverage.commits} commits: every invariant holds.`);
  const missing = coverage.missing();
  if (missing.length > 0) print(`But never: ${missing.join(', ')}. Take more seeds, or see what has become of it.`);
  return missing.length === 0;
}

const rate = (started: number, lives: number): number => Math.round(lives / ((performance.now() - started) / 1000));

try {
  const held =
    values.seed === undefined ? await many(whole('from', 0), whole('seeds', 1)) : await one(whole('seed', 0));
  if (!held) process.exitCode = 1;
} catch (error) {
  process.stderr.write(`${(error as Error).stack}\n`);
  process.exitCode = 2;
}
