/** The one local address: API and approval pages (passed on to the emulated HTTP API), and the mailbox. */
import { Agent, createServer, request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Mailbox } from './mailbox.ts';
import { listPage, mailPage, missingPage, pageHeaders } from './mailbox-pages.ts';
import { Advice } from './python.ts';

export type Gateway = {
  url: string;
  port: number;
  /** From now on requests go to this HTTP API; before, they are answered with 503. */
  serve(to: { emulatorUrl: string; apiId: string; mailbox: Mailbox }): void;
  close(): Promise<void>;
};

/**
 * Listens on 127.0.0.1. Port 0 takes a free one.
 * @throws Advice if the port is taken
 */
export async function startGateway(options: { port: number }): Promise<Gateway> {
  let behind: { emulatorUrl: string; apiId: string; mailbox: Mailbox } | undefined;
  // Connections that idle longer may just be closed by the emulator, which does it after 75 s.
  const agent = new Agent({ keepAlive: true, timeout: 30_000 });

  const server = createServer((incoming, response) => {
    const path = (incoming.url ?? '/').split('?')[0] ?? '/';
    if (!behind) answer(response, 503, { 'content-type': 'text/plain' }, 'Holdpoint is still starting.\n');
    else if (path === '/') answer(response, 302, { location: '/mailbox' }, '');
    else if (/^\/mailbox(?:\/|\.json|$)/.test(path)) {
      showMailbox(behind.mailbox, path, response).catch(() => response.destroy());
    } else passOn(incoming, response, new URL(behind.emulatorUrl), behind.apiId, agent);
  });
  await new Promise<void>((resolve, reject) => {
    server.on('error', (error: NodeJS.ErrnoException) => {
      const taken = error.code === 'EADDRINUSE' || error.code === 'EACCES';
      reject(taken ? new Advice(portAdvice(options.port)) : error);
    });
    server.listen(options.port, '127.0.0.1', resolve);
  });
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : options.port;
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    serve(to) {
      behind = to;
    },
    close() {
      agent.destroy();
      return new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
    },
  };
}

function portAdvice(port: number): string {
  return `Port ${port} is taken, or not yours to use: stop the program that listens there (perhaps another \`npm start\`), or choose another port with \`npm start -- --port ${port + 1}\`.`;
}

async function showMailbox(mailbox: Mailbox, path: string, response: ServerResponse): Promise<void> {
  // A restarting emulator is no reason to hide the mails that are on disk.
  const mails = await mailbox.refresh().catch(() => mailbox.mails);
  if (path === '/mailbox.json') {
    answer(response, 200, { 'content-type': 'application/json' }, JSON.stringify({ mails: mails.toReversed() }));
    return;
  }
  const id = path.split('/')[2];
  if (!id) return answer(response, 200, pageHeaders, listPage(mails));
  const mail = mails.find((each) => each.id === id);
  answer(response, mail ? 200 : 404, pageHeaders, mail ? mailPage(mail) : missingPage());
}

/** Passes a request to the emulator's data plane of the HTTP API, as it came. */
function passOn(incoming: IncomingMessage, response: ServerResponse, emulator: URL, apiId: string, agent: Agent): void {
  const outgoing = httpRequest({
    host: emulator.hostname,
    port: emulator.port,
    method: incoming.method,
    path: `/_aws/execute-api/${apiId}/$default${incoming.url}`,
    // As API Gateway does; the emulator finds the API by path, so its own address is the host.
    headers: {
      ...incoming.headers,
      host: emulator.host,
      'x-forwarded-host': incoming.headers.host,
      'x-forwarded-for': incoming.socket.remoteAddress,
      'x-forwarded-proto': 'http',
    },
    agent,
  });
  outgoing.on('response', (answered) => {
    response.writeHead(answered.statusCode ?? 502, answered.rawHeaders);
    answered.pipe(response);
    answered.on('error', () => response.destroy());
  });
  outgoing.on('error', () => {
    if (response.headersSent) response.destroy();
    else answer(response, 503, { 'content-type': 'application/json' }, '{"message":"Service Unavailable"}');
  });
  response.on('close', () => response.writableFinished || outgoing.destroy());
  incoming.pipe(outgoing);
}

function answer(response: ServerResponse, status: number, headers: Record<string, string>, body: string): void {
  response.writeHead(status, headers);
  response.end(body);
}
