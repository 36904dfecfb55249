/** Files: `/v1/media` for agents, `/files` for people who attach one to their task. */

import { S3Client } from '@aws-sdk/client-s3';
import { openDirectory } from '../../adapters/directory.ts';
import { dynamo } from '../../adapters/dynamo.ts';
import { readEnv } from '../../adapters/env.ts';
import { authenticate } from '../../adapters/keys.ts';
import { context } from '../../adapters/lambda/context.ts';
import {
  bodyOf,
  type HttpEvent,
  type HttpResult,
  httpHandler,
  json,
  jsonError,
  jsonOf,
  keyOf,
} from '../../adapters/lambda/http.ts';
import { tablesOf } from '../../adapters/lambda/tables.ts';
import { mediaFiles } from '../../adapters/media.ts';
import { mediaRows } from '../../adapters/media-rows.ts';
import { dynamoStore } from '../../adapters/store.ts';
import { NotFound } from '../../core/errors.ts';
import { failurePage, unknownPage } from '../../pages/files.ts';
import { pageAnswer } from '../../pages/security.ts';
import { errorAnswer, invalidBody } from '../../wire/errors.ts';
import { createUpload, finalizeUpload, uploadId } from '../../wire/media.ts';
import { env as schema } from './env.ts';
import { taskFiles } from './task-files.ts';
import { create, finalize, get } from './uploads.ts';

const env = readEnv(schema);
const client = dynamo();
const tables = tablesOf(env);
// It commits nothing, and so measures nothing.
const store = dynamoStore({ client, tables });
const ports = { rows: mediaRows(client, tables.intents), files: mediaFiles(new S3Client({}), env.MEDIA_BUCKET) };
const people = openDirectory(client, tables.people);
const pages = taskFiles({ ...ports, store, people, baseUrl: env.BASE_URL });

const callerOf = (event: HttpEvent) => authenticate(client, tables.control, keyOf(event));

async function created(event: HttpEvent) {
  const caller = await callerOf(event);
  const body = createUpload.safeParse(jsonOf(event));
  if (!body.success) throw invalidBody(body.error);
  return json(200, { ok: true, ...(await create(ports, caller, body.data, context())) });
}

async function finalized(event: HttpEvent) {
  const caller = await callerOf(event);
  const body = finalizeUpload.safeParse(jsonOf(event));
  if (!body.success) throw invalidBody(body.error);
  return json(200, { ok: true, ...(await finalize(ports, caller, body.data, context())) });
}

async function got(event: HttpEvent) {
  const caller = await callerOf(event);
  const id = uploadId.safeParse(event.pathParameters?.id);
  if (!id.success) throw new NotFound('media');
  return json(200, { ok: true, ...(await get(ports, caller, id.data, context())) });
}

/** A form of ours holds a key of S3 and a hash. */
const maxFormBytes = 16_384;

async function file(event: HttpEvent): Promise<HttpResult> {
  const { method } = event.requestContext.http;
  if (method === 'POST') return pages.attach(event, new URLSearchParams(bodyOf(event, maxFormBytes)), context());
  if (method === 'GET' || method === 'HEAD') return pages.show(event, context());
  const refused = method === 'OPTIONS' ? pageAnswer(204, '') : pageAnswer(405, failurePage('A link is only opened.'));
  return { ...refused, headers: { ...refused.headers, allow: 'GET, HEAD, OPTIONS, POST' } };
}

export const handler = httpHandler(
  [
    { method: 'POST', path: '/v1/media/create-upload', handler: created },
    { method: 'POST', path: '/v1/media/finalize-upload', handler: finalized },
    { method: 'GET', path: '/v1/media/{id}', handler: got },
    { method: 'GET', path: '/files/back', handler: async (event) => pages.back(event) },
    { method: 'ANY', path: '/files/{link}', handler: file },
  ],
  (event, thrown) => {
    if (!event.rawPath.startsWith('/files/')) return jsonError(event, thrown);
    if (thrown instanceof NotFound) return pageAnswer(404, unknownPage());
    const { status, body } = errorAnswer(thrown, context().now, false);
    return pageAnswer(status, failurePage(String(body.message)));
  },
);
