/** Tells people: makes a link from its id, stores its hash, sends, and then makes it the current one; or sends news. */

import { openCodes } from '../../adapters/codes.ts';
import { openDirectory } from '../../adapters/directory.ts';
import { readEnv } from '../../adapters/env.ts';
import { context } from '../../adapters/lambda/context.ts';
import { log, measure } from '../../adapters/lambda/log.ts';
import { queueConsumer } from '../../adapters/lambda/queue-consumer.ts';
import { openStore } from '../../adapters/lambda/tables.ts';
import { linkSecrets } from '../../adapters/link-secrets.ts';
import { tagsOf } from '../../adapters/mail-tags.ts';
import { mailMessage } from '../../adapters/messages.ts';
import { shown } from '../../core/shown.ts';
import { typeOfIntent } from '../../intents/index.ts';
import { zoneOf } from '../../pages/time.ts';
import { chats } from './channels/chat.ts';
import { mailSender } from './channels/mail.ts';
import { type Notifier, notify } from './channels/notify.ts';
import { mailCode } from './code.ts';
import { env as schema } from './env.ts';
import { messageFor } from './message.ts';
import { noticeFor } from './notice.ts';
import { type Ports, payMail } from './pay.ts';

const env = readEnv(schema);
const { client, tables, store } = openStore(env);
const sendMail = mailSender(env);
const chat = chats(env.CHAT_SECRET_ARN);

const tell: Ports['tell'] = (to, message, link) => {
  const mail: Notifier = (one, _channel, words) => sendMail(one.mail, words, link && tagsOf(link));
  return notify({ mail, ...chat }, to, message, ({ by }, { name, message: why }) => {
    if (by === 'mail') measure('MailFailures', 1);
    else measure('ChatFailures', 1);
    log.warn('not told', { channel: by, errorName: name, errorMessage: why });
  });
};

const people = openDirectory(client, tables.people);
const secretOf = linkSecrets(env.LINK_KEY_ID);
const pay = payMail({
  store,
  context,
  people,
  secretOf,
  asking: (state, secret, why, to) => {
    const type = typeOfIntent(state.head);
    const contracts = type?.shape === 'action' ? type.tools : [];
    const reader = { zone: zoneOf(to), personId: to.id };
    return messageFor(shown(state, type), `${env.BASE_URL}/a/${secret}`, contracts, why, reader);
  },
  telling: noticeFor,
  tell,
});

const payCode = mailCode({
  codes: openCodes(client, tables.people),
  context,
  people,
  secretOf,
  send: (to, code) => sendMail(to.mail, code),
});

export const handler = queueConsumer(mailMessage, (message) =>
  message.kind === 'code' ? payCode(message) : pay(message),
);
