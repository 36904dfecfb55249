/** Everything that the local AWS holds at the end of a run, searched for what must not be there. */

import { randomBytes, randomUUID } from 'node:crypto';
import { CloudWatchLogsClient, CreateLogStreamCommand, PutLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { SFNClient, StartExecutionCommand } from '@aws-sdk/client-sfn';
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { PutCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  approvalIntent,
  aws,
  decide,
  dynamo,
  linkFor,
  newAgent,
  newOrder,
  refundIntent,
  restartEmulator,
  settled,
  signIn,
  stack,
  tables,
} from '../deployed/world.ts';
import { openBotocore } from './botocore.ts';
import { writeSecrets } from './document.ts';
import { namesOf } from './names.ts';
import { mostLogEvents, onDisk, type Place, throughApis } from './places.ts';
import {
  type Finding,
  findAll,
  oddReason,
  permissionFor,
  permitted,
  type Secret,
  type SecretKind,
  secretKinds,
  secretsOf,
} from './secrets.ts';

const nameOf = namesOf(stack.outputs);
let secrets: Secret[];
let places: Place[];
let found: Finding[];
let planted: string[] = [];

const search = async (): Promise<Place[]> => {
  const given = await throughApis(nameOf);
  // Stopping is what makes the local AWS save its state.
  await restartEmulator();
  return [...given, ...onDisk()];
};

/** One or two of each kind that is shown once, to whoever makes it. */
async function makeSome(): Promise<Secret[]> {
  const agent = await newAgent(undefined, 'maker', { scopes: ['accounts:manage'] });
  const ask = async (method: string, path: string, body?: object) => {
    const answer = await agent.call(method, path, body ? { body } : {});
    expect(answer.status, JSON.stringify(answer.body)).toBe(200);
    return answer.body;
  };
  const made: Secret[] = [];
  const keep = (kind: SecretKind, value: string) => {
    expect(value, kind).toMatch(/.{10}/);
    made.push({ kind, value });
  };

  const binding = `/v1/agents/${agent.address}/binding`;
  keep('webhook secret', (await ask('PUT', binding, { kind: 'http', url: 'http://127.0.0.1:9/' })).secret);
  keep('webhook secret', (await ask('POST', `${binding}/rotate`)).secret);
  const secret = `whsec_${randomBytes(32).toString('base64')}`;
  const hook = { callback_url: 'http://127.0.0.1:9/', event_types: ['inbox.reply_received'], secret };
  const { subscription } = await ask('POST', '/v1/webhooks/subscriptions', hook);
  keep('webhook secret', secret);
  const renewed = `/v1/webhooks/subscriptions/${subscription.subscription_id}/secret`;
  keep('webhook secret', (await ask('POST', renewed)).secret);

  keep('invite', (await ask('POST', '/v1/invites/create', { owner_agent: agent.address })).token);
  keep('session', (await signIn('cleo@example.com')).split('=')[1] ?? '');

  // Small ones are kept beside the intent, large ones are files.
  for (const bytes of [0, 300_000]) {
    const id = await agent.submit(approvalIntent());
    keep("requester's link", new URL((await agent.get(id)).view_url).pathname.split('/').at(-1) ?? '');
    const state = `Where I was: ${randomUUID()}`;
    keep('resume state', state);
    const resume_state = Buffer.concat([Buffer.from(state), randomBytes(bytes)]).toString('base64');
    await ask('PUT', `/v1/intents/${id}/resume-state`, { resume_state });
    expect((await ask('GET', `/v1/intents/${id}/resume-state`)).resume_state).toBe(resume_state);
  }
  return made;
}

beforeAll(async () => {
  const made = await makeSome();
  const agent = await newAgent();
  const id = await agent.submit(refundIntent(await newOrder(), 18_000, 'EUR', oddReason));
  await decide(await linkFor(agent, id));
  await agent.reaches(id, 'COMPLETED');
  await settled(agent, id);
  places = await search();
  secrets = await secretsOf(made);
  found = findAll(secrets, places);
});
afterAll(() => writeSecrets({ secrets, places, found, planted }));

describe('what the local AWS holds', () => {
  it('is all looked at, for every kind of secret', () => {
    for (const kind of secretKinds)
      expect(
        secrets.filter((one) => one.kind === kind),
        kind,
      ).not.toEqual([]);
    const sizes = (beginning: string) =>
      places.filter(({ name }) => name.startsWith(beginning)).map((p) => p.bytes.length);
    for (const of of ['log group', 'history', 'table', 'trail', 'captured mails', 'Secrets Manager', 'disk'])
      expect(Math.max(0, ...sizes(of)), of).toBeGreaterThan(10);
    const queues = Object.entries(stack.outputs).filter(([name]) => /(Queue|Letters|Parked)Url$/.test(name));
    expect(places.map(({ name }) => name)).toEqual(
      expect.arrayContaining(queues.map(([, url]) => `queue ${nameOf(url.slice(url.lastIndexOf('/') + 1))}`)),
    );
  });

  it.each(secretKinds)('%s: where it has to be, and nowhere else', (kind) => {
    expect(found.filter((one) => one.kind === kind && !permissionFor(one))).toEqual([]);
  });

  it('every exception is one, and says why', () => {
    const used = new Set(found.map(permissionFor));
    expect(permitted.filter((one) => !used.has(one))).toEqual([]);
    expect(permitted.filter(({ reason }) => reason.length < 20)).toEqual([]);
  });
});

it('what is planted is found, in each kind of place and however it is written', async () => {
  const one = (kind: SecretKind) => secrets.find((secret) => secret.kind === kind)?.value ?? '';
  const base64 = (text: string) => Buffer.from(text).toString('base64');
  const logs = new CloudWatchLogsClient(aws);
  const logGroupName = places.find(({ name }) => name.includes('StepsLogs'))?.name.replace('log group ', '');
  const logStreamName = 'planted';
  await logs.send(new CreateLogStreamCommand({ logGroupName, logStreamName }));
  const message = `opened ${stack.baseUrl}/a/${one('approval link')} for ${one("approver's address")}`;
  // Behind more than one answer holds.
  const from = Date.now() - mostLogEvents;
  const noise = Array.from({ length: mostLogEvents }, (_, n) => ({ timestamp: from + n, message: 'noise' }));
  for (const logEvents of [noise, [{ timestamp: Date.now(), message }]])
    await logs.send(new PutLogEventsCommand({ logGroupName, logStreamName, logEvents }));

  const MessageBody = JSON.stringify({ authorization: base64(`key ${one('API key')}`), task: one('task token') });
  await new SQSClient(aws).send(new SendMessageCommand({ QueueUrl: stack.outputs.ParkedUrl, MessageBody }));

  const Item = {
    pk: 'planted',
    sk: 'planted',
    query: encodeURIComponent(oddReason),
    json: JSON.stringify({ oddReason }),
  };
  await dynamo.send(new PutCommand({ TableName: tables.control, Item }));

  const [stateMachineArn] = Object.values(JSON.parse(stack.outputs.StateMachines ?? '{}') as Record<string, string>);
  const input = JSON.stringify({ hidden: Buffer.from(one('approval link')).toString('hex'), key: one('API key') });
  await new SFNClient(aws).send(new StartExecutionCommand({ stateMachineArn, name: 'planted', input }));

  const botocore = await openBotocore(aws);
  await botocore.call('s3', 'CreateBucket', { Bucket: 'planted' });
  await botocore.call('s3', 'PutObject', {
    Bucket: 'planted',
    Key: 'key',
    Body: base64(`{"key":"${one("provider's key")}"}`),
  });
  botocore.close();

  const seen = findAll(secrets, await search())
    .filter((finding) => !permissionFor(finding))
    .map(({ kind, place }) => `${kind} in ${place}`);
  const hidden = [
    `approval link in log group ${logGroupName}`,
    `approver's address in log group ${logGroupName}`,
    'API key in queue parked queue',
    'task token in queue parked queue',
    'sensitive field in table control, row planted',
    'approval link in history of intent.approval.v1',
    'API key in history of intent.approval.v1',
    "provider's key in disk: aws/s3/000000000000/planted/key",
    'task token in disk: aws/state/sqs.json',
    'approval link in disk: aws/state/cloudwatch_logs.json',
    'API key in disk: aws/state/stepfunctions.json',
  ];
  expect(seen).toEqual(expect.arrayContaining(hidden));
  planted = hidden;
});
