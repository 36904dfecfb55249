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
  });
});
