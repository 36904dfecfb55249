/**
 * The fast path from the outbox to the queues. It never fails for a record: what can't be sent is parked, and what can't
 * even be parked is still owed in the table, where the sweep finds it.
 */

import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import type { DynamoDBRecord, DynamoDBStreamEvent } from 'aws-lambda';
import { readEnv } from '../../adapters/env.ts';
import { log, measure } from '../../adapters/lambda/log.ts';
import { timely } from '../../adapters/lambda/timely.ts';
import { messageOf } from '../../adapters/messages.ts';
import { queues } from '../../adapters/queues.ts';
import { env as schema } from './env.ts';

const env = readEnv(schema);
const { enqueue, send } = queues({
  runs: env.RUNS_QUEUE_URL,
  mail: env.MAIL_QUEUE_URL,
  deliver: env.DELIVER_QUEUE_URL,
  push: env.PUSH_QUEUE_URL,
  announce: env.ANNOUNCE_QUEUE_URL,
});

async function dispatch(record: DynamoDBRecord): Promise<void> {
  try {
    const image = record.dynamodb?.NewImage as Record<string, AttributeValue> | undefined;
    await enqueue(messageOf(unmarshall(image ?? {})));
  } catch (error) {
    await park(record, error as Error);
  }
}

async function park(record: DynamoDBRecord, error: Error): Promise<void> {
  measure('RecordsParked', 1);
  log.error('record parked', { errorName: error.name, sequenceNumber: record.dynamodb?.SequenceNumber });
  try {
    await send(env.PARKED_QUEUE_URL, {
      keys: record.dynamodb?.Keys,
      errorName: error.name,
      errorMessage: error.message,
    });
  } catch (failed) {
    log.error('record not parked', { errorName: (failed as Error).name });
  }
}

export const handler = timely<DynamoDBStreamEvent, void>().handler(async (event) => {
  await Promise.all(event.Records.map(dispatch));
});
