import type { ApiKey } from '../../adapters/keys.ts';
import { quotaExceeded, stopped } from '../../core/commit.ts';
import { delegated } from '../../core/delegation.ts';
import { InvalidInput, RetryableError } from '../../core/errors.ts';
import type { IntentType } from '../../core/intent-type.ts';
import type { JsonObject } from '../../core/json.ts';
import type { Context, Store } from '../../core/ports.ts';
import { resumeStateOf } from '../../core/resume-state.ts';
import { type Submission, submit } from '../../core/rules/submit.ts';
import { intentTypeOf } from '../../intents/index.ts';
import { ownAddress, wholeAddress } from '../../wire/addresses.ts';
import { invalidBody } from '../../wire/errors.ts';
import { type CreateIntent, createIntent } from '../../wire/intents.ts';
import { bodyHashOf, firstAnswer, idempotency } from './idempotency.ts';

export interface Request {
  body: unknown;
  idempotencyKey: string | undefined;
  traceId: string;
  context: Context;
  /** Declared types by name; default: the deployment's. */
  typeOf?: typeof intentTypeOf;
  /** What is kept of the requester's link. */
  viewHashOf?: (intentId: string) => string;
}

/**
 * Takes an intent in. The same Idempotency-Key with the same body gives the first answer again, with another body a
 * Conflict. Throws InvalidInput with the field's path, PolicyDenied where a stop stands or the type's door is closed,
 * QuotaExceeded where a budget is used up.
 */
export async function admit(
  store: Store,
  caller: Pick<ApiKey, 'tenant' | 'agent'>,
  { body, idempotencyKey, traceId, context, viewHashOf, typeOf = intentTypeOf }: Request,
) {
  const parsed = createIntent.safeParse(body);
  if (!parsed.success) throw invalidBody(parsed.error);
  const asked = parsed.data;
  const { type, ...kind } = kindOf(asked, typeOf);
  const payload = type.payload.safeParse(asked.payload);
  if (!payload.success) throw invalidBody(payload.error, ['payload']);
  const bodyHash = bodyHashOf(body);
  const known = idempotency(idempotencyKey, caller, 'POST /v1/intents', bodyHash);
  const to =
    asked.to_agent === undefined ? ownAddress(caller.tenant) : wholeAddress(asked.to_agent, caller.tenant, 'to_agent');
  const submission: Submission = {
    ...optional(asked, caller.tenant),
    tenant: caller.tenant,
    from: caller.agent,
    to,
    toAgent: to !== ownAddress(caller.tenant),
    type,
    ...kind,
    payload: payload.data as JsonObject,
    correlationId: asked.correlation_id ?? context.newId(),
    traceId,
    announced: await store.announces(caller.tenant),
    ...known,
    ...(viewHashOf ? { viewHashOf } : {}),
    ...(asked.resume_state === undefined
      ? {}
      : { resumeState: resumeStateOf(caller.agent, asked.resume_state, context.now).state }),
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
  if (outcome.because === 'budget') {
    // What was accepted while there was room stays accepted.
    const before = known.idempotency && (await store.findAnswer(caller.tenant, known.idempotency.key));
    if (before) return firstAnswer(before, bodyHash);
    throw quotaExceeded(outcome.breach);
  }
  if (outcome.because === 'parent')
    throw new InvalidInput('There is no open intent with this id.', { field: 'parent_intent_id' });
  if (outcome.because === 'changed') throw new RetryableError('The intent could not be stored.');
  return firstAnswer(outcome, bodyHash);
}

/**
 * The declared type; or, for every other name of one, delegation: to an agent, or to the person that is asked.
 * Throws InvalidInput with the field's path.
 */
function kindOf(asked: CreateIntent, typeOf: typeof intentTypeOf): { type: IntentType; delegated?: true } {
  const declared = typeOf(asked.intent_type);
  if (declared) return { type: declared };
  const type = delegated(asked.intent_type);
  if (!type)
    throw new InvalidInput('This is no declared type, and no name of one such as task.parcels.v1.', {
      field: 'intent_type',
    });
  if (asked.to_agent === undefined && !asked.human_task)
    throw new InvalidInput(`${asked.intent_type} is not declared here: name the agent that it goes to.`, {
      field: 'to_agent',
    });
  return { type, delegated: true };
}

function optional(asked: CreateIntent, tenant: string) {
  const { reply_to, deadline_at, on_behalf_of, human_task, parent_intent_id, ...rest } = asked;
  const { remind_after_seconds, remind_interval_seconds, max_reminders, escalate_to, max_delivery_attempts } = rest;
  const given = {
    replyTo: reply_to === undefined ? undefined : wholeAddress(reply_to, tenant, 'reply_to'),
    parent: parent_intent_id,
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
