/** What there is: the API's own description, and the agents, service accounts and keys of a tenant. */

import { dynamo } from '../../adapters/dynamo.ts';
import { readEnv } from '../../adapters/env.ts';
import { type ApiKey, checkScope } from '../../adapters/keys.ts';
import { knowCallers } from '../../adapters/lambda/callers.ts';
import { context } from '../../adapters/lambda/context.ts';
import { type HttpEvent, headerOf, httpHandler, json, jsonOf, keyOf } from '../../adapters/lambda/http.ts';
import { NotFound } from '../../core/errors.ts';
import { intentTypes } from '../../intents/index.ts';
import { accountId, accountsQuery, createAccount, createAccountKey, keyId } from '../../wire/accounts.ts';
import { invalidBody } from '../../wire/errors.ts';
import { bodyHashOf, idempotency } from '../api/idempotency.ts';
import { create, createAccountsKey, end, find, type Known, list, revoke } from './accounts.ts';
import { agentsOf } from './agent.ts';
import { env as schema } from './env.ts';
import { accountOut } from './views.ts';

const env = readEnv(schema);
const table = env.CONTROL_TABLE;
const client = dynamo();

const ports = () => ({ client, table, now: context().now });
const callerOf = knowCallers(client, env);

/** Whoever may manage accounts. */
async function managerOf(event: HttpEvent): Promise<ApiKey> {
  const caller = await callerOf(event);
  checkScope(caller, 'accounts:manage');
  return caller;
}

/** Read when it is first asked for. */
const openApi = async () => (await import('../../docs/openapi.json', { with: { type: 'json' } })).default;

async function capabilities(event: HttpEvent) {
  await callerOf(event);
  const { paths } = await openApi();
  const operations = Object.values(paths).flatMap((path) => Object.values(path as object));
  return json(200, {
    ok: true,
    capabilities: operations.map(({ operationId }: { operationId: string }) => operationId),
    supported_intent_types: intentTypes.filter(({ closed }) => !closed).map(({ type }) => type),
  });
}

const accountOf = ({ pathParameters }: HttpEvent): string => {
  const id = accountId.safeParse(pathParameters?.id);
  if (!id.success) throw new NotFound('service account');
  return id.data;
};

const knownOf = (event: HttpEvent, caller: ApiKey, endpoint: string): Known =>
  idempotency(headerOf(event, 'idempotency-key'), caller, endpoint, bodyHashOf(jsonOf(event))).idempotency;

async function createOne(event: HttpEvent) {
  const caller = await managerOf(event);
  const body = createAccount.safeParse(jsonOf(event));
  if (!body.success) throw invalidBody(body.error);
  const known = knownOf(event, caller, 'POST /v1/service-accounts');
  return json(200, { ok: true, ...(await create(ports(), caller, body.data, known)) });
}

async function listAll(event: HttpEvent) {
  const caller = await managerOf(event);
  const query = accountsQuery.parse(event.queryStringParameters ?? {});
  return json(200, { ok: true, service_accounts: (await list(ports(), caller, query)).map(accountOut) });
}

async function readOne(event: HttpEvent) {
  const caller = await managerOf(event);
  return json(200, { ok: true, service_account: accountOut(await find(ports(), caller, accountOf(event))) });
}

async function endOne(event: HttpEvent) {
  const caller = await managerOf(event);
  return json(200, { ok: true, ...(await end(ports(), caller, accountOf(event))) });
}

async function createKey(event: HttpEvent) {
  const caller = { ...(await managerOf(event)), token: keyOf(event) ?? '' };
  const id = accountOf(event);
  const body = createAccountKey.safeParse(jsonOf(event));
  if (!body.success) throw invalidBody(body.error);
  const known = knownOf(event, caller, `POST /v1/service-accounts/${id}/keys`);
  return json(200, { ok: true, ...(await createAccountsKey(ports(), caller, id, body.data, known)) });
}

async function revokeOne(event: HttpEvent) {
  const caller = await managerOf(event);
  const key = keyId.safeParse(event.pathParameters?.key);
  if (!key.success) throw new NotFound('key');
  return json(200, { ok: true, ...(await revoke(ports(), caller, accountOf(event), key.data)) });
}

async function agents(event: HttpEvent) {
  const caller = await callerOf(event);
  return json(200, { ok: true, agents: await agentsOf(ports(), caller, event.queryStringParameters ?? {}) });
}

export const handler = httpHandler([
  { method: 'GET', path: '/v1/openapi.json', handler: async () => json(200, await openApi()) },
  { method: 'GET', path: '/v1/capabilities', handler: capabilities },
  { method: 'POST', path: '/v1/service-accounts', handler: createOne },
  { method: 'GET', path: '/v1/service-accounts', handler: listAll },
  { method: 'GET', path: '/v1/service-accounts/{id}', handler: readOne },
  { method: 'DELETE', path: '/v1/service-accounts/{id}', handler: endOne },
  { method: 'POST', path: '/v1/service-accounts/{id}/keys', handler: createKey },
  { method: 'POST', path: '/v1/service-accounts/{id}/keys/{key}/revoke', handler: revokeOne },
  { method: 'GET', path: '/v1/agents', handler: agents },
]);
