import { retryPausesSeconds } from '../../core/webhook.ts';

/** Tries of one message, over a night; then it goes to the dead-letter queue. */
export const maxTries = retryPausesSeconds.length + 1;
