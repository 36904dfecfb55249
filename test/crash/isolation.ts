import { LambdaClient, ListEventSourceMappingsCommand, UpdateEventSourceMappingCommand } from '@aws-sdk/client-lambda';
import { ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { aws, stack } from '../deployed/world.ts';

/** Cases that run side by side share no batch: what is killed, or repeated, is one intent's. */
export async function oneMessageAtATime(): Promise<void> {
  const lambda = new LambdaClient(aws);
  const { EventSourceMappings = [] } = await lambda.send(new ListEventSourceMappingsCommand({}));
  if (EventSourceMappings.length === 0) throw new Error('there is nothing to isolate');
  for (const { UUID } of EventSourceMappings)
    await lambda.send(new UpdateEventSourceMappingCommand({ UUID, BatchSize: 1 }));
}

/** All messages of a queue that nothing reads, named by the stack's output. */
export async function messagesIn(output: string): Promise<string[]> {
  const sqs = new SQSClient({ ...aws, useQueueUrlAsEndpoint: false });
  const found: string[] = [];
  for (;;) {
    const { Messages = [] } = await sqs.send(
      new ReceiveMessageCommand({ QueueUrl: stack.outputs[output], MaxNumberOfMessages: 10, VisibilityTimeout: 600 }),
    );
    if (Messages.length === 0) return found;
    found.push(...Messages.map(({ Body = '' }) => Body));
  }
}
