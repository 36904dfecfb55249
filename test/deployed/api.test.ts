import { randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { revokeKey } from '../../adapters/keys.ts';
import { liftStop, setStop } from '../../adapters/stops.ts';
import type { StopTarget } from '../../core/stops.ts';
import {
  type Agent,
  approvalIntent,
  decide,
  dynamo,
  lifting,
  linkFor,
  newAgent,
  newOrder,
  readRecords,
  refundIntent,
  refundRequests,
  rows,
  stack,
  tables,
  until,
  waitFor,
} from './world.ts';

let agent: Agent;
beforeAll(async () => {
  agent = await newAgent();
});

const create = (body: unknown, headers: Record<string, string> = {}) =>
  agent.call('POST', '/v1/intents', { body, headers });

describe('keys', () => {
  it.each([
    ['none', {}, 'missing_platform_api_key'],
    ['a malformed one', { 'x-api-key': 'nonsense' }, 'invalid_platform_api_key'],
    ['an unknown one', { 'x-api-key': `hp_sa_${'0'.repeat(16)}_${'A'.repeat(43)}` }, 'invalid_platform_api_key'],
  ])('%s → 401', async (_what, headers, code) => {
    const response = await fetch(`${stack.baseUrl}/v1/intents`, {
      method: 'POST',
      headers: headers as never,
      body: '{}',
    });
    expect(response.status).toBe(401);
    expect(await response.json()).toMatchObject({ code, error: { code, category: 'auth', retryable: false } });
  });

  it('a right id with a wrong secret → 401', async () => {
    const wrong = `${agent.key.slice(0, -4)}AAAA`;
    const answer = await agent.call('GET', `/v1/intents/${randomUUID()}`, { headers: { 'x-api-key': wrong } });
    expect(answer.status).toBe(401);
  });

  it('is taken as a bearer token too', async () => {
    const response = await fetch(`${stack.baseUrl}/v1/intents/${randomUUID()}`, {
      headers: { authorization: `Bearer ${agent.key}` },
    });
    expect(response.status).toBe(404);
  });

  it('revoked is refused at once', async () => {
    const other = await newAgent();
    expect((await other.call('GET', `/v1/intents/${randomUUID()}`)).status).toBe(404);
    await revokeKey(dynamo, tables.control, other.key.split('_')[2] ?? '', new Date().toISOString());
    expect((await other.call('GET', `/v1/intents/${randomUUID()}`)).status).toBe(401);
  });
});

describe('input', () => {
  it.each([
    ['an unknown field', { ...approvalIntent(), colour: 'red' }, 'colour'],
    [
      'an unknown field of human_task',
      { ...approvalIntent(), human_task: { title: 'T', colour: 'red' } },
      'human_task.colour',
    ],
    [
      'an unknown field of the payload',
      refundIntent('A-1', 1) && { ...refundIntent('A-1', 1), payload: { ...refundIntent('A-1', 1).payload, x: 1 } },
      'payload.x',
    ],
    ['a wrong type', { ...approvalIntent(), remind_after_seconds: 'soon' }, 'remind_after_seconds'],
    [
      'a wrong type in the payload',
      { ...refundIntent('A-1', 1), payload: { ...refundIntent('A-1', 1).payload, amount_cents: 1.5 } },
      'payload.amount_cents',
    ],
    ['a missing field', { intent_type: 'intent.refund.v1', payload: { order_id: 'A-1' } }, 'payload.amount_cents'],
    ['an undeclared type for nobody', { intent_type: 'intent.nothing.v1' }, 'to_agent'],
    ['no name of a type', { intent_type: 'nothing', to_agent: 'bot' }, 'intent_type'],
    ['no type', {}, 'intent_type'],
    ['a bad address', { ...approvalIntent(), to_agent: 'agent://a b/c' }, 'to_agent'],
    ['a deadline that is over', { ...approvalIntent(), deadline_at: '2020-01-01T00:00:00Z' }, 'deadline_at'],
    [
      'an outcome the type has not',
      { ...approvalIntent(), human_task: { title: 'T', allowed_outcomes: ['maybe'] } },
      'human_task.allowed_outcomes',
    ],
    [
      'another task type',
      { ...approvalIntent(), human_task: { title: 'T', task_type: 'vote' } },
      'human_task.task_type',
    ],
    ['no object', [1, 2], '(body)'],
  ])('%s → 422 with its path', async (_what, body, field) => {
    const answer = await create(body);
    expect(answer.status).toBe(422);
    expect(answer.body).toMatchObject({
      code: 'schema_invalid',
      error: { code: 'schema_invalid', category: 'validation', details: { field } },
    });
  });

  it.each([
    ['broken JSON', '{"intent_type":'],
    ['very deep JSON', `{"intent_type":"intent.approval.v1","payload":${'{"a":'.repeat(5000)}1${'}'.repeat(5000)}}`],
    ['a name that objects lose', '{"intent_type":"intent.approval.v1","payload":{"a":{"__proto__":1}}}'],
    ['text that is no Unicode', '{"intent_type":"intent.approval.v1","payload":{"a":"\\ud800"}}'],
  ])('%s → 422', async (_what, raw) => {
    const answer = await agent.call('POST', '/v1/intents', { raw });
    expect(answer.status).toBe(422);
    expect(answer.body.code).toBe('schema_invalid');
  });

  it('over 128 KiB → 413; just below is taken', async () => {
    const of = (bytes: number) => {
      const empty = JSON.stringify(approvalIntent({ text: '' })).length;
      return JSON.stringify(approvalIntent({ text: 'x'.repeat(bytes - empty) }));
    };
    expect((await agent.call('POST', '/v1/intents', { raw: of(131_073) })).body).toMatchObject({
      code: 'payload_too_large',
    });
    const taken = await agent.call('POST', '/v1/intents', { raw: of(131_072) });
    expect(taken.status).toBe(200);
    expect((await agent.get(taken.body.intent_id)).payload.text).toHaveLength(
      131_072 - JSON.stringify(approvalIntent({ text: '' })).length,
    );
  });

  it.each([1e20, 5e-324])('refuses %d where DynamoDB would have to hold it', async (number) => {
    const { submit } = agent;
    const id = await submit({ intent_type: 'parcels.pack.v1', to_agent: agent.address, payload: { number } });
    const answer = await agent.call('POST', `/v1/intents/${id}/resume`, { body: { weight: number } });
    expect([answer.status, answer.body.code]).toEqual([422, 'schema_invalid']);
    expect((await agent.get(id)).payload).toEqual({ number });
    expect((await agent.call('POST', `/v1/intents/${id}/resume`, { body: { weight: String(number) } })).status).toBe(
      200,
    );
  });

  it('keeps numbers that DynamoDB could not hold', async () => {
    const id = await agent.submit(
      approvalIntent({ big: 1.7976931348623157e308, deep: { list: [[[[1]]]] }, '': 'empty key' }),
    );
    expect((await agent.get(id)).payload).toEqual({
      big: 1.7976931348623157e308,
      deep: { list: [[[[1]]]] },
      '': 'empty key',
    });
  });

  it('problem+json where the client accepts it', async () => {
    const answer = await agent.call('POST', '/v1/intents', {
      body: {},
      headers: { accept: 'application/problem+json' },
    });
    expect(answer.headers.get('content-type')).toContain('application/problem+json');
    expect(answer.body).toMatchObject({
      type: 'urn:holdpoint:error:schema_invalid',
      title: 'schema invalid',
      status: 422,
    });
  });
});

describe('Idempotency-Key', () => {
  it('tells what was accepted, also once its deadline is over', async () => {
    const agent = await newAgent();
    const asked = { ...approvalIntent(), deadline_at: new Date(Date.now() + 6000).toISOString() };
    const id = await agent.submit(asked, 'key-1');
    await waitFor('the deadline is over', () => Date.now() > Date.parse(asked.deadline_at));
    expect(await agent.submit(asked, 'key-1')).toBe(id);
    const late = await agent.call('POST', '/v1/intents', { body: asked, headers: { 'idempotency-key': 'key-2' } });
    expect(late.body).toMatchObject({ code: 'schema_invalid', error: { details: { field: 'deadline_at' } } });
  });

  it('same body → same answer; other body → 409; and one intent', async () => {
    const key = randomUUID();
    const first = await create(approvalIntent({ n: 1, m: 2 }), { 'idempotency-key': key });
    const again = await create(
      { payload: { m: 2, n: 1 }, intent_type: 'intent.approval.v1' },
      { 'idempotency-key': key },
    );
    expect(again.status).toBe(200);
    expect(again.body).toEqual(first.body);
    const other = await create(approvalIntent({ n: 2 }), { 'idempotency-key': key });
    expect([other.status, other.body.code]).toEqual([409, 'idempotency_conflict']);
  });

  it('is scoped to its agent', async () => {
    const key = randomUUID();
    const other = await newAgent(agent.tenant, 'other');
    expect(await agent.submit(approvalIntent(), key)).not.toBe(await other.submit(approvalIntent(), key));
  });

  it('twenty at the same instant → one intent', async () => {
    const key = randomUUID();
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => create(approvalIntent(), { 'idempotency-key': key })),
    );
    expect(new Set(answers.map((answer) => answer.status))).toEqual(new Set([200]));
    expect(new Set(answers.map((answer) => answer.body.intent_id)).size).toBe(1);
  });
});

