import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InvalidInput } from '../../core/errors.ts';
import { readJson } from '../../wire/json.ts';
import { runs } from '../properties.ts';

const fieldOf = (text: string): unknown => {
  try {
    return { taken: readJson(text) };
  } catch (error) {
    return error instanceof InvalidInput ? error.details.field : error;
  }
};

describe('JSON that comes in', () => {
  it('is read as everybody reads it', () =>
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 6 }), fc.constantFrom(undefined, 2, '\t'), (value, space) => {
        const text = JSON.stringify(value, null, space);
        if (!text.includes('"__proto__"')) expect(readJson(text)).toEqual(JSON.parse(text));
      }),
      runs(500),
    ));

  it.each([
    ['{"a":1,"a":1}', 'a'],
    ['{"a":1,"b":{"a":2},"\\u0061":3}', 'a'],
    ['{"list":[{"a":1},{"a":1,"b":2,"a":3}]}', 'list.1.a'],
    ['[[],[{"":1,"":2}]]', '1.0.'],
  ])('%s has a field twice, and the path says which', (text, field) => {
    expect(fieldOf(text)).toBe(field);
  });

  it.each(['{"a":{"a":1},"b":[{"a":1},{"a":1}]}', '{"a:b":"{\\"a\\":1,","c":"}"}', '["a","a"]', '{"a":"a","b":"a"}'])(
    '%s has none twice',
    (text) => {
      expect(fieldOf(text)).toEqual({ taken: JSON.parse(text) });
    },
  );

  it.each(['9007199254740993', '-9007199254740993', '9223372036854775807', '1e999', '-1e999', '1'.repeat(400)])(
    '%s would be another number',
    (number) => {
      expect(fieldOf(`{"a":[0,${number}]}`)).toBe('a.1');
    },
  );

  it.each([
    '0',
    '-0',
    '9007199254740992',
    '9223372036854775808',
    '100000000000000000000',
    '1e20',
    '0.1',
    '1e-7',
    '1e-999',
  ])('%s is the number it says, or as near as any fraction', (number) => {
    expect(fieldOf(number)).toEqual({ taken: Number(number) });
  });

  it.each([
    ['{"a":[{"b":"\\ud800"}]}', 'a.0.b'],
    ['["x","\\uDC00\\uD800"]', '1'],
    ['{"a":{"b":1,"\\udfff":1}}', 'a.'],
  ])('%s holds half a character', (text, field) => {
    expect(fieldOf(text)).toBe(field);
  });

  it('keeps whole ones, however they are written', () => {
    expect(fieldOf('["\\ud83d\\ude00","\\\\ud800"]')).toEqual({ taken: ['😀', '\\ud800'] });
  });

  it('that objects would lose a name of, or that is too deep, is refused', () => {
    expect(fieldOf('{"a":[{"__proto__":1}]}')).toBe('a.0.__proto__');
    expect(fieldOf(`${'['.repeat(32)}${']'.repeat(32)}`)).toHaveProperty('taken');
    for (const depth of [33, 60_000]) expect(fieldOf(`${'['.repeat(depth)}${']'.repeat(depth)}`)).toBe('(body)');
  });

  it.each(['', '{', '{"a":1,}', "{'a':1}", '\ufeff{}', '{}{}', 'NaN', '01', '/**/{}'])('%j is none', (text) => {
    expect(fieldOf(text)).toBe('(body)');
  });
});
