/** Approve and reject of what was delivered: the agent's own answer, also under a claim. Nobody's decision is made by it. */

import type { ApiKey } from '../../adapters/keys.ts';
import { perform } from '../../core/commit.ts';
import { replyEntry } from '../../core/entries.ts';
import { PolicyDenied } from '../../core/errors.ts';
import type { NewEntry } from '../../core/mailbox.ts';
import type { IntentRef, IntentState } from '../../core/model.ts';
import type { Context, Store } from '../../core/ports.ts';
import { answer } from '../../core/rules/answer.ts';
import { fencing } from '../api/fencing.ts';
import { bodyHashOf, idempotency, once } from '../api/idempotency.ts';
import type { Sent } from './decide.ts';

interface Ports {
  store: Store;
  context: () => Context;
  /** The answer that the intent owes goes into its mailbox. */
  put: (tenant: string, entry: NewEntry) => Promise<void>;
}

/** Whether it is an agent that approve and reject speak for: what was delivered, where nobody else is asked. */
export const isAgents = (state: IntentState | undefined): boolean => state?.delivery !== undefined && !state.task;

/** Gives what `show` makes of it, the same again under the same Idempotency-Key. Throws PolicyDenied `not_yours`, and what `answer` throws. */
export async function answerThread<A extends object>(
  { store, context, put }: Ports,
  ref: IntentRef,
  key: ApiKey,
  owner: string,
  { side, comment = '' }: { side: 'for' | 'against'; comment?: string | undefined },
  { endpoint, idempotencyKey, body, fencingToken }: Sent & { fencingToken: string | undefined },
  show: () => Promise<A>,
): Promise<A> {
  if (owner !== key.agent && !key.ownToo)
    throw new PolicyDenied("Only an agent's own key opens its inbox.", { reason: 'not_yours' });
  const result = { approved: side === 'for', ...(comment === '' ? {} : { comment }) };
  const known = idempotency(idempotencyKey, key, `${endpoint} ${owner}`, bodyHashOf(body));
  const by = {
    agent: owner,
    requestId: known.idempotency?.key ?? context().newId(),
    ...fencing(fencingToken),
    ...known,
  };
  return once(
    store,
    key,
    known,
    () => perform(store, ref, {}, context, (state, now) => answer(state, by, { do: 'complete', result }, now)),
    async () => {
      const state = await store.load(ref, { request: true });
      const entry = state && replyEntry(state, context().now);
      if (entry) await put(ref.tenant, entry);
      return show();
    },
  );
}
