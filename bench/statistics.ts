/** Medians, percentiles, ratios, and how sure they are. */

/** The value below which the share `q` of the numbers lies, with a straight line between two neighbours. */
export function quantile(numbers: readonly number[], q: number): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  const at = (sorted.length - 1) * q;
  const below = sorted[Math.floor(at)] ?? Number.NaN;
  const above = sorted[Math.ceil(at)] ?? Number.NaN;
  return below + (above - below) * (at - Math.floor(at));
}

export const median = (numbers: readonly number[]): number => quantile(numbers, 0.5);
export const p95 = (numbers: readonly number[]): number => quantile(numbers, 0.95);

export interface Ratio {
  ratio: number;
  /** 95% of the resampled ratios lie between these. */
  low: number;
  high: number;
}

const resamples = 1000;

/**
 * Median of `ours` by the median of `theirs`. The interval comes from resampling runs (bootstrap): both sides of the same
 * run together, since they were taken one right after the other. The same numbers give the same interval.
 */
export function ratioOfMedians(ours: readonly number[], theirs: readonly number[]): Ratio {
  if (ours.length !== theirs.length || ours.length === 0) throw new Error('A ratio needs pairs.');
  const random = seeded(ours.length);
  const ratios = Array.from({ length: resamples }, () => {
    const drawn = ours.map(() => Math.floor(random() * ours.length));
    const of = (numbers: readonly number[]) => median(drawn.map((at) => numbers[at] ?? Number.NaN));
    return of(ours) / of(theirs);
  });
  return { ratio: median(ours) / median(theirs), low: quantile(ratios, 0.025), high: quantile(ratios, 0.975) };
}

/** What two halves of the same numbers differ by: the noise that no ratio can be read below. */
export function halves(numbers: readonly number[]): Ratio {
  const even = numbers.filter((_, at) => at % 2 === 0);
  const odd = numbers.filter((_, at) => at % 2 === 1);
  return ratioOfMedians(even.slice(0, odd.length), odd);
}

/** mulberry32: good enough to draw with, and the same each time. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}
