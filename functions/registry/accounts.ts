/** Service accounts and their keys by API: always of the caller's tenant, whatever a body names. */

import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import {
  type Account,
  createAccount,
  endAccount,
  findAccount,
  listAccounts,
  newAccount,
  uuidOf,
} from '../../adapters/accounts.ts';
import { type ApiKey, addKey, type KeyRepeat, keyAgain, newKeyRepeat, revokeKey } from '../../adapters/keys.ts';
import { Conflict, InvalidInput, NotFound } from '../../core/errors.ts';
import { present } from '../../core/json.ts';
import type { accountsQuery, createAccountKey, createAccount as createBody } from '../../wire/accounts.ts';
import { agentNameFits, maxKeyPart, ownAddress } from '../../wire/addresses.ts';
import { firstAnswer } from '../api/idempotency.ts';
import { accountOut, keyOut, newAccountOut, revokedOut } from './views.ts';

export interface Ports {
  client: DynamoDBDocumentClient;
  /** The table `Control`. */
  table: string;
  now: string;
}

/** The Idempotency-Key, with its scope, and the body's hash. */
export type Known = { key: string; requestHash: string } | undefined;

/** Throws Conflict where there is one of this name, InvalidInput for the deployment's own, and one that is too long. */
export async function create(
  { client, table, now }: Ports,
  { tenant, agent }: ApiKey,
  body: ReturnType<typeof createBody.parse>,
  known: Known,
) {
  if (!agentNameFits(tenant, body.name))
    throw new InvalidInput(`Organisation, workspace and name have at most ${3 * maxKeyPart} characters together.`, {
      field: 'name',
    });
  const account = newAccount(
    tenant,
    body.name,
    now,
    present({
      displayName: body.display_name ?? undefined,
      description: body.description ?? undefined,
      orgId: body.org_id && uuidOf(body.org_id),
      workspaceId: body.workspace_id && uuidOf(body.workspace_id),
      createdBy: body.created_by_actor_id ?? agent,
    }),
  );
  if (account.agent === ownAddress(tenant))
    throw new InvalidInput('This is the name of the deployment itself.', { field: 'name' });
  const answer = { service_account: newAccountOut(account) };
  const written = await createAccount(client, table, account, known && { ...known, answer });
  if (written === 'done') return answer;
  if (written === 'refused') throw new Conflict('account_exists', `There is a service account ${body.name}.`);
  return firstAnswer(written, known?.requestHash ?? '');
}

/** Of those with the labels that are asked for; without them, all. */
const wanted =
  ({ org_id, workspace_id }: Query) =>
  ({ orgId, workspaceId }: Account): boolean =>
    (org_id === undefined || uuidOf(org_id) === orgId) &&
    (workspace_id === undefined || uuidOf(workspace_id) === workspaceId);

type Query = ReturnType<typeof accountsQuery.parse>;

export const list = ({ client, table }: Ports, { tenant }: ApiKey, query: Query): Promise<Account[]> =>
  listAccounts(client, table, tenant, query.limit, wanted(query));

/** An account that is active. Throws NotFound. */
export async function find({ client, table }: Ports, { tenant }: ApiKey, id: string): Promise<Account> {
  const account = await findAccount(client, table, tenant, id);
  if (account?.status !== 'active') throw new NotFound('service account');
  return account;
}

/** Ends an account and revokes its keys. Again, the same. Throws NotFound. */
export async function end({ client, table, now }: Ports, { tenant }: ApiKey, id: string) {
  const ended = await endAccount(client, table, { tenant, id }, now);
  if (!ended) throw new NotFound('service account');
  for (const keyId of ended.keyIds) await revokeKey(client, table, keyId, now, ended.account);
  return { service_account: accountOut(ended.account) };
}

/** A key of an account, with its token. Throws NotFound, InvalidInput (`expires_at`), Conflict for an Idempotency-Key of something else. */
export async function createAccountsKey(
  ports: Ports,
  caller: ApiKey & { token: string },
  id: string,
  body: ReturnType<typeof createAccountKey.parse>,
  known: Known,
) {
  const { client, table, now } = ports;
  const account = await find(ports, caller, id);
  if (body.expires_at && Date.parse(body.expires_at) <= Date.parse(now))
    throw new InvalidInput('This time is over already.', { field: 'expires_at' });
  const given = {
    tenant: account.tenant,
    agent: account.agent,
    name: `by ${body.created_by_actor_id ?? caller.agent}`,
    now,
    ...(body.expires_at ? { expiresAt: new Date(body.expires_at).toISOString() } : {}),
  };
  const repeat = known && { ...known, answer: newKeyRepeat(), callerToken: caller.token };
  const { key, token, written } = await addKey(client, table, given, repeat);
  if (written === 'done') return { key: keyOut(key, token, id) };
  if (written === 'refused') throw new NotFound('service account');
  const before = firstAnswer(written, known?.requestHash ?? '') as KeyRepeat;
  const again = await keyAgain(client, table, before, caller.token);
  if (!again) throw new Conflict('idempotency_conflict', 'This Idempotency-Key was used with another key of yours.');
  return { key: keyOut(again.key, again.token, id) };
}

/** Throws NotFound, also for a key of another account. */
export async function revoke(ports: Ports, caller: ApiKey, id: string, keyId: string) {
  const account = await findAccount(ports.client, ports.table, caller.tenant, id);
  const key = account && (await revokeKey(ports.client, ports.table, keyId, ports.now, account));
  if (!key) throw new NotFound('key');
  return { key: revokedOut(key, id) };
}
