import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createIntent, eventsQuery } from '../../wire/intents.ts';
import { runs } from '../properties.ts';
import { anyRequest } from './axp-requests.ts';
import { faultsBy, schemasAreHere } from './schemas.ts';

const asked = {
  intent_type: 'intent.approval.v1',
  correlation_id: '11111111-1111-4111-8111-111111111111',
  to_agent: 'agent://a/b/c',
  payload: {},
};
const takes = (body: object) => createIntent.safeParse(body).success;

describe('a request for an intent', () => {
  it('has a shape that is taken wherever AXP takes it; what is refused by its sense is in test/functions/axp-requests.test.ts', () =>
    fc.assert(
      fc.property(anyRequest, (request) => {
        // As it comes over the wire.
        const body = JSON.parse(JSON.stringify(request));
        const parsed = createIntent.safeParse(body);
        expect(parsed.error?.issues).toBeUndefined();
        expect(parsed.data?.payload).toEqual(body.payload);
        if (schemasAreHere) expect(faultsBy('public_api/api.intents.create.request.v1.json', body)).toEqual([]);
      }),
      runs(200),
    ));

  it.each([
    ['the best-known program’s alias', { ...asked, intent_type: 'human_approval' }],
    ['no to_agent, correlation_id or payload', { intent_type: 'intent.approval.v1' }],
    ['an address to notify', { ...asked, human_task: { title: 'x', notify_email: 'x@example.com' } }],
    ['the person acted for', { ...asked, on_behalf_of: 'customer-7' }],
    ['the longest name of a person acted for', { ...asked, on_behalf_of: 'ö'.repeat(64) }],
    ['a task without a title of its own', { ...asked, human_task: {} }],
  ])('may come with %s, beyond AXP', (_, body) => {
    expect(takes(body)).toBe(true);
  });

  it('gets an empty payload where it has none', () => {
    expect(createIntent.parse({ intent_type: 'human_approval' }).payload).toEqual({});
  });

  it('is refused with a form that asks nothing, though AXP knows it', () => {
    expect(takes({ ...asked, human_task: { title: 'x', form_schema: {} } })).toBe(false);
    expect(takes({ ...asked, human_task: { title: '' } })).toBe(true);
  });

  it.each([
    ['an unknown field', { colour: 'red' }],
    ['an unknown field of its task', { human_task: { title: 'x', colour: 'red' } }],
    ['a correlation id that is none', { correlation_id: 'abc' }],
    ['a day for a deadline', { deadline_at: '2026-12-01' }],
    ['a deadline without zone', { deadline_at: '2026-12-01T10:00:00' }],
    ['half a second', { remind_after_seconds: 0.5 }],
    ['none of a second', { remind_interval_seconds: 0 }],
    ['numbers as text', { max_reminders: '3' }],
    ['a payload that is no object', { payload: [1] }],
    ['an address too short', { to_agent: 'ab' }],
    ['an address too long', { reply_to: 'a'.repeat(384) }],
    ['21 assignees', { human_task: { title: 'x', assignees: Array(21).fill('ada') } }],
    ['no assignees', { human_task: { title: 'x', assignees: [] } }],
    ['a title too long', { human_task: { title: 'x'.repeat(256) } }],
    ['a person acted for whose name is longer than the head has room for', { on_behalf_of: 'ö'.repeat(65) }],
  ])('is refused with %s', (_, over) => {
    expect(takes({ ...asked, ...over })).toBe(false);
  });
});

describe('the query for events', () => {
  it.each([
    [{}, { since: 0, limit: 200 }],
    [{ since: '7' }, { since: 7, limit: 200 }],
    [
      { since: '0', limit: '1001' },
      { since: 0, limit: 1000 },
    ],
  ])('%j', (query, read) => {
    expect(eventsQuery.parse(query)).toEqual(read);
  });

  it.each([{ since: '-1' }, { since: 'x' }, { since: '1.5' }, { limit: '0' }, { sinse: '1' }])(
    '%j is refused',
    (query) => {
      expect(eventsQuery.safeParse(query).success).toBe(false);
    },
  );
});
