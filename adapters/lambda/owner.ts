/** Whose inbox or intent a request says that it is about (AXP). */

import { ownerOf } from '../../wire/addresses.ts';
import { type HttpEvent, headerOf } from './http.ts';

/** Throws what `ownerOf` throws. */
export const ownerIn = (event: HttpEvent, tenant: string): string | undefined =>
  ownerOf({ query: event.queryStringParameters?.owner_agent, header: headerOf(event, 'x-owner-agent') }, tenant);
