/** Waiting for a condition, for as long as it takes and no longer. */

const soonestMilliseconds = 25;
const latestMilliseconds = 250;
/** Of what it has waited so far: whoever waits long asks seldom, and learns of it a tenth later at most. */
const share = 0.1;

/**
 * Asks `condition`, the longer the less often, until it gives something other than false, null or undefined, and returns that.
 * Rejects with `what` after `seconds`, and at once with whatever `condition` throws.
 */
export async function until<T>(
  what: string,
  seconds: number,
  condition: () => Promise<T | false | null | undefined> | T | false | null | undefined,
): Promise<T> {
  const begun = Date.now();
  for (;;) {
    const value = await condition();
    if (value !== false && value !== null && value !== undefined) return value;
    const waited = Date.now() - begun;
    if (waited > seconds * 1000) throw new Error(`Waited ${seconds} s in vain: ${what}`);
    const pause = Math.min(Math.max(waited * share, soonestMilliseconds), latestMilliseconds);
    await new Promise((resolve) => setTimeout(resolve, pause));
  }
}
