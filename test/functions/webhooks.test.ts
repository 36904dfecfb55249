/** From a subscription to what its receiver gets, over rows in memory: who is told what, how often, and what is never told. */

import { Webhook as Verifier } from 'standardwebhooks';
import { beforeEach, describe, expect, it } from 'vitest';
import { type CallbackMessage, messageOf } from '../../adapters/messages.ts';
import type { Webhook } from '../../adapters/webhook.ts';
import type { Announcement } from '../../core/announce.ts';
import { goodKeys, type Repeatable } from '../../core/signing-keys.ts';
import { maxSubscriptions } from '../../core/subscription.ts';
import { memoryStore } from '../../core/testing/memory-store.ts';
import { secretOf, signedHeaders, type Verdict } from '../../core/webhook.ts';
import { verified as byExample } from '../../examples/webhook/receiver.ts';
import { payAnnouncement } from '../../functions/announce/pay.ts';
import { admit } from '../../functions/api/submit.ts';
import { NotTaken, pauseSeconds, sendCallback } from '../../functions/callbacks/send.ts';
import { maxTries } from '../../functions/callbacks/tries.ts';
import { publish, replay } from '../../functions/webhooks/events.ts';
import { end, list, rotate, upsert } from '../../functions/webhooks/subscriptions.ts';
import {
  gotSubscription,
  listedSubscriptions,
  publishedEvent,
  replayedEvent,
  rotatedSecret,
} from '../../wire/webhook-answers.ts';
import * as given from '../core/builders.ts';
import { memorySubscriptions } from './memory-subscriptions.ts';

const { tenant } = given;
const clerk = `agent://${tenant}/clerk`;
const packer = `agent://${tenant}/packer`;
const hook = 'https://hooks.example.com/holdpoint';

/** Encrypted so that what is kept is not what is sealed, and opened by its owner alone. */
const seal = async (secret: string, owner: object) => Buffer.from(JSON.stringify([secret, owner])).toString('base64');
const open = async (sealed: string, owner: object) => {
  const [secret, whose] = JSON.parse(Buffer.from(sealed, 'base64').toString());
  expect(whose).toEqual(owner);
  return secret as string;
};

function house() {
  const rows = memorySubscriptions();
  const store = memoryStore();
  const newId = given.idsInOrder();
  const queue: CallbackMessage[] = [];
  const bus: Announcement[] = [];
  const posted: Webhook[] = [];
  let now = given.start;
  let onBus = false;
  const verdicts = new Map<string, Verdict>();
  const common = () => ({ rows, seal, localHosts: [], now, newId, traceId: 'trace-1', enqueue });
  const enqueue = async (message: Omit<CallbackMessage, 'v' | 'kind'>) =>
    void queue.push({ v: 1, kind: 'callback', ...message });
  const pay = payAnnouncement({
    store,
    rows,
    onBus: () => onBus,
    publish: async (_tenant, told) => void bus.push(...told),
    enqueue,
  });
  const send = sendCallback({
    rows,
    send: async (webhook) => {
      posted.push(webhook);
      return verdicts.get(webhook.url) ?? { is: 'taken', status: 200 };
    },
    open,
    context: () => ({ now, newId }),
    counted: () => {},
  });
  return {
    rows,
    store,
    queue,
    bus,
    posted,
    verdicts,
    pass: (seconds: number) => {
      now = given.later(now, seconds);
    },
    listenOnBus: () => {
      onBus = true;
      store.listen(tenant);
    },
    subscribe: async (more: object = {}, owner = clerk) => {
      store.listen(tenant);
      const body = { callback_url: hook, event_types: ['intent.*' as const], ...more };
      return upsert(common(), { tenant, owner }, body);
    },
    list: (owner = clerk) => list(common(), { tenant, owner }),
    rotate: (id: string, owner = clerk, asked?: Repeatable) => rotate(common(), { tenant, owner }, id, asked),
    /** What signs now, the newest first. */
    secrets: async (id: string) => {
      const found = await rows.find(tenant, id);
      const keys = goodKeys(found?.keys ?? [], now);
      return Promise.all(keys.map(({ sealed }) => open(sealed, { tenant, subscription: id })));
    },
    end: (id: string, owner = clerk) => end(common(), { tenant, owner }, id),
    publish: (more: object = {}, known?: { key: string; requestHash: string }, owner = clerk) => {
      const body = { event_type: 'inbox.reply_received' as const, source: 'test', payload: { n: 1 }, ...more };
      return publish(common(), { tenant, owner }, body, known);
    },
    replay: (id: string, owner = clerk, known?: { key: string; requestHash: string }) =>
      replay(common(), { tenant, owner }, id, known),
    async submit(): Promise<{ tenant: string; intentId: string }> {
      const body = { intent_type: 'parcels.pack.v1', to_agent: 'packer', payload: { parcel: 'P-1' } };
      const asked = { body, idempotencyKey: undefined, traceId: 'trace-00000001', context: { now, newId } };
      const { intent_id } = await admit(store, { tenant, agent: clerk }, asked);
      return { tenant, intentId: String(intent_id) };
    },
    async announce(ref: { tenant: string; intentId: string }): Promise<void> {
      for (const row of store.outbox(ref).filter(({ kind }) => kind === 'announce'))
        await pay(messageOf({ ...ref, ...row }));
    },
    /** Works off the queue once; gives what failed. */
    async sendAll(attempt = 1): Promise<Error[]> {
      const failed: Error[] = [];
      for (const message of queue.splice(0)) await send(message, attempt).catch((error) => void failed.push(error));
      return failed;
    },
    send: (message: CallbackMessage, attempt: number) => send(message, attempt),
  };
}

