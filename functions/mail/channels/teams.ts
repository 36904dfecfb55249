/**
 * A message in Microsoft Teams, to a webhook of its Workflows: an Adaptive Card. Every text is a `TextRun`, which knows no
 * markdown, so that nothing an agent wrote becomes a link; ours is the card's one action.
 */

import { shortened } from '../../../core/text.ts';
import type { Message } from '../message.ts';
import { post } from './post.ts';

const text = (words: string, style: object = {}) => ({
  type: 'RichTextBlock',
  inlines: [{ type: 'TextRun', text: words, ...style }],
});

/** A webhook takes 28 KB (Microsoft's limit); a little less, since we count the body alone. */
const maxMessageBytes = 27 * 1024;

/** Longest fact in characters, tried in this order: the first that fits is sent. The page shows all. */
const factLengths = [Number.POSITIVE_INFINITY, 1000, 300, 100, 0];

export function teamsMessage(message: Message) {
  const tried = factLengths.map((length) => () => cardOf({ ...message, facts: factsOf(message.facts, length) }));
  const made = tried.find((make) => Buffer.byteLength(JSON.stringify(make())) <= maxMessageBytes);
  return (made ?? (() => cardOf({ ...message, facts: [] })))();
}

const factsOf = (facts: Message['facts'], length: number): Message['facts'] =>
  facts.map(([label, value]) => [shortened(label, length), shortened(value, length)]);

const cardOf = ({ subject, lead, facts, link, closing }: Message) => ({
  type: 'message',
  attachments: [
    {
      contentType: 'application/vnd.microsoft.card.adaptive',
      contentUrl: null,
      content: {
        $schema: 'http://adaptivecards.io/schemas/adaptive-card.json',
        type: 'AdaptiveCard',
        // The first that has RichTextBlock.
        version: '1.2',
        body: [
          text(subject, { weight: 'bolder', size: 'medium' }),
          text(lead),
          ...facts.map(([label, value]) => text(`${label}: ${value}`)),
          text(closing, { isSubtle: true }),
        ],
        actions: link === undefined ? [] : [{ type: 'Action.OpenUrl', title: 'Review', url: link }],
      },
    },
  ],
});

/** Workflows give a message no id. */
export const teamsWebhook = (url: string, message: Message): Promise<string> =>
  post(url, teamsMessage(message)).then(() => '');
