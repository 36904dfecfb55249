/** What the world outside hears, and what it begins: the bus, subscriptions, and the door for events. */

import { randomUUID } from 'node:crypto';
import {
  EventBridgeClient,
  PutEventsCommand,
  PutRuleCommand,
  PutTargetsCommand,
  RemoveTargetsCommand,
} from '@aws-sdk/client-eventbridge';
import { CreateQueueCommand, DeleteQueueCommand, ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { Webhook } from 'standardwebhooks';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Event, Receiver } from './subscriber.ts';
import { type Agent, aws, decide, invoke, linkFor, newAgent, stack, waitFor } from './world.ts';

const sqs = new SQSClient(aws);
const events = new EventBridgeClient(aws);
const busName = stack.outputs.EventBusName ?? '';
/** The tenant of local/stack.ts whose events are on the bus, and whose door is open. */
const tenant = 'events/main';

const receiver = new Receiver();
beforeAll(() => receiver.start());
afterAll(() => receiver.stop());

const secret = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;

async function subscribe(agent: Agent, path: string, more: object = {}): Promise<string> {
  const body = { callback_url: `${receiver.url}${path}`, event_types: ['intent.*'], secret, ...more };
  const answer = await agent.call('POST', '/v1/webhooks/subscriptions', { body });
  expect(answer.status, JSON.stringify(answer.body)).toBe(200);
  return answer.body.subscription.subscription_id;
}

const approval = () => ({ intent_type: 'intent.approval.v1', payload: { task: `Deploy ${randomUUID()}?` } });

describe('a subscription', () => {
  it('gets an intent’s events to its end, signed; another receiver that is broken stops nothing; all can be sent again', async () => {
    const agent = await newAgent();
    await subscribe(agent, '/good');
    await subscribe(agent, '/bad');
    receiver.say = (path) => (path === '/bad' ? 500 : 204);
    const id = await agent.submit(approval());
    await decide(await linkFor(agent, id));
    const whole = await agent.events(id);
    const got = await waitFor('the end is told', async () => {
      const all = receiver.of(id, secret).filter(({ id: one }, i, list) => list.findIndex((e) => e.id === one) === i);
      return all.length === whole.length && all;
    });
    receiver.say = () => 204;
    const bySeq = got.sort((a, b) => a.data.seq - b.data.seq);
    expect(bySeq.map(({ type }) => type)).toEqual(whole.map((one) => one.event_type));
    expect(bySeq.map(({ data }) => data.status)).toEqual(whole.map((one) => one.status));
    const last = bySeq.at(-1);
    expect(last?.data).toMatchObject({ intent_id: id, data: { approved: true, outcome: 'approved' }, actor: 'person' });

    const count = () => receiver.got.filter(({ headers }) => headers['webhook-id'] === last?.id).length;
    await waitFor('the broken one has it as well, once it is mended', async () => count() >= 2);
    const before = count();
    const replayed = await agent.call('POST', `/v1/webhooks/events/${last?.id}/replay`);
    expect(replayed.body).toMatchObject({ ok: true, queued_deliveries: 2, event_type: 'intent.completed' });
    await waitFor('it is sent again', async () => count() >= before + 2);
  });

  it('is kept whatever characters its secret ends with', async () => {
    const agent = await newAgent();
    await subscribe(agent, '/smiles', { secret: 'a secret of smiles 😀xyz' });
    const { subscriptions } = (await agent.call('GET', '/v1/webhooks/subscriptions')).body;
    expect(subscriptions).toMatchObject([{ secret_hint: '…xyz' }]);
  });

  it('is changed, listed, given another secret and ended, by its own agent alone', async () => {
    const agent = await newAgent();
    const id = await subscribe(agent, '/own', { event_types: ['inbox.reply_received'], description: 'first' });
    expect(await subscribe(agent, '/own', { event_types: ['inbox.thread_created'], active: false })).toBe(id);
    const list = async (path: string, headers = {}) => agent.call('GET', path, { headers });
    expect((await list('/v1/webhooks/subscriptions')).body.subscriptions).toMatchObject([
      { subscription_id: id, active: false, description: 'first', owner_agent: agent.address },
    ]);
    const query = `/v1/webhooks/subscriptions?owner_agent=${encodeURIComponent(agent.address)}`;
    expect((await list(query, { 'x-owner-agent': agent.address })).body.subscriptions).toHaveLength(1);
    expect((await list(query, { 'x-owner-agent': 'other' })).status).toBe(400);
    expect((await list('/v1/webhooks/subscriptions?owner_agent=other')).status).toBe(403);
    const refused = await agent.call('POST', '/v1/webhooks/subscriptions', {
      body: { callback_url: 'https://169.254.169.254/', event_types: ['intent.*'] },
    });
    expect([refused.status, refused.body.error.details.field]).toEqual([422, 'callback_url']);

    await subscribe(agent, '/own', { event_types: ['inbox.reply_received'] });
    const fresh = await agent.call('POST', `/v1/webhooks/subscriptions/${id}/secret/`);
    expect(fresh.status).toBe(200);
    const event = { event_type: 'inbox.reply_received', source: 'test', payload: { text: randomUUID() } };
    const key = { 'idempotency-key': randomUUID() };
    const publish = () => agent.call('POST', '/v1/webhooks/events', { body: event, headers: key });
    const published = await publish();
    expect(published.body).toMatchObject({ queued_deliveries: 1, owner_agent: agent.address });
    expect((await publish()).body.event_id).toBe(published.body.event_id);
    const got = await waitFor('it comes', async () =>
      receiver.got.find(({ headers }) => headers['webhook-id'] === published.body.event_id),
    );
    for (const good of [secret, fresh.body.secret])
      expect(new Webhook(good).verify(got?.body ?? '', got?.headers ?? {})).toMatchObject({ data: event.payload });

    const ended = await agent.call('DELETE', `/v1/webhooks/subscriptions/${id}`);
    expect(ended.body).toMatchObject({ ok: true, subscription_id: id });
    expect((await agent.call('DELETE', `/v1/webhooks/subscriptions/${id}`)).body).toEqual(ended.body);
    expect((await list('/v1/webhooks/subscriptions')).body.subscriptions).toEqual([]);
  });

  it('of a receiver that is gone is switched off', async () => {
    const agent = await newAgent();
    await subscribe(agent, '/gone', { event_types: ['inbox.reply_received'] });
    receiver.say = (path) => (path === '/gone' ? 410 : 204);
    const body = { event_type: 'inbox.reply_received', source: 'test', payload: {} };
    await agent.call('POST', '/v1/webhooks/events', { body });
    await waitFor('it is inactive', async () => {
      const { subscriptions } = (await agent.call('GET', '/v1/webhooks/subscriptions')).body;
      return subscriptions[0].active === false;
    });
    receiver.say = () => 204;
  });
});

