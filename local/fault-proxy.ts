/**
 * A proxy between functions and the local AWS, with which tests break single calls from outside.
 * What no fault matches passes through as it is: keep-alive, streamed bodies, any status.
 */
import { Agent, createServer, request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  answerError,
  describe,
  type FaultRule,
  isForm,
  type Judge,
  matches,
  type ProxiedCall,
  readAll,
} from './fault-rules.ts';
import type { Invocations } from './invocations.ts';
import { until } from './until.ts';

export type { FaultRule } from './fault-rules.ts';

export type InjectedFault = FaultRule & {
  /** How many calls it has hit. */
  hits: number;
  /** Resolves when it has hit `count` calls (1 if not given); rejects after `seconds` (30). */
  hit(count?: number, seconds?: number): Promise<void>;
  /** Lets held calls go on, and later ones pass. */
  release(): void;
  /** No further hits. */
  remove(): void;
};

export type FaultProxy = {
  url: string;
  inject(rule: FaultRule): InjectedFault;
  /** Lets `judge` decide about what no rule hits; nobody if not given. */
  judgedBy(judge?: Judge): void;
  /** All that were injected and not removed, spent ones too. */
  faults: InjectedFault[];
  log: ProxiedCall[];
  close(): Promise<void>;
};

// Shorter than the 75 s after which the emulator closes an idle connection: one that was just closed is never taken.
const idleMilliseconds = 30_000;

/**
 * Starts a proxy to `target` (`http://127.0.0.1:4566`) on a free port. `invocations` tell whom a fault `kill` kills. With
 * `keepBodies` its log has every call's body.
 */
export async function startFaultProxy(options: {
  target: string;
  invocations?: Invocations;
  keepBodies?: boolean;
}): Promise<FaultProxy> {
  const target = new URL(options.target);
  const agent = new Agent({ keepAlive: true, timeout: idleMilliseconds });
  const faults: InjectedFault[] = [];
  const log: ProxiedCall[] = [];

  const server = createServer(async (incoming, response) => {
    const call = describe(incoming);
    log.push(call);
    response.on('finish', () => {
      call.status = response.statusCode;
      call.to = performance.now();
    });
    let body: Buffer | undefined;
    // The query protocol names its action in the body; everything else can be streamed.
    if (isForm(incoming) || judge || options.keepBodies || faults.some(({ match }) => match.body)) {
      body = await readAll(incoming);
      if (options.keepBodies) call.body = body.toString();
      if (isForm(incoming)) call.action ??= new URLSearchParams(body.toString()).get('Action');
    }
    const fault = faults.find((each) => each.hits < (each.times ?? 1) && matches(each.match, call, body));
    if (fault) fault.hits += 1;
    call.fault = fault ? fault.do : (judge?.(call, body?.toString() ?? '') ?? null);
    if (call.fault === null) forward(incoming, body, response);
    else if (call.fault === 'drop') incoming.socket.destroy();
    else if (call.fault === 'lose_answer') forward(incoming, body, response, () => incoming.socket.destroy());
    else if (call.fault === 'hang_after') forward(incoming, body, response, () => undefined);
    else if (call.fault === 'kill') forward(incoming, body, response, () => options.invocations?.kill(call.invocation));
    else if (call.fault === 'hold') heldBy(fault)?.then(() => forward(incoming, body, response));
    else if (call.fault !== 'hang') answerError(incoming, response, call.fault);
  });
  let judge: Judge | undefined;
  const heldBy = (fault: InjectedFault | undefined) => fault && releases.get(fault)?.promise;
  const releases = new WeakMap<InjectedFault, PromiseWithResolvers<void>>();

  /** With `then`, the answer goes nowhere. */
  function forward(incoming: IncomingMessage, body: Buffer | undefined, response: ServerResponse, then?: () => void) {
    const outgoing = httpRequest({
      host: target.hostname,
      port: target.port,
      method: incoming.method,
      path: incoming.url,
      headers: incoming.rawHeaders,
      agent,
    });
    outgoing.on('error', () => incoming.socket.destroy());
    outgoing.on('response', (answer) => {
      if (then) {
        // The answer is taken in whole, so that the call has certainly happened.
        answer.resume().on('end', then);
        return;
      }
      response.writeHead(answer.statusCode ?? 502, answer.statusMessage, answer.rawHeaders);
      answer.pipe(response);
      answer.on('error', () => response.destroy());
    });
    if (!then) response.on('close', () => response.writableFinished || outgoing.destroy());
    if (body) outgoing.end(body);
    else incoming.pipe(outgoing);
  }

  server.keepAliveTimeout = idleMilliseconds * 2;
  await new Promise<void>((resolve, reject) => {
    server.on('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });

  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    faults,
    log,
    judgedBy(given) {
      judge = given;
    },
    inject(rule) {
      const fault: InjectedFault = {
        ...rule,
        hits: 0,
        hit: async (count = 1, seconds = 30) => {
          await until(`the fault hits ${count} call(s)`, seconds, () => fault.hits >= count);
        },
        release() {
          fault.remove();
          releases.get(fault)?.resolve();
        },
        remove() {
          const index = faults.indexOf(fault);
          if (index >= 0) faults.splice(index, 1);
        },
      };
      releases.set(fault, Promise.withResolvers<void>());
      faults.push(fault);
      return fault;
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
