import { ChangeMessageVisibilityCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import type { OutboxMessage } from './messages.ts';

export interface QueueUrls {
  runs: string;
  mail: string;
  deliver: string;
  push: string;
  announce: string;
}

const newClient = () => new SQSClient({ useQueueUrlAsEndpoint: false });

/** The longest that SQS holds a message back, seconds. What is later than that is left to the sweep. */
const maxDelaySeconds = 900;

/** Sends a message to a queue, which may hold it back for some seconds. */
export const sender =
  (sqs = newClient()) =>
  async (url: string, body: unknown, delaySeconds = 0): Promise<void> => {
    const delay = delaySeconds > 0 ? { DelaySeconds: Math.min(delaySeconds, maxDelaySeconds) } : {};
    await sqs.send(new SendMessageCommand({ QueueUrl: url, MessageBody: JSON.stringify(body), ...delay }));
  };

/** Seconds until what the message owes is wanted. */
const delayOf = ({ body }: OutboxMessage): number =>
  typeof body.notBefore === 'string' ? Math.ceil((Date.parse(body.notBefore) - Date.now()) / 1000) : 0;

/** Sends each kind of consequence to the queue of whoever carries it out. */
export function queues(urls: QueueUrls) {
  const send = sender();
  return {
    enqueue: (message: OutboxMessage) => {
      if (message.kind === 'deliver') return send(urls.deliver, message, delayOf(message));
      if (message.kind === 'push') return send(urls.push, message);
      if (message.kind === 'announce') return send(urls.announce, message);
      return send(message.kind === 'mail' ? urls.mail : urls.runs, message);
    },
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
