/** The MCP door of the deployed stack, by the official clients and the official conformance suite. */

import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { Client as ClientBefore } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport as TransportBefore } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Agent, breakCalls, decide, linkFor, mendCalls, newAgent, newOrder, refundsOf, stack } from './world.ts';

const url = () => new URL(`${stack.baseUrl}/mcp`);
const tasksExtension = 'io.modelcontextprotocol/tasks';

// biome-ignore lint/suspicious/noExplicitAny: answers are whatever the protocol says; tests assert on them
type Answer = any;

let agent: Agent;
beforeAll(async () => {
  agent = await newAgent();
});

interface Result {
  isError?: boolean;
  tool: string;
  status: string;
  structuredContent: { intent_id: string; ended: boolean; status: string; view_url: string; result: object };
}

/** The official client of the newest revision, by either way to send a key. */
async function connected(capabilities: object = {}, as = agent) {
  const client = new Client(
    { name: 'test', version: '1' },
    { capabilities, versionNegotiation: { mode: { pin: '2026-07-28' } } },
  );
  const headers = { authorization: `Bearer ${as.key}` };
  await client.connect(new StreamableHTTPClientTransport(url(), { requestInit: { headers } }) as never);
  return client;
}

const post = async (body: object, headers: Record<string, string> = { 'x-api-key': agent.key }, path = '/mcp') =>
  fetch(`${stack.baseUrl}${path}`, { method: 'POST', headers, body: JSON.stringify(body) });

const ping = { jsonrpc: '2.0', id: 1, method: 'ping' };

describe('the door', () => {
  it('takes a good key, at either path, and no other', async () => {
    for (const path of ['/mcp', '/mcp/']) expect((await post(ping, { 'x-api-key': agent.key }, path)).status).toBe(200);
    const keyless = await post(ping, {});
    expect([keyless.status, ((await keyless.json()) as Answer).code]).toEqual([401, 'missing_platform_api_key']);
    const wrong = await post(ping, { authorization: `Bearer ${agent.key}x` });
    expect([wrong.status, ((await wrong.json()) as Answer).code]).toEqual([401, 'invalid_platform_api_key']);
    const large = await post({ ...ping, params: { text: 'x'.repeat(131_072) } });
    expect([large.status, ((await large.json()) as Answer).code]).toEqual([413, 'payload_too_large']);
  });
});

describe('where a table fails', () => {
  it('it is answered as at every other door, says nothing of its inside, and the same again is taken', async () => {
    const arguments_ = { task: 'Send it?', idempotency_key: randomUUID() };
    const call = { ...ping, method: 'tools/call', params: { name: 'request_approval', arguments: arguments_ } };
    const broken = await breakCalls({
      match: { app: 'mcp', action: 'TransactWriteItems' },
      do: { error: 'AccessDeniedException', message: 'secret-of-ours' },
      times: 100,
    });
    const failed = await post(call);
    await broken.hit();
    await mendCalls();
    const text = await failed.text();
    expect([failed.status, JSON.parse(text).code]).toEqual([500, 'internal_error']);
    expect(text).not.toContain('secret-of-ours');
    const taken = (await (await post(call)).json()) as Answer;
    expect(taken.result.structuredContent.status).toBe('SUBMITTED');
  });
});

