/** The package as others get it: built, packed, installed into a folder of its own, run on each runtime, compiled against, and bundled. */

import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { createTestWorld } from '../../../clients/sdk/testing/index.ts';
import { start } from './child.ts';
import { Door } from './door.ts';
import { expectWhole, noOldestNode, plainNode, root, run, runtimes, signedWebhook, writeProgram } from './packed.ts';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 120_000 });

/** A client is a part of every page and function that uses it. Bytes, as they come, not minified. */
const maxClientBytes = 45_000;
const maxTestingBytes = 900_000;
/** What a receiver of webhooks pays for, minified. */
const maxVerifierBytes = 2500;

let dir: string;
const world = createTestWorld();
const door = new Door(world);

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
  writeProgram(join(dir, 'app'));
  await door.open();
});
afterAll(async () => {
  await door.close();
  rmSync(dir, { recursive: true, force: true });
});

it('runs the four lines of the README', async () => {
  const env = { HOLDPOINT_URL: door.url, HOLDPOINT_API_KEY: world.keyOf('deployer') };
  const child = start(join(dir, 'app/ask.mjs'), [], env, [plainNode]);
  await vi.waitFor(() => world.decide('ada', 'rejected', { comment: 'Not today.' }), { timeout: 30_000, interval: 50 });
  expect(await child.said('eploying')).toBe('Not deploying: Not today.');
  expect(await child.ended).toBe(0);
});

it('is tried on the oldest Node that it is for', (test) => {
  test.skip(noOldestNode !== undefined, noOldestNode);
  expect(Object.keys(runtimes)).toContain('Node.js/20');
});

describe.each(Object.entries(runtimes))('on %s', (name, runtime) => {
  it('does all that it is for', async () => {
    const { host } = new URL(door.url);
    const given = {
      baseUrl: door.url,
      sender: world.keyOf('sender'),
      packer: { address: `packer-${name.length}`, key: world.keyOf(`packer-${name.length}`) },
      webhook: signedWebhook(),
    };
    const child = start(join(dir, 'app/everywhere.js'), [], { GIVEN: JSON.stringify(given) }, runtime(host));
    await vi.waitFor(() => world.decide('ada', 'approved'), { timeout: 30_000, interval: 50 });
    expect(await child.ended).toBe(0);
    expectWhole(JSON.parse(child.lines.join('')), name);
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
    const [command = '', ...flags] = runtime('127.0.0.1');
    expect(run(command, [...flags, 'world.mjs'], join(dir, 'app'))).toBe('approved\n');
  });
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
  expect(text).not.toMatch(/\bfrom ?["']|\bimport ?[("']|\brequire\(|node:|\bprocess\.|\bBuffer\b/);
  const { dependencies } = JSON.parse(readFileSync(join(dir, 'dist/package.json'), 'utf8'));
  expect(dependencies).toEqual({ zod: expect.any(String) });
  expect(readFileSync(testing, 'utf8')).not.toMatch(/@aws-sdk|@smithy|@middy|aws-lambda-powertools/);
});

it('is left out where it is not used: who verifies webhooks has no client in the page', async () => {
  const bundled = async (contents: string) => {
    const stdin = { contents, resolveDir: join(dir, 'app') };
    const { outputFiles } = await build({
      ...{ stdin, bundle: true, format: 'esm', minify: true, write: false },
      logLevel: 'error',
    });
    return outputFiles[0]?.text ?? '';
  };
  expect(await bundled("import '@holdpoint/sdk';")).toBe('');
  const verifier = await bundled("export { verifyWebhook } from '@holdpoint/sdk';");
  expect(verifier).not.toMatch(/x-api-key|fetch/);
  expect(verifier.length).toBeLessThan(maxVerifierBytes);
});
