/** AWS calls as the proxy between functions and AWS has seen them. */

export interface Call {
  /** Name of the calling function. */
  app: string | null;
  action: string | null;
  /** Milliseconds of one clock; an answer that never came has none. */
  from: number;
  to?: number;
}

/**
 * The most calls of which each began when the one before was answered: calls side by side count once. By chance two that
 * are made side by side may not overlap, so the least of several runs is what is needed.
 */
export function longestChain(calls: readonly Call[]): number {
  let chain = 0;
  let free = Number.NEGATIVE_INFINITY;
  for (const { from, to = Number.POSITIVE_INFINITY } of [...calls].sort((a, b) => end(a) - end(b))) {
    if (from < free) continue;
    chain += 1;
    free = to;
  }
  return chain;
}

const end = ({ to }: Call): number => to ?? Number.POSITIVE_INFINITY;

/** Calls of each function, by its name. */
export function byFunction(calls: readonly Call[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { app } of calls) counts[app ?? 'unknown'] = (counts[app ?? 'unknown'] ?? 0) + 1;
  return counts;
}
