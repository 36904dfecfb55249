/** Puts intents and answers into agents' mailboxes, and gives out again what somebody claimed and lost. */

import { bindings, owedPushes } from '../../adapters/bindings.ts';
import { readEnv } from '../../adapters/env.ts';
import { context } from '../../adapters/lambda/context.ts';
import { queueConsumer } from '../../adapters/lambda/queue-consumer.ts';
import { openStore } from '../../adapters/lambda/tables.ts';
import { mailboxes, takeTurns } from '../../adapters/mailboxes.ts';
import { outboxMessage } from '../../adapters/messages.ts';
import { postponer } from '../../adapters/queues.ts';
import { oneStands } from '../../adapters/stops.ts';
import { stopsFor } from '../../core/stops.ts';
import { env as schema } from './env.ts';
import { payDelivery } from './pay.ts';

const env = readEnv(schema);
const { client, tables, store } = openStore(env);
const rows = mailboxes(client, env.MAILBOXES_TABLE);

const pay = payDelivery({
  store,
  rows,
  bindings: bindings(client, env.MAILBOXES_TABLE),
  pushes: owedPushes(client, tables.intents),
  context,
  pause: takeTurns,
  stopped: (head, to) => oneStands(client, tables.control, stopsFor(head, { agents: [to] }), head.intentId),
});

export const handler = queueConsumer(outboxMessage, pay, postponer(env.QUEUE_URL));