let at: ReturnType<typeof house>;
beforeEach(() => {
  at = house();
});

/** As the package of Standard Webhooks, and the receiver of docs/events.md, believe it. Throws where they don't. */
function verified({ id, body, secrets }: Webhook, secret: string) {
  const headers = signedHeaders({ id, body, secrets }, Date.now());
  const event = new Verifier(secret).verify(body, headers) as Record<string, never>;
  expect(byExample(headers, body, secret)).toEqual(event);
  return event;
}

describe('a subscription', () => {
  it('is one for each owner and address: the same again changes it, and what is not said stays', async () => {
    const first = await at.subscribe({ description: 'mine' });
    const second = await at.subscribe({ event_types: ['intent.completed'], active: false });
    expect(gotSubscription.parse({ ok: true, subscription: first }).subscription).toEqual(first);
    expect(second).toMatchObject({
      subscription_id: first.subscription_id,
      event_types: ['intent.completed'],
      active: false,
      description: 'mine',
      secret_hint: first.secret_hint,
    });
    const other = await at.subscribe({}, packer);
    expect(other.subscription_id).not.toBe(first.subscription_id);
    const subscriptions = await at.list();
    expect(listedSubscriptions.parse({ ok: true, subscriptions }).subscriptions).toEqual([second]);
  });

  it.each([
    'http://hooks.example.com/',
    'https://10.0.0.1/',
    'https://169.254.169.254/latest/meta-data/',
    'https://user:secret@hooks.example.com/',
    'https://localhost.localdomain.:0x/',
  ])('is not made for %s', async (callback_url) => {
    await expect(at.subscribe({ callback_url })).rejects.toMatchObject({
      name: 'InvalidInput',
      details: { field: 'callback_url' },
    });
    expect(await at.list()).toEqual([]);
  });

  it('has a secret that is kept sealed, and never told again but by a new one', async () => {
    const secret = 'a secret of the client';
    const subscription = await at.subscribe({ secret });
    const kept = JSON.stringify([await at.rows.all(tenant), await at.list()]);
    expect(kept).not.toContain(secret);
    expect(subscription.secret_hint).toBe('…ient');
    const fresh = await at.rotate(subscription.subscription_id);
    expect(rotatedSecret.parse({ ok: true, ...fresh }).secret).toBe(fresh.secret);
    expect(JSON.stringify([await at.rows.all(tenant), await at.list()])).not.toContain(fresh.secret);
  });

  it('hints at a secret by whole characters', async () => {
    expect((await at.subscribe({ secret: 'a secret of smiles 😀xyz' })).secret_hint).toBe('…xyz');
  });

  it('changes no key when it is made again with the same secret', async () => {
    const [a, b] = [1, 2].map((n) => secretOf(new Uint8Array(32).fill(n))) as [string, string];
    const { subscription_id: id } = await at.subscribe({ secret: a });
    await at.subscribe({ secret: b });
    const again = await at.subscribe({ secret: b, description: 'again' });
    expect(again).toMatchObject({ description: 'again', secret_hint: `…${b.slice(-4)}` });
    expect(await at.secrets(id)).toEqual([b, a]);
    await at.subscribe({ secret: a });
    expect((await at.secrets(id))[0]).toBe(a);
  });

  it('gets one new secret of a request that is repeated with its Idempotency-Key', async () => {
    const asked: Repeatable = { key: 'repeat', requestHash: 'h', callerToken: 'hp_sa_1' };
    const secret = secretOf(new Uint8Array(32).fill(5));
    const { subscription_id: id } = await at.subscribe({ secret });
    const fresh = await at.rotate(id, clerk, asked);
    at.pass(60);
    expect(await at.rotate(id, clerk, asked)).toEqual(fresh);
    expect(await at.secrets(id)).toEqual([fresh.secret, secret]);
    for (const other of [{ callerToken: 'hp_sa_2' }, { requestHash: 'other' }])
      await expect(at.rotate(id, clerk, { ...asked, ...other })).rejects.toMatchObject({
        code: 'idempotency_conflict',
      });
    const [one, two] = await Promise.all([1, 2].map(() => at.rotate(id, clerk, { ...asked, key: 'at once' })));
    expect(one).toEqual(two);
    expect(await at.secrets(id)).toEqual([one?.secret, fresh.secret, secret]);
  });

  it('ends once, says so again, and is nobody else’s to end or renew', async () => {
    const { subscription_id: id } = await at.subscribe();
    const notFound = { name: 'NotFound' };
    await expect(at.end(id, packer)).rejects.toMatchObject(notFound);
    await expect(at.rotate(id, packer)).rejects.toMatchObject(notFound);
    const ended = await at.end(id);
    at.pass(60);
    expect(await at.end(id)).toEqual(ended);
    await expect(at.end(id, packer)).rejects.toMatchObject(notFound);
    await expect(at.rotate(id)).rejects.toMatchObject(notFound);
    expect(await at.list()).toEqual([]);
  });

  it('is refused where the tenant has as many as it may', async () => {
    for (let i = 0; i < maxSubscriptions; i += 1) await at.subscribe({ callback_url: `${hook}/${i}` });
    await expect(at.subscribe()).rejects.toMatchObject({ name: 'Conflict', code: 'too_many_subscriptions' });
    await at.subscribe({ callback_url: `${hook}/0`, active: false });
  });
});

