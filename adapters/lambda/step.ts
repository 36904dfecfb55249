/** What functions called by Step Functions share: input of any version up to a year old, correlation, errors by their names. */

import type { MiddlewareObj } from '@middy/core';
import * as z from 'zod';
import { log } from './log.ts';
import { timely } from './timely.ts';

/** A run's input. Fields may be added, never taken away or given another meaning. */
export const runInput = z.object({
  v: z.literal(1),
  tenant: z.string(),
  intentId: z.string(),
  generation: z.int().min(1),
  type: z.string(),
  traceId: z.string(),
  waitUntil: z.string(),
  rung: z.int().min(0),
});

interface Correlated {
  input?: { traceId?: unknown; intentId?: unknown; generation?: unknown };
}

const correlated = (): MiddlewareObj<Correlated> => ({
  before: ({ event }) => {
    log.resetKeys();
    log.appendKeys({
      correlationId: event.input?.traceId,
      intentId: event.input?.intentId,
      generation: event.input?.generation,
    });
  },
  onError: ({ error }) => {
    // Names of our own family are part of a run's normal course.
    log.warn('step ended with an error', { errorName: error?.name, errorMessage: error?.message });
  },
});

/** A handler for a state: parses its event, logs with the intent's correlation id, throws errors by name for Retry and Catch. */
export const stepHandler = <S extends z.ZodType, R>(
  event: S,
  run: (event: z.infer<S>, requestId: string) => Promise<R>,
) =>
  timely<Correlated, R>()
    .use(correlated())
    .handler((given, lambda) => run(event.parse(given), lambda.awsRequestId));
