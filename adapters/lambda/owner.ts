/** Whose inbox or intent a request says that it is about (AXP): by query, by header, or not at all. */

import { InvalidInput } from '../../core/errors.ts';
import { wholeAddress } from '../../wire/addresses.ts';
import { type HttpEvent, headerOf } from './http.ts';

/** Whole. Throws InvalidInput (`owner_agent`; `owner_mismatch` where query and header name two). */
export function ownerIn(event: HttpEvent, tenant: string): string | undefined {
  const given = [event.queryStringParameters?.owner_agent, headerOf(event, 'x-owner-agent')];
  const [asked, sent] = given.map((one) => (one ? wholeAddress(one, tenant, 'owner_agent') : undefined));
  if (asked !== undefined && sent !== undefined && asked !== sent)
    throw new InvalidInput('Query and header name two owners.', { field: 'owner_agent' }, 'owner_mismatch');
  return asked ?? sent;
}
