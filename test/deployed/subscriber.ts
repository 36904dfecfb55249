/** Where webhooks are sent to in tests: a server on this machine. */

import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Webhook } from 'standardwebhooks';

interface Got {
  headers: Record<string, string>;
  body: string;
}

/** A receiver on this machine; `say` gives the status for what it got. */
export class Receiver {
  readonly got: Got[] = [];
  say: (path: string) => number = () => 204;
  #server: Server | undefined;
  url = '';

  async start(): Promise<void> {
    const server = createServer(async (request, response) => {
      let body = '';
      for await (const chunk of request) body += chunk;
      this.got.push({ headers: request.headers as Record<string, string>, body });
      response.writeHead(this.say(request.url ?? '')).end();
    });
    this.#server = server;
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }
  stop(): void {
    this.#server?.closeAllConnections();
    this.#server?.close();
  }
  /** What it got of an intent, checked by its signature. */
  of(intentId: string, secret: string) {
    return this.got
      .filter(({ body }) => body.includes(intentId))
      .map(({ headers, body }) => ({
        id: headers['webhook-id'],
        ...(new Webhook(secret).verify(body, headers) as Event),
      }));
  }
}
export interface Event {
  type: string;
  // biome-ignore lint/suspicious/noExplicitAny: asserted on field by field
  data: any;
}
