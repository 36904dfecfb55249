/** The commands that speak to the deployment by API, with a home of their own. */

import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { exitCodes } from '../../clients/cli/outcome.ts';
import { verifyWebhook } from '../../clients/sdk/index.ts';
import { holdpoint, noAws, type Ran, started } from '../clients/holdpoint.ts';
import { inside } from '../clients/inside.ts';
import { type Agent, mailedCode, newAgent, newOrder, stack, waitFor } from './world.ts';

let dir: string;
let agent: Agent;
beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'holdpoint-cli-'));
  agent = await newAgent(undefined, 'clerk', { scopes: ['accounts:manage'] });
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const env = (more: Record<string, string> = {}) => ({
  ...noAws,
  HOME: dir,
  HOLDPOINT_URL: stack.baseUrl,
  HOLDPOINT_API_KEY: agent.key,
  ...more,
});
/** A process for each costs a second; the commands that go on have one. */
const run = (...args: string[]): Promise<Ran> => inside(args, env());

// biome-ignore lint/suspicious/noExplicitAny: tests assert on it
async function json(...args: string[]): Promise<any> {
  const ran = await run(...args, '--json');
  expect(ran, ran.stderr).toMatchObject({ code: 0 });
  return JSON.parse(ran.stdout);
}
/** Others may have asked the same people before. */
async function allTasks(cursor?: string): Promise<object[]> {
  const page = await json('tasks', 'list', '--limit', '100', ...(cursor === undefined ? [] : ['--cursor', cursor]));
  return page.next_cursor === null ? page.tasks : [...page.tasks, ...(await allTasks(page.next_cursor))];
}
const lines = (text: string) =>
  text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));
const mode = (file: string) => statSync(file).mode & 0o777;

describe('an intent, from asking to its end', () => {
  it('is submitted, watched live, decided by who signed in, and told', async () => {
    const task = JSON.stringify({ title: 'Deploy v3?', assignees: ['ben'] });
    const file = join(dir, 'payload.json');
    writeFileSync(file, JSON.stringify({ task: 'Deploy v3?' }));
    const asked = ['intents', 'submit', 'intent.approval.v1', '--payload', `@${file}`, '--human-task', task];
    const watching = started([...asked, '--watch', '--json'], { env: env() });
    const open = await waitFor('somebody is asked', async () =>
      lines(watching.said().stdout).find((event) => event.pending_with?.type === 'human'),
    );
    const id: string = open.intent_id;

    let signing = { ...watching };
    const code = await mailedCode('ben@example.com', async () => {
      signing = started(['login', '--mail', 'ben@example.com', '--json'], { env: env() });
      await waitFor('the code is asked for', async () => signing.said().stderr.includes('Code: '));
    });
    signing.child.stdin.end(`${code}\n`);
    const signed = await signing.ended;
    expect(JSON.parse(signed.stdout), signed.stderr).toMatchObject({ person: { id: 'ben' } });
    expect(signed.stdout).not.toContain('hp_ps_');
    expect(mode(join(dir, '.config', 'holdpoint', 'sessions.json'))).toBe(0o600);

    expect(await allTasks()).toContainEqual(expect.objectContaining({ intent_id: id, title: 'Deploy v3?' }));
    const shown = await run('tasks', 'show', id);
    expect(shown.stdout).toContain('Deploy v3?');
    expect((await json('tasks', 'show', id)).hash_matches).toBe(true);
    // A pipe agrees to nothing.
    expect(await run('tasks', 'approve', id, '--reason', 'other')).toMatchObject({ code: exitCodes.usage, stdout: '' });
    expect(await run('tasks', 'reject', id, '--yes', '--reason', 'other')).toMatchObject({ code: exitCodes.failed });
    const decided = await json('tasks', 'approve', id, '--yes', '--comment', 'Go.', '--reason', 'as_expected');
    expect(decided).toMatchObject({ fresh: true, decision: { outcome: 'approved', reason: 'as_expected' } });

    const watched = await watching.ended;
    expect(watched.code).toBe(0);
    const events = lines(watched.stdout);
    expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index + 1));
    expect(events.at(-1)).toMatchObject({ status: 'COMPLETED' });
    expect(await json('intents', 'log', id)).toEqual({ events });
    expect(await json('intents', 'get', id)).toMatchObject({ status: 'COMPLETED', result: { approved: true } });
    expect(await json('logout')).toMatchObject({ signed_out: 'ben' });
    expect(await run('tasks', 'list')).toMatchObject({ code: exitCodes.denied });
  });

  it('is withdrawn, submitted again as another, and found in the list', async () => {
    const { intent_id: first } = await json(
      'intents',
      'submit',
      'parcels.pack.v1',
      '--to',
      'packer',
      '--payload',
      '{"parcel":"P-1"}',
    );
    expect(await run('intents', 'retry', first)).toMatchObject({ code: exitCodes.failed });
    expect(await json('intents', 'cancel', first, '--reason', 'Not needed')).toMatchObject({ status: 'CANCELED' });
    const { code, stdout } = await run('intents', 'watch', first);
    expect(code).toBe(exitCodes.ended);
    expect(stdout).toContain('withdrawn');
    const again = await json('intents', 'retry', first);
    expect(again.intent_id).not.toBe(first);
    expect(again.retry_of).toBe(first);
    const [a, b] = [await json('intents', 'get', first), await json('intents', 'get', again.intent_id)];
    expect(b).toMatchObject({ payload: { parcel: 'P-1' }, to_agent: a.to_agent, correlation_id: a.correlation_id });
    const listed = async () =>
      (await json('intents', 'list', '--correlation-id', a.correlation_id)).intents.map(
        (one: { intent_id: string }) => one.intent_id,
      );
    await waitFor('both are listed', async () => (await listed()).length === 2);
    expect((await listed()).sort()).toEqual([first, again.intent_id].sort());
    expect(await json('intents', 'list', '--correlation-id', a.correlation_id, '--limit', '1')).toMatchObject({
      next_cursor: expect.any(String),
    });
  });

  it('is a sample of a type, with other values', async () => {
    const order = await newOrder();
    const { code, stdout } = await run(
      'trigger',
      'refund',
      '--set',
      `order_id=${order}`,
      '--set',
      'amount_cents:=1000',
      '--watch',
    );
    expect(stdout).toMatch(/COMPLETED +completed/);
    expect(code).toBe(0);
  });

  it('is refused with one sentence, the code and an exit code', async () => {
    const missing = await run('intents', 'get', '01935b5e-0000-7000-8000-000000000000', '--json');
    expect(missing.code).toBe(exitCodes.notFound);
    expect(JSON.parse(missing.stderr)).toMatchObject({ code: 'not_found', status: 404 });
    const wrong = await run('intents', 'submit', 'intent.refund.v1', '--payload', '{"order_id":1}');
    expect(wrong).toMatchObject({ code: exitCodes.failed, stdout: '' });
    expect(wrong.stderr).toMatch(/^payload\.order_id: .*\n$/);
    const other = await inside(
      ['intents', 'list'],
      env({ HOLDPOINT_API_KEY: `hp_sa_${'0'.repeat(16)}_${'x'.repeat(43)}` }),
    );
    expect(other.code).toBe(exitCodes.denied);
  });
});

