/** Keys of agents (`hp_sa_<id>_<secret>`) and of identity providers (`hp_scim_…`). Only the hash is stored; a revoked key is refused at once, since every request reads its row. */

import { randomBytes, timingSafeEqual } from 'node:crypto';
import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { type DynamoDBDocumentClient, GetCommand, PutCommand, ScanCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { Unauthorized } from '../core/errors.ts';
import { sha256 } from '../core/hash.ts';
import { keyKey } from './rows.ts';

export interface ApiKey {
  keyId: string;
  tenant: string;
  /** The agent's whole address. */
  agent: string;
  name: string;
  createdAt: string;
  revokedAt?: string;
  /** Id of the person whose decisions it may bring. */
  mayDecideAs?: string;
  /** It may read all decisions of its tenant. */
  mayReadDecisions?: true;
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
  if (!stored || !matches || stored.revokedAt !== undefined) throw wrong;
  return stored;
}

interface NewKey extends Pick<ApiKey, 'tenant' | 'agent' | 'name' | 'mayDecideAs' | 'mayReadDecisions' | 'ownToo'> {
  now: string;
}

/** Makes an agent's key; its token is shown this once. */
export const createKey = (client: DynamoDBDocumentClient, table: string, given: NewKey) =>
  newKey(client, table, given, 'sa');

/** Makes an identity provider's key; its token is shown this once. */
export const createProviderKey = (client: DynamoDBDocumentClient, table: string, given: Pick<NewKey, 'name' | 'now'>) =>
  newKey(client, table, { ...provider, ...given }, 'scim');

async function newKey(
  client: DynamoDBDocumentClient,
  table: string,
  { now, ...given }: NewKey,
  kind: keyof typeof shapeOf,
): Promise<{ key: ApiKey; token: string }> {
  const keyId = randomBytes(8).toString('hex');
  const token = `hp_${kind}_${keyId}_${randomBytes(32).toString('base64url')}`;
  const key: ApiKey = { keyId, ...given, createdAt: now };
  await client.send(
    new PutCommand({
      TableName: table,
      Item: { ...keyKey(keyId), ...key, hash: sha256(token) },
      ConditionExpression: 'attribute_not_exists(pk)',
    }),
  );
  return { key, token };
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

/** Revokes a key for good and returns it; one that was revoked before keeps its time. undefined where there is none. */
export async function revokeKey(
  client: DynamoDBDocumentClient,
  table: string,
  keyId: string,
  now: string,
): Promise<ApiKey | undefined> {
  try {
    const { Attributes } = await client.send(
      new UpdateCommand({
        TableName: table,
        Key: keyKey(keyId),
        UpdateExpression: 'SET revokedAt = if_not_exists(revokedAt, :now)',
        ConditionExpression: 'attribute_exists(pk)',
        ExpressionAttributeValues: { ':now': now },
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
