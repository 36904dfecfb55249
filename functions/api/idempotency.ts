/** The same Idempotency-Key with the same body gives the first answer again, with another body a Conflict. */

import type { ApiKey } from '../../adapters/keys.ts';
import { Conflict, InvalidInput } from '../../core/errors.ts';
import { sha256 } from '../../core/hash.ts';
import { canonicalJson, type JsonObject } from '../../core/json.ts';
import type { Store } from '../../core/ports.ts';
import { maxBodyBytes } from '../../wire/json.ts';

/** Longest Idempotency-Key, characters (AXP). */
const maxIdempotencyKeyLength = 255;

/** The answer that this key was given before. Throws Conflict where it was another body's. */
export function firstAnswer(before: { requestHash: string; answer: JsonObject }, bodyHash: string): JsonObject {
  if (before.requestHash !== bodyHash)
    throw new Conflict('idempotency_conflict', 'This Idempotency-Key was used with another body.');
  return before.answer;
}

/**
 * What a request was answered first, if it comes again, also where it comes twice at once; else what `work` gives. With
 * `show` the answer is what it makes of that, things being as they are then: kept, and the same however they are later.
 */
export async function once<R extends object, A extends object = R>(
  store: Store,
  { tenant }: Pick<ApiKey, 'tenant'>,
  { idempotency: given }: { idempotency?: { key: string; requestHash: string } },
  work: () => Promise<R>,
  show?: (done: R) => Promise<A>,
): Promise<A> {
  if (!given) {
    const done = await work();
    return show ? show(done) : (done as unknown as A);
  }
  const done = await workedOnce(store, tenant, given, work);
  if (!show) return done as unknown as A;
  return (await store.keepShown(tenant, given, (await show(done)) as JsonObject)) as A;
}

async function workedOnce<R extends object>(
  store: Store,
  tenant: string,
  { key, requestHash }: { key: string; requestHash: string },
  work: () => Promise<R>,
): Promise<R> {
  const before = async () => {
    const found = await store.findAnswer(tenant, key);
    return found && (firstAnswer(found, requestHash) as unknown as R);
  };
  const known = await before();
  if (known) return known;
  try {
    return await work();
  } catch (error) {
    const meanwhile = await before();
    if (meanwhile) return meanwhile;
    throw error;
  }
}

/** Scope: tenant (by its row's key), caller, endpoint (method and path), key. */
export function idempotency(
  key: string | undefined,
  caller: Pick<ApiKey, 'agent'>,
  endpoint: string,
  requestHash: string,
): { idempotency?: { key: string; requestHash: string } } {
  if (key === undefined) return {};
  if (key.length === 0 || key.length > maxIdempotencyKeyLength)
    throw new InvalidInput(`An Idempotency-Key has 1 to ${maxIdempotencyKeyLength} characters.`, {
      field: 'Idempotency-Key',
    });
  return { idempotency: { key: sha256(`${caller.agent}\n${endpoint}\n${key}`), requestHash } };
}

/** The hash of a body, whatever the order of its keys. Throws as `textOf` does. */
export const bodyHashOf = (body: unknown): string => sha256(textOf(body));

/**
 * The body as it is hashed and kept. Throws InvalidInput for text that no JSON can carry unharmed (lone surrogates), and
 * where it is too large once its numbers are written out: `1e20` takes 21 digits.
 */
function textOf(body: unknown): string {
  let text: string;
  try {
    text = canonicalJson(body);
  } catch {
    throw new InvalidInput('The body holds text that is not valid Unicode.', { field: '(body)' });
  }
  if (Buffer.byteLength(text) <= maxBodyBytes) return text;
  const limit = { limit_bytes: maxBodyBytes };
  throw new InvalidInput(`Written out, a body has at most ${maxBodyBytes} bytes.`, limit, 'payload_too_large');
}
