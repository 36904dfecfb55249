/** Agents that are watched, stopped and let go on; what they may use up; how often a key may ask. */

import { randomUUID } from 'node:crypto';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { accountIdOf } from '../../adapters/accounts.ts';
import {
  type Agent,
  approvalIntent,
  awsCalls,
  breakCalls,
  effect,
  expectChain,
  inGroups,
  makeOverdue,
  mendCalls,
  newAgent,
  newOrder,
  refundIntent,
  sweep,
  waitFor,
} from './world.ts';

afterEach(mendCalls);

let tenant: string;
let operator: Agent;
let packer: Agent;

beforeAll(async () => {
  tenant = `mesh-${randomUUID().slice(0, 8)}/main`;
  operator = await newAgent(tenant, 'operator', { scopes: ['mesh:control'] });
  packer = await newAgent(tenant, 'packer');
});

const parcel = (to: Agent) => ({ intent_type: 'parcels.pack.v1', to_agent: to.address, payload: { parcel: 'P-1' } });
const ask = (agent: Agent, body: object = approvalIntent()) => agent.call('POST', '/v1/intents', { body });
const beat = (agent: Agent, metrics?: object) =>
  agent.call('POST', '/v1/mesh/heartbeat', metrics ? { body: { metrics } } : {});
const act = (verb: 'kill' | 'resume', agent: Agent, by = operator) =>
  by.call('POST', `/v1/mesh/agents/${agent.address}/${verb}`);
const cap = (agent: Agent, policy: object) =>
  operator.call('PUT', `/v1/mesh/agents/${agent.address}/policies/cost`, { body: policy });
const show = async (agent: Agent) => (await operator.call('GET', `/v1/mesh/agents/${agent.address}`)).body.agent;

