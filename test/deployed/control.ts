/** Lets tests, which run in processes of their own, break calls of the stack's functions and restart its emulator. */

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { FaultRule, InjectedFault } from '../../local/fault-proxy.ts';
import type { LocalStack } from '../../local/stack.ts';
import { watching } from '../crash/watching.ts';

export async function startControl(stack: LocalStack, dir: string): Promise<{ url: string; close(): Promise<void> }> {
  const proxy = stack.faultProxy;
  if (!proxy) throw new Error('the stack of the tests needs its fault proxy');
  const watched = await watching(stack, dir);
  const faults: InjectedFault[] = [];

  const commands: Record<string, (body: never) => unknown> = {
    inject: ({ body, ...rule }: FaultRule & { body?: string }) => {
      const match = body === undefined ? rule.match : { ...rule.match, body: new RegExp(body) };
      return { id: faults.push(proxy.inject({ ...rule, match })) - 1 };
    },
    hits: ({ id }: { id: number }) => ({ hits: faults[id]?.hits ?? 0 }),
    release: ({ id }: { id: number }) => faults[id]?.release(),
    clear: () => {
      for (const fault of faults) fault.remove();
    },
    mails: async ({ after }: { after: number }) => (await stack.mailbox.refresh()).slice(after),
    restart: () => stack.restartEmulator(),
    log: () => proxy.log,
    // What the CLI says of a refusal is the answer.
    deploy: () =>
      stack.deployAgain().then(
        () => ({ refused: '' }),
        (error: Error) => ({ refused: error.message }),
      ),
    ...watched.commands,
  };

  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const command = commands[(request.url ?? '/').slice(1)];
    try {
      if (!command) throw new Error(`no command ${request.url}`);
      const answer = await command(JSON.parse(Buffer.concat(chunks).toString() || '{}') as never);
      response.setHeader('content-type', 'application/json').end(JSON.stringify(answer ?? {}));
    } catch (error) {
      response.writeHead(500).end(String(error));
    }
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: async () => {
      await watched.close();
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    },
  };
}
