/** The sandbox provider as an HTTP server: log, faults, API and admin endpoints. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { answerAdmin } from './admin.ts';
import { type ApiRequest, execute, recall, refuseCaller, remember } from './api.ts';
import { failure, rateLimited, serverError } from './errors.ts';
import { stripeId } from './ids.ts';
import type { Store } from './store.ts';
import type { Answer, Fault, LoggedRequest, State } from './types.ts';

/** The one secret key that the sandbox accepts. It opens nothing but the sandbox. */
export const sandboxSecretKey = 'sk_test_holdpoint_sandbox';

/** Makes the server of a store; the caller lets it listen. */
export function createProvider(store: Store): Server {
  return createServer((request, response) => {
    readBody(request).then(
      (body) => handle(store, request, response, body),
      () => response.destroy(),
    );
  });
}

function handle(store: Store, incoming: IncomingMessage, response: ServerResponse, body: string): void {
  const method = incoming.method ?? 'GET';
  const url = new URL(incoming.url ?? '/', 'http://sandbox');
  if (url.pathname.startsWith('/_sandbox/')) {
    send(response, answerAdmin(store, method, url.pathname, parseJson(body)));
    return;
  }
  const key = incoming.headers['idempotency-key'];
  const request: ApiRequest = {
    method,
    path: url.pathname,
    query: url.search.slice(1),
    body,
    idempotencyKey: typeof key === 'string' ? key : null,
  };
  const entry = store.received({ method, path: incoming.url ?? '/', idempotencyKey: request.idempotencyKey, body });
  const refusal = refuseCaller(incoming.headers.authorization, sandboxSecretKey);
  if (refusal) {
    finish(store, response, entry, refusal, undefined, false);
    return;
  }
  const fault = takeFault(store.state, request);
  let answer: Answer | undefined;
  let replayed = false;
  if (fault?.do === 'rate_limit') {
    answer = rateLimited();
  } else if (fault?.do !== 'hang' && fault?.do !== 'drop_before_commit') {
    const recalled = recall(store.state, request);
    replayed = recalled?.replayed ?? false;
    answer = recalled?.answer ?? executeUnlessFailing(store.state, request, fault);
    remember(store.state, request, answer);
  }
  // The state is on disk before the answer leaves: what was told to the caller is never lost.
  if (fault || method !== 'GET') store.save();
  finish(store, response, entry, answer, fault, replayed);
}

function executeUnlessFailing(state: State, request: ApiRequest, fault: Fault | undefined): Answer {
  if (fault?.do === 'refuse') return failure(400, 'The sandbox was told to refuse this.', {});
  if (fault?.do === 'fail500') return serverError(fault.statusSaved);
  const answer = execute(state, request);
  return fault?.do === 'fail500_after_commit' ? serverError(fault.statusSaved) : answer;
}

/** Sends the answer, or does to the connection what the fault says. */
function finish(
  store: Store,
  response: ServerResponse,
  entry: LoggedRequest,
  answer: Answer | undefined,
  fault: Fault | undefined,
  replayed: boolean,
): void {
  const kind = fault?.do ?? null;
  const unanswered = kind?.startsWith('hang') || kind?.startsWith('drop');
  store.answered(entry, { status: unanswered ? null : (answer?.status ?? null), fault: kind, replayed });
  if (kind?.startsWith('drop')) response.destroy();
  else if (!unanswered && answer) send(response, answer, entry, replayed);
}

/** The first fault in the queue that matches, counted down. */
function takeFault(state: State, request: ApiRequest): Fault | undefined {
  const index = state.faults.findIndex(
    ({ match }) =>
      (match.method ?? request.method) === request.method &&
      request.path.startsWith(match.pathPrefix ?? '/') &&
      `${request.query}&${request.body}`.includes(match.parametersInclude ?? ''),
  );
  const fault = state.faults[index];
  if (!fault) return undefined;
  fault.times -= 1;
  if (fault.times <= 0) state.faults.splice(index, 1);
  return fault;
}

function send(response: ServerResponse, answer: Answer, entry?: LoggedRequest, replayed = false): void {
  response.statusCode = answer.status;
  response.setHeader('content-type', 'application/json');
  if (entry) {
    response.setHeader('request-id', stripeId('req'));
    if (entry.idempotencyKey !== null) response.setHeader('idempotency-key', entry.idempotencyKey);
    if (replayed) response.setHeader('idempotent-replayed', 'true');
  }
  response.end(`${JSON.stringify(answer.body, null, 2)}\n`);
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
