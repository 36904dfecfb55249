import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { DynamoDBClient, PutItemCommand, TransactWriteItemsCommand } from '@aws-sdk/client-dynamodb';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { SESClient, SendEmailCommand } from '@aws-sdk/client-ses';
import { SFNClient, StartExecutionCommand } from '@aws-sdk/client-sfn';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { awsConfig } from '../../local/aws.ts';
import { type FaultProxy, startFaultProxy } from '../../local/fault-proxy.ts';

let target: Server;
let proxy: FaultProxy;
/** What reached the target: action or path. */
const reached: string[] = [];

beforeAll(async () => {
  target = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    const action = request.headers['x-amz-target'] ?? new URLSearchParams(body).get('Action') ?? request.url ?? '';
    reached.push(String(action));
    response.setHeader('x-length', body.length);
    if (body.startsWith('Action=')) {
      response.setHeader('content-type', 'text/xml');
      response.end(
        '<SendEmailResponse><SendEmailResult><MessageId>m1</MessageId></SendEmailResult></SendEmailResponse>',
      );
    } else response.end(request.method === 'GET' ? 'x'.repeat(3_000_000) : '{"executionArn":"arn"}');
  });
  await new Promise<void>((resolve) => target.listen(0, '127.0.0.1', resolve));
  proxy = await startFaultProxy({ target: `http://127.0.0.1:${(target.address() as AddressInfo).port}` });
});
afterAll(async () => {
  await proxy.close();
  target.closeAllConnections();
  target.close();
});
beforeEach(() => {
  reached.length = 0;
  proxy.log.length = 0;
  for (const fault of [...proxy.faults]) fault.remove();
});

const configOf = (app: string) => ({ ...awsConfig(proxy.url), userAgentAppId: app });
const start = (app = 'runs') =>
  new SFNClient(configOf(app)).send(new StartExecutionCommand({ stateMachineArn: 'arn:a' }));
const once = (app = 'runs') =>
  new SFNClient({ ...configOf(app), maxAttempts: 1 }).send(new StartExecutionCommand({ stateMachineArn: 'arn:a' }));

it('passes everything through, and tells actions and callers apart', async () => {
  await start();
  await new DynamoDBClient(configOf('api')).send(new PutItemCommand({ TableName: 't', Item: { pk: { S: 'a' } } }));
  await new LambdaClient(configOf('steps-PT-NO-OP-2.35.0-PTEnv-NA')).send(
    new InvokeCommand({ FunctionName: 'read_charge', Payload: '{}' }),
  );
  expect(proxy.log).toMatchObject([
    { action: 'AWSStepFunctions.StartExecution', app: 'runs', status: 200, fault: null },
    { action: 'DynamoDB_20120810.PutItem', app: 'api', status: 200, fault: null },
    { action: null, path: expect.stringContaining('/functions/read_charge/invocations'), app: 'steps' },
  ]);
  expect(await (await fetch(`${proxy.url}/large`)).text()).toHaveLength(3_000_000);
  const sent = await fetch(`${proxy.url}/up`, { method: 'PUT', body: 'y'.repeat(2_000_000) });
  expect(sent.headers.get('x-length')).toBe('2000000');
});

it('knows when each call came and was answered, and keeps bodies only where it shall', async () => {
  await start();
  await start();
  const [first, second] = proxy.log;
  expect(first?.to).toBeGreaterThan(first?.from ?? Number.NaN);
  expect(second?.from).toBeGreaterThanOrEqual(first?.to ?? Number.NaN);
  expect(first).not.toHaveProperty('body');

  const keeping = await startFaultProxy({ target: proxy.url, keepBodies: true });
  await new SFNClient(awsConfig(keeping.url)).send(new StartExecutionCommand({ stateMachineArn: 'arn:a' }));
  expect(JSON.parse(keeping.log[0]?.body ?? '')).toMatchObject({ stateMachineArn: 'arn:a' });
  await keeping.close();
});

it('drops a call before it happens: the client tries again', async () => {
  const fault = proxy.inject({ match: { action: 'StartExecution', app: 'runs' }, do: 'drop' });
  await start('sweep');
  expect(fault.hits).toBe(0);
  await start();
  expect(fault.hits).toBe(1);
  expect(reached).toHaveLength(2);
  fault.times = 4;
  await expect(start()).rejects.toThrow();
  expect(fault.hits).toBe(4);
  expect(reached).toHaveLength(2);
});

it('loses the answer of a call that happened', async () => {
  const fault = proxy.inject({ match: { action: 'AWSStepFunctions.StartExecution' }, do: 'lose_answer' });
  await expect(once()).rejects.toThrow();
  expect(fault.hits).toBe(1);
  expect(reached).toEqual(['AWSStepFunctions.StartExecution']);
  await once();
});

it('answers a given error, in the protocol of the call', async () => {
  proxy.inject({ match: { action: 'TransactWriteItems' }, do: { error: 'TransactionCanceledException' } });
  const write = new TransactWriteItemsCommand({ TransactItems: [] });
  await expect(new DynamoDBClient(configOf('api')).send(write)).rejects.toMatchObject({
    name: 'TransactionCanceledException',
  });
  const refused = proxy.inject({ match: { action: 'SendEmail' }, do: { error: 'MessageRejected' } });
  const mail = new SendEmailCommand({ Source: 'a@b.c', Destination: {}, Message: { Subject: { Data: '' }, Body: {} } });
  const ses = new SESClient(configOf('mail'));
  await expect(ses.send(mail)).rejects.toMatchObject({ name: 'MessageRejected' });
  expect(refused.hits).toBe(1);
  expect(await ses.send(mail)).toMatchObject({ MessageId: 'm1' });
  expect(reached).toEqual(['SendEmail']);
});

it('asks a judge about what no rule hits', async () => {
  proxy.judgedBy((call, body) => (call.app === 'runs' && body.includes('arn:a') ? 'lose_answer' : undefined));
  await expect(once()).rejects.toThrow();
  await once('sweep');
  expect(reached).toHaveLength(2);
  proxy.inject({ match: { app: 'runs' }, do: 'drop' });
  await expect(once()).rejects.toThrow();
  expect(reached).toHaveLength(2);
  proxy.judgedBy();
  await once();
});

it('hangs, and holds a call until it is released', async () => {
  proxy.inject({ match: { path: '/hang' }, do: 'hang' });
  await expect(fetch(`${proxy.url}/hang`, { signal: AbortSignal.timeout(100) })).rejects.toThrow();
  proxy.inject({ match: { path: '/after' }, do: 'hang_after' });
  await expect(fetch(`${proxy.url}/after`, { signal: AbortSignal.timeout(300) })).rejects.toThrow();
  expect(reached).toEqual(['/after']);

  const hold = proxy.inject({ match: { method: 'PUT', body: /held/ }, do: 'hold', times: 10 });
  const held = fetch(`${proxy.url}/x`, { method: 'PUT', body: 'held back' });
  await fetch(`${proxy.url}/x`, { method: 'PUT', body: 'other' });
  await hold.hit();
  expect(reached).toEqual(['/after', '/x']);
  hold.release();
  expect((await held).headers.get('x-length')).toBe('9');
});
