/** What AXP's schema lets through, at the door: taken as docs/axp.md says, and refused where its table of exceptions says so. */

import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { memoryStore } from '../../core/testing/memory-store.ts';
import { admit } from '../../functions/api/submit.ts';
import { agent, contextAt, idsInOrder, start, tenant } from '../core/builders.ts';
import { runs } from '../properties.ts';
import { saidRequest } from '../wire/axp-requests.ts';
import { faultsBy, schemasAreHere } from '../wire/schemas.ts';

const newId = idsInOrder();
const post = async (body: object) => {
  const store = memoryStore();
  const request = { body, idempotencyKey: undefined, traceId: 'trace-00000001', context: contextAt(start, newId) };
  const { intent_id } = await admit(store, { tenant, agent }, request);
  return store.load({ tenant, intentId: String(intent_id) }, { request: true });
};
const fitsAxp = (body: object) => {
  if (schemasAreHere) expect(faultsBy('public_api/api.intents.create.request.v1.json', body)).toEqual([]);
};

const asked = {
  intent_type: 'intent.approval.v1',
  correlation_id: '11111111-1111-4111-8111-111111111111',
  to_agent: 'agent://a/b/c',
  payload: {},
};
const task = (more: object) => ({ human_task: { title: 'x', ...more } });
const form = (properties: object, more: object = {}) =>
  task({ task_type: 'provide_data', form_schema: { type: 'object', properties, ...more } });

describe('a request as AXP has it', () => {
  it('is taken, but for what docs/axp.md lists', () =>
    fc.assert(
      fc.asyncProperty(saidRequest(start), async (request) => {
        const body = JSON.parse(JSON.stringify(request));
        fitsAxp(body);
        const state = await post(body);
        expect(state?.head.from).toBe(agent);
        expect(state?.request?.payload).toEqual(body.payload);
      }),
      runs(200),
    ));

  /** By the row of the table in docs/axp.md that says so. */
  it.each<[string, object, string]>([
    ['`to_agent` and `reply_to`', { to_agent: 'not an address' }, 'to_agent'],
    ['`to_agent` and `reply_to`', { reply_to: 'a/b/c/d' }, 'reply_to'],
    ['a `deadline_at` that is over', { deadline_at: '2020-01-01T00:00:00Z' }, 'deadline_at'],
    ['a `deadline_at` that is over', { deadline_at: '2099-01-01t00:00:00z' }, 'deadline_at'],
    ['a payload that its declared type', { intent_type: 'intent.refund.v1' }, 'payload.order_id'],
    ['names of types over 64', { intent_type: `a.${'b'.repeat(70)}.v1` }, 'intent_type'],
    ['`allowed_outcomes`', task({ allowed_outcomes: ['ship it', 'not yet'] }), 'human_task.allowed_outcomes'],
    ['`allowed_outcomes`', task({ allowed_outcomes: ['approved'] }), 'human_task.allowed_outcomes'],
    ['`allowed_outcomes`', task({ allowed_outcomes: ['rejected'] }), 'human_task.allowed_outcomes'],
    [
      '`form_schema` beside',
      task({ task_type: 'approval', form_schema: { type: 'object', properties: { a: { type: 'string' } } } }),
      'human_task.form_schema',
    ],
    ['`form_schema` beside', task({ evidence_required: true }), 'human_task.evidence_required'],
    ['a `form_schema` that no page', task({ task_type: 'provide_data', form_schema: {} }), 'human_task.form_schema'],
    ['a `form_schema` that no page', form({ a: { type: 'string', pattern: '^a$' } }), 'human_task.form_schema'],
    ['a `form_schema` that no page', form({ a: { oneOf: [{ type: 'string' }] } }), 'human_task.form_schema'],
    [
      'a `form_schema` that no page',
      form({ a: { type: 'string' } }, { additionalProperties: true }),
      'human_task.form_schema',
    ],
    ['a `form_schema` that no page', form({ a: { type: 'string' } }, { required: ['b'] }), 'human_task.form_schema'],
  ])('is refused where the table says: %s', async (row, more, field) => {
    const body = { ...asked, ...more };
    fitsAxp(body);
    const refused = await post(body).catch((error: unknown) => error);
    expect(refused).toMatchObject({ code: 'schema_invalid', details: { field: expect.any(String) } });
    expect((refused as { details: { field: string } }).details.field.startsWith(field)).toBe(true);
    expect(table).toContain(`| ${row}`);
  });
});

const table = readFileSync(new URL('../../docs/axp.md', import.meta.url), 'utf8');
