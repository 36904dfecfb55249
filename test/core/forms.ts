/** Any form that can be asked, and data that fits it, for properties. */

import fc from 'fast-check';
import type { FormGroup, FormList, FormPart, FormScalar } from '../../core/form-schema.ts';
import type { Json, JsonObject } from '../../core/json.ts';

/** Text that a page must survive, and that a form gives back as it was. */
export const anyText = fc.oneof(
  fc.string({ unit: 'grapheme', minLength: 1, maxLength: 30 }),
  fc.constantFrom('<script>alert(1)</script>', '"><img src=x>', "' onfocus='x", '\u202eabc', '&amp;', '0', 'false'),
);
const label = anyText.filter((text) => text.trim() !== '');
const titled = fc.record({ title: label, description: label, $comment: label }, { requiredKeys: [] });

/** A kind of field, with values that fit it. */
interface Kind {
  part: FormPart;
  value: fc.Arbitrary<Json>;
}

const words = fc.uniqueArray(
  label.map((text) => text.trim()),
  { minLength: 1, maxLength: 5 },
);
/** Lines are what a list is written as; a text's own line ends are what a browser makes of them. */
const line = label.map((text) => text.replaceAll(/[\r\n]/g, ' ').trim()).filter((text) => text !== '');

const kind: fc.Arbitrary<Kind> = fc.oneof(
  fc.record({ min: fc.nat(3), extra: fc.integer({ min: 1, max: 50 }) }).map(({ min, extra }) => ({
    part: { type: 'string' as const, minLength: min, maxLength: min + extra },
    value: fc
      .string({ minLength: Math.max(1, min), maxLength: min + extra })
      .filter((text) => text.trim() !== '' && !text.includes('\r')),
  })),
  words.map((given) => ({ part: { type: 'string' as const, enum: given }, value: fc.constantFrom(...given) })),
  fc.constant({
    part: { type: 'string' as const, format: 'date' as const },
    value: fc
      .date({ min: new Date('1970-01-01'), max: new Date('2999-12-31'), noInvalidDate: true })
      .map((date) => date.toISOString().slice(0, 10)),
  }),
  fc.constant({ part: { type: 'string' as const, format: 'email' as const }, value: fc.constant('a.b@example.com') }),
  fc.tuple(fc.integer({ min: -1e6, max: 1e6 }), fc.nat(1000)).map(([minimum, width]) => ({
    part: { type: 'integer' as const, minimum, maximum: minimum + width },
    value: fc.integer({ min: minimum, max: minimum + width }),
  })),
  fc.constant({ part: { type: 'number' as const }, value: fc.integer({ min: -1e6, max: 1e6 }).map((n) => n / 100) }),
  fc.constant({
    part: { type: 'string' as const, format: 'date-time' as const },
    value: fc.constantFrom('2026-11-30T09:00:00Z', '2026-11-30T09:00:00.5+01:00'),
  }),
  fc.constant({
    part: { type: 'string' as const, format: 'time' as const },
    value: fc.constantFrom('09:00:00Z', '23:59:59+05:30'),
  }),
  fc.constant({
    part: { type: 'string' as const, format: 'uri' as const },
    value: fc.constantFrom('https://example.com/a?b=c&d=%20#e', 'urn:isbn:0451450523'),
  }),
  fc.tuple(fc.integer({ min: -100, max: 100 }), fc.integer({ min: 2, max: 50 })).map(([from, width]) => ({
    part: { type: 'number' as const, exclusiveMinimum: from, exclusiveMaximum: from + width },
    value: fc.integer({ min: from * 10 + 1, max: (from + width) * 10 - 1 }).map((n) => n / 10),
  })),
  fc.integer({ min: 2, max: 50 }).map((step) => ({
    part: { type: 'integer' as const, multipleOf: step },
    value: fc.integer({ min: -100, max: 100 }).map((n) => n * step),
  })),
  fc.uniqueArray(fc.integer({ min: -99, max: 99 }), { minLength: 1, maxLength: 5 }).map((given) => ({
    part: { type: 'integer' as const, enum: given },
    value: fc.constantFrom(...given),
  })),
  fc.constant({
    part: { type: 'array' as const, items: { type: 'integer' as const }, maxItems: 3 },
    value: fc.array(fc.integer({ min: -99, max: 99 }), { minLength: 1, maxLength: 3 }),
  }),
  fc.constant({ part: { type: 'boolean' as const }, value: fc.boolean() }),
  fc.constant({
    part: { type: 'array' as const, items: { type: 'string' as const }, minItems: 1, maxItems: 5 },
    value: fc.array(line, { minLength: 1, maxLength: 5 }),
  }),
  words.map((given) => ({
    part: { type: 'array' as const, items: { type: 'string' as const, enum: given }, uniqueItems: true },
    value: fc.subarray(given, { minLength: 1 }),
  })),
);