describe('an intent’s events', () => {
  it('go to those who want them, signed, each event once with its own id', async () => {
    const secret = secretOf(new Uint8Array(32).fill(5));
    await at.subscribe({ secret });
    await at.subscribe({ event_types: ['intent.failed'] }, packer);
    const ref = await at.submit();
    await at.announce(ref);
    expect(await at.sendAll()).toEqual([]);
    const got = at.posted.map((webhook) => verified(webhook, secret));
    expect(got.map(({ type }) => type)).toEqual(['intent.created', 'intent.submitted']);
    expect(got[1]).toMatchObject({ data: { intent_id: ref.intentId, seq: 2, payload: { parcel: 'P-1' } } });
    expect(new Set(at.posted.map(({ id }) => id)).size).toBe(2);
    expect(at.store.outbox(ref).filter(({ kind }) => kind === 'announce')).toEqual([]);
  });

  it('go to the inbox of their receiver by AXP’s own names, and to no other', async () => {
    const event_types = ['inbox.thread_created', 'inbox.thread_updated'];
    await at.subscribe({ event_types });
    await at.subscribe({ event_types }, packer);
    await at.announce(await at.submit());
    await at.sendAll();
    const subscribed = await at.rows.all(tenant);
    const packers = subscribed.find(({ owner }) => owner === packer);
    expect(at.posted).toHaveLength(1);
    expect(JSON.parse(at.posted[0]?.body ?? '')).toMatchObject({
      type: 'inbox.thread_created',
      data: { to_agent: packer, from_agent: clerk },
    });
    expect(packers?.active).toBe(true);
  });

  it('of an intent that was submitted before anybody listened are not told', async () => {
    const ref = await at.submit();
    await at.subscribe();
    await at.announce(ref);
    expect(at.queue).toEqual([]);
  });

  it('go onto the bus where the tenant is told there: lifecycle events alone', async () => {
    at.listenOnBus();
    await at.subscribe({ event_types: ['inbox.thread_created'] }, packer);
    await at.announce(await at.submit());
    expect(at.bus.map(({ type }) => type)).toEqual(['intent.created', 'intent.submitted']);
    expect(at.queue).toHaveLength(1);
  });

  it('that are told twice are one event with one delivery', async () => {
    await at.subscribe();
    const ref = await at.submit();
    const [row] = at.store.outbox(ref).filter(({ kind }) => kind === 'announce');
    await at.announce(ref);
    const ids = () => new Set(at.queue.map(({ eventId }) => eventId));
    const before = ids();
    // The message comes again, although it is paid.
    const again = payAnnouncement({
      store: at.store,
      rows: at.rows,
      onBus: () => false,
      publish: async () => {},
      enqueue: async (message) => void at.queue.push({ v: 1, kind: 'callback', ...message }),
    });
    await again(messageOf({ ...ref, ...(row as object) }));
    expect(ids()).toEqual(before);
    await at.sendAll();
    // What was taken is not sent again.
    expect(at.posted).toHaveLength(before.size);
  });
});

