import canonicalize from 'canonicalize';

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
export type JsonObject = { [key: string]: Json };

/** Without what is not there. */
export const present = (parts: object): Record<string, unknown> =>
  Object.fromEntries(Object.entries(parts).filter(([, value]) => value !== undefined));

/**
 * Canonical JSON (RFC 8785): the one text that stands for a value, whatever order its keys came in.
 * Throws on what JSON can't hold (NaN, Infinity, lone surrogates).
 */
export function canonicalJson(value: unknown): string {
  const text = canonicalize(value);
  if (text === undefined) throw new TypeError('a value that JSON cannot hold');
  return text;
}
