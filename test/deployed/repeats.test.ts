/** Requests that come again with their Idempotency-Key, at doors that keep no intent: the same answer, and nothing done twice. */

import { beforeAll, describe, expect, it } from 'vitest';
import { type Agent, newAgent } from './world.ts';

let agent: Agent;
beforeAll(async () => {
  agent = await newAgent(undefined, 'repeating');
});

const hook = { callback_url: 'https://hooks.example.com/repeats', event_types: ['inbox.reply_received'] };
const upload = () => ({
  owner_agent: agent.address,
  filename: 'door.jpg',
  mime_type: 'image/jpeg',
  size_bytes: 9,
});

/** Path and body of a request that is made twice, and another body where the door takes one. */
const doors: Record<string, () => Promise<{ path: string; body?: object; other?: object }>> = {
  'a webhook’s new key': async () => {
    const path = `/v1/agents/${agent.address}/binding`;
    const body = { kind: 'http', url: 'https://hooks.example.com/agent' };
    expect((await agent.call('PUT', path, { body })).status).toBe(200);
    return { path: `${path}/rotate` };
  },
  'a subscription’s new secret': async () => {
    const { subscription } = (await agent.call('POST', '/v1/webhooks/subscriptions', { body: hook })).body;
    return { path: `/v1/webhooks/subscriptions/${subscription.subscription_id}/secret` };
  },
  'an event that is sent again': async () => {
    const body = { event_type: 'inbox.thread_updated', source: 'test', payload: {} };
    const { event_id } = (await agent.call('POST', '/v1/webhooks/events', { body })).body;
    return { path: `/v1/webhooks/events/${event_id}/replay` };
  },
  'an invite': async () => ({
    path: '/v1/invites/create',
    body: { owner_agent: agent.address, ttl_seconds: 3600 },
    other: { owner_agent: agent.address, ttl_seconds: 7200 },
  }),
  'a heartbeat': async () => ({
    path: '/v1/mesh/heartbeat',
    body: { metrics: { cost_usd: 0.25 } },
    other: { metrics: { cost_usd: 0.5 } },
  }),
  'a withdrawal of many': async () => ({
    path: '/v1/intents/bulk-cancel',
    body: { dry_run: false, older_than_hours: 0 },
    other: { dry_run: true },
  }),
};

describe.each(Object.entries(doors))('%s', (_name, made) => {
  it('is answered the same by the same key, also at once, and another body is a conflict', async () => {
    const { path, body = {}, other } = await made();
    const ask = (sent: object, idempotencyKey = 'first') =>
      agent.call('POST', path, { body: sent, headers: { 'idempotency-key': idempotencyKey } });
    const first = await ask(body);
    expect([first.status, first.body.ok]).toEqual([200, true]);
    expect((await ask(body)).body).toEqual(first.body);
    const both = await Promise.all([1, 2].map(() => ask(body, 'at-once')));
    expect(both.map(({ status }) => status)).toEqual([200, 200]);
    expect(both[0]?.body).toEqual(both[1]?.body);
    if (other) expect((await ask(other)).body.code).toBe('idempotency_conflict');
  });
});

it('an upload is the same by the same key', async () => {
  const ask = (body: object) =>
    agent.call('POST', '/v1/media/create-upload', { body, headers: { 'idempotency-key': 'upload-1' } });
  const first = await ask(upload());
  expect(first.status).toBe(200);
  const again = (await ask(upload())).body;
  expect({ ...again, upload_url: '' }).toEqual({ ...first.body, upload_url: '' });
  expect((await ask({ ...upload(), size_bytes: 10 })).body.code).toBe('idempotency_conflict');
});

it('whoever holds a claim approves its thread with the claim’s token, and nobody without', async () => {
  const [sender, worker] = [await newAgent(agent.tenant, 'sender'), await newAgent(agent.tenant, 'worker')];
  const body = { intent_type: 'parcels.pack.v1', to_agent: worker.address, payload: {} };
  const { intent_id: id } = (await sender.call('POST', '/v1/intents', { body })).body;
  const claim = { claimant: 'one', lease_seconds: 600 };
  const { fencing_token } = (await worker.call('POST', `/v1/intents/${id}/claim`, { body: claim })).body;
  const approve = (headers: Record<string, string>) =>
    worker.call('POST', `/v1/inbox/${id}/approve`, { body: {}, headers });
  expect((await approve({})).body.code).toBe('claimed');
  const { thread } = (await approve({ 'x-fencing-token': String(fencing_token) })).body;
  expect(thread.status).toBe('done');
});
