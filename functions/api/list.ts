/** `GET /v1/intents`: what a tenant's agents have asked for, so that one finds what another did. */

import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { type Listed, listedIntents } from '../../adapters/listed.ts';
import { ownAddress, wholeAddress } from '../../wire/addresses.ts';
import { cursorOf, type intentsQuery } from '../../wire/intents.ts';
import { intentOut } from './views.ts';

/** One page, as the wire has it. Throws InvalidInput (`from_agent`, `to_agent`). */
export async function listOf(
  index: { client: DynamoDBDocumentClient; table: string },
  tenant: string,
  {
    status,
    correlation_id,
    parent_intent_id: parent,
    from_agent,
    to_agent,
    limit,
    cursor,
  }: ReturnType<typeof intentsQuery.parse>,
) {
  const from = from_agent === undefined ? undefined : wholeAddress(from_agent, tenant, 'from_agent');
  const to = to_agent === undefined ? undefined : wholeAddress(to_agent, tenant, 'to_agent');
  const fits = ({ head, request }: Listed): boolean =>
    (!status || status.includes(head.status)) &&
    (from === undefined || head.from === from) &&
    (correlation_id === undefined || request.correlationId.toLowerCase() === correlation_id.toLowerCase()) &&
    (to === undefined || request.to === to);
  const { found, after } = await listedIntents(index, tenant, {
    parent,
    correlationId: correlation_id,
    from,
    to: to === ownAddress(tenant) ? undefined : to,
    limit,
    after: cursor,
    only: fits,
  });
  return { intents: found.map(intentOut), next_cursor: after === undefined ? null : cursorOf(after) };
}
