/** Nicks of a tenant, each taken once, and the users that have them; and invites. In the table `Control`. */

import { randomBytes } from 'node:crypto';
import { type DynamoDBDocumentClient, GetCommand } from '@aws-sdk/lib-dynamodb';
import { bytesAgain, sha256 } from '../core/hash.ts';
import type { JsonObject } from '../core/json.ts';
import { keepRepeat, type Operation, type Repeat, type Written, writeAll } from './repeats.ts';
import { accountRepeat, inviteKey, nickKey, userKey } from './rows.ts';

export interface User {
  tenant: string;
  userId: string;
  /** The whole address that was made for it. */
  ownerAgent: string;
  /** As it was sent, with its sign. */
  nick: string;
  /** As it is taken: without sign and case. */
  normalized: string;
  displayName?: string;
  phone?: string;
  email?: string;
  /** The agent whose key registered it, and may change it. */
  registeredBy: string;
  createdAt: string;
  updatedAt: string;
  version: number;
}

export interface Invite {
  tenant: string;
  ownerAgent: string;
  recipientHint?: string;
  createdAt: string;
  expiresAt: string;
  accepted?: { at: string; ownerAgent: string; nick: string; normalized: string };
}

const isNew = 'attribute_not_exists(pk)';

async function get<T>(client: DynamoDBDocumentClient, table: string, key: { pk: string; sk: string }) {
  const { Item } = await client.send(new GetCommand({ TableName: table, Key: key, ConsistentRead: true }));
  if (!Item) return undefined;
  const { pk, sk, ...value } = Item;
  return value as T;
}

export const findUser = (client: DynamoDBDocumentClient, table: string, tenant: string, ownerAgent: string) =>
  get<User>(client, table, userKey(tenant, ownerAgent));

/** Whose nick it is now. */
export async function holderOf(client: DynamoDBDocumentClient, table: string, tenant: string, normalized: string) {
  const row = await get<{ ownerAgent?: string }>(client, table, nickKey(tenant, normalized));
  return row?.ownerAgent;
}

/** Takes a nick that nobody has. One that was given up stays as a row without an owner: nothing is deleted here. */
const takeNick = (table: string, { tenant, normalized, ownerAgent }: User): Operation => ({
  Put: {
    TableName: table,
    Item: { ...nickKey(tenant, normalized), ownerAgent },
    ConditionExpression: `${isNew} OR attribute_not_exists(ownerAgent)`,
  },
});

const freeNick = (table: string, { tenant, normalized, ownerAgent }: User): Operation => ({
  Put: {
    TableName: table,
    Item: nickKey(tenant, normalized),
    ConditionExpression: 'ownerAgent = :owner',
    ExpressionAttributeValues: { ':owner': ownerAgent },
  },
});

const putUser = (table: string, user: User, was?: User): Operation => ({
  Put: {
    TableName: table,
    Item: { ...userKey(user.tenant, user.ownerAgent), ...user },
    ...(was
      ? { ConditionExpression: 'version = :was', ExpressionAttributeValues: { ':was': was.version } }
      : { ConditionExpression: isNew }),
  },
});

const repeated = (table: string, tenant: string, repeat: Repeat | undefined) =>
  repeat ? [keepRepeat(table, accountRepeat(tenant, repeat.key), repeat)] : [];

/** `refused`: the nick is taken. */
export const createUser = (
  client: DynamoDBDocumentClient,
  table: string,
  user: User,
  repeat?: Repeat,
): Promise<Written> =>
  writeAll(client, [takeNick(table, user), putUser(table, user), ...repeated(table, user.tenant, repeat)]);

/** `refused`: the nick is taken, or the user was changed meanwhile. */
export const changeUser = (
  client: DynamoDBDocumentClient,
  table: string,
  was: User,
  user: User,
  repeat?: Repeat,
): Promise<Written> =>
  writeAll(client, [
    ...(was.normalized === user.normalized ? [] : [takeNick(table, user), freeNick(table, was)]),
    putUser(table, user, was),
    ...repeated(table, user.tenant, repeat),
  ]);

/** Only its hash is stored. */
export const newInviteToken = (): string => randomBytes(tokenBytes).toString('base64url');
const tokenBytes = 24;

/** What is kept of an invite that was made with an Idempotency-Key. */
export interface InviteRepeat extends JsonObject {
  salt: string;
}

export const newInviteRepeat = (): InviteRepeat => ({ salt: randomBytes(32).toString('base64url') });

/** The token of such an invite, for whoever made it, by the API key that they made it with. */
export const inviteTokenAgain = ({ salt }: InviteRepeat, callerToken: string): string =>
  bytesAgain(callerToken, 'invite', salt).subarray(0, tokenBytes).toString('base64url');

export const findInvite = (client: DynamoDBDocumentClient, table: string, tenant: string, token: string) =>
  get<Invite>(client, table, inviteKey(tenant, sha256(token)));

export const createInvite = (
  client: DynamoDBDocumentClient,
  table: string,
  invite: Invite,
  token: string,
  repeat?: Repeat,
): Promise<Written> =>
  writeAll(client, [
    {
      Put: {
        TableName: table,
        Item: { ...inviteKey(invite.tenant, sha256(token)), ...invite },
        ConditionExpression: isNew,
      },
    },
    ...repeated(table, invite.tenant, repeat),
  ]);

/** Accepts an invite as a user, who is new or there already. `refused`: it is accepted, or the nick is taken. */
export const acceptInvite = (
  client: DynamoDBDocumentClient,
  table: string,
  invite: Invite & { accepted: object },
  token: string,
  user: User | undefined,
  repeat?: Repeat,
): Promise<Written> =>
  writeAll(client, [
    ...(user ? [takeNick(table, user), putUser(table, user)] : []),
    {
      Put: {
        TableName: table,
        Item: { ...inviteKey(invite.tenant, sha256(token)), ...invite },
        ConditionExpression: 'attribute_exists(pk) AND attribute_not_exists(accepted)',
      },
    },
    ...repeated(table, invite.tenant, repeat),
  ]);
