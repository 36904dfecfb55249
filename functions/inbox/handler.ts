/** The pages of people who signed in. */

import { openDirectory } from '../../adapters/directory.ts';
import { readEnv } from '../../adapters/env.ts';
import { context } from '../../adapters/lambda/context.ts';
import { type HttpEvent, type HttpResult, httpHandler } from '../../adapters/lambda/http.ts';
import { sessionOf } from '../../adapters/lambda/session.ts';
import { openStore } from '../../adapters/lambda/tables.ts';
import { findSession } from '../../adapters/sessions.ts';
import { pageAnswer } from '../../pages/security.ts';
import { signedInPage } from '../../pages/sign-in.ts';
import { failurePage, unknownPage } from '../../pages/task.ts';
import { errorAnswer } from '../../wire/errors.ts';
import { env as schema } from './env.ts';
import { leadTo } from './form.ts';
import { issuerRoutes } from './oidc.ts';
import { signInRoutes } from './sign-in.ts';

const env = readEnv(schema);
const { client, tables } = openStore(env);
const table = tables.people;
const people = openDirectory(client, table);
const shared = { client, table, people, baseUrl: env.BASE_URL };
const issuer = { issuer: env.OIDC_ISSUER, clientId: env.OIDC_CLIENT_ID, secretArn: env.OIDC_SECRET_ARN };

/** Whoever is not signed in is led to where they can. */
async function home(event: HttpEvent): Promise<HttpResult> {
  const known = { directory: await people(), now: context().now };
  const session = await findSession(client, table, sessionOf(event), known);
  return session ? pageAnswer(200, signedInPage(session.person)) : leadTo('/inbox/sign-in');
}

export const handler = httpHandler(
  [
    { method: 'GET', path: '/inbox', handler: home },
    ...signInRoutes({ ...shared, mailQueueUrl: env.MAIL_QUEUE_URL, issuer: issuer.issuer }),
    ...issuerRoutes({ ...shared, issuer }),
  ],
  (_event, thrown) => {
    const { status, body } = errorAnswer(thrown, context().now, false);
    return pageAnswer(status, status === 404 ? unknownPage() : failurePage(status, String(body.message)));
  },
);
