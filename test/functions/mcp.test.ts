import { Client as ClientBefore } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { defineIntentType } from '../../core/intent-type.ts';
import type { IntentRef } from '../../core/model.ts';
import { actionTools } from '../../functions/mcp/actions.ts';
import { waitIn } from '../../functions/mcp/ports.ts';
import { issueRefund } from '../../functions/tools/issue_refund/contract.ts';
import { hostileText } from '../abuse/hostile.ts';
import { tries } from '../abuse/tries.ts';
import { refundPayload, refundType, tenant } from '../core/builders.ts';
import { mcpHouse, tasksExtension } from './mcp-house.ts';

const names = [
  'request_approval',
  'ask_human',
  'get_intent',
  'wait_for_intent',
  'cancel_intent',
  'claim_intent',
  'list_my_intents',
  'issue_refund',
];
const ask = { name: 'request_approval', arguments: { task: 'Send the newsletter?' } };
const declaresTasks = { extensions: { [tasksExtension]: {} } };
const takesPages = { elicitation: { url: {} } };

const approvalOf = async (house: ReturnType<typeof mcpHouse>) =>
  (await house.rpc('tools/call', ask)).result.structuredContent.intent_id as string;
const stateOf = (house: ReturnType<typeof mcpHouse>, intentId: string) =>
  house.store.load({ tenant, intentId }, { request: true });

describe('a wait that there is no room for', () => {
  it('is answered at once, with the intent as it is and when to ask again', async () => {
    const house = mcpHouse();
    const intent_id = await approvalOf(house);
    const sourceOf = (ref: IntentRef) => ({
      last: async () => (await house.store.load(ref))?.head.seq ?? 0,
      after: (since: number, limit: number) => house.store.events(ref, since, limit),
    });
    let asked = 0;
    const take = async () => {
      asked += 1;
      return undefined;
    };
    house.ports.wait = waitIn({ take }, sourceOf);
    const wait = { name: 'wait_for_intent', arguments: { intent_id, wait_seconds: 25 } };
    const began = performance.now();
    const { result } = await house.rpc('tools/call', wait);
    expect(result).toMatchObject({ status: 'completed', structuredContent: { intent_id, retry_after_seconds: 5 } });
    expect(asked).toBe(1);
    // Whoever were held would be so for 25 seconds.
    expect(performance.now() - began).toBeLessThan(20_000);
  });
});

describe('a client that says no more than it must', () => {
  it('begins, lists the tools and calls one', async () => {
    const house = mcpHouse();
    const begun = await house.rpc('initialize');
    expect(begun.result).toMatchObject({ protocolVersion: '2025-11-25', serverInfo: { name: 'holdpoint' } });
    const { tools } = (await house.rpc('tools/list')).result;
    expect(tools.map(({ name }: { name: string }) => name)).toEqual(names);
    const { result } = await house.rpc('tools/call', ask);
    expect(result).toMatchObject({
      tool: 'request_approval',
      status: 'completed',
      structuredContent: { status: 'SUBMITTED', ended: false, intent_type: 'intent.approval.v1' },
    });
    expect(JSON.parse(result.content[0].text)).toEqual(result.structuredContent);
  });

  it('asks in more words than a title has, whatever character stands where the title ends', async () => {
    const task = `${'a'.repeat(254)}😀 Send it?`;
    const { result } = await mcpHouse().rpc('tools/call', { ...ask, arguments: { task } });
    expect(result.structuredContent).toMatchObject({ status: 'SUBMITTED' });
  });

  it('is answered with JSON-RPC’s errors where it sends none of its messages', async () => {
    const { handle, rpc } = mcpHouse();
    const said = async (method: string, body?: string) => {
      const response = await handle(method, {}, body, {});
      return [response.status, ((await response.json()) as { error: { code: number } }).error.code];
    };
    expect(await said('GET')).toEqual([405, -32600]);
    expect(await said('DELETE')).toEqual([405, -32600]);
    expect(await said('POST', '{')).toEqual([400, -32700]);
    expect(await said('POST', '[{"jsonrpc":"2.0","id":1,"method":"ping"}]')).toEqual([400, -32600]);
    expect((await rpc('subscriptions/listen', { notifications: {} })).error.code).toBe(-32601);
    expect((await rpc('tools/call', { name: 'rm', arguments: {} })).error.code).toBe(-32602);
    const { status } = await handle('POST', {}, '{"jsonrpc":"2.0","method":"notifications/initialized"}', {});
    expect(status).toBe(202);
  });
});

