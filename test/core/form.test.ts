import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dataOf, errorsIn } from '../../core/form.ts';
import { type FormGroup, formSchema } from '../../core/form-schema.ts';
import { runs } from '../properties.ts';
import { fieldsOf, filledWith, formAndData, wrongFor } from './forms.ts';

const form = (properties: object, more: object = {}): FormGroup =>
  formSchema.parse({ type: 'object', properties, ...more }) as FormGroup;

describe('a form that can be asked', () => {
  it.each<[string, unknown]>([
    ['no object', { type: 'string' }],
    ['an object without fields', { type: 'object', properties: {} }],
    ['an unknown keyword', { type: 'object', properties: { a: { type: 'string', pattern: '(a+)+$' } } }],
    ['a reference', { type: 'object', properties: { a: { $ref: '#' } } }],
    ['one of several', { type: 'object', properties: { a: { oneOf: [] } } }],
    ['a list of objects', { type: 'object', properties: { a: { type: 'array', items: { type: 'object' } } } }],
    ['an unknown format', { type: 'object', properties: { a: { type: 'string', format: 'regex' } } }],
    ['a name with a slash', { type: 'object', properties: { 'a/b': { type: 'string' } } }],
    ['a name that objects have', { type: 'object', properties: { constructor: { type: 'string' } } }],
    ['a needed field that is not there', { type: 'object', properties: { a: { type: 'string' } }, required: ['b'] }],
    ['a deep one', { type: 'object', properties: { a: nested(5) } }],
    ['one without end', { type: 'object', properties: many(61) }],
    ['further fields allowed', { type: 'object', properties: { a: { type: 'string' } }, additionalProperties: true }],
  ])('is refused: %s', (_, asked) => {
    expect(formSchema.safeParse(asked).success).toBe(false);
  });

  it.each([
    ['a text as the default of a number', { type: 'integer', default: 'one' }],
    ['an object as a default', { type: 'string', default: { a: 1 } }],
    ['an example that is no list', { type: 'string', examples: 'a' }],
    ['a comment that is no text', { type: 'string', $comment: 1 }],
  ])('is refused: %s', (_, part) => {
    expect(formSchema.safeParse({ type: 'object', properties: { a: part } }).success).toBe(false);
  });

  it('may have notes, which fill nothing in and check nothing', () => {
    const asked = {
      $comment: 'for the clerk',
      properties: {
        text: { type: 'string', maxLength: 3, default: 'longer', examples: ['a', 'longer still'], $comment: 'short' },
        count: { type: 'integer', default: 7, examples: [1] },
        sure: { type: 'boolean', default: true, examples: [false] },
        many: { type: 'array', items: { type: 'string', default: 'x' }, default: ['x'], examples: [['y', 2]] },
      },
      required: ['count'],
    };
    const made = form(asked.properties, { required: asked.required, $comment: asked.$comment });
    const data = dataOf(made, () => []);
    expect(data).toEqual({});
    expect(errorsIn(made, data)).toEqual({ '/count': 'This is needed.' });
    expect(errorsIn(made, { count: 8, text: 'abc', sure: false, many: ['z'] })).toEqual({});
    expect(errorsIn(made, { count: 8, text: 'longer' })).toHaveProperty('/text');
  });

  it('takes every form that the properties make', () =>
    fc.assert(
      fc.property(formAndData, (made) => {
        expect(formSchema.safeParse(made.form).error).toBeUndefined();
      }),
    ));
});

function* leavesOf(value: unknown): Generator<unknown> {
  if (typeof value !== 'object' || value === null) yield value;
  else for (const one of Object.values(value)) yield* leavesOf(one);
}
function nested(depth: number): object {
  return depth === 0 ? { type: 'string' } : { type: 'object', properties: { a: nested(depth - 1) } };
}
function many(count: number): object {
  return Object.fromEntries(Array.from({ length: count }, (_, i) => [`f${i}`, { type: 'string' }]));
}

