/** One agent, by its address, which takes no right but to read the callers' keys; or all of a tenant. */

import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import type * as z from 'zod';
import { accountIdOf, findAccount } from '../../adapters/accounts.ts';
import type { ApiKey } from '../../adapters/keys.ts';
import { InvalidInput, NotFound } from '../../core/errors.ts';
import type { accountsQuery } from '../../wire/accounts.ts';
import { wholeAddress } from '../../wire/addresses.ts';
import { list, type Ports } from './accounts.ts';
import { agentOut } from './views.ts';

/** All of the caller's tenant. */
export async function agentsOf(ports: Ports, caller: ApiKey, query: z.infer<typeof accountsQuery>) {
  return (await list(ports, caller, query)).map(agentOut);
}

/** `given`: with or without scheme; a path may have lost one of its slashes. Throws NotFound, also for what is no address. */
export async function agentAt(
  { client, table }: { client: DynamoDBDocumentClient; table: string },
  tenant: string,
  given: string,
) {
  const found = await findAccount(client, table, tenant, accountIdOf(addressOf(given, tenant)));
  if (found?.status !== 'active') throw new NotFound('agent');
  return { ...agentOut(found), updated_at: found.updatedAt };
}

function addressOf(given: string, tenant: string): string {
  try {
    return wholeAddress(given.replace(/^agent:\/+/, ''), tenant, 'address');
  } catch (error) {
    throw error instanceof InvalidInput ? new NotFound('agent') : error;
  }
}
