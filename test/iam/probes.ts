/** One expectation each, met within seconds where every right is there. They do what agents, approvers and the clock do. */

import { randomUUID } from 'node:crypto';
import { ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { DeleteCommand, PutCommand, QueryCommand } from '@aws-sdk/lib-dynamodb';
import { expect } from 'vitest';
import { pushRef } from '../../adapters/bindings.ts';
import { budgetPk } from '../../adapters/rows.ts';
import { setCaps } from '../../adapters/stops.ts';
import { type Cap, scopeOf } from '../../core/budget.ts';
import { deliverGraceMs } from '../../core/reply.ts';
import { codeIn } from '../../local/approver.ts';
import { asksDora, startChats } from '../deployed/chatting.ts';
import { askGuard, declared, goneType } from '../deployed/guard.ts';
import { auditKeyFor, auditorSignedIn, call, keyFor, signedIn } from '../deployed/people.ts';
import { signIn as signInAs, visitor } from '../deployed/person.ts';
import { newProvider } from '../deployed/provider.ts';
import { startReceiver } from '../deployed/receiver.ts';
import { Receiver } from '../deployed/subscriber.ts';
import { openTargets, targetArns } from '../deployed/targets.ts';
import {
  type Agent,
  approvalIntent,
  aws,
  breakCalls,
  decide,
  dynamo,
  forgetAsks,
  head,
  invoke,
  killRun,
  linkFor,
  mails,
  mailsFor,
  makeDigestDue,
  makeOverdue,
  mendCalls,
  newAgent,
  newOrder,
  post,
  refundIntent,
  refundsOf,
  restartEmulator,
  rows,
  settled,
  signIn,
  stack,
  statesEntered,
  subjectHashIn,
  sweep,
  tables,
  uploadOf,
  waitFor,
} from '../deployed/world.ts';

/** `prepared` is what happens before the right is taken; the probe itself is what must then fail. */
type Probe = { prepare?: (agent: Agent) => Promise<string>; run: (agent: Agent, prepared: string) => Promise<unknown> };

/** Calls of a function for this agent's tenant: what earlier probes left undone goes on meanwhile. */
const of = ({ tenant }: Agent, app: string, action: string) => ({
  match: { app, action },
  body: String(tenant.split('/')[0]),
});

async function withoutDeliver(run: () => Promise<void>): Promise<void> {
  const error = { error: 'ValidationException', status: 400 };
  const broken = await breakCalls({ match: { app: 'deliver', action: 'TransactWriteItems' }, do: error });
  try {
    await run();
  } finally {
    await broken.release();
  }
}

const submitApproval = (agent: Agent) => agent.submit(approvalIntent());
const submitRefund = async (agent: Agent, cents: number) => agent.submit(refundIntent(await newOrder(), cents));

async function askedApproval(agent: Agent): Promise<string> {
  const id = await submitApproval(agent);
  await mailsFor(agent, id);
  return id;
}
async function askedRefund(agent: Agent): Promise<string> {
  const id = await submitRefund(agent, 18_000);
  await mailsFor(agent, id);
  return id;
}
/** An intent whose only mail waits for somebody's digest, which is due. */
async function collectedFor(agent: Agent, mail: string): Promise<string> {
  const name = `daily-${randomUUID().slice(0, 8)}`;
  // An hour that is over.
  const digest = { at: new Date(Date.now() - 7_200_000).toISOString().slice(11, 16) };
  const Item = { pk: 'directory', sk: `person#${name}`, name, mail, roles: [], manager: 'cleo', digest };
  await dynamo.send(new PutCommand({ TableName: tables.people, Item }));
  const human_task = { title: 'Look', priority: 'low', assignees: [name] };
  const id = await agent.submit({ ...approvalIntent(), human_task });
  await makeDigestDue(agent, id);
  return id;
}
async function askedAction(agent: Agent): Promise<string> {
  const human_task = { title: 'Unlock', task_type: 'manual_action' };
  const id = await agent.submit({ ...approvalIntent(), human_task });
  await agent.reaches(id, 'WAITING');
  return id;
}
async function paid(agent: Agent, id: string): Promise<void> {
  await agent.reaches(id, 'COMPLETED');
  expect(await refundsOf(id)).toHaveLength(1);
}
async function decided(agent: Agent, id: string, outcome?: string): Promise<void> {
  expect((await decide(await linkFor(agent, id), outcome)).status).toBe(200);
}

const targets = openTargets(aws);
async function goesTo(agent: Agent, target: string): Promise<void> {
  await bindTo(await managerOf(agent), { kind: 'internal', target }, agent);
  await delegate(agent);
  await pushedAll(agent, 1);
}

/** Caps an agent. */
async function capped(agent: Pick<Agent, 'address'>, caps: Cap[]): Promise<string> {
  const given = { caps, onBreach: 'block', by: 'test', at: new Date().toISOString() } as const;
  await setCaps(dynamo, tables, { kind: 'agent', id: agent.address }, given);
  return '';
}

/** So many intents a day. */
const intentsADay = (most: number): Cap[] => [{ kind: 'intents', window: 'day', most }];

/** How often it was listed that a budget of an agent was used up. */
async function breaches(agent: Agent, address = agent.address): Promise<number> {
  const { events } = (await agent.call('GET', '/v1/mesh/events?limit=100')).body;
  return events.filter((one: Record<string, string>) => one.event_type === 'budget.exceeded' && one.address === address)
    .length;
}

/** The agent of a door of local/stack.ts. */
const orders = { tenant: 'events/main', address: 'agent://events/main/orders' };

async function thenUncapped(run: () => Promise<void>): Promise<void> {
  await run().finally(() => capped(orders, []));
}

/** A budget that is used up is listed once in its window, and remembered by the instance. */
async function forgetBreaches(): Promise<void> {
  const pk = budgetPk(orders.tenant, scopeOf({ target: { kind: 'agent', id: orders.address } }));
  const found = await dynamo.send(
    new QueryCommand({
      TableName: tables.meters,
      KeyConditionExpression: 'pk = :pk AND begins_with(sk, :told)',
      ExpressionAttributeValues: { ':pk': pk, ':told': 'told#' },
    }),
  );
  for (const { sk } of found.Items ?? [])
    await dynamo.send(new DeleteCommand({ TableName: tables.meters, Key: { pk, sk } }));
  await restartEmulator();
}

/** A bundle of one agent with one step. */
async function startScenario(by: Agent, agent: object): Promise<number> {
  const body = { agents: [{ role: 'bot', ...agent }], intent: { type: 'task.v1' } };
  const headers = { 'idempotency-key': randomUUID() };
  return (await by.call('POST', '/v1/scenarios/apply', { body, headers })).status;
}
async function hasItsStep(agent: Agent): Promise<void> {
  expect(await startScenario(agent, { address: agent.address })).toBe(200);
  await waitFor('the step is delivered', async () => (await mailbox(agent)).length > 0);
}

/** A key that may ask once a minute: over the turn of one, the third is refused. */
async function askedTooOften({ tenant }: Agent, path: string, method = 'GET'): Promise<void> {
  const hasty = await newAgent(tenant, `hasty-${randomUUID().slice(0, 8)}`, { limitPerMinute: 1 });
  const statuses = [];
  for (let n = 0; n < 3; n += 1) statuses.push((await hasty.call(method, path)).status);
  expect(statuses).toContain(429);
}

/** An agent's intent for itself. */
const delegate = (agent: Agent, more: object = {}) =>
  agent.submit({ intent_type: 'parcels.pack.v1', to_agent: agent.address, ...more });

const lease = { claimant: 'one', lease_seconds: 600 };
const claim = (agent: Agent, id: string, headers = {}) =>
  agent.call('POST', `/v1/intents/${id}/claim`, { body: lease, headers });
async function claimed(agent: Agent): Promise<string> {
  const id = await delegate(agent);
  await agent.reaches(id, 'DELIVERED');
  expect((await claim(agent, id)).body).toMatchObject({ granted: true, fencing_token: 1 });
  return id;
}

/** What is in an agent's mailbox. */
async function mailbox(agent: Agent, query = ''): Promise<string[]> {
  const { status, body } = await agent.call('GET', `/v1/agents/${agent.address}/intents${query}`);
  expect(status).toBe(200);
  return body.intents.map((one: { intent_id: string }) => one.intent_id);
}

/** What a tool gives, by a client that says no more than it must. */
async function callTool(agent: Agent, name: string, args: object) {
  const body = { jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name, arguments: args } };
  const answer = await agent.call('POST', '/mcp', { body });
  expect(answer.status, JSON.stringify(answer.body)).toBe(200);
  return answer.body.result.structuredContent;
}

