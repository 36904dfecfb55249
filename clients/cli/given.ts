/** Values that are given as JSON at the command line, in a file or on stdin, checked as the deployment itself reads them. */

import { readFileSync } from 'node:fs';
import { InvalidInput } from '../../core/errors.ts';
import type { Json, JsonObject } from '../../core/json.ts';
import { readJson } from '../../wire/json.ts';
import { stdinText } from './ask.ts';
import { exitCodes, Refused } from './outcome.ts';

/** How options say what they take. */
export const jsonHint = 'JSON, @FILE, or - for stdin';

/** An object from JSON, `@file` or `-`. `what` names it in the error. Throws Refused. */
export async function objectFrom(given: string, what: string): Promise<JsonObject> {
  const value = parsed(await textOf(given, what), what);
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
  throw new Refused(`${what} is a JSON object, such as '{"order_id": "A-1042"}'.`, exitCodes.usage);
}

async function textOf(given: string, what: string): Promise<string> {
  if (given === '-') return stdinText();
  return given.startsWith('@') ? fileText(given.slice(1), what) : given;
}

/** A file's text. Throws Refused. */
export function fileText(file: string, what: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new Refused(`${what}: ${file} can't be read (${(error as NodeJS.ErrnoException).code}).`, exitCodes.usage);
  }
}

/** Throws Refused with the place of what is wrong. */
export function parsed(text: string, what: string): Json {
  try {
    return readJson(text) as Json;
  } catch (error) {
    if (!(error instanceof InvalidInput)) throw error;
    const { field } = error.details;
    const at = typeof field === 'string' && field !== '(body)' ? ` (${field})` : '';
    throw new Refused(
      `${what}${at}: ${error.message.replace('The body', 'It')} It takes ${jsonHint}.`,
      exitCodes.usage,
    );
  }
}

/**
 * `name=text` or `name:=JSON`; dots in a name lead into objects. Later ones replace earlier ones.
 * For an option that may be given again.
 */
export function setIn(given: string, earlier: JsonObject = {}): JsonObject {
  const [, name = '', json, value = ''] = /^([^=]+?)(:?)=([\s\S]*)$/.exec(given) ?? [];
  const path = name.split('.');
  if (path.some((part) => part === '' || part in {}))
    throw new Refused(`${given}: write name=text, or name:=JSON for numbers, lists and yes or no.`, exitCodes.usage);
  return put(earlier, path, json ? parsed(value, name) : value);
}

function put(into: JsonObject, [first = '', ...rest]: string[], value: Json): JsonObject {
  if (rest.length === 0) return { ...into, [first]: value };
  const inner = into[first];
  const object = typeof inner === 'object' && inner !== null && !Array.isArray(inner) ? inner : {};
  return { ...into, [first]: put(object, rest, value) };
}
