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

/** Soon at first, later as the queue makes it. */
const pauseOf = (attempt: number): number | undefined => {
  const atMost = soonSeconds[attempt - 1];
  return atMost === undefined ? undefined : 1 + Math.floor(Math.random() * atMost);
};

/**
 * A handler that gives back the messages that failed, for the queue to deliver again and at last to park.
 *
 * @param consume is told which try it is, from 1
 * @param pause seconds after a failed try; undefined: what the queue makes it
 * @param parallel works off a batch's messages at the same time: where each waits for somebody else
 */
export function queueConsumer<M extends { kind: string; traceId: string; intentId?: string }>(
  schema: z.ZodType<M>,
  consume: (message: M, attempt: number) => Promise<void>,
  postpone: Postpone,
  {
    pause = pauseOf,
    parallel = false,
  }: { pause?: (attempt: number, error: Error) => number | undefined; parallel?: boolean } = {},
) {
  const processor = new BatchProcessor(EventType.SQS);
  /** Nothing is lost where it can't be done: the queue's own time is only longer. */
  const comeAgain = async ({ receiptHandle }: SQSRecord, seconds: number | undefined): Promise<void> => {
    if (seconds === undefined) return;
    await postpone(receiptHandle, seconds).catch(({ name }: Error) => log.warn('not postponed', { errorName: name }));
  };
  const one = async (record: SQSRecord): Promise<void> => {
    const message = schema.parse(JSON.parse(record.body));
    log.resetKeys();
    log.appendKeys({ correlationId: message.traceId, intentId: message.intentId });
    // What is recorded (test/corpus) has only a body.
    const attempt = Number(record.attributes?.ApproximateReceiveCount ?? 1);
    try {
      await consume(message, attempt);
      log.info('paid', { kind: message.kind });
    } catch (error) {
      log.warn('not paid', { errorName: (error as Error).name, errorMessage: (error as Error).message });
      await comeAgain(record, pause(attempt, error as Error));
      throw error;
    }
  };
  return timely<SQSEvent, SQSBatchResponse>().handler((event, context) =>
    processPartialResponse(event, one, processor, {
      context,
      processInParallel: parallel,
      throwOnFullBatchFailure: false,
    }),
  );
}
