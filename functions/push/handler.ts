/** Pushes what is in agents' mailboxes by their bindings. A function and a queue of its own: a slow receiver holds up no mailbox. */

import { bindings, owedPushes } from '../../adapters/bindings.ts';
import { openDirectory } from '../../adapters/directory.ts';
import { readEnv } from '../../adapters/env.ts';
import { internalTargets } from '../../adapters/internal-targets.ts';
import { context } from '../../adapters/lambda/context.ts';
import { log } from '../../adapters/lambda/log.ts';
import { queueConsumer } from '../../adapters/lambda/queue-consumer.ts';
import { openStore } from '../../adapters/lambda/tables.ts';
import { mailboxes } from '../../adapters/mailboxes.ts';
import { outboxMessage } from '../../adapters/messages.ts';
import { postponer, sender } from '../../adapters/queues.ts';
import { oneStands } from '../../adapters/stops.ts';
import { webhookSender } from '../../adapters/webhook.ts';
import { opener } from '../../adapters/webhook-keys.ts';
import { stopsForBox } from '../../core/stops.ts';
import { carrying } from './carry.ts';
import { env as schema } from './env.ts';
import { pumping } from './pump.ts';

const env = readEnv(schema);
const { client, tables, store } = openStore(env);
const people = openDirectory(client, tables.people);
const enqueue = sender();

const carry = carrying({
  now: () => context().now,
  send: webhookSender(env.LOCAL_RECEIVERS.split(',').filter((host) => host !== '')),
  open: opener(env.WEBHOOK_KEY_ID),
  hand: internalTargets(),
  isThere: async (personId) => (await people()).find(personId) !== undefined,
  tell: (message) => enqueue(env.MAIL_QUEUE_URL, message),
  failed: ({ name, message }) => log.warn('not handed over', { errorName: name, errorMessage: message }),
});

const pump = pumping({
  store,
  boxes: mailboxes(client, env.MAILBOXES_TABLE),
  rows: bindings(client, env.MAILBOXES_TABLE),
  owed: owedPushes(client, tables.intents),
  context,
  stopped: (box, entry) => oneStands(client, tables.control, stopsForBox(box), entry.intentId),
  jitter: Math.random,
  carry,
  again: (message, seconds) => enqueue(env.QUEUE_URL, message, seconds),
  park: (message, { seq, deliveryId, intentId, why }) =>
    enqueue(env.DEAD_LETTERS_URL, { ...message, body: { ...message.body, replay: seq, deliveryId, intentId, why } }),
});

export const handler = queueConsumer(outboxMessage, pump, postponer(env.QUEUE_URL));
