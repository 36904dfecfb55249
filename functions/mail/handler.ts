/** Mails an approver: makes the link from its id, stores its hash, sends, and then makes it the current one. */

import { SESClient, SendEmailCommand } from '@aws-sdk/client-ses';
import * as z from 'zod';
import { readEnv } from '../../adapters/env.ts';
import { context } from '../../adapters/lambda/context.ts';
import { measure } from '../../adapters/lambda/log.ts';
import { queueConsumer } from '../../adapters/lambda/queue-consumer.ts';
import { openStore } from '../../adapters/lambda/tables.ts';
import { linkSecrets } from '../../adapters/link-secrets.ts';
import type { OutboxMessage } from '../../adapters/messages.ts';
import { perform } from '../../core/commit.ts';
import { sha256 } from '../../core/hash.ts';
import { linkFor, mailAccepted } from '../../core/rules/link.ts';
import { intentTypeOf } from '../../intents/index.ts';
import { env as schema } from './env.ts';
import { type Message, messageFor } from './message.ts';

const env = readEnv(schema);
const { store } = openStore(env);
const secretOf = linkSecrets(env.LINK_KEY_ID);
const ses = new SESClient({});

const order = z.object({
  linkId: z.string(),
  taskId: z.string(),
  personId: z.string(),
  why: z.enum(['assigned', 'reminder']),
});

async function mail(message: OutboxMessage): Promise<void> {
  const asked = order.parse(message.body);
  const secret = await secretOf(asked.linkId);
  const state = await store.load(message);
  const link = linkFor(state, asked, sha256(secret), context().now);
  if (!state || !link) return store.settle(message, message.key);
  const type = intentTypeOf(state.head.type);
  await store.putLink(link);
  const contracts = type?.shape === 'action' ? type.tools : [];
  const messageId = await send(link.mail, messageFor(state, `${env.BASE_URL}/a/${secret}`, contracts, asked.why));
  await perform(store, message, { linkHash: link.hash }, context, (now, at) =>
    mailAccepted(now, { link, row: message.key, why: asked.why, messageId }, at),
  );
}

async function send(to: string, { subject, text, html }: Message): Promise<string> {
  const part = (data: string) => ({ Data: data, Charset: 'UTF-8' });
  try {
    const sent = await ses.send(
      new SendEmailCommand({
        Source: env.SENDER,
        Destination: { ToAddresses: [to] },
        Message: { Subject: part(subject), Body: { Text: part(text), Html: part(html) } },
        ConfigurationSetName: env.CONFIGURATION_SET,
      }),
    );
    return sent.MessageId ?? '';
  } catch (error) {
    measure('MailFailures', 1);
    throw error;
  }
}

export const handler = queueConsumer(mail);
