/** SCIM as identity providers speak it, through the function's handler; the tables stand in memory, with their conditions. */

import fc from 'fast-check';
import { beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { type DirectoryRows, type GroupRow, merged, type PersonRow } from '../../adapters/directory.ts';
import { Unauthorized } from '../../core/errors.ts';
import { schemaIds } from '../../wire/scim.ts';
import { type Door, openDoor } from '../abuse/doors.ts';
import { runs } from '../properties.ts';

const rows: DirectoryRows = { people: [], groups: [] };
/** Told before each write: somebody else may be faster. */
let beforeWrite = (): void => undefined;

type Versioned = { id: string; version?: number };
function put<R extends Versioned>(all: R[], row: Omit<R, 'version'>, before: Versioned | undefined) {
  beforeWrite();
  const at = all.findIndex(({ id }) => id === row.id);
  if ((all[at]?.version ?? 0) !== (before?.version ?? 0)) return 'changed';
  const stored = JSON.parse(JSON.stringify({ ...all[at], ...row, version: (before?.version ?? 0) + 1 })) as R;
  for (const [key, value] of Object.entries(row)) if (value === undefined) delete stored[key as keyof R];
  all.splice(at < 0 ? all.length : at, at < 0 ? 0 : 1, stored);
  return 'done';
}
const remove = <R extends Versioned>(all: R[], before: Versioned) => {
  all.splice(
    all.findIndex(({ id }) => id === before.id),
    1,
  );
  return 'done';
};

vi.mock('../../adapters/directory.ts', async (original) => ({
  ...(await original<object>()),
  readRows: async () => structuredClone(rows),
}));
vi.mock('../../adapters/keys.ts', () => ({
  authenticateProvider: async (_client: unknown, _table: string, token?: string) => {
    if (token !== 'right') throw new Unauthorized('invalid_platform_api_key', 'This key is not valid.');
  },
}));
vi.mock('../../adapters/people.ts', () => ({
  provision: async (_c: unknown, _t: string, id: string, patch: object, before?: PersonRow) => {
    const name = String((patch as PersonRow).userName).toLowerCase();
    if (rows.people.some((one) => one.id !== id && one.userName?.toLowerCase() === name)) return 'taken';
    return put(rows.people, { id, ...patch } as PersonRow, before);
  },
  removePerson: async (_c: unknown, _t: string, before: PersonRow) => remove(rows.people, before),
  putGroup: async (_c: unknown, _t: string, group: GroupRow, before?: GroupRow) => put(rows.groups, group, before),
  removeGroup: async (_c: unknown, _t: string, before: GroupRow) => remove(rows.groups, before),
}));

const root = { id: 'root', name: 'Root Example', mail: 'root@example.com', roles: ['finance'] };
const configured = [root];
let door: Door;
beforeAll(async () => {
  door = await openDoor('scim', configured);
});
beforeEach(() => {
  rows.people = [];
  rows.groups = [];
  beforeWrite = () => undefined;
});

// biome-ignore lint/suspicious/noExplicitAny: answers are whatever it says; tests assert on them
type Body = any;

async function call(method: string, path: string, body?: unknown, headers: Record<string, string> = {}) {
  const [rawPath = '', query = ''] = `/scim/v2${path}`.split('?');
  const event = {
    version: '2.0',
    rawPath,
    rawQueryString: query,
    routeKey: 'ANY /scim/v2/{proxy+}',
    headers: { authorization: 'Bearer right', 'content-type': 'application/scim+json', ...headers },
    requestContext: { requestId: 'r-1', http: { method, path: rawPath } },
    body: typeof body === 'string' ? body : body === undefined ? undefined : JSON.stringify(body),
    isBase64Encoded: false,
  };
  const answer = await door.handler(event as never, { getRemainingTimeInMillis: () => 30_000 });
  const text = answer.body ?? '';
  return {
    status: answer.statusCode ?? 0,
    headers: answer.headers ?? {},
    body: (text === '' ? undefined : JSON.parse(text)) as Body,
  };
}

/** As Entra ID creates a user, with what it sends beside and nobody here needs. */
const entraUser = (name: string, more: object = {}) => ({
  schemas: [schemaIds.user, schemaIds.enterprise],
  externalId: `${name}-object-id`,
  userName: `${name}@corp.example`,
  active: true,
  displayName: `${name} Example`,
  emails: [{ primary: true, type: 'work', value: `${name}@example.com` }],
  meta: { resourceType: 'User' },
  name: { formatted: `${name} Example`, familyName: 'Example', givenName: name },
  title: 'Somebody',
  ...more,
});
/** As Okta does. */
const oktaUser = (name: string) => ({
  schemas: [schemaIds.user],
  userName: `${name}@example.com`,
  name: { givenName: name, familyName: 'Example' },
  emails: [{ primary: true, value: `${name}@example.com`, type: 'work' }],
  displayName: `${name} Example`,
  locale: 'en-US',
  externalId: '00ujl29u0le5T6Aj10h7',
  groups: [],
  password: '1mz050nq',
  active: true,
});
const patch = (...Operations: object[]) => ({ schemas: [schemaIds.patch], Operations });

async function made(body: object, kind = 'Users'): Promise<string> {
  const answer = await call('POST', `/${kind}`, body);
  expect(answer.status, JSON.stringify(answer.body)).toBe(201);
  return answer.body.id;
}
const directory = () => merged({ people: configured }, rows);
const rolesOf = (id: string) => directory().find(id)?.roles;

describe('users', () => {
  it.each([
    ['Entra ID', entraUser('ada')],
    ['Okta', oktaUser('ada')],
  ])('of %s become people: found by what they are called', async (_, body) => {
    const answer = await call('POST', '/Users', body);
    expect(answer).toMatchObject({ status: 201, headers: { 'content-type': 'application/scim+json; charset=utf-8' } });
    expect(answer.headers.location).toBe(answer.body.meta.location);
    expect(answer.body.meta.location).toMatch(/\/scim\/v2\/Users\/[0-9a-f-]{36}$/);
    expect(JSON.stringify(rows)).not.toMatch(/1mz050nq|Somebody/);
    expect(directory().find('ADA@example.com')).toMatchObject({ id: answer.body.id, name: 'ada Example', roles: [] });
    for (const filter of [
      `userName eq "${body.userName.toUpperCase()}"`,
      `externalId eq "${body.externalId}"`,
      'displayName eq "ADA example"',
      'emails[type eq "work"].value eq "Ada@example.com"',
    ]) {
      const found = await call('GET', `/Users?filter=${encodeURIComponent(filter)}`);
      expect(found.body, filter).toMatchObject({ totalResults: 1, Resources: [{ id: answer.body.id }] });
    }
    const none = await call('GET', `/Users?filter=${encodeURIComponent('userName eq "nobody"')}`);
    expect(none).toMatchObject({
      status: 200,
      body: { totalResults: 0, startIndex: 1, itemsPerPage: 0, Resources: [] },
    });
    expect((await call('GET', `/Users/${answer.body.id}`)).body).toEqual(answer.body);
  });

  it.each([
    ['Entra ID', { op: 'Replace', path: 'active', value: 'False' }],
    ['Entra ID, as its newer versions do', { op: 'Replace', path: 'active', value: false }],
    ['Okta', { op: 'replace', value: { active: false } }],
  ])('that %s deactivates are nobody any more, for good by what they held', async (_, operation) => {
    const id = await made(entraUser('ada'));
    const answer = await call('PATCH', `/Users/${id}`, patch(operation));
    expect(answer).toMatchObject({ status: 200, body: { active: false } });
    expect(directory().find(id)).toBeUndefined();
    const { revokedAt } = rows.people[0] as PersonRow;
    expect(revokedAt).toMatch(/^20/);
    await call('PATCH', `/Users/${id}`, patch({ op: 'Replace', path: 'active', value: 'True' }));
    expect(directory().find(id)).toMatchObject({ revokedAt });
  });

  it('change as Entra ID patches them', async () => {
    const boss = await made(entraUser('boss'));
    const id = await made(entraUser('ada'));
    const answer = await call(
      'PATCH',
      `/Users/${id}`,
      patch(
        { op: 'Replace', path: 'emails[type eq "work"].value', value: 'new@example.com' },
        { op: 'Add', path: 'name.givenName', value: 'Adah' },
        { op: 'Add', path: 'addresses[type eq "work"].region', value: 'EU' },
        { op: 'Add', path: `${schemaIds.enterprise}:manager`, value: boss },
        { op: 'Replace', value: { displayName: 'Adah E.', timezone: 'Europe/Berlin' } },
      ),
    );
    expect(answer.status, JSON.stringify(answer.body)).toBe(200);
    expect(directory().find(id)).toMatchObject({
      mail: 'new@example.com',
      name: 'Adah E.',
      region: 'EU',
      timeZone: 'Europe/Berlin',
      manager: boss,
    });
    expect(directory().managerOf({ manager: boss } as never)?.id).toBe(boss);
    await call(
      'PATCH',
      `/Users/${id}`,
      patch({ op: 'Add', path: `${schemaIds.enterprise}:manager`, value: [{ $ref: 'x', value: boss }] }),
    );
    expect(directory().find(id)?.manager).toBe(boss);
    await call('PATCH', `/Users/${id}`, patch({ op: 'Remove', path: `${schemaIds.enterprise}:manager` }));
    expect(directory().find(id)?.manager).toBeUndefined();
  });

  it('are replaced whole, keep what else the row has, and are removed', async () => {
    const id = await made(entraUser('ada'));
    Object.assign(rows.people[0] as PersonRow, {
      away: { from: '2026-01-01T00:00:00Z', until: '2026-02-01T00:00:00Z' },
    });
    expect((await call('PUT', `/Users/${id}`, oktaUser('adah'))).body).toMatchObject({ userName: 'adah@example.com' });
    expect(rows.people[0]).toMatchObject({ mail: 'adah@example.com', away: {}, version: 2 });
    expect(await call('DELETE', `/Users/${id}`)).toMatchObject({ status: 204, body: undefined });
    expect((await call('GET', `/Users/${id}`)).status).toBe(404);
    expect((await call('DELETE', `/Users/${id}`)).status).toBe(404);
  });

  it('are one person each: neither a user name, nor a mail address, nor somebody of the configuration twice', async () => {
    await made(entraUser('ada'));
    for (const twice of [
      entraUser('ADA'),
      { ...oktaUser('other'), emails: [{ value: 'ada@example.com' }] },
      oktaUser('root'),
    ])
      expect(await call('POST', '/Users', twice)).toMatchObject({
        status: 409,
        body: { status: '409', scimType: 'uniqueness', schemas: [schemaIds.error] },
      });
    expect(rows.people).toHaveLength(1);
    // Whom a later deployment writes into its configuration all the same is not a second person.
    const both = merged({ people: [{ ...root, id: 'ada', mail: 'ADA@example.com' }] }, rows);
    expect(both.everybody).toHaveLength(1);
  });

  it('lose nothing where two write at once', async () => {
    const id = await made(entraUser('ada'));
    let first = true;
    beforeWrite = () => {
      if (first && rows.people[0]) Object.assign(rows.people[0], { version: 7, region: 'US' });
      first = false;
    };
    expect(
      (await call('PATCH', `/Users/${id}`, patch({ op: 'replace', path: 'displayName', value: 'Ada' }))).status,
    ).toBe(200);
    expect(rows.people[0]).toMatchObject({ version: 8, name: 'Ada' });
  });

  it('come in pages', async () => {
    for (const name of ['a', 'b', 'c']) await made(oktaUser(name));
    const page = (await call('GET', '/Users?startIndex=2&count=1&attributes=userName')).body;
    expect(page).toMatchObject({ totalResults: 3, startIndex: 2, itemsPerPage: 1 });
    expect(page.Resources.map(Object.keys)).toEqual([['schemas', 'id', 'userName']]);
    expect((await call('GET', '/Users?startIndex=-1&count=0')).body).toMatchObject({
      totalResults: 3,
      startIndex: 1,
      Resources: [],
    });
  });
});

describe('groups are roles', () => {
  it('of Entra ID: made empty, members added and removed by PATCH', async () => {
    const [ada, ben] = [await made(entraUser('ada')), await made(entraUser('ben'))];
    const id = await made({ schemas: [schemaIds.group], externalId: 'g-1', displayName: 'refunds' }, 'Groups');
    const change = async (...operations: object[]) => {
      const answer = await call('PATCH', `/Groups/${id}`, patch(...operations));
      expect(answer.status, JSON.stringify(answer.body)).toBe(200);
    };
    await change({ op: 'Add', path: 'members', value: [{ value: ada }, { value: ben }] });
    expect([rolesOf(ada), rolesOf(ben)]).toEqual([['refunds'], ['refunds']]);
    await change({ op: 'Add', path: 'members', value: [{ $ref: null, value: ada }] });
    expect(rows.groups[0]?.members).toEqual([ada, ben]);
    await change({ op: 'Remove', path: 'members', value: [{ $ref: null, value: ada }] });
    await change({ op: 'Remove', path: `members[value eq "${ben}"]` });
    expect([rolesOf(ada), rolesOf(ben)]).toEqual([[], []]);
    await change({ op: 'Replace', path: 'displayName', value: 'finance' });
    const found = await call(
      'GET',
      `/Groups?excludedAttributes=members&filter=${encodeURIComponent('displayName eq "finance"')}`,
    );
    expect(found.body.Resources).toEqual([expect.not.objectContaining({ members: expect.anything() })]);
  });

  it('of Okta: made with members, renamed, replaced, removed', async () => {
    const [ada, ben] = [await made(oktaUser('ada')), await made(oktaUser('ben'))];
    const group = {
      schemas: [schemaIds.group],
      displayName: 'refunds',
      members: [{ value: ada, display: 'ada@example.com' }],
    };
    const id = await made(group, 'Groups');
    expect((await call('GET', `/Users/${ada}`)).body.groups).toMatchObject([{ value: id, display: 'refunds' }]);
    const operations = [
      { op: 'replace', value: { id, displayName: 'finance' } },
      { op: 'replace', path: 'members', value: [{ value: ben, display: 'ben' }] },
    ];
    expect((await call('PATCH', `/Groups/${id}`, patch(...operations))).status).toBe(200);
    expect([rolesOf(ada), rolesOf(ben)]).toEqual([[], ['finance']]);
    await call('PUT', `/Groups/${id}`, group);
    expect([rolesOf(ada), rolesOf(ben)]).toEqual([['refunds'], []]);
    await call('DELETE', `/Users/${ada}`);
    expect((await call('GET', `/Groups/${id}`)).body.members).toEqual([]);
    expect(await call('DELETE', `/Groups/${id}`)).toMatchObject({ status: 204 });
  });

  it('may be mapped to a role by the configuration', async () => {
    const ada = await made(entraUser('ada'));
    await made({ displayName: 'HP Refund Approvers', members: [{ value: ada }] }, 'Groups');
    const mapped = merged({ people: configured, roles: { refunds: { group: 'HP Refund Approvers' } } }, rows);
    expect(mapped.withRole('refunds').map((one) => one.id)).toEqual([ada]);
  });

  it('have names of their own, and members who are users', async () => {
    await made({ displayName: 'refunds' }, 'Groups');
    expect(await call('POST', '/Groups', { displayName: 'refunds' })).toMatchObject({ status: 409 });
    for (const value of ['nobody', 'root'])
      expect(await call('POST', '/Groups', { displayName: value, members: [{ value }] })).toMatchObject({
        status: 400,
        body: { scimType: 'invalidValue' },
      });
  });
});

describe('what is wrong is refused in SCIM’s words', () => {
  it.each<[string, string, string, unknown, number, string | undefined]>([
    ['no JSON', 'POST', '/Users', '{', 400, 'invalidSyntax'],
    ['no userName', 'POST', '/Users', { active: true }, 400, 'invalidValue'],
    ['no mail address', 'POST', '/Users', { userName: 'ada' }, 400, 'invalidValue'],
    ['an unknown filter', 'GET', '/Users?filter=userName%20is%20ada', undefined, 400, 'invalidFilter'],
    ['somebody unknown', 'GET', '/Users/none', undefined, 404, undefined],
    ['a path that is none', 'GET', '/Bulk', undefined, 404, undefined],
    ['a PATCH of nobody', 'PATCH', '/Users/none', patch({ op: 'add', path: 'title', value: 'x' }), 404, undefined],
    [
      'a PATCH without a schema',
      'PATCH',
      '/Users/none',
      { Operations: [{ op: 'add', value: {} }] },
      400,
      'invalidValue',
    ],
  ])('%s', async (_, method, path, body, status, scimType) => {
    const answer = await call(method, path, body);
    expect(answer).toMatchObject({ status, body: { schemas: [schemaIds.error], status: String(status) } });
    expect(answer.body.scimType).toBe(scimType);
  });

  it('a PATCH that reaches beyond a user changes nothing of anything', async () => {
    const id = await made(entraUser('ada'));
    for (const operation of [
      { op: 'add', path: '__proto__.polluted', value: 'yes' },
      { op: 'add', path: 'constructor.prototype.polluted', value: 'yes' },
      { op: 'add', value: { 'constructor.prototype.polluted': 'yes' } },
      { op: 'add', path: 'name', value: { 'constructor.prototype.polluted': 'yes' } },
    ])
      expect(await call('PATCH', `/Users/${id}`, patch(operation)), JSON.stringify(operation)).toMatchObject({
        status: 400,
      });
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });

  it('without the token, whatever the path', async () => {
    for (const path of ['/Users', '/ServiceProviderConfig', '/Groups/none'])
      expect(await call('GET', path, undefined, { authorization: 'Bearer wrong' })).toMatchObject({
        status: 401,
        headers: { 'www-authenticate': 'Bearer' },
        body: { schemas: [schemaIds.error] },
      });
  });

  it('whatever is sent: never a failure of ours', async () => {
    const id = await made(entraUser('ada'));
    const group = await made({ displayName: 'g' }, 'Groups');
    const word = fc.oneof(
      fc.string(),
      fc.constantFrom(
        'active',
        'members',
        'emails[type eq "work"].value',
        'members[value eq "x"]',
        'name.givenName',
        '[',
        'a[b',
        `${schemaIds.enterprise}:manager`,
      ),
    );
    const operation = fc.record(
      { op: fc.constantFrom('add', 'Replace', 'remove', 'x'), path: word, value: fc.jsonValue() },
      { requiredKeys: ['op'] },
    );
    const body = fc.oneof(
      fc.jsonValue(),
      fc.array(operation, { minLength: 1, maxLength: 3 }).map((all) => patch(...all)),
      fc.record(
        { userName: fc.string(), displayName: fc.string(), emails: fc.jsonValue(), members: fc.jsonValue() },
        { requiredKeys: [] },
      ),
    );
    const path = fc.constantFrom(`/Users/${id}`, `/Groups/${group}`, '/Users', '/Groups', '/Users/none');
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom('GET', 'POST', 'PUT', 'PATCH'),
        path,
        body,
        word,
        async (method, path, sent, filter) => {
          const query = method === 'GET' ? `?filter=${encodeURIComponent(filter)}` : '';
          const answer = await call(method, path + query, method === 'GET' ? undefined : sent);
          expect(answer.status, JSON.stringify([method, path, sent, answer.body])).toBeLessThan(500);
          expect(answer.body?.schemas?.length).toBeGreaterThan(0);
        },
      ),
      runs(500),
    );
  });
});

it('says what it can do', async () => {
  expect((await call('GET', '/ServiceProviderConfig')).body).toMatchObject({
    patch: { supported: true },
    bulk: { supported: false },
    filter: { supported: true },
  });
  const { body } = await call('GET', '/ResourceTypes');
  expect(body.Resources.map((one: Body) => [one.id, one.endpoint])).toEqual([
    ['User', '/Users'],
    ['Group', '/Groups'],
  ]);
  for (const { id } of (await call('GET', '/Schemas')).body.Resources)
    expect((await call('GET', `/Schemas/${id}`)).body).toMatchObject({ id, attributes: expect.any(Array) });
});
