/** Tells the world outside what happened: the deployment's bus, and whoever subscribed. */

import { eventBus } from '../../adapters/bus.ts';
import { readEnv } from '../../adapters/env.ts';
import { queueConsumer } from '../../adapters/lambda/queue-consumer.ts';
import { openStore } from '../../adapters/lambda/tables.ts';
import { outboxMessage } from '../../adapters/messages.ts';
import { isOnBus } from '../../adapters/on-bus.ts';
import { postponer, sender } from '../../adapters/queues.ts';
import { subscriptions } from '../../adapters/subscriptions.ts';
import { callbackTo } from '../webhooks/fan-out.ts';
import { env as schema } from './env.ts';
import { payAnnouncement } from './pay.ts';

const env = readEnv(schema);
const { client, tables, store } = openStore(env);
const rows = subscriptions(client, { webhooks: env.WEBHOOKS_TABLE, control: tables.control });

export const handler = queueConsumer(
  outboxMessage,
  payAnnouncement({
    store,
    rows,
    onBus: isOnBus,
    publish: eventBus(env.BUS_NAME),
    enqueue: callbackTo(sender(), env.CALLBACKS_QUEUE_URL),
  }),
  postponer(env.QUEUE_URL),
);
