/** The function of the pages behind a sign-in, over a table in memory, with an issuer. */

import type { HttpEvent } from '../../adapters/lambda/http.ts';
import { type Door, openDoor } from '../abuse/doors.ts';
import { memoryClient } from '../functions/memory-client.ts';

export const clientId = 'holdpoint';

const people = [{ id: 'ada', name: 'Ada Example', mail: 'ada@example.com', roles: ['approvers'] }];

export const memory = memoryClient();

/** In place of `openStore`: nothing of these pages needs intents. */
export const openMemory = () => ({ client: memory.client, tables: { people: 'People' }, store: undefined });

export function openInbox(baseUrl: string, issuer: string): Promise<Door> {
  const environment = { BASE_URL: baseUrl, OIDC_ISSUER: issuer, OIDC_CLIENT_ID: clientId, OIDC_SECRET_ARN: '' };
  Object.assign(process.env, environment);
  return openDoor('inbox', people);
}

/** An event as API Gateway makes it of a request by a browser. */
export const eventOf = (method: string, url: URL, headers: Record<string, string>, body = ''): HttpEvent =>
  ({
    version: '2.0',
    rawPath: url.pathname,
    rawQueryString: url.search.slice(1),
    headers,
    requestContext: { requestId: 'request-1', http: { method, path: url.pathname } },
    body,
  }) as unknown as HttpEvent;
