/** Agents' inboxes on the deployed stack, as AXP's clients use them: each step reads what the one before did. */

import { randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { createKey } from '../../adapters/keys.ts';
import { signedIn } from './people.ts';
import { type Agent, agentOf, approvalIntent, dynamo, newAgent, settled, tables, waitFor } from './world.ts';

let sender: Agent;
let owner: Agent;
/** One key plays all parts, as the one that `npm start` makes. */
let demo: Agent;

beforeAll(async () => {
  sender = await newAgent(undefined, 'sender');
  owner = await newAgent(sender.tenant, 'owner');
  const { token } = await createKey(dynamo, tables.control, {
    tenant: sender.tenant,
    agent: `agent://${sender.tenant}/demo`,
    name: 'test',
    now: new Date().toISOString(),
    mayDecideAs: 'ada',
    ownToo: true,
  });
  demo = agentOf(token, sender.tenant, 'demo');
});

const work = (to: string, more: object = {}) => ({
  intent_type: 'notify.message.v1',
  to_agent: to,
  payload: { n: 1 },
  ...more,
});

type Thread = { thread_id: string; status: string; timeline: { event_id: string; details: { message?: string } }[] };

async function ok(agent: Agent, method: string, path: string, body?: object, headers: Record<string, string> = {}) {
  const answer = await agent.call(method, path, { headers, ...(body ? { body } : {}) });
  expect(answer.status, JSON.stringify(answer.body)).toBe(200);
  return answer.body;
}
const threadsOf = async (agent: Agent, query = ''): Promise<string[]> =>
  (await ok(agent, 'GET', `/v1/inbox${query}`)).threads.map((one: Thread) => one.thread_id);

describe('an inbox', () => {
  it('has what was sent, answered, written and handed on, each at once, and keeps it', async () => {
    const id = await sender.submit(work('owner', { reply_to: 'agent://conformance/reply-target' }));
    expect(await threadsOf(owner)).toEqual([id]);
    const first = await ok(owner, 'GET', '/v1/inbox/changes');
    expect(first).toMatchObject({ changes: [{ thread: { thread_id: id, status: 'pending' } }], has_more: false });

    const written = await ok(owner, 'POST', `/v1/inbox/${id}/reply`, { message: 'On it.' }, { 'idempotency-key': 'r' });
    const again = await ok(owner, 'POST', `/v1/inbox/${id}/reply`, { message: 'On it.' }, { 'idempotency-key': 'r' });
    const messages = (thread: Thread) => thread.timeline.filter(({ details }) => details.message === 'On it.');
    for (const { thread } of [written, again]) expect(messages(thread)).toHaveLength(1);
    expect(await threadsOf(sender)).toEqual([id]);
    const second = await ok(owner, 'GET', `/v1/inbox/changes?cursor=${first.next_cursor}`);
    expect(second.changes.length).toBeGreaterThan(0);

    const delegate = '/delegate?owner_agent=owner';
    await ok(demo, 'POST', `/v1/inbox/${id}${delegate}`, {
      delegate_to: 'agent://conformance/delegate',
      note: 'handoff',
    });
    expect(await threadsOf(demo, '?owner_agent=agent://conformance/delegate')).toEqual([id]);

    // The agent that it was handed to answers by the same word that people decide with.
    const approve = `/v1/inbox/${id}/approve?owner_agent=agent://conformance/delegate`;
    const approved = await ok(demo, 'POST', approve, { comment: 'Done.' });
    expect(approved.thread).toMatchObject({ status: 'done', owner_agent: 'agent://conformance/delegate' });
    expect((await sender.get(id)).result).toEqual({ approved: true, comment: 'Done.' });
    expect(await threadsOf(demo, '?owner_agent=agent://conformance/reply-target')).toEqual([id]);

    const hidden = await ok(owner, 'POST', `/v1/inbox/${id}/messages/delete`, { mode: 'self', limit: 1 });
    expect(hidden).toMatchObject({ mode: 'self', deleted_count: 1 });
    const named = hidden.thread.timeline.at(-1).event_id;
    const some = { mode: 'both', message_ids: [named, hidden.thread.timeline[0].event_id] };
    expect(await ok(owner, 'POST', `/v1/inbox/${id}/messages/delete`, some)).toMatchObject({ message_ids: [named] });
    expect(await threadsOf(owner)).toEqual([id]);

    for (const [verb, body] of [
      ['reply', { message: 'Late.' }],
      ['delegate', { delegate_to: 'another' }],
      ['approve', {}],
    ] as const) {
      const refused = await owner.call('POST', `/v1/inbox/${id}/${verb}`, { body });
      expect([refused.status, refused.body.code], verb).toEqual([409, 'intent_terminal']);
    }
  });

  it('is followed by its cursor: every entry once, whatever the pages, and what deliver puts in is not put in twice', async () => {
    const reader = await newAgent(sender.tenant, 'reader');
    const ids: string[] = [];
    for (let n = 0; n < 4; n += 1) ids.push(await sender.submit(work('reader')));
    const seen: string[] = [];
    let cursor = '';
    for (let more = true; more; ) {
      const page = await ok(reader, 'GET', `/v1/inbox/changes?limit=3${cursor}`);
      seen.push(...page.changes.map(({ thread }: { thread: Thread }) => thread.thread_id));
      cursor = `&cursor=${page.next_cursor}`;
      more = page.has_more;
    }
    // In the order in which they came in, which is nobody's who sends: they are under way side by side.
    expect(seen.toSorted()).toEqual(ids.toSorted());
    for (const id of ids) await settled(sender, id);
    expect(await ok(reader, 'GET', `/v1/inbox/changes?limit=3${cursor}`)).toMatchObject({
      changes: [],
      has_more: false,
    });
    expect(await threadsOf(reader, '?limit=2')).toEqual(seen.toReversed().slice(0, 2));
    const mailbox = await ok(reader, 'GET', '/v1/agents/reader/intents');
    expect(mailbox.intents.map(({ intent_id }: { intent_id: string }) => intent_id)).toEqual(seen);
  });

  it('of a declared type has the thread of whoever it names, and a person decides it there', async () => {
    const id = await sender.submit({ ...approvalIntent(), to_agent: 'approver' });
    await sender.reaches(id, 'WAITING');
    const query = '?owner_agent=approver';
    expect(await threadsOf(demo, query)).toEqual([id]);
    const denied = await owner.call('POST', `/v1/inbox/${id}/approve`, { body: {} });
    expect(denied.status).toBe(401);
    const { thread } = await ok(demo, 'POST', `/v1/inbox/${id}/approve${query}`, { comment: 'Yes.' });
    expect(thread).toMatchObject({ status: 'done', owner_agent: `agent://${sender.tenant}/approver` });
    expect(await threadsOf(demo, query)).toEqual([id]);
    const told = async () => {
      const { changes } = await ok(demo, 'GET', `/v1/inbox/changes${query}`);
      return changes.length === 2 || undefined;
    };
    await waitFor('its end is told', told);
  });

  it('is its agent’s alone; two owners are refused, and so is what is no thread, cursor or body of one', async () => {
    const id = await sender.submit(work('owner'));
    const call = (path: string, method = 'GET', body?: object, headers: Record<string, string> = {}) =>
      sender.call(method, path, { headers, ...(body ? { body } : {}) });
    const other = await call('/v1/inbox?owner_agent=owner');
    expect([other.status, other.body.code]).toEqual([403, 'policy_denied']);
    expect((await call('/v1/inbox', 'GET', undefined, { 'x-owner-agent': 'owner' })).status).toBe(403);
    const two = await call('/v1/inbox?owner_agent=sender', 'GET', undefined, { 'x-owner-agent': 'owner' });
    expect([two.status, two.body.code]).toEqual([400, 'owner_mismatch']);
    expect(
      (await call('/v1/inbox?owner_agent=sender', 'GET', undefined, { 'x-owner-agent': sender.address })).status,
    ).toBe(200);
    for (const path of [`/v1/inbox/${id}`, `/v1/inbox/${randomUUID()}`, '/v1/inbox/x'])
      expect((await call(path)).status, path).toBe(404);
    expect((await call(`/v1/inbox/${id}/reply`, 'POST', { message: 'Hi' })).status).toBe(404);
    for (const query of ['cursor=x', 'limit=0', 'colour=red', 'owner_agent=a%20b'])
      expect((await call(`/v1/inbox/changes?${query}`)).status, query).toBe(422);
    for (const [verb, body] of [
      ['reply', {}],
      ['reply', { message: '' }],
      ['reply', { message: 'x'.repeat(5001) }],
      ['delegate', {}],
      ['delegate', { delegate_to: 'a b' }],
      ['delegate', { delegate_to: 'owner' }],
      ['messages/delete', {}],
      ['messages/delete', { mode: 'all' }],
      ['messages/delete', { mode: 'self', limit: 101 }],
    ] as const) {
      const answer = await owner.call('POST', `/v1/inbox/${id}/${verb}`, { body });
      expect([answer.status, answer.body.code], JSON.stringify(body)).toEqual([422, 'schema_invalid']);
    }
    // A person's session beside the key opens no other inbox.
    const ada = await signedIn('ada');
    expect((await call('/v1/inbox?owner_agent=owner', 'GET', undefined, ada)).status).toBe(403);
  });
});

describe('controls and policy', () => {
  const set = (agent: Agent, id: string, what: string, body: object, query = '') =>
    agent.call('POST', `/v1/intents/${id}/${what}${query}`, { body });

  it('hold at once: a run that waits by the old deadline ends by the new one', async () => {
    const id = await sender.submit(work('owner'));
    await sender.reaches(id, 'DELIVERED');
    expect((await sender.get(id)).policy_generation).toBe(1);
    const answer = await set(sender, id, 'controls', {
      controls_patch: { timeout_seconds: 2 },
      expected_policy_generation: 1,
    });
    expect(answer.body).toMatchObject({ applied: true, policy_generation: 2, intent: { policy_generation: 2 } });
    const ended = await sender.reaches(id, 'TIMED_OUT');
    expect(ended.error.code).toBe('intent_timeout');
    expect((await set(sender, id, 'controls', { controls_patch: {} })).body.code).toBe('intent_terminal');
  });

  it('of what a person is asked end it too, and stay the sender’s and whom it lets', async () => {
    const id = await sender.submit(approvalIntent());
    await sender.reaches(id, 'WAITING');
    expect((await set(owner, id, 'controls', { controls_patch: {} })).status).toBe(403);
    const grants_patch = { [`delegate:${owner.address}`]: { allow: ['resume', 'update_controls'] } };
    const body = { grants_patch, envelope_patch: { max_timeout_seconds: 60 }, expected_policy_generation: 1 };
    expect((await set(sender, id, 'policy', body, `?owner_agent=${sender.address}`)).body.policy_generation).toBe(2);
    expect((await set(owner, id, 'policy', {})).status).toBe(403);
    const beyond = await set(owner, id, 'controls', { controls_patch: { timeout_seconds: 61 } });
    expect([beyond.status, beyond.body.error.details.reason]).toEqual([403, 'envelope']);
    const stale = await set(owner, id, 'controls', { controls_patch: {}, expected_policy_generation: 1 });
    expect([stale.status, stale.body.code]).toEqual([409, 'stale_generation']);
    const unknown = await set(owner, id, 'controls', { controls_patch: { cost_cap_usd: 5 } });
    expect([unknown.status, unknown.body.error.details.field]).toEqual([422, 'controls_patch.cost_cap_usd']);
    const two = await sender.call('POST', `/v1/intents/${id}/controls?owner_agent=one`, {
      body: {},
      headers: { 'x-owner-agent': 'other' },
    });
    expect(two.status).toBe(400);
    expect((await set(owner, id, 'controls', { controls_patch: { timeout_seconds: 2 } })).status).toBe(200);
    await sender.reaches(id, 'TIMED_OUT');
  });
});

describe('many intents', () => {
  it('are listed by their parent at once, and withdrawn together', async () => {
    const boss = await newAgent(sender.tenant, 'boss');
    const parent = await boss.submit(work('owner'));
    const parts: string[] = [];
    for (let n = 0; n < 3; n += 1) parts.push(await boss.submit(work('owner', { parent_intent_id: parent })));
    const listed = async (query: string) => ok(sender, 'GET', `/v1/intents?parent_intent_id=${parent}${query}`);
    const idsOf = ({ intents }: { intents: { intent_id: string }[] }) => intents.map(({ intent_id }) => intent_id);
    expect(idsOf(await listed(''))).toEqual(parts.toReversed());
    const page = await listed('&limit=2');
    expect([...idsOf(page), ...idsOf(await listed(`&cursor=${page.next_cursor}`))]).toEqual(parts.toReversed());
    expect(idsOf(await listed('&status=COMPLETED'))).toEqual([]);
    expect(idsOf(await ok(sender, 'GET', `/v1/intents?parent_intent_id=${randomUUID()}`))).toEqual([]);

    const bulk = (body: object, agent = boss) => ok(agent, 'POST', '/v1/intents/bulk-cancel', body);
    await waitFor('the list', async () => (await bulk({ older_than_hours: 0 })).would_cancel === 4 || undefined);
    expect(await bulk({ older_than_hours: 0 }, owner)).toMatchObject({ would_cancel: 0 });
    expect(await bulk({ dry_run: false })).toMatchObject({ canceled: 0 });
    const done = await bulk({ older_than_hours: 0, dry_run: false, reason: 'Not needed.' });
    expect(done.canceled).toBeGreaterThan(0);
    // A part may have gone with its parent first.
    for (const id of [parent, ...parts]) await boss.reaches(id, 'CANCELED');
  });
});

describe('nicks, invites and schemas', () => {
  it('are kept for their tenant, as AXP has them', async () => {
    const nick = '@Shop.Bot';
    const { owner_agent } = await ok(sender, 'POST', '/v1/users/register-nick', { nick, display_name: 'Shop' });
    expect((await owner.call('POST', '/v1/users/register-nick', { body: { nick } })).body.code).toBe('nick_taken');
    await ok(sender, 'POST', '/v1/users/rename-nick', { owner_agent, nick: '@shop.2' });
    expect(await ok(owner, 'GET', '/v1/users/check-nick?nick=%40Shop.Bot')).toMatchObject({ nick, available: true });
    await ok(sender, 'POST', '/v1/users/profile/update', { owner_agent, display_name: 'Shop 2' });
    expect(await ok(owner, 'GET', `/v1/users/profile?owner_agent=${owner_agent}`)).toMatchObject({
      display_name: 'Shop 2',
    });
    const { token } = await ok(sender, 'POST', '/v1/invites/create', { owner_agent: sender.address });
    expect(await ok(owner, 'GET', `/v1/invites/${token}`)).toMatchObject({ status: 'pending' });
    await ok(owner, 'POST', `/v1/invites/${token}/accept`, { nick: '@Invited.User' });
    expect((await owner.call('POST', `/v1/invites/${token}/accept`, { body: { nick: 'x_x_x' } })).status).toBe(409);
    const schema = {
      semantic_type: 'shop.parcel.packed.v1',
      schema_json: { type: 'object' },
      compatibility_mode: 'strict',
    };
    await ok(sender, 'POST', '/v1/schemas', schema);
    expect((await ok(owner, 'GET', '/v1/schemas/shop.parcel.packed.v1')).schema.schema_json).toEqual({
      type: 'object',
    });
    expect((await owner.call('POST', '/v1/schemas', { body: schema })).status).toBe(403);
  });
});
