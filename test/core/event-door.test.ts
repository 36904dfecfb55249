import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type BusEvent, type EventDoor, filled, submissionOf, wrongPaths } from '../../core/event-door.ts';
import type { Json, JsonObject } from '../../core/json.ts';

const door: EventDoor = {
  name: 'orders',
  tenant: 'acme/shop',
  agent: 'orders',
  key: '$.id',
  intent: {
    intent_type: 'intent.refund.v1',
    payload: {
      order_id: '$.detail.order.id',
      amount_cents: '$.detail.order.lines[0].cents',
      reason: '$?.detail.reason',
      kind: '$.detail-type',
      price: '$$5',
    },
  },
};
const event = (detail: JsonObject = {}): BusEvent => ({
  id: 'e-1',
  source: 'shop',
  'detail-type': 'Order held',
  detail: { order: { id: 'A-1', lines: [{ cents: 500 }] }, ...detail },
});

/** JSON without text that begins with a dollar. */
const plainText = fc.string().filter((text) => !text.startsWith('$'));
const plainJson = fc.letrec<{ value: Json }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    plainText,
    fc.integer(),
    fc.boolean(),
    fc.constant(null),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(plainText, tie('value'), { maxKeys: 3 }),
  ),
})).value as fc.Arbitrary<Json>;
const name = fc.stringMatching(/^[A-Za-z_][A-Za-z0-9_-]{0,8}$/);

describe('what an event submits', () => {
  it('is the template with what the event has, whatever its type', () => {
    expect(submissionOf(door, [door], event())).toEqual({
      idempotencyKey: 'orders:e-1',
      body: {
        intent_type: 'intent.refund.v1',
        payload: { order_id: 'A-1', amount_cents: 500, kind: 'Order held', price: '$5' },
      },
    });
    const { body } = submissionOf(door, [door], event({ reason: 'broken' }));
    expect(body).toMatchObject({ payload: { reason: 'broken' } });
  });

  it('is nothing where the event lacks what is mapped: the path is named', () => {
    const lacking = () => submissionOf(door, [door], event({ order: { id: 'A-1', lines: [] } }));
    expect(lacking).toThrow(
      expect.objectContaining({ code: 'event_lacks_field', details: { field: '$.detail.order.lines[0].cents' } }),
    );
  });

  it('is known by the key that the door names', () => {
    const byOrder = { ...door, key: '$.detail.order.id' };
    expect(submissionOf(byOrder, [byOrder], event()).idempotencyKey).toBe('orders:A-1');
    for (const key of ['$.detail.order', '$.detail.nothing', '$.detail.order.lines'])
      expect(() => submissionOf({ ...door, key }, [door], event())).toThrow(
        expect.objectContaining({ code: 'event_lacks_field' }),
      );
  });

  it('is nothing for an event of an intent that came through a door: no event goes round', () => {
    const other = { ...door, name: 'second', agent: 'second' };
    const ours = (from: string): BusEvent => ({ ...event({ from_agent: from }), source: 'holdpoint' });
    for (const from of ['agent://acme/shop/orders', 'agent://acme/shop/second'])
      expect(() => submissionOf(door, [door, other], ours(from))).toThrow(
        expect.objectContaining({ name: 'PolicyDenied', details: { reason: 'event_loop' } }),
      );
    expect(submissionOf(door, [door, other], ours('agent://acme/shop/bot')).idempotencyKey).toBe('orders:e-1');
  });
});

describe('a template', () => {
  it('without paths is what it says', () => {
    fc.assert(
      fc.property(plainJson, (template) => {
        expect(filled(template, {})).toEqual(template);
      }),
    );
  });

  it('gives at a path exactly what stands there, also where it looks like a path itself', () => {
    fc.assert(
      fc.property(
        fc.array(name, { minLength: 1, maxLength: 4 }),
        fc.oneof(plainJson, fc.constant('$.id')),
        (names, value) => {
          const nested = names.reduceRight<Json>((inner, one) => ({ [one]: inner }), value) as JsonObject;
          expect(filled(`$.${names.join('.')}`, nested)).toEqual(value);
          expect(filled(`$?.${names.join('.')}.no_such`, nested)).toBeUndefined();
        },
      ),
    );
  });

  it.each(['$.constructor', '$.__proto__', '$.toString', '$.detail.constructor.name', '$.detail[0].length'])(
    'finds nothing at %s, which every object has',
    (path) => {
      expect(() => filled(path, { detail: [{}] })).toThrow(expect.objectContaining({ code: 'event_lacks_field' }));
    },
  );

  it('is refused where a path can’t be read, wherever it stands', () => {
    expect(wrongPaths({ a: ['$.ok', { b: '$.de tail' }], c: '$[x]', d: '$?', e: '$$.fine', f: 'text' })).toEqual([
      '$.de tail',
      '$[x]',
      '$?',
    ]);
  });
});