describe('an agent with an MCP client', () => {
  it('asks for approval, waits, and hears what a person decided', async () => {
    const client = await connected({ elicitation: { url: {} } });
    const shown: string[] = [];
    client.setRequestHandler('elicitation/create', ({ params }) => {
      if (params.mode === 'url') shown.push(params.url);
      return { action: 'accept' };
    });
    const asked = (await client.callTool({
      name: 'request_approval',
      arguments: { task: 'Send the newsletter?', context: { readers: 900 } },
    })) as unknown as Result;
    const { intent_id, view_url } = asked.structuredContent;
    expect(asked).toMatchObject({ tool: 'request_approval', status: 'completed' });
    // The requester's page, and never the approver's.
    expect(shown).toEqual([view_url]);
    const page = await fetch(view_url);
    expect([page.status, await page.text()]).toEqual([200, expect.stringContaining('Send the newsletter?')]);

    const waiting = client.callTool({ name: 'wait_for_intent', arguments: { intent_id } });
    const link = await linkFor(agent, intent_id);
    expect(link).not.toBe(view_url);
    await decide(link);
    await waiting;
    const heard = (await client.callTool({ name: 'wait_for_intent', arguments: { intent_id } })) as unknown as Result;
    expect(heard.structuredContent).toMatchObject({ status: 'COMPLETED', ended: true, result: { approved: true } });
    const listed = (await client.callTool({
      name: 'list_my_intents',
      arguments: { status: ['COMPLETED'] },
    })) as never as {
      structuredContent: { intents: { intent_id: string }[] };
    };
    expect(listed.structuredContent.intents.map((one) => one.intent_id)).toContain(intent_id);
  });

  it('of the revision before acts through a governed tool, once, and is told where it is refused', async () => {
    const client = new ClientBefore({ name: 'test', version: '1' });
    const transport = new TransportBefore(url(), { requestInit: { headers: { 'x-api-key': agent.key } } });
    await client.connect(transport as never);
    expect(transport.protocolVersion).toBe('2025-11-25');
    const order_id = await newOrder();
    const refund = async (more: object = {}) =>
      (await client.callTool({
        name: 'issue_refund',
        arguments: { order_id, amount_cents: 900, currency: 'EUR', reason: 'Late.', ...more },
      })) as unknown as Result;
    const { structuredContent } = await refund();
    const { intent_id } = structuredContent;
    const done = structuredContent.ended
      ? structuredContent
      : ((await client.callTool({ name: 'wait_for_intent', arguments: { intent_id } })) as unknown as Result)
          .structuredContent;
    expect(done.status).toBe('COMPLETED');
    expect(await refundsOf(intent_id)).toHaveLength(1);
    const refused = await refund({ amount_cents: -1 });
    const ended = refused.structuredContent.ended
      ? refused
      : ((await client.callTool({
          name: 'wait_for_intent',
          arguments: { intent_id: refused.structuredContent.intent_id },
        })) as unknown as Result);
    expect(ended.structuredContent).toMatchObject({ status: 'FAILED', error: { code: 'policy_denied' } });
  });

  it('finds the work that was sent to it, claims and renews it, and is of its own tenant alone', async () => {
    const worker = await newAgent(agent.tenant, 'mcp-worker');
    const id = await agent.submit({ intent_type: 'parcels.pack.v1', to_agent: worker.address, payload: { n: 1 } });
    await agent.reaches(id, 'DELIVERED');
    const [client, stranger] = [await connected({}, worker), await connected({}, await newAgent())];
    const call = async (name: string, args: object, by = client) =>
      (await by.callTool({ name, arguments: { ...args } })) as Answer;
    const received = { direction: 'received' };
    expect((await call('list_my_intents', received)).structuredContent).toMatchObject({
      intents: [{ intent_id: id, status: 'DELIVERED' }],
    });
    expect((await call('list_my_intents', received, stranger)).structuredContent.intents).toEqual([]);

    const asked = { intent_id: id, claimant: 'one', lease_seconds: 60 };
    for (const [name, args] of [
      ['claim_intent', asked],
      ['get_intent', { intent_id: id }],
      ['cancel_intent', { intent_id: id, reason: 'mine?' }],
      ['wait_for_intent', { intent_id: id, wait_seconds: 1 }],
    ] as const)
      expect(await call(name, args, stranger), name).toMatchObject({ isError: true, error: { code: 'not_found' } });

    const { structuredContent: first } = await call('claim_intent', asked);
    expect(first).toMatchObject({ granted: true, fencing_token: 1 });
    expect((await call('claim_intent', { ...asked, claimant: 'two' })).structuredContent).toMatchObject({
      granted: false,
      claimant: 'one',
    });
    const longer = { ...asked, lease_seconds: 120, fencing_token: 1 };
    const { structuredContent: renewed } = await call('claim_intent', longer);
    expect(renewed).toMatchObject({ granted: true, fencing_token: 1 });
    expect(renewed.claimed_until > first.claimed_until).toBe(true);
    expect(await call('wait_for_intent', { intent_id: id, wait_seconds: 26 })).toMatchObject({ isError: true });
  });

  it('that knows tasks is given one, which is the intent', async () => {
    const said = async (method: string, params: object, name: string) => {
      const _meta = {
        'io.modelcontextprotocol/protocolVersion': '2026-07-28',
        'io.modelcontextprotocol/clientCapabilities': { extensions: { [tasksExtension]: {} } },
      };
      const headers = { 'mcp-protocol-version': '2026-07-28', 'mcp-method': method, 'mcp-name': name };
      const body = { jsonrpc: '2.0', id: 1, method, params: { ...params, _meta } };
      return ((await (await post(body, { ...headers, 'x-api-key': agent.key })).json()) as Answer).result;
    };
    const call = { name: 'ask_human', arguments: { question: 'Which colour?', choices: ['red', 'blue'] } };
    const { taskId, resultType } = await said('tools/call', call, call.name);
    expect(resultType).toBe('task');
    expect(await said('tasks/get', { taskId }, taskId)).toMatchObject({ status: 'working' });
    await said('tasks/cancel', { taskId }, taskId);
    expect(await said('tasks/get', { taskId }, taskId)).toMatchObject({ status: 'cancelled' });
    expect((await agent.get(taskId)).status).toBe('CANCELED');
  });
});

