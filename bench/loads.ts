/** What a function's code weighs and how long it takes to load, beside an empty function with the same SDK clients. */

import { execFile } from 'node:child_process';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { bundleLike, type DeployedFunction, emptyFunction, isClient, packagesIn } from './bundles.ts';
import type { FunctionFigures } from './results.ts';

const measureLoad =
  'const from = performance.now(); require(process.argv[1]); process.stdout.write(String(performance.now() - from));';

/** Milliseconds that a fresh process of this Node takes to load a bundle. */
async function loadTime(file: string, env: Record<string, string>): Promise<number> {
  const { stdout } = await promisify(execFile)(process.execPath, ['-e', measureLoad, file], {
    env: { ...env, AWS_REGION: 'us-east-1', AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test' },
  });
  // A logger may have said something first.
  return Number(stdout.split('\n').at(-1));
}

/** @param dir for the empty functions @param rounds how often each is loaded, in turn with its empty one */
export async function functionFigures(
  functions: readonly DeployedFunction[],
  dir: string,
  rounds: number,
): Promise<FunctionFigures[]> {
  const prepared = await Promise.all(
    functions.map(async (one) => {
      const packages = await packagesIn(one);
      const clients = packages.filter(isClient);
      const empty = await bundleLike(one, await emptyFunction(clients), join(dir, `empty-${one.name}.js`));
      const stripe = packages.includes('stripe')
        ? await bundleLike(one, await emptyFunction([...clients, 'stripe']), join(dir, `stripe-${one.name}.js`))
        : undefined;
      const figures: FunctionFigures = {
        name: one.name,
        bytes: statSync(one.file).size,
        clients,
        milliseconds: [],
        emptyMilliseconds: [],
        ...(stripe && { emptyWithStripeMilliseconds: [] }),
      };
      return { ...one, empty, stripe, figures };
    }),
  );
  // The first round reads files into the system's cache.
  for (let round = 0; round <= rounds; round += 1)
    for (const { file, env, empty, stripe, figures } of prepared) {
      const turns: [string, number[] | undefined][] = [
        [file, figures.milliseconds],
        [empty, figures.emptyMilliseconds],
      ];
      if (stripe) turns.push([stripe, figures.emptyWithStripeMilliseconds]);
      for (const [bundled, times] of round % 2 === 0 ? turns : turns.toReversed()) {
        const time = await loadTime(bundled, env);
        if (round > 0) times?.push(time);
      }
    }
  return prepared.map(({ figures }) => figures);
}
