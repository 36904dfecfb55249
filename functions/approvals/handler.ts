/** The approver's door: one page for each link. Only POST decides; GET, HEAD and OPTIONS change nothing. */

import { openDirectory } from '../../adapters/directory.ts';
import { readEnv } from '../../adapters/env.ts';
import { context } from '../../adapters/lambda/context.ts';
import { type HttpEvent, type HttpResult, httpHandler } from '../../adapters/lambda/http.ts';
import { openStore } from '../../adapters/lambda/tables.ts';
import { NotFound } from '../../core/errors.ts';
import { sha256 } from '../../core/hash.ts';
import type { IntentState, Link } from '../../core/model.ts';
import { type Door, linkState } from '../../core/rules/decide.ts';
import { pendingWith, voteOf } from '../../core/rules/steps.ts';
import { pageAnswer } from '../../pages/security.ts';
import {
  approvalPage,
  deadPage,
  decidedPage,
  type Entered,
  failurePage,
  stepOverPage,
  unknownPage,
} from '../../pages/task.ts';
import { errorAnswer } from '../../wire/errors.ts';
import { decideTask, enteredIn, formOf, logAs, needsCode, refusedIn } from './answer.ts';
import { openBesides } from './besides.ts';
import { env as schema } from './env.ts';

const env = readEnv(schema);
const { client, tables, store } = openStore(env);
const people = openDirectory(client, tables.people);
const besides = openBesides(client, tables.people, env.MAIL_QUEUE_URL);

/** The link is the path's last part; only its hash is ever looked up or kept. */
const linkHashOf = (event: HttpEvent): string => sha256(event.rawPath.slice('/a/'.length));

async function linkOf(event: HttpEvent): Promise<Link> {
  const link = await store.findLink(linkHashOf(event));
  if (!link) throw new NotFound('link');
  return link;
}

async function stateOf(link: Link): Promise<IntentState> {
  const state = await store.load(link, { request: true });
  if (!state?.task) throw new NotFound('link');
  logAs(state);
  return state;
}

/** What a link shows: the recorded decision, why it leads nowhere any more, or the form. */
function pageOf(state: IntentState, link: Link, entered?: Entered): HttpResult {
  const { task } = state;
  const status = entered ? entered.status : 200;
  if (task?.decision) return pageAnswer(200, decidedPage(state, task.decision, link.personId));
  const own = task && voteOf(task, link.personId);
  if (own) return pageAnswer(200, decidedPage(state, own, link.personId, pendingWith(task).name));
  const standing = linkState(link, context().now);
  if (task?.status === 'open' && task.step !== link.step) return pageAnswer(status, stepOverPage(task));
  if (standing === 'live' && task?.status === 'open') return pageAnswer(status, approvalPage(state, link, entered));
  return pageAnswer(status, deadPage(task?.status === 'expired' ? 'expired' : standing, link));
}

async function show(event: HttpEvent) {
  const link = await linkOf(event);
  return pageOf(await stateOf(link), link);
}

/** Three calls in a row where the link is enough: the link, the state, the commit. */
async function post(event: HttpEvent) {
  const form = formOf(event);
  const [link, directory] = await Promise.all([linkOf(event), people()]);
  try {
    if (form.field('action') === 'code') {
      const state = await stateOf(link);
      const sent = await besides.mail(state, link);
      const to = directory.find(link.personId)?.mail ?? link.mail;
      return pageOf(state, link, { ...enteredIn(form), ...(sent && { codeSentTo: to }) });
    }
    const by = (door: Door) => decideTask({ store, directory }, { ref: link, door, linkHash: link.hash }, form);
    // What is shown besides the link is only asked for, and a code only used up, where nothing else is missing.
    const { decided, on } = await by({ by: 'link' }).catch(async (error: unknown) => {
      const and = needsCode(error) ? await besides.shown(event, link, form.all, directory) : undefined;
      if (and === undefined) throw error;
      return by({ by: 'link', and });
    });
    return pageAnswer(200, decidedPage(on, decided.decision, link.personId, decided.waitsFor));
  } catch (error) {
    const refused = refusedIn(form, error);
    return pageOf(await stateOf(link), link, refused);
  }
}

async function answer(event: HttpEvent): Promise<HttpResult> {
  const { method } = event.requestContext.http;
  if (method === 'POST') return post(event);
  if (method === 'GET' || method === 'HEAD') return show(event);
  const refused =
    method === 'OPTIONS' ? pageAnswer(204, '') : pageAnswer(405, failurePage(405, 'A link is only opened.'));
  return { ...refused, headers: { ...refused.headers, allow: 'GET, HEAD, OPTIONS, POST' } };
}

export const handler = httpHandler([{ method: 'ANY', path: '/a/{link}', handler: answer }], (_event, thrown) => {
  if (thrown instanceof NotFound) return pageAnswer(404, unknownPage());
  const { status, body } = errorAnswer(thrown, context().now, false);
  return pageAnswer(status, failurePage(status, String(body.message)));
});
