/** What all HTTP functions share: trace id, one log line a request, body limits, errors in one form. */

import type { MiddlewareObj } from '@middy/core';
import httpHeaderNormalizer from '@middy/http-header-normalizer';
import httpRouter from '@middy/http-router';
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { v7 as uuidv7 } from 'uuid';
import type * as z from 'zod';
import { InvalidInput, MethodNotAllowed, NotFound } from '../../core/errors.ts';
import { rateWindowSeconds } from '../../core/rate.ts';
import { errorAnswer, invalidBody } from '../../wire/errors.ts';
import { maxBodyBytes, readJson } from '../../wire/json.ts';
import { givenIn } from '../../wire/query.ts';
import { isTraceId } from '../../wire/trace-id.ts';
import type { Standing } from '../rates.ts';
import { log } from './log.ts';
import { timely } from './timely.ts';

export type HttpEvent = APIGatewayProxyEventV2;
export type HttpResult = APIGatewayProxyStructuredResultV2;

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'ANY';
export interface Route {
  method: Method;
  path: string;
  handler: (event: HttpEvent) => Promise<HttpResult>;
}

export const headerOf = (event: HttpEvent, name: string): string | undefined => event.headers?.[name];

/** The key as x-api-key, or else as a bearer token. */
export const keyOf = (event: HttpEvent): string | undefined =>
  headerOf(event, 'x-api-key') ?? /^Bearer (.+)$/i.exec(headerOf(event, 'authorization') ?? '')?.[1];

export const traceIdOf = (event: HttpEvent): string => {
  const given = headerOf(event, 'x-trace-id');
  return isTraceId(given) ? given : event.requestContext.requestId;
};

/** Refuses bytes that are no UTF-8, rather than reading something else than what was sent. */
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** The raw body as text. Throws InvalidInput, `payload_too_large` over the limit. */
export function bodyOf(event: HttpEvent, limit = maxBodyBytes): string {
  const body = event.body ?? '';
  const bytes = event.isBase64Encoded ? Buffer.from(body, 'base64') : Buffer.from(body, 'utf8');
  if (bytes.length > limit)
    throw new InvalidInput(`A body has at most ${limit} bytes.`, { limit_bytes: limit }, 'payload_too_large');
  try {
    return utf8.decode(bytes);
  } catch {
    throw new InvalidInput('The body is not UTF-8.', { field: '(body)' });
  }
}

/** The body as JSON; an empty one is `{}`. Throws InvalidInput. */
export function jsonOf(event: HttpEvent, limit = maxBodyBytes): unknown {
  const text = bodyOf(event, limit);
  return text.trim() === '' ? {} : readJson(text);
}

/** The body as a schema has it. Throws InvalidInput with the field's path. */
export function bodyAs<S extends z.ZodType>(schema: S, event: HttpEvent): z.infer<S> {
  const parsed = schema.safeParse(jsonOf(event));
  if (!parsed.success) throw invalidBody(parsed.error);
  return parsed.data;
}

/** As it was sent: the gateway's own reading makes one value of several. */
export const queryOf = (event: HttpEvent): URLSearchParams => new URLSearchParams(event.rawQueryString ?? '');

/** The query as a schema has it. Throws ZodError, also for what comes twice where one is asked for. */
export const queryAs = <S extends z.ZodType>(schema: S, event: HttpEvent): z.infer<S> =>
  schema.parse(givenIn(queryOf(event)));

export const json = (statusCode: number, body: unknown): HttpResult => ({
  statusCode,
  headers: { 'content-type': 'application/json; charset=utf-8' },
  body: JSON.stringify(body),
});

/** What every answer says: pages and what the API tells are nobody else's to keep, and are what they say they are. */
const always = {
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
  'strict-transport-security': 'max-age=31536000',
};

/** Maps whatever was thrown to status and body; logs what is our own fault, without paths. */
export type OnError = (event: HttpEvent, thrown: unknown) => HttpResult;

/** As a client of the API reads it. */
export const jsonError: OnError = (event, thrown) => {
  const problem = (headerOf(event, 'accept') ?? '').includes('application/problem+json');
  const { status, body, headers } = errorAnswer(thrown, new Date().toISOString(), problem);
  const answer = json(status, body);
  return { ...answer, headers: { ...answer.headers, ...headers } };
};

/** How the caller's key stands, by request. */
export const standsAt = new WeakMap<HttpEvent, Standing>();

