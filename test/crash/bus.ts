/** What comes over the deployment's bus, by a rule and a queue that are made once. */

import { EventBridgeClient, PutRuleCommand, PutTargetsCommand } from '@aws-sdk/client-eventbridge';
import { CreateQueueCommand, ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { aws, stack } from '../deployed/world.ts';

const name = 'seen-while-crashing';
const EventBusName = stack.outputs.EventBusName ?? '';
const sqs = new SQSClient({ ...aws, useQueueUrlAsEndpoint: false });
const events = new EventBridgeClient(aws);

interface Told {
  event_id: string;
  intent_id: string;
  seq: number;
}
const told: Told[] = [];
let queue: Promise<string> | undefined;

/** From now on, what is told of this tenant's intents is kept. */
export async function listens(tenant: string): Promise<void> {
  queue ??= (async () => {
    const { QueueUrl = '' } = await sqs.send(new CreateQueueCommand({ QueueName: name }));
    const EventPattern = JSON.stringify({ source: ['holdpoint'], detail: { tenant: [tenant] } });
    await events.send(new PutRuleCommand({ Name: name, EventBusName, EventPattern }));
    const target = { Id: name, Arn: `arn:aws:sqs:${stack.region}:000000000000:${name}` };
    await events.send(new PutTargetsCommand({ Rule: name, EventBusName, Targets: [target] }));
    return QueueUrl;
  })();
  await queue;
}

/** What was told of an intent so far. */
export async function toldOnBus(intentId: string): Promise<Told[]> {
  const QueueUrl = await queue;
  for (;;) {
    const { Messages = [] } = await sqs.send(
      new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10, VisibilityTimeout: 3600 }),
    );
    if (Messages.length === 0) return told.filter(({ intent_id }) => intent_id === intentId);
    told.push(...Messages.map(({ Body = '' }) => JSON.parse(Body).detail as Told));
  }
}
