import { describe, expect, it } from 'vitest';
import { isTerminal, mayBecome, type Status, statuses } from '../../core/lifecycle.ts';
import { axpAllows, axpStatuses, axpTerminal } from './axp.ts';

describe('the lifecycle', () => {
  it('has the statuses of AXP, and its terminal ones', () => {
    expect([...statuses]).toEqual(axpStatuses);
    expect(statuses.filter(isTerminal)).toEqual(axpTerminal);
  });

  const pairs = statuses.flatMap((from) => statuses.map((to): [Status, Status] => [from, to]));

  it.each(pairs.filter(([from, to]) => from !== to))('%s → %s as AXP says', (from, to) => {
    expect(mayBecome(from, to)).toBe(axpAllows(from, to));
  });

  it.each(statuses)('%s may stay what it is, unless it is terminal', (status) => {
    expect(mayBecome(status, status)).toBe(!axpTerminal.includes(status));
  });
});
