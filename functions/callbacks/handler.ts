/** Sends events to those who subscribed, signed; those of a batch at the same time, so that a slow receiver holds up no other. */

import { dynamo } from '../../adapters/dynamo.ts';
import { readEnv } from '../../adapters/env.ts';
import { context } from '../../adapters/lambda/context.ts';
import { measure } from '../../adapters/lambda/log.ts';
import { queueConsumer } from '../../adapters/lambda/queue-consumer.ts';
import { callbackMessage } from '../../adapters/messages.ts';
import { postponer } from '../../adapters/queues.ts';
import { subscriptions } from '../../adapters/subscriptions.ts';
import { webhookSender } from '../../adapters/webhook.ts';
import { opener } from '../../adapters/webhook-keys.ts';
import { env as schema } from './env.ts';
import { pauseSeconds, sendCallback } from './send.ts';

const env = readEnv(schema);

export const handler = queueConsumer(
  callbackMessage,
  sendCallback({
    // Only its own table: this function sees nothing of intents.
    rows: subscriptions(dynamo(), { webhooks: env.WEBHOOKS_TABLE, control: '' }),
    send: webhookSender(env.LOCAL_RECEIVERS.split(',')),
    open: opener(env.WEBHOOK_KEY_ID),
    context,
    counted: (outcome) => measure('Callbacks', 1, { outcome }),
  }),
  postponer(env.QUEUE_URL),
  { parallel: true, pause: (attempt, error) => pauseSeconds(attempt, error, Math.random()) },
);
