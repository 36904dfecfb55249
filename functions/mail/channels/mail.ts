/** A message as mail: the same words in text and HTML. */

import { SESClient, SendEmailCommand } from '@aws-sdk/client-ses';
import { html } from 'hono/html';
import type { Message } from '../message.ts';

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

/** Sends by SES; gives the message's id. */
export function mailSender(env: { SENDER: string; CONFIGURATION_SET: string }, ses = new SESClient({})) {
  return async (to: string, message: Message): Promise<string> => {
    const { subject, text, html } = mailOf(message);
    const part = (data: string) => ({ Data: data, Charset: 'UTF-8' });
    const sent = await ses.send(
      new SendEmailCommand({
        Source: env.SENDER,
        Destination: { ToAddresses: [to] },
        Message: { Subject: part(subject), Body: { Text: part(text), Html: part(html) } },
        ConfigurationSetName: env.CONFIGURATION_SET,
      }),
    );
    return sent.MessageId ?? '';
  };
}
