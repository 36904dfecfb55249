/** An agent goes on with an intent of its own: it answers what people have asked to be changed. */

import type { ApiKey } from '../../adapters/keys.ts';
import { perform } from '../../core/commit.ts';
import { Conflict, NotFound } from '../../core/errors.ts';
import type { IntentType } from '../../core/intent-type.ts';
import type { JsonObject } from '../../core/json.ts';
import { isTerminal } from '../../core/lifecycle.ts';
import type { Head, IntentRef } from '../../core/model.ts';
import type { Context, Store } from '../../core/ports.ts';
import { revise } from '../../core/rules/revise.ts';
import { invalidBody } from '../../wire/errors.ts';
import { resumeIntent } from '../../wire/intents.ts';
import { bodyHashOf, firstAnswer, idempotency } from './idempotency.ts';

interface Request {
  body: unknown;
  idempotencyKey: string | undefined;
  context: () => Context;
  typeOf: (head: Head) => IntentType | undefined;
}

/**
 * Takes a new payload in as the intent's next revision. Throws InvalidInput with the field's path, Conflict `intent_terminal`,
 * and what `revise` throws; with an Idempotency-Key, what it was answered first, or Conflict.
 */
export async function resume(
  store: Store,
  caller: ApiKey,
  ref: IntentRef,
  { body, idempotencyKey, context, typeOf }: Request,
): Promise<object> {
  const state = await store.load(ref);
  const type = state && typeOf(state.head);
  if (!type) throw new NotFound('intent');
  const refused = (why: Error): Error => (isTerminal(state.head.status) ? ended(state.head) : why);
  const parsed = resumeIntent.safeParse(body);
  if (!parsed.success) throw refused(invalidBody(parsed.error));
  const payload = type.payload.safeParse(parsed.data.payload);
  if (!payload.success) throw refused(invalidBody(payload.error, ['payload']));
  const bodyHash = bodyHashOf(body);
  const known = idempotency(idempotencyKey, caller, `POST /v1/intents/${ref.intentId}/resume`, bodyHash);
  const answer = { from: caller.agent, payload: payload.data as JsonObject, ...known };
  try {
    return await perform(store, ref, { request: true }, context, (now, at) => revise(now, answer, type, at));
  } catch (error) {
    // What was taken in is no longer waited for; who repeats it hears the same again.
    const before = known.idempotency && (await store.findAnswer(caller.tenant, known.idempotency.key));
    if (before) return firstAnswer(before, bodyHash);
    throw error;
  }
}

const ended = ({ status }: Head): Conflict => new Conflict('intent_terminal', `The intent has ended as ${status}.`);