describe('the mesh', () => {
  it('knows agents by what they tell', async () => {
    const [watched, silent] = [await newAgent(tenant, 'watched'), await newAgent(tenant, 'silent')];
    expect((await beat(watched)).body).toMatchObject({ ok: true, health_status: 'healthy', address: watched.address });
    await beat(watched, { intents_total: 8, intents_failed: 1, avg_latency_ms: 12.5, cost_usd: 0.25 });
    const failing = await beat(watched, { intents_total: 4, intents_failed: 2, cost_usd: 0.5 });
    expect(failing.body.health_status).toBe('degraded');

    const { body } = await operator.call('GET', '/v1/mesh/agents?window=1h&limit=100');
    const of = (agent: Agent) => body.agents.find((one: { address: string }) => one.address === agent.address);
    expect(of(watched)).toMatchObject({ health_status: 'degraded', metadata: { metrics: { intents_failed: 2 } } });
    expect(of(silent)).toMatchObject({ health_status: 'unknown', last_heartbeat_at: null, cost_period: 0 });
    expect(body.summary.total).toBe(body.agents.length);
    // Over the turn of an hour the last one has less.
    expect(await show(watched)).toMatchObject({ intents_period: 12, cost_period: 0.75 });
    const unknown = (await operator.call('GET', '/v1/mesh/agents?health=unknown')).body;
    expect(unknown.agents.map((one: { address: string }) => one.address)).toContain(silent.address);
    expect(unknown.summary.degraded).toBeGreaterThan(0);

    const wrong = await watched.call('POST', '/v1/mesh/heartbeat', { body: { metrics: { cost_usd: -1 } } });
    expect([wrong.status, wrong.body.code]).toEqual([422, 'schema_invalid']);
  });

  it('counts a heartbeat once that comes again with its Idempotency-Key, and answers the same', async () => {
    const agent = await newAgent(tenant, 'repeating');
    const again = (cost_usd: number) =>
      agent.call('POST', '/v1/mesh/heartbeat', {
        body: { metrics: { cost_usd } },
        headers: { 'idempotency-key': 'beat-1' },
      });
    const first = await again(0.25);
    expect(first.status).toBe(200);
    expect((await again(0.25)).body).toEqual(first.body);
    expect((await again(0.5)).body.code).toBe('idempotency_conflict');
    expect(await show(agent)).toMatchObject({ cost_period: 0.25 });
  });

  it('finds an agent by its id and by its address, however that is written', async () => {
    const { address } = packer;
    for (const id of [accountIdOf(address), 'packer', address, encodeURIComponent(address), `${address}/`])
      expect((await operator.call('GET', `/v1/mesh/agents/${id}`)).body.agent.address, id).toBe(address);
    for (const none of ['sa_0000000000000000', 'nobody', 'agent://other/main/packer'])
      expect((await operator.call('GET', `/v1/mesh/agents/${none}`)).status, none).toBe(404);
  });

  it('a stop holds at once what comes from an agent and what goes to it, until it is lifted', async () => {
    const stopped = await newAgent(tenant, 'stopped');
    const before = await operator.submit(parcel(stopped));
    await operator.reaches(before, 'DELIVERED', 'WAITING');
    expect((await act('kill', stopped, packer)).body).toMatchObject({ code: 'policy_denied' });
    expect((await act('kill', stopped)).body).toMatchObject({ health_status: 'killed' });
    expect((await beat(stopped)).body.health_status).toBe('killed');
    for (const refused of [
      await ask(stopped),
      await ask(operator, parcel(stopped)),
      await stopped.call('POST', `/v1/intents/${before}/claim`, { body: { claimant: 'w', lease_seconds: 60 } }),
      await stopped.call('POST', `/v1/intents/${before}/resume`, { body: { packed: true } }),
    ])
      expect([refused.status, refused.body.error.details.reason]).toEqual([403, 'stopped']);
    expect((await ask(operator)).status).toBe(200);
    expect((await operator.call('GET', '/v1/mesh/agents?health=killed')).body.agents).toMatchObject([
      { address: stopped.address, metadata: { stopped: { by: operator.address } } },
    ]);

    const id = accountIdOf(stopped.address);
    expect((await operator.call('POST', `/v1/mesh/agents/${id}/resume`)).body.health_status).toBe('healthy');
    expect((await stopped.call('POST', `/v1/intents/${before}/resume`, { body: { packed: true } })).status).toBe(200);
    const { events } = (await operator.call('GET', '/v1/mesh/events')).body;
    const told = events.filter((one: { address: string }) => one.address === stopped.address);
    expect(told.map((one: { event_type: string }) => one.event_type)).toEqual(['agent.resumed', 'agent.killed']);
    expect(told[0].actor_id).toBe(operator.address);
    await expectChain(operator, before);
  });

  it('nobody lifts the stop on themselves', async () => {
    const self = await newAgent(tenant, 'self', { scopes: ['mesh:control'] });
    expect((await act('kill', self, self)).status).toBe(200);
    expect((await act('resume', self, self)).body).toMatchObject({ code: 'policy_denied' });
    expect((await act('resume', self)).status).toBe(200);
  });

  it('killed while an intent is on its way: it is not delivered, and is once the agent goes on', async () => {
    const receiver = await newAgent(tenant, 'receiver');
    const mailbox = async () =>
      (await receiver.call('GET', `/v1/agents/${receiver.address}/intents`)).body.intents.length;
    const broken = await breakCalls({
      match: { app: 'dispatch', action: 'SendMessage' },
      body: 'kind[^a-z]+deliver',
      do: { error: 'InvalidParameterValue', status: 400 },
      times: 100,
    });
    const id = await operator.submit(parcel(receiver));
    await broken.hit();
    await act('kill', receiver);
    await mendCalls();
    const again = async () => {
      await makeOverdue(operator, id, 'outbox#deliver');
      await sweep();
    };
    const seen = (await awsCalls()).length;
    await again();
    await waitFor('its delivery is held back', async () =>
      (await awsCalls()).slice(seen).some(({ app, status }) => app === 'deliver' && status === 400),
    );
    expect(await mailbox()).toBe(0);
    await act('resume', receiver);
    await again();
    await waitFor('it is delivered', async () => (await mailbox()) === 1);
    await operator.reaches(id, 'DELIVERED', 'WAITING');
  });
});

