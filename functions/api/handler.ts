/** The agents' door: `/v1/intents` and what is read of them. */

import { openDirectory } from '../../adapters/directory.ts';
import { readEnv } from '../../adapters/env.ts';
import { authenticate } from '../../adapters/keys.ts';
import { context } from '../../adapters/lambda/context.ts';
import { type HttpEvent, headerOf, httpHandler, json, jsonOf, traceIdOf } from '../../adapters/lambda/http.ts';
import { openStore } from '../../adapters/lambda/tables.ts';
import { Conflict, NotFound } from '../../core/errors.ts';
import type { IntentRef } from '../../core/model.ts';
import { intentTypeOf } from '../../intents/index.ts';
import { eventsQuery, intentId } from '../../wire/intents.ts';
import { keyOf, callerOf as personsCaller } from '../tasks/caller.ts';
import { decideByResume, isTaskResult } from '../tasks/resume.ts';
import { env as schema } from './env.ts';
import { admit } from './submit.ts';
import { eventOut, intentOut } from './views.ts';

const { client, tables, store } = openStore(readEnv(schema));

const people = openDirectory(client, tables.people);

const callerOf = (event: HttpEvent) => authenticate(client, tables.control, keyOf(event));

/** Throws NotFound for an id that no intent can have: a row's key is made of it. */
async function refOf(event: HttpEvent): Promise<IntentRef> {
  const { tenant } = await callerOf(event);
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
  });
  return json(200, { ok: true, ...answer });
}

/** A person's decision, or an agent's answer. */
async function resume(event: HttpEvent) {
  const body = jsonOf(event);
  const ref = await refOf(event);
  if (!isTaskResult(body)) throw new Conflict('not_waiting_for_agent', 'Nothing was asked of the agent.');
  const directory = await people();
  const caller = await personsCaller(event, { client, tables, directory, now: context().now });
  const ports = { store, context, typeOf: intentTypeOf };
  const state = await decideByResume(ports, { caller, directory }, ref, body);
  if (!state) throw new NotFound('intent');
  return json(200, { ok: true, intent: intentOut(state) });
}

async function read(event: HttpEvent) {
  const state = await store.load(await refOf(event), { request: true });
  if (!state) throw new NotFound('intent');
  return json(200, { ok: true, intent: intentOut(state) });
}

async function events(event: HttpEvent) {
  const ref = await refOf(event);
  const { since, limit } = eventsQuery.parse(event.queryStringParameters ?? {});
  const [state, found] = await Promise.all([store.load(ref), store.events(ref, since, limit)]);
  if (!state) throw new NotFound('intent');
  return json(200, { ok: true, events: found.map((one) => eventOut(ref.intentId, one)) });
}

export const handler = httpHandler([
  { method: 'GET', path: '/health', handler: async () => json(200, { ok: true }) },
  { method: 'POST', path: '/v1/intents', handler: create },
  { method: 'GET', path: '/v1/intents/{id}', handler: read },
  { method: 'GET', path: '/v1/intents/{id}/events', handler: events },
  { method: 'POST', path: '/v1/intents/{id}/resume', handler: resume },
]);
