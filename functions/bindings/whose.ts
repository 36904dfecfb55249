/** Whose mailbox a path names, and who may say how it is delivered. */

import { type ApiKey, hasScope } from '../../adapters/keys.ts';
import { NotFound, PolicyDenied } from '../../core/errors.ts';
import type { Box } from '../../core/mailbox.ts';
import { knownAddress } from '../../wire/addresses.ts';

/** What comes before an address in a path, and after it. */
const agentsPath = '/v1/agents/';
export const bindingEnd = '/binding';
export const rotateEnd = '/binding/rotate';

/** The agent itself, or whoever manages the tenant's accounts. Throws NotFound, PolicyDenied. */
export function boxAt({ tenant, ...caller }: ApiKey, rawPath: string, end: string): Box {
  const given = rawPath.slice(agentsPath.length, -end.length).replace(/^agent:\/(?!\/)/, 'agent://');
  const address = knownAddress(given, tenant);
  if (address === undefined) throw new NotFound('agent');
  const own = address === caller.agent || caller.ownToo === true;
  if (!own && !hasScope({ tenant, ...caller }, 'accounts:manage'))
    throw new PolicyDenied(
      "Only an agent's own key, or one with the scope accounts:manage, says how it is delivered to.",
      {
        reason: 'not_yours',
      },
    );
  return { tenant, address };
}
