/** The package as others get it: built, packed, installed into a folder of its own, run on plain Node, and compiled against. */

import { spawnSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { createTestWorld } from '../../../clients/sdk/testing/index.ts';
import { start } from './child.ts';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 120_000 });

const root = join(import.meta.dirname, '../../..');
/** A client is a part of every page and function that uses it. Bytes, as they come, not minified. */
const maxClientBytes = 45_000;
const maxTestingBytes = 900_000;

/** The oldest Node that is at hand; the tests' own else. */
const plainNode = existsSync('/usr/bin/node') ? '/usr/bin/node' : process.execPath;

let dir: string;
let server: Server;
const world = createTestWorld();

function run(command: string, args: readonly string[], cwd: string): string {
  const { status, stdout, stderr } = spawnSync(command, args, { cwd, encoding: 'utf8' });
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}: ${stdout}${stderr}`);
  return stdout;
}

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'holdpoint-sdk-'));
  run(process.execPath, [join(root, 'clients/sdk/build.ts'), join(dir, 'dist')], root);
  run('npm', ['pack', '--silent', '--pack-destination', dir], join(dir, 'dist'));
  mkdirSync(join(dir, 'app'));
  const dependencies = {
    '@holdpoint/sdk': 'file:../holdpoint-sdk-0.1.0.tgz',
    zod: `file:${join(root, 'node_modules/zod')}`,
  };
  writeFileSync(join(dir, 'app/package.json'), JSON.stringify({ private: true, type: 'module', dependencies }));
  run('npm', ['install', '--offline', '--silent', '--no-audit', '--no-fund'], join(dir, 'app'));
  copyFileSync(join(root, 'examples/agent/ask.mjs'), join(dir, 'app/ask.mjs'));
  server = createServer(async (request, response) => {
    const body: Buffer[] = [];
    for await (const part of request) body.push(part);
    const answer = await world.fetch(`${world.baseUrl}${request.url}`, {
      method: request.method ?? 'GET',
      headers: request.headers as Record<string, string>,
      ...(body.length > 0 ? { body: Buffer.concat(body) } : {}),
    });
    response.writeHead(answer.status, Object.fromEntries(answer.headers)).end(await answer.text());
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
});
afterAll(async () => {
  server?.closeAllConnections();
  await new Promise((closed) => server?.close(closed));
  rmSync(dir, { recursive: true, force: true });
});

it('runs the four lines of the README', async () => {
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const env = { HOLDPOINT_URL: url, HOLDPOINT_API_KEY: world.keyOf('deployer') };
  const child = start(join(dir, 'app/ask.mjs'), [], env, plainNode);
  await vi.waitFor(() => world.decide('ada', 'rejected', { comment: 'Not today.' }), { timeout: 30_000, interval: 50 });
  expect(await child.said('eploying')).toBe('Not deploying: Not today.');
  expect(await child.ended).toBe(0);
});

it('has the world for tests', () => {
  writeFileSync(
    join(dir, 'app/world.mjs'),
    `import { createTestWorld } from '@holdpoint/sdk/testing';
     const world = createTestWorld();
     const asked = world.client().waitForHuman({ task: 'Deploy?', assignee: 'ada' });
     await world.decide('ada', 'approved');
     console.log((await asked).outcome);`,
  );
  expect(run(plainNode, ['world.mjs'], join(dir, 'app'))).toBe('approved\n');
});

it('has types, for Node and for browsers', () => {
  const code = `import { HoldpointClient, type Decision } from '@holdpoint/sdk';
    import { createTestWorld } from '@holdpoint/sdk/testing';
    const hp: HoldpointClient = createTestWorld({ now: '2026-11-20T09:00:00Z' }).client();
    const decision: Decision = await hp.waitForHuman({ task: 'Deploy?', risk_level: 'low' });
    const status: 'COMPLETED' | string = (await hp.get(decision.intentId)).status;
    // @ts-expect-error: no such field
    await hp.submit({ intent_type: 'a.b.v1', colour: status });
    // @ts-expect-error: no such status
    await hp.list({ status: ['DONE'] });`;
  writeFileSync(join(dir, 'app/use.ts'), code);
  const compilerOptions = {
    ...{ strict: true, noEmit: true, target: 'es2022', module: 'nodenext', exactOptionalPropertyTypes: true },
    ...{ lib: ['es2022', 'dom', 'dom.iterable'], types: [] },
  };
  writeFileSync(join(dir, 'app/tsconfig.json'), JSON.stringify({ compilerOptions, files: ['use.ts'] }));
  expect(run(process.execPath, [join(root, 'node_modules/typescript/bin/tsc')], join(dir, 'app'))).toBe('');
});

it('is small, has nothing of AWS in it, and runs where there is no Node', () => {
  const [client, testing] = ['index.js', 'testing.js'].map((name) => join(dir, 'dist', name)) as [string, string];
  expect(statSync(client).size).toBeLessThan(maxClientBytes);
  expect(statSync(testing).size).toBeLessThan(maxTestingBytes);
  const text = readFileSync(client, 'utf8');
  expect(text).not.toMatch(/\bfrom ?["']|\brequire\(|\bprocess\.|\bBuffer\b/);
  expect(readFileSync(testing, 'utf8')).not.toMatch(/@aws-sdk|@smithy|@middy|aws-lambda-powertools/);
});
