/**
 * A message in Slack. What an agent or a person wrote stands in `plain_text`, where nothing is a mention, a link or markup;
 * our link alone is `mrkdwn` (docs.slack.dev: text object, chat.postMessage, incoming webhooks). Previews are off.
 */

import * as z from 'zod';
import { shortened } from '../../../core/text.ts';
import type { Message } from '../message.ts';
import { post } from './post.ts';

/** Longest texts that Slack takes, characters. */
const maxHeader = 150;
const maxSection = 3000;
/** Most blocks of a message. */
const maxBlocks = 50;

const plain = (text: string, limit = maxSection) => ({
  type: 'plain_text',
  text: shortened(text, limit),
  emoji: false,
});

const section = (text: object) => ({ type: 'section', text });

/** `text` is what a notification shows: ours alone. */
export function slackMessage({ subject, lead, facts, link, closing }: Message) {
  const around = [
    ...(link === undefined ? [] : [section({ type: 'mrkdwn', text: `<${link}|Review>` })]),
    { type: 'context', elements: [plain(closing)] },
  ];
  const said = facts.map(([label, value]) => section(plain(`${label}: ${value}`)));
  return {
    text: lead.replace(/[&<>]/g, (c) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;' })[c] ?? c),
    blocks: [
      { type: 'header', text: plain(subject, maxHeader) },
      section(plain(lead)),
      ...said.slice(0, maxBlocks - 2 - around.length),
      ...around,
    ],
    unfurl_links: false,
    unfurl_media: false,
  };
}

const answer = z.object({ ok: z.boolean(), error: z.string().optional(), ts: z.string().optional() });

/** A direct message by the Web API; gives its time stamp, Slack's id of it. Throws where Slack does not take it. */
export async function slackDirect(
  { url, token }: { url: string; token: string },
  member: string,
  message: Message,
): Promise<string> {
  const body = { channel: member, ...slackMessage(message) };
  const { ok, error, ts } = answer.parse(
    JSON.parse(await post(`${url}/chat.postMessage`, body, { authorization: `Bearer ${token}` })),
  );
  if (!ok) throw new Error(`Slack: ${error}`);
  return ts ?? '';
}

/** A message by an incoming webhook, which has no id. */
export const slackWebhook = (url: string, message: Message): Promise<string> =>
  post(url, slackMessage(message)).then(() => '');
