/** The keys that webhooks are signed with: how one takes the place of another, and how one that was made is told again. */

import { scryptSync } from 'node:crypto';
import { Conflict } from './errors.ts';
import { bytesAgain } from './hash.ts';
import { secretOf } from './webhook.ts';

export interface SigningKey {
  id: string;
  /** The secret, encrypted; who may read it decrypts it. */
  sealed: string;
  createdAt: string;
  /** ISO 8601: not after; the newest key has none. */
  until?: string;
  /** By which the same secret is known again. Keys that are older than marks have none. */
  mark?: string;
  /** Where it was made with an Idempotency-Key: which, of what body, and what the secret was made of beside the caller's token. */
  repeat?: { key: string; requestHash: string; salt: string };
}

/** A request that may come again: its Idempotency-Key, with its scope, the body's hash, and the API key that it came with. */
export interface Repeatable {
  key: string;
  requestHash: string;
  callerToken: string;
}

/** A key that another has replaced is good for a day more: time to bring the new one to every receiver. */
export const oldKeySeconds = 86_400;

/**
 * The most that sign at once: the newest, and three whose day is not over. A request whose answer is lost, and its two
 * repetitions, leave the one that the receiver knows in its place.
 */
export const maxGoodKeys = 4;

/** Until when those are good that a key replaces which is made now. ISO 8601. */
export const oldKeysUntil = (now: string): string => new Date(Date.parse(now) + oldKeySeconds * 1000).toISOString();

/** With a new key before those that are good still. One more than the most ends the oldest at once. */
export function rotated(keys: readonly SigningKey[], fresh: SigningKey, now: string): SigningKey[] {
  const until = oldKeysUntil(now);
  const before = goodKeys(keys, now).slice(0, maxGoodKeys - 1);
  return [
    fresh,
    ...before.map((key) => ({ ...key, until: key.until !== undefined && key.until < until ? key.until : until })),
  ];
}

/** Those that sign now, the newest first. */
export const goodKeys = (keys: readonly SigningKey[], now: string): SigningKey[] =>
  keys.filter(({ until }) => until === undefined || until > now);

/** Makes a guess at a secret that a client chose itself cost 16 MB and some 50 ms. */
const slow = { N: 16_384, r: 8, p: 1 };
const markBytes = 32;

/** Tells nothing of the secret that a table's reader could try out quickly. */
export const markOf = (secret: string, keyId: string): string =>
  scryptSync(secret, keyId, markBytes, slow).toString('base64url');

/** Whether a key has this secret; not known of keys without a mark. */
export const hasSecret = ({ id, mark }: SigningKey, secret: string): boolean =>
  mark !== undefined && mark === markOf(secret, id);

/** The secret that this caller gets with a salt, always the same, and nobody else. */
export const secretWith = ({ callerToken }: Repeatable, salt: string): string =>
  secretOf(bytesAgain(callerToken, 'webhook', salt));

/**
 * The key that this request has made before, and its secret again. Throws Conflict where it was another body's, or came with
 * another API key of the same agent. Not found any more once more than the most have come after it.
 */
export function madeBefore(
  keys: readonly SigningKey[],
  asked: Repeatable,
): { key: SigningKey; secret: string } | undefined {
  const key = keys.find(({ repeat }) => repeat?.key === asked.key);
  if (!key?.repeat) return undefined;
  if (key.repeat.requestHash !== asked.requestHash)
    throw new Conflict('idempotency_conflict', 'This Idempotency-Key was used with another body.');
  const secret = secretWith(asked, key.repeat.salt);
  if (!hasSecret(key, secret))
    throw new Conflict('idempotency_conflict', 'This Idempotency-Key was used with another key of yours.');
  return { key, secret };
}