/** Events of an answer that is a stream, by their names. */
async function streamed(agent: Agent, path: string): Promise<string[]> {
  const response = await fetch(`${stack.baseUrl}${path}`, { headers: { 'x-api-key': agent.key } });
  expect(response.status).toBe(200);
  return (await response.text()).match(/^event: .*$/gm) ?? [];
}

/** Binds an agent's mailbox. */
async function bindTo(by: Agent, binding: object, agent = by): Promise<void> {
  const { status, body } = await by.call('PUT', `/v1/agents/${agent.address}/binding`, { body: binding });
  expect(status, JSON.stringify(body)).toBe(200);
}
const bindingOf = async (agent: Agent) => (await agent.call('GET', `/v1/agents/${agent.address}/binding`)).body.binding;
const managerOf = ({ tenant }: Agent) => newAgent(tenant, 'manager', { scopes: ['accounts:manage'] });

/** What is owed to an agent's mailbox. */
const owedPushes = (agent: Agent) => rows(agent, pushRef(agent).intentId);

const owesNoPush = (agent: Agent) =>
  waitFor('nothing is owed', async () => ((await owedPushes(agent)).length === 0 ? true : undefined));

/** Waits for a message with this text in a queue that nobody reads. */
async function isParked(QueueUrl: string | undefined, text: string): Promise<void> {
  const sqs = new SQSClient(aws);
  const receive = { QueueUrl, MaxNumberOfMessages: 10, VisibilityTimeout: 1 };
  await waitFor('it is parked', async () => {
    const { Messages = [] } = await sqs.send(new ReceiveMessageCommand(receive));
    return Messages.some(({ Body }) => Body?.includes(text));
  });
}

async function pushedAll(agent: Agent, count = 1): Promise<void> {
  await waitFor('all is pushed', async () => ((await bindingOf(agent)).pushed_seq === count ? true : undefined));
}

const isTriedAgain = (agent: Agent) =>
  withReceiver(async ({ url, at }) => {
    // Longer than until a message comes again that failed for the first time.
    const busy = { 'retry-after': '8' };
    await bindTo(agent, { kind: 'http', url: url('/again', (response) => response.writeHead(429, busy).end()) });
    await delegate(agent);
    await waitFor('it is owed for later', async () => {
      const { next_try_at } = await bindingOf(agent);
      const [row] = await owedPushes(agent);
      return (next_try_at && row?.dueAt === Date.parse(next_try_at) + deliverGraceMs) || undefined;
    });
    await waitFor('it is tried twice', async () => (at('/again').length === 2 ? true : undefined));
  });

async function withReceiver(run: (receiver: Awaited<ReturnType<typeof startReceiver>>) => Promise<void>) {
  const receiver = await startReceiver();
  await run(receiver).finally(receiver.close);
}

/** The code that is mailed to somebody after `ask`; waits for it no longer than a probe may. */
async function codeFor(to: string, ask: () => Promise<unknown>): Promise<string> {
  await forgetAsks();
  const codes = async () =>
    (await mails()).filter((mail) => mail.to.includes(to)).flatMap((mail) => codeIn(mail) ?? []);
  const before = (await codes()).length;
  await ask();
  return waitFor('the code', async () => (await codes())[before]);
}

async function decidedApproval(agent: Agent): Promise<string> {
  const id = await askedApproval(agent);
  await decided(agent, id);
  return id;
}
async function decisionsRead(tenant: string, who: Record<string, string>): Promise<string> {
  const query = new URLSearchParams({ tenant, from: '2020-01-01' });
  const { status, body } = await call('GET', `/v1/decisions?${query}`, who);
  expect(status, JSON.stringify(body)).toBe(200);
  return JSON.stringify(body.decisions);
}

