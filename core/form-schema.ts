/**
 * The part of JSON Schema (2020-12) that a page can ask for: objects, nested objects, scalars, enums, formats, arrays of scalars;
 * and notes that change nothing.
 */

import * as z from 'zod';
import { characters } from './characters.ts';

/** What a form may have at most: more is no form that a person fills in from a mail. */
export const formLimits = { fields: 60, depth: 4, choices: 100, textLength: 10_000, items: 100 };

const text = characters(1, 500);
const anyText = characters(0, formLimits.textLength);
const described = { title: text.optional(), description: text.optional(), $comment: text.optional() };
/** What JSON Schema lets be said of a value and checks nothing by: taken, and shown to nobody. A field is never filled in beforehand. */
const noted = <Value extends z.ZodType>(value: Value) => ({
  default: value.optional(),
  examples: z.array(value).max(formLimits.choices).optional(),
});
const count = z.int().min(0);
const length = count.max(formLimits.textLength);

/** Shown in this order by browsers, checked in the same words by the server. */
const formFormats = ['date', 'date-time', 'time', 'email', 'uri'] as const;

const words = z.strictObject({
  type: z.literal('string'),
  ...described,
  ...noted(anyText),
  enum: z.array(text).min(1).max(formLimits.choices).optional(),
  format: z.enum(formFormats).optional(),
  minLength: length.optional(),
  maxLength: length.min(1).optional(),
});
const number = z.strictObject({
  type: z.enum(['integer', 'number']),
  ...described,
  ...noted(z.number()),
  enum: z.array(z.number()).min(1).max(formLimits.choices).optional(),
  minimum: z.number().optional(),
  maximum: z.number().optional(),
  exclusiveMinimum: z.number().optional(),
  exclusiveMaximum: z.number().optional(),
  multipleOf: z.number().positive().optional(),
});
const yesNo = z.strictObject({ type: z.literal('boolean'), ...described, ...noted(z.boolean()) });
const scalar = z.discriminatedUnion('type', [words, number, yesNo]);
const list = z.strictObject({
  type: z.literal('array'),
  ...described,
  ...noted(z.array(z.union([anyText, z.number()])).max(formLimits.items)),
  items: z.discriminatedUnion('type', [words, number]),
  minItems: count.max(formLimits.items).optional(),
  maxItems: count.min(1).max(formLimits.items).optional(),
  uniqueItems: z.boolean().optional(),
});

/** Keys that every object has already would not be what they seem. */
const name = z
  .string()
  .regex(/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}$/)
  .refine((key) => !(key in {}), 'a name that objects have already');

const group = z.strictObject({
  type: z.literal('object'),
  ...described,
  get properties() {
    return z.record(name, part);
  },
  required: z.array(z.string()).max(formLimits.fields).optional(),
  additionalProperties: z.literal(false).optional(),
});
const part: z.ZodType<FormPart> = z.lazy(() => z.union([scalar, list, group])) as never;

export type FormScalar = z.infer<typeof scalar>;
export type FormList = z.infer<typeof list>;
export interface FormGroup {
  type: 'object';
  title?: string | undefined;
  description?: string | undefined;
  $comment?: string | undefined;
  properties: Record<string, FormPart>;
  required?: string[] | undefined;
  additionalProperties?: false | undefined;
}
export type FormPart = FormScalar | FormList | FormGroup;

const partsOf = (asked: FormPart): FormPart[] => (asked.type === 'object' ? Object.values(asked.properties) : []);
const fieldsIn = (asked: FormPart): number =>
  asked.type === 'object' ? partsOf(asked).reduce((sum, one) => sum + fieldsIn(one), 0) : 1;
const depthOf = (asked: FormPart): number =>
  asked.type === 'object' ? 1 + Math.max(0, ...partsOf(asked).map(depthOf)) : 0;
const unknownRequired = (asked: FormPart): boolean =>
  asked.type === 'object' &&
  ((asked.required ?? []).some((key) => !Object.hasOwn(asked.properties, key)) || partsOf(asked).some(unknownRequired));

/** A form that can be asked; what it can't show is refused with its path. */
export const formSchema = group
  .extend({ $schema: z.literal('https://json-schema.org/draft/2020-12/schema').optional() })
  .refine((form) => fieldsIn(form as FormGroup) >= 1, 'a form needs a field')
  .refine((form) => fieldsIn(form as FormGroup) <= formLimits.fields, `a form has at most ${formLimits.fields} fields`)
  .refine((form) => depthOf(form as FormGroup) <= formLimits.depth, `objects nest at most ${formLimits.depth} deep`)
  .refine((form) => !unknownRequired(form as FormGroup), '`required` names a field that is not there');
