/** The approver's door: one page for each link. Only POST decides; GET, HEAD and OPTIONS change nothing. */

import { openDirectory } from '../../adapters/directory.ts';
import { readEnv } from '../../adapters/env.ts';
import { context } from '../../adapters/lambda/context.ts';
import { bodyOf, type HttpEvent, type HttpResult, httpHandler } from '../../adapters/lambda/http.ts';
import { log } from '../../adapters/lambda/log.ts';
import { openStore } from '../../adapters/lambda/tables.ts';
import { mediaOf, mediaRows } from '../../adapters/media-rows.ts';
import { perform } from '../../core/commit.ts';
import { InvalidInput, NotFound } from '../../core/errors.ts';
import { type Media, maxEvidenceTextLength } from '../../core/evidence.ts';
import { dataOf, type FormErrors } from '../../core/form.ts';
import { sha256 } from '../../core/hash.ts';
import type { IntentState, Link, Task } from '../../core/model.ts';
import { candidatesOf } from '../../core/rules/assignment.ts';
import { decide, linkState } from '../../core/rules/decide.ts';
import { pendingWith, voteOf } from '../../core/rules/steps.ts';
import { maxCommentLength, taskRule } from '../../core/tasks.ts';
import { intentTypeOf } from '../../intents/index.ts';
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
import type { Works } from '../../pages/works.ts';
import { errorAnswer } from '../../wire/errors.ts';
import { uploadId } from '../../wire/media.ts';
import { env as schema } from './env.ts';

const { client, tables, store } = openStore(readEnv(schema));
const people = openDirectory(client, tables.people);
const files = mediaRows(client, tables.intents);

/**
 * A form holds an outcome, a hash, a comment, whose characters take up to nine bytes each, and what a task asks for; more is
 * no form of ours.
 */
const maxFormBytes = 9 * (maxCommentLength + maxEvidenceTextLength) + 65_536;

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

/** From here on, log lines are the intent's. */
const logAs = ({ head }: IntentState) => log.appendKeys({ correlationId: head.traceId, intentId: head.intentId });

/** What a link shows: the recorded decision, why it leads nowhere any more, or the form. */
async function pageOf(event: HttpEvent, state: IntentState, link: Link, entered?: Entered): Promise<HttpResult> {
  const { task } = state;
  // Since the mail an operator has frozen it, and others are asked.
  if (task && task.taskId !== link.taskId) return pageAnswer(200, deadPage('live', link));
  const status = entered ? entered.status : 200;
  if (task?.decision) return pageAnswer(200, decidedPage(state, task.decision, link.personId));
  const own = task && voteOf(task, link.personId);
  if (own) return pageAnswer(200, decidedPage(state, own, link.personId, pendingWith(task).name));
  const standing = linkState(link, context().now);
  if (task?.status === 'open' && task.step !== link.step) return pageAnswer(status, stepOverPage(task));
  if (standing === 'live' && task?.status === 'open') {
    const works = await worksFor(event, { ...state, task }, link);
    return pageAnswer(status, approvalPage(state, link, entered, works));
  }
  return pageAnswer(status, deadPage(task?.status === 'expired' ? 'expired' : standing, link));
}

/** What the form of this kind of task needs to know. */
async function worksFor(event: HttpEvent, state: IntentState & { task: Task }, link: Link): Promise<Works> {
  const { takes } = taskRule(state.task.type);
  if (takes === 'assignee') return { candidates: candidatesOf(state, await people()) };
  if (takes !== 'evidence') return {};
  const attachAt = `/files/${event.rawPath.slice('/a/'.length)}`;
  const id = event.queryStringParameters?.file ?? new URLSearchParams(bodyOf(event, maxFormBytes)).get('file');
  return { attachAt, file: id ? await attached(id, link) : undefined };
}

/** A file counts for the task and the person that it was attached for. */
async function attached(id: string, { tenant, taskId, personId }: Link): Promise<Media | undefined> {
  const media = uploadId.safeParse(id).success ? await files.findMedia(tenant, id) : undefined;
  return media?.for?.taskId === taskId && media.for.personId === personId ? mediaOf(media) : undefined;
}

async function show(event: HttpEvent) {
  const link = await linkOf(event);
  return pageOf(event, await stateOf(link), link);
}

/** Three calls in a row: the link, the state, the commit. */
async function post(event: HttpEvent) {
  const form = new URLSearchParams(bodyOf(event, maxFormBytes));
  // A field that comes twice is not taken for either of the two.
  const field = (name: string) => form.getAll(name).join('\n');
  const texts = (name: string) => form.getAll(name);
  const [link, directory] = await Promise.all([linkOf(event), people()]);
  const media = field('file') === '' ? undefined : await attached(field('file'), link);
  const given = {
    outcome: field('outcome'),
    comment: field('comment'),
    subjectHash: field('subject_hash'),
    assignee: field('assignee'),
    evidence: { text: field('evidence_text'), url: field('evidence_url'), media },
  };
  let decidedOn: IntentState | undefined;
  try {
    const { decision, waitsFor } = await perform(
      store,
      link,
      { request: true, linkHash: link.hash },
      context,
      (state, now) => {
        const type = state && intentTypeOf(state.head.type);
        if (!type) throw new NotFound('link');
        decidedOn = state;
        logAs(state);
        const asks = state?.task?.asks;
        return decide(
          state,
          { by: 'link' },
          asks ? { ...given, data: dataOf(asks, texts) } : given,
          type,
          directory,
          now,
        );
      },
    );
    return pageAnswer(200, decidedPage(decidedOn ?? (await stateOf(link)), decision, link.personId, waitsFor));
  } catch (error) {
    if (!(error instanceof InvalidInput)) throw error;
    const { field, fields } = error.details;
    const errors = (fields ?? {}) as FormErrors;
    const entered = { ...given, status: 422, field: String(field), message: error.message, texts, errors };
    return pageOf(event, await stateOf(link), link, entered);
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
