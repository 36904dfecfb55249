/** Service accounts, keys and agents in AXP's shapes, which are strict. */

import type { Account } from '../../adapters/accounts.ts';
import type { ApiKey } from '../../adapters/keys.ts';

export const accountOut = (account: Account) => ({
  service_account_id: account.id,
  org_id: account.orgId,
  workspace_id: account.workspaceId,
  name: account.name,
  description: account.description ?? null,
  status: account.status,
  created_by_actor_id: account.createdBy,
  created_at: account.createdAt,
  updated_at: account.updatedAt,
});

export const newAccountOut = (account: Account) => ({
  ...accountOut(account),
  agent_address: account.agent,
  display_name: account.displayName ?? null,
});

export const agentOut = ({ agent, id, name, displayName, createdAt }: Account) => ({
  address: agent,
  service_account_id: id,
  service_account_name: name,
  display_name: displayName ?? null,
  status: 'active',
  created_at: createdAt,
});

/** With its token, which is shown this once. */
export const keyOut = ({ keyId, createdAt, expiresAt }: ApiKey, token: string, accountId: string) => ({
  key_id: keyId,
  service_account_id: accountId,
  key_hint: `hp_sa_${keyId}`,
  status: 'active',
  created_at: createdAt,
  expires_at: expiresAt ?? null,
  token,
});

export const revokedOut = ({ keyId, revokedAt }: ApiKey, accountId: string) => ({
  service_account_id: accountId,
  key_id: keyId,
  status: 'revoked',
  revoked_at: revokedAt,
});
