/** What consumers of a queue share: one message fails alone, with its correlation id in the log. */

import { BatchProcessor, EventType, processPartialResponse } from '@aws-lambda-powertools/batch';
import type { SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda';
import type * as z from 'zod';
import { log } from './log.ts';
import { timely } from './timely.ts';

/** A handler that gives back the messages that failed, for the queue to deliver again and at last to park. */
export function queueConsumer<M extends { kind: string; traceId: string; intentId?: string }>(
  schema: z.ZodType<M>,
  consume: (message: M) => Promise<void>,
) {
  const processor = new BatchProcessor(EventType.SQS);
  const one = async (record: SQSRecord): Promise<void> => {
    const message = schema.parse(JSON.parse(record.body));
    log.resetKeys();
    log.appendKeys({ correlationId: message.traceId, intentId: message.intentId });
    try {
      await consume(message);
      log.info('paid', { kind: message.kind });
    } catch (error) {
      log.warn('not paid', { errorName: (error as Error).name, errorMessage: (error as Error).message });
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
