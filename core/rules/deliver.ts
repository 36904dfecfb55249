/** An intent goes to the agents that are to answer it: what is owed to mailboxes, and what follows once it is there. */

import type { Change, Done, EventDraft } from '../commit.ts';
import { attemptsOf, deliveryLevel } from '../delegation.ts';
import type { JsonObject } from '../json.ts';
import { compileLadder, type Rung } from '../ladder.ts';
import { isTerminal } from '../lifecycle.ts';
import { type DeliveryReason, type Entry, workIds } from '../mailbox.ts';
import type { Claim, Delivery, Head, IntentRequest, IntentState } from '../model.ts';
import type { Context } from '../ports.ts';
import { deliverGraceMs } from '../reply.ts';
import { dueIn, existing, system, wakeGraceSeconds } from './common.ts';
import { axpWishes } from './levels.ts';

type Owed = NonNullable<Change<unknown>['owed']>[number];

/** What a row owes to a mailbox: body of a row of kind `deliver`. */
export interface DeliveryOrder {
  deliveryId: string;
  to: string;
  why: DeliveryReason;
  attempt: number;
  /** ISO 8601: not before. */
  notBefore?: string;
}

/** What a row watches: a lease that may run out. */
export interface LeaseOrder {
  lease: { token: number; renewals: number };
  notBefore: string;
}

/** What happens, and when, while no agent answers. */
export function deliveryLadder(
  begins: string,
  wishes: Partial<IntentRequest> | undefined,
  deadlineAt: string | undefined,
): Rung[] {
  const level = { ...deliveryLevel };
  const wished = axpWishes(deliveryLevel, wishes);
  const from = 'intent' as const;
  if (wished.remind) level.remind = { ...wished.remind, from };
  if (wished.escalate) level.escalate = wished.escalate.map((rule) => ({ ...rule, from }));
  return compileLadder(begins, level, { deadlineAt });
}

/** The delivery of an intent that was just submitted, and its first row. */
export function firstDelivery(
  intentId: string,
  request: Pick<IntentRequest, 'to'> & Partial<IntentRequest>,
  deadlineAt: string | undefined,
  now: string,
): { delivery: Delivery; owed: Owed[] } {
  const delivery: Delivery = {
    to: [request.to],
    attempt: 1,
    maxAttempts: attemptsOf(request),
    sent: 0,
    arrived: [],
    ladder: deliveryLadder(now, request, deadlineAt),
    rung: 0,
    fence: 0,
  };
  return send(intentId, delivery, { to: [request.to], why: 'assigned' }, now);
}

/** Owes an entry to each of these mailboxes. Each delivery has a number of its own, so that none is owed twice. */
export function send(
  intentId: string,
  delivery: Delivery,
  { to, why, notBefore }: { to: readonly string[]; why: DeliveryReason; notBefore?: string },
  now: string,
): { delivery: Delivery; owed: Owed[] } {
  const owed = to.map((address, i): Owed => {
    const deliveryId = `${workIds(intentId)}${delivery.sent + i + 1}`;
    const order: DeliveryOrder = {
      deliveryId,
      to: address,
      why,
      attempt: delivery.attempt,
      ...(notBefore ? { notBefore } : {}),
    };
    return {
      key: `deliver#${deliveryId}`,
      kind: 'deliver',
      dueAt: Date.parse(notBefore ?? now) + deliverGraceMs,
      body: { ...order },
    };
  });
  return { delivery: { ...delivery, sent: delivery.sent + to.length }, owed };
}

/** The row that looks at a lease once it should be over. */
export const leaseRow = ({ token, renewals, until }: Claim): Owed => ({
  key: leaseKey({ token, renewals }),
  kind: 'deliver',
  dueAt: Date.parse(until) + deliverGraceMs,
  body: { lease: { token, renewals }, notBefore: until },
});
export const leaseKey = ({ token, renewals }: Pick<Claim, 'token' | 'renewals'>): string =>
  `deliver#lease#${token}.${renewals}`;

/** Owed where the answer is there: the run that waits for it is told. */
export const answeredRow = (context: Context): Owed => ({
  key: 'wake#delivery',
  kind: 'wake',
  dueAt: dueIn(context.now, wakeGraceSeconds),
  body: { delivery: true },
});

