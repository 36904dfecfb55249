import { beforeEach, describe, expect, it } from 'vitest';
import type { ApiKey } from '../../adapters/keys.ts';
import type { IntentRef } from '../../core/model.ts';
import { memoryStore } from '../../core/testing/memory-store.ts';
import { answerByResume, claim, resolve } from '../../functions/api/answer.ts';
import { admit } from '../../functions/api/submit.ts';
import { eventOut, intentOut } from '../../functions/api/views.ts';
import { claimed, resolved } from '../../wire/answers.ts';
import * as given from '../core/builders.ts';
import { faultsBy, schemasAreHere } from '../wire/schemas.ts';

const keyOf = (agent: string, more: Partial<ApiKey> = {}): ApiKey => ({
  keyId: '0123456789abcdef',
  tenant: given.tenant,
  agent: `agent://${given.tenant}/${agent}`,
  name: 'test',
  createdAt: given.start,
  ...more,
});
const sender = keyOf('clerk');
const receiver = keyOf('packer');

let store: ReturnType<typeof memoryStore>;
let ref: IntentRef;
let newId: () => string;
const context = () => given.contextAt(given.start, newId);
const request = (body: unknown, more: { idempotencyKey?: string; fencingToken?: string } = {}) => ({
  body,
  idempotencyKey: undefined,
  fencingToken: undefined,
  ...more,
  context,
});

const submitted = async (more: object = {}) => {
  const body = { intent_type: 'parcels.pack.v1', to_agent: 'packer', payload: { parcel: 'P-1' }, ...more };
  const asked = { body, idempotencyKey: undefined, traceId: 'trace-00000001', context: context() };
  const { intent_id } = (await admit(store, sender, asked)) as { intent_id: string };
  return { tenant: given.tenant, intentId: intent_id };
};

beforeEach(async () => {
  store = memoryStore();
  newId = given.idsInOrder();
  ref = await submitted();
});

describe('what is submitted for an agent', () => {
  it('is addressed whole, as is whoever gets the answer', async () => {
    const { intentId } = await submitted({ reply_to: 'clerk', max_delivery_attempts: 3 });
    const state = await store.load({ tenant: given.tenant, intentId }, { request: true });
    expect(state?.request).toMatchObject({ to: receiver.agent, replyTo: sender.agent });
    expect(state?.delivery?.maxAttempts).toBe(3);
    expect(state?.head).toMatchObject({ delegated: true, replies: true });
  });

  it.each([
    ['nobody', { to_agent: undefined }, 'to_agent'],
    ['no address', { to_agent: 'a/b/c/d' }, 'to_agent'],
    ['an answer to no address', { reply_to: 'ops@example.com' }, 'reply_to'],
    ['a parent that is not there', { parent_intent_id: '01a200a8-09fc-72e3-aa26-2587e329c757' }, 'parent_intent_id'],
    ['no name of a type', { intent_type: 'Parcels' }, 'intent_type'],
  ])('is refused with %s', async (_what, more, field) => {
    await expect(submitted(more)).rejects.toMatchObject({ details: { field } });
  });
});

describe('an answer', () => {
  it.each([
    ['the words of AXP', { action: 'complete', result: { packed: true } }, { packed: true }],
    ['any object', { packed: true, boxes: 2 }, { packed: true, boxes: 2 }],
    ['an action that is nobody’s word', { action: 'pack', box: 1 }, { action: 'pack', box: 1 }],
    ['a word with more than belongs to it', { action: 'wait', minutes: 5 }, { action: 'wait', minutes: 5 }],
    ['nothing', {}, {}],
  ])('in %s ends it', async (_what, body, result) => {
    const answer = { ok: true, ...(await answerByResume(store, receiver, ref, request(body))) };
    expect(resolved.parse(answer)).toEqual(answer);
    expect((await store.load(ref))?.outcome).toEqual({ result });
  });

  it.each(['text', 1, null, [1], undefined])('%j is none', async (body) => {
    await expect(answerByResume(store, receiver, ref, request(body))).rejects.toMatchObject({ code: 'schema_invalid' });
  });

  it('of a key that plays all parts counts as the receiver’s', async () => {
    await answerByResume(store, keyOf('any', { ownToo: true }), ref, request({ packed: true }));
    expect((await store.load(ref))?.head.status).toBe('COMPLETED');
  });

  it('with a fencing token that is no number is refused', async () => {
    const wrong = request({}, { fencingToken: 'one' });
    await expect(answerByResume(store, receiver, ref, wrong)).rejects.toMatchObject({
      details: { field: 'X-Fencing-Token' },
    });
  });

  it('that comes again under its Idempotency-Key is answered again, by claim, resume and resolve', async () => {
    const again = { idempotencyKey: 'k-1' };
    const lease = request({ claimant: 'one', lease_seconds: 60 }, again);
    const first = { ok: true, ...(await claim(store, receiver, ref, lease)) };
    expect(claimed.parse(first)).toEqual(first);
    expect({ ok: true, ...(await claim(store, receiver, ref, lease)) }).toEqual(first);
    const { fencing_token } = first as unknown as { fencing_token: number };
    const token = { ...again, fencingToken: String(fencing_token) };
    const end = request({ status: 'COMPLETED', result: { packed: true } }, token);
    const ended = await resolve(store, receiver, ref, end);
    expect(await resolve(store, receiver, ref, end)).toEqual(ended);
    const other = request({ status: 'COMPLETED', result: { packed: false } }, token);
    await expect(resolve(store, receiver, ref, other)).rejects.toMatchObject({ code: 'idempotency_conflict' });
  });

  it.skipIf(!schemasAreHere)('is told as AXP’s schemas have it, however it ends', async () => {
    const schema = (name: string) => `public_api/api.intents.${name}.v1.json`;
    const ends: [ApiKey, object][] = [
      [receiver, { status: 'COMPLETED', result: { packed: true } }],
      [receiver, { status: 'FAILED', error: { code: 'no_boxes' } }],
      [receiver, { status: 'CANCELED', reason: 'not mine' }],
      [sender, { status: 'CANCELED', reason: 'not needed' }],
    ];
    for (const [key, body] of ends) {
      expect(faultsBy(schema('resolve.request'), body)).toEqual([]);
      const one = await submitted({ reply_to: 'clerk' });
      await answerByResume(store, receiver, one, request({ action: 'wait' }));
      const open = await store.load(one, { request: true });
      expect(faultsBy(schema('get.response'), { ok: true, intent: open && intentOut(open) })).toEqual([]);
      const answer = { ok: true, ...(await resolve(store, key, one, request(body))) };
      expect(faultsBy(schema('resolve.response'), answer)).toEqual([]);
      const events = (await store.events(one, 0, 100)).map((event) => eventOut(one.intentId, event));
      expect(faultsBy(schema('events.list.response'), { ok: true, events })).toEqual([]);
    }
  });
});
