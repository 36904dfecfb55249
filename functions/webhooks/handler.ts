/** Webhooks: who is sent which events, events of clients' own, and sending again. */

import { dynamo } from '../../adapters/dynamo.ts';
import { readEnv } from '../../adapters/env.ts';
import { knowCallers } from '../../adapters/lambda/callers.ts';
import { context } from '../../adapters/lambda/context.ts';
import { bodyAs, type HttpEvent, headerOf, httpHandler, json, traceIdOf } from '../../adapters/lambda/http.ts';
import { sender } from '../../adapters/queues.ts';
import { subscriptions } from '../../adapters/subscriptions.ts';
import { sealer } from '../../adapters/webhook-keys.ts';
import { NotFound } from '../../core/errors.ts';
import {
  eventId,
  publishEvent,
  replayEvent,
  rotateSecret,
  subscriptionId,
  upsertSubscription,
} from '../../wire/webhooks.ts';
import { bodyHashOf, idempotency } from '../api/idempotency.ts';
import { env as schema } from './env.ts';
import { publish, replay } from './events.ts';
import { callbackTo } from './fan-out.ts';
import { repeatable } from './new-key.ts';
import { ownerOf } from './owner.ts';
import { end, list, rotate, upsert } from './subscriptions.ts';

const env = readEnv(schema);
const client = dynamo();
const callerOf = knowCallers(client, env);
const rows = subscriptions(client, { webhooks: env.WEBHOOKS_TABLE, control: env.CONTROL_TABLE });
const seal = sealer(env.WEBHOOK_KEY_ID);
const enqueue = callbackTo(sender(), env.CALLBACKS_QUEUE_URL);
const ports = () => ({ rows, seal, localHosts: env.LOCAL_RECEIVERS.split(','), ...context() });

/** The caller, whose webhooks it is about, and what the use cases need. */
async function asked(event: HttpEvent) {
  const caller = await callerOf(event);
  const of = { tenant: caller.tenant, owner: ownerOf(event, caller) };
  return { caller, of, ports: { ...ports(), enqueue, traceId: traceIdOf(event) } };
}

function idIn(event: HttpEvent, schema: typeof subscriptionId, what: string): string {
  const id = schema.safeParse(event.pathParameters?.id);
  if (!id.success) throw new NotFound(what);
  return id.data;
}

async function put(event: HttpEvent) {
  const { of, ports } = await asked(event);
  return json(200, { ok: true, subscription: await upsert(ports, of, bodyAs(upsertSubscription, event)) });
}

async function listOwn(event: HttpEvent) {
  const { of, ports } = await asked(event);
  return json(200, { ok: true, subscriptions: await list(ports, of) });
}

async function remove(event: HttpEvent) {
  const { of, ports } = await asked(event);
  return json(200, { ok: true, ...(await end(ports, of, idIn(event, subscriptionId, 'subscription'))) });
}

async function renew(event: HttpEvent) {
  const { caller, of, ports } = await asked(event);
  const body = bodyAs(rotateSecret, event);
  const id = idIn(event, subscriptionId, 'subscription');
  const known = repeatable(event, caller, `POST /v1/webhooks/subscriptions/${id}/secret`, [of.owner, body]);
  return json(200, { ok: true, ...(await rotate(ports, of, id, known)) });
}

async function take(event: HttpEvent) {
  const { caller, of, ports } = await asked(event);
  const body = bodyAs(publishEvent, event);
  const key = headerOf(event, 'idempotency-key');
  const known = idempotency(key, caller, 'POST /v1/webhooks/events', bodyHashOf([of.owner, body]));
  return json(200, { ok: true, ...(await publish(ports, of, body, known.idempotency)) });
}

async function again(event: HttpEvent) {
  const { caller, of, ports } = await asked(event);
  const body = bodyAs(replayEvent, event);
  const id = idIn(event, eventId, 'event');
  const key = headerOf(event, 'idempotency-key');
  const known = idempotency(key, caller, `POST /v1/webhooks/events/${id}/replay`, bodyHashOf([of.owner, body]));
  return json(200, { ok: true, ...(await replay(ports, of, id, known.idempotency)) });
}

export const handler = httpHandler([
  { method: 'POST', path: '/v1/webhooks/subscriptions', handler: put },
  { method: 'GET', path: '/v1/webhooks/subscriptions', handler: listOwn },
  { method: 'DELETE', path: '/v1/webhooks/subscriptions/{id}', handler: remove },
  { method: 'POST', path: '/v1/webhooks/subscriptions/{id}/secret', handler: renew },
  { method: 'POST', path: '/v1/webhooks/events', handler: take },
  { method: 'POST', path: '/v1/webhooks/events/{id}/replay', handler: again },
]);
