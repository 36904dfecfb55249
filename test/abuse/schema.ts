/** Values that a schema takes, made from the schema itself. */

import fc from 'fast-check';
import * as z from 'zod';
import { hostileText } from './hostile.ts';

interface Schema {
  $ref?: string;
  $defs?: Record<string, Schema>;
  anyOf?: Schema[];
  const?: unknown;
  enum?: unknown[];
  type?: string | string[];
  format?: string;
  pattern?: string;
  minLength?: number;
  maxLength?: number;
  minimum?: number;
  maximum?: number;
  items?: Schema;
  minItems?: number;
  maxItems?: number;
  properties?: Record<string, Schema>;
  required?: string[];
  additionalProperties?: Schema | boolean;
  oneOf?: Schema[];
}

/** What such a schema takes as input, now and then at its limits and with text that is meant to deceive. */
export const valuesOf = (schema: z.ZodType): fc.Arbitrary<unknown> => {
  const root = z.toJSONSchema(schema, { io: 'input' }) as Schema;
  return arbitraryOf(root, root.$defs ?? {}, 0);
};

function arbitraryOf(schema: Schema, defs: Record<string, Schema>, depth: number): fc.Arbitrary<unknown> {
  if (schema.$ref !== undefined) {
    const target = defs[schema.$ref.split('/').at(-1) ?? ''];
    return depth > 3 || !target ? fc.constant(depth) : arbitraryOf(target, defs, depth + 1);
  }
  const several = schema.anyOf ?? schema.oneOf;
  if (several) return fc.oneof(...several.map((one) => arbitraryOf(one, defs, depth + 1)));
  if (schema.const !== undefined) return fc.constant(schema.const);
  if (schema.enum) return fc.constantFrom(...schema.enum);
  if (Array.isArray(schema.type))
    return fc.oneof(...schema.type.map((type) => arbitraryOf({ ...schema, type }, defs, depth)));
  switch (schema.type) {
    case 'string':
      return textOf(schema);
    case 'integer':
      return fc.oneof(
        fc.integer({ min: Math.max(schema.minimum ?? 1, -1000), max: Math.min(schema.maximum ?? 1000, 100_000) }),
        fc.constantFrom(schema.minimum ?? 0, schema.maximum ?? 0),
      );
    case 'number':
      return fc.oneof(fc.integer(), fc.double({ noNaN: true, noDefaultInfinity: true }));
    case 'boolean':
      return fc.boolean();
    case 'null':
      return fc.constant(null);
    case 'array': {
      const max = Math.min(schema.maxItems ?? 4, 4);
      return fc.array(arbitraryOf(schema.items ?? {}, defs, depth + 1), {
        minLength: schema.minItems ?? 0,
        maxLength: max,
      });
    }
    case 'object':
      return objectOf(schema, defs, depth);
    default:
      throw new TypeError(`no values for ${JSON.stringify(schema)}`);
  }
}

function textOf({ format, pattern, minLength = 0, maxLength = 80 }: Schema): fc.Arbitrary<string> {
  if (format === 'uuid') return fc.uuid();
  if (format === 'date-time')
    return fc
      .oneof(
        fc.date({ min: new Date(Date.now() + 3_600_000), max: new Date('9990-01-01'), noInvalidDate: true }),
        fc.date({ noInvalidDate: true, min: new Date('0001-01-01'), max: new Date('9999-12-31') }),
      )
      .map((date) => date.toISOString());
  if (pattern !== undefined) return fc.stringMatching(new RegExp(pattern));
  const fitting = hostileText.filter(
    (text) => text.length >= minLength && text.length <= maxLength && wellFormed(text),
  );
  const plain = fc.string({ unit: 'grapheme-ascii', minLength, maxLength: Math.min(maxLength, minLength + 30) });
  return fc.oneof({ weight: 2, arbitrary: plain }, { weight: 2, arbitrary: fitting });
}

const wellFormed = (text: string): boolean => text.isWellFormed();

function objectOf(schema: Schema, defs: Record<string, Schema>, depth: number): fc.Arbitrary<unknown> {
  const { properties, additionalProperties, required = [] } = schema;
  if (properties) {
    const fields = Object.entries(properties).map(
      ([name, of]) => [name, arbitraryOf(of, defs, depth + 1)] as [string, fc.Arbitrary<unknown>],
    );
    return fc.record(Object.fromEntries(fields), { requiredKeys: required });
  }
  if (typeof additionalProperties !== 'object') return fc.constant({});
  const name = hostileText.filter((text) => text !== '__proto__' && text.length < 400 && wellFormed(text));
  return fc.dictionary(name, arbitraryOf(additionalProperties, defs, depth + 1), { maxKeys: 4 });
}
