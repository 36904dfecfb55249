/** Mails an approver: makes the link from its id, stores its hash, sends, and then makes it the current one. */

import { type MessageTag, SESClient, SendEmailCommand } from '@aws-sdk/client-ses';
import { openDirectory } from '../../adapters/directory.ts';
import { readEnv } from '../../adapters/env.ts';
import { context } from '../../adapters/lambda/context.ts';
import { measure } from '../../adapters/lambda/log.ts';
import { queueConsumer } from '../../adapters/lambda/queue-consumer.ts';
import { openStore } from '../../adapters/lambda/tables.ts';
import { linkSecrets } from '../../adapters/link-secrets.ts';
import { tagsOf } from '../../adapters/mail-tags.ts';
import { intentTypeOf } from '../../intents/index.ts';
import { env as schema } from './env.ts';
import { type Message, messageFor } from './message.ts';
import { noticeFor } from './notice.ts';
import { AddressRefused, type Ports, payMail } from './pay.ts';

const env = readEnv(schema);
const { client, tables, store } = openStore(env);
const secretOf = linkSecrets(env.LINK_KEY_ID);
const ses = new SESClient({});

const send: Ports['send'] = ({ to, state, link, secret, why }) => {
  const type = intentTypeOf(state.head.type);
  const contracts = type?.shape === 'action' ? type.tools : [];
  return mail(to.mail, messageFor(state, `${env.BASE_URL}/a/${secret}`, contracts, why), tagsOf(link));
};

const tell: Ports['tell'] = (to, state, notice) => mail(to.mail, noticeFor(state, notice));

/** Usually SES takes such mails and reports them as bounced. */
const refusedAddress = /suppress|blacklist/i;

async function mail(to: string, { subject, text, html }: Message, Tags: MessageTag[] = []): Promise<string> {
  const part = (data: string) => ({ Data: data, Charset: 'UTF-8' });
  try {
    const sent = await ses.send(
      new SendEmailCommand({
        Source: env.SENDER,
        Destination: { ToAddresses: [to] },
        Message: { Subject: part(subject), Body: { Text: part(text), Html: part(html) } },
        ConfigurationSetName: env.CONFIGURATION_SET,
        Tags,
      }),
    );
    return sent.MessageId ?? '';
  } catch (error) {
    measure('MailFailures', 1);
    const { name, message } = error as Error;
    if (name === 'MessageRejected' && refusedAddress.test(message)) throw new AddressRefused(message);
    throw error;
  }
}

export const handler = queueConsumer(
  payMail({ store, context, people: openDirectory(client, tables.people), secretOf, send, tell }),
);
