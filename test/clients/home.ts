/** A home of one's own for a test's commands: contexts, sessions and keys go there. */

import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import { noAws } from './holdpoint.ts';
import { Door } from './sdk/door.ts';

export interface Home {
  dir: string;
  /** The environment of commands. */
  env: Record<string, string>;
  remove(): void;
}

export function newHome(): Home {
  const dir = mkdtempSync(join(tmpdir(), 'holdpoint-home-'));
  const env = { ...noAws, HOME: dir, XDG_CONFIG_HOME: join(dir, 'config'), XDG_STATE_HOME: join(dir, 'state') };
  return { dir, env, remove: () => rmSync(dir, { recursive: true, force: true }) };
}

/** A home, and a door to a deployment, for all tests of a file. */
export function atHome(target: ConstructorParameters<typeof Door>[0]): { home: Home; door: Door } {
  const [home, door] = [newHome(), new Door(target)];
  beforeAll(() => door.open());
  afterAll(async () => {
    await door.close();
    home.remove();
  });
  return { home, door };
}

export interface Asked {
  method: string;
  path: string;
  headers: IncomingMessage['headers'];
  // biome-ignore lint/suspicious/noExplicitAny: tests assert on it
  body: any;
}

/** `text`: of a stream, in place of a body. */
type Answer = { status?: number; body?: unknown; text?: string; headers?: Record<string, string> };

/** Something that answers as a deployment would, by what it is told here; and what it was asked. */
export async function fakeDeployment() {
  const asked: Asked[] = [];
  let answers: (asked: Asked) => Answer = () => ({});
  const server = createServer(async (request, response) => {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    const text = Buffer.concat(parts).toString();
    const one = {
      method: request.method ?? '',
      path: request.url ?? '',
      headers: request.headers,
      body: text === '' ? undefined : JSON.parse(text),
    };
    asked.push(one);
    const { status = 200, body = { ok: true }, text: stream, headers = {} } = answers(one);
    const type = stream === undefined ? 'application/json' : 'text/event-stream';
    // A 204 has no body.
    const sent = status === 204 ? undefined : (stream ?? JSON.stringify(body));
    response.writeHead(status, { 'content-type': type, ...headers }).end(sent);
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    answer(with_: (asked: Asked) => Answer) {
      answers = with_;
      asked.length = 0;
    },
    close: () => server.close(),
  };
}

/** A refusal in AXP's shape. */
export const refusal = (
  status: number,
  code: string,
  message: string,
  headers: Record<string, string> = {},
): Answer => ({
  status,
  headers,
  body: {
    error: { code, message, category: 'validation', retryable: false, at: '2026-11-30T09:00:00.000Z', details: {} },
  },
});
