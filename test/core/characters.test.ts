/** Our own count against an independent validator's, of the JSON Schema that we publish of it. */

import { Ajv2020 } from 'ajv/dist/2020.js';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import * as z from 'zod';
import { characters } from '../../core/characters.ts';

const unit = fc.constantFrom('a', 'ก', '😀', '\ud83d', '\ude00', '👩‍👩‍👧');
const bounds = fc.tuple(fc.nat({ max: 6 }), fc.nat({ max: 6 }));

it('takes as many characters as the schema that it is published with', () => {
  const ajv = new Ajv2020();
  fc.assert(
    fc.property(fc.string({ unit, maxLength: 14 }), bounds, (given, [least, more]) => {
      const schema = characters(least, least + more);
      expect(schema.safeParse(given).success).toBe(ajv.validate(z.toJSONSchema(schema), given));
    }),
  );
});

it('says what is wrong as any text does', () => {
  const complaints = (schema: z.ZodType, given: unknown) => schema.safeParse(given).error?.issues;
  for (const given of ['', 'abcd', 7])
    expect(complaints(characters(1, 3), given)).toEqual(complaints(z.string().min(1).max(3), given));
  expect(characters(1, 3, z.string().trim()).parse(' 😀😀😀 ')).toBe('😀😀😀');
});