describe('the bus', () => {
  it('has the events of a tenant that is told there, for whoever makes a rule; and its door submits one intent for the same event twice', async () => {
    const QueueName = `seen-${randomUUID().slice(0, 8)}`;
    const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName }));
    const rule = { Name: QueueName, EventBusName: busName };
    const EventPattern = JSON.stringify({ source: ['holdpoint'], detail: { tenant: [tenant] } });
    await events.send(new PutRuleCommand({ ...rule, EventPattern }));
    const target = { Id: 'seen', Arn: `arn:aws:sqs:${stack.region}:000000000000:${QueueName}` };
    await events.send(new PutTargetsCommand({ Rule: QueueName, EventBusName: busName, Targets: [target] }));
    const seen: Record<string, Event['data']>[] = [];
    const look = async () => {
      const { Messages = [] } = await sqs.send(new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10 }));
      seen.push(...Messages.map(({ Body }) => JSON.parse(Body ?? '')));
    };
    try {
      const parcel = `P-${randomUUID()}`;
      // The same event, as its producer sends it again: known by the key of the door, which is the event's id.
      const again = { Source: 'shop.orders', DetailType: 'Order held', EventBusName: busName };
      const good = { ...again, Detail: JSON.stringify({ parcel }) };
      await events.send(
        new PutEventsCommand({ Entries: [good, { ...again, Detail: JSON.stringify({ wrong: parcel }) }] }),
      );
      const watcher = await newAgent(tenant, 'watcher');
      const submitted = await waitFor('the door has submitted', async () => {
        const { intents } = (await watcher.call('GET', '/v1/intents?from_agent=orders&limit=100')).body;
        return intents.find((one: Event['data']) => one.payload.parcel === parcel);
      });
      expect(submitted).toMatchObject({
        intent_type: 'parcels.pack.v1',
        from_agent: `agent://${tenant}/orders`,
        payload: { parcel, price: '$10' },
      });
      // Lambda hands the same event on twice.
      const event = { id: submitted.trace_id, source: 'shop.orders', 'detail-type': 'Order held', detail: { parcel } };
      expect((await invoke('event-door', { door: 'orders', event })).error).toBeUndefined();
      const { intents } = (await watcher.call('GET', '/v1/intents?from_agent=orders&limit=100')).body;
      expect(intents.filter((one: Event['data']) => one.payload.parcel === parcel)).toHaveLength(1);

      await waitFor('its events are on the bus', async () => {
        await look();
        return seen.some(({ detail }) => detail.intent_id === submitted.intent_id && detail.status === 'DELIVERED');
      });
      const own = seen.filter(({ detail }) => detail.intent_id === submitted.intent_id);
      for (const one of own) {
        expect(one['detail-type']).toBe(one.detail.event_type);
        expect(one.detail).toMatchObject({
          tenant,
          from_agent: `agent://${tenant}/orders`,
          event_id: expect.any(String),
        });
      }
      await waitFor('the bad event is put aside with its reason', async () => {
        const receive = { QueueUrl: stack.outputs.ParkedUrl, MaxNumberOfMessages: 10, VisibilityTimeout: 1 };
        const { Messages = [] } = await sqs.send(new ReceiveMessageCommand(receive));
        const letter = Messages.map(({ Body }) => Body ?? '').find((text) => text.includes(parcel));
        return letter !== undefined && JSON.parse(letter).code === 'event_lacks_field';
      });
    } finally {
      await events.send(new RemoveTargetsCommand({ Rule: QueueName, EventBusName: busName, Ids: ['seen'] }));
      await sqs.send(new DeleteQueueCommand({ QueueUrl }));
    }
  });
});
