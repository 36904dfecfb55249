/** Hands entries to functions, queues and buses of the account. Done when AWS has taken it: what comes then, AWS retries. */

import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { sha256 } from '../core/hash.ts';
import { type InternalTarget, internalTarget } from '../core/internal-target.ts';

interface Handed {
  target: string;
  /** Who it is for: a FIFO queue keeps the order of each. */
  address: string;
  id: string;
  type: string;
  /** JSON. */
  body: string;
}

/** What an event of a bus says it is from. */
const eventSource = 'holdpoint';

/** Throws what AWS refuses with. */
export function internalTargets() {
  const lambda = new LambdaClient({});
  const sqs = new SQSClient({ useQueueUrlAsEndpoint: false });
  const bus = new EventBridgeClient({});

  const by: Record<InternalTarget['service'], (to: InternalTarget, handed: Handed) => Promise<unknown>> = {
    lambda: ({ arn }, { body }) =>
      lambda.send(new InvokeCommand({ FunctionName: arn, InvocationType: 'Event', Payload: Buffer.from(body) })),
    sqs: ({ region, account, name }, { body, address, id }) =>
      sqs.send(
        new SendMessageCommand({
          QueueUrl: `https://sqs.${region}.amazonaws.com/${account}/${name}`,
          MessageBody: body,
          ...(name.endsWith('.fifo') ? { MessageGroupId: sha256(address), MessageDeduplicationId: id } : {}),
        }),
      ),
    async events({ arn }, { body, type }) {
      const entry = { EventBusName: arn, Source: eventSource, DetailType: type, Detail: body };
      const put = await bus.send(new PutEventsCommand({ Entries: [entry] }));
      if (put.FailedEntryCount) throw new Error(`EventBridge: ${put.Entries?.[0]?.ErrorCode ?? 'refused'}`);
    },
  };

  return async (handed: Handed): Promise<void> => {
    const to = internalTarget(handed.target);
    if (!to) throw new TypeError('no internal target');
    await by[to.service](to, handed);
  };
}
