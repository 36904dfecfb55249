/** Everything that the local AWS holds, place by place: through its APIs, and as bytes on disk. */

import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import {
  CloudWatchLogsClient,
  DescribeLogGroupsCommand,
  FilterLogEventsCommand,
} from '@aws-sdk/client-cloudwatch-logs';
import { GetSecretValueCommand, ListSecretsCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { GetExecutionHistoryCommand, ListExecutionsCommand, SFNClient } from '@aws-sdk/client-sfn';
import { ListQueuesCommand, ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { ScanCommand } from '@aws-sdk/lib-dynamodb';
import { aws, dynamo, stack, tables } from '../deployed/world.ts';
import type { NameOf } from './names.ts';

export interface Place {
  /** `log group …`, `queue …`, `history of …`, `table …, row …`, `trail, …`, `disk: …` */
  name: string;
  bytes: Buffer;
}

/** What a paged API gives: asks until there is no next page. */
async function pages<T>(
  ask: (next: string | undefined) => Promise<{ items: T[]; next: string | undefined }>,
): Promise<T[]> {
  const all: T[] = [];
  let next: string | undefined;
  do {
    const page = await ask(next);
    all.push(...page.items);
    next = page.next;
  } while (next);
  return all;
}
const token = (nextToken: string | undefined) => (nextToken === undefined ? {} : { nextToken });
const placeOf = (name: string, value: unknown): Place => ({ name, bytes: Buffer.from(JSON.stringify(value)) });

async function logs(): Promise<Place[]> {
  const client = new CloudWatchLogsClient(aws);
  const groups = await pages(async (next) => {
    const page = await client.send(new DescribeLogGroupsCommand(token(next)));
    return { items: page.logGroups ?? [], next: page.nextToken };
  });
  return Promise.all(
    groups.map(async ({ logGroupName = '' }) => {
      const messages = await messagesOf(client, logGroupName);
      return { name: `log group ${logGroupName}`, bytes: Buffer.from(messages.join('\n')) };
    }),
  );
}

/** The most that `FilterLogEvents` gives at once. */
export const mostLogEvents = 10_000;

/** The local AWS has no second page of them: what follows is asked for by its time, and some come twice. */
async function messagesOf(client: CloudWatchLogsClient, logGroupName: string): Promise<string[]> {
  const messages: string[] = [];
  for (let startTime = 0; ; ) {
    const { events = [] } = await client.send(new FilterLogEventsCommand({ logGroupName, startTime }));
    messages.push(...events.map(({ message = '' }) => message));
    const last = events.at(-1)?.timestamp;
    if (events.length < mostLogEvents || last === undefined) return messages;
    if (last === startTime) throw new Error(`${logGroupName} has more events of one moment than can be read`);
    startTime = last;
  }
}

async function queues(nameOf: NameOf): Promise<Place[]> {
  const client = new SQSClient(aws);
  const { QueueUrls = [] } = await client.send(new ListQueuesCommand({}));
  return Promise.all(
    QueueUrls.map(async (QueueUrl) => {
      const messages: unknown[] = [];
      const ask = new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10, MessageAttributeNames: ['All'] });
      for (;;) {
        const { Messages = [] } = await client.send(ask);
        if (Messages.length === 0) break;
        messages.push(...Messages);
      }
      return placeOf(`queue ${nameOf(QueueUrl.slice(QueueUrl.lastIndexOf('/') + 1))}`, messages);
    }),
  );
}

async function histories(): Promise<Place[]> {
  const client = new SFNClient(aws);
  const machines = Object.entries(JSON.parse(stack.outputs.StateMachines ?? '{}') as Record<string, string>);
  return Promise.all(
    machines.map(async ([type, stateMachineArn]) => {
      const runs = await pages(async (next) => {
        const page = await client.send(new ListExecutionsCommand({ stateMachineArn, ...token(next) }));
        return { items: page.executions ?? [], next: page.nextToken };
      });
      const events: unknown[] = [];
      for (const { executionArn } of runs) {
        events.push(
          ...(await pages(async (next) => {
            const page = await client.send(new GetExecutionHistoryCommand({ executionArn, ...token(next) }));
            return { items: page.events ?? [], next: page.nextToken };
          })),
        );
      }
      return placeOf(`history of ${type}`, events);
    }),
  );
}

/** Rows by their kind: the sort key's first part, without the number or id in it. */
const kindOf = (sk: unknown): string =>
  typeof sk === 'number' || /^[0-9a-f-]{36}\./.test(String(sk))
    ? 'record'
    : String(sk).replace(/^((?:s#)?[a-z]+).*/, '$1');

async function rows(): Promise<Place[]> {
  const places: Place[] = [];
  const all = { ...tables, mailboxes: stack.outputs.MailboxesTable ?? '', webhooks: stack.outputs.WebhooksTable ?? '' };
  for (const [table, TableName] of Object.entries(all)) {
    let ExclusiveStartKey: Record<string, unknown> | undefined;
    const items: Record<string, unknown>[] = [];
    do {
      const page = await dynamo.send(new ScanCommand({ TableName, ...(ExclusiveStartKey && { ExclusiveStartKey }) }));
      items.push(...(page.Items ?? []));
      ExclusiveStartKey = page.LastEvaluatedKey;
    } while (ExclusiveStartKey);
    for (const [kind, some = []] of Object.entries(Object.groupBy(items, ({ sk }) => kindOf(sk))))
      places.push(placeOf(`table ${table}, row ${kind}`, some));
  }
  return places;
}

const functions = Object.values(JSON.parse(stack.outputs.Functions ?? '{}') as Record<string, string>);

/** What the local AWS recorded of the functions' calls, by operation. It keeps a request as it came; CloudTrail does not. */
function recorded(): Place[] {
  const lines = readFileSync(join(stack.trail ?? '', 'requests.jsonl'), 'utf8')
    .trim()
    .split('\n');
  const events = lines
    .map((line) => JSON.parse(line) as { service: string; event_name: string; principal: string })
    .filter(({ principal }) => functions.includes(principal.slice(principal.lastIndexOf('/') + 1)));
  const kinds = Object.groupBy(events, ({ service, event_name }) => `${service} ${event_name}`);
  return Object.entries(kinds).map(([kind, some = []]) => placeOf(`trail, ${kind}`, some));
}

async function kept(): Promise<Place[]> {
  const client = new SecretsManagerClient(aws);
  const { SecretList = [] } = await client.send(new ListSecretsCommand({}));
  const values = SecretList.map(({ ARN }) => client.send(new GetSecretValueCommand({ SecretId: ARN })));
  const mails = await fetch(`${stack.emulatorUrl}/_ministack/ses/messages`);
  return [
    placeOf(
      'Secrets Manager',
      (await Promise.all(values)).map(({ SecretString }) => SecretString),
    ),
    { name: 'captured mails', bytes: Buffer.from(await mails.arrayBuffer()) },
  ];
}

/** All that the APIs give. Messages that are received count as in flight afterwards: queues seem empty for a while. */
export const throughApis = async (nameOf: NameOf): Promise<Place[]> =>
  (await Promise.all([logs(), queues(nameOf), histories(), rows(), recorded(), kept()])).flat();

/** Each file of the local AWS: its saved state, buckets, logs, the trail. Complete after it was stopped or restarted. */
export function onDisk(): Place[] {
  const folder = join(stack.dir, 'aws');
  const files = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
  return [...files, join(stack.trail ?? '', 'decisions.jsonl')].map((file) => ({
    name: `disk: ${relative(stack.dir, file)}`,
    bytes: readFileSync(file),
  }));
}
