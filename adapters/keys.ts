/** Keys of agents (`hp_sa_<id>_<secret>`) and of identity providers (`hp_scim_…`). Only the hash is stored; a revoked key is refused at once, since every request reads its row. */

import { randomBytes, timingSafeEqual } from 'node:crypto';
import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { type DynamoDBDocumentClient, GetCommand, PutCommand, ScanCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { PolicyDenied, Unauthorized } from '../core/errors.ts';
import { bytesAgain, sha256 } from '../core/hash.ts';
import type { JsonObject } from '../core/json.ts';
import type { Scope } from '../wire/scopes.ts';
import { createAccount, newAccount, withAccount } from './accounts.ts';
import { keepRepeat, type Repeat, type Written, writeAll } from './repeats.ts';
import { accountRepeat, keyKey } from './rows.ts';

export interface ApiKey {
  keyId: string;
  tenant: string;
  /** The agent's whole address. */
  agent: string;
  name: string;
  createdAt: string;
  revokedAt?: string;
  /** From then on it is refused. */
  expiresAt?: string;
  /** What it may do beside being its agent. */
  scopes?: Scope[];
  /** Id of the person whose decisions it may bring. */
  mayDecideAs?: string;
  /** Requests a minute to one endpoint, in place of the deployment's limit. */
  limitPerMinute?: number;
  /** Also on what its own agent asked for: on one machine, where one key plays all parts. No command makes such a key. */
  ownToo?: true;
}

interface StoredKey extends ApiKey {
  hash: string;
}

const shapeOf = {
  sa: /^hp_sa_([0-9a-f]{16})_([A-Za-z0-9_-]{43})$/,
  scim: /^hp_scim_([0-9a-f]{16})_([A-Za-z0-9_-]{43})$/,
};

/** What keys of identity providers are listed as: they belong to no tenant and are no agent's. */
const provider = { tenant: '-', agent: 'identity provider (SCIM)' };

/** Whose key this is. Throws Unauthorized, with the same words for every wrong key. */
export const authenticate = (
  client: DynamoDBDocumentClient,
  table: string,
  token: string | undefined,
): Promise<ApiKey> => keyOfToken(client, table, token, 'sa', 'Send your key as x-api-key.');

/** Whether this is an identity provider. Throws as `authenticate` does. */
export const authenticateProvider = (
  client: DynamoDBDocumentClient,
  table: string,
  token: string | undefined,
): Promise<ApiKey> => keyOfToken(client, table, token, 'scim', 'Send the token as a bearer token.');

async function keyOfToken(
  client: DynamoDBDocumentClient,
  table: string,
  token: string | undefined,
  kind: keyof typeof shapeOf,
  missing: string,
): Promise<ApiKey> {
  if (!token) throw new Unauthorized('missing_platform_api_key', missing);
  const wrong = new Unauthorized('invalid_platform_api_key', 'This key is not valid.');
  const keyId = shapeOf[kind].exec(token)?.[1];
  if (keyId === undefined) throw wrong;
  const found = await client.send(new GetCommand({ TableName: table, Key: keyKey(keyId), ConsistentRead: true }));
  const stored = found.Item as StoredKey | undefined;
  const matches = timingSafeEqual(Buffer.from(sha256(token)), Buffer.from(stored?.hash ?? sha256('')));
  if (!stored || !matches || stored.revokedAt !== undefined || isOver(stored)) throw wrong;
  return stored;
}

const isOver = ({ expiresAt }: ApiKey): boolean => expiresAt !== undefined && Date.parse(expiresAt) <= Date.now();

export const hasScope = ({ scopes = [] }: ApiKey, scope: Scope): boolean => scopes.includes(scope);

/** Throws PolicyDenied where the key may not do this. */
export function checkScope(key: ApiKey, scope: Scope): void {
  if (!hasScope(key, scope))
    throw new PolicyDenied(`This key lacks the scope ${scope}: holdpoint keys create --scope gives it.`, { scope });
}

interface NewKey
  extends Pick<
    ApiKey,
    'tenant' | 'agent' | 'name' | 'expiresAt' | 'scopes' | 'mayDecideAs' | 'limitPerMinute' | 'ownToo'
  > {
  now: string;
}

/** Makes an agent's key, and its account where it has none yet; the token is shown this once. For operators. */
export async function createKey(client: DynamoDBDocumentClient, table: string, given: NewKey) {
  const { tenant, agent, now } = given;
  // One that is there stays as it is.
  await createAccount(client, table, newAccount(tenant, agent.slice(`agent://${tenant}/`.length), now));
  const made = await addKey(client, table, given);
  if (made.written !== 'done') throw new Error(`${agent} was removed just now.`);
  return made;
}

/**
 * Makes a key of an account that is there. With `repeat`, whose answer holds a salt, the secret is made of the caller's own
 * token and the salt: a repeated request makes the same one again, and nobody stores it.
 */
export async function addKey(
  client: DynamoDBDocumentClient,
  table: string,
  given: NewKey,
  repeat?: Repeat & { answer: KeyRepeat; callerToken: string },
): Promise<{ key: ApiKey; token: string; written: Written }> {
  const { keyId, salt } = repeat?.answer ?? { keyId: newKeyId(), salt: undefined };
  const secret =
    repeat && salt !== undefined ? secretOf(repeat.callerToken, salt) : randomBytes(32).toString('base64url');
  const { key, token, put } = keyRow(table, given, 'sa', keyId, secret);
  const kept = repeat ? [keepRepeat(table, accountRepeat(given.tenant, repeat.key), repeat)] : [];
  const written = await writeAll(client, [put, ...withAccount(table, given, keyId), ...kept]);
  return { key, token, written };
}

/** What is kept of a key that was made with an Idempotency-Key. */
export interface KeyRepeat extends JsonObject {
  keyId: string;
  salt: string;
}

export const newKeyRepeat = (): KeyRepeat => ({ keyId: newKeyId(), salt: randomBytes(32).toString('base64url') });

/** A key that was made with an Idempotency-Key, and its token again. undefined where the caller's own key was another then. */
export async function keyAgain(
  client: DynamoDBDocumentClient,
  table: string,
  { keyId, salt }: KeyRepeat,
  callerToken: string,
): Promise<{ key: ApiKey; token: string } | undefined> {
  const token = tokenOf('sa', keyId, secretOf(callerToken, salt));
  const found = await client.send(new GetCommand({ TableName: table, Key: keyKey(keyId), ConsistentRead: true }));
  const stored = found.Item as StoredItem | undefined;
  return stored?.hash === sha256(token) ? { key: keyOf(stored), token } : undefined;
}

const newKeyId = (): string => randomBytes(8).toString('hex');
const secretOf = (callerToken: string, salt: string): string =>
  bytesAgain(callerToken, 'key', salt).toString('base64url');
const tokenOf = (kind: keyof typeof shapeOf, keyId: string, secret: string): string => `hp_${kind}_${keyId}_${secret}`;

/** Makes an identity provider's key; its token is shown this once. */
export async function createProviderKey(
  client: DynamoDBDocumentClient,
  table: string,
  given: Pick<NewKey, 'name' | 'now'>,
): Promise<{ key: ApiKey; token: string }> {
  const secret = randomBytes(32).toString('base64url');
  const { key, token, put } = keyRow(table, { ...provider, ...given }, 'scim', newKeyId(), secret);
  await client.send(new PutCommand(put.Put));
  return { key, token };
}

function keyRow(table: string, { now, ...given }: NewKey, kind: keyof typeof shapeOf, keyId: string, secret: string) {
  const token = tokenOf(kind, keyId, secret);
  const key: ApiKey = { keyId, ...given, createdAt: now };
  const put = {
    Put: {
      TableName: table,
      Item: { ...keyKey(keyId), ...key, hash: sha256(token) },
      ConditionExpression: 'attribute_not_exists(pk)',
    },
  };
  return { key, token, put };
}

/** All keys of a tenant, without their hashes. For the operator: reads the whole control table. */
export async function listKeys(client: DynamoDBDocumentClient, table: string, tenant?: string): Promise<ApiKey[]> {
  const keys: ApiKey[] = [];
  let next: Record<string, unknown> | undefined;
  do {
    const page = await client.send(
      new ScanCommand({ TableName: table, ConsistentRead: true, ...(next ? { ExclusiveStartKey: next } : {}) }),
    );
    for (const item of page.Items ?? []) if (item.sk === 'key') keys.push(keyOf(item as StoredItem));
    next = page.LastEvaluatedKey;
  } while (next);
  return keys.filter((key) => tenant === undefined || key.tenant === tenant);
}

/**
 * Revokes a key for good and returns it; one that was revoked before keeps its time. undefined where there is none, or none
 * of this agent, where one is named.
 */
export async function revokeKey(
  client: DynamoDBDocumentClient,
  table: string,
  keyId: string,
  now: string,
  of?: Pick<ApiKey, 'tenant' | 'agent'>,
): Promise<ApiKey | undefined> {
  try {
    const { Attributes } = await client.send(
      new UpdateCommand({
        TableName: table,
        Key: keyKey(keyId),
        UpdateExpression: 'SET revokedAt = if_not_exists(revokedAt, :now)',
        ConditionExpression: `attribute_exists(pk)${of ? ' AND #tenant = :tenant AND #agent = :agent' : ''}`,
        ...(of ? { ExpressionAttributeNames: { '#tenant': 'tenant', '#agent': 'agent' } } : {}),
        ExpressionAttributeValues: { ':now': now, ...(of ? { ':tenant': of.tenant, ':agent': of.agent } : {}) },
        ReturnValues: 'ALL_NEW',
      }),
    );
    return keyOf(Attributes as StoredItem);
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) return undefined;
    throw error;
  }
}

type StoredItem = StoredKey & { pk: string; sk: string };

/** What may be shown of a key. */
const keyOf = ({ pk, sk, hash, ...key }: StoredItem): ApiKey => key;