const key = fc.stringMatching(/^[a-z][a-z0-9_]{0,8}$/).filter((name) => !(name in {}));

const group = (depth: number): fc.Arbitrary<{ part: FormGroup; value: fc.Arbitrary<JsonObject> }> =>
  fc
    .tuple(
      fc.dictionary(
        key,
        depth > 1
          ? fc.oneof(
              { weight: 4, arbitrary: kind },
              { weight: 1, arbitrary: fc.constant(depth).chain((d) => group(d - 1)) },
            )
          : kind,
        {
          minKeys: 1,
          maxKeys: 4,
          noNullPrototype: true,
        },
      ),
      titled,
      fc.infiniteStream(fc.boolean()),
    )
    .map(([kinds, shown, coins]) => {
      const needed = Object.keys(kinds).filter(() => coins.next().value);
      return {
        part: {
          type: 'object' as const,
          ...shown,
          properties: Object.fromEntries(Object.entries(kinds).map(([name, one]) => [name, { ...shown, ...one.part }])),
          ...(needed.length > 0 ? { required: needed } : {}),
        },
        value: fc.record(
          Object.fromEntries(Object.entries(kinds).map(([name, one]) => [name, one.value])),
        ) as fc.Arbitrary<JsonObject>,
      };
    });

/** A form with data that fits it. */
export const formAndData: fc.Arbitrary<{ form: FormGroup; data: JsonObject }> = group(3).chain(({ part, value }) =>
  value.map((data) => ({ form: part, data })),
);

/** What a browser sends for data: every field's texts by name. */
export function filledWith(form: FormGroup, data: JsonObject, at = ''): Map<string, string[]> {
  const sent = new Map<string, string[]>();
  for (const [name, part] of Object.entries(form.properties)) {
    const value = data[name];
    const place = `${at}/${name}`;
    if (part.type === 'object')
      for (const [k, v] of filledWith(part, (value ?? {}) as JsonObject, place)) sent.set(k, v);
    else if (part.type === 'array') {
      const items = ((value ?? []) as Json[]).map(String);
      sent.set(place, part.items.enum ? items : [items.join('\r\n')]);
    } else sent.set(place, value === undefined ? [''] : [String(value).replaceAll('\n', '\r\n')]);
  }
  return sent;
}

/** What a browser might send for a field that its schema refuses. */
export function wrongFor(part: FormScalar | FormList): string[] {
  if (part.type === 'array')
    return part.items.enum || part.items.type !== 'string' ? ['none of these'] : ['a\nb\nc\nd\ne\nf'];
  if (part.type === 'string' && !part.enum && !part.format) return ['y'.repeat((part.maxLength ?? 0) + 1)];
  return ['none of these'];
}

/** The fields that a form asks for, by place. */
export const fieldsOf = (form: FormGroup, at = ''): [string, FormScalar | FormList][] =>
  Object.entries(form.properties).flatMap(([name, part]): [string, FormScalar | FormList][] =>
    part.type === 'object' ? fieldsOf(part, `${at}/${name}`) : [[`${at}/${name}`, part]],
  );
