/** The doors of agents' inboxes, over the tables in memory: what each gives and refuses, as the wire has it. */

import { randomUUID } from 'node:crypto';
import { beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Door, openDoor } from '../abuse/doors.ts';
import { house, newKey } from '../abuse/house.ts';
import { eventOf } from '../abuse/requests.ts';
import { faultsOfAnswer } from '../wire/contract.ts';

const rows = vi.hoisted(() => ({ broken: false, sent: [] as { tenant: string; to: string; intentId: string }[] }));

vi.mock('../../adapters/lambda/tables.ts', async (original) => ({
  ...(await original<object>()),
  openStore: (await import('../abuse/house.ts')).openHouse,
}));
vi.mock('../../adapters/mailboxes.ts', async (original) => {
  const memory = (await import('../../core/testing/memory-mailboxes.ts')).memoryMailboxes();
  const add: typeof memory.add = async (box, entry) => {
    if (rows.broken) throw new Error('throttled');
    return memory.add(box, entry);
  };
  return { ...(await original<object>()), mailboxes: () => ({ ...memory, add }) };
});
// The index of who was sent what, by what the tests have sent.
vi.mock('../../adapters/listed.ts', async (original) => ({
  ...(await original<object>()),
  youngestTo: async (_: unknown, tenant: string, to: string, limit: number) =>
    rows.sent
      .filter((one) => one.tenant === tenant && one.to === to)
      .map(({ intentId }) => intentId)
      .toReversed()
      .slice(0, limit),
}));

const tenant = 'acme/shop';
const address = (name: string): string => `agent://${tenant}/${name}`;
let api: Door;
let tasks: Door;
let sender: string;
let owner: string;

beforeAll(async () => {
  const people = [{ id: 'ada', name: 'Ada', mail: 'ada@example.com', roles: ['approvers'] }];
  [api, tasks] = await Promise.all([openDoor('api', people), openDoor('tasks', people)]);
  [sender, owner] = await Promise.all([newKey(tenant, 'sender'), newKey(tenant, 'owner')]);
});
beforeEach(() => {
  rows.broken = false;
});

// biome-ignore lint/suspicious/noExplicitAny: answers are whatever the API says; tests assert on them
type Answer = any;

async function call(key: string, method: string, path: string, body?: object, headers: Record<string, string> = {}) {
  const [plain = '', query = ''] = path.split('?');
  const event = eventOf({
    method,
    path: plain,
    query,
    headers: Object.entries({ 'x-api-key': key, 'content-type': 'application/json', ...headers }),
    ...(body ? { body: { bytes: Buffer.from(JSON.stringify(body)), mustBeRefused: false } } : {}),
    authorized: true,
    route: '',
  });
  const door = path.startsWith('/v1/inbox') ? tasks : api;
  const result = await door.handler(event, { getRemainingTimeInMillis: () => 30_000 });
  const text = result.body ?? '';
  const type = String(result.headers?.['content-type']);
  expect(faultsOfAnswer({ method, path, status: result.statusCode ?? 0, type, text })).toEqual([]);
  return { status: result.statusCode, body: JSON.parse(text) as Answer };
}
const codeOf = async (asked: ReturnType<typeof call>) => {
  const { status, body } = await asked;
  return [status, body.code];
};

async function send(to: string, more: object = {}): Promise<string> {
  const body = { intent_type: 'notify.message.v1', to_agent: to, payload: { n: 1 }, ...more };
  const made = await call(sender, 'POST', '/v1/intents', body);
  expect(made.status, JSON.stringify(made.body)).toBe(200);
  rows.sent.push({ tenant, to: address(to), intentId: made.body.intent_id });
  return made.body.intent_id;
}
const idsIn = (body: Answer): string[] => body.threads.map((one: { thread_id: string }) => one.thread_id);
const threads = async (key: string, query = '') => idsIn((await call(key, 'GET', `/v1/inbox${query}`)).body);

