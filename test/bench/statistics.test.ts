import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { halves, median, p95, quantile, ratioOfMedians } from '../../bench/statistics.ts';

describe('quantiles', () => {
  it('are those of the sorted numbers', () => {
    expect(median([3, 1, 2])).toBe(2);
    expect(median([4, 1, 3, 2])).toBe(2.5);
    expect(p95(Array.from({ length: 101 }, (_, n) => n))).toBe(95);
    expect(quantile([7], 0.95)).toBe(7);
  });

  it('lie between the least and the most, in order', () => {
    fc.assert(
      fc.property(fc.array(fc.integer(), { minLength: 1 }), (numbers) => {
        const found = [0, 0.5, 0.95, 1].map((q) => quantile(numbers, q));
        expect(found).toEqual([...found].sort((a, b) => a - b));
        expect([found[0], found[3]]).toEqual([Math.min(...numbers), Math.max(...numbers)]);
      }),
    );
  });
});

describe('a ratio of medians', () => {
  const wave = (length: number) => Array.from({ length }, (_, n) => 100 + 20 * Math.sin(n * 7));

  it('of the same numbers is 1, surely', () => {
    expect(ratioOfMedians(wave(50), wave(50))).toEqual({ ratio: 1, low: 1, high: 1 });
  });

  it('of double numbers is 2, surely, as pairs are drawn together', () => {
    const doubled = wave(50).map((time) => 2 * time);
    expect(ratioOfMedians(doubled, wave(50))).toEqual({ ratio: 2, low: 2, high: 2 });
  });

  it('of unlike noise has an interval around it that the same numbers give again', () => {
    const other = wave(60).toReversed();
    const found = ratioOfMedians(wave(60), other);
    expect(found.low).toBeLessThan(found.ratio);
    expect(found.high).toBeGreaterThan(found.ratio);
    expect(ratioOfMedians(wave(60), other)).toEqual(found);
  });

  it('needs pairs', () => {
    expect(() => ratioOfMedians([1, 2], [1])).toThrow('pairs');
    expect(() => ratioOfMedians([], [])).toThrow('pairs');
  });

  it('of two halves of the same is that of every second number by the others', () => {
    expect(halves([10, 5, 10, 5, 10]).ratio).toBe(2);
  });
});
