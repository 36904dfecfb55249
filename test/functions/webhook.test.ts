import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Webhook } from 'standardwebhooks';
import { afterEach, describe, expect, it } from 'vitest';
import { webhookSender } from '../../adapters/webhook.ts';
import { secretOf } from '../../core/webhook.ts';

const secret = secretOf(new Uint8Array(32).fill(7));
const named = 'receiver.example.com';
const here = async () => ['127.0.0.1'];

interface Got {
  headers: Record<string, string>;
  body: string;
}

const servers: { close(): unknown; closeAllConnections(): void }[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

/** A receiver on this machine that is reached by a name, and what it got. */
async function receiver(answer: (response: ServerResponse, request: IncomingMessage) => void) {
  const got: Got[] = [];
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    got.push({ headers: request.headers as Record<string, string>, body });
    answer(response, request);
  });
  servers.push(server);
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;
  return { got, port, url: `http://${named}:${port}/hook?x=1` };
}

const webhook = (url: string, body = '{"n":1}') => ({ url, id: 'intent_d1', body, secrets: [secret] });
const send = (url: string, resolve = here, timeoutMs?: number) =>
  webhookSender([named], resolve, timeoutMs)(webhook(url));

describe('a webhook', () => {
  it('is posted to the address that its name resolved to, signed, in the name of its host', async () => {
    const { got, port, url } = await receiver((response) => response.writeHead(204).end());
    expect(await send(url)).toEqual({ is: 'taken', status: 204 });
    const [{ headers, body }] = got as [Got];
    expect(headers.host).toBe(`${named}:${port}`);
    expect(new Webhook(secret).verify(body, headers)).toEqual({ n: 1 });
  });

  it('follows no redirect', async () => {
    const elsewhere = await receiver((response) => response.end());
    for (const status of [301, 302, 303, 307, 308]) {
      const to = status === 302 ? 'http://169.254.169.254/latest/meta-data/' : elsewhere.url;
      const { url } = await receiver((response) => response.writeHead(status, { location: to }).end());
      expect(await send(url)).toEqual({ is: 'failed', why: 'status', status });
    }
    expect(elsewhere.got).toEqual([]);
  });

  it.each([
    [410, {}, { is: 'gone', status: 410 }],
    [429, { 'retry-after': '7' }, { is: 'failed', why: 'status', status: 429, retryAfterSeconds: 7 }],
    [500, {}, { is: 'failed', why: 'status', status: 500 }],
  ])('answered with %s', async (status, headers, verdict) => {
    const { url } = await receiver((response) => response.writeHead(status, headers).end('no'));
    expect(await send(url)).toEqual(verdict);
  });

  it('is not taken where the answer breaks off, or nothing answers', async () => {
    const { url } = await receiver((response) => {
      response.writeHead(200, { 'content-length': '100' }).write('ten');
      response.destroy();
    });
    expect(await send(url)).toEqual({ is: 'failed', why: expect.stringMatching(/broken_off|not_reached/) });
    const dead = await receiver((response) => response.destroy());
    expect(await send(dead.url)).toEqual({ is: 'failed', why: 'not_reached' });
    expect(await send(`http://${named}:1/`)).toEqual({ is: 'failed', why: 'not_reached' });
  });

  it('is given up after its time, whatever is slow: name, answer, or the rest of it', async () => {
    const silent = await receiver(() => {});
    const dripping = await receiver((response) => response.writeHead(200).write('a'));
    const timedOut = { is: 'failed', why: 'timeout' };
    expect(await send(silent.url, here, 100)).toEqual(timedOut);
    expect(await send(dripping.url, here, 100)).toEqual(timedOut);
    expect(await send(silent.url, () => new Promise<string[]>(() => {}), 100)).toEqual(timedOut);
  });

  it('reads an answer to a bound only', async () => {
    let sent = 0;
    const { url } = await receiver((response) => {
      response.writeHead(200);
      const more = (): void => {
        while (!response.destroyed && response.write(Buffer.alloc(65_536))) sent += 65_536;
        if (!response.destroyed) response.once('drain', more);
      };
      more();
    });
    expect(await send(url)).toEqual({ is: 'taken', status: 200 });
    expect(sent).toBeLessThan(50_000_000);
  });
});

describe('a name', () => {
  const refused = { is: 'failed', why: 'address_refused' };
  const resolving = (...addresses: string[]) => {
    const asked: string[] = [];
    const resolve = async (host: string) => {
      asked.push(host);
      return addresses;
    };
    return { asked, send: webhookSender([], resolve, 500) };
  };

  it.each([
    ['127.0.0.1'],
    ['169.254.169.254'],
    ['10.0.0.1'],
    ['100.64.0.1'],
    ['fd00:ec2::254'],
    ['::ffff:169.254.169.254'],
    ['8.8.8.8', '10.0.0.1'],
  ])('that leads to %s is not reached, also where another of its addresses is public', async (...addresses) => {
    const { asked, send } = resolving(...addresses);
    expect(await send(webhook('https://rebound.example.com/'))).toEqual(refused);
    expect(asked).toEqual(['rebound.example.com']);
  });

  it('is looked up once: an answer that changes afterwards leads nowhere', async () => {
    const { got, port } = await receiver((response) => response.end());
    const answers = [['127.0.0.1'], ['10.0.0.1']];
    const verdict = await webhookSender(
      [named],
      async () => answers.shift() ?? [],
    )(webhook(`http://${named}:${port}/`));
    expect(verdict.is).toBe('taken');
    expect(got).toHaveLength(1);
    expect(answers).toHaveLength(1);
  });

  it('that resolves to nothing, and a literal address that is not public, are not reached', async () => {
    expect(await resolving().send(webhook('https://nowhere.example.com/'))).toEqual({
      is: 'failed',
      why: 'not_reached',
    });
    const { asked, send } = resolving('8.8.8.8');
    for (const url of ['https://127.0.0.1/', 'https://[::1]/', 'http://example.com/'])
      expect(await send(webhook(url))).toEqual(refused);
    expect(asked).toEqual([]);
  });

  it('is what the certificate is checked for, and the address is where the connection goes', async () => {
    const { port } = await receiver((response) => response.end());
    // No TLS there: the connection is made, and nothing is sent in the clear.
    const verdict = await webhookSender([named], here)(webhook(`https://${named}:${port}/`));
    expect(verdict).toEqual({ is: 'failed', why: 'not_reached' });
  });
});
