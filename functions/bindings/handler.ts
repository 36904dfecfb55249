/** How agents get what is delivered to them, and what is to be pushed to them again. How it is now, `streams` says. */

import { bindings, owedPushes } from '../../adapters/bindings.ts';
import { openDirectory } from '../../adapters/directory.ts';
import { readEnv } from '../../adapters/env.ts';
import { knowCallers } from '../../adapters/lambda/callers.ts';
import { context } from '../../adapters/lambda/context.ts';
import { bodyAs, type HttpEvent, httpHandler, json, jsonOf, traceIdOf } from '../../adapters/lambda/http.ts';
import { openStore } from '../../adapters/lambda/tables.ts';
import { mailboxes } from '../../adapters/mailboxes.ts';
import { openIntents } from '../../adapters/open-intents.ts';
import { sealer } from '../../adapters/webhook-keys.ts';
import { NotFound } from '../../core/errors.ts';
import type { Box } from '../../core/mailbox.ts';
import { putBinding, replayDeliveries } from '../../wire/bindings.ts';
import { intentId } from '../../wire/intents.ts';
import { repeatable } from '../webhooks/new-key.ts';
import { binder } from './bind.ts';
import { env as schema } from './env.ts';
import { replay } from './replay.ts';
import { bindingOut } from './views.ts';
import { bindingEnd, boxAt, rotateEnd } from './whose.ts';

const env = readEnv(schema);
const { client, tables, store } = openStore(env);
const listOf = (text: string): string[] => text.split(',').filter((part) => part !== '');

const rows = bindings(client, env.MAILBOXES_TABLE);
const boxes = mailboxes(client, env.MAILBOXES_TABLE);
const owed = owedPushes(client, tables.intents);
const { bind, rotate } = binder({
  rows,
  boxes,
  owed,
  context,
  people: openDirectory(client, tables.people),
  seal: sealer(env.WEBHOOK_KEY_ID),
  localReceivers: listOf(env.LOCAL_RECEIVERS),
  internalTargets: listOf(env.INTERNAL_TARGETS),
});

const callerOf = knowCallers(client, env);

const isOpen = openIntents(client, tables.intents);
const bindingNow = (box: Box) => bindingOut({ rows, isOpen, now: context().now }, box);

/** The mailbox, where the path ends so. */
async function boxOf(event: HttpEvent, end: string) {
  const caller = await callerOf(event);
  if (!event.rawPath.endsWith(end)) throw new NotFound('path');
  return { caller, box: boxAt(caller, event.rawPath, end) };
}

async function put(event: HttpEvent) {
  const { caller, box } = await boxOf(event, bindingEnd);
  const body = bodyAs(putBinding, event);
  const secret = await bind(caller, box, body, traceIdOf(event));
  const binding = await bindingNow(box);
  return json(200, { ok: true, binding, ...(secret === undefined ? {} : { secret }) });
}

async function remove(event: HttpEvent) {
  const { box } = await boxOf(event, bindingEnd);
  await rows.unbind(box);
  return json(200, { ok: true, binding: await bindingNow(box) });
}

async function newKey(event: HttpEvent) {
  const { caller, box } = await boxOf(event, rotateEnd);
  const secret = await rotate(
    box,
    repeatable(event, caller, `POST /v1/agents/${box.address}${rotateEnd}`, jsonOf(event)),
  );
  return json(200, { ok: true, binding: await bindingNow(box), secret });
}

async function pushAgain(event: HttpEvent) {
  const caller = await callerOf(event);
  const id = intentId.safeParse(event.pathParameters?.id);
  if (!id.success) throw new NotFound('intent');
  const body = bodyAs(replayDeliveries, event);
  const ref = { tenant: caller.tenant, intentId: id.data };
  const ports = { store, rows, boxes, owed, context };
  return json(200, { ok: true, ...(await replay(ports, caller, ref, body.delivery_id, traceIdOf(event))) });
}

export const handler = httpHandler([
  { method: 'PUT', path: '/v1/agents/{proxy+}', handler: put },
  { method: 'DELETE', path: '/v1/agents/{proxy+}', handler: remove },
  { method: 'POST', path: '/v1/agents/{proxy+}', handler: newKey },
  { method: 'POST', path: '/v1/intents/{id}/deliveries/replay', handler: pushAgain },
]);
