import { beforeEach, describe, expect, it } from 'vitest';
import { RetryableError } from '../../core/errors.ts';
import type { BusEvent, EventDoor } from '../../core/event-door.ts';
import { memoryStore } from '../../core/testing/memory-store.ts';
import { enter, type Refused } from '../../functions/event-door/enter.ts';
import * as given from '../core/builders.ts';

const door: EventDoor = {
  name: 'orders',
  tenant: given.tenant,
  agent: 'orders',
  key: '$.id',
  intent: { intent_type: 'intent.refund.v1', payload: '$.detail.refund' },
};
const event = (more: object = {}): BusEvent => ({
  id: 'e-1',
  source: 'shop',
  detail: { refund: given.refundPayload() },
  ...more,
});

let store = memoryStore();
let refused: Refused[] = [];
let take: ReturnType<typeof enter>;
beforeEach(() => {
  store = memoryStore();
  refused = [];
  const newId = given.idsInOrder();
  take = enter({
    store,
    doors: [door],
    context: () => given.contextAt(given.start, newId),
    refuse: async (letter) => void refused.push(letter),
  });
});

describe('an event', () => {
  it('submits one intent, as the door’s agent, however often it comes', async () => {
    const id = (await take('orders', event())) as string;
    expect(await take('orders', event())).toBe(id);
    const state = await store.load({ tenant: given.tenant, intentId: id }, { request: true });
    expect(state).toMatchObject({
      head: { type: 'intent.refund.v1', from: `agent://${given.tenant}/orders`, traceId: 'e-1' },
      request: { payload: given.refundPayload() },
    });
    expect(await take('orders', event({ id: 'e-2' }))).not.toBe(id);
    expect(refused).toEqual([]);
  });

  it.each([
    ['a payload that does not fit', event({ detail: { refund: { order_id: 1 } } }), 'schema_invalid', 'payload.'],
    ['a field that is missing', event({ detail: {} }), 'event_lacks_field', '$.detail.refund'],
  ])('with %s is put aside with its reason, and submits nothing', async (_what, bad, code, field) => {
    expect(await take('orders', bad)).toBeUndefined();
    expect(refused).toMatchObject([{ door: 'orders', event_id: 'e-1', code, event: { id: 'e-1' } }]);
    expect(refused[0]?.details.field).toContain(field);
  });

  it('is put aside under a stop, by a door that is not there, and where the same id says something else', async () => {
    await take('nowhere', event());
    await take('orders', event());
    await take('orders', event({ detail: { refund: given.refundPayload({ reason: 'other' }) } }));
    store.stop({ kind: 'agent', id: `agent://${given.tenant}/orders` });
    await take('orders', event({ id: 'e-3' }));
    expect(refused.map(({ code }) => code)).toEqual(['unknown_door', 'idempotency_conflict', 'policy_denied']);
  });

  it('that is very large is not put aside whole', async () => {
    await take('orders', event({ detail: { refund: {}, more: 'x'.repeat(210_000) } }));
    expect(refused).toMatchObject([{ event_id: 'e-1', event: null }]);
  });

  it('comes again where the tables are busy', async () => {
    store.commit = async () => {
      throw new RetryableError('The tables are busy.');
    };
    await expect(take('orders', event())).rejects.toBeInstanceOf(RetryableError);
    expect(refused).toEqual([]);
  });
});
