import middy from '@middy/core';
import { RetryableError } from '../../core/errors.ts';

/** Left of a function's time when it gives up by itself, milliseconds: enough to answer, and to log why. */
const giveUpMs = 100;

/**
 * What every handler starts from. A function that runs out of time says so under our own name, so that queues, state
 * machines and clients try again; how AWS names a function that it had to kill differs by version and caller.
 * What the late call still does is fenced: by the head's version, and by the owner of an effect.
 */
export const timely = <Event, Result>() =>
  middy<Event, Result>({
    timeoutEarlyInMillis: giveUpMs,
    timeoutEarlyResponse: () => {
      throw new RetryableError('Out of time.');
    },
  });
