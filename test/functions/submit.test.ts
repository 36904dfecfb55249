import { afterEach, describe, expect, it } from 'vitest';
import { type MemoryStore, memoryStore } from '../../core/testing/memory-store.ts';
import { admit } from '../../functions/api/submit.ts';
import { intentTypeOf } from '../../intents/index.ts';
import { agent, contextAt, idsInOrder, refundPayload, start, tenant } from '../core/builders.ts';

const caller = { keyId: 'k', tenant, agent, name: 'support', createdAt: start };
const refund = { intent_type: 'intent.refund.v1', payload: refundPayload() };

/** A door with one store behind it; every request comes with ids of its own. */
function door(store: MemoryStore = memoryStore()) {
  const newId = idsInOrder();
  const post = (body: unknown, idempotencyKey?: string, from = caller, now = start) =>
    admit(store, from, { body, idempotencyKey, traceId: 'trace-00000001', context: contextAt(now, newId) });
  return { store, post };
}

describe('POST /v1/intents', () => {
  it('accepts a declared type; the deployment itself is its receiver, the key’s agent its sender', async () => {
    const { store, post } = door();
    const { intent_id } = await post({ ...refund, from_agent: 'agent://evil/evil/evil' });
    const state = await store.load({ tenant, intentId: String(intent_id) }, { request: true });
    expect(state?.head).toMatchObject({ from: agent, status: 'SUBMITTED' });
    expect(state?.request).toMatchObject({ to: 'agent://acme/shop/holdpoint', payload: refundPayload() });
  });

  it('keeps what was asked of people and times', async () => {
    const { store, post } = door();
    const { intent_id } = await post({
      ...refund,
      to_agent: 'approver',
      on_behalf_of: 'customer-7',
      deadline_at: '2026-11-20T12:00:00+01:00',
      human_task: { title: 'Look' },
      max_reminders: 2,
    });
    const state = await store.load({ tenant, intentId: String(intent_id) }, { request: true });
    expect(state).toMatchObject({
      head: { onBehalfOf: 'customer-7', deadlineAt: '2026-11-20T11:00:00.000Z' },
      request: { to: 'agent://acme/shop/approver', humanTask: { title: 'Look' }, max_reminders: 2 },
    });
  });

  it.each([
    ['a type that is not declared, for nobody', { intent_type: 'intent.launch.v1' }, 'to_agent'],
    ['what is no name of a type', { intent_type: 'launch', to_agent: 'bot' }, 'intent_type'],
    ['a payload that does not fit', { payload: { ...refundPayload(), amount_cents: '1' } }, 'payload.amount_cents'],
    ['an unknown field in the payload', { payload: refundPayload({ colour: 'red' }) }, 'payload.colour'],
    ['an unknown field', { colour: 'red' }, 'colour'],
    ['a receiver that is no address', { to_agent: 'a/b/c/d' }, 'to_agent'],
    ['text that is no Unicode', { payload: refundPayload({ reason: '\ud800' }) }, '(body)'],
  ])('refuses %s, with its path, and keeps nothing', async (_, over, field) => {
    const { store, post } = door();
    await expect(post({ ...refund, ...over })).rejects.toMatchObject({ name: 'InvalidInput', details: { field } });
    expect(await store.load({ tenant, intentId: '00000000-0000-4000-8000-000000000002' })).toBeUndefined();
  });

  it('tells what was accepted before its deadline was over, to whoever asks again', async () => {
    const { post } = door();
    const late = '2026-11-21T09:00:00.000Z';
    const asked = { ...refund, deadline_at: '2026-11-20T12:00:00Z' };
    const first = await post(asked, 'key-1');
    expect(await post(asked, 'key-1', caller, late)).toEqual(first);
    const over = { name: 'InvalidInput', details: { field: 'deadline_at' } };
    await expect(post(asked, 'key-2', caller, late)).rejects.toMatchObject(over);
    await expect(post({ ...asked, deadline_at: '2026-11-20T13:00:00Z' }, 'key-1', caller, late)).rejects.toMatchObject({
      code: 'idempotency_conflict',
    });
  });

  it('says so while a stop stands', async () => {
    const { store, post } = door();
    store.stop({ kind: 'type', id: 'intent.refund.v1' });
    await expect(post(refund)).rejects.toMatchObject({ name: 'PolicyDenied', details: { reason: 'stopped' } });
    await expect(post({ intent_type: 'human_approval' })).resolves.toMatchObject({ status: 'SUBMITTED' });
  });
});

describe('a closed door', () => {
  const refundType = intentTypeOf('intent.refund.v1') as { closed?: boolean };
  afterEach(() => {
    delete refundType.closed;
  });

  it('takes nothing in, and says why; other types go on', async () => {
    const { store, post } = door();
    refundType.closed = true;
    const refused = { name: 'PolicyDenied', code: 'policy_denied', details: { reason: 'type_closed' } };
    await expect(post(refund)).rejects.toMatchObject(refused);
    await expect(post(refund, 'key-1')).rejects.toMatchObject(refused);
    expect(await store.load({ tenant, intentId: '00000000-0000-4000-8000-000000000002' })).toBeUndefined();
    await expect(post({ intent_type: 'human_approval' })).resolves.toMatchObject({ status: 'SUBMITTED' });
  });

  it('still tells what was accepted before it closed, to whoever asks again', async () => {
    const { post } = door();
    const first = await post(refund, 'key-1');
    refundType.closed = true;
    expect(await post(refund, 'key-1')).toEqual(first);
    const other = { ...refund, payload: refundPayload({ amount_cents: 1 }) };
    await expect(post(other, 'key-1')).rejects.toMatchObject({ name: 'Conflict', code: 'idempotency_conflict' });
  });
});

describe('an Idempotency-Key', () => {
  it('with the same body gives the same answer, whatever order its fields came in', async () => {
    const { post } = door();
    const first = await post(refund, 'key-1');
    expect(await post({ payload: refund.payload, intent_type: refund.intent_type }, 'key-1')).toEqual(first);
    expect(await post(refund, 'key-2')).not.toEqual(first);
    expect(await post(refund)).not.toEqual(first);
  });

  it('with another body is a conflict', async () => {
    const { post } = door();
    await post(refund, 'key-1');
    const other = { ...refund, payload: refundPayload({ amount_cents: 1 }) };
    await expect(post(other, 'key-1')).rejects.toMatchObject({ name: 'Conflict', code: 'idempotency_conflict' });
  });

  it('used ten times at the same instant is one intent', async () => {
    const { post } = door();
    const answers = await Promise.all(Array.from({ length: 10 }, () => post(refund, 'key-1')));
    expect(new Set(answers.map((answer) => answer.intent_id)).size).toBe(1);
  });

  it('is the caller’s own: another agent or tenant may use the same', async () => {
    const { post } = door();
    const first = await post(refund, 'key-1');
    expect(await post(refund, 'key-1', { ...caller, agent: 'agent://acme/shop/other' })).not.toEqual(first);
    expect(await post(refund, 'key-1', { ...caller, tenant: 'acme/other' })).not.toEqual(first);
  });

  it.each(['', 'x'.repeat(256)])('of no or too many characters is refused', async (key) => {
    await expect(door().post(refund, key)).rejects.toMatchObject({ details: { field: 'Idempotency-Key' } });
  });
});
