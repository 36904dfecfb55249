/** What a person filled in: from the names and texts of a page's form to data, checked against the schema that asked for it. */

import { type Schema, Validator } from '@cfworker/json-schema';
import type { FormGroup, FormList, FormPart, FormScalar } from './form-schema.ts';
import type { Json, JsonObject } from './json.ts';

/** Errors by place, a JSON pointer into the data (`/address/street`), each a sentence for the person. */
export type FormErrors = Record<string, string>;

/** All texts that the form holds under a name. Names are the places of the fields. */
export type Filled = (name: string) => string[];

/** The place of a part within a group. Names hold neither `/` nor `~`. */
export const placeOf = (group: string, key: string): string => `${group}/${key}`;

/** Data of the schema's shape. What was left empty is absent; what can't be read stays text, for the check to name it. */
export const dataOf = (schema: FormGroup, filled: Filled): JsonObject => groupIn(schema, '', filled);

function groupIn(schema: FormGroup, at: string, filled: Filled): JsonObject {
  const entries = Object.entries(schema.properties).flatMap(([key, part]) => {
    const value = partIn(part, placeOf(at, key), filled);
    // A group that is asked for is there, even where all in it may be left out.
    const left = value === undefined || (part.type === 'object' && isEmpty(value) && !schema.required?.includes(key));
    return left ? [] : [[key, value] as const];
  });
  return Object.fromEntries(entries);
}

/** Nothing was filled in, at whatever depth. */
const isEmpty = (value: Json): boolean => isObject(value) && Object.values(value).every(isEmpty);

function partIn(part: FormPart, at: string, filled: Filled): Json | undefined {
  if (part.type === 'object') return groupIn(part, at, filled);
  if (part.type === 'array') return listIn(part, filled(at));
  const text = filled(at)[0] ?? '';
  return text.trim() === '' ? undefined : scalarOf(part, text);
}

/** Chosen boxes, or a line for each item. */
function listIn(part: FormList, texts: string[]): Json[] | undefined {
  const lines = part.items.enum ? texts : texts.flatMap((text) => text.split('\n'));
  const items = lines.map((line) => line.trim()).filter((line) => line !== '');
  return items.length === 0 ? undefined : items.map((item) => scalarOf(part.items, item));
}

const aNumber = /^[+-]?\d+(\.\d+)?$/;

function scalarOf(part: FormScalar, text: string): Json {
  if (part.type === 'string') return part.enum || part.format ? text.trim() : text.replaceAll('\r\n', '\n');
  const word = text.trim();
  if (part.type === 'boolean') return word === 'true' || (word === 'false' ? false : word);
  const number = aNumber.test(word) ? Number(word) : Number.NaN;
  // What a number can't hold exactly would be something else than was written.
  const held = part.type === 'integer' ? Number.isSafeInteger(number) : Number.isFinite(number);
  return held ? number : word;
}

/** What is wrong with the data, by place; empty where it is as asked. */
export function errorsIn(schema: FormGroup, data: JsonObject): FormErrors {
  const errors: FormErrors = {};
  missing(schema, data, '', errors);
  // The validator writes into what it is given.
  const own = structuredClone(strict(schema)) as Schema;
  const found = new Validator(own, '2020-12', false).validate(data);
  for (const error of found.errors) {
    const at = error.instanceLocation.slice(1);
    const place = placeIn(schema, at);
    const said = place && sentenceFor(place.part, error.keyword);
    if (said) errors[place.at] ??= said;
  }
  if (!found.valid && Object.keys(errors).length === 0) errors[''] = 'This does not fit the form.';
  return errors;
}

/** Unknown fields are refused at every level. */
const strict = (part: FormPart): FormPart =>
  part.type === 'object'
    ? {
        ...part,
        additionalProperties: false,
        properties: Object.fromEntries(Object.entries(part.properties).map(([key, one]) => [key, strict(one)])),
      }
    : part;

/** A group that is asked for, or begun, needs its fields. */
function missing(group: FormGroup, data: JsonObject, at: string, errors: FormErrors): void {
  for (const [key, part] of Object.entries(group.properties)) {
    const value = Object.hasOwn(data, key) ? data[key] : undefined;
    const needed = group.required?.includes(key) === true;
    const place = placeOf(at, key);
    if (part.type !== 'object') {
      if (needed && value === undefined) errors[place] = 'This is needed.';
    } else if (needed || value !== undefined) missing(part, isObject(value) ? value : {}, place, errors);
  }
}

const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The field that a place belongs to: a list's, for a place within the list. */
function placeIn(schema: FormGroup, at: string): { part: FormScalar | FormList; at: string } | undefined {
  let group = schema;
  let place = '';
  for (const key of at.split('/').slice(1)) {
    const part = Object.hasOwn(group.properties, key) ? group.properties[key] : undefined;
    place = placeOf(place, key);
    if (!part) return undefined;
    if (part.type !== 'object') return { part, at: place };
    group = part;
  }
  return undefined;
}

const format = {
  date: 'Write a date, such as 2026-11-30.',
  'date-time': 'Write a date and time with its zone, such as 2026-11-30T09:00:00Z.',
  time: 'Write a time with its zone, such as 09:00:00Z.',
  email: 'Write a mail address.',
  uri: 'Write a whole address, such as https://example.com.',
};

interface Limits {
  type: string;
  format?: keyof typeof format | undefined;
  [limit: string]: unknown;
}

const ofScalar: Record<string, (part: Limits) => string> = {
  type: ({ type }) => ({ integer: 'Write a whole number.', number: 'Write a number.' })[type] ?? 'Choose one.',
  enum: () => 'Choose one of those offered.',
  format: (part) => (part.format ? format[part.format] : ''),
  minLength: (part) => `At least ${part.minLength} characters are needed.`,
  maxLength: (part) => `At most ${part.maxLength} characters are possible.`,
  minimum: (part) => `Not less than ${part.minimum}.`,
  maximum: (part) => `Not more than ${part.maximum}.`,
  exclusiveMinimum: (part) => `More than ${part.exclusiveMinimum}.`,
  exclusiveMaximum: (part) => `Less than ${part.exclusiveMaximum}.`,
  multipleOf: (part) => `A multiple of ${part.multipleOf}.`,
};

const ofList: Record<string, (part: Limits) => string> = {
  minItems: (part) => `At least ${part.minItems} are needed.`,
  maxItems: (part) => `At most ${part.maxItems} are possible.`,
  uniqueItems: () => 'Each may be there once.',
};

/** What a broken keyword says to the person; nothing for those that only say that something below them is broken. */
const sentenceFor = (part: FormScalar | FormList, keyword: string): string | undefined =>
  part.type === 'array' ? (ofList[keyword]?.(part) ?? ofScalar[keyword]?.(part.items)) : ofScalar[keyword]?.(part);
