import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import type { OutboxMessage } from './messages.ts';

export interface QueueUrls {
  runs: string;
  mail: string;
}

/** Sends a message to a queue. */
export const sender =
  (sqs = new SQSClient({ useQueueUrlAsEndpoint: false })) =>
  async (url: string, body: unknown): Promise<void> => {
    await sqs.send(new SendMessageCommand({ QueueUrl: url, MessageBody: JSON.stringify(body) }));
  };

/** Sends each kind of consequence to the queue of whoever carries it out. */
export function queues(urls: QueueUrls) {
  const send = sender();
  return {
    enqueue: (message: OutboxMessage) => send(message.kind === 'mail' ? urls.mail : urls.runs, message),
    send,
  };
}
