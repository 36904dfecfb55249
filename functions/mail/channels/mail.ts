/** A message as mail: the same words in text and HTML. */

import { type MessageTag, SESClient, SendEmailCommand } from '@aws-sdk/client-ses';
import { html } from 'hono/html';
import type { Message } from '../message.ts';
import { AddressRefused } from './notify.ts';

/** What a mail program shows. */
export function mailOf({ subject, lead, facts, link, closing }: Message) {
  return {
    subject,
    text: [
      lead,
      '',
      ...facts.map(([label, value]) => `${label}: ${value}`),
      '',
      ...(link === undefined ? [] : ['Review:', link, '']),
      closing,
      '',
    ].join('\n'),
    html: String(html`<!doctype html><html lang="en"><body style="font-family:system-ui,sans-serif;line-height:1.5">
<p>${lead}</p>
<table cellpadding="0" cellspacing="0">${facts.map(
      ([label, value]) =>
        html`<tr><td style="padding:2px 16px 2px 0;vertical-align:top">${label}:</td><td>${value}</td></tr>`,
    )}</table>
${link === undefined ? '' : html`<p><a href="${link}">Review</a>:<br>${link}</p>`}
<p>${closing}</p>
</body></html>`),
  };
}

/** Usually SES takes such mails and reports them as bounced. */
const refusedAddress = /suppress|blacklist/i;

/** Sends by SES; gives the message's id. Throws AddressRefused. */
export function mailSender(env: { SENDER: string; CONFIGURATION_SET: string }, ses = new SESClient({})) {
  return async (to: string, message: Message, Tags: MessageTag[] = []): Promise<string> => {
    const { subject, text, html } = mailOf(message);
    const part = (data: string) => ({ Data: data, Charset: 'UTF-8' });
    const command = new SendEmailCommand({
      Source: env.SENDER,
      Destination: { ToAddresses: [to] },
      Message: { Subject: part(subject), Body: { Text: part(text), Html: part(html) } },
      ConfigurationSetName: env.CONFIGURATION_SET,
      Tags,
    });
    const sent = await ses.send(command).catch((error: Error) => {
      const refused = error.name === 'MessageRejected' && refusedAddress.test(error.message);
      throw refused ? new AddressRefused(error.message) : error;
    });
    return sent.MessageId ?? '';
  };
}
