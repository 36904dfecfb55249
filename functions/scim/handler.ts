/** The identity provider's door: `/scim/v2`. It pushes people and groups; nothing is read from it. */

import { deployedDirectory, readRows } from '../../adapters/directory.ts';
import { dynamo } from '../../adapters/dynamo.ts';
import { readEnv } from '../../adapters/env.ts';
import { authenticateProvider } from '../../adapters/keys.ts';
import { context } from '../../adapters/lambda/context.ts';
import {
  type HttpEvent,
  type HttpResult,
  headerOf,
  httpHandler,
  jsonOf,
  queryOf,
  type Route,
} from '../../adapters/lambda/http.ts';
import { provision, putGroup, removeGroup, removePerson } from '../../adapters/people.ts';
import { NotFound } from '../../core/errors.ts';
import { errorAnswer } from '../../wire/errors.ts';
import { givenIn } from '../../wire/query.ts';
import { type ListQuery, listQuery, ScimError, schemaIds } from '../../wire/scim.ts';
import { resourceTypes, schemas, serviceProviderConfig } from './discovery.ts';
import { env as schema } from './env.ts';
import { scimService, shown } from './service.ts';

const { CONTROL_TABLE, PEOPLE_TABLE, BASE_URL } = readEnv(schema);
const client = dynamo();
const base = `${BASE_URL}/scim/v2`;
const scim = scimService({
  base,
  context,
  config: deployedDirectory(),
  rows: () => readRows(client, PEOPLE_TABLE),
  provision: (...given) => provision(client, PEOPLE_TABLE, ...given),
  removePerson: (before) => removePerson(client, PEOPLE_TABLE, before),
  putGroup: (...given) => putGroup(client, PEOPLE_TABLE, ...given),
  removeGroup: (before) => removeGroup(client, PEOPLE_TABLE, before),
});

const answer = (statusCode: number, body?: object, headers: Record<string, string> = {}): HttpResult => ({
  statusCode,
  headers: { 'content-type': 'application/scim+json; charset=utf-8', ...headers },
  ...(body === undefined ? {} : { body: JSON.stringify(body) }),
});

const list = (Resources: object[]) =>
  answer(200, {
    schemas: [schemaIds.list],
    totalResults: Resources.length,
    startIndex: 1,
    itemsPerPage: Resources.length,
    Resources,
  });

const idOf = (event: HttpEvent): string => event.pathParameters?.id ?? '';

const asked = (event: HttpEvent) => {
  const parsed = listQuery.safeParse(givenIn(queryOf(event)));
  if (!parsed.success) throw new ScimError(400, 'A parameter of the query makes no sense.', 'invalidValue');
  return parsed.data;
};

const made = (resource: Body) => answer(201, resource, { location: resource.meta.location });

const found = (of: (base: string) => { id: string }[]) => async (event: HttpEvent) => {
  const one = of(base).find(({ id }) => id === idOf(event));
  if (!one) throw new NotFound('resource');
  return answer(200, one);
};

type Body = object & { meta: { location: string } };

/** The six things that are done with one kind of resource. */
const routesOf = (
  path: string,
  of: {
    list: (asked: ListQuery) => Promise<object>;
    create: (body: unknown) => Promise<Body>;
    get: (id: string) => Promise<Body>;
    replace: (id: string, body: unknown) => Promise<Body>;
    patch: (id: string, body: unknown) => Promise<Body>;
    remove: (id: string) => Promise<undefined>;
  },
): Route[] => {
  const one = `${path}/{id}`;
  return [
    { method: 'GET', path, handler: async (event) => answer(200, await of.list(asked(event))) },
    { method: 'POST', path, handler: async (event) => made(await of.create(jsonOf(event))) },
    {
      method: 'GET',
      path: one,
      handler: async (event) => answer(200, shown(await of.get(idOf(event)), asked(event))),
    },
    { method: 'PUT', path: one, handler: async (event) => answer(200, await of.replace(idOf(event), jsonOf(event))) },
    { method: 'PATCH', path: one, handler: async (event) => answer(200, await of.patch(idOf(event), jsonOf(event))) },
    { method: 'DELETE', path: one, handler: async (event) => answer(204, await of.remove(idOf(event))) },
  ];
};

const routes: Route[] = [
  { method: 'GET', path: '/ServiceProviderConfig', handler: async () => answer(200, serviceProviderConfig(base)) },
  { method: 'GET', path: '/ResourceTypes', handler: async () => list(resourceTypes(base)) },
  { method: 'GET', path: '/ResourceTypes/{id}', handler: found(resourceTypes) },
  { method: 'GET', path: '/Schemas', handler: async () => list(schemas(base)) },
  { method: 'GET', path: '/Schemas/{id}', handler: found(schemas) },
  ...routesOf('/Users', scim.users),
  ...routesOf('/Groups', scim.groups),
];

/** Before anything else, also before a path that is none: who asks. */
const known =
  (handler: Route['handler']): Route['handler'] =>
  async (event) => {
    await authenticateProvider(
      client,
      CONTROL_TABLE,
      /^Bearer (.+)$/i.exec(headerOf(event, 'authorization') ?? '')?.[1],
    );
    return handler(event);
  };

export const handler = httpHandler(
  routes.map((route) => ({ ...route, path: `/scim/v2${route.path}`, handler: known(route.handler) })),
  (_event, thrown) => {
    const { status, body } = errorAnswer(thrown, context().now, false);
    const refused =
      thrown instanceof ScimError ? thrown : new ScimError(status === 422 ? 400 : status, String(body.message));
    const error = {
      schemas: [schemaIds.error],
      status: String(refused.status),
      ...(refused.scimType ? { scimType: refused.scimType } : status === 422 ? { scimType: 'invalidSyntax' } : {}),
      detail: refused.message,
    };
    return answer(refused.status, error, refused.status === 401 ? { 'www-authenticate': 'Bearer' } : {});
  },
);