describe('a receiver', () => {
  const failed: Verdict = { is: 'failed', why: 'status', status: 500 };

  it('that fails holds up no other, and gets it again with the same id', async () => {
    const bad = 'https://bad.example.com/';
    await at.subscribe({ callback_url: bad });
    await at.subscribe({}, packer);
    at.verdicts.set(bad, failed);
    await at.announce(await at.submit());
    const messages = [...at.queue];
    const errors = await at.sendAll();
    expect(errors.map(({ name }) => name)).toEqual(['RetryableError', 'RetryableError']);
    expect(at.posted.filter(({ url }) => url === hook)).toHaveLength(2);
    at.verdicts.clear();
    for (const message of messages) await at.send(message, 2);
    const ids = at.posted.filter(({ url }) => url === bad).map(({ id }) => id);
    expect(ids.slice(0, 2)).toEqual(ids.slice(2));
  });

  it('that never takes it is dead after the last try, and alive again by a replay', async () => {
    await at.subscribe({ event_types: ['inbox.reply_received'] });
    at.verdicts.set(hook, failed);
    const { event_id } = await at.publish();
    const [message] = at.queue.splice(0) as [CallbackMessage];
    for (let attempt = 1; attempt <= maxTries; attempt += 1)
      await expect(at.send(message, attempt)).rejects.toBeInstanceOf(NotTaken);
    at.verdicts.clear();
    const again = await at.replay(event_id);
    expect(replayedEvent.parse({ ok: true, ...again })).toMatchObject({
      queued_deliveries: 1,
      pending: 1,
      dead_lettered: 0,
    });
    await at.sendAll();
    const delivered = await at.rows.deliveries(tenant, event_id);
    expect(delivered).toMatchObject([{ state: 'delivered', round: 2 }]);
    // What was dead comes out of the dead-letter queue: another round has begun, and it means nothing.
    const posts = at.posted.length;
    await at.send(message, 1);
    expect(at.posted).toHaveLength(posts);
  });

  it('that says 410 is not sent to any more, until somebody subscribes again', async () => {
    const { subscription_id } = await at.subscribe();
    at.verdicts.set(hook, { is: 'gone', status: 410 });
    await at.announce(await at.submit());
    await at.sendAll();
    expect(at.posted).toHaveLength(1);
    expect(await at.list()).toMatchObject([{ subscription_id, active: false }]);
    at.verdicts.clear();
    await at.subscribe();
    await at.announce(await at.submit());
    await at.sendAll();
    expect(at.posted).toHaveLength(3);
  });

  it('verifies by the secret before, for a day', async () => {
    const secret = secretOf(new Uint8Array(32).fill(6));
    const { subscription_id } = await at.subscribe({ secret, event_types: ['inbox.reply_received'] });
    const fresh = await at.rotate(subscription_id);
    await at.publish();
    await at.sendAll();
    for (const good of [secret, fresh.secret]) expect(verified(at.posted[0] as Webhook, good)).toBeDefined();
    at.pass(25 * 3600);
    await at.publish();
    await at.sendAll();
    expect(verified(at.posted[1] as Webhook, fresh.secret)).toBeDefined();
    expect(() => verified(at.posted[1] as Webhook, secret)).toThrow();
  });

  it('is tried again later and later, as it asks, and never later than the queue can wait', () => {
    const error = new NotTaken('status 503', 600);
    expect(pauseSeconds(1, new Error(), 0)).toBeGreaterThanOrEqual(1);
    expect(pauseSeconds(1, new Error(), 1)).toBeLessThanOrEqual(5);
    expect(pauseSeconds(1, error, 0)).toBe(600);
    for (const wanted of [86_400, 1e9]) expect(pauseSeconds(9, new NotTaken('', wanted), 1)).toBeLessThan(43_200);
  });
});

