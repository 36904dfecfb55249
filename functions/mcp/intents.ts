/** What the tools do with one intent: the use cases of the API, and what of it an agent is told. */

import { NotFound } from '../../core/errors.ts';
import type { JsonObject } from '../../core/json.ts';
import { isTerminal } from '../../core/lifecycle.ts';
import type { IntentRef, IntentState } from '../../core/model.ts';
import { viewHash, viewToken } from '../../core/view-link.ts';
import { resolve } from '../api/answer.ts';
import { admit } from '../api/submit.ts';
import { intentOut } from '../api/views.ts';
import { retryAfterSeconds } from '../streams/hold.ts';
import type { Caller, Ports } from './ports.ts';

/** Throws NotFound. */
export async function load({ store }: Ports, ref: IntentRef): Promise<IntentState> {
  const state = await store.load(ref, { request: true });
  if (!state) throw new NotFound('intent');
  return state;
}

/** Takes an intent in, as `POST /v1/intents` does. Throws what that throws. */
export async function submit(
  ports: Ports,
  { key, token, traceId, ...caller }: Caller,
  { body, idempotencyKey = caller.idempotencyKey }: { body: object; idempotencyKey?: string | undefined },
): Promise<IntentState> {
  const { intent_id } = await admit(ports.store, key, {
    body,
    idempotencyKey,
    traceId,
    context: ports.context(),
    viewHashOf: (id) => viewHash(token, id),
  });
  return load(ports, { tenant: key.tenant, intentId: String(intent_id) });
}

/** Withdraws an intent, as `POST …/resolve` does. Throws what that throws. */
export const withdraw = ({ store, context }: Ports, { key }: Caller, ref: IntentRef, reason: string) =>
  resolve(
    store,
    key,
    { tenant: ref.tenant, intentId: ref.intentId },
    { body: { status: 'CANCELED', reason }, idempotencyKey: undefined, fencingToken: undefined, context },
  );

/** Of which nothing more is to come without this agent: it has ended, or the agent is asked for changes. */
export const isOver = ({ head, task }: IntentState): boolean => isTerminal(head.status) || task?.status === 'returned';

/** Done, or with somebody. */
export const isSettled = (state: IntentState): boolean => isOver(state) || state.head.status === 'WAITING';

/** The intent once it is so far, or as it is when the time (seconds) is over. Throws NotFound. */
export async function waitFor(
  ports: Ports,
  ref: IntentRef,
  seconds: number,
  isFar: (state: IntentState) => boolean,
): Promise<{ state: IntentState; full?: true }> {
  const until = Date.now() + seconds * 1000;
  for (;;) {
    const state = await load(ports, ref);
    if (isFar(state)) return { state };
    const news = await ports.wait(ref, state.head.seq, until);
    if (news === 'full') return { state, full: true };
    if (news === 'over') return { state: await load(ports, ref) };
  }
}

/** The page that shows it to whoever it is done for; only the key that submitted it can make its address. */
export function viewUrl({ baseUrl }: Ports, { token }: Caller, state: IntentState): string | undefined {
  const view = viewToken(token, state);
  return view === undefined ? undefined : `${baseUrl}/r/${view}`;
}

export function resultOf(ports: Ports, caller: Caller, state: IntentState): JsonObject {
  const url = viewUrl(ports, caller, state);
  return {
    ...intentOut(state),
    ended: isTerminal(state.head.status),
    ...(url === undefined ? {} : { view_url: url }),
  } as unknown as JsonObject;
}

/** Of a wait that there was no room for. */
export const notHeld = { retry_after_seconds: retryAfterSeconds };
