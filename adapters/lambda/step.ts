/** What functions called by Step Functions share: correlation, errors by their names. */

import type { MiddlewareObj } from '@middy/core';
import type * as z from 'zod';
import { log } from './log.ts';
import { timely } from './timely.ts';

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