/** The route that a request came to. */
const endpoints = new WeakMap<HttpEvent, string>();

/** The route that was asked for, whatever its path names: a key's requests are counted by it. */
export const endpointOf = (event: HttpEvent): string => endpoints.get(event) ?? event.routeKey;

/** The router takes a path that ends before an address for the address's route too; where it has routes of its own, it is theirs. */
function noted({ method, path, handler }: Route, _nth: number, routes: readonly Route[]): Route {
  const above = path.replace(/\/\{\w+\+\}$/, '');
  const own = above === path ? [] : routes.filter((one) => one.path === above);
  return {
    method,
    path,
    handler: async (event) => {
      if (own.length > 0 && event.rawPath === above) throw new MethodNotAllowed(own.map((one) => one.method));
      endpoints.set(event, `${method} ${path}`);
      return handler(event);
    },
  };
}

/** As draft-ietf-httpapi-ratelimit-headers has them. */
function rateHeaders(event: HttpEvent): Record<string, string> {
  const standing = standsAt.get(event);
  if (!standing) return {};
  return {
    ratelimit: `"key";r=${standing.remaining};t=${standing.resetSeconds}`,
    'ratelimit-policy': `"key";q=${standing.limit};w=${rateWindowSeconds}`,
  };
}

function shared(onError: OnError): MiddlewareObj<HttpEvent, HttpResult> {
  const finish = (event: HttpEvent, response: HttpResult): HttpResult => {
    const traceId = traceIdOf(event);
    log.info('request', {
      method: event.requestContext.http.method,
      routeKey: event.routeKey,
      status: response.statusCode,
    });
    return {
      ...response,
      headers: {
        ...always,
        ...response.headers,
        ...rateHeaders(event),
        'x-trace-id': traceId,
        'x-request-id': event.requestContext.requestId,
      },
    };
  };
  return {
    before: ({ event }) => {
      event.requestContext.requestId ||= uuidv7();
      log.resetKeys();
      log.appendKeys({ correlationId: traceIdOf(event) });
    },
    after: (request) => {
      if (request.response) request.response = finish(request.event, request.response);
    },
    onError: (request) => {
      const response = onError(request.event, request.error);
      if ((response.statusCode ?? 500) >= 500)
        log.error('request failed', {
          errorName: request.error?.name,
          errorMessage: request.error?.message,
          stack: request.error?.stack,
        });
      request.response = finish(request.event, response);
    },
  };
}

/** Doubled and trailing slashes mean nothing; `rawPath` is decoded already. The router reads the path from the context. */
const plainPath: MiddlewareObj<HttpEvent, HttpResult> = {
  before: ({ event }) => {
    event.rawPath = event.rawPath.replace(/\/{2,}/g, '/').replace(/(.)\/$/, '$1');
    event.requestContext.http.path = event.rawPath;
  },
};

/** Says of a path that no route takes whether another method would be taken. */
function nothingAt(routes: readonly Route[]): (asked: { path: string }) => never {
  // What follows an address, no route tells; what takes any method takes all that there are.
  const shapes = routes
    .filter(({ method, path }) => method !== 'ANY' && !path.includes('+'))
    .map(({ method, path }) => ({ method, path, shape: shapeOf(path) }));
  return ({ path }) => {
    const fitting = shapes.filter(({ shape }) => shape.test(path));
    if (fitting.length === 0) throw new NotFound('route');
    // A name goes before a parameter in its place.
    const named = fitting.filter((one) => one.path === path);
    throw new MethodNotAllowed((named.length > 0 ? named : fitting).map(({ method }) => method));
  };
}

const shapeOf = (path: string): RegExp => new RegExp(`^${path.replaceAll('.', '\\.').replace(/\{\w+\}/g, '[^/]+')}$`);

/** One function's handler, with the routes it has. Paths may come with a trailing or doubled slash; nothing is ever redirected. */
export function httpHandler(routes: Route[], onError: OnError = jsonError) {
  const handler = timely<HttpEvent, HttpResult>()
    .use(shared(onError))
    .use(httpHeaderNormalizer() as MiddlewareObj<HttpEvent, HttpResult>)
    .use(plainPath)
    .handler(httpRouter({ routes: routes.map(noted) as never, notFoundResponse: nothingAt(routes) as never }) as never);
  return Object.assign(handler, { routes });
}
