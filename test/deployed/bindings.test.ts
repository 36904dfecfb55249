import { ReceiveMessageCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { PutCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pushRef } from '../../adapters/bindings.ts';
import { pauseMs } from '../../adapters/due.ts';
import { messageOf } from '../../adapters/messages.ts';
import { outboxItem } from '../../adapters/rows.ts';
import { liftStop, setStop } from '../../adapters/stops.ts';
import { stoppedPauseMs } from '../../core/stops.ts';
import { retryPausesSeconds } from '../../core/webhook.ts';
import type { Scope } from '../../wire/scopes.ts';
import { type Received, startReceiver, verified } from './receiver.ts';
import { openTargets, targetArns } from './targets.ts';
import {
  type Agent,
  aws,
  breakCalls,
  dynamo,
  invoke,
  lifting,
  mails,
  mendCalls,
  newAgent,
  rows,
  stack,
  tables,
  waitFor,
} from './world.ts';

let sender: Agent;
let receiver: Awaited<ReturnType<typeof startReceiver>>;
beforeAll(async () => {
  sender = await newAgent();
  receiver = await startReceiver();
});
afterAll(() => receiver.close());

const sqs = new SQSClient({ ...aws, useQueueUrlAsEndpoint: false });

const targets = openTargets(aws);

const bind = (agent: Agent, body: object, of = agent) =>
  agent.call('PUT', `/v1/agents/${of.address}/binding`, { body });
const seen = async (agent: Agent) => (await agent.call('GET', `/v1/agents/${agent.address}/binding`)).body.binding;
const send = (to: Agent, more: object = {}) =>
  sender.submit({ intent_type: 'parcels.pack.v1', to_agent: to.address, payload: { parcel: 'P-1' }, ...more });

let agents = 0;
async function agentOf(...scopes: Scope[]): Promise<Agent> {
  agents += 1;
  return newAgent(sender.tenant, `pushed-${agents}`, { scopes });
}

/** An agent that is bound to a receiver with a path of its own, which answers so at first. */
async function bound(path: string, ...first: Parameters<typeof receiver.url>[1][]) {
  const agent = await agentOf();
  const { status, body } = await bind(agent, { kind: 'http', url: receiver.url(path, ...first) });
  expect(status, JSON.stringify(body)).toBe(200);
  return { agent, secret: body.secret as string };
}

const arrive = (path: string, count = 1): Promise<Received[]> =>
  waitFor(`${count} webhooks at ${path}`, async () => {
    const got = receiver.at(path);
    return got.length >= count ? got : undefined;
  });
const idOf = ({ headers }: Received) => headers['webhook-id'];
const status = (code: number, headers: Record<string, string> = {}) =>
  ((response) => response.writeHead(code, headers).end()) as Parameters<typeof receiver.url>[1];

describe('a webhook', () => {
  it('brings what is in the mailbox, signed, in order; and by both keys while they change', async () => {
    const { agent, secret } = await bound('/good');
    const ids = [await send(agent), await send(agent)];
    const got = (await arrive('/good', 2)).map((one) => verified(one, secret));
    const { body: mailbox } = await agent.call('GET', `/v1/agents/${agent.address}/intents`);
    expect(got.map(({ data }) => data)).toEqual(mailbox.intents);
    expect(new Set(got.map(({ data }) => data.intent_id))).toEqual(new Set(ids));
    expect(got.map(({ data }) => data.seq)).toEqual([1, 2]);
    expect(got[0]).toMatchObject({ type: 'intent.delivered', data: { payload: { parcel: 'P-1' } } });

    const { body: rotated } = await agent.call('POST', `/v1/agents/${agent.address}/binding/rotate`);
    expect(rotated.binding.keys).toMatchObject([{ valid_until: null }, { valid_until: expect.any(String) }]);
    await send(agent);
    const [, , third] = (await arrive('/good', 3)) as [Received, Received, Received];
    for (const one of [secret, rotated.secret]) expect(verified(third, one).data.seq).toBe(3);
    expect(await seen(agent)).toMatchObject({ kind: 'http', status: 'active' });
    // Shown once: by no other answer, and not as it is kept.
    expect(JSON.stringify(await seen(agent))).not.toMatch(/whsec_|sealed/);
  });

  it('is tried again where the answer is no, breaks off, or redirects to where nobody may go; with the same id', async () => {
    const broken = ((response) => {
      response.writeHead(200, { 'content-length': '100' }).write('ten');
      response.destroy();
    }) as Parameters<typeof receiver.url>[1];
    // Longer than the first pause can be by itself.
    const askedSeconds = retryPausesSeconds[0] + 3;
    const paths = {
      '/refuses': status(500),
      '/lies': broken,
      '/hostile': status(302, { location: 'http://169.254.169.254/latest/meta-data/' }),
      '/busy': status(429, { 'retry-after': String(askedSeconds) }),
    };
    const tried = Object.entries(paths).map(async ([path, first]) => {
      const { agent, secret } = await bound(path, first);
      await send(agent);
      const [one, two] = (await arrive(path, 2)) as [Received, Received];
      expect(idOf(two), path).toBe(idOf(one));
      expect(verified(two, secret)).toEqual(verified(one, secret));
      if (path === '/busy') expect(two.at - one.at).toBeGreaterThanOrEqual(askedSeconds * 1000);
      await waitFor(`${path} is done`, async () => (await seen(agent)).pushed_seq === 1 || undefined);
    });
    await Promise.all(tried);
  });

  it('ends at 410; what came meanwhile comes once it is bound anew', async () => {
    const { agent } = await bound('/gone', status(410));
    await send(agent);
    await arrive('/gone');
    await waitFor('it is disabled', async () => (await seen(agent)).status === 'disabled' || undefined);
    await send(agent);
    expect((await bind(agent, { kind: 'http', url: receiver.url('/back') })).body).not.toHaveProperty('secret');
    const got = await arrive('/back', 2);
    expect(got.map(({ body }) => JSON.parse(body).data.seq)).toEqual([1, 2]);
  });

  it('is held back by a stop on its agent, and comes once the stop is lifted', async () => {
    const agent = await agentOf();
    const id = await send(agent);
    await sender.reaches(id, 'DELIVERED');
    const target = { kind: 'agent', id: agent.address } as const;
    await setStop(dynamo, tables, target, { ...lifting(), reason: 'wild' });
    await bind(agent, { kind: 'http', url: receiver.url('/stopped'), since: 0 });
    const owed = () => rows(agent, pushRef(agent).intentId);
    const [row] = (await owed()) as [Record<string, unknown>];
    const push = () => invoke('push', { Records: [{ messageId: 'm', body: JSON.stringify(messageOf(row)) }] });
    expect(await push()).toEqual({ value: { batchItemFailures: [] }, error: undefined });
    expect([receiver.at('/stopped'), await owed()]).toMatchObject([[], [{ kind: 'push' }]]);
    expect(await seen(agent)).toMatchObject({ status: 'active', pushed_seq: 0, dead_letters: [] });

    await liftStop(dynamo, tables, target, lifting());
    const got = await waitFor('the webhook', async () => {
      await push();
      const [one] = receiver.at('/stopped');
      return one;
    });
    expect(JSON.parse(got.body).data.intent_id).toBe(id);
  });

  it('is owed by a delivery that a stop holds back, and that is looked at again a minute later', async () => {
    const agent = await agentOf();
    const id = await send(agent);
    await sender.reaches(id, 'DELIVERED');
    const target = { kind: 'agent', id: agent.address } as const;
    await setStop(dynamo, tables, target, { ...lifting(), reason: 'wild' });
    const ref = { tenant: sender.tenant, intentId: id };
    const order = { deliveryId: `${id}.d9`, to: agent.address, why: 'reminder', attempt: 1 };
    const row = {
      key: `deliver#${order.deliveryId}`,
      kind: 'deliver' as const,
      traceId: 'trace-00000001',
      body: order,
    };
    // As the sweep leaves it: looked at in five minutes. The stream brings it at once.
    const Item = outboxItem(ref, { ...row, attempts: 1, dueAt: Date.now() + pauseMs });
    await dynamo.send(new PutCommand({ TableName: tables.intents, Item }));
    const owed = async () => (await rows(sender, id)).find(({ key }) => key === row.key);
    const held = await waitFor('it is held back', async () => {
      const now = await owed();
      return Number(now?.dueAt) < Date.now() + 2 * stoppedPauseMs ? now : undefined;
    });
    expect(held).toEqual({ ...Item, attempts: 0, dueAt: expect.any(Number) });
    const mailbox = async () => (await agent.call('GET', `/v1/agents/${agent.address}/intents`)).body.intents;
    expect(await mailbox()).toHaveLength(1);

    await liftStop(dynamo, tables, target, lifting());
    const message = JSON.stringify(messageOf({ ...ref, ...row }));
    await invoke('deliver', { Records: [{ messageId: 'm', body: message }] });
    expect(await owed()).toBeUndefined();
    expect(await mailbox()).toMatchObject([{ seq: 1 }, { seq: 2, delivery_id: order.deliveryId }]);
  });

  it('that is never taken is given up, said, parked, and pushed again when its sender asks', async () => {
    const { agent } = await bound('/dead', status(503));
    const id = await send(agent, { max_delivery_attempts: 1 });
    const failed = await waitFor('it is given up', async () =>
      (await sender.events(id)).find(({ event_type }) => event_type === 'intent.delivery_failed'),
    );
    expect(failed).toMatchObject({ status: 'DELIVERED', details: { reason: 'status 503', attempt: 1 } });
    const parked = await waitFor('its dead letter', async () => {
      const { Messages = [] } = await sqs.send(
        new ReceiveMessageCommand({
          QueueUrl: stack.outputs.PushDeadLettersUrl,
          MaxNumberOfMessages: 10,
          VisibilityTimeout: 1,
        }),
      );
      return Messages.find(({ Body = '' }) => Body.includes(id))?.Body;
    });
    expect((await seen(agent)).dead_letters).toMatchObject([{ intent_id: id, reason: 'status 503' }]);
    const path = `/v1/intents/${id}/deliveries/replay`;
    const { body } = await sender.call('POST', path);
    expect(body.deliveries).toEqual([{ delivery_id: `${id}.d1`, to_agent: agent.address, seq: 1 }]);
    const [one, two] = (await arrive('/dead', 2)) as [Received, Received];
    expect(idOf(two)).toBe(idOf(one));
    await waitFor('nothing is dead', async () => (await seen(agent)).dead_letters.length === 0 || undefined);
    // As an operator moves it back.
    await sqs.send(new SendMessageCommand({ QueueUrl: stack.outputs.PushQueueUrl, MessageBody: parked }));
    expect(idOf((await arrive('/dead', 3))[2] as Received)).toBe(idOf(one));
    const stranger = await newAgent(sender.tenant, 'stranger');
    expect((await stranger.call('POST', path)).status).toBe(403);
  });

  it('that was given up is dead no more once its intent has ended, and whoever asks for it hears so', async () => {
    const { agent } = await bound('/void', status(503));
    const id = await send(agent, { max_delivery_attempts: 1 });
    await waitFor('it is given up', async () => (await seen(agent)).dead_letters.length === 1 || undefined);
    await sender.call('POST', `/v1/intents/${id}/resolve`, { body: { status: 'CANCELED', reason: 'not needed' } });
    await sender.reaches(id, 'CANCELED');
    expect(await seen(agent)).toMatchObject({ pushed_seq: 1, dead_letters: [] });
    const one = { delivery_id: `${id}.d1`, to_agent: agent.address, seq: 1 };
    const replay = () => sender.call('POST', `/v1/intents/${id}/deliveries/replay`);
    expect((await replay()).body).toMatchObject({ deliveries: [], void: [one] });
    expect((await replay()).body).toMatchObject({ deliveries: [], void: [] });
    const { status: refusal } = await agent.call('GET', `/v1/agents/${agent.address}/binding?dead_since=x`);
    expect(refusal).toBe(422);
    expect(receiver.at('/void')).toHaveLength(1);
  });

  it('comes again, with the same id, where it is lost that the receiver has it', async () => {
    const { agent } = await bound('/crashed');
    // What the binding itself owed is worked off: the next note is that of the entry. It fails; the queue brings the message again.
    await waitFor('nothing is owed', async () => (await rows(agent, pushRef(agent).intentId)).length === 0);
    const body = `#binding#${agent.address}"`;
    const error = { error: 'ValidationException', status: 400 };
    const broken = await breakCalls({ match: { app: 'push', action: 'PutItem' }, body, do: error, times: 1 });
    try {
      await send(agent);
      await broken.hit();
      const [one, two] = (await arrive('/crashed', 2)) as [Received, Received];
      expect(idOf(two)).toBe(idOf(one));
      await waitFor('it is done', async () => (await seen(agent)).pushed_seq === 1 || undefined);
    } finally {
      await mendCalls();
    }
  });
});

describe('other ways', () => {
  it('lead to a queue that the deployment names, and no other; to a person, by mail', async () => {
    await targets.makeQueue();
    const agent = await agentOf('accounts:manage');
    expect((await bind(agent, { kind: 'internal', target: `${targetArns.queue}2` })).status).toBe(422);
    expect((await bind(agent, { kind: 'internal', target: targetArns.queue })).status).toBe(200);
    const id = await send(agent);
    const { Body = '' } = await waitFor('its message', () => targets.inQueue(id));
    expect(JSON.parse(Body)).toMatchObject({ type: 'intent.delivered', data: { to_agent: agent.address, seq: 1 } });

    expect((await bind(agent, { kind: 'inbox', person: 'ada@example.com' })).body.binding.person).toBe('ada');
    const told = await send(agent);
    const [mail] = await waitFor('the mail', async () => {
      const found = await mails(told);
      return found.length > 0 ? found : undefined;
    });
    expect(mail).toMatchObject({ to: ['ada@example.com'], subject: expect.stringContaining('parcels') });
  });

  /** Two entries for an agent that is bound to this. */
  async function handed(target: string) {
    const agent = await agentOf('accounts:manage');
    expect((await bind(agent, { kind: 'internal', target })).status).toBe(200);
    const ids = [await send(agent)];
    // The first is in the mailbox before the second.
    await sender.reaches(String(ids[0]), 'DELIVERED');
    ids.push(await send(agent));
    return { agent, ids };
  }
  const entry = ({ address }: Agent, intent_id: string, seq: number) => ({
    type: 'intent.delivered',
    data: { delivery_id: `${intent_id}.d1`, intent_id, seq, to_agent: address, payload: { parcel: 'P-1' } },
  });

  it('lead to a FIFO queue, in the order of each agent', async () => {
    await targets.makeFifo();
    const { agent, ids } = await handed(targetArns.fifo);
    const groups = new Set<string | undefined>();
    for (const [place, id] of ids.entries()) {
      const { Body = '', Attributes } = await waitFor('its message', () => targets.inFifo(id));
      expect(JSON.parse(Body)).toMatchObject(entry(agent, id, place + 1));
      expect(Attributes?.MessageDeduplicationId).toBe(`${id}_d1`);
      groups.add(Attributes?.MessageGroupId);
    }
    expect(groups.size).toBe(1);
  });

  it('lead to a bus, whose rules bring it further', async () => {
    await targets.makeBus();
    const { agent, ids } = await handed(targetArns.bus);
    for (const [place, id] of ids.entries()) {
      const { Body = '' } = await waitFor('its event', () => targets.onBus(id));
      const expected = { source: 'holdpoint', 'detail-type': 'intent.delivered', detail: entry(agent, id, place + 1) };
      expect(JSON.parse(Body)).toMatchObject(expected);
    }
  });

  it('lead to a function, which is called with it', async () => {
    await targets.makeFunction(receiver.url('/function'));
    const { agent, ids } = await handed(targetArns.function);
    // Calls that nobody waits for may come in any order.
    const events = (await arrive('/function', 2)).map(({ body }) => JSON.parse(body));
    events.sort((a, b) => a.data.seq - b.data.seq);
    expect(events).toMatchObject(ids.map((id, place) => entry(agent, id, place + 1)));
    await waitFor('it is done', async () => (await seen(agent)).pushed_seq === 2 || undefined);
  });

  it('are nobody’s to set but the agent’s own and a manager’s; what acts on others takes the right to manage', async () => {
    const [agent, other, manager] = [await agentOf(), await agentOf(), await agentOf('accounts:manage')];
    const hook = { kind: 'http', url: receiver.url('/whose') };
    expect((await bind(other, hook, agent)).status).toBe(403);
    expect((await bind(manager, hook, agent)).status).toBe(200);
    expect((await bind(agent, { kind: 'inbox', person: 'ada' })).status).toBe(403);
    for (const url of ['http://example.com/', 'https://10.0.0.1/', 'https://user@example.com/'])
      expect((await bind(agent, { kind: 'http', url })).status).toBe(422);
    const { body } = await agent.call('DELETE', `/v1/agents/${agent.address}/binding/`);
    expect(body.binding).toEqual({ kind: 'stream', status: 'active', created_at: null, updated_at: null });
    expect((await agent.call('POST', `/v1/agents/${agent.address}/binding/rotate`)).status).toBe(404);
    expect((await agent.call('PUT', `/v1/agents/${agent.address}`, { body: {} })).status).toBe(404);
  });
});
