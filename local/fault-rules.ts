/** Which calls a fault hits, what it does to them, and the errors of AWS that it answers. */
import type { IncomingMessage, ServerResponse } from 'node:http';

type FaultMatch = {
  /** `X-Amz-Target` (`AWSStepFunctions.StartExecution`) or its part after the dot, or the `Action` of the query protocol (`SendEmail`). */
  action?: string | RegExp;
  /** Name of the calling function, from `AWS_SDK_UA_APP_ID`. */
  app?: string;
  method?: string;
  /** Path with query; a string matches its beginning. */
  path?: string | RegExp;
  body?: RegExp;
};

export type FaultAction =
  /** The connection is closed, nothing reaches AWS. */
  | 'drop'
  /** The call happens, its answer is lost. */
  | 'lose_answer'
  /** Nothing reaches AWS, and no answer comes. */
  | 'hang'
  /** The call happens, and no answer comes. */
  | 'hang_after'
  /** The call waits for `release()`. */
  | 'hold'
  /** The call happens, and the process that made it is killed before it sees the answer. */
  | 'kill'
  /** Nothing reaches AWS; the answer is this error, in the protocol of the call. `status` is 400 if not given. */
  | { error: string; status?: number; message?: string };

/** Asked about each call that no rule hits. */
export type Judge = (call: ProxiedCall, body: string) => Exclude<FaultAction, 'hold'> | undefined;

export type FaultRule = {
  match: FaultMatch;
  do: FaultAction;
  /** How many calls it hits, 1 if not given. An AWS SDK client makes three attempts by itself, so a call that shall fail needs 3. */
  times?: number;
};

export type ProxiedCall = {
  at: string;
  method: string;
  path: string;
  action: string | null;
  app: string | null;
  /** When it came, and when its answer had left: milliseconds of this process's clock. */
  from: number;
  to?: number;
  /** null until answered, and for good if the answer never left. */
  status: number | null;
  /** Only where bodies are kept. */
  body?: string;
  fault: FaultAction | null;
  /** The invocation that makes it, where the launcher tells. */
  invocation: string | null;
  /** The same for all attempts of one call by an AWS SDK client. */
  sdkCall: string | null;
};

const headerOf = (incoming: IncomingMessage, name: string): string | null => incoming.headers[name]?.toString() ?? null;

/** What a request is, before its body is read. */
export function describe(incoming: IncomingMessage): ProxiedCall {
  const agent = `${incoming.headers['user-agent'] ?? ''} ${incoming.headers['x-amz-user-agent'] ?? ''}`;
  return {
    at: new Date().toISOString(),
    from: performance.now(),
    method: incoming.method ?? 'GET',
    path: incoming.url ?? '/',
    action: headerOf(incoming, 'x-amz-target'),
    // Powertools appends `-PT-…` to the app id of the function that it is used in.
    app: /(?:^|\s)app\/(\S+?)(?:-PT-\S*)?(?:\s|$)/.exec(agent)?.[1] ?? null,
    status: null,
    fault: null,
    invocation: headerOf(incoming, 'x-invocation-id'),
    sdkCall: headerOf(incoming, 'amz-sdk-invocation-id'),
  };
}

/** Whether a call is one of those that `match` means. */
export function matches(match: FaultMatch, call: ProxiedCall, body: Buffer | undefined): boolean {
  const { action, app, method, path } = match;
  if (app !== undefined && app !== call.app) return false;
  if (method !== undefined && method !== call.method) return false;
  if (typeof path === 'string' ? !call.path.startsWith(path) : path && !path.test(call.path)) return false;
  if (match.body && !match.body.test(body?.toString() ?? '')) return false;
  if (action === undefined) return true;
  if (call.action === null) return false;
  if (action instanceof RegExp) return action.test(call.action);
  return call.action === action || call.action.split('.').at(-1) === action;
}

export const isForm = (incoming: IncomingMessage) =>
  (incoming.headers['content-type'] ?? '').startsWith('application/x-www-form-urlencoded');

export async function readAll(incoming: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

/** AWS's error bodies: XML for the query protocol, JSON for the others. */
export function answerError(
  incoming: IncomingMessage,
  response: ServerResponse,
  fault: Exclude<FaultAction, string>,
): void {
  const { error, status = 400, message = 'made by the fault proxy' } = fault;
  incoming.resume();
  if (isForm(incoming)) {
    response.writeHead(status, { 'content-type': 'text/xml' });
    response.end(
      `<ErrorResponse><Error><Type>${status < 500 ? 'Sender' : 'Receiver'}</Type><Code>${error}</Code><Message>${message}</Message></Error><RequestId>fault</RequestId></ErrorResponse>`,
    );
    return;
  }
  response.writeHead(status, { 'content-type': 'application/x-amz-json-1.0', 'x-amzn-errortype': error });
  response.end(JSON.stringify({ __type: error, message }));
}
