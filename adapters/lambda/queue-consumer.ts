/** What consumers of a queue share: one message fails alone, with its correlation id in the log, and comes again soon. */

import { BatchProcessor, EventType, processPartialResponse } from '@aws-lambda-powertools/batch';
import type { SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda';
import type * as z from 'zod';
import { log } from './log.ts';
import { timely } from './timely.ts';

/**
 * Seconds after which a message that failed for the first, and for the second time comes again, at the most. A conflict or
 * a throttled call passes by then, and its mail or wake is not minutes late; from the third time on it is as late as the
 * queue makes it, so that all tries together outlast a bad deployment's rollback.
 */
const soonSeconds = [5, 60];

/** Has a message delivered again after so many seconds. */
type Postpone = (receiptHandle: string, seconds: number) => Promise<void>;

/** A handler that gives back the messages that failed, for the queue to deliver again and at last to park. */
export function queueConsumer<M extends { kind: string; traceId: string; intentId?: string }>(
  schema: z.ZodType<M>,
  consume: (message: M) => Promise<void>,
  postpone: Postpone,
) {
  const processor = new BatchProcessor(EventType.SQS);
  /** Nothing is lost where it can't be done: the queue's own time is only longer. */
  const comeAgainSoon = async ({ receiptHandle, attributes }: SQSRecord): Promise<void> => {
    const atMost = soonSeconds[Number(attributes.ApproximateReceiveCount) - 1];
    if (atMost === undefined) return;
    await postpone(receiptHandle, 1 + Math.floor(Math.random() * atMost)).catch(({ name }: Error) =>
      log.warn('not postponed', { errorName: name }),
    );
  };
  const one = async (record: SQSRecord): Promise<void> => {
    const message = schema.parse(JSON.parse(record.body));
    log.resetKeys();
    log.appendKeys({ correlationId: message.traceId, intentId: message.intentId });
    try {
      await consume(message);
      log.info('paid', { kind: message.kind });
    } catch (error) {
      log.warn('not paid', { errorName: (error as Error).name, errorMessage: (error as Error).message });
      await comeAgainSoon(record);
      throw error;
    }
  };
  return timely<SQSEvent, SQSBatchResponse>().handler((event, context) =>
    processPartialResponse(event, one, processor, {
      context,
      processInParallel: false,
      throwOnFullBatchFailure: false,
    }),
  );
}