/** Owed where the ladder of a delivery changed: its run, which waits under the token of this order, looks again how long to wait. */
export const lookAgainAtDelivery = (order: string, context: Context): Owed => ({
  key: lookAgainKey(order),
  kind: 'wake',
  dueAt: dueIn(context.now, wakeGraceSeconds),
  body: { delivery: true, lookAgain: order },
});
export const lookAgainKey = (order: string): string => `wake#delivery#again#${order}`;

/** An event that tells of something without moving the intent: it has the type of the status that the intent has. */
export const staying = ({ status, waitingReason }: Head, details: JsonObject): EventDraft => ({
  type: `intent.${status.toLowerCase()}` as EventDraft['type'],
  status,
  ...(waitingReason ? { waitingReason } : {}),
  details,
});

/** The agents that are waited for. */
export const pendingWithReceivers = ({ to }: Delivery) => ({
  type: 'agent' as const,
  ref: to[0] as string,
  name: to.join(', '),
});

/** Whether the agents are still to be told: not once the intent has ended or operators have it. */
export const isDue = ({ head, delivery }: IntentState): boolean => delivery !== undefined && isOpen(head);

/** Whether an intent's receivers may still work on it. It never is again once it was not. */
export const isOpen = ({ status, frozen }: Pick<Head, 'status' | 'frozen'>): boolean => !isTerminal(status) && !frozen;

/**
 * Whether an entry is pushed to nobody: an answer belongs to an intent that has ended, what is to be worked on does not; news
 * of a thread are for who opens the inbox.
 */
export const isVoid = (state: IntentState | undefined, { why }: Pick<Entry, 'why'>): boolean =>
  why === 'thread' || !state || (why !== 'completed' && !isDue(state));

/** The entry is in its mailbox; false where that means nothing any more, and the row is not settled. An agent that was faster than this commit has moved the intent on already. */
export function delivered(
  given: IntentState | undefined,
  order: DeliveryOrder,
  seq: number,
  row: string,
): Change<boolean> | Done<boolean> {
  const state = existing(given);
  const { head, delivery } = state;
  // A message may come twice, also while the first is being worked off.
  if (!delivery || !isDue(state) || delivery.arrived.includes(order.deliveryId)) return { done: false };
  const details: JsonObject = {
    delivery_id: order.deliveryId,
    to_agent: order.to,
    mailbox_seq: seq,
    attempt: order.attempt,
    reason: order.why,
  };
  const first = head.status === 'SUBMITTED';
  return {
    command: `delivered:${order.deliveryId}`,
    action: 'intent.delivered',
    actor: system('deliver'),
    head: first ? { status: 'DELIVERED' } : {},
    events: [first ? { type: 'intent.delivered', status: 'DELIVERED', details } : staying(head, details)],
    data: details,
    writes: { delivery: { ...delivery, arrived: [...delivery.arrived, order.deliveryId] } },
    settled: [row],
    result: true,
  };
}

/** A delivery that was given up: it stays in its mailbox, and may be pushed again. */
export interface GivenUp {
  deliveryId: string;
  to: string;
  seq: number;
  why: string;
  attempts: number;
  /** Since when it was asked for again, where it was given up before. */
  redo: string | undefined;
}

/** Pushing a delivery has failed for good. The intent goes on: its agent may still read it. False where it has ended: nothing to say. */
export function pushFailed(given: IntentState | undefined, dead: GivenUp): Change<boolean> | Done<boolean> {
  const { head } = existing(given);
  if (isTerminal(head.status)) return { done: false };
  const details: JsonObject = {
    delivery_id: dead.deliveryId,
    to_agent: dead.to,
    mailbox_seq: dead.seq,
    attempt: dead.attempts,
    reason: dead.why,
  };
  return {
    command: `push-failed:${dead.deliveryId}${dead.redo === undefined ? '' : `:${dead.redo}`}`,
    action: 'intent.delivery_failed',
    actor: system('push'),
    head: {},
    events: [{ ...staying(head, details), type: 'intent.delivery_failed' }],
    data: details,
    result: true,
  };
}

/** The claim of whoever works on it now. */
export const liveClaim = ({ claim }: Delivery, now: string): Claim | undefined =>
  claim && Date.parse(claim.until) > Date.parse(now) ? claim : undefined;
