/** Doors of the small registers: nicks, invites, payload schemas. */

import type { z } from 'zod';
import type { ApiKey } from '../../adapters/keys.ts';
import { bodyAs, type HttpEvent, json, keyOf, queryAs, type Route } from '../../adapters/lambda/http.ts';
import { ownerIn } from '../../adapters/lambda/owner.ts';
import { NotFound } from '../../core/errors.ts';
import { sha256 } from '../../core/hash.ts';
import * as wire from '../../wire/users.ts';
import type { Known } from './accounts.ts';
import { callerOf, knownOf, ports } from './ports.ts';
import * as schemas from './schemas.ts';
import * as users from './users.ts';

/** Anybody with a key, with a body. */
const taking =
  <S extends z.ZodType>(
    body: S,
    path: string,
    work: (caller: ApiKey, body: z.infer<S>, known: Known, event: HttpEvent) => Promise<object>,
  ) =>
  async (event: HttpEvent) => {
    const caller = await callerOf(event);
    const given = bodyAs(body, event);
    const known = knownOf(event, caller, `POST ${path}`);
    return json(200, { ok: true, ...(await work(caller, given, known, event)) });
  };

async function checkNick(event: HttpEvent) {
  const caller = await callerOf(event);
  const { nick } = queryAs(wire.nickQuery, event);
  return json(200, { ok: true, ...(await users.check(ports(), caller, nick)) });
}

async function showProfile(event: HttpEvent) {
  const caller = await callerOf(event);
  queryAs(wire.profileQuery, event);
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
  const body = bodyAs(wire.acceptInvite, event);
  const known = knownOf(event, caller, `POST /v1/invites/${sha256(token)}/accept`);
  return json(200, { ok: true, ...(await users.accept(ports(), caller, token, body, known)) });
}

async function showSchema(event: HttpEvent) {
  const caller = await callerOf(event);
  const type = wire.semanticType.safeParse(event.pathParameters?.type);
  if (!type.success) throw new NotFound('schema');
  return json(200, { ok: true, ...(await schemas.show(ports(), caller, type.data)) });
}

export const registers: Route[] = [
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
    handler: taking(wire.createInvite, '/v1/invites/create', (caller, body, known, event) =>
      users.invite(ports(), { ...caller, token: keyOf(event) ?? '' }, body, known),
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
];