describe('the official clients', () => {
  it('of the newest revision and of the one before find the same tools, and take what they give', async () => {
    const house = mcpHouse();
    const now = await house.client();
    expect(now.getNegotiatedProtocolVersion()).toBe('2026-07-28');
    const before = new ClientBefore({ name: 'test', version: '1' });
    const transport = new StreamableHTTPClientTransport(new URL('https://holdpoint.example/mcp'), {
      fetch: house.fetchAs({}) as never,
    });
    await before.connect(transport as never);
    expect(transport.protocolVersion).toBe('2025-11-25');
    const [newer, older] = [(await now.listTools()).tools, (await before.listTools()).tools];
    expect(newer.map(({ name }) => name)).toEqual(names);
    expect(older).toEqual(newer);
    // Both hold structured content against the tool's output schema.
    for (const client of [now, before]) {
      const { structuredContent: asked } = (await client.callTool(ask)) as { structuredContent: { intent_id: string } };
      const { intent_id } = asked;
      for (const name of ['get_intent', 'wait_for_intent', 'cancel_intent']) {
        const given = { intent_id, ...(name === 'cancel_intent' ? { reason: 'Not needed.' } : {}) };
        expect((await client.callTool({ name, arguments: given })).isError, name).toBeUndefined();
      }
      expect((await client.callTool({ name: 'list_my_intents', arguments: {} })).isError).toBeUndefined();
    }
  });

  it('are told of each tool what it may do', async () => {
    const { tools } = await (await mcpHouse().client()).listTools();
    const hints = (name: string) => tools.find((tool) => tool.name === name)?.annotations;
    for (const { name, outputSchema, annotations, description } of tools) {
      expect(outputSchema?.type, name).toBe('object');
      expect(description, name).toBeTruthy();
      expect(Object.keys(annotations ?? {}).sort(), name).toEqual(
        ['destructiveHint', 'idempotentHint', 'openWorldHint', 'readOnlyHint', 'title'].sort(),
      );
    }
    expect(hints('get_intent')).toMatchObject({ readOnlyHint: true, destructiveHint: false });
    expect(hints('request_approval')).toMatchObject({ readOnlyHint: false, destructiveHint: false });
    expect(hints('issue_refund')).toMatchObject({ readOnlyHint: false, destructiveHint: true, idempotentHint: false });
  });
});

