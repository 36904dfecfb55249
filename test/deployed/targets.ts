/** What of the account agents of tests are bound to: the deployment names it, whoever needs it makes it. */

import {
  CreateEventBusCommand,
  EventBridgeClient,
  PutRuleCommand,
  PutTargetsCommand,
} from '@aws-sdk/client-eventbridge';
import {
  CreateFunctionCommand,
  DeleteFunctionCommand,
  LambdaClient,
  ListFunctionsCommand,
} from '@aws-sdk/client-lambda';
import { CreateQueueCommand, type Message, ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import type { awsConfig } from '../../local/aws.ts';
import { emulatorRegion } from '../../local/emulator.ts';
import { zipOf } from '../local/zip.ts';

export const targetName = 'holdpoint-test-agent';
const place = `${emulatorRegion}:000000000000`;
export const targetArns = {
  queue: `arn:aws:sqs:${place}:${targetName}`,
  fifo: `arn:aws:sqs:${place}:${targetName}.fifo`,
  bus: `arn:aws:events:${place}:event-bus/${targetName}`,
  function: `arn:aws:lambda:${place}:function:${targetName}`,
};

/** Of the bus, what its one rule brings. */
const seenOnBus = `${targetName}-bus`;

/** Nothing where it is there already, or not there any more. */
async function unless(name: string, work: Promise<unknown>): Promise<void> {
  await work.catch((error: Error) => {
    if (error.name !== name) throw error;
  });
}

export function openTargets(aws: ReturnType<typeof awsConfig>) {
  const sqs = new SQSClient({ ...aws, useQueueUrlAsEndpoint: false });
  const events = new EventBridgeClient(aws);
  const lambda = new LambdaClient(aws);
  const urlOf = (name: string) => `https://sqs.${emulatorRegion}.amazonaws.com/000000000000/${name}`;
  /** A message with this in its body, if there is one. Others' stay. */
  const look = async (name: string, text: string): Promise<Message | undefined> => {
    const { Messages = [] } = await sqs.send(
      new ReceiveMessageCommand({
        QueueUrl: urlOf(name),
        MaxNumberOfMessages: 10,
        VisibilityTimeout: 1,
        MessageSystemAttributeNames: ['All'],
      }),
    );
    return Messages.find(({ Body = '' }) => Body.includes(text));
  };
  return {
    inQueue: (text: string) => look(targetName, text),
    inFifo: (text: string) => look(`${targetName}.fifo`, text),
    onBus: (text: string) => look(seenOnBus, text),

    async makeQueue() {
      await sqs.send(new CreateQueueCommand({ QueueName: targetName }));
    },
    async makeFifo() {
      const Attributes = { FifoQueue: 'true' };
      await sqs.send(new CreateQueueCommand({ QueueName: `${targetName}.fifo`, Attributes }));
    },
    async makeBus() {
      const EventBusName = targetName;
      await unless('ResourceAlreadyExistsException', events.send(new CreateEventBusCommand({ Name: EventBusName })));
      await sqs.send(new CreateQueueCommand({ QueueName: seenOnBus }));
      const EventPattern = JSON.stringify({ source: ['holdpoint'], 'detail-type': ['intent.delivered'] });
      await events.send(new PutRuleCommand({ Name: seenOnBus, EventBusName, EventPattern }));
      const target = { Id: seenOnBus, Arn: `arn:aws:sqs:${place}:${seenOnBus}` };
      await events.send(new PutTargetsCommand({ Rule: seenOnBus, EventBusName, Targets: [target] }));
    },
    /** One that posts what it is called with to an address. */
    async makeFunction(url: string) {
      const FunctionName = targetName;
      const code = `exports.handler = (event) => fetch(${JSON.stringify(url)}, { method: 'POST', body: JSON.stringify(event) }).then(() => null);`;
      await unless('ResourceNotFoundException', lambda.send(new DeleteFunctionCommand({ FunctionName })));
      // It asks AWS for nothing: any role will do.
      const { Functions = [] } = await lambda.send(new ListFunctionsCommand({ MaxItems: 1 }));
      await lambda.send(
        new CreateFunctionCommand({
          FunctionName,
          Runtime: 'nodejs24.x',
          Handler: 'index.handler',
          Role: Functions[0]?.Role,
          Code: { ZipFile: zipOf('index.js', code) },
        }),
      );
    },
  };
}
