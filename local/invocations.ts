/** Which functions run on the local AWS, in which process and for which event, as its launcher tells. For tests that watch and kill. */
import { EventEmitter } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { readAll } from './fault-rules.ts';

export type Invocation = {
  /** The request id; every call that the invocation makes carries it. */
  id: string;
  /** Physical name. */
  function: string;
  /** The function's process: it works on this invocation alone. */
  pid: number;
  event: unknown;
  ended: boolean;
  /** The message of what it threw or died of. */
  error: string | null;
  /** What it gave back. */
  result: unknown;
};

export type Invocations = {
  url: string;
  find(id: string | null): Invocation | undefined;
  /** Kills the process of an invocation that has not ended. */
  kill(id: string | null): void;
  /** Oldest first. */
  log: Invocation[];
  /** `started` is emitted before the function is called, `ended` before its caller learns of it. */
  changes: EventEmitter<{ started: [Invocation]; ended: [Invocation] }>;
  close(): Promise<void>;
};

/** Listens for the launcher on a free port. */
export async function startInvocations(): Promise<Invocations> {
  const byId = new Map<string, Invocation>();
  const log: Invocation[] = [];
  const changes: Invocations['changes'] = new EventEmitter();
  const find = (id: string | null) => (id === null ? undefined : byId.get(id));
  const server = createServer(async (request, response) => {
    const told = JSON.parse((await readAll(request)).toString());
    const known = find(told.id);
    if (known) {
      Object.assign(known, { ended: true, error: told.error ?? null, result: told.result });
      changes.emit('ended', known);
    } else {
      const begun: Invocation = { ...told, ended: false, error: null, result: null };
      byId.set(begun.id, begun);
      log.push(begun);
      changes.emit('started', begun);
    }
    response.end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    find,
    kill(id) {
      const invocation = find(id);
      if (invocation && !invocation.ended) process.kill(invocation.pid, 'SIGKILL');
    },
    log,
    changes,
    close() {
      return new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
    },
  };
}