describe('a tool that submits', () => {
  it('asks for approval with what the person is to know', async () => {
    const house = mcpHouse();
    const { result } = await house.rpc('tools/call', {
      ...ask,
      arguments: {
        ...ask.arguments,
        risk_level: 'high',
        context: { readers: 900 },
        on_behalf_of: 'cleo',
        priority: 'low',
      },
    });
    const state = await stateOf(house, result.structuredContent.intent_id);
    expect(state).toMatchObject({
      head: { type: 'intent.approval.v1', onBehalfOf: 'cleo' },
      request: {
        payload: { task: 'Send the newsletter?', risk_level: 'high', context: { readers: 900 } },
        humanTask: { title: 'Send the newsletter?', priority: 'low' },
      },
    });
    expect(result.structuredContent.view_url).toMatch(/^https:\/\/holdpoint\.example\/r\//);
  });

  it('asks a person for an answer or a form', async () => {
    const house = mcpHouse();
    const asked = async (more: object) => {
      const call = { name: 'ask_human', arguments: { question: 'Which colour?', ...more } };
      const { result } = await house.rpc('tools/call', call);
      return (await stateOf(house, result.structuredContent.intent_id))?.request?.humanTask;
    };
    expect(await asked({ choices: ['red', 'blue'] })).toMatchObject({
      task_type: 'clarification',
      choices: ['red', 'blue'],
    });
    const form_schema = { type: 'object', properties: { colour: { type: 'string' } } };
    expect(await asked({ form_schema })).toMatchObject({ task_type: 'form', form_schema });
  });

  it('of a governed action takes the type’s payload, and nothing else', async () => {
    const house = mcpHouse();
    const call = (args: object) => house.rpc('tools/call', { name: 'issue_refund', arguments: args });
    const { structuredContent } = (await call(refundPayload({ currency: 'eur' }))).result;
    expect((await stateOf(house, structuredContent.intent_id))?.request?.payload).toEqual(refundPayload());
    const wrong = (await call({ ...refundPayload(), amount_cents: '1', colour: 'red' })).result;
    expect(wrong).toMatchObject({ isError: true, tool: 'issue_refund', status: 'failed' });
    expect(wrong.structuredContent).toBeUndefined();
    expect(JSON.parse(wrong.content[0].text).error).toMatchObject({
      code: 'schema_invalid',
      details: { field: 'amount_cents' },
    });
  });

  it('submits once for one idempotency key', async () => {
    const house = mcpHouse();
    const call = async (args: object) =>
      (await house.rpc('tools/call', { ...ask, arguments: { ...ask.arguments, idempotency_key: 'n-7', ...args } }))
        .result;
    const first = await call({});
    expect((await call({})).structuredContent.intent_id).toBe(first.structuredContent.intent_id);
    expect(await call({ task: 'Another?' })).toMatchObject({ isError: true, error: { code: 'idempotency_conflict' } });
    // Where the tool has no field for it, the header does.
    const refund = { name: 'issue_refund', arguments: refundPayload() };
    const [one, two] = [
      await house.rpc('tools/call', refund, { idempotencyKey: 'r-1' }),
      await house.rpc('tools/call', refund, { idempotencyKey: 'r-1' }),
    ];
    expect(one.result.structuredContent.intent_id).toBe(two.result.structuredContent.intent_id);
  });

  it('is the type’s where several contracts stand behind it, or one behind several', () => {
    const twin = { ...refundType, type: 'intent.goodwill_refund.v2' };
    expect(actionTools([refundType]).map(({ name }) => name)).toEqual(['issue_refund']);
    expect(actionTools([refundType, twin]).map(({ name }) => name)).toEqual(['refund', 'goodwill_refund']);
    const both = { ...refundType, tools: [issueRefund, { ...issueRefund, name: 'charge_back' }] };
    expect(actionTools([both]).map(({ name }) => name)).toEqual(['refund']);
    expect(actionTools([{ ...refundType, closed: true }])).toEqual([]);
    const approval = defineIntentType({
      ...{ type: 'intent.x.v1', aliases: [], title: 'X', owner: 'x', shape: 'approval' },
      payload: z.record(z.string(), z.json()),
      objective: () => 'x',
      task: { type: 'approval', role: 'approvers' },
    } as never);
    expect(actionTools([approval])).toEqual([]);
  });
});

describe('rights', () => {
  it('are those of the key: others’ intents are read in the tenant, withdrawn by their agent, and unknown elsewhere', async () => {
    const house = mcpHouse();
    const intent_id = await approvalOf(house);
    const call = async (name: string, more: object, said: object) =>
      (await house.rpc('tools/call', { name, arguments: { intent_id, ...more } }, said)).result;
    const other = { as: `agent://${tenant}/other` };
    const seen = await call('get_intent', {}, other);
    expect(seen.structuredContent.status).toBe('SUBMITTED');
    // Only the key that submitted it makes its link.
    expect(seen.structuredContent.view_url).toBeUndefined();
    expect(await call('cancel_intent', { reason: 'x' }, other)).toMatchObject({
      isError: true,
      error: { code: 'policy_denied' },
    });
    expect(await call('claim_intent', { claimant: 'w', lease_seconds: 30 }, other)).toMatchObject({
      isError: true,
      error: { code: 'policy_denied' },
    });
    expect(await call('get_intent', {}, { as: 'agent://x/y/z', tenant: 'x/y' })).toMatchObject({
      isError: true,
      error: { code: 'not_found' },
    });
    expect((await call('cancel_intent', { reason: 'x' }, {})).structuredContent).toMatchObject({
      status: 'CANCELED',
      ended: true,
    });
  });
});

describe('elicitation by URL', () => {
  it('shows the requester’s page once to a client that takes it, and submits once', async () => {
    const house = mcpHouse();
    const client = await house.client(takesPages);
    const shown: string[] = [];
    client.setRequestHandler('elicitation/create', ({ params }) => {
      if (params.mode === 'url') shown.push(params.url);
      return { action: 'accept' };
    });
    const { structuredContent } = (await client.callTool(ask)) as { structuredContent: { view_url: string } };
    expect(shown).toEqual([structuredContent.view_url]);
    expect(shown[0]).toMatch(/\/r\//);
    const second = (await client.callTool(ask)) as { structuredContent: { intent_id: string } };
    // Ids are given in order: two for each intent.
    expect(second.structuredContent.intent_id).toMatch(/0004$/);
  });

  it('is not asked of a client that does not declare it, nor of one of the revision before, nor for what nobody is asked', async () => {
    const house = mcpHouse();
    expect((await house.modern('tools/call', ask, {})).result.resultType).toBe('complete');
    expect((await house.modern('tools/call', ask, { elicitation: { form: {} } })).result.resultType).toBe('complete');
    const refund = { name: 'issue_refund', arguments: refundPayload() };
    expect((await house.modern('tools/call', refund, takesPages)).result.resultType).toBe('complete');
    expect((await house.rpc('tools/call', ask)).result.resultType).toBeUndefined();
  });

  it('opens nothing by a state that somebody made up', async () => {
    const house = mcpHouse();
    const other = await mcpHouse().rpc('tools/call', ask);
    const elsewhere = { ...ask, requestState: other.result.structuredContent.intent_id };
    expect((await house.modern('tools/call', elsewhere, takesPages)).result).toMatchObject({
      isError: true,
      error: { code: 'not_found' },
    });
  });
});

describe('the tasks extension', () => {
  const begun = async (house: ReturnType<typeof mcpHouse>) =>
    (await house.modern('tools/call', ask, declaresTasks)).result as { taskId: string };

  it('gives a task, which is the intent, to a client that declares it, and its result once it has ended', async () => {
    const house = mcpHouse();
    const task = await begun(house);
    expect(task).toMatchObject({ resultType: 'task', status: 'working', ttlMs: null, pollIntervalMs: 5000 });
    const look = async () => (await house.modern('tasks/get', { taskId: task.taskId }, declaresTasks)).result;
    expect(await look()).toMatchObject({ resultType: 'complete', status: 'working', statusMessage: 'SUBMITTED' });
    expect((await house.modern('tasks/update', { taskId: task.taskId }, declaresTasks)).result).toMatchObject({
      resultType: 'complete',
    });
    await house.modern('tasks/cancel', { taskId: task.taskId }, declaresTasks);
    expect(await look()).toMatchObject({ status: 'cancelled' });
    // What has ended is canceled no more, and that is no error.
    expect((await house.modern('tasks/cancel', { taskId: task.taskId }, declaresTasks)).error).toBeUndefined();
  });

  it('is for clients that declare it, for their own intents, under headers that say the same', async () => {
    const house = mcpHouse();
    const { taskId } = await begun(house);
    const answer = await house.modern('tasks/get', { taskId }, {});
    expect([answer.status, answer.error.code]).toEqual([400, -32021]);
    for (const unknown of ['00000000-0000-4000-8000-000000009999', 'x'])
      expect((await house.modern('tasks/get', { taskId: unknown }, declaresTasks)).error.code).toBe(-32602);
    expect((await house.rpc('tasks/get', { taskId })).error.code).toBe(-32601);
    const theirs = (await house.rpc('tools/call', ask, { as: `agent://${tenant}/other` })).result.structuredContent;
    expect((await house.modern('tasks/get', { taskId: theirs.intent_id }, declaresTasks)).error.code).toBe(-32602);
  });
});

describe('what is our own fault', () => {
  it('is told to the house and not to the client', async () => {
    const house = mcpHouse();
    house.store.commit = async () => {
      throw new Error('arn:aws:dynamodb secret');
    };
    const { result } = await house.rpc('tools/call', ask);
    expect(house.faults).toHaveLength(1);
    expect(JSON.stringify(result)).not.toContain('secret');
    expect(result).toMatchObject({ isError: true, error: { code: 'internal_error' } });
  });

  it('is never reached by what clients send', { timeout: 120_000 }, async () => {
    const house = mcpHouse();
    const intent_id = await approvalOf(house);
    const value = fc.oneof(hostileText, fc.constant(intent_id), fc.jsonValue({ maxDepth: 3 }) as fc.Arbitrary<unknown>);
    const field = fc.constantFrom(
      ...['intent_id', 'task', 'question', 'choices', 'form_schema', 'context', 'assignees', 'reason', 'claimant'],
      ...['lease_seconds', 'fencing_token', 'wait_seconds', 'idempotency_key', 'deadline_at', 'cursor', 'status'],
      ...['order_id', 'amount_cents', '__proto__', 'constructor'],
    );
    const call = fc.record({ name: fc.constantFrom(...names, 'x'), arguments: fc.dictionary(field, value) });
    await fc.assert(
      fc.asyncProperty(call, fc.boolean(), async (params, isModern) => {
        const answer = isModern
          ? await house.modern('tools/call', params, declaresTasks)
          : await house.rpc('tools/call', params);
        expect(house.faults).toEqual([]);
        expect([200, 400]).toContain(answer.status);
        expect(JSON.stringify(answer)).not.toMatch(/node_modules|\.ts:\d|ZodError|TypeError|RangeError/);
      }),
      tries(150),
    );
  });
});