describe('tenants', () => {
  it("another tenant's intent is a 404", async () => {
    const id = await agent.submit(approvalIntent());
    const stranger = await newAgent();
    for (const path of [`/v1/intents/${id}`, `/v1/intents/${id}/events`]) {
      const answer = await stranger.call('GET', path);
      expect([answer.status, answer.body.code]).toEqual([404, 'not_found']);
    }
  });
});

describe('routes', () => {
  it('health, trailing and doubled slashes, unknown routes', async () => {
    expect((await agent.call('GET', '/health')).body).toEqual({ ok: true });
    const id = await agent.submit(approvalIntent());
    expect((await agent.call('GET', `/v1/intents/${id}/`)).status).toBe(200);
    expect((await agent.call('GET', `/v1//intents/${id}`)).status).toBe(200);
    expect((await agent.call('GET', `/v1/intents/${id}/events/stream/?wait_seconds=1`)).status).toBe(200);
    const state = { body: { resume_state: 'YQ==' } };
    expect((await agent.call('PUT', `/v1/intents/${id}/resume-state/`, state)).status).toBe(200);
    expect((await agent.call('GET', '/v1/nothing')).body.code).toBe('not_found');
    const other = await agent.call('DELETE', '/v1/intents/');
    expect([other.status, other.body.code, other.headers.get('allow')]).toEqual([
      405,
      'method_not_allowed',
      'POST, GET',
    ]);
  });

  it('echoes the trace id, and the intent carries it', async () => {
    const answer = await create(approvalIntent(), { 'x-trace-id': 'trace-12345678' });
    expect(answer.headers.get('x-trace-id')).toBe('trace-12345678');
    expect(answer.headers.get('x-request-id')).toBeTruthy();
    expect((await agent.get(answer.body.intent_id)).trace_id).toBe('trace-12345678');
  });

  it('events: since is exclusive, bad queries are refused', async () => {
    const id = await agent.submit(approvalIntent());
    expect((await agent.events(id, 0)).map((event) => event.seq)).toEqual(expect.arrayContaining([1, 2]));
    expect((await agent.call('GET', `/v1/intents/${id}/events?since=-1`)).status).toBe(422);
    expect((await agent.call('GET', `/v1/intents/${id}/events?colour=red`)).status).toBe(422);
  });
});

