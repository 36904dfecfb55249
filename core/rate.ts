/**
 * Requests of one key to one endpoint in a minute. Each instance of a function counts by itself, and tells the counter that
 * all share only now and then: after a tenth of what was left when it last knew. So who asks seldom costs no write, and the
 * nearer the limit is, the more often it is told. An instance can be as many requests behind as it has not told.
 */

export const rateWindowSeconds = 60;

/** What an instance knows of a key, an endpoint and a minute. */
export interface Rate {
  limit: number;
  /** What all instances had told, when this one last asked. */
  shared: number;
  /** What this one has not told. */
  own: number;
}

/** Untold requests are at most this part of what was left. */
const toldAfterPart = 10;

export const mayTell = ({ limit, shared, own }: Rate): boolean =>
  own >= Math.max(1, Math.floor((limit - shared) / toldAfterPart));

export const isOver = ({ limit, shared, own }: Rate): boolean => shared + own > limit;

export const remaining = ({ limit, shared, own }: Rate): number => Math.max(0, limit - shared - own);

/** The minute that a time (epoch ms) is in, and the whole seconds until it ends. */
export function minuteAt(now: number): { window: number; secondsLeft: number } {
  const window = Math.floor(now / 1000 / rateWindowSeconds);
  return { window, secondsLeft: Math.max(1, Math.ceil((window + 1) * rateWindowSeconds - now / 1000)) };
}
