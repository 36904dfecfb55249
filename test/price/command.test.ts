/** `npm run price` refuses what it does not understand, with a sentence. */

import { execFile } from 'node:child_process';
import { expect, it } from 'vitest';

/** Loading the CDK takes seconds, and more on a busy machine. */
const loadingMs = 120_000;

const run = (...args: string[]) =>
  new Promise<{ failed: boolean; out: string; err: string }>((done) =>
    execFile(process.execPath, ['price/main.ts', ...args], (error, out, err) =>
      done({ failed: error !== null, out, err }),
    ),
  );

it.concurrent.each([
  [['--intents', '0'], 'A whole number of at least 1.'],
  [['--approved', '1.5'], 'A share is a number from 0 to 1.'],
  [['--approved', '0.9', '--denied', '0.2'], 'approved and denied together are at most 1'],
  [['--region', 'mars-1'], 'it has us-east-1, eu-west-1, eu-central-1'],
  [['--recipients', '2'], "unknown option '--recipients'"],
])('%j', { timeout: loadingMs }, async (args, sentence) => {
  const { failed, out, err } = await run(...args);
  expect([failed, out]).toEqual([true, '']);
  expect(err).toContain(sentence);
  expect(err).not.toContain('    at ');
});

it('prints what was asked as data', { timeout: loadingMs }, async () => {
  const { out } = await run('--intents', '1000', '--region', 'eu-central-1', '--json');
  expect(JSON.parse(out)).toMatchObject({ region: 'eu-central-1', asked: { intents: 1000, approved: 0.3 } });
});
