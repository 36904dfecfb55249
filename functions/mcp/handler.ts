/** The door for MCP clients: the API's own use cases, as tools. */

import { readEnv } from '../../adapters/env.ts';
import { knowCallers } from '../../adapters/lambda/callers.ts';
import { context } from '../../adapters/lambda/context.ts';
import { type HttpEvent, headerOf, httpHandler, keyOf, traceIdOf } from '../../adapters/lambda/http.ts';
import { openStore } from '../../adapters/lambda/tables.ts';
import { heldPlaces } from '../../adapters/mailboxes.ts';
import { eventSource } from '../../adapters/news.ts';
import { listOf } from '../api/list.ts';
import { env as schema } from './env.ts';
import { type Caller, type Ports, waitIn } from './ports.ts';
import { serveRpc } from './rpc.ts';
import { mcpServer } from './server.ts';

const env = readEnv(schema);
const { client, tables, store } = openStore(env);
const callerOf = knowCallers(client, env);
const places = heldPlaces(client, env.MAILBOXES_TABLE, env.HELD);

const ports: Ports = {
  store,
  context,
  list: (tenant, query) => listOf({ client, table: tables.intents }, tenant, query),
  wait: waitIn(places, (ref) => eventSource(client, tables.intents, ref)),
  baseUrl: env.BASE_URL,
};

async function mcp(event: HttpEvent) {
  const token = keyOf(event);
  let fault: { thrown: unknown } | undefined;
  const caller: Caller = {
    key: await callerOf(event),
    token: token ?? '',
    traceId: traceIdOf(event),
    idempotencyKey: headerOf(event, 'idempotency-key'),
    failed: (thrown) => {
      fault = { thrown };
    },
  };
  const answer = await serveRpc(event, (era) => mcpServer(ports, caller, era));
  if (fault) throw fault.thrown;
  return answer;
}

export const handler = httpHandler([{ method: 'ANY', path: '/mcp', handler: mcp }]);
