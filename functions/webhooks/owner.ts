import type { ApiKey } from '../../adapters/keys.ts';
import { type HttpEvent, queryAs } from '../../adapters/lambda/http.ts';
import { ownerIn } from '../../adapters/lambda/owner.ts';
import { PolicyDenied } from '../../core/errors.ts';
import { ownerQuery } from '../../wire/controls.ts';

/**
 * Whose subscriptions a request is about: as the query or the header says, else the key's own agent. Throws InvalidInput where
 * these two contradict each other or are no address, PolicyDenied where it is another agent.
 */
export function ownerOf(event: HttpEvent, { tenant, agent, ownToo }: ApiKey): string {
  queryAs(ownerQuery, event);
  const owner = ownerIn(event, tenant) ?? agent;
  if (owner !== agent && !ownToo)
    throw new PolicyDenied("Only an agent's own key sees to its webhooks.", { reason: 'not_yours' });
  return owner;
}
