/** `GET /v1/intents`: what a tenant's agents have asked for, so that one finds what another did. */

import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { listedIntents } from '../../adapters/listed.ts';
import { ownAddress } from '../../wire/addresses.ts';
import { cursorOf, type intentsQuery } from '../../wire/intents.ts';
import { intentOut } from './views.ts';
import { wantedIn } from './wanted.ts';

/** One page, as the wire has it. Throws InvalidInput (`from_agent`, `to_agent`). */
export async function listOf(
  index: { client: DynamoDBDocumentClient; table: string },
  tenant: string,
  query: ReturnType<typeof intentsQuery.parse>,
) {
  const { from, to, fits } = wantedIn(query, tenant);
  const { found, after } = await listedIntents(index, tenant, {
    parent: query.parent_intent_id,
    correlationId: query.correlation_id,
    from,
    to: to === ownAddress(tenant) ? undefined : to,
    limit: query.limit,
    after: query.cursor,
    only: fits,
  });
  return { intents: found.map(intentOut), next_cursor: after === undefined ? null : cursorOf(after) };
}
