import { createHash, createHmac } from 'node:crypto';
import { canonicalJson } from './json.ts';

/** SHA-256 of text, as 64 hex digits. */
export const sha256 = (text: string): string => createHash('sha256').update(text, 'utf8').digest('hex');

/** SHA-256 over canonical JSON: equal values have equal hashes. */
export const hashOf = (value: unknown): string => sha256(canonicalJson(value));

/**
 * 32 bytes for a secret that a repeated request makes again and nobody stores: of the token that the caller came with, what
 * the secret is for, and a salt that is kept.
 */
export const bytesAgain = (callerToken: string, what: 'key' | 'webhook' | 'invite', salt: string): Buffer =>
  createHmac('sha256', callerToken).update(`${what}\n${salt}`).digest();