describe('the receiver of docs/events.md', () => {
  const headers = (now: number) => signedHeaders({ id: 'e', body: '{}', secrets: [secretOf(new Uint8Array(32))] }, now);

  it('believes nothing that is old, of another body, or of another secret', () => {
    const secret = secretOf(new Uint8Array(32));
    expect(byExample(headers(Date.now()), '{}', secret)).toEqual({});
    expect(() => byExample(headers(Date.now() - 301_000), '{}', secret)).toThrow();
    expect(() => byExample(headers(Date.now()), '{"a":1}', secret)).toThrow();
    expect(() => byExample(headers(Date.now()), '{}', secretOf(new Uint8Array(32).fill(1)))).toThrow();
    expect(() => byExample({}, '{}', secret)).toThrow();
  });
});

describe('an event that a client publishes', () => {
  it('goes to its owner’s subscriptions and is counted', async () => {
    await at.subscribe({ event_types: ['inbox.reply_received'] });
    await at.subscribe({ event_types: ['inbox.reply_received'] }, packer);
    const answer = await at.publish();
    expect(publishedEvent.parse({ ok: true, ...answer })).toMatchObject({
      owner_agent: clerk,
      queued_deliveries: 1,
      processed_deliveries: 0,
      pending: 1,
    });
    await at.sendAll();
    expect(at.posted.map(({ body }) => JSON.parse(body))).toMatchObject([
      { type: 'inbox.reply_received', source: 'test', data: { n: 1 } },
    ]);
  });

  it('is one, however often it is repeated with its Idempotency-Key', async () => {
    await at.subscribe({ event_types: ['inbox.reply_received'] });
    const known = { key: 'k', requestHash: 'h' };
    const first = await at.publish({}, known);
    await at.sendAll();
    at.pass(60);
    const again = await at.publish({}, known);
    expect(again).toMatchObject({ event_id: first.event_id, accepted_at: first.accepted_at, delivered: 1 });
    await at.sendAll();
    expect(at.posted).toHaveLength(1);
    await expect(at.publish({}, { ...known, requestHash: 'other' })).rejects.toMatchObject({
      code: 'idempotency_conflict',
    });
  });

  it('is replayed once by a request that is repeated with its Idempotency-Key, and goes on where that broke off', async () => {
    await at.subscribe({ event_types: ['inbox.reply_received'] });
    const { event_id } = await at.publish();
    await at.sendAll();
    const asked = { key: 'again', requestHash: 'h' };
    const first = await at.replay(event_id, clerk, asked);
    // Queued, and lost on the way: nothing was sent yet.
    at.queue.length = 0;
    at.pass(60);
    expect(await at.replay(event_id, clerk, asked)).toEqual(first);
    await at.sendAll();
    expect(at.posted).toHaveLength(2);
    expect(await at.replay(event_id, clerk, asked)).toMatchObject({
      queued_deliveries: 1,
      replayed_at: first.replayed_at,
    });
    await at.sendAll();
    expect(at.posted).toHaveLength(2);
    await expect(at.replay(event_id, clerk, { ...asked, requestHash: 'other' })).rejects.toMatchObject({
      code: 'idempotency_conflict',
    });
    await at.replay(event_id, clerk, { ...asked, key: 'another' });
    await at.sendAll();
    expect(at.posted).toHaveLength(3);
  });

  it('is replayed by its owner alone; what the whole tenant hears, each for itself', async () => {
    await at.subscribe({ event_types: ['inbox.reply_received', 'intent.*'] });
    await at.subscribe({}, packer);
    const { event_id } = await at.publish();
    await expect(at.replay(event_id, packer)).rejects.toMatchObject({ name: 'NotFound' });
    await at.announce(await at.submit());
    const lifecycle = at.queue.find(({ eventId }) => eventId !== event_id)?.eventId ?? '';
    await at.sendAll();
    expect(await at.replay(lifecycle, packer)).toMatchObject({ queued_deliveries: 1, pending: 1, delivered: 0 });
    const before = at.posted.length;
    await at.sendAll();
    expect(at.posted).toHaveLength(before + 1);
    await expect(at.replay('00000000-0000-4000-8000-00000000ffff')).rejects.toMatchObject({ name: 'NotFound' });
  });
});
