/** The agents' door: `/v1/intents` and what is read of them. */

import { openDirectory } from '../../adapters/directory.ts';
import { readEnv } from '../../adapters/env.ts';
import type { ApiKey } from '../../adapters/keys.ts';
import { countRequests, knowCallers } from '../../adapters/lambda/callers.ts';
import { context } from '../../adapters/lambda/context.ts';
import {
  bodyAs,
  type HttpEvent,
  headerOf,
  httpHandler,
  json,
  jsonOf,
  keyOf,
  queryAs,
  traceIdOf,
} from '../../adapters/lambda/http.ts';
import { log } from '../../adapters/lambda/log.ts';
import { ownerIn } from '../../adapters/lambda/owner.ts';
import { openStore } from '../../adapters/lambda/tables.ts';
import { mailboxes, takeTurns } from '../../adapters/mailboxes.ts';
import { mediaRows } from '../../adapters/media-rows.ts';
import { NotFound } from '../../core/errors.ts';
import { type NewEntry, putInto } from '../../core/mailbox.ts';
import type { IntentRef } from '../../core/model.ts';
import { viewHash, viewToken } from '../../core/view-link.ts';
import { typeOfIntent } from '../../intents/index.ts';
import { bulkCancel, ownerQuery } from '../../wire/controls.ts';
import { eventsQuery, intentId, intentsQuery } from '../../wire/intents.ts';
import { callerOf as personsCaller } from '../tasks/caller.ts';
import { decideByResume, isTaskResult } from '../tasks/resume.ts';
import { answerByResume, claim, release, resolve } from './answer.ts';
import { cancelMany, keptIn, pagesOf } from './bulk-cancel.ts';
import { setOf } from './controls.ts';
import { env as schema } from './env.ts';
import { fencingName } from './fencing.ts';
import { bodyHashOf, idempotency } from './idempotency.ts';
import { leftWith } from './left.ts';
import { listOf } from './list.ts';
import { resume } from './resume.ts';
import { admit } from './submit.ts';
import { eventOut, intentOut } from './views.ts';

const env = readEnv(schema);
const { client, tables, store } = openStore(env);

const people = openDirectory(client, tables.people);

const count = countRequests(client, env);

const callerOf = knowCallers(client, env, count);

const refOf = async (event: HttpEvent): Promise<IntentRef> => refIn(event, await callerOf(event));

/** Throws NotFound for an id that no intent can have: a row's key is made of it. */
function refIn(event: HttpEvent, { tenant }: ApiKey): IntentRef {
  const id = intentId.safeParse(event.pathParameters?.id);
  if (!id.success) throw new NotFound('intent');
  return { tenant, intentId: id.data };
}

async function create(event: HttpEvent) {
  const caller = await callerOf(event);
  const answer = await admit(store, caller, {
    body: jsonOf(event),
    idempotencyKey: headerOf(event, 'idempotency-key'),
    traceId: traceIdOf(event),
    context: context(),
    viewHashOf: (id) => viewHash(keyOf(event) ?? '', id),
  });
  return json(200, { ok: true, ...answer });
}

/** An agent's answer to what was asked of it, or a person's decision. */
async function goOn(event: HttpEvent) {
  const body = jsonOf(event);
  const caller = await callerOf(event);
  const ref = refIn(event, caller);
  if (isTaskResult(body)) return decideIn(event, ref, body);
  const request = { ...requestOf(event), body };
  // What was delivered is the receiver's to answer; else it is the sender who is asked for changes.
  const delivered = (await store.load(ref))?.delivery !== undefined;
  const answer = delivered
    ? await answerByResume(store, caller, ref, request)
    : await resume(store, caller, ref, { ...request, typeOf: typeOfIntent });
  return json(200, { ok: true, ...answer });
}

const boxes = mailboxes(client, env.MAILBOXES_TABLE);

/**
 * Whoever asked for the answer finds it in their mailbox at once. It is owed from the commit on: where this fails, `deliver`
 * puts the same entry in.
 */
async function answered(tenant: string, entry: NewEntry): Promise<void> {
  try {
    await putInto(boxes, { tenant, address: entry.to }, entry, takeTurns);
  } catch (error) {
    log.warn('left to deliver', { errorName: (error as Error).name });
  }
}

