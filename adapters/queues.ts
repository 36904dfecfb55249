import { ChangeMessageVisibilityCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import type { OutboxMessage } from './messages.ts';

export interface QueueUrls {
  runs: string;
  mail: string;
}

const newClient = () => new SQSClient({ useQueueUrlAsEndpoint: false });

/** Sends a message to a queue. */
export const sender =
  (sqs = newClient()) =>
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

/** Has a received message of this queue delivered again after so many seconds. */
export const postponer =
  (url: string, sqs = newClient()) =>
  async (receiptHandle: string, seconds: number): Promise<void> => {
    await sqs.send(
      new ChangeMessageVisibilityCommand({ QueueUrl: url, ReceiptHandle: receiptHandle, VisibilityTimeout: seconds }),
    );
  };
