/** Bundles of agents, people and steps: whether one holds together, and its procedure. */

import { openDirectory } from '../../adapters/directory.ts';
import { readEnv } from '../../adapters/env.ts';
import { knowCallers } from '../../adapters/lambda/callers.ts';
import { context } from '../../adapters/lambda/context.ts';
import { type HttpEvent, headerOf, httpHandler, json, jsonOf, keyOf, traceIdOf } from '../../adapters/lambda/http.ts';
import { openStore } from '../../adapters/lambda/tables.ts';
import { viewHash } from '../../core/view-link.ts';
import { accountsOf } from './agents.ts';
import { apply, validate } from './apply.ts';
import { env as schema } from './env.ts';

const env = readEnv(schema);
const { client, tables, store } = openStore(env);
const callerOf = knowCallers(client, env);
const people = openDirectory(client, tables.people);

/** Who asks, and what is known of the tenant and its people. */
async function asked(event: HttpEvent) {
  const [caller, directory] = await Promise.all([callerOf(event), people()]);
  const now = context().now;
  return {
    caller,
    body: jsonOf(event),
    ports: { store, directory, accounts: accountsOf({ client, table: tables.control, now }, caller) },
  };
}

async function check(event: HttpEvent) {
  const { caller, body, ports } = await asked(event);
  return json(200, { ok: true, ...(await validate(ports, caller, body, context().now)) });
}

async function start(event: HttpEvent) {
  const { caller, body, ports } = await asked(event);
  const answer = await apply(ports, caller, {
    body,
    idempotencyKey: headerOf(event, 'idempotency-key'),
    traceId: traceIdOf(event),
    context: context(),
    viewHashOf: (id) => viewHash(keyOf(event) ?? '', id),
  });
  return json(200, { ok: true, ...answer });
}

export const handler = httpHandler([
  { method: 'POST', path: '/v1/scenarios/validate', handler: check },
  { method: 'POST', path: '/v1/scenarios/apply', handler: start },
]);
