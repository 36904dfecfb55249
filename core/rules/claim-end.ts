/** A claim ends and the intent goes on: its lease is over, or its worker gives it back. It is given out again, or fails after the last attempt. */

import type { Change, Done } from '../commit.ts';
import { pauseMs } from '../delegation.ts';
import { Conflict, InvalidInput } from '../errors.ts';
import { hashOf } from '../hash.ts';
import type { JsonObject } from '../json.ts';
import type { Status } from '../lifecycle.ts';
import type { Claim, Delivery, IntentState } from '../model.ts';
import type { Context } from '../ports.ts';
import { type Answering, answerable } from './answer.ts';
import { ending, existing, system } from './common.ts';
import { answeredRow, isDue, type LeaseOrder, leaseKey, liveClaim, send, staying } from './deliver.ts';

/** Nothing where the lease was renewed, or the intent has gone on. */
export function leaseOver(
  given: IntentState | undefined,
  { lease }: LeaseOrder,
  context: Context,
): Change<boolean> | Done<boolean> {
  const state = existing(given);
  const { delivery } = state;
  const claim = delivery?.claim;
  if (!delivery || !isDue(state) || claim?.token !== lease.token || claim.renewals !== lease.renewals)
    return { done: false };
  if (liveClaim(delivery, context.now)) return { done: false };
  const ended = givenOutAgain(state, { delivery, claim, why: 'lease_over' }, context);
  const command = `lease-over:${claim.token}.${claim.renewals}`;
  return { ...ended.change, command, actor: system('deliver'), result: true };
}

export interface Released {
  status: Status;
  /** Which one comes next, or was the last. */
  delivery_attempt: number;
  /** ISO 8601: when it is given out again; nothing where it has ended. */
  not_before?: string;
}

/**
 * Its worker gives a claim back before the lease is over, and says why if it likes. Throws as `answerable` does, InvalidInput
 * without a token, Conflict `claim_lost` where the token's claim is over. Who was stopped may give back, too.
 */
export function release(
  given: IntentState | undefined,
  by: Answering,
  reason: string | undefined,
  context: Context,
): Change<Released> {
  const state = existing(given);
  const delivery = answerable(state, by);
  if (by.fencingToken === undefined)
    throw new InvalidInput('Send the fencing token of the claim.', { field: 'X-Fencing-Token' });
  const claim = liveClaim(delivery, context.now);
  if (claim?.token !== by.fencingToken) throw new Conflict('claim_lost', 'This claim is over.');
  const { change, result } = givenOutAgain(state, { delivery, claim, why: 'released', reason }, context);
  return {
    ...change,
    command: `release:${by.requestId}`,
    actor: { kind: 'agent', id: by.agent, via: 'api key' },
    writes: {
      ...change.writes,
      ...(by.idempotency ? { idempotency: { ...by.idempotency, answer: { ...result } } } : {}),
    },
    result,
  };
}

interface Ended {
  delivery: Delivery;
  claim: Claim;
  why: 'lease_over' | 'released';
  reason?: string | undefined;
}

/** What both have in common: the same pauses, and the same attempts count. */
function givenOutAgain(
  { head }: IntentState,
  { delivery, claim, why, reason }: Ended,
  context: Context,
): { change: Omit<Change<never>, 'command' | 'actor' | 'result'>; result: Released } {
  const { claim: _, ...free } = delivery;
  const facts: JsonObject = { claimant: claim.claimant, fencing_token: claim.token, attempt: delivery.attempt };
  const details = { ...facts, ...(reason === undefined ? {} : { reason }) };
  const data = { ...facts, ...(reason === undefined ? {} : { reason_hash: hashOf(reason) }) };
  const settled = [leaseKey(claim)];
  if (delivery.attempt >= delivery.maxAttempts) {
    const message = `Given out ${delivery.attempt} times, and never finished.`;
    const end = ending('FAILED', { error: { code: 'delivery_failed', message, details } });
    const change = {
      action: 'intent.delivery_failed',
      head: end.head,
      events: [{ ...staying(head, details), type: 'intent.delivery_failed' as const }, end.event],
      data,
      writes: { delivery: free, outcome: end.outcome },
      owed: [answeredRow(context)],
      settled,
    };
    return { change, result: { status: 'FAILED', delivery_attempt: delivery.attempt } };
  }
  const again = { ...free, attempt: delivery.attempt + 1 };
  // Spread, and the same however often it is decided.
  const jitter = Number.parseInt(hashOf({ intent: head.intentId, token: claim.token }).slice(0, 4), 16) / 0xffff;
  const notBefore = new Date(Date.parse(context.now) + pauseMs(delivery.attempt, jitter)).toISOString();
  const sent = send(head.intentId, again, { to: again.to, why, notBefore }, context.now);
  const [action, word] = why === 'released' ? ['claim.released', 'CLAIM_RELEASED'] : ['claim.lost', 'CLAIM_LOST'];
  const change = {
    action,
    head: {},
    events: [staying(head, { ...details, state: word })],
    data: { ...data, not_before: notBefore },
    writes: { delivery: sent.delivery },
    owed: sent.owed,
    settled,
  };
  return { change, result: { status: head.status, delivery_attempt: again.attempt, not_before: notBefore } };
}
