import type { ApiKey } from '../../adapters/keys.ts';
import { stopped } from '../../core/commit.ts';
import { Conflict, InvalidInput, RetryableError } from '../../core/errors.ts';
import { sha256 } from '../../core/hash.ts';
import { canonicalJson, type JsonObject } from '../../core/json.ts';
import type { Context, Store } from '../../core/ports.ts';
import { type Submission, submit } from '../../core/rules/submit.ts';
import { intentTypeOf } from '../../intents/index.ts';
import { ownAddress, wholeAddress } from '../../wire/addresses.ts';
import { invalidBody } from '../../wire/errors.ts';
import { type CreateIntent, createIntent } from '../../wire/intents.ts';
import { maxBodyBytes } from '../../wire/json.ts';

/** Longest Idempotency-Key, characters (AXP). */
const maxIdempotencyKeyLength = 255;

export interface Request {
  body: unknown;
  idempotencyKey: string | undefined;
  traceId: string;
  context: Context;
  /** What is kept of the requester's link. */
  viewHashOf?: (intentId: string) => string;
}

/**
 * Takes an intent in. The same Idempotency-Key with the same body gives the first answer again, with another body a
 * Conflict. Throws InvalidInput with the field's path, PolicyDenied where a stop stands or the type's door is closed.
 */
export async function admit(
  store: Store,
  caller: ApiKey,
  { body, idempotencyKey, traceId, context, viewHashOf }: Request,
) {
  const parsed = createIntent.safeParse(body);
  if (!parsed.success) throw invalidBody(parsed.error);
  const asked = parsed.data;
  const type = intentTypeOf(asked.intent_type);
  if (!type) throw new InvalidInput(`This deployment does not declare ${asked.intent_type}.`, { field: 'intent_type' });
  const payload = type.payload.safeParse(asked.payload);
  if (!payload.success) throw invalidBody(payload.error, ['payload']);
  const bodyHash = sha256(textOf(body));
  const known = idempotency(idempotencyKey, caller, bodyHash);
  const to =
    asked.to_agent === undefined ? ownAddress(caller.tenant) : wholeAddress(asked.to_agent, caller.tenant, 'to_agent');
  const submission: Submission = {
    ...optional(asked),
    tenant: caller.tenant,
    from: caller.agent,
    to,
    type,
    payload: payload.data as JsonObject,
    correlationId: asked.correlation_id ?? context.newId(),
    traceId,
    ...known,
    ...(viewHashOf ? { viewHashOf } : {}),
  };

  let submitted: ReturnType<typeof submit>;
  try {
    submitted = submit(submission, context);
  } catch (error) {
    // What was accepted before its deadline was over, or before the type's door was closed, stays accepted.
    const before = known.idempotency && (await store.findAnswer(caller.tenant, known.idempotency.key));
    if (before) return firstAnswer(before, bodyHash);
    throw error;
  }
  const { commit, accepted } = submitted;
  const outcome = await store.commit(commit);
  if (outcome.ok) return accepted;
  if (outcome.because === 'stopped') throw stopped(outcome.target);
  if (outcome.because === 'changed') throw new RetryableError('The intent could not be stored.');
  return firstAnswer(outcome, bodyHash);
}

function firstAnswer(before: { requestHash: string; answer: JsonObject }, bodyHash: string): JsonObject {
  if (before.requestHash !== bodyHash)
    throw new Conflict('idempotency_conflict', 'This Idempotency-Key was used with another body.');
  return before.answer;
}

/** Scope: tenant (by its row's key), caller, endpoint, key. */
function idempotency(
  key: string | undefined,
  caller: ApiKey,
  requestHash: string,
): { idempotency?: { key: string; requestHash: string } } {
  if (key === undefined) return {};
  if (key.length === 0 || key.length > maxIdempotencyKeyLength)
    throw new InvalidInput(`An Idempotency-Key has 1 to ${maxIdempotencyKeyLength} characters.`, {
      field: 'Idempotency-Key',
    });
  return { idempotency: { key: sha256(`${caller.agent}\nPOST /v1/intents\n${key}`), requestHash } };
}

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

function optional(asked: CreateIntent) {
  const { reply_to, deadline_at, on_behalf_of, human_task, ...rest } = asked;
  const { remind_after_seconds, remind_interval_seconds, max_reminders, escalate_to, max_delivery_attempts } = rest;
  const given = {
    replyTo: reply_to,
    deadlineAt: deadline_at === undefined ? undefined : new Date(deadline_at).toISOString(),
    onBehalfOf: on_behalf_of,
    humanTask: human_task,
    remind_after_seconds,
    remind_interval_seconds,
    max_reminders,
    escalate_to,
    max_delivery_attempts,
  };
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
}
