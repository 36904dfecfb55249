import type { ApiKey } from '../../adapters/keys.ts';
import { type HttpEvent, headerOf } from '../../adapters/lambda/http.ts';
import { InvalidInput, PolicyDenied } from '../../core/errors.ts';
import { wholeAddress } from '../../wire/addresses.ts';
import { ownerQuery } from '../../wire/webhooks.ts';

/**
 * Whose subscriptions a request is about: as the query or the header says, else the key's own agent. Throws InvalidInput where
 * these two contradict each other or are no address, PolicyDenied where it is another agent.
 */
export function ownerOf(event: HttpEvent, { tenant, agent, ownToo }: ApiKey): string {
  const { owner_agent } = ownerQuery.parse(event.queryStringParameters ?? {});
  const header = headerOf(event, 'x-owner-agent');
  const [inQuery, inHeader] = [owner_agent, header].map((given) => given && wholeAddress(given, tenant, 'owner_agent'));
  if (inQuery && inHeader && inQuery !== inHeader)
    throw new InvalidInput('Query and header name two owners.', { field: 'owner_agent' }, 'owner_conflict');
  const owner = inQuery || inHeader || agent;
  if (owner !== agent && !ownToo)
    throw new PolicyDenied("Only an agent's own key sees to its webhooks.", { reason: 'not_yours' });
  return owner;
}