describe('budgets', () => {
  it('40, eight at once, against a cap of 10: ten are taken, and none of them is lost', async () => {
    const eager = await newAgent(tenant, 'eager');
    expect((await cap(eager, { max_intents_per_day: 10 })).body.policy).toMatchObject({
      max_intents_per_day: 10,
      max_intents_per_hour: null,
      action_on_breach: 'block',
    });
    // All at once, this machine would still be starting functions when the first have run out of time.
    const answers = await inGroups(Array.from({ length: 40 }), () => ask(eager), 8);
    const taken = answers.filter(({ status }) => status === 200);
    expect(taken).toHaveLength(10);
    await inGroups(taken, async ({ body }) => expect((await eager.get(body.intent_id)).status).not.toBe('FAILED'));
    for (const { status, body, headers } of answers.filter((one) => one.status !== 200)) {
      expect([status, body.code, body.error.details.kind]).toEqual([429, 'quota_exceeded', 'intents']);
      expect(headers.get('retry-after')).toMatch(/^[1-9]\d*$/);
    }
    expect((await show(eager)).cost_policy_used).toEqual({ intents_per_day: 10 });
    // More is allowed at once, less counts what was used.
    await cap(eager, { max_intents_per_day: 11 });
    expect([(await ask(eager)).status, (await ask(eager)).status]).toEqual([200, 429]);
    await cap(eager, {});
    expect((await ask(eager)).status).toBe(200);
    const { events } = (await operator.call('GET', '/v1/mesh/events')).body;
    const over = events.filter((one: { event_type: string; address: string }) => one.event_type === 'budget.exceeded');
    expect(over.filter((one: { address: string }) => one.address === eager.address)).toHaveLength(1);
  });

  it('an answer that was given stays, also where the budget is used up by then', async () => {
    const careful = await newAgent(tenant, 'careful');
    await cap(careful, { max_intents_per_hour: 1 });
    const key = randomUUID();
    const id = await careful.submit(approvalIntent(), key);
    expect(await careful.submit(approvalIntent(), key)).toBe(id);
    expect((await ask(careful)).status).toBe(429);
  });

  it('what an agent says that it cost counts', async () => {
    const costly = await newAgent(tenant, 'costly');
    await cap(costly, { max_cost_per_day_usd: 1.5 });
    await beat(costly, { cost_usd: 1 });
    expect((await ask(costly)).status).toBe(200);
    await beat(costly, { cost_usd: 0.75 });
    const refused = await ask(costly);
    expect([refused.status, refused.body.code]).toEqual([429, 'quota_exceeded']);
    await cap(costly, { max_cost_per_day_usd: 1.5, action_on_breach: 'alert' });
    expect((await ask(costly)).status).toBe(200);
    const unknown = await cap(costly, { action_on_breach: 'explode' });
    expect([unknown.status, unknown.body.error.details.field]).toEqual([422, 'action_on_breach']);
  });

  it('money that tools move is reserved before it moves', async () => {
    const payer = await newAgent(tenant, 'payer');
    await cap(payer, { max_money_per_day: { EUR: 3000 } });
    const first = await payer.submit(refundIntent(await newOrder(), 2000));
    await payer.reaches(first, 'COMPLETED');
    expect((await effect(payer, first))?.reserved?.reduce((sum, { amount }) => sum + amount, 0)).toBe(2000);
    const second = await payer.submit(refundIntent(await newOrder(), 2000));
    expect(await payer.reaches(second, 'FAILED', 'COMPLETED')).toMatchObject({
      status: 'FAILED',
      error: { code: 'quota_exceeded' },
    });
    expect(await effect(payer, second)).toBeUndefined();
    expect((await show(payer)).cost_policy_used).toEqual({ money_EUR_per_day: 2000 });
  });
});

describe('how often a key may ask', () => {
  it('is told with each answer, and holds', async () => {
    const hasty = await newAgent(tenant, 'hasty', { limitPerMinute: 5 });
    // A minute may end in between, once.
    const answers = [];
    for (let n = 0; n < 11; n += 1) answers.push(await hasty.call('GET', '/v1/agents'));
    const refused = answers.filter(({ status }) => status === 429);
    expect(refused.length).toBeGreaterThan(0);
    expect(answers.filter(({ status }) => status === 200).length).toBeLessThanOrEqual(10);
    expect(answers[0]?.headers.get('ratelimit-policy')).toBe('"key";q=5;w=60');
    expect(answers[0]?.headers.get('ratelimit')).toMatch(/^"key";r=4;t=\d+$/);
    for (const { body, headers } of refused) {
      expect(body).toMatchObject({ code: 'rate_limited', error: { category: 'policy', retryable: true } });
      expect(headers.get('retry-after')).toMatch(/^[1-9]\d*$/);
      expect(headers.get('ratelimit')).toMatch(/^"key";r=0;/);
    }
    // Another endpoint, and another key, are counted by themselves.
    expect((await hasty.call('GET', '/v1/mesh/events')).status).toBe(200);
    expect((await packer.call('GET', '/v1/agents')).status).toBe(200);
  });
});
