/** What stands between a client and a deployment, and can go away and come back at the same address; it may have files of its own. */

import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** By path. */
type Files = Readonly<Record<string, { type: string; body: string }>>;

export class Door {
  readonly #target: { baseUrl: string; fetch: typeof fetch };
  readonly #files: Files;
  #server: Server | undefined;
  #port = 0;

  constructor(target: { baseUrl: string; fetch: typeof fetch }, files: Files = {}) {
    this.#target = target;
    this.#files = files;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  async open(): Promise<void> {
    const { baseUrl, fetch } = this.#target;
    const server = createServer(async (request, response) => {
      const file = this.#files[request.url ?? ''];
      if (file) return response.writeHead(200, { 'content-type': file.type }).end(file.body);
      try {
        const body: Buffer[] = [];
        for await (const part of request) body.push(part);
        const { host: _, connection: __, ...headers } = request.headers as Record<string, string>;
        const answer = await fetch(`${baseUrl}${request.url}`, {
          method: request.method ?? 'GET',
          headers,
          ...(body.length > 0 ? { body: Buffer.concat(body) } : {}),
        });
        const text = await answer.text();
        const type = answer.headers.get('content-type') ?? '';
        const retryAfter = answer.headers.get('retry-after');
        response.writeHead(answer.status, {
          'content-type': type,
          ...(retryAfter ? { 'retry-after': retryAfter } : {}),
        });
        response.end(text);
      } catch {
        response.destroy();
      }
    });
    await new Promise<void>((listening) => server.listen(this.#port, '127.0.0.1', listening));
    this.#server = server;
    this.#port = (server.address() as AddressInfo).port;
  }

  /** Breaks every connection. */
  async close(): Promise<void> {
    const server = this.#server;
    if (!server) return;
    const closed = new Promise((done) => server.close(done));
    server.closeAllConnections();
    await closed;
    this.#server = undefined;
  }
}
