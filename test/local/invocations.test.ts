/** Tests see which invocation makes which call, and what AWS would do when its process is killed. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  CreateEventSourceMappingCommand,
  CreateFunctionCommand,
  InvokeCommand,
  LambdaClient,
} from '@aws-sdk/client-lambda';
import { CreateQueueCommand, GetQueueAttributesCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { awsConfig } from '../../local/aws.ts';
import { type Emulator, freePort, startEmulator } from '../../local/emulator.ts';
import { type FaultProxy, startFaultProxy } from '../../local/fault-proxy.ts';
import { type Invocations, startInvocations } from '../../local/invocations.ts';
import { until } from '../../local/until.ts';
import { zipOf } from './zip.ts';

let directory: string;
let invocations: Invocations;
let proxy: FaultProxy;
let emulator: Emulator;
let lambda: LambdaClient;

const code = `exports.handler = async (event) => {
  const url = process.env.AWS_ENDPOINT_URL + '/_ministack/health';
  await new Promise((done, fail) => require('http').get(url, (answer) => answer.resume().on('end', done)).on('error', fail));
  await fetch(url);
  if (event.Records?.some(({ body }) => body.startsWith('bad'))) throw new Error('bad');
  if (event.throws) throw new Error(event.throws);
  return event.Records ? {} : { given: event };
};`;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'holdpoint-invocations-'));
  invocations = await startInvocations();
  const port = await freePort();
  proxy = await startFaultProxy({ target: `http://127.0.0.1:${port}`, invocations });
  emulator = await startEmulator({
    dir: directory,
    port,
    functionsEndpoint: proxy.url,
    invocationsUrl: invocations.url,
  });
  lambda = new LambdaClient(awsConfig(emulator.url));
  await lambda.send(
    new CreateFunctionCommand({
      FunctionName: 'calls',
      Runtime: 'nodejs24.x',
      Handler: 'index.handler',
      Role: 'arn:aws:iam::000000000000:role/calls',
      Code: { ZipFile: zipOf('index.js', code) },
    }),
  );
});
afterAll(async () => {
  await emulator?.stop();
  await proxy?.close();
  await invocations?.close();
  rmSync(directory, { recursive: true, force: true });
});
afterEach(() => {
  proxy.judgedBy();
  proxy.log.length = 0;
  invocations.log.length = 0;
});

const invoke = async (event: object) => {
  const answer = await lambda.send(new InvokeCommand({ FunctionName: 'calls', Payload: JSON.stringify(event) }));
  return { error: answer.FunctionError, value: JSON.parse(answer.Payload?.transformToString() ?? '') };
};
const killFirst = () => {
  let kills = 0;
  proxy.judgedBy(() => (kills++ === 0 ? 'kill' : undefined));
};

it('tells an invocation, its process, its event and its end; its calls name it', async () => {
  expect((await invoke({ n: 1 })).value).toEqual({ given: { n: 1 } });
  const [one] = invocations.log;
  expect(one).toMatchObject({
    function: 'calls',
    event: { n: 1 },
    ended: true,
    error: null,
    result: { given: { n: 1 } },
  });
  expect(proxy.log.map((call) => invocations.find(call.invocation))).toEqual([one, one]);
  await invoke({ throws: 'as told' });
  expect(invocations.log[1]).toMatchObject({ pid: one?.pid, ended: true, error: 'as told' });
});

it('a process that is killed in a call is Runtime.ExitError; the next invocation has another', async () => {
  await invoke({ n: 1 });
  killFirst();
  expect(await invoke({ n: 2 })).toMatchObject({ error: 'Unhandled', value: { errorType: 'Runtime.ExitError' } });
  expect((await invoke({ n: 3 })).value).toEqual({ given: { n: 3 } });
  const [first, killed, next] = invocations.log;
  expect(killed?.pid).toBe(first?.pid);
  expect(next?.pid).not.toBe(first?.pid);
});

describe('a queue', () => {
  const sqs = () => new SQSClient(awsConfig(emulator.url));
  let QueueUrl: string | undefined;
  const send = (MessageBody: string) => sqs().send(new SendMessageCommand({ QueueUrl, MessageBody }));
  const delivered = (body: string) =>
    invocations.log.filter(({ event, ended }) => ended && JSON.stringify(event).includes(`"body":"${body}"`));

  beforeAll(async () => {
    const Attributes = { VisibilityTimeout: '2' };
    ({ QueueUrl } = await sqs().send(new CreateQueueCommand({ QueueName: 'calls', Attributes })));
    const found = await sqs().send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['QueueArn'] }));
    const EventSourceArn = found.Attributes?.QueueArn;
    await lambda.send(new CreateEventSourceMappingCommand({ FunctionName: 'calls', EventSourceArn, BatchSize: 1 }));
  });

  it('delivers a message again whose consumer was killed, after its visibility timeout', async () => {
    killFirst();
    await send('one');
    await until('it is delivered twice', 20, () => delivered('one').length === 2);
    const attempt = (count: string) => ({ Records: [{ attributes: { ApproximateReceiveCount: count } }] });
    expect(delivered('one')).toMatchObject([
      { error: 'Worker process died', event: attempt('1') },
      { error: null, event: attempt('2') },
    ]);
  });

  it('delivers other messages while one has failed', async () => {
    const times: number[] = [];
    for (const n of [1, 2, 3, 4, 5]) {
      await send(`bad ${n}`);
      await until('it has failed', 20, () => delivered(`bad ${n}`).length > 0);
      const start = performance.now();
      await send(`good ${n}`);
      await until('the other is delivered', 20, () => delivered(`good ${n}`).length > 0);
      times.push(performance.now() - start);
    }
    // Uncorrected, the queue is left alone for a second each time.
    expect(Math.min(...times)).toBeLessThan(600);
  });
});
