/** One call of the API: its headers, its time, its repetitions, its errors. */

import { ConnectionError, type ErrorBody, refused, TimeoutError } from './errors.ts';
import { realTime, retrying, type Time } from './retry.ts';
import { newTraceparent, traceIdOf } from './trace.ts';

/** What every call can be told. */
export interface CallOptions {
  /** Ends the call: it rejects with the signal's reason. */
  signal?: AbortSignal | undefined;
  /** W3C trace context that the call goes on with; by default each call begins a trace. */
  traceparent?: string | undefined;
}

/** Of a call that changes something. */
export interface ChangeOptions extends CallOptions {
  /** By default each call has a key of its own: its repetitions happen once. Choose one to make a call again later, from another process. */
  idempotencyKey?: string | undefined;
}

/** Of what an agent says of something that it has claimed. */
export interface AnswerOptions extends ChangeOptions {
  /** Of the claim. */
  fencingToken?: number | undefined;
}

type QueryValue = string | number | boolean | readonly string[] | undefined;

export interface Call extends AnswerOptions {
  method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** Below the base URL, e.g. `/v1/intents`. */
  path: string;
  query?: Readonly<Record<string, QueryValue>> | undefined;
  body?: unknown;
  /** Made once: what it does would be done again by a repetition. */
  once?: boolean | undefined;
  /** How long one attempt may take, milliseconds. */
  timeoutMs?: number | undefined;
}

export interface TransportOptions {
  /** Of the deployment, e.g. its output `ApiUrl`. */
  baseUrl: string;
  /** Of an agent; may be left out where there is a session. */
  apiKey?: string | undefined;
  /** A person's session: what is done is done as them. */
  session?: string | undefined;
  /** In place of the global one. */
  fetch?: typeof fetch | undefined;
  /** Attempts after the first one. */
  retries?: number | undefined;
  /** How long one attempt may take, milliseconds. */
  timeoutMs?: number | undefined;
  /** For tests. */
  time?: Time | undefined;
}

/** Two more than AXP's clients make: a function that starts while others are throttled takes seconds. */
const defaultRetries = 4;
/** The gateway itself ends what takes 30 seconds. */
const defaultTimeoutMs = 30_000;

/** A response whose body is read piece by piece, and by when it must have ended. */
export interface Opened {
  response: Response;
  signal: AbortSignal;
  close(): void;
}

export class Transport {
  readonly time: Time;
  readonly #base: string;
  readonly #headers: Record<string, string>;
  readonly #fetch: typeof fetch;
  readonly #retries: number;
  readonly #timeoutMs: number;

