/** Puts intents and answers into agents' mailboxes, and gives out again what somebody claimed and lost. */

import { readEnv } from '../../adapters/env.ts';
import { context } from '../../adapters/lambda/context.ts';
import { queueConsumer } from '../../adapters/lambda/queue-consumer.ts';
import { openStore } from '../../adapters/lambda/tables.ts';
import { mailboxes } from '../../adapters/mailboxes.ts';
import { outboxMessage } from '../../adapters/messages.ts';
import { postponer } from '../../adapters/queues.ts';
import { oneStands } from '../../adapters/stops.ts';
import { stopsFor } from '../../core/stops.ts';
import { env as schema } from './env.ts';
import { payDelivery } from './pay.ts';

/** Full jitter between two tries to be the next in a mailbox: a random part of base · 2ⁿ, milliseconds. */
const backoffBaseMs = 10;
const backoffCapMs = 500;

const pause = (round: number): Promise<void> =>
  new Promise((done) => setTimeout(done, Math.random() * Math.min(backoffCapMs, backoffBaseMs * 2 ** round)));

const env = readEnv(schema);
const { client, tables, store } = openStore(env);
const rows = mailboxes(client, env.MAILBOXES_TABLE);

export const handler = queueConsumer(
  outboxMessage,
  payDelivery({
    store,
    rows,
    context,
    pause,
    stopped: (head, to) => oneStands(client, tables.control, stopsFor(head, { agents: [to] }), head.intentId),
  }),
  postponer(env.QUEUE_URL),
);