describe('stops', () => {
  const stop = { by: 'operator', reason: 'test', at: new Date().toISOString() };

  it.each<[string, (a: Agent) => StopTarget]>([
    ['everything', () => ({ kind: 'everything' })],
    ['its tenant', (a) => ({ kind: 'tenant', id: a.tenant })],
    ['its agent', (a) => ({ kind: 'agent', id: a.address })],
    ['its type', () => ({ kind: 'type', id: 'intent.approval.v1' })],
  ])('on %s: nothing is admitted until it is lifted', async (_what, targetOf) => {
    const target = targetOf(agent);
    await setStop(dynamo, tables, target, stop);
    try {
      const key = randomUUID();
      const answer = await create(approvalIntent(), { 'idempotency-key': key });
      expect([answer.status, answer.body.code, answer.body.error.details.reason]).toEqual([
        403,
        'policy_denied',
        'stopped',
      ]);
      await liftStop(dynamo, tables, target, lifting());
      expect((await create(approvalIntent(), { 'idempotency-key': key })).status).toBe(200);
    } finally {
      await liftStop(dynamo, tables, target, lifting());
    }
  });

  it('on another agent holds nobody else back', async () => {
    const target: StopTarget = { kind: 'agent', id: `agent://${agent.tenant}/runaway` };
    await setStop(dynamo, tables, target, stop);
    expect((await create(approvalIntent())).status).toBe(200);
    await liftStop(dynamo, tables, target, lifting());
  });

  it('a decision is not taken while a stop stands, and is afterwards', async () => {
    const id = await agent.submit(approvalIntent());
    const link = await linkFor(agent, id);
    const target: StopTarget = { kind: 'agent', id: agent.address };
    await setStop(dynamo, tables, target, stop);
    const refused = await decide(link);
    expect(refused.status).toBe(403);
    expect(refused.page).toContain('Stopped by an operator');
    expect((await agent.get(id)).status).toBe('WAITING');
    await liftStop(dynamo, tables, target, lifting());
    expect((await decide(link)).status).toBe(200);
  });

  it('on a tool: what was approved is not executed', async () => {
    const id = await agent.submit(refundIntent(await newOrder(), 18_000));
    const link = await linkFor(agent, id);
    const target: StopTarget = { kind: 'tool', id: 'issue_refund' };
    await setStop(dynamo, tables, target, stop);
    try {
      expect((await decide(link)).status).toBe(200);
      const ended = await agent.reaches(id, 'FAILED', 'COMPLETED');
      expect(ended).toMatchObject({
        status: 'FAILED',
        error: { code: 'policy_denied', details: { reason: 'stopped' } },
      });
      expect(await refundRequests(id)).toEqual([]);
    } finally {
      await liftStop(dynamo, tables, target, lifting());
    }
  });
});

describe('what is kept', () => {
  it('starts every key with its tenant and holds no key, token or link in the clear', async () => {
    const id = await agent.submit(refundIntent(await newOrder(), 18_000));
    const link = await linkFor(agent, id);
    const secret = link.split('/').at(-1) ?? '';
    const stored = JSON.stringify([await rows(agent, id), await readRecords(agent, id)]);
    expect(stored).not.toContain(secret);
    expect(stored).not.toContain(agent.key);
    const answers = JSON.stringify([await agent.get(id), await agent.events(id)]);
    for (const hidden of [secret, 'ada@example.com', (await rows(agent, id, 's#task'))[0]?.token])
      expect(answers).not.toContain(hidden);
    expect((await rows(agent, id, 's#head'))[0]?.pk).toBe(`${agent.tenant}#${id}`);
  });

  it('a start that was not carried out yet is still owed', async () => {
    const id = await agent.submit(approvalIntent());
    await until(
      'the run has started and nothing is owed for it',
      30,
      async () => (await rows(agent, id, 'outbox#start')).length === 0,
    );
    expect((await agent.reaches(id, 'WAITING')).status).toBe('WAITING');
  });
});
