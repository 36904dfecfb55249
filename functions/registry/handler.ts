/** What there is: the API's own description, and the agents, service accounts and keys of a tenant. */

import type { z } from 'zod';
import { dynamo } from '../../adapters/dynamo.ts';
import { readEnv } from '../../adapters/env.ts';
import { type ApiKey, authenticate, checkScope } from '../../adapters/keys.ts';
import { context } from '../../adapters/lambda/context.ts';
import { type HttpEvent, headerOf, httpHandler, json, jsonOf, keyOf } from '../../adapters/lambda/http.ts';
import { ownerIn } from '../../adapters/lambda/owner.ts';
import { NotFound } from '../../core/errors.ts';
import { sha256 } from '../../core/hash.ts';
import { intentTypes } from '../../intents/index.ts';
import { accountId, accountsQuery, createAccount, createAccountKey, keyId } from '../../wire/accounts.ts';
import { invalidBody } from '../../wire/errors.ts';
import * as wire from '../../wire/users.ts';
import { bodyHashOf, idempotency } from '../api/idempotency.ts';
import { create, createAccountsKey, end, find, type Known, list, revoke } from './accounts.ts';
import { agentsOf } from './agent.ts';
import { env as schema } from './env.ts';
import * as schemas from './schemas.ts';
import * as users from './users.ts';
import { accountOut } from './views.ts';

const { CONTROL_TABLE: table, BASE_URL: baseUrl } = readEnv(schema);
const client = dynamo();

const ports = () => ({ client, table, now: context().now });
const callerOf = (event: HttpEvent) => authenticate(client, table, keyOf(event));

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

/** Anybody with a key, with a body. */
const taking =
  <S extends z.ZodType>(
    body: S,
    path: string,
    work: (caller: ApiKey, body: z.infer<S>, known: Known, event: HttpEvent) => Promise<object>,
  ) =>
  async (event: HttpEvent) => {
    const caller = await callerOf(event);
    const parsed = body.safeParse(jsonOf(event));
    if (!parsed.success) throw invalidBody(parsed.error);
    const known = knownOf(event, caller, `POST ${path}`);
    return json(200, { ok: true, ...(await work(caller, parsed.data, known, event)) });
  };

async function checkNick(event: HttpEvent) {
  const caller = await callerOf(event);
  const { nick } = wire.nickQuery.parse(event.queryStringParameters ?? {});
  return json(200, { ok: true, ...(await users.check(ports(), caller, nick)) });
}

async function showProfile(event: HttpEvent) {
  const caller = await callerOf(event);
  wire.profileQuery.parse(event.queryStringParameters ?? {});
  const owner = ownerIn(event, caller.tenant) ?? caller.agent;
  return json(200, { ok: true, ...(await users.profile(ports(), caller, owner)) });
}

/** Throws NotFound for what is no token. */
function tokenIn({ pathParameters }: HttpEvent): string {
  const token = wire.inviteToken.safeParse(pathParameters?.token);
  if (!token.success) throw new NotFound('invite');
  return token.data;
}

async function showInvite(event: HttpEvent) {
  const caller = await callerOf(event);
  return json(200, { ok: true, ...(await users.showInvite(ports(), caller, tokenIn(event))) });
}

/** The token is a secret: in the scope of an Idempotency-Key it stands as its hash. */
async function acceptInvite(event: HttpEvent) {
  const caller = await callerOf(event);
  const token = tokenIn(event);
  const body = wire.acceptInvite.safeParse(jsonOf(event));
  if (!body.success) throw invalidBody(body.error);
  const known = knownOf(event, caller, `POST /v1/invites/${sha256(token)}/accept`);
  return json(200, { ok: true, ...(await users.accept(ports(), caller, token, body.data, known)) });
}

async function showSchema(event: HttpEvent) {
  const caller = await callerOf(event);
  const type = wire.semanticType.safeParse(event.pathParameters?.type);
  if (!type.success) throw new NotFound('schema');
  return json(200, { ok: true, ...(await schemas.show(ports(), caller, type.data)) });
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
  { method: 'GET', path: '/v1/users/check-nick', handler: checkNick },
  {
    method: 'POST',
    path: '/v1/users/register-nick',
    handler: taking(wire.registerNick, '/v1/users/register-nick', (caller, body, known) =>
      users.register(ports(), caller, body, known),
    ),
  },
  {
    method: 'POST',
    path: '/v1/users/rename-nick',
    handler: taking(wire.renameNick, '/v1/users/rename-nick', (caller, body, known) =>
      users.rename(ports(), caller, body, known),
    ),
  },
  { method: 'GET', path: '/v1/users/profile', handler: showProfile },
  {
    method: 'POST',
    path: '/v1/users/profile/update',
    handler: taking(wire.updateProfile, '/v1/users/profile/update', (caller, body, known) =>
      users.update(ports(), caller, body, known),
    ),
  },
  {
    method: 'POST',
    path: '/v1/invites/create',
    handler: taking(wire.createInvite, '/v1/invites/create', (caller, body) =>
      users.invite({ ...ports(), baseUrl }, caller, body),
    ),
  },
  { method: 'GET', path: '/v1/invites/{token}', handler: showInvite },
  { method: 'POST', path: '/v1/invites/{token}/accept', handler: acceptInvite },
  {
    method: 'POST',
    path: '/v1/schemas',
    handler: taking(wire.upsertSchema, '/v1/schemas', (caller, body) => schemas.upsert(ports(), caller, body)),
  },
  { method: 'GET', path: '/v1/schemas/{type}', handler: showSchema },
]);
