/** What every page of the inbox needs; made once at the function's start. */

import { openDirectory } from '../../adapters/directory.ts';
import { readEnv } from '../../adapters/env.ts';
import type { HttpEvent, HttpResult } from '../../adapters/lambda/http.ts';
import { openStore } from '../../adapters/lambda/tables.ts';
import type { SignedIn } from '../../adapters/sessions.ts';
import type { Directory } from '../../core/directory.ts';
import { env as schema } from './env.ts';

const env = readEnv(schema);

export const baseUrl = env.BASE_URL;
export const mailQueueUrl = env.MAIL_QUEUE_URL;
export const issuer = { issuer: env.OIDC_ISSUER, clientId: env.OIDC_CLIENT_ID, secretArn: env.OIDC_SECRET_ARN };
export const { client, tables, store } = openStore(env);
export const people = openDirectory(client, tables.people);

/** Who asks for a page, with the directory that they were found in. */
export interface Visitor {
  session: SignedIn;
  directory: Directory;
}

export type Page = (event: HttpEvent, visitor: Visitor) => Promise<HttpResult>;
