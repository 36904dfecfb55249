/**
 * Service accounts: the agents of a tenant that are known by name, each with its keys. All of a tenant's are one collection of
 * the table `Control`. An account's id is made of its agent's address, so an address leads to it without an index.
 */

import { type DynamoDBDocumentClient, GetCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { v5 as uuidv5 } from 'uuid';
import { sha256 } from '../core/hash.ts';
import { collection } from './collection.ts';
import { keepRepeat, type Operation, type Repeat, type Written, writeAll } from './repeats.ts';
import { accountKey, accountKeyRow, accountPrefix, accountRepeat, accountsPk } from './rows.ts';

export interface Account {
  id: string;
  tenant: string;
  /** The agent's whole address. */
  agent: string;
  name: string;
  displayName?: string;
  description?: string;
  /** The client's own ids of organisation and workspace; AXP wants UUIDs. */
  orgId: string;
  workspaceId: string;
  createdBy: string;
  status: 'active' | 'revoked';
  createdAt: string;
  updatedAt: string;
}

export const accountIdOf = (agent: string): string => `sa_${sha256(agent).slice(0, 16)}`;

/** Makes UUIDs of names, where a client has no UUIDs of its own. */
const namesSpace = '8f0ce9a6-54f5-4d53-9f3c-0d4c3f7b2a11';
const uuidShape = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
export const uuidOf = (label: string): string =>
  uuidShape.test(label) ? label.toLowerCase() : uuidv5(label, namesSpace);

/** A new account of a tenant's agent. */
export function newAccount(
  tenant: string,
  name: string,
  now: string,
  more: Partial<Pick<Account, 'displayName' | 'description' | 'orgId' | 'workspaceId' | 'createdBy'>> = {},
): Account {
  const [org = '', workspace = ''] = tenant.split('/');
  const agent = `agent://${tenant}/${name}`;
  return {
    id: accountIdOf(agent),
    tenant,
    agent,
    name,
    orgId: uuidOf(org),
    workspaceId: uuidOf(workspace),
    createdBy: 'operator',
    status: 'active',
    createdAt: now,
    updatedAt: now,
    ...more,
  };
}

const isActive = '#status = :active';
const names = { '#status': 'status' };
const values = { ':active': 'active' };

/** Stores an account: one that is new, or was ended. */
const putAccount = (table: string, account: Account): Operation => ({
  Put: {
    TableName: table,
    Item: { ...accountKey(account.tenant, account.id), ...account },
    ConditionExpression: `attribute_not_exists(pk) OR NOT ${isActive}`,
    ExpressionAttributeNames: names,
    ExpressionAttributeValues: values,
  },
});

/** For a key that is made: of an account that is active, and listed with it. */
export const withAccount = (table: string, { tenant, agent }: { tenant: string; agent: string }, keyId: string) => [
  {
    ConditionCheck: {
      TableName: table,
      Key: accountKey(tenant, accountIdOf(agent)),
      ConditionExpression: isActive,
      ExpressionAttributeNames: names,
      ExpressionAttributeValues: values,
    },
  },
  { Put: { TableName: table, Item: { ...accountKeyRow(tenant, accountIdOf(agent), keyId), keyId } } },
];

/** `refused`: there is one of this name. */
export const createAccount = (
  client: DynamoDBDocumentClient,
  table: string,
  account: Account,
  repeat?: Repeat,
): Promise<Written> =>
  writeAll(client, [
    putAccount(table, account),
    ...(repeat ? [keepRepeat(table, accountRepeat(account.tenant, repeat.key), repeat)] : []),
  ]);

/** One of the tenant's that is active, or was ended. */
export async function findAccount(client: DynamoDBDocumentClient, table: string, tenant: string, id: string) {
  const found = await client.send(
    new GetCommand({ TableName: table, Key: accountKey(tenant, id), ConsistentRead: true }),
  );
  return found.Item as Account | undefined;
}

/** Those of a tenant that are active and wanted, by id. */
export async function listAccounts(
  client: DynamoDBDocumentClient,
  table: string,
  tenant: string,
  limit: number,
  wanted: (account: Account) => boolean,
): Promise<Account[]> {
  const accounts: Account[] = [];
  for await (const item of collection(client, table, accountsPk(tenant), accountPrefix)) {
    const account = item as unknown as Account;
    if (account.status === 'active' && wanted(account)) accounts.push(account);
    if (accounts.length === limit) break;
  }
  return accounts;
}

/**
 * Ends an account: no key can be made for it any more. Gives the ids of those it has, which the caller revokes; again, the
 * same, so that a call that broke off can be repeated. undefined where there is none.
 */
export async function endAccount(
  client: DynamoDBDocumentClient,
  table: string,
  { tenant, id }: Pick<Account, 'tenant' | 'id'>,
  now: string,
): Promise<{ account: Account; keyIds: string[] } | undefined> {
  const before = await findAccount(client, table, tenant, id);
  if (!before) return undefined;
  const account = before.status === 'revoked' ? before : await markEnded(client, table, before, now);
  const keyIds: string[] = [];
  for await (const { keyId } of collection(client, table, accountsPk(tenant), accountKeyRow(tenant, id, '').sk))
    keyIds.push(String(keyId));
  return { account, keyIds };
}

async function markEnded(client: DynamoDBDocumentClient, table: string, { tenant, id }: Account, now: string) {
  const { Attributes } = await client.send(
    new UpdateCommand({
      TableName: table,
      Key: accountKey(tenant, id),
      UpdateExpression: 'SET #status = :revoked, updatedAt = :now',
      ConditionExpression: 'attribute_exists(pk)',
      ExpressionAttributeNames: names,
      ExpressionAttributeValues: { ':revoked': 'revoked', ':now': now },
      ReturnValues: 'ALL_NEW',
    }),
  );
  return Attributes as Account;
}
