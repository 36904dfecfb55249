/**
 * Personal data of the audit chain. It stands beside the record, outside its hash; the record holds a salted hash of it.
 * So it can be erased and the chain still verifies, while what is still there is proven by the record.
 */

import { sha256 } from './hash.ts';
import { canonicalJson, type Json, type JsonObject } from './json.ts';

/** Marks a value in a Change's `data` as personal. */
export class Personal {
  /** Whose it is: the id of a person, or whatever name was given for one. `people erase` finds it by this. */
  readonly of: string;
  readonly value: Json;

  constructor(of: string, value: Json) {
    this.of = of;
    this.value = value;
  }
}

/** Something that a person said, or that is known of one: a comment, a mail address, what was filled in. */
export const personal = (of: string, value: Json): Personal => new Personal(of, value);

/** A person's id, where a record names one. */
export const person = (id: string): Personal => new Personal(id, id);

/** What a rule wishes to be recorded: JSON in which some values are marked as personal. */
export type Recordable = Json | Personal | readonly Recordable[] | RecordableObject;
export type RecordableObject = { readonly [key: string]: Recordable };

/** What stands in the record: SHA-256 over the salt and the value's canonical JSON. */
export interface Salted {
  salted: string;
}

/** What stands beside it. */
export interface PersonalSide {
  /** Where in the record its hash stands: a JSON pointer (RFC 6901). */
  at: string;
  of: string;
  /** Random, so that nobody finds the value by trying once this is gone. */
  salt: string;
  value: Json;
}

const saltedHash = (salt: string, value: Json): string => sha256(salt + canonicalJson(value));

/** Takes the marked values out of `given`. `at`: where it stands in the record. */
export function setAside(
  given: RecordableObject,
  at: string,
  newSalt: () => string,
): { clear: JsonObject; personal: PersonalSide[] } {
  const aside: PersonalSide[] = [];
  const walk = (value: Recordable, path: string): Json => {
    if (value instanceof Personal) {
      const side = { at: path, of: value.of, salt: newSalt(), value: value.value };
      aside.push(side);
      return { salted: saltedHash(side.salt, side.value) };
    }
    if (value === null || typeof value !== 'object') return value;
    return mapped(value as Recordable[] | RecordableObject, path, walk) as Json;
  };
  return { clear: walk(given, at) as JsonObject, personal: aside };
}

const step = (key: string | number): string => `/${String(key).replaceAll('~', '~0').replaceAll('/', '~1')}`;

/** The same list or object of other values; `change` is told where each stands. */
const mapped = <A, B>(
  value: readonly A[] | { readonly [key: string]: A },
  path: string,
  change: (value: A, path: string) => B,
) =>
  Array.isArray(value)
    ? value.map((one: A, index) => change(one, path + step(index)))
    : Object.fromEntries(Object.entries(value).map(([key, one]) => [key, change(one, path + step(key))]));

const isSalted = (value: unknown): value is Salted =>
  typeof value === 'object' &&
  value !== null &&
  Object.keys(value).length === 1 &&
  /^[0-9a-f]{64}$/.test(String((value as Salted).salted));

/** Where a record holds salted hashes, and which. */
function saltedIn(record: unknown): Map<string, string> {
  const found = new Map<string, string>();
  const walk = (value: unknown, path: string): void => {
    if (isSalted(value)) found.set(path, value.salted);
    else if (value !== null && typeof value === 'object') mapped(value as object & Record<string, unknown>, path, walk);
  };
  walk(record, '');
  return found;
}

/** A salted hash of a record: what it stands for is there, is gone, or is not what was recorded. */
export interface Mark {
  at: string;
  is: 'open' | 'erased' | 'altered';
}

/** Holds what stands beside a record against it. Never throws, whatever it is given. */
export function marksOf(record: unknown, beside: readonly unknown[]): Mark[] {
  const salted = saltedIn(record);
  const found = beside.map((given): Mark => {
    const { at: named, salt, value } = (given ?? {}) as Partial<PersonalSide>;
    const at = typeof named === 'string' ? named : '';
    const hash = salted.get(at);
    // Each hash is opened once: what stands for it a second time is too much.
    salted.delete(at);
    return { at, is: hash !== undefined && opens(hash, salt, value) ? 'open' : 'altered' };
  });
  return [...found, ...[...salted.keys()].map((at): Mark => ({ at, is: 'erased' }))];
}

function opens(salted: string, salt: unknown, value: unknown): boolean {
  try {
    return typeof salt === 'string' && saltedHash(salt, value as Json) === salted;
  } catch {
    return false;
  }
}

/** A record for a reader: the values in the place of their hashes, where they are still there. */
export function opened<R extends object>(record: R, beside: readonly PersonalSide[]): R {
  const values = new Map(beside.map(({ at, value }) => [at, value]));
  const walk = (value: unknown, path: string): unknown => {
    if (values.has(path)) return values.get(path);
    return value !== null && typeof value === 'object' ? mapped(value as Record<string, unknown>, path, walk) : value;
  };
  return walk(record, '') as R;
}
