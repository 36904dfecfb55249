/** Sends requests as they are: nothing is normalised, merged or left out on the way to the socket. */

import { Agent, request } from 'node:http';
import { connect, type Socket } from 'node:net';
import type { Answer } from './answers.ts';
import type { Sent } from './requests.ts';

const agent = new Agent({ keepAlive: true, maxSockets: 8 });

/** Longest that an answer may take, milliseconds: the time of a function, and room for a busy machine. */
const patienceMs = 60_000;

/** Throws where there is no answer in time. */
export const send = (baseUrl: string, { method, path, query, headers, body }: Sent): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const grouped = Object.groupBy(headers, ([name]) => name.toLowerCase());
    const outgoing = request(
      baseUrl,
      {
        agent,
        method,
        path: query === '' ? path : `${path}?${query}`,
        headers: {
          ...Object.fromEntries(
            Object.entries(grouped).map(([name, all = []]) => [name, all.map(([, value]) => value)]),
          ),
          ...(body ? { 'content-length': body.bytes.length } : {}),
        },
        timeout: patienceMs,
      },
      async (incoming) => {
        const chunks: Buffer[] = [];
        for await (const chunk of incoming) chunks.push(chunk as Buffer);
        const given = Object.entries(incoming.headers).map(([name, value]) => [name, String(value)]);
        resolve({
          status: incoming.statusCode ?? 0,
          headers: Object.fromEntries(given),
          body: Buffer.concat(chunks).toString(),
        });
      },
    );
    outgoing.on('timeout', () => outgoing.destroy(new Error(`no answer in ${patienceMs} ms`)));
    outgoing.on('error', reject);
    outgoing.end(body?.bytes);
  });

/** A connection that says what it is told, and no more. */
export async function openSocket(baseUrl: string): Promise<Socket> {
  const { hostname, port } = new URL(baseUrl);
  const socket = connect(Number(port), hostname);
  await new Promise((resolve, reject) => socket.once('connect', resolve).once('error', reject));
  return socket;
}

/** What comes back until the other side closes, or is silent for `quietMs`. */
export const heard = (socket: Socket, quietMs: number): Promise<string> =>
  new Promise((resolve) => {
    let all = '';
    const done = () => {
      socket.destroy();
      resolve(all);
    };
    socket.setTimeout(quietMs, done);
    socket.on('data', (chunk) => {
      all += chunk.toString('latin1');
    });
    socket.on('error', done);
    socket.on('close', done);
  });
