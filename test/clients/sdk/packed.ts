/** The package as it is built, in a folder of its own, and the runtimes that it is for. */

import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { transformSync } from 'esbuild';
import { Webhook } from 'standardwebhooks';
import { expect } from 'vitest';
import type { everywhere, Given } from './everywhere.ts';

export const root = join(import.meta.dirname, '../../..');
const bin = join(root, 'node_modules/.bin');

/** The oldest Node that is at hand; the tests' own else. */
export const plainNode = existsSync('/usr/bin/node') ? '/usr/bin/node' : process.execPath;

/** As Node names itself. */
const nameOf = (node: string): string => `Node.js/${run(node, ['-p', 'process.versions.node'], root).split('.')[0]}`;

/** The oldest that the package is for. */
const oldestNode = 'Node.js/20';

/** Why the oldest is not tested here; undefined where it is. */
export const noOldestNode =
  nameOf(plainNode) === oldestNode ? undefined : `/usr/bin/node is no ${oldestNode}: the package is not tested on it.`;

/** What runs a file, by how it names itself. Deno may ask one host and read one variable; no runtime fetches anything. */
export const runtimes: Readonly<Record<string, (host: string) => readonly string[]>> = {
  [nameOf(plainNode)]: () => [plainNode],
  [nameOf(process.execPath)]: () => [process.execPath],
  'Deno/2': (host) => [
    join(bin, 'deno'),
    ...['run', '--quiet', '--no-prompt', '--no-lock', '--cached-only', '--node-modules-dir=manual'],
    ...[`--allow-net=${host}`, '--allow-env=GIVEN'],
  ],
  'Bun/1': () => [join(bin, 'bun'), '--no-install'],
};

/** Runs a program to its end; what it printed. Throws where it fails. */
export function run(command: string, args: readonly string[], cwd: string): string {
  const { status, stdout, stderr } = spawnSync(command, args, { cwd, encoding: 'utf8' });
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}: ${stdout}${stderr}`);
  return stdout;
}

/** Builds the package into `<dir>/app/node_modules/@holdpoint/sdk`, with the program beside it. `dir` is to be removed. */
export function builtApp(): { dir: string; app: string; sdk: string } {
  const dir = mkdtempSync(join(tmpdir(), 'holdpoint-sdk-'));
  const app = join(dir, 'app');
  const sdk = join(app, 'node_modules/@holdpoint/sdk');
  mkdirSync(app);
  try {
    run(process.execPath, [join(root, 'clients/sdk/build.ts'), sdk], root);
    writeFileSync(join(app, 'package.json'), JSON.stringify({ private: true, type: 'module' }));
    writeProgram(app);
  } catch (error) {
    rmSync(dir, { recursive: true, force: true });
    throw error;
  }
  return { dir, app, sdk };
}

/** The program as plain JavaScript, `everywhere.js`. */
export function writeProgram(app: string): void {
  const code = readFileSync(join(import.meta.dirname, 'everywhere.ts'), 'utf8');
  writeFileSync(
    join(app, 'everywhere.js'),
    transformSync(code, { loader: 'ts', format: 'esm', target: 'es2022' }).code,
  );
}

const payload = { type: 'intent.completed', data: { name: 'Zoë' } };

/** A webhook that was just sent. */
export function signedWebhook(): Given['webhook'] {
  const secret = `whsec_${Buffer.from('a secret of this test alone').toString('base64')}`;
  const [id, at, body] = ['msg_1', new Date(), JSON.stringify(payload)];
  const headers = {
    'webhook-id': id,
    'webhook-timestamp': String(Math.floor(at.getTime() / 1000)),
    'webhook-signature': new Webhook(secret).sign(id, at, body),
  };
  return { secret, body, headers };
}

/** What came of the program is the same everywhere, but for who ran it. */
export function expectWhole(done: Awaited<ReturnType<typeof everywhere>>, runtime: string): void {
  expect(done).toEqual({
    runtime: expect.stringContaining(runtime),
    worked: {
      status: 'COMPLETED',
      result: { packed: 'P-1 µ' },
      tokens: [1],
      errors: [],
      wholly: true,
      payload: { parcel: 'P-1 µ' },
    },
    decided: { approved: true, decidedBy: 'ada' },
    refused: [
      ['AuthError', 401, 'invalid_platform_api_key'],
      ['InvalidInputError', 422, 'schema_invalid'],
      ['NotFoundError', 404, 'not_found'],
    ],
    aborted: true,
    webhook: { payload, forged: true },
  });
}