describe('an inbox', () => {
  it('has at once what was sent, in the feed once, and what its agent does with it', async () => {
    const reader = await newKey(tenant, 'reader');
    const [first, second] = [await send('reader'), await send('reader')];
    expect(await threads(reader)).toEqual([second, first]);
    expect(await threads(reader, '?limit=1')).toEqual([second]);
    const page = (await call(reader, 'GET', '/v1/inbox/changes?limit=1')).body;
    expect(page).toMatchObject({ changes: [{ thread: { thread_id: first, status: 'pending' } }], has_more: true });
    const rest = (await call(reader, 'GET', `/v1/inbox/changes?cursor=${page.next_cursor}`)).body;
    expect(rest).toMatchObject({ changes: [{ thread: { thread_id: second } }], has_more: false });
    const none = (await call(reader, 'GET', `/v1/inbox/changes?cursor=${rest.next_cursor}`)).body;
    expect(none).toMatchObject({ changes: [], next_cursor: rest.next_cursor, has_more: false });

    const path = `/v1/inbox/${first}`;
    const replied = await call(reader, 'POST', `${path}/reply`, { message: 'On it.' });
    expect(replied.body.thread.timeline.at(-1).details.message).toBe('On it.');
    expect(await threads(sender)).toContain(first);
    const after = (await call(reader, 'GET', `/v1/inbox/changes?cursor=${rest.next_cursor}`)).body;
    expect(after.changes.map(({ thread }: Answer) => thread.thread_id)).toEqual([first]);

    await call(reader, 'POST', `${path}/delegate`, { delegate_to: 'helper', note: 'Yours.' });
    const helper = await newKey(tenant, 'helper');
    expect(await threads(helper)).toEqual([first]);
    const approved = await call(helper, 'POST', `${path}/approve`, { comment: 'Done.' });
    expect(approved.body.thread.status).toBe('done');
    expect((await call(sender, 'GET', `/v1/intents/${first}`)).body.intent.result).toEqual({
      approved: true,
      comment: 'Done.',
    });
    const hidden = (await call(reader, 'POST', `${path}/messages/delete`, { mode: 'self' })).body;
    expect([hidden.deleted_count, hidden.thread.timeline.length]).toEqual([4, 1]);
    expect(await threads(reader)).toContain(first);
    for (const [verb, body] of [
      ['reply', { message: 'Late' }],
      ['delegate', { delegate_to: 'another' }],
      ['approve', {}],
      ['reject', {}],
    ] as const)
      expect(await codeOf(call(reader, 'POST', `${path}/${verb}`, body)), verb).toEqual([409, 'intent_terminal']);
  });

  it('has the answer to what named it, as soon as whoever gave it is answered', async () => {
    const clerk = await newKey(tenant, 'clerk');
    const id = await send('owner', { reply_to: 'clerk' });
    expect(await threads(clerk)).toEqual([]);
    expect(await codeOf(call(clerk, 'GET', `/v1/inbox/${id}`))).toEqual([404, 'not_found']);
    await call(owner, 'POST', `/v1/intents/${id}/resolve`, { status: 'COMPLETED', result: {} });
    expect(await threads(clerk)).toEqual([id]);
    // Ended before anybody looked, it is in its receiver's inbox all the same.
    expect(await threads(owner)).toContain(id);
    const rejected = await send('owner', { reply_to: 'clerk' });
    await call(owner, 'POST', `/v1/inbox/${rejected}/reject`, {});
    expect(await threads(clerk)).toEqual([rejected, id]);
  });

  it('repeats an answer for the same Idempotency-Key, and does nothing twice', async () => {
    const id = await send('owner');
    const reply = (message: string) =>
      call(owner, 'POST', `/v1/inbox/${id}/reply`, { message }, { 'idempotency-key': `key-${id}` });
    const [one, two] = [await reply('Once.'), await reply('Once.')];
    expect(two).toEqual(one);
    await call(owner, 'POST', `/v1/inbox/${id}/approve`, {});
    // As it was then, not as the thread is by now.
    expect(await reply('Once.')).toEqual(one);
    expect(await codeOf(reply('Other.'))).toEqual([409, 'idempotency_conflict']);
  });

  it.each(['approve', 'reject'])('is answered by %s under a claim by whoever holds it', async (verb) => {
    const id = await send('owner');
    const { fencing_token } = (
      await call(owner, 'POST', `/v1/intents/${id}/claim`, { claimant: 'one', lease_seconds: 60 })
    ).body;
    const say = (headers: Record<string, string>) => call(owner, 'POST', `/v1/inbox/${id}/${verb}`, {}, headers);
    expect(await codeOf(say({}))).toEqual([409, 'claimed']);
    expect(await codeOf(say({ 'x-fencing-token': String(fencing_token + 1) }))).toEqual([409, 'claimed']);
    expect(await codeOf(say({ 'x-fencing-token': 'mine' }))).toEqual([422, 'schema_invalid']);
    const { status, body } = await say({ 'x-fencing-token': String(fencing_token) });
    expect([status, body.thread.status]).toEqual([200, 'done']);
  });

  it('that can’t be written to just now is left to deliver: what was committed is answered', async () => {
    const id = await send('owner');
    rows.broken = true;
    expect((await call(owner, 'POST', `/v1/inbox/${id}/reply`, { message: 'Hi' })).status).toBe(200);
    expect((await call(owner, 'POST', `/v1/intents/${id}/resolve`, { status: 'COMPLETED', result: {} })).status).toBe(
      200,
    );
    const ref = { tenant, intentId: id };
    expect(house.memory.outbox(ref).filter(({ body }) => body.thread)).not.toEqual([]);
  });

  it('is its agent’s alone', async () => {
    const id = await send('owner');
    expect(await codeOf(call(sender, 'GET', '/v1/inbox?owner_agent=owner'))).toEqual([403, 'policy_denied']);
    const header = { 'x-owner-agent': address('owner') };
    expect(await codeOf(call(sender, 'GET', '/v1/inbox', undefined, header))).toEqual([403, 'policy_denied']);
    const two = call(sender, 'GET', '/v1/inbox?owner_agent=sender', undefined, header);
    expect(await codeOf(two)).toEqual([400, 'owner_mismatch']);
    expect((await call(owner, 'GET', '/v1/inbox?owner_agent=owner', undefined, header)).status).toBe(200);
    expect(await codeOf(call(sender, 'POST', `/v1/inbox/${id}/approve`, {}))).toEqual([403, 'policy_denied']);
    expect(await codeOf(call(owner, 'POST', `/v1/inbox/${id}/approve?owner_agent=other`, {}))).toEqual([
      403,
      'policy_denied',
    ]);
    for (const verb of ['reply', 'delegate', 'messages/delete']) {
      const bodies: Record<string, object> = { reply: { message: 'x' }, delegate: { delegate_to: 'another' } };
      const asked = call(sender, 'POST', `/v1/inbox/${id}/${verb}`, bodies[verb] ?? { mode: 'both' });
      expect(await codeOf(asked), verb).toEqual([404, 'not_found']);
    }
    for (const path of [`/v1/inbox/${randomUUID()}`, '/v1/inbox/x'])
      expect(await codeOf(call(owner, 'GET', path))).toEqual([404, 'not_found']);
  });

  it.each([
    ['GET', '/v1/inbox?limit=0'],
    ['GET', '/v1/inbox?colour=red'],
    ['GET', '/v1/inbox?owner_agent=a%20b'],
    ['GET', '/v1/inbox/changes?cursor=x'],
    ['POST', '/reply', {}],
    ['POST', '/reply', { message: '' }],
    ['POST', '/reply', { message: 'x'.repeat(5001) }],
    ['POST', '/reply', { message: 'x', colour: 'red' }],
    ['POST', '/delegate', {}],
    ['POST', '/delegate', { delegate_to: 'a b' }],
    ['POST', '/delegate', { delegate_to: 'owner' }],
    ['POST', '/messages/delete', {}],
    ['POST', '/messages/delete', { mode: 'all' }],
    ['POST', '/messages/delete', { mode: 'self', limit: 101 }],
    ['POST', '/messages/delete', { mode: 'self', message_ids: [] }],
  ] as [string, string, object?][])('refuses %s %s %j', async (method, path, body) => {
    const whole = method === 'GET' ? path : `/v1/inbox/${await send('owner')}${path}`;
    expect(await codeOf(call(owner, method, whole, body))).toEqual([422, 'schema_invalid']);
  });

  it('hides the lines that are named, of those that are its own', async () => {
    const id = await send('owner');
    const { timeline } = (await call(owner, 'GET', `/v1/inbox/${id}`)).body.thread;
    const message_ids = [timeline[1].event_id, timeline[0].event_id, randomUUID()];
    const gone = (await call(owner, 'POST', `/v1/inbox/${id}/messages/delete`, { mode: 'both', message_ids })).body;
    expect(gone).toMatchObject({ mode: 'both', deleted_count: 1, message_ids: [timeline[1].event_id] });
    const again = (await call(owner, 'POST', `/v1/inbox/${id}/messages/delete`, { mode: 'self', message_ids })).body;
    expect(again).toMatchObject({ deleted_count: 0, message_ids: [] });
  });
});

