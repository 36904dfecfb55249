/** HTTP in and out of the SDK: one request, one answer, nothing kept between two. Both of MCP's current revisions come here. */

import {
  createMcpHandler,
  isLegacyRequest,
  type Server,
  WebStandardStreamableHTTPServerTransport,
} from '@modelcontextprotocol/server';
import { bodyOf, type HttpEvent, type HttpResult, json } from '../../adapters/lambda/http.ts';
import { InvalidInput } from '../../core/errors.ts';
import { readJson } from '../../wire/json.ts';

/** JSON-RPC's own codes. */
const parseError = -32700;
const invalidRequest = -32600;
const methodNotFound = -32601;

const rpcError = (status: number, code: number, message: string, id: unknown = null): HttpResult =>
  json(status, { jsonrpc: '2.0', id, error: { code, message } });

interface Message {
  id?: unknown;
  method?: unknown;
  params?: Record<string, unknown>;
}

/** What older clients leave out of their first request. */
const unsaid = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'unnamed', version: '0' } };

const completed = (message: Message): Message =>
  message.method === 'initialize' ? { ...message, params: { ...unsaid, ...message.params } } : message;

/** Headers that MCP gives a meaning; no key goes further than here. Answers are never streamed, whatever is accepted. */
function headersOf({ headers }: HttpEvent): Headers {
  const ours = Object.entries(headers).filter(([name, value]) => /^mcp-/i.test(name) && value !== undefined);
  return new Headers([
    ...(ours as [string, string][]),
    ['content-type', 'application/json'],
    ['accept', 'application/json, text/event-stream'],
  ]);
}

async function resultOf(response: Response): Promise<HttpResult> {
  const body = await response.text();
  const type = response.headers.get('content-type');
  return { statusCode: response.status, headers: type ? { 'content-type': type } : {}, body };
}

/** Answers one message. Throws InvalidInput `payload_too_large`. */
export async function serveRpc(event: HttpEvent, serverFor: (era: 'modern' | 'legacy') => Server): Promise<HttpResult> {
  if (event.requestContext.http.method !== 'POST') {
    const answer = rpcError(405, invalidRequest, 'Nothing is kept between two requests: there is only POST.');
    return { ...answer, headers: { ...answer.headers, allow: 'POST' } };
  }
  const text = bodyOf(event);
  let given: unknown;
  try {
    given = readJson(text);
  } catch (error) {
    if (!(error instanceof InvalidInput)) throw error;
    return rpcError(400, parseError, error.message);
  }
  if (typeof given !== 'object' || given === null || Array.isArray(given))
    return rpcError(400, invalidRequest, 'Send one JSON-RPC message.');
  const message = completed(given as Message);
  // Held open for nothing: this server's lists change with a deployment, and tasks are polled.
  if (message.method === 'subscriptions/listen')
    return rpcError(404, methodNotFound, 'There is nothing to subscribe to.', message.id);

  const body = JSON.stringify(message);
  const request = new Request('https://holdpoint/mcp', { method: 'POST', headers: headersOf(event), body });
  if (!(await isLegacyRequest(request, message))) {
    const modern = createMcpHandler(({ era }) => serverFor(era), { legacy: 'reject' });
    return resultOf(await modern.fetch(request, { parsedBody: message }));
  }
  const server = serverFor('legacy');
  const transport = new WebStandardStreamableHTTPServerTransport({ enableJsonResponse: true });
  await server.connect(transport);
  try {
    return await resultOf(await transport.handleRequest(request, { parsedBody: message }));
  } finally {
    await server.close();
  }
}
