/** An agent works on what was delivered to it, or withdraws what it asked for: claim, release, resume, resolve. */

import type { ApiKey } from '../../adapters/keys.ts';
import { perform } from '../../core/commit.ts';
import { replyEntry } from '../../core/entries.ts';
import { NotFound } from '../../core/errors.ts';
import type { JsonObject } from '../../core/json.ts';
import type { NewEntry } from '../../core/mailbox.ts';
import type { IntentEvent, IntentRef, IntentState } from '../../core/model.ts';
import type { Context, Store } from '../../core/ports.ts';
import { type AgentAnswer, type Answering, answer, receives } from '../../core/rules/answer.ts';
import { cancel } from '../../core/rules/cancel.ts';
import { claim as claimIntent } from '../../core/rules/claim.ts';
import { release as releaseClaim } from '../../core/rules/claim-end.ts';
import { invalidBody } from '../../wire/errors.ts';
import * as wire from '../../wire/intents.ts';
import { fencing } from './fencing.ts';
import { bodyHashOf, idempotency, once } from './idempotency.ts';
import { eventOut, intentOut } from './views.ts';

export interface Request {
  body: unknown;
  idempotencyKey: string | undefined;
  /** Header `x-fencing-token`. */
  fencingToken: string | undefined;
  context: () => Context;
  /** The answer that an intent owes goes into its mailbox. */
  answered?: (tenant: string, entry: NewEntry) => Promise<void>;
}

/** Who speaks, and in which request. Throws InvalidInput. */
function speaking(caller: ApiKey, endpoint: string, { body, idempotencyKey, fencingToken, context }: Request) {
  const fenced = fencing(fencingToken);
  const known = idempotency(idempotencyKey, caller, endpoint, bodyHashOf(body));
  const by: Answering = {
    agent: caller.agent,
    // Where one key plays all parts.
    any: caller.ownToo === true,
    requestId: known.idempotency?.key ?? context().newId(),
    ...fenced,
    ...known,
  };
  return by;
}

/** Throws NotFound, InvalidInput, and what `claim` throws. */
export async function claim(store: Store, caller: ApiKey, ref: IntentRef, request: Request): Promise<object> {
  const parsed = wire.claimIntent.safeParse(request.body);
  if (!parsed.success) throw invalidBody(parsed.error);
  const by = speaking(caller, `POST /v1/intents/${ref.intentId}/claim`, request);
  const wish = { claimant: parsed.data.claimant, leaseSeconds: parsed.data.lease_seconds };
  return once(store, caller, by, () =>
    perform(store, ref, {}, request.context, (state, now) => claimIntent(state, by, wish, now)),
  );
}

/** Throws NotFound, InvalidInput, and what `release` throws. */
export async function release(store: Store, caller: ApiKey, ref: IntentRef, request: Request): Promise<object> {
  const parsed = wire.releaseIntent.safeParse(request.body);
  if (!parsed.success) throw invalidBody(parsed.error);
  const by = speaking(caller, `POST /v1/intents/${ref.intentId}/release`, request);
  return once(store, caller, by, () =>
    perform(store, ref, {}, request.context, (state, now) => releaseClaim(state, by, parsed.data.reason, now)),
  );
}

/** What the receiver says: how far it is, that it failed, or its result, which may be any object. */
function saidIn(body: unknown): AgentAnswer {
  const parsed = wire.agentAnswer.safeParse(body);
  if (!parsed.success) throw invalidBody(parsed.error);
  const progress = wire.agentProgress.safeParse(body).data;
  if (progress?.action === 'fail') return { do: 'fail', error: progress.error as JsonObject };
  if (progress) return { do: progress.action, details: (progress.details ?? {}) as JsonObject };
  const completion = wire.agentCompletion.safeParse(body).data;
  return { do: 'complete', result: (completion?.result ?? parsed.data) as JsonObject };
}

/** `POST …/resume` of what was delivered to an agent. Throws NotFound, InvalidInput, and what `answer` throws. */
export async function answerByResume(store: Store, caller: ApiKey, ref: IntentRef, request: Request): Promise<object> {
  const said = saidIn(request.body);
  const by = speaking(caller, `POST /v1/intents/${ref.intentId}/resume`, request);
  return once(
    store,
    caller,
    by,
    () => perform(store, ref, {}, request.context, (state, now) => answer(state, by, said, now)),
    ({ seq }) => outcomeOf(store, ref, seq, request),
  );
}

/**
 * `POST …/resolve`: the receiver ends it, or the agent that asked withdraws it.
 * Throws NotFound, InvalidInput, and what `answer` and `cancel` throw.
 */
export async function resolve(store: Store, caller: ApiKey, ref: IntentRef, request: Request): Promise<object> {
  const parsed = wire.resolveIntent.safeParse(request.body);
  if (!parsed.success) throw invalidBody(parsed.error);
  const given = parsed.data;
  const by = speaking(caller, `POST /v1/intents/${ref.intentId}/resolve`, request);
  return once(
    store,
    caller,
    by,
    () =>
      perform(store, ref, {}, request.context, (state, now) => {
        if (!state) throw new NotFound('intent');
        if (given.status === 'CANCELED' && withdraws(state, by))
          return cancel(state, { by: 'agent', address: by.agent, ...by, reason: given.reason }, now);
        return answer(state, by, endIn(given), now);
      }),
    ({ seq }) => outcomeOf(store, ref, seq, request),
  );
}

/** Whoever did not get it can only have asked for it. */
const withdraws = (state: IntentState, by: Answering): boolean => state.head.from === by.agent || !receives(state, by);

function endIn(given: wire.ResolveIntent): AgentAnswer {
  if (given.status === 'COMPLETED') return { do: 'complete', result: given.result as JsonObject };
  if (given.status === 'FAILED') return { do: 'fail', error: given.error as JsonObject };
  return { do: 'cancel', reason: given.reason };
}

/** The intent as it is now, the event that the request made, and what becomes of the answer that was asked for. */
async function outcomeOf(
  store: Store,
  ref: IntentRef,
  seq: number,
  { answered, context }: Pick<Request, 'answered' | 'context'>,
): Promise<object> {
  const [state, [event]] = await Promise.all([store.load(ref, { request: true }), store.events(ref, seq - 1, 1)]);
  if (!state || !event) throw new NotFound('intent');
  const owed = replyEntry(state, context().now);
  if (owed) await answered?.(ref.tenant, owed);
  return { intent: intentOut(state), event: plainEvent(ref, event), completion_delivery: completionOf(state) };
}

function plainEvent({ intentId }: IntentRef, event: IntentEvent) {
  const { data: _, human_task: __, ...plain } = eventOut(intentId, event) as Record<string, unknown>;
  return plain;
}

/** The answer is owed from the commit that ends the intent: it can't be lost any more. */
function completionOf({ head, request, outcome }: IntentState) {
  if (!request?.replyTo) return { delivered: false, reason: 'no_reply_to' };
  if (!outcome) return { delivered: false, reason: 'still_open', reply_to: request.replyTo };
  return { delivered: true, reply_to: request.replyTo, thread_id: head.intentId };
}
