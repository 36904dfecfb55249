/** What becomes of a message that its consumer could not work off. */

import type { Context, SQSRecord } from 'aws-lambda';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import * as z from 'zod';
import { queueConsumer } from '../../adapters/lambda/queue-consumer.ts';

vi.hoisted(() => {
  process.env.POWERTOOLS_LOG_LEVEL = 'SILENT';
});

const message = z.object({ kind: z.string(), traceId: z.string() });
const context = { getRemainingTimeInMillis: () => 10_000 } as Context;

const record = (id: string, receives: number, kind = id) =>
  ({
    messageId: id,
    receiptHandle: `receipt of ${id}`,
    body: JSON.stringify({ kind, traceId: 'trace-1' }),
    attributes: { ApproximateReceiveCount: String(receives) },
    eventSource: 'aws:sqs',
  }) as SQSRecord;

let postponed: [string, number][] = [];
beforeEach(() => {
  postponed = [];
});
const handler = queueConsumer(
  message,
  async ({ kind }) => {
    if (kind === 'bad') throw new Error('a passing fault');
  },
  async (receipt, seconds) => {
    postponed.push([receipt, seconds]);
  },
);
const handle = (...Records: SQSRecord[]) => handler({ Records }, context);

describe('a message that fails', () => {
  it('fails alone, and comes again soon', async () => {
    expect(await handle(record('one', 1), record('two', 1, 'bad'), record('three', 1))).toEqual({
      batchItemFailures: [{ itemIdentifier: 'two' }],
    });
    expect(postponed.map(([receipt]) => receipt)).toEqual(['receipt of two']);
  });

  it.each([
    { receives: 1, atMost: 5 },
    { receives: 2, atMost: 60 },
  ])('comes again within $atMost seconds after $receives tries', async ({ receives, atMost }) => {
    for (let i = 0; i < 200; i += 1) await handle(record('two', receives, 'bad'));
    const seconds = postponed.map(([, after]) => after);
    expect(seconds).toHaveLength(200);
    expect(Math.min(...seconds)).toBeGreaterThanOrEqual(1);
    expect(Math.max(...seconds)).toBeLessThanOrEqual(atMost);
    expect(new Set(seconds).size).toBeGreaterThan(1);
  });

  it.each([3, 4, 5])('is as late as the queue makes it after %i tries', async (receives) => {
    expect(await handle(record('two', receives, 'bad'))).toEqual({ batchItemFailures: [{ itemIdentifier: 'two' }] });
    expect(postponed).toEqual([]);
  });

  it('is not lost where it can not be had again sooner', async () => {
    const failing = queueConsumer(
      message,
      async () => {
        throw new Error('a passing fault');
      },
      async () => {
        throw new Error('no answer');
      },
    );
    const answer = await failing({ Records: [record('one', 1)] }, context);
    expect(answer).toEqual({ batchItemFailures: [{ itemIdentifier: 'one' }] });
  });
});
