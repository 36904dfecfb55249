/** Whose inbox or intent a request says that it is about (AXP). */

import { ownerOf } from '../../wire/addresses.ts';
import { type HttpEvent, headerOf, queryOf } from './http.ts';

/** The query's own schema refuses two. Throws what `ownerOf` throws. */
export const ownerIn = (event: HttpEvent, tenant: string): string | undefined =>
  ownerOf({ query: queryOf(event).get('owner_agent') || undefined, header: headerOf(event, 'x-owner-agent') }, tenant);
