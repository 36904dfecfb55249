/** Makes the key that a webhook is signed with. */

import { randomBytes } from 'node:crypto';
import type { ApiKey } from '../../adapters/keys.ts';
import { type HttpEvent, headerOf, keyOf } from '../../adapters/lambda/http.ts';
import { markOf, type Repeatable, type SigningKey, secretWith } from '../../core/signing-keys.ts';
import { secretBytes, secretOf } from '../../core/webhook.ts';
import { bodyHashOf, idempotency } from '../api/idempotency.ts';

/** What makes a request for a new secret one that can be repeated; nothing without an Idempotency-Key. Throws InvalidInput. */
export function repeatable(event: HttpEvent, caller: ApiKey, endpoint: string, body: unknown): Repeatable | undefined {
  const known = idempotency(headerOf(event, 'idempotency-key'), caller, endpoint, bodyHashOf(body));
  return known.idempotency && { ...known.idempotency, callerToken: keyOf(event) ?? '' };
}

interface With {
  id: string;
  now: string;
  seal: (secret: string) => Promise<string>;
}

/** Of a secret, sealed as it is given. */
export const keyWith = async (secret: string, { id, now, seal }: With): Promise<SigningKey> => ({
  id,
  sealed: await seal(secret),
  createdAt: now,
  mark: markOf(secret, id),
});

/** With a secret of ours. `asked`: the request can be repeated, and is told the same secret again. */
export async function newKey(given: With, asked?: Repeatable): Promise<{ key: SigningKey; secret: string }> {
  if (!asked) {
    const secret = secretOf(randomBytes(secretBytes.made));
    return { key: await keyWith(secret, given), secret };
  }
  const salt = randomBytes(secretBytes.made).toString('base64url');
  const secret = secretWith(asked, salt);
  const { key, requestHash } = asked;
  return { key: { ...(await keyWith(secret, given)), repeat: { key, requestHash, salt } }, secret };
}
