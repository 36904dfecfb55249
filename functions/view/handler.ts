/** The requester's door: shows one intent. It may read the table `Intents` and nothing else, so it has no power to change anything. */

import { readEnv } from '../../adapters/env.ts';
import { context } from '../../adapters/lambda/context.ts';
import { type HttpEvent, type HttpResult, httpHandler } from '../../adapters/lambda/http.ts';
import { openStore } from '../../adapters/lambda/tables.ts';
import { NotFound } from '../../core/errors.ts';
import { opens, viewOf } from '../../core/view-link.ts';
import { typeOfIntent } from '../../intents/index.ts';
import { pageAnswer } from '../../pages/security.ts';
import { maxEventsShown } from '../../pages/timeline.ts';
import { unknownViewPage, viewFailurePage, viewPage } from '../../pages/view.ts';
import { env as schema } from './env.ts';

const { store } = openStore(readEnv(schema));

/** Throws NotFound, with one page for every link that opens nothing. */
async function show(event: HttpEvent): Promise<HttpResult> {
  const view = viewOf(event.rawPath.slice('/r/'.length));
  if (!view) throw new NotFound('link');
  const [state, events] = await Promise.all([
    store.load(view.ref, { request: true }),
    store.events(view.ref, 0, maxEventsShown),
  ]);
  const { now } = context();
  if (!state || !opens(view.hash, state, now)) throw new NotFound('link');
  const type = typeOfIntent(state.head);
  return pageAnswer(200, viewPage(state, events, type?.shape === 'action' ? type.tools : [], now));
}

async function answer(event: HttpEvent): Promise<HttpResult> {
  if (['GET', 'HEAD'].includes(event.requestContext.http.method)) return show(event);
  const refused = pageAnswer(405, unknownViewPage());
  return { ...refused, headers: { ...refused.headers, allow: 'GET, HEAD' } };
}

export const handler = httpHandler([{ method: 'ANY', path: '/r/{view}', handler: answer }], (_event, thrown) =>
  thrown instanceof NotFound ? pageAnswer(404, unknownViewPage()) : pageAnswer(500, viewFailurePage()),
);