describe('an agent', () => {
  let server: Server;
  let url: string;
  const got: { headers: Headers; body: string }[] = [];
  let status = 200;
  beforeAll(async () => {
    server = createServer(async (request, response) => {
      const parts: Buffer[] = [];
      for await (const part of request) parts.push(part);
      got.push({
        headers: new Headers(request.headers as Record<string, string>),
        body: Buffer.concat(parts).toString(),
      });
      response.writeHead(status).end();
    });
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  });
  afterAll(() => server.close());

  it('is made with a key in a file of its own, listed, given a key more, and ended', async () => {
    const keyFile = join(dir, 'keys.json');
    const made = await json('agents', 'create', 'sorter', '--display-name', 'Sorter', '--key-file', keyFile);
    const address = `agent://${agent.tenant}/sorter`;
    expect(made.service_account.agent_address).toBe(address);
    expect(made.key.token).toBeUndefined();
    expect(mode(keyFile)).toBe(0o600);
    const { [address]: key = '' } = JSON.parse(readFileSync(keyFile, 'utf8'));
    const asSorter = env({ HOLDPOINT_API_KEY: key });
    expect(await inside(['agents', 'mailbox', 'sorter'], asSorter)).toMatchObject({ code: 0 });
    expect((await run('agents', 'list')).stdout).toContain(address);
    const second = await json('agents', 'keys', 'create', 'sorter');
    expect(await json('agents', 'keys', 'revoke', 'sorter', second.key_id)).toMatchObject({ status: 'revoked' });
    expect(await run('agents', 'remove', 'sorter')).toMatchObject({ code: exitCodes.usage });
    expect(await json('agents', 'remove', 'sorter', '--yes')).toMatchObject({ status: 'revoked' });
    expect(await inside(['agents', 'mailbox', 'sorter'], asSorter)).toMatchObject({ code: exitCodes.denied });
  });

  it('has what it is given posted to a program, signed; the answer acknowledges it; Ctrl-C ends it, and the next goes on there', async () => {
    const { key: apiKey } = await newAgent(agent.tenant, 'binder');
    const secret = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
    const args = ['listen', 'binder', '--forward-to', url, '--secret', secret, '--json'];
    const begin = () => started(args, { env: env({ HOLDPOINT_API_KEY: apiKey, XDG_STATE_HOME: join(dir, 'state') }) });
    const ask = async (parcel: string): Promise<string> => {
      const payload = JSON.stringify({ parcel });
      return (await json('intents', 'submit', 'parcels.bind.v1', '--to', 'binder', '--payload', payload)).intent_id;
    };
    const acknowledged = (id: string) =>
      waitFor('it is acknowledged', async () => (await agent.get(id)).status === 'ACKNOWLEDGED');

    const listening = begin();
    const first = await ask('P-7');
    await acknowledged(first);
    expect(got).toHaveLength(1);
    const { headers, body } = got[0] as (typeof got)[0];
    await verifyWebhook({ headers, body }, { secrets: secret });
    expect(JSON.parse(body)).toMatchObject({
      type: 'intent.delivered',
      data: { intent_id: first, payload: { parcel: 'P-7' } },
    });
    listening.child.kill('SIGINT');
    const ended = await listening.ended;
    expect(ended).toMatchObject({ code: exitCodes.interrupted, stderr: '' });
    expect(lines(ended.stdout)).toMatchObject([{ intent_id: first, attempt: 1, answer: { is: 'taken', status: 200 } }]);

    status = 410;
    const second = await ask('P-8');
    const again = begin();
    await waitFor('the next is posted', async () => got.length === 2);
    again.child.kill('SIGINT');
    await again.ended;
    expect(JSON.parse(got[1]?.body ?? '{}').data.intent_id).toBe(second);
    expect((await agent.get(second)).status).toBe('DELIVERED');
  });
});

