/** `filter` of a list. Texts compare without regard to case, but for ids (RFC 7643: `caseExact`). */

import { type Filter, filter, parse } from 'scim2-parse-filter';
import { ScimError } from '../../wire/scim.ts';

const exact = new Set(['id', 'externalid', 'members', 'meta']);

const isExact = (path: string): boolean => exact.has((path.split('.')[0] ?? '').toLowerCase());

/** Whether a resource is meant. Throws ScimError `invalidFilter`. */
export function filterOf(text: string | undefined): (resource: object) => boolean {
  if (text === undefined) return () => true;
  let meant: (resource: object) => boolean;
  try {
    meant = filter(folded(parse(text)));
  } catch {
    throw new ScimError(400, 'This filter is not understood.', 'invalidFilter');
  }
  return (resource) => meant(foldedTexts(resource));
}

function folded(one: Filter): Filter {
  if ('filters' in one) return { ...one, filters: one.filters.map(folded) };
  if (one.op === 'not') return { ...one, filter: folded(one.filter) };
  if (one.op === '[]') return isExact(one.attrPath) ? one : { ...one, valFilter: folded(one.valFilter) };
  if (!('compValue' in one) || typeof one.compValue !== 'string' || isExact(one.attrPath)) return one;
  return { ...one, compValue: one.compValue.toLowerCase() };
}

const foldedTexts = (resource: object): object =>
  Object.fromEntries(Object.entries(resource).map(([key, value]) => [key, isExact(key) ? value : lower(value)]));

function lower(value: unknown): unknown {
  if (typeof value === 'string') return value.toLowerCase();
  if (Array.isArray(value)) return value.map(lower);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, lower(inner)]));
}
