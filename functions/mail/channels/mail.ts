/** A message as mail: the same words in text and HTML. */

import { type MessageTag, SESClient, SendEmailCommand } from '@aws-sdk/client-ses';
import { html } from 'hono/html';
import type { Message } from '../message.ts';
import { AddressRefused } from './notify.ts';

/** What a mail program shows. */
export function mailOf({ subject, lead, facts, link, entries = [], closing }: Message) {
  return {
    subject,
    text: [
      lead,
      '',
      ...facts.map(([label, value]) => `${label}: ${value}`),
      ...(entries.length === 0 ? [''] : []),
      ...(link === undefined ? [] : ['Review:', link, '']),
      ...entries.flatMap((entry, i) => [
        `${i + 1}. ${entry.title}`,
        ...entry.facts.map(([label, value]) => `${label}: ${value}`),
        'Review:',
        entry.link,
        '',
      ]),
      closing,
      '',
    ].join('\n'),
    html: String(html`<!doctype html><html lang="en"><body style="font-family:system-ui,sans-serif;line-height:1.5">
<p>${lead}</p>
${table(facts)}
${link === undefined ? '' : review(link, 'Review')}
${entries.map(
  (entry, i) => html`<h2 style="font-size:1.1em;margin:1.5em 0 .25em">${i + 1}. ${entry.title}</h2>
${table(entry.facts)}
${review(entry.link, `Review ${i + 1}`)}
`,
)}<p>${closing}</p>
</body></html>`),
  };
}

const table = (facts: Message['facts']) =>
  facts.length === 0
    ? ''
    : html`<table cellpadding="0" cellspacing="0">${facts.map(
        ([label, value]) =>
          html`<tr><td style="padding:2px 16px 2px 0;vertical-align:top">${label}:</td><td>${value}</td></tr>`,
      )}</table>`;

const review = (link: string, words: string) => html`<p><a href="${link}">${words}</a>:<br>${link}</p>`;

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