  /** Throws TypeError for a base URL or key that can't be one. */
  constructor({ baseUrl, apiKey, session, retries, timeoutMs, time, ...given }: TransportOptions) {
    const { protocol } = new URL(baseUrl);
    if (protocol !== 'https:' && protocol !== 'http:')
      throw new TypeError('baseUrl is the http address of a deployment.');
    if (!apiKey && !session) throw new TypeError('apiKey is missing.');
    this.#base = baseUrl.replace(/\/+$/, '');
    this.#headers = {
      ...(apiKey ? { 'x-api-key': apiKey } : {}),
      ...(session ? { authorization: `Bearer ${session}` } : {}),
    };
    // Browsers let nobody but themselves be `this` of it.
    this.#fetch = given.fetch ?? ((...args) => fetch(...args));
    this.#retries = retries ?? defaultRetries;
    this.#timeoutMs = timeoutMs ?? defaultTimeoutMs;
    this.time = time ?? realTime;
  }

  /** The answer's JSON. Throws ApiError, ConnectionError, TimeoutError, or the signal's reason. */
  async call<T>(call: Call): Promise<T> {
    const made = { ...call, headers: this.#headersOf(call) };
    const run = async () => {
      const { response, close } = await this.#attempt(made);
      try {
        return (await response.json()) as T;
      } catch (error) {
        call.signal?.throwIfAborted();
        throw new ConnectionError('The answer could not be read.', { cause: error });
      } finally {
        close();
      }
    };
    return retrying(run, { retries: call.once ? 0 : this.#retries, signal: call.signal, time: this.time });
  }

  /** A response that is read as it comes, tried once. Throws as `call` does. */
  open(call: Call): Promise<Opened> {
    return this.#attempt({ ...call, headers: this.#headersOf(call) });
  }

  #headersOf(call: Call): Record<string, string> {
    const trace = traceIdOf(call.traceparent);
    const traceparent = trace && call.traceparent ? call.traceparent : newTraceparent();
    return {
      ...this.#headers,
      traceparent,
      'x-trace-id': traceIdOf(traceparent) ?? '',
      ...(call.body === undefined ? {} : { 'content-type': 'application/json' }),
      ...(call.method === 'GET' ? {} : { 'idempotency-key': call.idempotencyKey ?? crypto.randomUUID() }),
      ...(call.fencingToken === undefined ? {} : { 'x-fencing-token': String(call.fencingToken) }),
    };
  }

  async #attempt(call: Call & { headers: Record<string, string> }): Promise<Opened> {
    call.signal?.throwIfAborted();
    const { signal, close } = timeLimit(call.timeoutMs ?? this.#timeoutMs, call.signal);
    try {
      const response = await this.#fetch(`${this.#base}${call.path}${queryOf(call.query)}`, {
        method: call.method,
        headers: call.headers,
        redirect: 'error',
        signal,
        ...(call.body === undefined ? {} : { body: JSON.stringify(call.body) }),
      });
      if (response.status !== 200) throw await errorOf(response);
      return { response, signal, close };
    } catch (error) {
      close();
      call.signal?.throwIfAborted();
      if (signal.aborted) throw new TimeoutError('No answer came in time.', { cause: error });
      if (error instanceof TypeError)
        throw new ConnectionError('The deployment could not be reached.', { cause: error });
      throw error;
    }
  }
}

/** Aborted with another signal, or when the time is over. */
function timeLimit(ms: number, other: AbortSignal | undefined): { signal: AbortSignal; close: () => void } {
  const limit = new AbortController();
  const stop = () => limit.abort(other?.reason);
  const timer = setTimeout(() => limit.abort(), ms);
  other?.addEventListener('abort', stop, { once: true });
  return {
    signal: limit.signal,
    close() {
      clearTimeout(timer);
      other?.removeEventListener('abort', stop);
    },
  };
}

function queryOf(query: Call['query'] = {}): string {
  const pairs = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) if (value !== undefined) pairs.set(name, String(value));
  return pairs.size === 0 ? '' : `?${pairs}`;
}

async function errorOf(response: Response): Promise<Error> {
  const { status, headers } = response;
  const text = await response.text().catch(() => '');
  const seconds = Number(headers.get('retry-after') ?? Number.NaN);
  return refused({
    status,
    body: bodyIn(text) ?? unknownBody(status),
    requestId: headers.get('x-request-id') ?? undefined,
    traceId: headers.get('x-trace-id') ?? undefined,
    retryAfterSeconds: Number.isFinite(seconds) && seconds >= 0 ? seconds : undefined,
  });
}

function bodyIn(text: string): ErrorBody | undefined {
  try {
    const { error } = JSON.parse(text) as { error?: Partial<ErrorBody> };
    if (typeof error?.code !== 'string' || typeof error.message !== 'string') return undefined;
    return { ...(error as ErrorBody), details: error.details ?? {} };
  } catch {
    return undefined;
  }
}

/** What a gateway or a proxy answers in its own words. */
const unknownBody = (status: number): ErrorBody => ({
  code: `http_${status}`,
  message: `The deployment answered with status ${status}.`,
  category: status >= 500 ? 'transport' : 'validation',
  retryable: status === 429 || status >= 500,
  at: new Date().toISOString(),
  details: {},
});
