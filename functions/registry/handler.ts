/** What there is: the API's own description, the agents, service accounts and keys of a tenant, and its small registers. */

import { type ApiKey, checkScope } from '../../adapters/keys.ts';
import { bodyAs, type HttpEvent, httpHandler, json, keyOf, queryAs } from '../../adapters/lambda/http.ts';
import { NotFound } from '../../core/errors.ts';
import { intentTypes } from '../../intents/index.ts';
import { accountId, accountsQuery, createAccount, createAccountKey, keyId } from '../../wire/accounts.ts';
import { create, createAccountsKey, end, find, list, revoke } from './accounts.ts';
import { agentsOf } from './agent.ts';
import { callerOf, knownOf, ports } from './ports.ts';
import { registers } from './registers.ts';
import { accountOut } from './views.ts';

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

async function createOne(event: HttpEvent) {
  const caller = await managerOf(event);
  const body = bodyAs(createAccount, event);
  const known = knownOf(event, caller, 'POST /v1/service-accounts');
  return json(200, { ok: true, ...(await create(ports(), caller, body, known)) });
}

async function listAll(event: HttpEvent) {
  const caller = await managerOf(event);
  const query = queryAs(accountsQuery, event);
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
  const body = bodyAs(createAccountKey, event);
  const known = knownOf(event, caller, `POST /v1/service-accounts/${id}/keys`);
  return json(200, { ok: true, ...(await createAccountsKey(ports(), caller, id, body, known)) });
}

async function revokeOne(event: HttpEvent) {
  const caller = await managerOf(event);
  const key = keyId.safeParse(event.pathParameters?.key);
  if (!key.success) throw new NotFound('key');
  return json(200, { ok: true, ...(await revoke(ports(), caller, accountOf(event), key.data)) });
}

async function agents(event: HttpEvent) {
  const caller = await callerOf(event);
  return json(200, { ok: true, agents: await agentsOf(ports(), caller, queryAs(accountsQuery, event)) });
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
  ...registers,
]);
