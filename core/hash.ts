import { createHash } from 'node:crypto';
import { canonicalJson } from './json.ts';

/** SHA-256 of text, as 64 hex digits. */
export const sha256 = (text: string): string => createHash('sha256').update(text, 'utf8').digest('hex');

/** SHA-256 over canonical JSON: equal values have equal hashes. */
export const hashOf = (value: unknown): string => sha256(canonicalJson(value));
