/** Tells people: makes a link from its id, stores its hash, sends, and then makes it the current one; or sends news. */

import { openCodes } from '../../adapters/codes.ts';
import { openDigests } from '../../adapters/digests.ts';
import { openDirectory } from '../../adapters/directory.ts';
import { readEnv } from '../../adapters/env.ts';
import { context } from '../../adapters/lambda/context.ts';
import { queueConsumer } from '../../adapters/lambda/queue-consumer.ts';
import { openStore } from '../../adapters/lambda/tables.ts';
import { linkSecrets } from '../../adapters/link-secrets.ts';
import { mailMessage } from '../../adapters/messages.ts';
import { postponer } from '../../adapters/queues.ts';
import { oneStands } from '../../adapters/stops.ts';
import type { Person } from '../../core/directory.ts';
import type { IntentState } from '../../core/model.ts';
import type { MailOrder } from '../../core/rules/link.ts';
import { shown } from '../../core/shown.ts';
import { stopsFor } from '../../core/stops.ts';
import { typeOfIntent } from '../../intents/index.ts';
import { zoneOf } from '../../pages/time.ts';
import { tellArrived } from './arrived.ts';
import { carriers } from './carriers.ts';
import { mailCode } from './code.ts';
import { entryFor } from './digest-message.ts';
import { env as schema } from './env.ts';
import { messageFor } from './message.ts';
import { noticeFor } from './notice.ts';
import { payMail } from './pay.ts';

const env = readEnv(schema);
const { client, tables, store } = openStore(env);
const { sendMail, tell, mailDigest } = carriers(env);
const people = openDirectory(client, tables.people);
const secretOf = linkSecrets(env.LINK_KEY_ID);

/** A task in the words of a mail of its own, or of a digest. */
const inWords =
  <T>(words: (...asked: Parameters<typeof messageFor>) => T) =>
  (state: IntentState, secret: string, why: MailOrder['why'], to: Person): T => {
    const type = typeOfIntent(state.head);
    const contracts = type?.shape === 'action' ? type.tools : [];
    const reader = { zone: zoneOf(to), personId: to.id };
    return words(shown(state, type), `${env.BASE_URL}/a/${secret}`, contracts, why, reader);
  };

const pay = payMail({
  store,
  context,
  people,
  secretOf,
  asking: inWords(messageFor),
  telling: noticeFor,
  tell,
  digests: openDigests(client, tables),
  stopped: (head) => oneStands(client, tables.control, stopsFor(head), head.intentId),
  listing: inWords(entryFor),
  mailDigest,
});

const payCode = mailCode({
  codes: openCodes(client, tables.people),
  context,
  people,
  secretOf,
  send: (to, code) => sendMail(to.mail, code),
});

const payArrived = tellArrived({ people, tell });

export const handler = queueConsumer(
  mailMessage,
  (message) => {
    if (message.kind === 'code') return payCode(message);
    return message.kind === 'arrived' ? payArrived(message) : pay(message);
  },
  postponer(env.QUEUE_URL),
);