const requestOf = (event: HttpEvent) => ({
  body: jsonOf(event),
  idempotencyKey: headerOf(event, 'idempotency-key'),
  fencingToken: headerOf(event, fencingName),
  context,
  answered,
});

/** An agent does something to an intent. */
const acting = (act: typeof resolve) => async (event: HttpEvent) => {
  const request = requestOf(event);
  const caller = await callerOf(event);
  return json(200, { ok: true, ...(await act(store, caller, refIn(event, caller), request)) });
};

async function decideIn(event: HttpEvent, ref: IntentRef, body: unknown) {
  const directory = await people();
  const caller = await personsCaller(event, { client, tables, directory, now: context().now, count });
  const ports = { store, context, typeOf: typeOfIntent, files: mediaRows(client, tables.intents) };
  const sent = { body, idempotencyKey: headerOf(event, 'idempotency-key') };
  return json(200, { ok: true, ...(await decideByResume(ports, { caller, directory }, ref, sent)) });
}

/** Sets controls or policy. */
const setting = (what: 'controls' | 'policy') => async (event: HttpEvent) => {
  const { body, idempotencyKey } = requestOf(event);
  const caller = await callerOf(event);
  queryAs(ownerQuery, event);
  ownerIn(event, caller.tenant);
  const request = { body, idempotencyKey, context, directory: await people(), typeOf: typeOfIntent };
  return json(200, { ok: true, ...(await setOf(store, caller, refIn(event, caller), what, request)) });
};

async function cancelAll(event: HttpEvent) {
  const caller = await callerOf(event);
  const asked = bodyAs(bulkCancel, event);
  const { body, idempotencyKey } = requestOf(event);
  const known = idempotency(idempotencyKey, caller, 'POST /v1/intents/bulk-cancel', bodyHashOf(body));
  const table = { client, table: tables.intents };
  const ports = { store, context, page: pagesOf(table), keep: keptIn(table) };
  return json(200, { ok: true, ...(await cancelMany(ports, caller, asked, known)) });
}

async function list(event: HttpEvent) {
  const { tenant } = await callerOf(event);
  const query = queryAs(intentsQuery, event);
  return json(200, { ok: true, ...(await listOf({ client, table: tables.intents }, tenant, query)) });
}

async function read(event: HttpEvent) {
  const caller = await callerOf(event);
  const state = await store.load(refIn(event, caller), { request: true });
  if (!state) throw new NotFound('intent');
  // Made anew from the key that submitted it: nobody stores it, and no other key can.
  const view = viewToken(keyOf(event) ?? '', state);
  const link = view === undefined ? {} : { view_url: `${env.BASE_URL}/r/${view}` };
  const left = await leftWith(store, caller, state, context().now);
  return json(200, { ok: true, intent: { ...intentOut(state), ...link, ...left } });
}

async function events(event: HttpEvent) {
  const ref = await refOf(event);
  const { since, limit } = queryAs(eventsQuery, event);
  const [state, found] = await Promise.all([store.load(ref), store.events(ref, since, limit)]);
  if (!state) throw new NotFound('intent');
  return json(200, { ok: true, events: found.map((one) => eventOut(ref.intentId, one)) });
}

export const handler = httpHandler([
  { method: 'GET', path: '/health', handler: async () => json(200, { ok: true }) },
  { method: 'POST', path: '/v1/intents', handler: create },
  { method: 'GET', path: '/v1/intents', handler: list },
  { method: 'GET', path: '/v1/intents/{id}', handler: read },
  { method: 'GET', path: '/v1/intents/{id}/events', handler: events },
  { method: 'POST', path: '/v1/intents/{id}/resume', handler: goOn },
  { method: 'POST', path: '/v1/intents/{id}/resolve', handler: acting(resolve) },
  { method: 'POST', path: '/v1/intents/{id}/claim', handler: acting(claim) },
  { method: 'POST', path: '/v1/intents/{id}/release', handler: acting(release) },
  { method: 'POST', path: '/v1/intents/{id}/controls', handler: setting('controls') },
  { method: 'POST', path: '/v1/intents/{id}/policy', handler: setting('policy') },
  { method: 'POST', path: '/v1/intents/bulk-cancel', handler: cancelAll },
]);