describe('what is filled in', () => {
  it('comes out as the data that a browser was given to send', () =>
    fc.assert(
      fc.property(formAndData, (made) => {
        const sent = filledWith(made.form, made.data);
        const data = dataOf(made.form, (name) => sent.get(name) ?? []);
        expect(data).toEqual(made.data);
        expect(errorsIn(made.form, data)).toEqual({});
      }),
      runs(500),
    ));

  it('is an error at its field, and at no other, for whichever is wrong', () =>
    fc.assert(
      fc.property(formAndData, fc.nat(), (made, n) => {
        const all = fieldsOf(made.form);
        const [at, part] = all[n % all.length] ?? ['', { type: 'boolean' }];
        const sent = filledWith(made.form, made.data).set(at, wrongFor(part as never));
        const data = dataOf(made.form, (name) => sent.get(name) ?? []);
        expect(Object.keys(errorsIn(made.form, data))).toEqual([at]);
      }),
      runs(500),
    ));

  it('empty fields are absent, and named where they are needed', () =>
    fc.assert(
      fc.property(formAndData, ({ form: asked }) => {
        const data = dataOf(asked, () => ['']);
        expect([...leavesOf(data)]).toEqual([]);
        const needed = (group: FormGroup, at: string): string[] =>
          (group.required ?? []).flatMap((key) => {
            const part = group.properties[key];
            return part?.type === 'object' ? needed(part, `${at}/${key}`) : [`${at}/${key}`];
          });
        expect(Object.keys(errorsIn(asked, data)).sort()).toEqual(needed(asked, '').sort());
      }),
    ));

  it('whatever is sent, what passes fits the schema by itself and nothing throws', () =>
    fc.assert(
      fc.property(formAndData, fc.array(fc.string(), { minLength: 1, maxLength: 3 }), ({ form: asked }, texts) => {
        const data = dataOf(asked, () => texts);
        const errors = errorsIn(asked, data);
        for (const sentence of Object.values(errors)) expect(sentence).toMatch(/^[A-Z].*\.$/);
        for (const at of Object.keys(errors)) expect([...filledWith(asked, {}).keys(), '']).toContain(at);
      }),
    ));

  it.each<[string, object, string, string]>([
    ['a word for a number', { type: 'integer' }, 'ten', 'Write a whole number.'],
    ['a fraction for a whole number', { type: 'integer' }, '1.5', 'Write a whole number.'],
    ['a number that none can hold', { type: 'integer' }, '9007199254740993', 'Write a whole number.'],
    ['a number beyond all', { type: 'number' }, '9'.repeat(400), 'Write a number.'],
    ['too little', { type: 'integer', minimum: 3 }, '2', 'Not less than 3.'],
    ['too much', { type: 'number', exclusiveMaximum: 3 }, '3', 'Less than 3.'],
    ['no multiple', { type: 'integer', multipleOf: 5 }, '7', 'A multiple of 5.'],
    ['too short', { type: 'string', minLength: 3 }, 'ab', 'At least 3 characters are needed.'],
    ['too long', { type: 'string', maxLength: 3 }, 'abcd', 'At most 3 characters are possible.'],
    ['none of the choices', { type: 'string', enum: ['x', 'y'] }, 'z', 'Choose one of those offered.'],
    ['no date', { type: 'string', format: 'date' }, '2026-02-30', 'Write a date, such as 2026-11-30.'],
    ['no address', { type: 'string', format: 'email' }, 'x', 'Write a mail address.'],
    ['neither yes nor no', { type: 'boolean' }, 'maybe', 'Choose one.'],
    ['one twice', { type: 'array', items: { type: 'string' }, uniqueItems: true }, 'a\na', 'Each may be there once.'],
    ['too few', { type: 'array', items: { type: 'string' }, minItems: 2 }, 'a', 'At least 2 are needed.'],
    ['a word in a list of numbers', { type: 'array', items: { type: 'integer' } }, '1\nx', 'Write a whole number.'],
  ])('%s is named at its field', (_, part, text, sentence) => {
    const asked = form({ a: part });
    expect(
      errorsIn(
        asked,
        dataOf(asked, () => [text]),
      ),
    ).toEqual({ '/a': sentence });
  });

  it('unknown fields are refused, at every level', () => {
    const asked = form({ a: { type: 'object', properties: { b: { type: 'string' } } } });
    expect(errorsIn(asked, { c: 1 })).toEqual({ '': 'This does not fit the form.' });
    expect(errorsIn(asked, { a: { b: 'x', c: 1 } })).toEqual({ '': 'This does not fit the form.' });
    expect(errorsIn(asked, { a: { b: 'x' } })).toEqual({});
  });

  it('a group that may be left out is checked once it is begun', () => {
    const asked = form({
      a: { type: 'object', properties: { b: { type: 'string' }, c: { type: 'string' } }, required: ['c'] },
    });
    expect(
      errorsIn(
        asked,
        dataOf(asked, () => []),
      ),
    ).toEqual({});
    const begun = dataOf(asked, (name) => (name === '/a/b' ? ['x'] : []));
    expect(errorsIn(asked, begun)).toEqual({ '/a/c': 'This is needed.' });
  });
});
