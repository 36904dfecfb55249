import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type DynamoDBDocumentClient, GetCommand, PutCommand, TransactWriteCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { dynamo } from '../../adapters/dynamo.ts';
import type { Tables } from '../../adapters/rows.ts';
import { dynamoStore } from '../../adapters/store.ts';
import { memoryClient } from './memory-client.ts';

let server: Server;
/** What the table's endpoint does with the next calls: drops them, or answers this error. */
let error: { status: number; type: string } | undefined;

beforeAll(async () => {
  server = createServer((request, response) => {
    if (!error) return request.socket.destroy();
    response.writeHead(error.status, { 'content-type': 'application/x-amz-json-1.0' });
    response.end(JSON.stringify({ __type: error.type, message: 'as told' }));
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  vi.stubEnv('AWS_ENDPOINT_URL', `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  vi.stubEnv('AWS_REGION', 'us-east-1');
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'test');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'test');
});
afterAll(() => {
  vi.unstubAllEnvs();
  server.close();
});

const read = () => dynamo().send(new GetCommand({ TableName: 't', Key: { pk: 'a', sk: 'b' } }));

it.each([
  ['a lost connection', undefined],
  ['throttling', { status: 400, type: 'ThrottlingException' }],
  ['no capacity left', { status: 400, type: 'ProvisionedThroughputExceededException' }],
  ['a fault of the service', { status: 500, type: 'InternalServerError' }],
  // The SDK's own attempts pause in between, longer where it is throttled.
])('%s is worth another try, for a read too', { timeout: 60_000 }, async (_what, answered) => {
  error = answered;
  await expect(read()).rejects.toMatchObject({ name: 'RetryableError' });
});

it('a refusal is not', async () => {
  error = { status: 400, type: 'AccessDeniedException' };
  await expect(read()).rejects.toMatchObject({ name: 'AccessDeniedException' });
});

it.each([2 ** 53, -1e20, 1.7976931348623157e308, 1e-131, -5e-324])(
  'a number that no table holds is refused before anything is sent: %d',
  async (number) => {
    error = { status: 400, type: 'AccessDeniedException' };
    const Item = { pk: 'a', sk: 'b', result: { list: [0, { number }] } };
    const put = new PutCommand({ TableName: 't', Item });
    const written = new TransactWriteCommand({ TransactItems: [{ Put: put.input }] });
    for (const sent of [dynamo().send(put), dynamo().send(written)])
      await expect(sent).rejects.toMatchObject({ name: 'InvalidInput', details: { field: '(body)' } });
  },
);

it.each([2 ** 53 - 1, -0, 0.1, 1e-130])('one that it holds is sent: %d', async (number) => {
  error = { status: 400, type: 'AccessDeniedException' };
  const sent = dynamo().send(new PutCommand({ TableName: 't', Item: { pk: 'a', sk: 'b', number } }));
  await expect(sent).rejects.toMatchObject({ name: 'AccessDeniedException' });
});

it('what a request was shown is kept once; what no row holds is given as it is', async () => {
  const { client, rows } = memoryClient();
  const store = dynamoStore({ client, tables: { intents: 'Intents' } as Tables });
  const first = { intent: { status: 'ACKNOWLEDGED', at: 0.1 } };
  const of = { key: 'key', requestHash: 'one' };
  expect(await store.keepShown('t', of, first)).toEqual(first);
  expect(await store.keepShown('t', of, { intent: { status: 'COMPLETED' } })).toEqual(first);
  expect(await store.keepShown('other', of, { intent: {} })).toEqual({ intent: {} });
  expect(await store.keepShown('t', { ...of, requestHash: 'two' }, { intent: {} })).toEqual({ intent: {} });
  // Bytes are what counts, not characters.
  for (const [length, kept] of [
    [170_000, true],
    [180_000, false],
  ] as const) {
    const large = { text: 'é'.repeat(length) };
    expect(await store.keepShown('t', { ...of, key: `large-${length}` }, large)).toEqual(large);
    expect([...rows.keys()].some((key) => key.includes(`large-${length}`))).toBe(kept);
  }
});

it.each([
  { what: 'used after it was written', usedAt: '2026-11-30T12:00:01.000Z', reads: 2 },
  { what: 'used in the same commit', usedAt: '2026-11-30T12:00:00.000Z', reads: 1 },
  { what: 'not used', reads: 1 },
])('a state that is read beside a link is read again where the link was $what: $reads', async ({ usedAt, reads }) => {
  const heads = [
    { status: 'WAITING', updatedAt: '2026-11-30T12:00:00.000Z' },
    { status: 'COMPLETED', updatedAt: '2026-11-30T12:00:01.000Z' },
  ];
  const queries: unknown[] = [];
  const client = {
    send: async (command: unknown) => {
      if (command instanceof GetCommand) return { Item: { hash: 'h', usedAt } };
      queries.push(command);
      return { Items: [{ pk: 'p', sk: 's#head', ...heads[queries.length - 1] }] };
    },
  } as unknown as DynamoDBDocumentClient;
  const store = dynamoStore({ client, tables: { intents: 'Intents' } as Tables });
  const state = await store.load({ tenant: 't', intentId: 'i' }, { linkHash: 'h' });
  expect(queries).toHaveLength(reads);
  expect(state?.head.status).toBe(heads[reads - 1]?.status);
});
