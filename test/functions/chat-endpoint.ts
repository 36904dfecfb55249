/** A local Slack and Teams: takes what their documentation describes and refuses the rest as they do. */

import { createServer, type IncomingHttpHeaders } from 'node:http';
import * as z from 'zod';

const plainText = z.strictObject({ type: z.literal('plain_text'), text: z.string().min(1), emoji: z.boolean() });
const mrkdwn = z.strictObject({ type: z.literal('mrkdwn'), text: z.string().min(1).max(3000) });

const blocks = z
  .array(
    z.discriminatedUnion('type', [
      z.strictObject({ type: z.literal('header'), text: plainText.refine(({ text }) => text.length <= 150) }),
      z.strictObject({
        type: z.literal('section'),
        text: z.union([plainText.refine(({ text }) => text.length <= 3000), mrkdwn]),
      }),
      z.strictObject({ type: z.literal('context'), elements: z.array(plainText).min(1).max(10) }),
    ]),
  )
  .min(1)
  .max(50);

const webhookMessage = z.strictObject({
  text: z.string().min(1).max(40_000),
  blocks,
  unfurl_links: z.literal(false),
  unfurl_media: z.literal(false),
});

const directMessage = webhookMessage.extend({ channel: z.string().regex(/^[CDGUW][A-Z0-9]{2,}$/) });

const card = z.strictObject({
  type: z.literal('message'),
  attachments: z.tuple([
    z.strictObject({
      contentType: z.literal('application/vnd.microsoft.card.adaptive'),
      contentUrl: z.null(),
      content: z.strictObject({
        $schema: z.literal('http://adaptivecards.io/schemas/adaptive-card.json'),
        type: z.literal('AdaptiveCard'),
        version: z.literal('1.2'),
        body: z
          .array(
            z.strictObject({
              type: z.literal('RichTextBlock'),
              inlines: z
                .array(
                  z.strictObject({
                    type: z.literal('TextRun'),
                    text: z.string(),
                    weight: z.enum(['lighter', 'default', 'bolder']).optional(),
                    size: z.enum(['small', 'default', 'medium', 'large']).optional(),
                    isSubtle: z.boolean().optional(),
                  }),
                )
                .min(1),
            }),
          )
          .min(1),
        actions: z
          .array(z.strictObject({ type: z.literal('Action.OpenUrl'), title: z.string().min(1), url: z.url() }))
          .max(6),
      }),
    }),
  ]),
});

export const slackToken = 'xoxb-local-0123456789';

interface Received {
  path: string;
  headers: IncomingHttpHeaders;
  // biome-ignore lint/suspicious/noExplicitAny: whatever the schemas let through; tests assert on it
  body: any;
}

export interface ChatEndpoint {
  url: string;
  /** What was taken, oldest first. */
  received: Received[];
  /** How the next requests are answered, whatever they hold. */
  failing: { status: number; body?: string }[];
  close(): Promise<void>;
}

/** `/slack/chat.postMessage`, `/hooks/slack/…` and `/hooks/teams/…`. */
export async function startChatEndpoint(): Promise<ChatEndpoint> {
  const received: Received[] = [];
  const failing: ChatEndpoint['failing'] = [];
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      const answer = (status: number, body: string) => response.writeHead(status).end(body);
      const path = request.url ?? '';
      const fate = failing.shift();
      if (fate) return answer(fate.status, fate.body ?? '');
      if (request.method !== 'POST') return answer(405, '');
      if (request.headers['content-type'] !== 'application/json; charset=utf-8') return answer(415, 'no JSON');
      const body = JSON.parse(Buffer.concat(parts).toString());
      const keep = () => received.push({ path, headers: request.headers, body });
      if (path === '/slack/chat.postMessage') {
        const ok = request.headers.authorization === `Bearer ${slackToken}`;
        if (!ok) return answer(200, JSON.stringify({ ok: false, error: 'invalid_auth' }));
        if (!directMessage.safeParse(body).success)
          return answer(200, JSON.stringify({ ok: false, error: 'invalid_blocks' }));
        keep();
        return answer(200, JSON.stringify({ ok: true, channel: body.channel, ts: '1761000000.000100' }));
      }
      if (path.startsWith('/hooks/slack/')) {
        if (!webhookMessage.safeParse(body).success) return answer(400, 'invalid_payload');
        keep();
        return answer(200, 'ok');
      }
      if (path.startsWith('/hooks/teams/')) {
        if (!card.safeParse(body).success) return answer(400, '');
        keep();
        return answer(202, '');
      }
      return answer(404, 'no_service');
    });
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}`,
    received,
    failing,
    close: () =>
      new Promise((closed) => {
        server.close(() => closed());
        server.closeAllConnections();
      }),
  };
}
