import { describe, expect, it } from 'vitest';
import { byFunction, longestChain } from '../../bench/calls.ts';

const call = (from: number, to: number | undefined, app = 'api') => ({
  app,
  action: 'DynamoDB_20120810.GetItem',
  from,
  ...(to !== undefined && { to }),
});

describe('the longest chain of calls', () => {
  it('counts calls one after the other', () => {
    expect(longestChain([call(0, 1), call(1, 2), call(5, 6)])).toBe(3);
  });

  it('counts calls side by side once', () => {
    expect(longestChain([call(0, 3), call(1, 2), call(1, 4), call(5, 6)])).toBe(2);
  });

  it('is not shortened by a long call beside several short ones', () => {
    expect(longestChain([call(0, 10), call(1, 2), call(3, 4), call(5, 6)])).toBe(3);
  });

  it('takes a call without an answer as the last', () => {
    expect(longestChain([call(0, 1), call(2, undefined)])).toBe(2);
    expect(longestChain([call(0, undefined), call(2, undefined)])).toBe(1);
    expect(longestChain([])).toBe(0);
  });
});

it('calls are counted by function', () => {
  expect(byFunction([call(0, 1), call(1, 2, 'mail'), call(2, 3)])).toEqual({ api: 2, mail: 1 });
});
