/** A signed-in person's door: their tasks in all tenants. Nobody else sees anything here; only POSTs from these pages change something. */

import { context } from '../../adapters/lambda/context.ts';
import { type HttpEvent, type HttpResult, httpHandler, jsonError, type Route } from '../../adapters/lambda/http.ts';
import { isOwnForm, sessionOf } from '../../adapters/lambda/session.ts';
import { findSession } from '../../adapters/sessions.ts';
import { NotFound, PolicyDenied } from '../../core/errors.ts';
import { failedPage, nothingPage } from '../../pages/inbox.ts';
import { signInPath } from '../../pages/nav.ts';
import { pageAnswer } from '../../pages/security.ts';
import { errorAnswer } from '../../wire/errors.ts';
import { confirmBatch, decideBatch } from './batch.ts';
import { leadTo } from './form.ts';
import { listDone, listOpen } from './lists.ts';
import { saveMe, showMe } from './me.ts';
import { issuerRoutes } from './oidc.ts';
import { baseUrl, client, issuer, mailQueueUrl, type Page, people, tables } from './ports.ts';
import { signInRoutes } from './sign-in.ts';
import { postTask, showTask } from './task.ts';

const pages: { path: string; get: Page; post?: Page }[] = [
  { path: '/inbox', get: listOpen },
  { path: '/inbox/done', get: listDone },
  { path: '/inbox/batch', get: confirmBatch, post: decideBatch },
  { path: '/inbox/me', get: showMe, post: saveMe },
  { path: '/inbox/tasks/{org}/{workspace}/{task}', get: showTask, post: postTask },
];

/** The page for whoever is signed in; everybody else is sent to sign in, whatever they asked for. */
const visited =
  ({ get, post }: (typeof pages)[number]): Route['handler'] =>
  async (event) => {
    const { method } = event.requestContext.http;
    const page = method === 'GET' || method === 'HEAD' ? get : method === 'POST' ? post : undefined;
    if (!page) return notAllowed(post ? 'GET, HEAD, POST' : 'GET, HEAD');
    if (page === post && !isOwnForm(event, baseUrl)) throw new PolicyDenied('This form was not sent from these pages.');
    const directory = await people();
    const known = { directory, now: context().now };
    const session = await findSession(client, tables.people, sessionOf(event), known);
    if (!session) return leadTo(signInPath);
    return page(event, { session, directory });
  };

function notAllowed(allow: string): HttpResult {
  const refused = pageAnswer(405, failedPage(405, 'This page is only opened or sent.'));
  return { ...refused, headers: { ...refused.headers, allow } };
}

const routes = pages.map((page): Route => ({ method: 'ANY', path: page.path, handler: visited(page) }));

const shared = { client, table: tables.people, people, baseUrl };
const signIn = [
  ...signInRoutes({ ...shared, mailQueueUrl, issuer: issuer.issuer }),
  ...issuerRoutes({ ...shared, issuer }),
];

export const handler = httpHandler([...routes, ...signIn], (event: HttpEvent, thrown) => {
  if (/^\/+v1\//.test(event.rawPath)) return jsonError(event, thrown);
  if (thrown instanceof NotFound) return pageAnswer(404, nothingPage());
  const { status, body } = errorAnswer(thrown, context().now, false);
  return pageAnswer(status, failedPage(status, String(body.message)));
});
