import { createHash, randomBytes } from 'node:crypto';

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

/**
 * An id that looks like Stripe's: prefix, `_3`, 23 letters and digits.
 * With a `seed` the same id is made each time, so that seeded charges keep theirs over a reset.
 */
export function stripeId(prefix: string, seed?: string): string {
  const bytes = seed === undefined ? randomBytes(23) : createHash('sha256').update(seed).digest();
  let id = `${prefix}_3`;
  for (const byte of bytes.subarray(0, 23)) id += alphabet[byte % alphabet.length];
  return id;
}
