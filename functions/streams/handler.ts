/**
 * Requests that wait for news of an intent or of an agent's mailbox. A function of its own, so that they take no room from
 * others. What else is asked below `/v1/agents/` comes here too: no route of the gateway tells what follows an address.
 */

import { bindings } from '../../adapters/bindings.ts';
import { dynamo } from '../../adapters/dynamo.ts';
import { readEnv } from '../../adapters/env.ts';
import { knowCallers } from '../../adapters/lambda/callers.ts';
import { context } from '../../adapters/lambda/context.ts';
import { type HttpEvent, httpHandler, json, queryAs } from '../../adapters/lambda/http.ts';
import { heldPlaces, mailboxes } from '../../adapters/mailboxes.ts';
import { eventSource } from '../../adapters/news.ts';
import { openIntents } from '../../adapters/open-intents.ts';
import { NotFound, PolicyDenied } from '../../core/errors.ts';
import type { Box } from '../../core/mailbox.ts';
import { accountsQuery } from '../../wire/accounts.ts';
import { knownAddress } from '../../wire/addresses.ts';
import { bindingQuery } from '../../wire/bindings.ts';
import { intentId } from '../../wire/intents.ts';
import { agentStreamQuery, eventStreamQuery, mailboxQuery } from '../../wire/streams.ts';
import { bindingOut } from '../bindings/views.ts';
import { bindingEnd, boxAt } from '../bindings/whose.ts';
import { agentAt, agentsOf } from '../registry/agent.ts';
import { env as schema } from './env.ts';
import { entryFrame, entryOut, eventFrame, isWanted } from './frames.ts';
import { holding } from './hold.ts';

const env = readEnv(schema);
const client = dynamo();
const boxes = mailboxes(client, env.MAILBOXES_TABLE);
const bound = bindings(client, env.MAILBOXES_TABLE);
const isOpen = openIntents(client, env.INTENTS_TABLE);
const hold = holding(heldPlaces(client, env.MAILBOXES_TABLE, env.HELD));

const callerOf = knowCallers(client, env);

async function events(event: HttpEvent) {
  const { tenant } = await callerOf(event);
  const id = intentId.safeParse(event.pathParameters?.id);
  if (!id.success) throw new NotFound('intent');
  const asked = queryAs(eventStreamQuery, event);
  const source = eventSource(client, env.INTENTS_TABLE, { tenant, intentId: id.data });
  if ((await source.after(0, 1)).length === 0) throw new NotFound('intent');
  return hold(source, asked, (one) => eventFrame(id.data, one));
}

/** What comes before an address in a path. */
const agentsPath = '/v1/agents/';

/** The mailbox that a path names: only its own agent reads it. Throws NotFound, PolicyDenied. */
async function boxOf(event: HttpEvent, end: string): Promise<Box> {
  const { tenant, agent, ownToo } = await callerOf(event);
  const given = event.rawPath.slice(agentsPath.length, -end.length).replace(/^agent:\/(?!\/)/, 'agent://');
  const address = knownAddress(given, tenant);
  if (address === undefined) throw new NotFound('agent');
  if (address !== agent && !ownToo)
    throw new PolicyDenied("Only an agent's own key reads what was delivered to it.", { reason: 'not_yours' });
  return { tenant, address };
}

const streamEnd = '/intents/stream';
const listEnd = '/intents';

async function stream(event: HttpEvent) {
  const box = await boxOf(event, streamEnd);
  const { status, ...asked } = queryAs(agentStreamQuery, event);
  const source = { last: () => boxes.lastSeen(box), after: (n: number, limit: number) => boxes.after(box, n, limit) };
  return hold(source, { ...asked, only: isWanted(status) }, entryFrame);
}

async function mailbox(event: HttpEvent) {
  const box = await boxOf(event, listEnd);
  const { since, status, limit } = queryAs(mailboxQuery, event);
  const found = await boxes.after(box, since, limit);
  return json(200, {
    ok: true,
    intents: found.filter(isWanted(status)).map(entryOut),
    next_seq: found.at(-1)?.seq ?? Math.min(since, await boxes.last(box)),
    has_more: found.length === limit,
  });
}

/** One agent; or, where nothing but a slash follows, all of them, as without the slash. */
async function registered(event: HttpEvent) {
  const caller = await callerOf(event);
  const ports = { client, table: env.CONTROL_TABLE, now: context().now };
  const given = event.rawPath.slice(agentsPath.length);
  if (given === '')
    return json(200, { ok: true, agents: await agentsOf(ports, caller, queryAs(accountsQuery, event)) });
  return json(200, { ok: true, agent: await agentAt(ports, caller.tenant, given) });
}

async function binding(event: HttpEvent) {
  const box = boxAt(await callerOf(event), event.rawPath, bindingEnd);
  const { dead_since } = queryAs(bindingQuery, event);
  const ports = { rows: bound, isOpen, now: context().now };
  return json(200, { ok: true, binding: await bindingOut(ports, box, dead_since) });
}

/** By how the path ends. */
function agents(event: HttpEvent) {
  const named = event.rawPath.slice(agentsPath.length);
  if (named.endsWith(bindingEnd)) return binding(event);
  if (named.endsWith(streamEnd)) return stream(event);
  return named.endsWith(listEnd) ? mailbox(event) : registered(event);
}

export const handler = httpHandler([
  { method: 'GET', path: '/v1/intents/{id}/events/stream', handler: events },
  { method: 'GET', path: '/v1/agents/{proxy+}', handler: agents },
]);
