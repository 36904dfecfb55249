/** Which intents `GET /v1/intents` was asked for, whatever they are read from. */

import type { Head, IntentRequest } from '../../core/model.ts';
import { wholeAddress } from '../../wire/addresses.ts';
import type { intentsQuery } from '../../wire/intents.ts';

/** Whole addresses, and whether one is meant; whose part it is, the list says. Throws InvalidInput (`from_agent`, `to_agent`). */
export function wantedIn(
  { status, correlation_id, from_agent, to_agent }: ReturnType<typeof intentsQuery.parse>,
  tenant: string,
) {
  const from = from_agent === undefined ? undefined : wholeAddress(from_agent, tenant, 'from_agent');
  const to = to_agent === undefined ? undefined : wholeAddress(to_agent, tenant, 'to_agent');
  const fits = ({ head, request }: { head: Head; request?: IntentRequest | undefined }): boolean =>
    (!status || status.includes(head.status)) &&
    (from === undefined || head.from === from) &&
    (correlation_id === undefined || request?.correlationId.toLowerCase() === correlation_id.toLowerCase()) &&
    (to === undefined || request?.to === to);
  return { from, to, fits };
}
