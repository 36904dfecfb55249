/** The mesh: agents show that they are there, are stopped and let go on, and are told what they may use up. */

import { dynamo } from '../../adapters/dynamo.ts';
import { readEnv } from '../../adapters/env.ts';
import { knowCallers } from '../../adapters/lambda/callers.ts';
import { context } from '../../adapters/lambda/context.ts';
import { bodyAs, type HttpEvent, headerOf, httpHandler, json, jsonOf, queryAs } from '../../adapters/lambda/http.ts';
import { openMesh } from '../../adapters/mesh.ts';
import { NotFound } from '../../core/errors.ts';
import type { Metrics } from '../../core/health.ts';
import { present } from '../../core/json.ts';
import * as wire from '../../wire/mesh.ts';
import { bodyHashOf, idempotency } from '../api/idempotency.ts';
import { events, heartbeat, list, type Ports, setPolicy, show, stop } from './agents.ts';
import { env as schema } from './env.ts';

const env = readEnv(schema);
const client = dynamo();
const tables = { control: env.CONTROL_TABLE, meters: env.METERS_TABLE };
const ports: Ports = { client, tables, mesh: openMesh(client, tables.meters), clock: () => context().now };
const callerOf = knowCallers(client, env);

async function beat(event: HttpEvent) {
  const caller = await callerOf(event);
  const { metrics } = bodyAs(wire.heartbeat, event);
  const told = metrics ? (present(metrics) as Partial<Metrics>) : undefined;
  const key = headerOf(event, 'idempotency-key');
  const known = idempotency(key, caller, 'POST /v1/mesh/heartbeat', bodyHashOf(jsonOf(event)));
  return json(200, { ok: true, ...(await heartbeat(ports, caller, told, known.idempotency)) });
}

async function listAll(event: HttpEvent) {
  const caller = await callerOf(event);
  return json(200, { ok: true, ...(await list(ports, caller, queryAs(wire.meshQuery, event))) });
}

async function listEvents(event: HttpEvent) {
  const caller = await callerOf(event);
  const { limit } = queryAs(wire.meshEventsQuery, event);
  return json(200, { ok: true, ...(await events(ports, caller, limit)) });
}

/** What comes before an agent in a path. */
const agentsPath = '/v1/mesh/agents/';

async function one(event: HttpEvent) {
  const given = event.rawPath.slice(agentsPath.length);
  const caller = await callerOf(event);
  const { window } = queryAs(wire.agentQuery, event);
  return json(200, { ok: true, ...(await show(ports, caller, given, window)) });
}

/** By how the path ends. */
async function act(event: HttpEvent) {
  const caller = await callerOf(event);
  const [, given = '', verb] = /^(.+)\/(kill|resume)$/.exec(event.rawPath.slice(agentsPath.length)) ?? [];
  if (verb !== 'kill' && verb !== 'resume') throw new NotFound('route');
  return json(200, { ok: true, ...(await stop(ports, caller, given, verb)) });
}

const policyEnd = '/policies/cost';

async function put(event: HttpEvent) {
  const caller = await callerOf(event);
  if (!event.rawPath.endsWith(policyEnd)) throw new NotFound('route');
  const body = bodyAs(wire.costPolicy, event);
  const given = event.rawPath.slice(agentsPath.length, -policyEnd.length);
  return json(200, { ok: true, ...(await setPolicy(ports, caller, given, body)) });
}

export const handler = httpHandler([
  { method: 'POST', path: '/v1/mesh/heartbeat', handler: beat },
  { method: 'GET', path: '/v1/mesh/agents', handler: listAll },
  { method: 'GET', path: '/v1/mesh/events', handler: listEvents },
  { method: 'GET', path: '/v1/mesh/agents/{proxy+}', handler: one },
  { method: 'POST', path: '/v1/mesh/agents/{proxy+}', handler: act },
  { method: 'PUT', path: '/v1/mesh/agents/{proxy+}', handler: put },
]);
