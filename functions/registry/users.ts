/** Nicks and invites by API. A nick is a name that an agent registers in its tenant; nothing is routed by it. */

import { randomUUID } from 'node:crypto';
import { type ApiKey, hasScope } from '../../adapters/keys.ts';
import { findRepeat } from '../../adapters/repeats.ts';
import { accountRepeat } from '../../adapters/rows.ts';
import {
  acceptInvite,
  changeUser,
  createInvite,
  createUser,
  findInvite,
  findUser,
  holderOf,
  type Invite,
  type InviteRepeat,
  inviteTokenAgain,
  newInviteRepeat,
  newInviteToken,
  type User,
} from '../../adapters/users.ts';
import { Conflict, InvalidInput, NotFound, PolicyDenied, RetryableError } from '../../core/errors.ts';
import { type JsonObject, present } from '../../core/json.ts';
import { wholeAddress } from '../../wire/addresses.ts';
import type * as wire from '../../wire/users.ts';
import { normalNick } from '../../wire/users.ts';
import { firstAnswer } from '../api/idempotency.ts';
import type { Known, Ports } from './accounts.ts';

type Register = ReturnType<typeof wire.registerNick.parse>;
type Update = ReturnType<typeof wire.updateProfile.parse>;

/** As it is shown, and as it is taken. Throws InvalidInput (`nick`). */
function nickOf(given: string): { nick: string; normalized: string } {
  const plain = given.trim().replace(/^@/, '');
  const normalized = normalNick.safeParse(plain.toLowerCase());
  if (!normalized.success)
    throw new InvalidInput('A nick has 3 to 32 letters, digits, dots, dashes and underscores.', { field: 'nick' });
  return { nick: `@${plain}`, normalized: normalized.data };
}

const publicAddressOf = (normalized: string): string => `${normalized}@ax`;

export async function check({ client, table }: Ports, { tenant }: ApiKey, given: string) {
  const { nick, normalized } = nickOf(given);
  const holder = await holderOf(client, table, tenant, normalized);
  return {
    nick,
    normalized_nick: normalized,
    public_address: publicAddressOf(normalized),
    available: holder === undefined,
  };
}

const taken = () => new Conflict('nick_taken', 'Somebody has this nick.');

/** Whoever registered it, a manager of accounts, and the key that plays all parts. */
const mayChange = (user: Pick<User, 'registeredBy'>, caller: ApiKey): boolean =>
  user.registeredBy === caller.agent || caller.ownToo === true || hasScope(caller, 'accounts:manage');

function newUser({ tenant, agent }: ApiKey, { nick: given, display_name, phone, email }: Register, now: string): User {
  const userId = randomUUID();
  return present({
    tenant,
    userId,
    ownerAgent: `agent://${tenant}/user-${userId}`,
    ...nickOf(given),
    displayName: display_name,
    phone,
    email,
    registeredBy: agent,
    createdAt: now,
    updatedAt: now,
    version: 1,
  }) as unknown as User;
}

const userOut = (user: User, caller: ApiKey) => ({
  user_id: user.userId,
  owner_agent: user.ownerAgent,
  nick: user.nick,
  public_address: publicAddressOf(user.normalized),
  display_name: user.displayName ?? null,
  phone: (mayChange(user, caller) && user.phone) || null,
  email: (mayChange(user, caller) && user.email) || null,
});

/** What was written, or what the same Idempotency-Key was answered. Throws Conflict where it was refused. */
function answered(
  written: Awaited<ReturnType<typeof createUser>>,
  answer: JsonObject,
  known: Known,
  refused: () => Error,
): JsonObject {
  if (written === 'done') return answer;
  if (written === 'refused') throw refused();
  return firstAnswer(written, known?.requestHash ?? '');
}

/** Throws InvalidInput, Conflict `nick_taken`. */
export async function register(ports: Ports, caller: ApiKey, body: Register, known: Known) {
  const user = newUser(caller, body, ports.now);
  const answer = { ...userOut(user, caller), created_at: user.createdAt };
  const written = await createUser(ports.client, ports.table, user, known && { ...known, answer });
  return answered(written, answer, known, taken);
}

/** One of the tenant's. Throws NotFound, InvalidInput (`owner_agent`). */
async function userOf({ client, table }: Ports, { tenant }: ApiKey, given: string): Promise<User> {
  const user = await findUser(client, table, tenant, wholeAddress(given, tenant, 'owner_agent'));
  if (!user) throw new NotFound('user');
  return user;
}

export async function profile(ports: Ports, caller: ApiKey, owner: string) {
  const user = await userOf(ports, caller, owner);
  return { ...userOut(user, caller), normalized_nick: user.normalized, updated_at: user.updatedAt };
}

/** Throws NotFound, PolicyDenied, InvalidInput, Conflict `nick_taken`. */
async function changed(ports: Ports, caller: ApiKey, body: Update, known: Known, out: (user: User) => JsonObject) {
  const was = await userOf(ports, caller, body.owner_agent);
  if (!mayChange(was, caller))
    throw new PolicyDenied('Only whoever registered it may change it.', { reason: 'not_yours' });
  const user: User = {
    ...was,
    ...(present({ displayName: body.display_name, phone: body.phone, email: body.email }) as Partial<User>),
    ...(body.nick === undefined ? {} : nickOf(body.nick)),
    updatedAt: ports.now,
    version: was.version + 1,
  };
  const answer = out(user);
  const written = await changeUser(ports.client, ports.table, was, user, known && { ...known, answer });
  return answered(written, answer, known, taken);
}