/** An intent whose outbox row of one kind was lost on its way to the queue. */
async function lost(
  agent: Agent,
  kind: 'start' | 'mail' | 'deliver' | 'announce',
  submit = submitApproval,
): Promise<string> {
  const broken = await breakCalls({
    match: { app: 'dispatch', action: 'SendMessage' },
    body: `kind[^a-z]+${kind}`,
    do: { error: 'InvalidParameterValue', status: 400 },
    times: 100,
  });
  const id = await submit(agent);
  await broken.hit(kind === 'mail' ? 2 : 1);
  await mendCalls();
  await makeOverdue(agent, id, `outbox#${kind}`);
  return id;
}
/** Has a subscription of an agent sent to a receiver that answers with `status`, for as long as `run` takes. */
async function heard(agent: Agent, say: (n: number) => number, run: (receiver: Receiver) => Promise<unknown>) {
  const receiver = new Receiver();
  receiver.say = () => say(receiver.got.length);
  await receiver.start();
  try {
    const body = { callback_url: `${receiver.url}/`, event_types: ['intent.submitted', 'inbox.reply_received'] };
    const { status } = await agent.call('POST', '/v1/webhooks/subscriptions', { body });
    expect(status).toBe(200);
    await run(receiver);
  } finally {
    receiver.stop();
  }
}
const hook = { callback_url: 'http://127.0.0.1:9/', event_types: ['inbox.reply_received'] };
const reply = { event_type: 'inbox.reply_received', source: 'probe', payload: {} };
async function done(agent: Agent, method: string, path: string, body?: object): Promise<Record<string, unknown>> {
  const answer = await agent.call(method, path, body ? { body } : {});
  expect(answer.status, JSON.stringify(answer.body)).toBe(200);
  return answer.body;
}
async function subscribed(agent: Agent): Promise<string> {
  const { subscription } = await done(agent, 'POST', '/v1/webhooks/subscriptions', hook);
  return (subscription as { subscription_id: string }).subscription_id;
}
/** Through a door of local/stack.ts; gives what is said of it where it fails. */
const enter = async (detail: object, id: string = randomUUID(), door = 'orders') =>
  (await invoke('event-door', { door, event: { id, source: `shop.${door}`, detail } })).error;

async function swept(): Promise<void> {
  const { value, error } = await sweep();
  expect({ error, failed: value?.failed }).toEqual({ error: undefined, failed: 0 });
}

