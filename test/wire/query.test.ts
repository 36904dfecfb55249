import { expect, it } from 'vitest';
import * as z from 'zod';
import { givenIn } from '../../wire/query.ts';

const given = (query: string) => givenIn(new URLSearchParams(query));

it('a query gives what has a value, as it was meant', () => {
  expect(given('limit=5&cursor=&from=2026-11-22T00%3A00%3A00%2B01%3A00&nick=%40a+b')).toEqual({
    limit: '5',
    from: '2026-11-22T00:00:00+01:00',
    nick: '@a b',
  });
  expect(given('limit=&limit=5&limit')).toEqual({ limit: '5' });
  expect(given('')).toEqual({});
});

it('what comes twice is no text, but where there may be several', () => {
  expect(given('org_id=a&org_id=b')).toEqual({ org_id: ['a', 'b'] });
  expect(given('status=CREATED,WAITING&status=FAILED')).toEqual({ status: 'CREATED,WAITING,FAILED' });
});

it('a name is only a name', () => {
  const named = given('__proto__=1&constructor=2');
  expect(Object.keys(named)).toEqual(['__proto__', 'constructor']);
  expect(z.strictObject({}).safeParse(named).success).toBe(false);
});
