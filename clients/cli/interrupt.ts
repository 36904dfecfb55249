/** Ctrl-C in commands that go on for long: they end in order, and a second one ends them at once. */

import { exitCodes } from './outcome.ts';

/** Runs `use` with a signal that Ctrl-C aborts. What `use` then throws is swallowed; the exit code says it was interrupted. */
export async function untilInterrupted<T>(use: (signal: AbortSignal) => Promise<T>): Promise<T | undefined> {
  const stopping = new AbortController();
  const stop = () => {
    if (stopping.signal.aborted) process.exit(exitCodes.interrupted);
    process.exitCode = exitCodes.interrupted;
    stopping.abort();
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, stop);
  try {
    return await use(stopping.signal);
  } catch (error) {
    if (stopping.signal.aborted) return undefined;
    throw error;
  } finally {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.off(signal, stop);
  }
}