describe('controls and policy', () => {
  it('are set at their doors, for the generation that was read', async () => {
    const id = await send('owner');
    const set = (key: string, what: string, body: object, headers = {}) =>
      call(key, 'POST', `/v1/intents/${id}/${what}?owner_agent=sender`, body, headers);
    const patch = { controls_patch: { timeout_seconds: 60 }, expected_policy_generation: 1 };
    const first = await set(sender, 'controls', patch, { 'idempotency-key': `k-${id}` });
    expect(first.body).toMatchObject({ applied: true, policy_generation: 2, intent: { policy_generation: 2 } });
    expect(await set(sender, 'controls', patch, { 'idempotency-key': `k-${id}` })).toEqual(first);
    expect(await codeOf(set(sender, 'controls', patch))).toEqual([409, 'stale_generation']);
    expect(await codeOf(set(owner, 'controls', {}))).toEqual([403, 'policy_denied']);
    expect((await set(sender, 'policy', { envelope_patch: { max_retry_count: 10 } })).body.policy_generation).toBe(3);
    expect(await set(sender, 'controls', patch, { 'idempotency-key': `k-${id}` })).toEqual(first);
    const refused = await set(sender, 'controls', { controls_patch: { cost_cap_usd: 1 } });
    expect([refused.status, refused.body.error.details.field]).toEqual([422, 'controls_patch.cost_cap_usd']);
    expect(await codeOf(set(sender, 'controls', {}, { 'x-owner-agent': 'other' }))).toEqual([400, 'owner_mismatch']);
    const unknown = `/v1/intents/${randomUUID()}/policy`;
    expect(await codeOf(call(sender, 'POST', unknown, {}))).toEqual([404, 'not_found']);
  });
});
