/** The document is current, sound, and tells of every route that is served, and of no other. */

import { beforeAll, describe, expect, it } from 'vitest';
import type { Route } from '../../adapters/lambda/http.ts';
import { openApi } from '../../wire/openapi.ts';
import { pathIn, refusalsOf, routeOf, routes } from '../../wire/routes.ts';
import { doorNames, openDoor } from '../abuse/doors.ts';
import { committed, faultsOfAnswer } from './contract.ts';
import { faultsBy, schemasAreHere } from './schemas.ts';

const nameOf = ({ method, path }: Pick<Route, 'method' | 'path'>) => `${method} ${path}`;

describe('docs/openapi.json', () => {
  it('is made from the schemas of wire/ (if not: npm run openapi)', () => {
    expect(committed).toEqual(JSON.parse(JSON.stringify(openApi())));
  });

  it('refers to nothing that is not in it', () => {
    const text = JSON.stringify(committed);
    for (const [, kind = '', name = ''] of text.matchAll(/"\$ref":"#\/components\/(schemas|responses)\/(\w+)"/g))
      expect(committed.components[kind as 'schemas'], name).toHaveProperty([name]);
    expect(text).not.toMatch(/"\$ref":"(?!#\/components\/(schemas|responses)\/)/);
    expect(text).not.toContain('$defs');
  });

  it('says of every part of a path what it is', () => {
    for (const route of routes)
      expect(Object.keys(route.parameters ?? {}), route.path).toEqual(
        [...pathIn(route).matchAll(/\{(\w+)\}/g)].map(([, name]) => name),
      );
  });

  it('names every operation once', () => {
    const names = routes.map(({ operation }) => operation);
    expect(new Set(names).size).toBe(names.length);
  });
});

describe('the headers that are documented', () => {
  interface Operation {
    parameters: { in: string; name: string }[];
    responses: Record<string, { headers: object }>;
  }
  const operationOf = (method: string, path: string) =>
    (committed.paths as unknown as Record<string, Record<string, Operation>>)[path]?.[method] as Operation;
  const headersOf = (method: string, path: string) =>
    operationOf(method, path).parameters.flatMap((one) => (one.in === 'header' ? [one.name] : []));

  it.each([
    ['/v1/approvals/{id}/decision', ['Idempotency-Key']],
    ['/v1/inbox/{id}/approve', ['Idempotency-Key', 'x-owner-agent', 'X-Fencing-Token']],
    ['/v1/inbox/{id}/reject', ['Idempotency-Key', 'x-owner-agent', 'X-Fencing-Token']],
    ['/v1/agents/{address}/binding/rotate', ['Idempotency-Key']],
    ['/v1/webhooks/subscriptions/{id}/secret', ['Idempotency-Key', 'x-owner-agent']],
    ['/v1/webhooks/events/{id}/replay', ['Idempotency-Key', 'x-owner-agent']],
    ['/v1/mesh/heartbeat', ['Idempotency-Key']],
    ['/v1/invites/create', ['Idempotency-Key']],
    ['/v1/media/create-upload', ['Idempotency-Key']],
    ['/v1/intents/bulk-cancel', ['Idempotency-Key']],
  ])('of POST %s are those that its door reads', (path, names) => {
    expect(headersOf('post', path)).toEqual(expect.arrayContaining(names));
  });

  it('name the owner wherever the query does, but of files', () => {
    const byQuery = routes.filter(({ query }) => query && 'owner_agent' in query.shape && query.shape.owner_agent);
    const named = byQuery.filter((route) =>
      headersOf(route.method.toLowerCase(), pathIn(route)).includes('x-owner-agent'),
    );
    expect(byQuery.filter((route) => !named.includes(route)).map(({ operation }) => operation)).toEqual(['getUpload']);
    expect(named.map(({ operation }) => operation)).toEqual(
      routes.filter(({ owned }) => owned).map(({ operation }) => operation),
    );
  });

  it('say of streams, and of what is busy, when to ask again', () => {
    for (const path of ['/v1/intents/{id}/events/stream', '/v1/agents/{address}/intents/stream'])
      expect(operationOf('get', path).responses['200']?.headers).toHaveProperty('Retry-After');
    const { responses } = committed.components as unknown as { responses: Record<string, { headers: object }> };
    for (const name of ['Refused429', 'Refused503']) expect(responses[name]?.headers).toHaveProperty('Retry-After');
  });
});

describe('the table of routes', () => {
  let served: Route[];
  beforeAll(async () => {
    Object.assign(process.env, {
      BASE_URL: 'https://holdpoint.example',
      OIDC_ISSUER: '',
      MEDIA_BUCKET: 'x',
      HELD: '1',
    });
    const doors = await Promise.all(
      doorNames.map((name) => openDoor(name, [{ id: 'ada', name: 'Ada', mail: 'ada@example.com', roles: [] }])),
    );
    served = doors.flatMap((door) => door.routes);
  });

  it('has what the functions serve, and nothing else', () => {
    // Pages are for browsers, and SCIM describes itself.
    const api = served.filter(({ path }) => path === '/health' || path.startsWith('/v1/'));
    // What comes after an address, the function that serves it sees for itself.
    const way = (name: string) => name.replace(/(\{proxy\+\}).+/, '$1');
    const named = new Set(routes.map((route) => way(nameOf(route))));
    expect([...named].sort()).toEqual(api.map(nameOf).sort());
    expect(api.length).toBeGreaterThan(20);
  });

  it('finds the route of a path, a name before a parameter', () => {
    for (const route of routes)
      expect(routeOf(route.method, route.path.replace(/\{(\w+)\+?\}/g, 'x-$1'))?.operation).toBe(route.operation);
    expect(routeOf('GET', '/v1/nothing')).toBeUndefined();
    expect(routeOf('DELETE', '/v1/intents')).toBeUndefined();
  });

  it.skipIf(!schemasAreHere)('names schemas that AXP has', () => {
    for (const { axp } of routes) if (axp) expect(faultsBy(`public_api/${axp}.json`, null)).not.toEqual([]);
  });
});

describe('an answer', () => {
  const at = '2026-11-22T00:29:02.332Z';
  const id = '01a200a8-09fc-72e3-aa26-2587e329c757';
  const answered = (value: object, status = 200) => ({
    method: 'POST',
    path: '/v1/intents',
    status,
    type: 'application/json; charset=utf-8',
    text: JSON.stringify(value),
  });
  const created = { ok: true, intent_id: id, status: 'SUBMITTED', created_at: at };
  const error = { code: 'not_found', message: 'x', category: 'validation', retryable: false, at, details: {} };
  const refused = { error, detail: 'x', code: 'not_found', message: 'x' };

  it('that is documented has no faults', () => {
    expect(faultsOfAnswer(answered(created))).toEqual([]);
    expect(faultsOfAnswer({ ...answered(created), path: '/v1//intents/?a=b' })).toEqual([]);
    expect(faultsOfAnswer(answered(refused, 409))).toEqual([]);
    expect(faultsOfAnswer({ ...answered(refused, 404), path: '/v1/nothing' })).toEqual([]);
    // The gateway's own words are not ours.
    expect(faultsOfAnswer(answered({ message: 'Service Unavailable' }, 503))).toEqual([]);
  });

  it.each<[string, ReturnType<typeof answered>]>([
    ['a field too many', answered({ ...created, colour: 'red' })],
    ['a field too few', answered({ ok: true })],
    ['no date', answered({ ...created, created_at: 'today' })],
    ['another status', answered(refused, 418)],
    ['another type', { ...answered(created), type: 'text/html' }],
    ['an error without its code', answered({ ...refused, code: undefined }, 409)],
    ['an error of ours without its code, when asked to come again', answered({ ...refused, code: undefined }, 503)],
    ['an answer where there is no route', { ...answered({ ok: true }), path: '/v1/nothing' }],
  ])('with %s has', (_what, given) => {
    expect(faultsOfAnswer(given)).not.toEqual([]);
  });

  it.skipIf(!schemasAreHere)('is held against AXP’s error, where it refuses', () => {
    const given = { ...refused, error: { ...error, code: 'no' } };
    expect(faultsOfAnswer(answered(given, 409))).not.toEqual([]);
    expect(faultsOfAnswer(answered(given, 503))).not.toEqual([]);
    expect(faultsOfAnswer({ ...answered(given, 404), path: '/v1/nothing' })).not.toEqual([]);
  });

  it('of refusals there are those that follow from what a route takes', () => {
    const statusesOf = (method: string, path: string) => {
      const route = routeOf(method, path);
      return route && refusalsOf(route);
    };
    expect(statusesOf('GET', '/health')).toEqual([429, 500, 503]);
    expect(statusesOf('POST', '/v1/sign-in')).toEqual([413, 422, 429, 500, 503]);
    expect(statusesOf('GET', `/v1/intents/${id}`)).toEqual([401, 404, 429, 500, 503]);
    expect(statusesOf('POST', '/v1/intents')).toEqual([401, 403, 409, 413, 422, 429, 500, 503]);
    // An Idempotency-Key may be of another body, or none.
    expect(statusesOf('POST', '/v1/mesh/heartbeat')).toEqual([401, 409, 413, 422, 429, 500, 503]);
  });
});
