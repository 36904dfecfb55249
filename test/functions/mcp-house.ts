/** The MCP door over a store in memory, for the official clients and for what is said by hand. */

import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { type MemoryStore, memoryStore } from '../../core/testing/memory-store.ts';
import type { Caller, Ports } from '../../functions/mcp/ports.ts';
import { serveRpc } from '../../functions/mcp/rpc.ts';
import { mcpServer } from '../../functions/mcp/server.ts';
import { agent, contextAt, idsInOrder, start, tenant } from '../core/builders.ts';

const revision = '2026-07-28';

// biome-ignore lint/suspicious/noExplicitAny: answers are whatever the protocol says; tests assert on them
type Answer = any;
export const tasksExtension = 'io.modelcontextprotocol/tasks';

export interface Said {
  as?: string;
  tenant?: string;
  idempotencyKey?: string;
}

export function mcpHouse(store: MemoryStore = memoryStore()) {
  const newId = idsInOrder();
  const faults: unknown[] = [];
  const ports: Ports = {
    store,
    context: () => contextAt(start, newId),
    list: async () => ({ intents: [], next_cursor: null }),
    wait: async () => 'over',
    baseUrl: 'https://holdpoint.example',
  };
  const callerOf = ({ as = agent, tenant: of = tenant, idempotencyKey }: Said): Caller => ({
    key: { keyId: 'k', tenant: of, agent: as, name: 'support', createdAt: start },
    token: `key of ${as}`,
    traceId: 'trace-00000001',
    idempotencyKey,
    failed: (thrown) => faults.push(thrown),
  });

  /** What the function does with one request. */
  async function handle(method: string, headers: Record<string, string>, body: string | undefined, said: Said) {
    const event = { headers, body, isBase64Encoded: false, requestContext: { http: { method } } };
    const {
      statusCode = 0,
      headers: given,
      body: text,
    } = await serveRpc(event as never, (era) => mcpServer(ports, callerOf(said), era));
    const answered = new Headers(Object.entries(given ?? {}).map(([name, value]) => [name, String(value)]));
    return new Response(text === '' ? null : text, { status: statusCode, headers: answered });
  }

  const fetchAs =
    (said: Said) =>
    async (url: string | URL, init: RequestInit = {}): Promise<Response> => {
      const request = new Request(url, init);
      const body = request.method === 'POST' ? await request.text() : undefined;
      return handle(request.method, Object.fromEntries(request.headers), body, said);
    };

  return {
    store,
    faults,
    ports,
    fetchAs,
    handle,
    /** A client that says no more than it must. */
    async rpc(method: string, params?: object, said: Said = {}) {
      const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method, ...(params ? { params } : {}) });
      const response = await handle('POST', {}, body, said);
      return { status: response.status, ...((await response.json()) as Answer) };
    },
    /** The same in the words of the stateless revision. */
    async modern(method: string, params: { name?: string; taskId?: string }, capabilities: object, named?: string) {
      const _meta = {
        'io.modelcontextprotocol/protocolVersion': revision,
        'io.modelcontextprotocol/clientCapabilities': capabilities,
      };
      const name = named ?? params.name ?? params.taskId;
      const headers = {
        'mcp-protocol-version': revision,
        'mcp-method': method,
        ...(name === undefined ? {} : { 'mcp-name': name }),
      };
      const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method, params: { ...params, _meta } });
      const response = await handle('POST', headers, body, {});
      return { status: response.status, ...((await response.json()) as Answer) };
    },
    /** The official client, of the newest revision. */
    async client(capabilities: object = {}, said: Said = {}) {
      const client = new Client(
        { name: 'test', version: '1' },
        { capabilities, versionNegotiation: { mode: { pin: revision } } },
      );
      const transport = new StreamableHTTPClientTransport(new URL('https://holdpoint.example/mcp'), {
        fetch: fetchAs(said),
      });
      await client.connect(transport as never);
      return client;
    },
  };
}
