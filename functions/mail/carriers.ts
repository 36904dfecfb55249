/** Whoever carries messages: SES, and the chats that people have. What is not taken is counted. */

import { log, measure } from '../../adapters/lambda/log.ts';
import { tagsOf, tagsOfDigest } from '../../adapters/mail-tags.ts';
import type { Channel } from '../../core/directory.ts';
import { chats } from './channels/chat.ts';
import { mailSender } from './channels/mail.ts';
import { type Notifier, notify } from './channels/notify.ts';
import { digestMessage } from './digest-message.ts';
import type { Ports } from './pay.ts';

const failed = ({ by }: Pick<Channel, 'by'>, { name, message: why }: Error): void => {
  if (by === 'mail') measure('MailFailures', 1);
  else measure('ChatFailures', 1);
  log.warn('not told', { channel: by, errorName: name, errorMessage: why });
};

export function carriers(env: { SENDER: string; CONFIGURATION_SET: string; CHAT_SECRET_ARN: string }) {
  const sendMail = mailSender(env);
  const chat = chats(env.CHAT_SECRET_ARN);

  const tell: Ports['tell'] = (to, message, link) => {
    const mail: Notifier = (one, _channel, words) => sendMail(one.mail, words, link && tagsOf(link));
    return notify({ mail, ...chat }, to, message, failed);
  };

  const mailDigest: Ports['mailDigest'] = (to, entries, digestId) =>
    sendMail(to.mail, digestMessage(entries), tagsOfDigest(digestId, to.id)).catch((error: Error) => {
      failed({ by: 'mail' }, error);
      throw error;
    });

  return { sendMail, tell, mailDigest };
}
