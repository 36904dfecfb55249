/** The HTTP contract of service accounts, keys and agents: what comes in (AXP). */

import * as z from 'zod';
import { characters } from '../core/characters.ts';
import { addressPart, maxAgentName } from './addresses.ts';
import { pageLimit } from './page-limit.ts';

/** A name or UUID of the client's; whose account it is, the caller's key says. */
const label = characters(1, 255);
const optionalText = (length: number) => characters(0, length).nullish();

/** What a path must hold to name an account, or a key. */
export const accountId = z.string().regex(/^sa_[0-9a-f]{16}$/);
export const keyId = z.string().regex(/^[0-9a-f]{16}$/);

export const createAccount = z.strictObject({
  /** The agent's name: the last part of its address. */
  name: z.string().min(2).max(maxAgentName).regex(addressPart, 'letters, digits, dots, dashes and underscores'),
  display_name: optionalText(255),
  description: optionalText(1024),
  org_id: label.optional(),
  workspace_id: label.optional(),
  created_by_actor_id: label.optional(),
});

export const createAccountKey = z.strictObject({
  created_by_actor_id: label.optional(),
  expires_at: z.iso.datetime({ offset: true }).nullish(),
});

/** Query of both lists. */
export const accountsQuery = z.strictObject({
  org_id: label.optional(),
  workspace_id: label.optional(),
  limit: pageLimit(1000, 1000),
});
