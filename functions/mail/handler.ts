/** Tells people: makes a link from its id, stores its hash, sends, and then makes it the current one; or sends news. */

import { openDirectory } from '../../adapters/directory.ts';
import { readEnv } from '../../adapters/env.ts';
import { context } from '../../adapters/lambda/context.ts';
import { log, measure } from '../../adapters/lambda/log.ts';
import { queueConsumer } from '../../adapters/lambda/queue-consumer.ts';
import { openStore } from '../../adapters/lambda/tables.ts';
import { linkSecrets } from '../../adapters/link-secrets.ts';
import { intentTypeOf } from '../../intents/index.ts';
import { chats } from './channels/chat.ts';
import { mailSender } from './channels/mail.ts';
import { type Notifier, notify } from './channels/notify.ts';
import { env as schema } from './env.ts';
import { messageFor } from './message.ts';
import { noticeFor } from './notice.ts';
import { type Ports, payMail } from './pay.ts';

const env = readEnv(schema);
const { client, tables, store } = openStore(env);
const sendMail = mailSender(env);
const mail: Notifier = (to, _channel, message) => sendMail(to.mail, message);
const notifiers = { mail, ...chats(env.CHAT_SECRET_ARN) };

const tell: Ports['tell'] = (to, message) =>
  notify(notifiers, to, message, ({ by }, { name, message: why }) => {
    if (by === 'mail') measure('MailFailures', 1);
    else measure('ChatFailures', 1);
    log.warn('not told', { channel: by, errorName: name, errorMessage: why });
  });

export const handler = queueConsumer(
  payMail({
    store,
    context,
    people: openDirectory(client, tables.people),
    secretOf: linkSecrets(env.LINK_KEY_ID),
    asking: (state, secret, why) => {
      const type = intentTypeOf(state.head.type);
      const contracts = type?.shape === 'action' ? type.tools : [];
      return messageFor(state, `${env.BASE_URL}/a/${secret}`, contracts, why);
    },
    telling: noticeFor,
    tell,
  }),
);