describe('a scenario', () => {
  it('is checked and started; a new agent has its key in a file, once', async () => {
    const file = join(dir, 'bundle.json');
    const bundle = {
      scenario_id: 'cli.sorting',
      idempotency_key: 'once',
      agents: [{ role: 'sorter', address: 'late-sorter', create_if_missing: true }],
      workflow: { steps: [{ step_id: 'sort', tool_id: 'tool.sort.v1', assigned_to: 'sorter' }] },
      intent: { type: 'parcels.sort.v1', payload: { parcel: 'P-9' } },
    };
    writeFileSync(
      file,
      JSON.stringify({ ...bundle, workflow: { steps: [{ step_id: 'sort', assigned_to: 'nobody' }] } }),
    );
    expect(await run('scenarios', 'validate', file)).toMatchObject({ code: exitCodes.failed });
    writeFileSync(file, JSON.stringify(bundle));
    expect(await json('scenarios', 'validate', file)).toMatchObject({ valid: true });
    const keyFile = join(dir, 'scenario-keys.json');
    const applied = await json('scenarios', 'apply', file, '--key-file', keyFile);
    const address = `agent://${agent.tenant}/late-sorter`;
    expect(applied).toMatchObject({ keys_of: [address], key_file: keyFile });
    expect(mode(keyFile)).toBe(0o600);
    const kept = readFileSync(keyFile, 'utf8');
    const asSorter = env({ HOLDPOINT_API_KEY: JSON.parse(kept)[address] });
    await waitFor('its step is delivered', async () => {
      const { stdout } = await inside(['agents', 'mailbox', 'late-sorter', '--json'], asSorter);
      return JSON.parse(stdout).intents.length === 1;
    });
    expect((await json('scenarios', 'apply', file, '--key-file', keyFile)).intent_id).toBe(applied.intent_id);
    expect(readFileSync(keyFile, 'utf8')).toBe(kept);
    await json('intents', 'cancel', applied.intent_id, '--reason', 'Only a test');
  });
});

describe('holdpoint doctor', () => {
  it('looks at what it can see, from outside and with credentials', async () => {
    const local = join(dir, 'local.json');
    const { emulatorUrl, region, baseUrl } = stack;
    const [orgId, workspaceId] = agent.tenant.split('/');
    writeFileSync(local, JSON.stringify({ emulatorUrl, region, baseUrl, apiKey: agent.key, orgId, workspaceId }), {
      mode: 0o600,
    });
    const { code, stdout, stderr } = await holdpoint(['doctor', '--local', dir, '--json'], {
      env: { ...noAws, HOME: dir },
    });
    expect(stderr).toBe('');
    const { findings } = JSON.parse(stdout);
    const state = Object.fromEntries(findings.map((one: { check: string; state: string }) => [one.check, one.state]));
    expect(state).toMatchObject({
      node: 'ok',
      context: 'ok',
      endpoint: 'ok',
      clock: 'ok',
      key: 'ok',
      stack: 'ok',
      sender: 'ok',
    });
    const rights = findings.find((one: { check: string }) => one.check === 'key rights').says;
    expect(rights).toContain('besides: accounts:manage.');
    expect(rights).toContain('Not: decisions:read, mesh:control, deciding for a person');
    const wrong = findings.filter((one: { state: string }) => one.state === 'failed' || one.state === 'warning');
    for (const one of wrong) expect(one.fix, one.check).toMatch(/\w/);
    expect(code).toBe(findings.some((one: { state: string }) => one.state === 'failed') ? 1 : 0);
  });

  it('goes without AWS where there are no credentials, and says so', async () => {
    const { stdout } = await run('doctor', '--json');
    expect(JSON.parse(stdout).findings).toContainEqual(
      expect.objectContaining({ check: 'AWS', state: 'skipped', says: expect.stringContaining('AWS region') }),
    );
    const unreachable = await inside(['doctor', '--json'], env({ HOLDPOINT_URL: 'http://127.0.0.1:1' }));
    expect(unreachable.code).toBe(exitCodes.failed);
    expect(JSON.parse(unreachable.stdout).findings).toContainEqual(
      expect.objectContaining({ check: 'endpoint', state: 'failed', fix: expect.stringContaining('ApiUrl') }),
    );
  });
});
