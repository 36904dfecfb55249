/**
 * `npm run simulate -- --seeds 10000`: lives as many seeds, and fails where one breaks an invariant, or where no life had
 * some kind of fault or end. `--seed 4711 --trace` lives one and tells all of it; `--profile frozenCalls` deals them otherwise.
 */

import { parseArgs } from 'node:util';
import { live, type Options } from './life.ts';
import { type ProfileName, profiles } from './profiles.ts';
import { Coverage, failureOf } from './report.ts';
import { shrink } from './shrink.ts';

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '1000' },
    from: { type: 'string', default: '1' },
    seed: { type: 'string' },
    steps: { type: 'string' },
    without: { type: 'string', default: '' },
    profile: { type: 'string' },
    trace: { type: 'boolean', default: false },
  },
});

const print = (text: string): void => void process.stdout.write(`${text}\n`);

function whole(name: 'seeds' | 'from' | 'seed' | 'steps', least: number): number {
  const value = Number(values[name]);
  if (!Number.isInteger(value) || value < least) throw new Error(`--${name} is a whole number of at least ${least}.`);
  return value;
}

const isProfile = (name: string): name is ProfileName => Object.hasOwn(profiles, name);

/** How every life is dealt. */
function dealt(): Options {
  const { profile } = values;
  if (profile === undefined) return {};
  if (!isProfile(profile)) throw new Error(`--profile is one of ${Object.keys(profiles).join(', ')}.`);
  return { profile };
}

async function one(seed: number): Promise<boolean> {
  const options: Options = {
    ...dealt(),
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
    const life = await live(seed, dealt());
    if (life.broken) {
      const { life: small, options } = await shrink(life, dealt());
      print(failureOf(small, options));
      return false;
    }
    coverage.add(life);
    if (coverage.lives % 1000 === 0) print(`${coverage.lives} seeds, ${rate(started, coverage.lives)} a second`);
  }
  print(`${coverage}\n${seeds} seeds from ${from}, ${coverage.commits} commits: every invariant holds.`);
  // A life that is full of one thing lacks others.
  const missing = values.profile === undefined ? coverage.missing() : [];
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