const all = {
  'a checkpoint is written': {
    prepare: async () => String((await invoke('checkpoint')).value.number),
    run: async (_agent, before) => {
      expect(await invoke('checkpoint')).toMatchObject({ value: { number: Number(before) + 1, written: true } });
    },
  },
  'a checkpoint sees an intent': {
    prepare: submitApproval,
    run: async () => {
      expect((await invoke('checkpoint')).value.seen).toBeGreaterThan(0);
    },
  },
  'an agent reads its intent': {
    prepare: submitApproval,
    run: async (agent, id) => {
      expect(await agent.events(id)).not.toEqual([]);
    },
  },
  'an agent leaves a state with an intent': {
    prepare: submitApproval,
    run: async (agent, id) => {
      const path = `/v1/intents/${id}/resume-state`;
      const resume_state = Buffer.alloc(300_000, randomUUID()).toString('base64');
      expect((await agent.call('PUT', path, { body: { resume_state } })).status).toBe(200);
      expect((await agent.call('GET', path)).body.resume_state).toBe(resume_state);
    },
  },
  'an agent submits by MCP': {
    run: async (agent) => {
      const { status } = await callTool(agent, 'request_approval', { task: 'Send it?' });
      expect(status).toBe('SUBMITTED');
    },
  },
  'an agent submits by MCP under a cap': {
    prepare: (agent) => capped(agent, intentsADay(100)),
    run: async (agent) => {
      const { status } = await callTool(agent, 'request_approval', { task: 'Send it?' });
      expect(status).toBe('SUBMITTED');
    },
  },
  'an agent submits by MCP over a cap': {
    prepare: (agent) => capped(agent, intentsADay(0)),
    run: async (agent) => {
      await callTool(agent, 'request_approval', { task: 'Send it?' });
      expect(await breaches(agent)).toBe(1);
    },
  },
  'an agent waits by MCP': {
    prepare: askedApproval,
    run: async (agent, id) => {
      const { ended } = await callTool(agent, 'wait_for_intent', { intent_id: id, wait_seconds: 1 });
      expect(ended).toBe(false);
    },
  },
  'an agent lists intents by MCP': {
    prepare: submitApproval,
    run: async (agent, id) => {
      const { correlation_id } = await agent.get(id);
      for (const by of [{}, { correlation_id }])
        await waitFor('the list', async () => {
          const { intents } = await callTool(agent, 'list_my_intents', by);
          return intents.some((one: { intent_id: string }) => one.intent_id === id) || undefined;
        });
      expect((await callTool(agent, 'list_my_intents', { direction: 'received' })).intents).toEqual([]);
    },
  },
  'an agent lists intents': {
    prepare: submitApproval,
    run: async (agent, id) => {
      const { correlation_id } = await agent.get(id);
      const by = ['', `from_agent=${agent.address}`, `correlation_id=${correlation_id}`];
      for (const query of by)
        await waitFor('the list', async () => {
          const { intents } = (await agent.call('GET', `/v1/intents?${query}`)).body;
          return intents.some((one: { intent_id: string }) => one.intent_id === id) || undefined;
        });
      expect((await agent.call('GET', '/v1/intents?to_agent=nobody')).body.intents).toEqual([]);
    },
  },
  'a manager makes an agent and its key': {
    run: async (agent) => {
      const manager = await newAgent(agent.tenant, 'manager', { scopes: ['accounts:manage'] });
      const done = async (method: string, path: string, body?: object) => {
        const answer = await manager.call(method, `/v1/service-accounts${path}`, body ? { body } : {});
        expect(answer.status, JSON.stringify(answer.body)).toBe(200);
        return answer.body;
      };
      const { service_account_id: id } = (await done('POST', '', { name: `bot-${randomUUID().slice(0, 8)}` }))
        .service_account;
      const { key } = await done('POST', `/${id}/keys`, {});
      await done('GET', '');
      await done('POST', `/${id}/keys/${key.key_id}/revoke`);
    },
  },
  'a scenario is started': {
    run: async (agent) => {
      const missing = { address: `bot-${randomUUID().slice(0, 8)}`, create_if_missing: true };
      expect(await startScenario(await managerOf(agent), missing)).toBe(200);
    },
  },
  'a scenario is started under a cap': {
    prepare: (agent) => capped(agent, intentsADay(100)),
    run: async (agent) => {
      expect(await startScenario(agent, { address: agent.address })).toBe(200);
    },
  },
  'a scenario is started over a cap': {
    prepare: (agent) => capped(agent, intentsADay(0)),
    run: async (agent) => {
      expect(await startScenario(agent, { address: agent.address })).toBe(429);
      expect(await breaches(agent)).toBe(1);
    },
  },
  "a procedure's agent has its step": { run: hasItsStep },
  'a procedure ends with its step': {
    prepare: async (agent) => {
      await hasItsStep(agent);
      return String((await mailbox(agent))[0]);
    },
    run: async (agent, step) => {
      const { parent_intent_id } = await agent.get(step);
      expect((await agent.call('POST', `/v1/intents/${step}/resume`, { body: { done: true } })).status).toBe(200);
      await agent.reaches(parent_intent_id, 'COMPLETED');
    },
  },
  "a procedure's agent has its step under a cap": {
    prepare: (agent) => capped(agent, intentsADay(100)),
    run: hasItsStep,
  },
  "a procedure's step is over a cap": {
    prepare: (agent) => capped(agent, intentsADay(1)),
    run: async (agent) => {
      expect(await startScenario(agent, { address: agent.address })).toBe(200);
      await waitFor('it is listed', async () => (await breaches(agent)) === 1);
    },
  },
  'an agent is stopped and goes on': {
    run: async (agent) => {
      const operator = await newAgent(agent.tenant, 'operator', { scopes: ['mesh:control'] });
      for (const verb of ['kill', 'resume'])
        expect((await operator.call('POST', `/v1/mesh/agents/${agent.address}/${verb}`)).status).toBe(200);
      expect((await agent.call('GET', '/v1/mesh/events')).body.events).toHaveLength(2);
    },
  },
  'agents are watched': {
    run: async (agent) => {
      const metrics = { intents_total: 1, cost_usd: 0.01 };
      expect((await agent.call('POST', '/v1/mesh/heartbeat', { body: { metrics } })).status).toBe(200);
      expect((await agent.call('GET', '/v1/mesh/agents')).body.summary.healthy).toBe(1);
      expect((await agent.call('GET', `/v1/mesh/agents/${agent.address}`)).body.agent.cost_period).toBe(0.01);
    },
  },
  'an agent submits under a cap': {
    prepare: (agent) => capped(agent, intentsADay(100)),
    run: (agent) => submitApproval(agent),
  },
  'an agent submits over a cap': {
    prepare: (agent) => capped(agent, intentsADay(0)),
    run: async (agent) => {
      expect((await agent.call('POST', '/v1/intents', { body: approvalIntent() })).status).toBe(429);
      expect(await breaches(agent)).toBe(1);
    },
  },
  'a refund is paid under a cap': {
    prepare: (agent) => capped(agent, [{ kind: 'tool_calls', window: 'day', most: 100 }]),
    run: async (agent) => paid(agent, await submitRefund(agent, 2_000)),
  },
  'a refund is refused over a cap': {
    prepare: (agent) => capped(agent, [{ kind: 'tool_calls', window: 'day', most: 0 }]),
    run: async (agent) => {
      await agent.reaches(await submitRefund(agent, 2_000), 'FAILED');
      expect(await breaches(agent)).toBe(1);
    },
  },
  'a key asks too often': { run: (agent) => askedTooOften(agent, '/v1/intents') },
  'a key asks tasks too often': { run: (agent) => askedTooOften(agent, '/v1/directory/people') },
  'a key asks registry too often': { run: (agent) => askedTooOften(agent, '/v1/agents') },
  'a key asks decisions too often': { run: (agent) => askedTooOften(agent, '/v1/decisions?from=2020-01-01') },
  'a key asks media too often': { run: (agent) => askedTooOften(agent, `/v1/media/${randomUUID()}`) },
  'a key asks streams too often': { run: (agent) => askedTooOften(agent, '/v1/agents/nobody') },
  'a key asks webhooks too often': { run: (agent) => askedTooOften(agent, '/v1/webhooks/subscriptions') },
  'a key asks bindings too often': {
    run: (agent) => askedTooOften(agent, '/v1/agents/nobody/binding', 'DELETE'),
  },
  'an agent submits': {
    run: async (agent) => {
      await submitApproval(agent);
    },
  },
  'an agent repeats a submit after its deadline': {
    prepare: async (agent) => {
      const asked = { ...approvalIntent(), deadline_at: new Date(Date.now() + 1500).toISOString() };
      const id = await agent.submit(asked, agent.address);
      await waitFor('the deadline is over', () => Date.now() > Date.parse(asked.deadline_at));
      return JSON.stringify({ asked, id });
    },
    run: async (agent, prepared) => {
      const { asked, id } = JSON.parse(prepared);
      expect(await agent.submit(asked, agent.address)).toBe(id);
    },
  },
  'a type is removed that no open intent has': {
    run: async () => {
      expect(await askGuard([...declared, goneType], declared)).toMatchObject({ Status: 'SUCCESS' });
    },
  },
  'an agent uploads a file': {
    run: async (agent) => {
      const bytes = Buffer.from('the file');
      const upload = await uploadOf(agent, bytes);
      expect((await agent.call('POST', '/v1/media/finalize-upload', { body: upload })).status).toBe(200);
      const { upload: ready } = (await agent.call('GET', `/v1/media/${upload.upload_id}`)).body;
      expect(await (await fetch(ready.download_url)).text()).toBe('the file');
    },
  },
  'an approver attaches a file': {
    prepare: async (agent) => {
      const asked = { ...approvalIntent(), human_task: { title: 'Unlock', task_type: 'manual_action' } };
      return linkFor(agent, await agent.submit(asked));
    },
    run: async (_agent, link) => {
      expect((await fetch(link.replace('/a/', '/files/'))).status).toBe(200);
    },
  },
  'a person attaches a file in their inbox': {
    prepare: askedAction,
    run: async (agent, id) => {
      const ada = visitor(await signInAs('ada'));
      expect((await ada.get(`/files/tasks/${agent.tenant}/${id}.1`)).status).toBe(200);
    },
  },
  'a person shows a file in their inbox': {
    prepare: askedAction,
    run: async (agent, id) => {
      const ada = visitor(await signInAs('ada'));
      // There is none: but that it was looked for is what counts.
      const page = `/inbox/tasks/${agent.tenant}/${id}.1?file=${randomUUID()}`;
      expect((await ada.get(page)).status).toBe(200);
    },
  },
  'a run asks a person': {
    run: async (agent) => {
      await agent.reaches(await submitApproval(agent), 'WAITING');
    },
  },
  'an approver is mailed': {
    run: async (agent) => {
      await askedApproval(agent);
    },
  },
  'a mail that failed comes again soon': {
    run: async (agent) => {
      const error = { error: 'Throttling', status: 400 };
      // Two people are asked, and each mail is attempted three times.
      const broken = await breakCalls({ ...of(agent, 'mail', 'SendEmail'), do: error, times: 6 });
      try {
        const id = await submitApproval(agent);
        await broken.hit(6);
        await mailsFor(agent, id);
      } finally {
        await mendCalls();
      }
    },
  },
  'a start that failed comes again soon': {
    run: async (agent) => {
      const error = { error: 'ServiceUnavailable', status: 503 };
      const broken = await breakCalls({ ...of(agent, 'runs', 'StartExecution'), do: error, times: 3 });
      try {
        const id = await submitApproval(agent);
        await broken.hit(3);
        await agent.reaches(id, 'WAITING');
      } finally {
        await mendCalls();
      }
    },
  },
  'an approver is told by chat': {
    run: async (agent) => {
      const dora = await startChats();
      try {
        await dora.chooses([{ by: 'slack', member: 'U0123ABC' }]);
        const title = `Ship ${randomUUID()}?`;
        await agent.submit(asksDora(title));
        await waitFor('a message in the chat', async () => dora.told(title).length > 0 || undefined);
      } finally {
        await dora.leaves();
      }
    },
  },
  'an approver is reminded': {
    run: async (agent) => {
      await mailsFor(agent, await agent.submit({ ...approvalIntent(), remind_after_seconds: 1 }), 4);
    },
  },
  'a mail comes back': {
    prepare: async () => {
      const name = `gone-${randomUUID().slice(0, 8)}`;
      const mail = `bounce+${name}@simulator.amazonses.com`;
      const Item = { pk: 'directory', sk: `person#${name}`, name, mail, roles: [], manager: 'cleo' };
      await dynamo.send(new PutCommand({ TableName: tables.people, Item }));
      return name;
    },
    run: async (agent, name) => {
      const human_task = { title: 'Look', assignees: [name] };
      const id = await agent.submit({ ...approvalIntent(), human_task });
      await waitFor('others are asked', async () => (await agent.get(id)).human_task?.assignees.length === 2);
    },
  },
  'a digest is mailed': {
    prepare: (agent) => collectedFor(agent, `${randomUUID().slice(0, 8)}@digest.example`),
    run: async (agent, id) => {
      await swept();
      await mailsFor(agent, id, 1);
    },
  },
  'a digest comes back': {
    prepare: (agent) => collectedFor(agent, `bounce+${randomUUID().slice(0, 8)}@simulator.amazonses.com`),
    run: async (agent, id) => {
      await swept();
      await waitFor('others are asked', async () => (await agent.get(id)).human_task?.assignees.length === 2);
    },
  },
  'an approver opens a link': {
    prepare: async (agent) => linkFor(agent, await askedApproval(agent)),
    run: async (_agent, link) => {
      expect(await (await fetch(link)).text()).toContain('<form');
    },
  },
  'a person decides by API': {
    prepare: submitApproval,
    run: async (agent, id) => {
      const ada = { ...(await keyFor(agent.tenant)), ...(await signedIn('ada')) };
      await waitFor('the list', async () =>
        (await call('GET', '/v1/me/tasks', ada)).body.tasks?.find((one: { intent_id: string }) => one.intent_id === id),
      );
      expect((await call('POST', `/v1/approvals/${id}/decision`, ada, { decision: 'approve' })).status).toBe(200);
    },
  },
  'a person shows a file by API': {
    prepare: askedAction,
    run: async (agent, id) => {
      const ada = { ...(await keyFor(agent.tenant)), ...(await signedIn('ada')) };
      const { task } = (await call('GET', `/v1/tasks/${id}.1`, ada)).body;
      const evidence = { media_id: randomUUID() };
      const decision = { outcome: 'completed', reason_code: 'as_asked', plan_hash: task.plan_hash, evidence };
      // There is none: but that it was looked for is what counts.
      expect((await call('POST', `/v1/tasks/${id}.1/decision`, ada, decision)).status).toBe(422);
    },
  },
  'a person resumes an intent': {
    prepare: askedApproval,
    run: async (agent, id) => {
      const ada = { ...(await keyFor(agent.tenant)), ...(await signedIn('ada')) };
      const task_result = { outcome: 'approved' };
      expect((await call('POST', `/v1/intents/${id}/resume`, ada, { task_result })).status).toBe(200);
    },
  },
  'an auditor reads the decisions': {
    prepare: decidedApproval,
    run: async (agent, id) => {
      const auditor = await auditorSignedIn();
      await waitFor('it is listed', async () => (await decisionsRead(agent.tenant, auditor)).includes(id));
    },
  },
  'an auditor reads the decisions by a key': {
    prepare: decidedApproval,
    run: async (agent, id) => {
      const key = await auditKeyFor(agent.tenant);
      await waitFor('it is listed', async () => (await decisionsRead(agent.tenant, key)).includes(id));
    },
  },
  'an identity provider pushes people': {
    run: async () => {
      const scim = await newProvider();
      const id = await scim.createUser(`probe-${randomUUID().slice(0, 8)}`);
      const group = await scim.createGroup(`probe-${randomUUID().slice(0, 8)}`, [id]);
      expect([await scim.remove('Groups', group), await scim.remove('Users', id)]).toEqual([204, 204]);
    },
  },
  'a requester opens a link': {
    prepare: async (agent) => (await agent.get(await submitApproval(agent))).view_url,
    run: async (_agent, link) => {
      expect((await fetch(link)).status).toBe(200);
    },
  },
  'an approver asks for a code': {
    prepare: async (agent) => linkFor(agent, await submitRefund(agent, 60_000)),
    run: async (_agent, link) => {
      const page = await (await fetch(link)).text();
      const form = { subject_hash: subjectHashIn(page), outcome: 'approved', comment: '' };
      await codeFor('ada@example.com', () => post(link, { ...form, action: 'code' }));
    },
  },
  'a person signs in': {
    run: async () => {
      const [mail, origin] = ['cleo@example.com', stack.baseUrl];
      const send = (path: string, form: Record<string, string>) =>
        fetch(`${origin}/inbox/sign-in${path}`, {
          method: 'POST',
          body: new URLSearchParams(form),
          headers: { origin },
          redirect: 'manual',
        });
      let page = '';
      const code = await codeFor(mail, async () => {
        page = await (await send('', { mail })).text();
      });
      const sign_in = /name="sign_in" value="([^"]+)"/.exec(page)?.[1] ?? '';
      const cookie = (await send('/code', { sign_in, mail, code })).headers.get('set-cookie')?.split(';')[0] ?? '';
      const answer = await fetch(`${origin}/inbox`, { headers: { cookie } });
      expect(await answer.text()).toContain('Cleo Example');
    },
  },
  'a person signs out': {
    prepare: () => signIn('cleo@example.com'),
    run: async (_agent, cookie) => {
      const headers = { cookie, origin: stack.baseUrl };
      const out = { method: 'POST', headers, redirect: 'manual' } as const;
      expect((await fetch(`${stack.baseUrl}/inbox/sign-out`, out)).status).toBe(303);
      const after = await fetch(`${stack.baseUrl}/inbox`, { headers, redirect: 'manual' });
      expect(after.status).toBe(303);
    },
  },
  'an approver decides': {
    prepare: askedApproval,
    run: (agent, id) => decided(agent, id),
  },
  'a person finds a task in their inbox': {
    prepare: askedApproval,
    run: async (agent, id) => {
      const ada = visitor(await signInAs('ada'));
      const list = `/inbox?q=${agent.tenant.split('/')[0]}`;
      await waitFor('it is listed', async () => (await ada.get(list)).page.includes(id));
    },
  },
  'a person decides in their inbox': {
    prepare: askedApproval,
    run: async (agent, id) => {
      const path = `/inbox/tasks/${agent.tenant}/${id}.1`;
      const ada = visitor(await signInAs('ada'));
      const hash = subjectHashIn((await ada.get(path)).page);
      const answer = await ada.post(path, [
        ['outcome', 'approved'],
        ['subject_hash', hash],
      ]);
      expect(answer.page).toContain('Decided: approved');
    },
  },
  'a person says when they are away': {
    run: async () => {
      const cleo = visitor(await signInAs('cleo'));
      const away = Object.entries({ from: '2031-07-01T09:00', until: '2031-07-02T09:00', delegate: '' });
      expect((await cleo.post('/inbox/me', away)).page).toContain('Saved');
      expect((await cleo.post('/inbox/me', [['do', 'back']])).page).toContain('Saved');
    },
  },
  'a decision wakes the run': {
    prepare: askedRefund,
    run: async (agent, id) => {
      await decided(agent, id);
      await paid(agent, id);
    },
  },
  'a rejection ends the run': {
    prepare: askedRefund,
    run: async (agent, id) => {
      await decided(agent, id, 'rejected');
      await statesEntered('intent.refund.v1', id);
    },
  },
  'a started run is no longer owed': {
    run: async (agent) => settled(agent, await submitRefund(agent, 500_001)),
  },
  'a lost run is replaced at a decision': {
    prepare: async (agent) => {
      const id = await askedRefund(agent);
      await killRun('intent.refund.v1', id);
      return id;
    },
    run: async (agent, id) => {
      await decided(agent, id);
      await paid(agent, id);
    },
  },
  'a refund is paid': {
    run: async (agent) => paid(agent, await submitRefund(agent, 4_000)),
  },
  // The key is kept for minutes in a warm function.
  'a refund is paid from a cold start': {
    run: async (agent) => {
      await restartEmulator();
      await paid(agent, await submitRefund(agent, 4_000));
    },
  },
  'a broken row is parked': {
    run: async () => {
      const poison = `poison-${randomUUID()}`;
      const Item = { pk: poison, sk: 'outbox#start#1', kind: 'nonsense' };
      await dynamo.send(new PutCommand({ TableName: tables.intents, Item }));
      await isParked(stack.outputs.ParkedUrl, poison);
    },
  },
  'the sweep enqueues a lost start': {
    prepare: (agent) => lost(agent, 'start'),
    run: async (agent, id) => {
      await swept();
      await agent.reaches(id, 'WAITING');
    },
  },
  'the sweep enqueues a lost mail': {
    prepare: (agent) => lost(agent, 'mail'),
    run: async (agent, id) => {
      await swept();
      await mailsFor(agent, id);
    },
  },
  'the sweep enqueues a lost delivery': {
    prepare: (agent) => lost(agent, 'deliver', delegate),
    run: async (agent, id) => {
      await swept();
      await agent.reaches(id, 'DELIVERED');
    },
  },
  'an agent submits a part': {
    prepare: submitApproval,
    run: async (agent, parent) => {
      await delegate(agent, { parent_intent_id: parent });
    },
  },
  'an agent finds what was delivered': {
    run: async (agent) => {
      const id = await delegate(agent);
      await agent.reaches(id, 'DELIVERED');
      expect(await mailbox(agent)).toEqual([id]);
    },
  },
  'an agent renews its claim': {
    prepare: claimed,
    run: async (agent, id) => {
      expect((await claim(agent, id, { 'x-fencing-token': '1' })).body.granted).toBe(true);
    },
  },
  'an agent approves what it has claimed': {
    prepare: claimed,
    run: async (agent, id) => {
      const headers = { 'x-fencing-token': '1' };
      const { body } = await agent.call('POST', `/v1/inbox/${id}/approve`, { body: {}, headers });
      expect(body.thread.status).toBe('done');
    },
  },
  'an agent renews its claim by MCP': {
    prepare: claimed,
    run: async (agent, intent_id) => {
      const { granted } = await callTool(agent, 'claim_intent', { intent_id, ...lease, fencing_token: 1 });
      expect(granted).toBe(true);
    },
  },
  'a delivery that failed comes again soon': {
    run: async (agent) => {
      const error = { error: 'ValidationException', status: 400 };
      const broken = await breakCalls({ ...of(agent, 'deliver', 'TransactWriteItems'), do: error, times: 1 });
      try {
        const id = await delegate(agent);
        await broken.hit(1);
        await agent.reaches(id, 'DELIVERED');
      } finally {
        await mendCalls();
      }
    },
  },
  'an agent has its entries pushed': {
    run: (agent) =>
      withReceiver(async ({ url, at }) => {
        // Twice: the second finds what the first has left, and has it worked off at once.
        for (const path of ['/one', '/two']) await bindTo(agent, { kind: 'http', url: url(path) });
        await owesNoPush(agent);
        const id = await delegate(agent);
        await waitFor('it is pushed', async () => at('/two').some(({ body }) => body.includes(id)) || undefined);
        await pushedAll(agent);
      }),
  },
  'an agent reads again': {
    prepare: async (agent) => {
      await bindTo(agent, { kind: 'http', url: 'http://127.0.0.1:1/' });
      return '';
    },
    run: async (agent) => {
      expect((await agent.call('DELETE', `/v1/agents/${agent.address}/binding`)).status).toBe(200);
    },
  },
  'a push is no longer owed': {
    run: (agent) =>
      withReceiver(async ({ url }) => {
        await bindTo(agent, { kind: 'http', url: url('/paid') });
        await delegate(agent);
        await waitFor('it is pushed', async () => ((await bindingOf(agent)).pushed_seq === 1 ? true : undefined));
        await owesNoPush(agent);
      }),
  },
  'a delivery is tried again': {
    // A message that failed comes again too, some seconds or a minute later, by when it may be time. Not so that of each.
    run: async (agent) => {
      const others = await Promise.all(['two', 'three', 'four'].map((name) => newAgent(agent.tenant, name)));
      await Promise.all([agent, ...others].map(isTriedAgain));
    },
  },
  'a delivery is given up and pushed again': {
    run: (agent) =>
      withReceiver(async ({ url, at }) => {
        await bindTo(agent, { kind: 'http', url: url('/dead', (response) => response.writeHead(500).end()) });
        const id = await delegate(agent, { max_delivery_attempts: 1 });
        await waitFor(
          'its event',
          async () => (await agent.events(id)).some((one) => one.event_type === 'intent.delivery_failed') || undefined,
        );
        await pushedAll(agent);
        await isParked(stack.outputs.PushDeadLettersUrl, id);
        const { status } = await agent.call('POST', `/v1/intents/${id}/deliveries/replay`);
        expect(status).toBe(200);
        await waitFor('it is pushed again', async () => (at('/dead').length === 2 ? true : undefined));
        await waitFor('nothing is dead', async () =>
          (await bindingOf(agent)).dead_letters.length === 0 ? true : undefined,
        );
      }),
  },
  'a person is told of what arrives': {
    run: async (agent) => {
      await bindTo(await managerOf(agent), { kind: 'inbox', person: 'ada' }, agent);
      const id = await delegate(agent);
      await waitFor('the mail', async () => ((await mails(id)).length > 0 ? true : undefined));
    },
  },
  'an entry goes to a queue of the account': {
    run: async (agent) => {
      await targets.makeQueue();
      await goesTo(agent, targetArns.queue);
    },
  },
  'an entry goes to a FIFO queue of the account': {
    run: async (agent) => {
      await targets.makeFifo();
      await goesTo(agent, targetArns.fifo);
    },
  },
  'an entry goes to a bus of the account': {
    run: async (agent) => {
      await targets.makeBus();
      await goesTo(agent, targetArns.bus);
    },
  },
  'an entry goes to a function of the account': {
    run: (agent) =>
      withReceiver(async ({ url }) => {
        await targets.makeFunction(url('/function'));
        await goesTo(agent, targetArns.function);
      }),
  },
  'a push that failed comes again soon': {
    run: (agent) =>
      withReceiver(async ({ url, at }) => {
        await bindTo(agent, { kind: 'http', url: url('/soon') });
        await owesNoPush(agent);
        const error = { error: 'ValidationException', status: 400 };
        await breakCalls({ ...of(agent, 'push', 'PutItem'), do: error, times: 1 });
        try {
          await delegate(agent);
          await waitFor('it comes again', async () => (at('/soon').length === 2 ? true : undefined));
        } finally {
          await mendCalls();
        }
      }),
  },
  'the sweep enqueues a lost push': {
    prepare: async (agent) => {
      const receiver = await startReceiver();
      await bindTo(agent, { kind: 'http', url: receiver.url('/swept') });
      await owesNoPush(agent);
      receiver.close();
      const broken = await breakCalls({
        match: { app: 'dispatch', action: 'SendMessage' },
        body: 'kind[^a-z]+push',
        do: { error: 'InvalidParameterValue', status: 400 },
        times: 100,
      });
      await delegate(agent);
      await broken.hit(1);
      await mendCalls();
      for (const row of await owedPushes(agent)) await makeOverdue(agent, row.intentId, 'outbox#push');
      return '';
    },
    run: async (agent) => {
      await swept();
      // Nobody receives it any more: it is tried, and waits.
      await waitFor('it is tried', async () => ((await bindingOf(agent)).attempt === 1 ? true : undefined));
    },
  },
  'an answer comes to whom it was asked for': {
    prepare: async (agent) => {
      const id = await delegate(agent, { reply_to: agent.address });
      await agent.reaches(id, 'DELIVERED');
      return id;
    },
    run: async (agent, id) => {
      const { status } = await agent.call('POST', `/v1/intents/${id}/resume`, { body: { packed: true } });
      expect(status).toBe(200);
      await settled(agent, id);
      expect(await mailbox(agent, '?status=COMPLETED')).toEqual([id]);
    },
  },
  // While `deliver` can put nothing in, only the door can have.
  'an agent answers what another waits for': {
    prepare: async (agent) => {
      const id = await delegate(agent, { reply_to: agent.address });
      await agent.reaches(id, 'DELIVERED');
      return id;
    },
    run: (agent, id) =>
      withoutDeliver(async () => {
        const { status } = await agent.call('POST', `/v1/intents/${id}/resume`, { body: { packed: true } });
        expect(status).toBe(200);
        expect(await mailbox(agent, '?status=COMPLETED')).toEqual([id]);
      }),
  },
  'an agent opens its inbox': {
    run: (agent) =>
      withoutDeliver(async () => {
        const id = await delegate(agent);
        const { status, body } = await agent.call('GET', '/v1/inbox');
        expect([status, body.threads?.map((one: { thread_id: string }) => one.thread_id)]).toEqual([200, [id]]);
      }),
  },
  'agents are listed by a path that ends with a slash': {
    run: async (agent) => {
      const { status, body } = await agent.call('GET', '/v1/agents/');
      expect([status, body.agents.length]).toEqual([200, 1]);
    },
  },
  'an agent waits for what comes': {
    run: async (agent) => {
      const path = `/v1/agents/${agent.address}/intents/stream?wait_seconds=1`;
      expect(await streamed(agent, path)).toEqual(['event: stream.timeout']);
    },
  },
  'an agent waits for an event': {
    prepare: askedApproval,
    run: async (agent, id) => {
      const path = `/v1/intents/${id}/events/stream?wait_seconds=1`;
      expect(await streamed(agent, `${path}&since=99`)).toEqual(['event: stream.timeout']);
    },
  },
  'a client subscribes and publishes': {
    run: async (agent) => {
      const id = await subscribed(agent);
      await done(agent, 'GET', '/v1/webhooks/subscriptions');
      await done(agent, 'POST', '/v1/webhooks/events', reply);
      await done(agent, 'DELETE', `/v1/webhooks/subscriptions/${id}`);
    },
  },
  'a client sends an event again': {
    prepare: async (agent) => {
      await subscribed(agent);
      return String((await done(agent, 'POST', '/v1/webhooks/events', reply)).event_id);
    },
    run: async (agent, id) => {
      await done(agent, 'POST', `/v1/webhooks/events/${id}/replay`);
    },
  },
  'a subscriber is told of an intent': {
    run: (agent) =>
      heard(
        agent,
        () => 204,
        async (receiver) => {
          const id = await submitApproval(agent);
          await waitFor('the event', async () => receiver.got.some(({ body }) => body.includes(id)));
          const event = receiver.got[0]?.headers['webhook-id'] ?? '';
          await waitFor('it is noted', async () => {
            const Key = { pk: `${agent.tenant}#event#${event}`, sk: 'event' };
            const { Items = [] } = await dynamo.send(
              new QueryCommand({
                TableName: stack.outputs.WebhooksTable,
                KeyConditionExpression: 'pk = :pk',
                ExpressionAttributeValues: { ':pk': Key.pk },
              }),
            );
            return Items.some(({ state }) => state === 'delivered');
          });
        },
      ),
  },
  'a receiver that is gone is switched off': {
    run: (agent) =>
      heard(
        agent,
        () => 410,
        async () => {
          await done(agent, 'POST', '/v1/webhooks/events', reply);
          await waitFor('it is off', async () => {
            const { subscriptions } = await done(agent, 'GET', '/v1/webhooks/subscriptions');
            return (subscriptions as { active: boolean }[])[0]?.active === false;
          });
        },
      ),
  },
  'a callback that was not taken comes again': {
    run: (agent) =>
      heard(
        agent,
        (n) => (n <= 1 ? 500 : 204),
        async (receiver) => {
          await done(agent, 'POST', '/v1/webhooks/events', reply);
          await waitFor('the second try', async () => receiver.got.length >= 2);
        },
      ),
  },
  'an event is put onto the bus': {
    run: async () => {
      const agent = await newAgent(orders.tenant, 'prober');
      await settled(agent, await delegate(agent));
    },
  },
  'an announcement that failed comes again soon': {
    run: async () => {
      const agent = await newAgent(orders.tenant, 'prober');
      const error = { error: 'ValidationException', status: 400 };
      const broken = await breakCalls({ match: { app: 'announce', action: 'Query' }, do: error, times: 1 });
      try {
        const id = await delegate(agent);
        await broken.hit(1);
        await settled(agent, id);
      } finally {
        await mendCalls();
      }
    },
  },
  'the sweep enqueues a lost announcement': {
    prepare: async () => lost(await newAgent(orders.tenant, 'prober'), 'announce', delegate),
    run: async (_agent, id) => {
      await swept();
      await settled(await newAgent(orders.tenant, 'prober'), id);
    },
  },
  'an event submits': {
    run: async () => {
      expect(await enter({ parcel: 'P-1' })).toBeUndefined();
    },
  },
  'an event submits for a tenant that the bus is told nothing of': {
    run: async () => {
      expect(await enter({ letter: 'L-1' }, undefined, 'letters')).toBeUndefined();
    },
  },
  'an event submits under a cap': {
    prepare: () => capped(orders, intentsADay(1_000_000)),
    run: () =>
      thenUncapped(async () => {
        expect(await enter({ parcel: 'P-1' })).toBeUndefined();
      }),
  },
  'an event submits over a cap': {
    prepare: async () => {
      await forgetBreaches();
      await capped(orders, intentsADay(0));
      return String(await breaches(await newAgent(orders.tenant, 'prober'), orders.address));
    },
    run: (_agent, before) =>
      thenUncapped(async () => {
        expect(await enter({ parcel: 'P-1' })).toBeUndefined();
        const prober = await newAgent(orders.tenant, 'prober');
        expect(await breaches(prober, orders.address)).toBe(Number(before) + 1);
      }),
  },
  'an event submits a part': {
    prepare: async () => delegate(await newAgent(orders.tenant, 'prober')),
    run: async (_agent, parent) => {
      expect(await enter({ parcel: 'P-1', parent })).toBeUndefined();
    },
  },
  'an event comes again after its deadline': {
    prepare: async () => {
      const [id, deadline] = [randomUUID(), new Date(Date.now() + 3000).toISOString()];
      expect(await enter({ parcel: 'P-1', deadline }, id)).toBeUndefined();
      await waitFor('the deadline is over', async () => Date.now() > Date.parse(deadline));
      return JSON.stringify({ id, deadline });
    },
    run: async (_agent, given) => {
      const { id, deadline } = JSON.parse(given);
      expect(await enter({ parcel: 'P-1', deadline }, id)).toBeUndefined();
    },
  },
  'an event that submits nothing is parked': {
    run: async () => {
      expect(await enter({ wrong: true })).toBeUndefined();
    },
  },
  'nobody answers in time': {
    run: async (agent) => {
      const id = await delegate(agent, { deadline_at: new Date(Date.now() + 3000).toISOString() });
      await agent.reaches(id, 'TIMED_OUT');
    },
  },
  'the sweep replaces a silent run': {
    prepare: async (agent) => {
      const id = await askedApproval(agent);
      await makeOverdue(agent, id, 's#head');
      return id;
    },
    run: async (agent, id) => {
      await swept();
      expect((await head(agent, id))?.generation).toBe(2);
    },
  },
} satisfies Record<string, Probe>;

export type ProbeName = keyof typeof all;

/** Prepares a probe with an agent of its own; the probe is then what it gives back. */
export async function prepareProbe(name: ProbeName): Promise<() => Promise<unknown>> {
  const { prepare, run }: Probe = all[name];
  const agent = await newAgent();
  const prepared = (await prepare?.(agent)) ?? '';
  return () => run(agent, prepared);
}
