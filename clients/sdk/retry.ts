/** When a call is made again, and after how long. */

import { ApiError, ConnectionError } from './errors.ts';

/** What makes time pass; tests have their own. */
export interface Time {
  /** Epoch ms. */
  now(): number;
  /** Rejects with the signal's reason once it is aborted. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /** 0 to 1. */
  random(): number;
}

/** The first pause is up to this long, milliseconds, and each one after it up to twice as long as the one before. */
const baseMs = 200;
const maxPauseMs = 20_000;

/** A longer `Retry-After` is the caller's to wait for, seconds. */
const maxRetryAfterSeconds = 60;

/** Full jitter: anything up to the pause, so that clients who failed together do not come back together. */
const pauseMs = (attempt: number, { random }: Pick<Time, 'random'>): number =>
  random() * Math.min(maxPauseMs, baseMs * 2 ** attempt);

/** Worth another try: no answer, 429, 5xx. */
export const isPassing = (error: unknown): boolean =>
  error instanceof ConnectionError || (error instanceof ApiError && (error.status === 429 || error.status >= 500));

/** How long before another try: as long as the deployment says, with jitter on it; else with jitter alone. Milliseconds. */
export const pauseAfterMs = (error: unknown, attempt: number, time: Pick<Time, 'random'>): number =>
  toldSeconds(error) * 1000 + pauseMs(attempt, time);

const toldSeconds = (error: unknown): number => (error instanceof ApiError ? (error.retryAfterSeconds ?? 0) : 0);

/**
 * Runs until it works, at most `retries` times more. Throws what the last attempt threw, or the signal's reason.
 */
export async function retrying<T>(
  run: () => Promise<T>,
  { retries, signal, time }: { retries: number; signal?: AbortSignal | undefined; time: Time },
): Promise<T> {
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await run();
    } catch (error) {
      signal?.throwIfAborted();
      if (attempt >= retries || !isPassing(error) || toldSeconds(error) > maxRetryAfterSeconds) throw error;
      await time.sleep(pauseAfterMs(error, attempt, time), signal);
    }
  }
}

/** What is waited out, and up to when. */
export interface Waiting {
  time: Time;
  signal?: AbortSignal | undefined;
  /** Epoch ms: whatever is thrown after it is thrown on. */
  until?: number | undefined;
  /** By default what passes. */
  waits?: ((error: unknown) => boolean) | undefined;
}

/** Runs until there is an answer, however long that takes. Throws what is not waited out, or the signal's reason. */
export async function untilHeard<T>(
  run: () => Promise<T>,
  { time, signal, until = Number.POSITIVE_INFINITY, waits = isPassing }: Waiting,
): Promise<T> {
  for (let attempt = 0; ; attempt += 1)
    try {
      return await run();
    } catch (error) {
      signal?.throwIfAborted();
      const left = until - time.now();
      if (!waits(error) || left <= 0) throw error;
      await time.sleep(Math.min(pauseAfterMs(error, attempt, time), left), signal);
    }
}

export const realTime: Time = {
  now: () => Date.now(),
  random: () => Math.random(),
  sleep: (ms, signal) =>
    new Promise((done, failed) => {
      const stop = () => {
        clearTimeout(timer);
        failed(signal?.reason);
      };
      if (signal?.aborted) return failed(signal.reason);
      const timer = setTimeout(() => {
        signal?.removeEventListener('abort', stop);
        done();
      }, ms);
      signal?.addEventListener('abort', stop, { once: true });
    }),
};
