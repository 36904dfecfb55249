/** The HTTP contract of service accounts, keys, agents and capabilities: what goes out, in AXP's strict shapes. */

import * as z from 'zod';
import { characters } from '../core/characters.ts';
import { accountId, keyId } from './accounts.ts';

const ok = z.literal(true);
const time = z.iso.datetime();
const address = z.string().startsWith('agent://').max(383);

const account = z.strictObject({
  service_account_id: accountId,
  org_id: z.uuid(),
  workspace_id: z.uuid(),
  name: characters(2, 120),
  description: characters(0, 1024).nullable(),
  status: z.enum(['active', 'revoked']),
  created_by_actor_id: characters(1, 255),
  created_at: time,
  updated_at: time,
});
export const createdAccount = z.strictObject({
  ok,
  service_account: account.extend({ agent_address: address, display_name: characters(0, 255).nullable() }),
});
export const gotAccount = z.strictObject({ ok, service_account: account });
export const listedAccounts = z.strictObject({ ok, service_accounts: z.array(account) });

export const createdKey = z.strictObject({
  ok,
  key: z.strictObject({
    key_id: keyId,
    service_account_id: accountId,
    key_hint: z.string().min(4),
    status: z.literal('active'),
    created_at: time,
    expires_at: time.nullable(),
    /** Shown this once. */
    token: z.string().min(12),
  }),
});
export const revokedKey = z.strictObject({
  ok,
  key: z.strictObject({
    service_account_id: accountId,
    key_id: keyId,
    status: z.literal('revoked'),
    revoked_at: time,
  }),
});

const agent = z.strictObject({
  address,
  service_account_id: accountId,
  service_account_name: characters(2, 120),
  display_name: characters(0, 255).nullable(),
  status: z.literal('active'),
  created_at: time,
});
export const listedAgents = z.strictObject({ ok, agents: z.array(agent) });
export const gotAgent = z.strictObject({ ok, agent: agent.extend({ updated_at: time }) });

export const gotCapabilities = z.strictObject({
  ok,
  /** Names of the operations of the OpenAPI document. */
  capabilities: z.array(characters(3, 120)).min(1),
  supported_intent_types: z.array(z.string().regex(/^intent\.[a-z0-9_]+\.v1$/)).min(1),
});
