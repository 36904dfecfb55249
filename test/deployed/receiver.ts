/** Where agents of tests are bound to: receivers of webhooks on this machine, with what they got and answer. */

import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Webhook } from 'standardwebhooks';

export interface Received {
  path: string;
  headers: Record<string, string>;
  body: string;
  /** When it was there whole: a monotonic clock, milliseconds. */
  at: number;
}

type Reply = (response: ServerResponse) => unknown;
const yes: Reply = (response) => response.writeHead(200).end('{"ok":true}');

export async function startReceiver() {
  const got: Received[] = [];
  const replies = new Map<string, Reply[]>();
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    const path = request.url ?? '';
    got.push({ path, headers: request.headers as Record<string, string>, body, at: performance.now() });
    (replies.get(path)?.shift() ?? yes)(response);
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;
  return {
    /** The address of one receiver of many; what it answers first, before it answers yes. */
    url(path: string, ...first: Reply[]): string {
      replies.set(path, first);
      return `http://127.0.0.1:${port}${path}`;
    },
    at: (path: string): Received[] => got.filter((one) => one.path === path),
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

/** What it says, where the signature is good. Throws. */
export const verified = ({ body, headers }: Received, secret: string) =>
  // biome-ignore lint/suspicious/noExplicitAny: tests assert on what it says
  new Webhook(secret).verify(body, headers) as any;