export const rename = (ports: Ports, caller: ApiKey, body: Update, known: Known) =>
  changed(ports, caller, body, known, (user) => ({ ...userOut(user, caller), renamed_at: user.updatedAt }));

export const update = (ports: Ports, caller: ApiKey, body: Update, known: Known) =>
  changed(ports, caller, body, known, (user) => ({
    ...userOut(user, caller),
    normalized_nick: user.normalized,
    updated_at: user.updatedAt,
  }));

const inviteOut = (invite: Invite, token: string, now: string) => ({
  token,
  owner_agent: invite.ownerAgent,
  recipient_hint: invite.recipientHint ?? null,
  status: invite.accepted ? 'accepted' : Date.parse(invite.expiresAt) <= Date.parse(now) ? 'expired' : 'pending',
  created_at: invite.createdAt,
  expires_at: invite.expiresAt,
});

/**
 * An invite by the caller, or by a user that the caller may change. Its token is told to this request alone, also when it
 * comes again with its Idempotency-Key. Throws PolicyDenied, InvalidInput (`owner_agent`), Conflict for an Idempotency-Key of
 * something else.
 */
export async function invite(
  { client, table, now, baseUrl }: Ports & { baseUrl: string },
  caller: ApiKey & { token: string },
  body: ReturnType<typeof wire.createInvite.parse>,
  known: Known,
) {
  const { tenant } = caller;
  const ownerAgent = wholeAddress(body.owner_agent, tenant, 'owner_agent');
  const user = ownerAgent === caller.agent ? undefined : await findUser(client, table, tenant, ownerAgent);
  if (ownerAgent !== caller.agent && !caller.ownToo && !(user && mayChange(user, caller)))
    throw new PolicyDenied('Only an agent itself invites in its name.', { reason: 'not_yours' });
  const repeat = known && { ...known, answer: newInviteRepeat() };
  const token = repeat ? inviteTokenAgain(repeat.answer, caller.token) : newInviteToken();
  const made: Invite = {
    tenant,
    ownerAgent,
    createdAt: now,
    expiresAt: new Date(Date.parse(now) + body.ttl_seconds * 1000).toISOString(),
    ...(body.recipient_hint === undefined ? {} : { recipientHint: body.recipient_hint }),
  };
  const madeOut = (one: Invite, itsToken: string) => ({
    ...inviteOut(one, itsToken, one.createdAt),
    invite_url: `${baseUrl}/v1/invites/${itsToken}`,
  });
  const written = await createInvite(client, table, made, token, repeat);
  if (written === 'done') return madeOut(made, token);
  if (written === 'refused') throw new RetryableError('This token is taken.');
  const again = inviteTokenAgain(firstAnswer(written, known?.requestHash ?? '') as InviteRepeat, caller.token);
  const before = await findInvite(client, table, tenant, again);
  if (!before) throw new Conflict('idempotency_conflict', 'This Idempotency-Key was used with another key of yours.');
  const { accepted: _, ...asMade } = before;
  return madeOut(asMade, again);
}

/** Throws NotFound. */
async function invited({ client, table }: Ports, { tenant }: ApiKey, token: string): Promise<Invite> {
  const found = await findInvite(client, table, tenant, token);
  if (!found) throw new NotFound('invite');
  return found;
}

export async function showInvite(ports: Ports, caller: ApiKey, token: string) {
  const found = await invited(ports, caller, token);
  const { accepted } = found;
  return {
    ...inviteOut(found, token, ports.now),
    accepted_at: accepted?.at ?? null,
    accepted_owner_agent: accepted?.ownerAgent ?? null,
    nick: accepted?.nick ?? null,
    public_address: accepted ? publicAddressOf(accepted.normalized) : null,
  };
}

/**
 * Registers the nick, or takes one that the caller has registered already. The answer names no token that is kept.
 * Throws NotFound, InvalidInput, Conflict (`invite_accepted`, `invite_expired`, `nick_taken`).
 */
export async function accept(
  ports: Ports,
  caller: ApiKey,
  token: string,
  body: ReturnType<typeof wire.acceptInvite.parse>,
  known: Known,
) {
  const { client, table, now } = ports;
  const before = known && (await findRepeat(client, table, accountRepeat(caller.tenant, known.key)));
  if (before) return { token, ...firstAnswer(before, known?.requestHash ?? '') };
  const found = await invited(ports, caller, token);
  if (found.accepted) throw new Conflict('invite_accepted', 'This invite is accepted already.');
  if (Date.parse(found.expiresAt) <= Date.parse(now)) throw new Conflict('invite_expired', 'This invite is over.');
  const { nick, normalized } = nickOf(body.nick);
  const holder = await holderOf(client, table, caller.tenant, normalized);
  const there = holder === undefined ? undefined : await findUser(client, table, caller.tenant, holder);
  if (there && !mayChange(there, caller)) throw taken();
  const user = there ?? newUser(caller, body, now);
  const answer = {
    status: 'accepted',
    invite_owner_agent: found.ownerAgent,
    user_id: user.userId,
    owner_agent: user.ownerAgent,
    nick,
    public_address: publicAddressOf(normalized),
    display_name: user.displayName ?? null,
    accepted_at: now,
    registry_bind_status: 'disabled',
  };
  const accepted = { at: now, ownerAgent: user.ownerAgent, nick, normalized };
  const repeat = known && { ...known, answer };
  const written = await acceptInvite(client, table, { ...found, accepted }, token, there ? undefined : user, repeat);
  return {
    token,
    ...answered(
      written,
      answer,
      known,
      () => new Conflict('invite_accepted', 'The invite or the nick was taken just now.'),
    ),
  };
}
