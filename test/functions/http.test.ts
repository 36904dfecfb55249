/** What all HTTP functions share: which way a request goes, and what is said where there is none. */

import type { Context } from 'aws-lambda';
import { describe, expect, it } from 'vitest';
import { type HttpEvent, type HttpResult, httpHandler, json, type Route } from '../../adapters/lambda/http.ts';

const route = (method: Route['method'], path: string): Route => ({
  method,
  path,
  handler: async () => json(200, { route: `${method} ${path}` }),
});

const handler = httpHandler([
  route('GET', '/v1/things'),
  route('POST', '/v1/things'),
  route('GET', '/v1/things/{id}'),
  route('PUT', '/v1/things/{id}'),
  route('POST', '/v1/things/all'),
  route('GET', '/v1/openapi.json'),
  route('GET', '/v1/agents/{proxy+}'),
  route('GET', '/v1/mesh/agents'),
  route('PUT', '/v1/mesh/agents/{proxy+}'),
  route('ANY', '/pages/{id}'),
]);

async function ask(method: string, path: string): Promise<HttpResult> {
  const http = { method, path, protocol: 'HTTP/1.1', sourceIp: '192.0.2.1', userAgent: '' };
  const event = { version: '2.0', routeKey: '$default', rawPath: path, headers: {}, requestContext: { http } };
  return handler(event as unknown as HttpEvent, { getRemainingTimeInMillis: () => 1000 } as Context);
}

describe('a path', () => {
  it.each([
    ['GET', '/v1/things/'],
    ['PUT', '/v1//things/1/'],
    ['GET', '/v1/agents/a/b/'],
    ['GET', '/v1/agents/'],
    ['GET', '/v1/mesh/agents/'],
    ['PUT', '/v1/mesh/agents/a/b'],
  ])('%s %s is found whatever its slashes', async (method, path) => {
    expect((await ask(method, path)).statusCode).toBe(200);
  });

  it.each([
    ['DELETE', '/v1/things', 'GET, POST'],
    ['HEAD', '/v1/things/', 'GET, POST'],
    ['TRACE', '/v1/things/1', 'GET, PUT'],
    ['DELETE', '/v1/things/all', 'POST'],
    ['POST', '/v1/openapi.json', 'GET'],
    ['PUT', '/v1/mesh/agents/', 'GET'],
  ])('%s %s: it has other methods', async (method, path, allow) => {
    const answer = await ask(method, path);
    expect([answer.statusCode, answer.headers?.allow]).toEqual([405, allow]);
    expect(JSON.parse(answer.body ?? '')).toMatchObject({ code: 'method_not_allowed', error: { details: { allow } } });
  });

  it.each([
    ['GET', '/v1/thing'],
    ['GET', '/v1/openapixjson'],
    ['GET', '/v1/things/1/2'],
    // What follows an address is its function's to know, and a page takes whatever is a method.
    ['PATCH', '/v1/agents/a'],
    ['TRACE', '/pages/1'],
  ])('%s %s is not there', async (method, path) => {
    const answer = await ask(method, path);
    expect([answer.statusCode, answer.headers?.allow]).toEqual([404, undefined]);
  });
});
