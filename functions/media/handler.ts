/** Files: `/v1/media` for agents and people's clients, `/files` for people who attach one on their task's page. */

import { S3Client } from '@aws-sdk/client-s3';
import { openDirectory } from '../../adapters/directory.ts';
import { dynamo } from '../../adapters/dynamo.ts';
import { readEnv } from '../../adapters/env.ts';
import { countRequests, knowCallers } from '../../adapters/lambda/callers.ts';
import { context } from '../../adapters/lambda/context.ts';
import {
  bodyAs,
  bodyOf,
  type HttpEvent,
  type HttpResult,
  headerOf,
  httpHandler,
  json,
  jsonError,
  jsonOf,
  queryAs,
} from '../../adapters/lambda/http.ts';
import { measureCommit } from '../../adapters/lambda/log.ts';
import { isOwnForm, sessionOf } from '../../adapters/lambda/session.ts';
import { tablesOf } from '../../adapters/lambda/tables.ts';
import { mediaFiles } from '../../adapters/media.ts';
import { mediaRows } from '../../adapters/media-rows.ts';
import { findSession } from '../../adapters/sessions.ts';
import { dynamoStore } from '../../adapters/store.ts';
import { NotFound, PolicyDenied } from '../../core/errors.ts';
import { failurePage, unknownPage } from '../../pages/files.ts';
import { signInPath } from '../../pages/nav.ts';
import { pageAnswer } from '../../pages/security.ts';
import { errorAnswer } from '../../wire/errors.ts';
import { intentId } from '../../wire/intents.ts';
import { createUpload, finalizeUpload, mediaQuery, uploadId } from '../../wire/media.ts';
import { maxResumeStateBody } from '../../wire/resume-state.ts';
import { bodyHashOf, idempotency } from '../api/idempotency.ts';
import { leadTo } from '../inbox/form.ts';
import { callerOf } from '../tasks/caller.ts';
import { env as schema } from './env.ts';
import { type Place, placeInInbox, placeNameOf, placeOfLink } from './places.ts';
import { give, keep } from './resume-state.ts';
import { taskFiles } from './task-files.ts';
import { newUploader, uploaderOf } from './uploader.ts';
import { create, finalize, get } from './uploads.ts';

const env = readEnv(schema);
const client = dynamo();
const count = countRequests(client, env);
const agentOf = knowCallers(client, env, count);
const tables = tablesOf(env);
const store = dynamoStore({ client, tables, committed: measureCommit });
const people = openDirectory(client, tables.people);
// What is put away here was checked before: there is nothing to ask S3 first whether it wants it.
const s3 = new S3Client({ expectContinueHeader: false });
const ports = { rows: mediaRows(client, tables.intents), files: mediaFiles(s3, env.MEDIA_BUCKET) };
const pages = taskFiles({ ...ports, baseUrl: env.BASE_URL });

/** Who calls, with all that is known at this moment. */
async function called(event: HttpEvent) {
  const [directory, { now }] = [await people(), context()];
  const caller = await callerOf(event, { client, tables, directory, now, count });
  return { caller, known: { store, directory, now } };
}

async function created(event: HttpEvent) {
  const { caller, known } = await called(event);
  const body = bodyAs(createUpload, event);
  const uploader = await newUploader(caller, body, known);
  const { idempotency: repeat } = idempotency(
    headerOf(event, 'idempotency-key'),
    { agent: `${caller.key?.agent ?? ''} ${uploader.of?.personId ?? ''}` },
    'POST /v1/media/create-upload',
    bodyHashOf(body),
  );
  return json(200, { ok: true, ...(await create(ports, uploader, body, context(), repeat)) });
}

async function finalized(event: HttpEvent) {
  const { caller } = await called(event);
  const body = bodyAs(finalizeUpload, event);
  const uploader = uploaderOf(caller, body.owner_agent);
  return json(200, { ok: true, ...(await finalize(ports, uploader, body, context())) });
}

async function got(event: HttpEvent) {
  const { caller } = await called(event);
  const id = uploadId.safeParse(event.pathParameters?.id);
  if (!id.success) throw new NotFound('media');
  const uploader = uploaderOf(caller, queryAs(mediaQuery, event).owner_agent);
  return json(200, { ok: true, ...(await get(ports, uploader, id.data, context())) });
}

/** An agent, by its key, and which intent it means. Throws NotFound. */
async function agentAt(event: HttpEvent) {
  const key = await agentOf(event);
  const id = intentId.safeParse(event.pathParameters?.id);
  if (!id.success) throw new NotFound('intent');
  return { key, ref: { tenant: key.tenant, intentId: id.data } };
}

async function keepState(event: HttpEvent) {
  const { key, ref } = await agentAt(event);
  const body = jsonOf(event, maxResumeStateBody);
  return json(200, { ok: true, ...(await keep({ store, ...ports }, key, ref, body, context)) });
}

async function giveState(event: HttpEvent) {
  const { key, ref } = await agentAt(event);
  return json(200, { ok: true, ...(await give({ store, ...ports }, key, ref, context().now)) });
}

/** A form of ours holds a key of S3 and a hash. */
const maxFormBytes = 16_384;

async function file(event: HttpEvent, placeOf: () => Promise<Place | undefined>): Promise<HttpResult> {
  const { method } = event.requestContext.http;
  if (!['GET', 'HEAD', 'POST'].includes(method)) {
    const refused = method === 'OPTIONS' ? pageAnswer(204, '') : pageAnswer(405, failurePage('A link is only opened.'));
    return { ...refused, headers: { ...refused.headers, allow: 'GET, HEAD, OPTIONS, POST' } };
  }
  const place = await placeOf();
  if (!place) return leadTo(signInPath);
  if (method !== 'POST') return pages.show(event, place, context());
  return pages.attach(new URLSearchParams(bodyOf(event, maxFormBytes)), place, context());
}

/** Behind a sign-in; nothing for whoever is not signed in. */
async function placeOfVisitor(event: HttpEvent): Promise<Place | undefined> {
  if (event.requestContext.http.method === 'POST' && !isOwnForm(event, env.BASE_URL))
    throw new PolicyDenied('This form was not sent from these pages.');
  const [directory, { now }] = [await people(), context()];
  const session = await findSession(client, tables.people, sessionOf(event), { directory, now });
  return session && placeInInbox(store, placeNameOf(event), session, directory, now);
}

const byLink = (event: HttpEvent) =>
  file(event, async () => placeOfLink(store, placeNameOf(event), await people(), context().now));
const inInbox = (event: HttpEvent) => file(event, () => placeOfVisitor(event));

export const handler = httpHandler(
  [
    { method: 'POST', path: '/v1/media/create-upload', handler: created },
    { method: 'POST', path: '/v1/media/finalize-upload', handler: finalized },
    { method: 'GET', path: '/v1/media/{id}', handler: got },
    { method: 'PUT', path: '/v1/intents/{id}/resume-state', handler: keepState },
    { method: 'GET', path: '/v1/intents/{id}/resume-state', handler: giveState },
    { method: 'GET', path: '/files/back', handler: async (event) => pages.back(event) },
    { method: 'ANY', path: '/files/tasks/{org}/{workspace}/{task}', handler: inInbox },
    { method: 'ANY', path: '/files/{link}', handler: byLink },
  ],
  (event, thrown) => {
    if (!event.rawPath.startsWith('/files/')) return jsonError(event, thrown);
    if (thrown instanceof NotFound) return pageAnswer(404, unknownPage());
    const { status, body } = errorAnswer(thrown, context().now, false);
    return pageAnswer(status, failurePage(String(body.message)));
  },
);
