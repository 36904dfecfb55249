/** Waiting for a condition, for as long as it takes and no longer. */

const pollMilliseconds = 25;

/**
 * Asks `condition` until it gives something other than false, null or undefined, and returns that.
 * Rejects with `what` after `seconds`, and at once with whatever `condition` throws.
 */
export async function until<T>(
  what: string,
  seconds: number,
  condition: () => Promise<T | false | null | undefined> | T | false | null | undefined,
): Promise<T> {
  const deadline = Date.now() + seconds * 1000;
  for (;;) {
    const value = await condition();
    if (value !== false && value !== null && value !== undefined) return value;
    if (Date.now() > deadline) throw new Error(`Waited ${seconds} s in vain: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, pollMilliseconds));
  }
}
