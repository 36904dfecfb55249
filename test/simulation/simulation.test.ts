import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { sha256 } from '../../core/hash.ts';
import { live } from './life.ts';
import { plants } from './plants.ts';
import { type ProfileName, profiles } from './profiles.ts';
import { Coverage, failureOf } from './report.ts';
import { shrink } from './shrink.ts';

const run = promisify(execFile);
const here = (file: string) => fileURLToPath(new URL(file, import.meta.url));

/** Node on one of the simulation's files, with a bug planted. */
async function planted(plant: string, file: string, ...args: string[]): Promise<string> {
  const env = { ...process.env, PLANT: plant, NODE_OPTIONS: '' };
  try {
    return (await run(process.execPath, ['--import', here('plant-hook.ts'), here(file), ...args], { env })).stdout;
  } catch (error) {
    const { code, stdout, stderr } = error as { code?: number; stdout: string; stderr: string };
    if (code !== 1) throw new Error(stderr);
    return stdout;
  }
}

describe('the simulation', () => {
  it('finds every invariant to hold (npm run simulate lives many more)', { timeout: 120_000 }, async () => {
    const coverage = new Coverage();
    for (let seed = 1; seed <= 300; seed += 1) {
      const life = await live(seed);
      if (life.broken) {
        const { life: small, options } = await shrink(life);
        expect.fail(failureOf(small, options));
      }
      coverage.add(life);
    }
    // Some are rare; the full run asks for all.
    expect(coverage.missing().length).toBeLessThan(8);
  });

  it.each(Object.keys(profiles) as ProfileName[])(
    'and in lives full of one thing: %s',
    { timeout: 60_000 },
    async (profile) => {
      for (let seed = 1; seed <= 20; seed += 1) {
        const life = await live(seed, { profile });
        if (life.broken) {
          const { life: small, options } = await shrink(life, { profile });
          expect.fail(failureOf(small, options));
        }
      }
    },
  );

  it('lives a seed the same way each time, and another seed another way', async () => {
    const traceOf = async (seed: number) => sha256((await live(seed, { trace: true })).trace.join('\n'));
    for (const seed of [1, 2, 3, 4, 5]) expect(await traceOf(seed)).toBe(await traceOf(seed));
    expect(new Set(await Promise.all([1, 2, 3, 4, 5].map(traceOf))).size).toBe(5);
  });

  it('says what no life has reached', () => {
    expect(new Coverage().missing()).toContain('killedAfter');
    expect(new Coverage().missing()).toContain('refund (approval) COMPLETED approved');
  });
});

describe.concurrent('a planted bug is found:', { timeout: 240_000 }, () => {
  it.each(Object.entries(plants).map(([name, plant]) => ({ name, ...plant })))('$says', async ({ name, breaks }) => {
    const found = JSON.parse(await planted(name, 'planted.ts', '5000'));
    expect(breaks).toContain(found?.invariant);
  });

  it('and told with a command that shows it again', async () => {
    const said = await planted('noSweep', 'main.ts', '--seeds', '20');
    expect(said).toMatch(/^Seed \d+ breaks allEnded: .*/);
    const again = /^Again: npm run simulate -- (.*)$/m.exec(said)?.[1];
    const shown = await planted('noSweep', 'main.ts', ...(again ?? '').split(' '));
    expect(shown).toContain(said.split('\n')[0]);
    expect(shown).toContain('--- from here on everything works ---');
  });
});
