/** The approver's door: one page for each link. Only POST decides; GET, HEAD and OPTIONS change nothing. */

import { openDirectory } from '../../adapters/directory.ts';
import { readEnv } from '../../adapters/env.ts';
import { context } from '../../adapters/lambda/context.ts';
import { type HttpEvent, type HttpResult, httpHandler } from '../../adapters/lambda/http.ts';
import { openStore } from '../../adapters/lambda/tables.ts';
import { mediaRows } from '../../adapters/media-rows.ts';
import type { Directory } from '../../core/directory.ts';
import { Conflict, NotFound, PolicyDenied } from '../../core/errors.ts';
import { sha256 } from '../../core/hash.ts';
import type { IntentState, Link, Task } from '../../core/model.ts';
import { type Door, linkState } from '../../core/rules/decide.ts';
import { pendingWith, voteOf } from '../../core/rules/steps.ts';
import { type HandOver, handedOverPage, notAskedPage } from '../../pages/hand-over.ts';
import { pageAnswer } from '../../pages/security.ts';
import {
  approvalPage,
  changedPage,
  deadPage,
  decidedPage,
  type Entered,
  failurePage,
  stepOverPage,
  unknownPage,
} from '../../pages/task.ts';
import { readersZone } from '../../pages/time.ts';
import { maxEventsShown } from '../../pages/timeline.ts';
import { errorAnswer } from '../../wire/errors.ts';
import { decideTask, enteredIn, type Form, formOf, logAs, needsCode, refusedIn, seen } from './answer.ts';
import { openBesides } from './besides.ts';
import { env as schema } from './env.ts';
import { handingRefused, handOver, handOverFor } from './hand-over.ts';
import { attached, worksFor } from './works.ts';

const env = readEnv(schema);
const { client, tables, store } = openStore(env);
const people = openDirectory(client, tables.people);
const files = mediaRows(client, tables.intents);
const besides = openBesides(client, tables.people, env.MAIL_QUEUE_URL);

/** The link is the path's last part; only its hash is ever looked up or kept. */
const secretOf = (event: HttpEvent): string => event.rawPath.slice('/a/'.length);
const linkHashOf = (event: HttpEvent): string => sha256(secretOf(event));

/** A link that somebody has opened. */
interface Opened {
  event: HttpEvent;
  link: Link;
  directory: Directory;
}

async function opened(event: HttpEvent): Promise<Opened> {
  const [link, directory] = await Promise.all([linkOf(event), people()]);
  return { event, link, directory };
}

async function linkOf(event: HttpEvent): Promise<Link> {
  const link = await store.findLink(linkHashOf(event));
  if (!link) throw new NotFound('link');
  return link;
}

async function stateOf(link: Link): Promise<IntentState> {
  const state = await store.load(link, { request: true });
  if (!state) throw new NotFound('link');
  logAs(state);
  return state;
}

/** What was sent and is shown again: of the decision's form, or of the one that hands over. */
interface Again {
  status?: number;
  entered?: Entered;
  handing?: HandOver['entered'];
}

/** What a link shows: the recorded decision, why it leads nowhere any more, or the form. */
async function pageOf(at: Opened, { status = 200, entered, handing }: Again = {}) {
  const { link, directory } = at;
  const [loaded, events] = await Promise.all([stateOf(link), store.events(link, 0, maxEventsShown)]);
  const state = seen(loaded);
  const { task } = state;
  if (task?.taskId !== link.taskId) return pageAnswer(status, otherTaskPage(task, link));
  if (task?.decision) return pageAnswer(200, decidedPage(state, task.decision, link.personId, '', events));
  const own = task && voteOf(task, link.personId);
  if (own) return pageAnswer(200, decidedPage(state, own, link.personId, pendingWith(task).name, events));
  const standing = linkState(link, context().now);
  if (task?.status === 'open' && task.step !== link.step) return pageAnswer(status, stepOverPage(task));
  if (task?.status === 'open' && !task.approvers.some(({ id }) => id === link.personId))
    return pageAnswer(status, notAskedPage(task));
  if (standing === 'live' && task?.status === 'open') {
    const coming = { event: at.event, personId: link.personId, attachAt: `/files/${secretOf(at.event)}`, entered };
    const works = await worksFor(files, { ...loaded, task }, directory, coming);
    return openPage({ ...state, task }, link, () => {
      const handOver = handOverFor({ ...state, task }, { who: link.personId, link }, directory, handing);
      return pageAnswer(status, approvalPage(state, link, { entered, events, works, handOver }));
    });
  }
  const zone = readersZone(task, link.personId);
  return pageAnswer(status, deadPage(task?.status === 'expired' ? 'expired' : standing, link, zone));
}

/** Since the mail it was frozen, or its time was over, and operators are asked; or the agent asked anew. */
function otherTaskPage(task: Task | undefined, link: Link): string {
  if (!task?.takeover) return changedPage();
  return deadPage(task.takeover === 'overdue' ? 'expired' : 'live', link, readersZone(task, link.personId));
}

/** What is asked is shown only to who may decide it, as the directory is now: `show` finds that out. */
function openPage({ task }: { task: Task }, link: Link, show: () => HttpResult): HttpResult {
  try {
    return show();
  } catch (error) {
    if (error instanceof PolicyDenied) return pageAnswer(200, notAskedPage(task));
    if (error instanceof Conflict) return pageAnswer(200, deadPage('revoked', link));
    throw error;
  }
}

async function show(event: HttpEvent) {
  return pageOf(await opened(event));
}

interface Sent extends Opened {
  form: Form;
}

/** By the link alone where that is enough. What is shown besides is only asked for, and a code only used up, where nothing else is missing. */
async function byLink<T>({ event, link, directory, form }: Sent, use: (door: Door) => Promise<T>): Promise<T> {
  return use({ by: 'link' }).catch(async (error: unknown) => {
    const and = needsCode(error) ? await besides.shown(event, link, form.all, directory) : undefined;
    if (and === undefined) throw error;
    return use({ by: 'link', and });
  });
}

/** Three calls in a row where the link is enough and no file is attached: the link, the state, the commit. */
async function post(event: HttpEvent) {
  const at = await opened(event);
  const { link, directory } = at;
  const form = formOf(event);
  const sent = { ...at, form };
  const action = form.field('action');
  if (action === 'reassign') return passOn(sent);
  try {
    if (action === 'code') {
      const isSent = await besides.mail(await stateOf(link), link);
      const to = directory.find(link.personId)?.mail ?? link.mail;
      return pageOf(at, { entered: { ...enteredIn(form), ...(isSent && { codeSentTo: to }) } });
    }
    const media = await attached(files, form.field('file'), link);
    const { decided, on } = await byLink(sent, (door) =>
      decideTask({ store, directory }, { ref: link, door, linkHash: link.hash, media }, form),
    );
    return pageAnswer(200, decidedPage(seen(on), decided.decision, link.personId, decided.waitsFor));
  } catch (error) {
    return pageOf(at, { status: 422, entered: refusedIn(form, error) });
  }
}

/** The second form of the page. */
async function passOn(sent: Sent) {
  const { link, directory, form } = sent;
  try {
    const asked = { ref: link, linkHash: link.hash };
    const { to } = await byLink(sent, (door) => handOver({ store, directory }, { ...asked, door }, form));
    return pageAnswer(200, handedOverPage(to.name));
  } catch (error) {
    return pageOf(sent, { status: 422, handing: handingRefused(form, error) });
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
