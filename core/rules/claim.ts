/** An agent's worker takes an intent for a while: exactly one has it at a time, and its token shows that it is still the one. */

import type { Change, Done } from '../commit.ts';
import { Conflict } from '../errors.ts';
import { mayBecome } from '../lifecycle.ts';
import type { Claim, IntentState } from '../model.ts';
import type { Context } from '../ports.ts';
import { stopsFor } from '../stops.ts';
import { type Answering, answerable } from './answer.ts';
import { existing } from './common.ts';
import { leaseKey, leaseRow, liveClaim, staying } from './deliver.ts';

/** Seconds; a lease in which nobody could show a sign of life helps nobody. */
export const leaseSeconds = { min: 5, max: 3600 } as const;

export interface Wish {
  claimant: string;
  leaseSeconds: number;
}

export type Claimed =
  | { granted: true; fencing_token: number; claimed_until: string }
  | { granted: false; claimant: string; claimed_until: string };

/**
 * Grants a claim, or with the fencing token of a live one renews it. Somebody else's live claim is no error: it is not granted.
 * Throws as `answer` does, Conflict `claim_lost` where the token's claim is over.
 */
export function claim(
  given: IntentState | undefined,
  by: Answering,
  wish: Wish,
  context: Context,
): Change<Claimed> | Done<Claimed> {
  const state = existing(given);
  const delivery = answerable(state, by);
  const { head } = state;
  const held = liveClaim(delivery, context.now);
  if (by.fencingToken !== undefined && held?.token !== by.fencingToken)
    throw new Conflict('claim_lost', 'This claim is over: claim it anew.');
  if (held && by.fencingToken === undefined)
    return { done: { granted: false, claimant: held.claimant, claimed_until: held.until } };

  const until = new Date(Date.parse(context.now) + wish.leaseSeconds * 1000).toISOString();
  const next: Claim = held
    ? { ...held, until, renewals: held.renewals + 1 }
    : { claimant: wish.claimant, token: delivery.fence + 1, until, renewals: 0 };
  const result: Claimed = { granted: true, fencing_token: next.token, claimed_until: until };
  const details = { claimant: next.claimant, fencing_token: next.token, claimed_until: until };
  const before = delivery.claim;
  const knows = mayBecome(head.status, 'ACKNOWLEDGED') && head.status !== 'ACKNOWLEDGED';
  return {
    command: `claim:${by.requestId}`,
    action: held ? 'claim.renewed' : 'claim.granted',
    actor: { kind: 'agent', id: by.agent, via: 'api key' },
    head: !held && knows ? { status: 'ACKNOWLEDGED' } : {},
    events: held
      ? []
      : [
          knows
            ? { type: 'intent.acknowledged', status: 'ACKNOWLEDGED', details }
            : staying(head, { state: 'CLAIMED', ...details }),
        ],
    data: details,
    writes: {
      delivery: { ...delivery, fence: next.token, claim: next },
      ...(by.idempotency ? { idempotency: { ...by.idempotency, answer: { ...result } } } : {}),
    },
    owed: [leaseRow(next)],
    settled: before ? [leaseKey(before)] : [],
    stops: stopsFor(head, { agents: [by.agent] }),
    result,
  };
}
