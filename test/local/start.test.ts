import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { post, subjectHashIn } from '../../local/approver.ts';
import { type Child, spawnChild } from '../../local/child.ts';

vi.setConfig({ testTimeout: 240_000 });

const script = join(import.meta.dirname, '..', '..', 'local', 'start.ts');
const running: Child[] = [];
let home: string;

beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), 'holdpoint-start-'));
});
afterAll(async () => {
  for (const child of running) await child.stop();
  rmSync(home, { recursive: true, force: true });
});

const npmStart = (...args: string[]) => {
  const child = spawnChild(process.execPath, [script, '--home', home, ...args], { graceSeconds: 60 });
  running.push(child);
  return child;
};

/** What a person does in the browser: open the link, choose, post the form. */
async function decide(link: string, outcome: string): Promise<string> {
  const subject_hash = subjectHashIn(await (await fetch(link)).text());
  const form = { outcome, comment: 'as agreed', subject_hash };
  return (await post(link, form, { origin: new URL(link).origin })).page;
}

/** Three deployments, on a machine that runs other tests too. */
const threeStartsMs = 600_000;

it('leads from nothing to an approved refund, and what waits survives a restart', {
  timeout: threeStartsMs,
}, async () => {
  const first = npmStart('--port', '0');
  const link = await first.line(/^ +(http:\S+\/a\/\S+)$/);
  expect(first.tail()).toContain('An agent asks to refund 180.00 EUR of order A-1042.');
  const file = join(home, 'local.json');
  expect(statSync(file).mode & 0o777).toBe(0o600);
  const local = JSON.parse(readFileSync(file, 'utf8'));
  expect(Object.keys(local).sort()).toEqual(
    ['apiKey', 'baseUrl', 'emulatorUrl', 'mailboxUrl', 'orgId', 'providerUrl', 'region', 'workspaceId'].sort(),
  );
  expect((await fetch(local.mailboxUrl)).status).toBe(200);
  expect(await decide(link, 'approved')).toContain('Decided: approved');
  expect(await first.line(/^Decided: (\w+)/)).toBe('COMPLETED');
  expect(await first.line(/refund_id +(re_\w+)/)).toBeTruthy();
  await first.stop();
  expect(await first.exited).toBe(0);
  expect(first.tail()).toContain('Stopping, saving the state');

  // A-1042 is refunded: another order waits now.
  const second = npmStart();
  const waiting = await second.line(/^ +(http:\S+\/a\/\S+)$/);
  expect(second.tail()).toContain('It waits for you');
  expect(new URL(waiting).origin).toBe(local.baseUrl);
  await second.stop();

  const third = npmStart();
  expect(await third.line(/^ +(http:\S+\/a\/\S+)$/)).toBe(waiting);
  expect(third.tail()).toContain('It still waits for you');
  expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual(local);
  expect(await decide(waiting, 'approved')).toContain('Decided: approved');
  expect(await third.line(/^Decided: (\w+)/)).toBe('COMPLETED');
  await third.stop();
  expect(await third.exited).toBe(0);
});

it('says in a sentence what to do when the port is taken or an argument is wrong', async () => {
  const other = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => other.on('listening', resolve));
  const { port } = other.address() as AddressInfo;
  const taken = npmStart('--port', String(port));
  expect(await taken.exited).toBe(1);
  expect(taken.tail()).toContain(`Port ${port} is taken`);
  other.close();
  const wrong = npmStart('--ports', '1');
  expect(await wrong.exited).toBe(1);
  expect(wrong.tail()).toContain('npm start -- [--fresh] [--port 7300]');
});

it('--fresh wipes the state', async () => {
  const kept = join(home, 'local', 'sample.json');
  expect(existsSync(kept)).toBe(true);
  const fresh = npmStart('--fresh');
  await fresh.line(/(Local AWS)/);
  expect(existsSync(kept)).toBe(false);
  await fresh.stop();
  expect(await fresh.exited).toBe(0);
});
