import { describe, expect, it } from 'vitest';
import { orderOf } from '../../bench/timing.ts';

const levels = [100, 1000, 10_000, 100_000];
const key = ({ level, side }: { level: number; side: string }) => `${side} ${level}`;

describe('the order of a run', () => {
  it('has each side at each level once', () => {
    for (const run of [0, 1, 2, 7]) expect(new Set(orderOf(run, levels).map(key)).size).toBe(8);
  });

  it('takes both sides of a level one right after the other', () => {
    for (let run = 0; run < 8; run += 1) {
      const order = orderOf(run, levels);
      for (let at = 0; at < order.length; at += 2) expect(order[at]?.level).toBe(order[at + 1]?.level);
    }
  });

  it('has each side first as often as second, at each level', () => {
    const firsts = Array.from({ length: 8 }, (_, run) => orderOf(run, levels)).flatMap((order) =>
      order.filter((_, at) => at % 2 === 0).map(key),
    );
    for (const level of levels)
      for (const side of ['holdpoint', 'bare'])
        expect(firsts.filter((one) => one === `${side} ${level}`)).toHaveLength(4);
  });

  it('has each level at each place', () => {
    const places = Array.from({ length: 4 }, (_, run) => orderOf(run, levels)[0]?.level);
    expect(new Set(places)).toEqual(new Set(levels));
  });
});