/**
 * Scenarios of the official suite that a server without fixtures can meet. All others call tools, prompts or resources of their
 * own names (`test_simple_text`, `slow_compute`, …) or need what a stateless server of tools does not have: prompts, resources,
 * completions, logging, sampling, streams of their own. `dns-rebinding-protection` is for servers on localhost without a key.
 * Here with the checks of a scenario that it can't meet, and why.
 */
const scenarios: Record<string, Record<string, string>> = {
  'server-initialize': {},
  ping: {},
  'tools-list': {},
  'http-header-validation': {},
  'input-required-result-unsupported-methods': {},
  'server-stateless': {
    'sep-2575-server-rejects-undeclared-capability': 'needs the tool test_missing_capability',
    'sep-2575-missing-capability-http-400': 'needs the tool test_missing_capability',
    'sep-2575-http-server-no-independent-requests-on-stream': 'needs the tool test_streaming_elicitation',
    'sep-2575-server-no-log-without-loglevel': 'needs the tool test_logging_tool',
  },
  'tasks-capability-negotiation': {
    'sep-2663-server-rejects-undeclared-client': 'needs the tool slow_compute',
    'tasks-per-request-meta-opt-in': 'needs the tool slow_compute',
  },
  caching: {
    'sep-2549-prompts-list-caching-hints': 'there are no prompts',
    'sep-2549-resources-list-caching-hints': 'there are no resources',
    'sep-2549-resources-templates-list-caching-hints': 'there are no resources',
  },
};

describe('the official conformance suite', () => {
  // It knows no keys: what it sends is passed on with one.
  const proxy = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const given = Object.entries(request.headers).filter(([name]) => !/^(host|connection|content-length)$/.test(name));
    const answer = await fetch(url(), {
      method: request.method ?? 'POST',
      headers: { ...(Object.fromEntries(given) as Record<string, string>), 'x-api-key': agent.key },
      ...(request.method === 'POST' ? { body: Buffer.concat(chunks) } : {}),
    });
    const type = answer.headers.get('content-type');
    response.writeHead(answer.status, type ? { 'content-type': type } : {}).end(await answer.text());
  });
  beforeAll(() => new Promise<void>((listening) => void proxy.listen(0, '127.0.0.1', listening)));
  afterAll(() => void proxy.close());

  const suite = join(import.meta.dirname, '../../node_modules/@modelcontextprotocol/conformance/dist/index.js');

  it.each(Object.entries(scenarios))('%s', async (scenario, missing) => {
    const out = join(stack.dir, `conformance-${scenario}`);
    const at = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}/mcp`;
    // Says by its exit code that some of it failed: which, its file tells.
    await promisify(execFile)(process.execPath, [
      suite,
      'server',
      '--url',
      at,
      '--scenario',
      scenario,
      '-o',
      out,
    ]).catch(() => {});
    const [folder = ''] = readdirSync(out);
    const checks = JSON.parse(readFileSync(join(out, folder, 'checks.json'), 'utf8')) as {
      id: string;
      status: string;
    }[];
    const of = (status: string) => checks.filter((check) => check.status === status).map(({ id }) => id.trim());
    expect(of('FAILURE')).toEqual(Object.keys(missing));
    expect(of('SUCCESS').length).toBeGreaterThan(0);
  });
});
