/** The run of an intent that an agent is to answer: it waits for the answer, and takes the ladder's rungs meanwhile. */

import type { Change, Done, EventDraft } from '../commit.ts';
import { Superseded } from '../errors.ts';
import type { JsonObject } from '../json.ts';
import { isTerminal } from '../lifecycle.ts';
import type { Delivery, IntentState } from '../model.ts';
import type { Context } from '../ports.ts';
import { endOrWish, existing, nextRung, ofCurrentRun, ofLadder, system, wakesBy } from './common.ts';
import { lookAgainAtDelivery, lookAgainKey, pendingWithReceivers, send, staying } from './deliver.ts';
import { type Escalation, tokenOrderOf } from './escalate.ts';
import type { AfterRung } from './rung.ts';

/** Leaves the token where the answer can find it. Throws Superseded, Cancelled. */
export function awaitAnswer(
  given: IntentState | undefined,
  asked: Escalation,
  context: Context,
): Change<null> | Done<null> {
  const state = ofCurrentRun(given, asked.generation);
  const { delivery } = state;
  if (!delivery) throw new TypeError('an answer is awaited where something was delivered');
  const order = tokenOrderOf(asked);
  if (delivery.tokenOrder !== undefined && delivery.tokenOrder >= order) return { done: null };
  // Where its ladder was set anew before the run came to wait.
  const first = nextRung(delivery)?.at;
  const looks = first !== undefined && asked.waitUntil !== undefined && Date.parse(first) < Date.parse(asked.waitUntil);
  const { looksAgain, ...before } = delivery;
  return {
    command: `await:${order}`,
    action: 'run.waiting',
    actor: system('run'),
    head: { dueAt: wakesBy(delivery, context.now) },
    events: [],
    data: { generation: asked.generation, rung: asked.rung },
    writes: {
      delivery: { ...before, token: asked.token, tokenOrder: order, ...(looks ? { looksAgain: order } : {}) },
    },
    owed: looks ? [lookAgainAtDelivery(order, context)] : [],
    // The token that was to be answered is no longer the one that waits.
    settled: looksAgain === undefined ? [] : [lookAgainKey(looksAgain)],
    result: null,
  };
}

const endOf = ({ ladder }: Delivery, now: string): string => ladder.at(-1)?.at ?? now;

/** Whether the time to answer is over. */
export const isOver = ({ head, delivery }: IntentState, now: string): boolean =>
  delivery !== undefined &&
  !head.frozen &&
  !isTerminal(head.status) &&
  Date.parse(endOf(delivery, now)) <= Date.parse(now);

/** A wait ran out. As `climb` for people: each rung happens once, at its absolute time. Throws Superseded. */
export function climbDelivery(
  given: IntentState | undefined,
  generation: number,
  addressOf: (given: string, tenant: string) => string | undefined,
  context: Context,
  waits = 0,
): Change<AfterRung> | Done<AfterRung> {
  const state = existing(given);
  const { head, delivery } = state;
  if (head.generation !== generation) throw new Superseded(generation, head.generation);
  if (isTerminal(head.status) || head.frozen || !delivery) return { done: { next: 'ended' } };
  if (isOver(state, context.now)) return tooLate(state, context);
  const now = Date.parse(context.now);
  const passed = delivery.ladder.filter((rung) => Date.parse(rung.at) <= now).length;
  if (passed <= delivery.rung) return { done: waitFor(delivery, waits, context) };
  return pass({ ...state, delivery }, passed, addressOf, context, waits);
}

const waitFor = (delivery: Delivery, waits: number, { now }: Context): AfterRung => ({
  next: 'wait',
  waitUntil: nextRung(delivery)?.at ?? endOf(delivery, now),
  rung: Math.max(delivery.rung, waits + 1),
});

/**
 * Every rung up to now; several at once are late, and are one reminder. Only an agent that has not shown yet that it knows is
 * given the intent again: whoever works on it already would take it for another one.
 */
function pass(
  { head, delivery: before }: IntentState & { delivery: Delivery },
  passed: number,
  addressOf: (given: string, tenant: string) => string | undefined,
  context: Context,
  waits: number,
): Change<AfterRung> {
  const rungs = before.ladder.slice(before.rung, passed);
  let delivery: Delivery = { ...before, rung: passed };
  const events: EventDraft[] = [];
  const owed: NonNullable<Change<unknown>['owed']> = [];
  if (rungs.some((rung) => rung.do === 'remind')) {
    events.push({ ...staying(head, { rung: passed, of: before.ladder.length }), type: 'intent.reminder' });
    if (head.status === 'DELIVERED') {
      const sent = send(head.intentId, delivery, { to: before.to, why: 'reminder' }, context.now);
      delivery = sent.delivery;
      owed.push(...sent.owed);
    }
  }
  for (const rung of rungs) {
    if (rung.do !== 'escalate') continue;
    const to = rung.to === undefined ? undefined : addressOf(rung.to, head.tenant);
    const added = to !== undefined && !delivery.to.includes(to) ? [to] : [];
    const sent = send(
      head.intentId,
      { ...delivery, to: [...delivery.to, ...added] },
      { to: added, why: 'escalated' },
      context.now,
    );
    delivery = sent.delivery;
    owed.push(...sent.owed);
    const details: JsonObject = { rung: passed, to: added, ...(to === undefined ? { ignored: rung.to ?? '' } : {}) };
    events.push({ ...staying(head, details), type: 'intent.escalated', pendingWith: pendingWithReceivers(delivery) });
  }
  return {
    command: `rung:delivery.${passed}${ofLadder(head)}`,
    action: owed.some(({ body }) => body.why === 'escalated') ? 'delivery.escalated' : 'delivery.reminded',
    actor: system('ladder'),
    head: { dueAt: wakesBy(delivery, context.now) },
    events,
    data: { rung: passed, rungs: rungs.map((rung): JsonObject => ({ ...rung })), to: delivery.to },
    writes: { delivery },
    owed,
    result: waitFor(delivery, waits, context),
  };
}

/** Nobody answered in time. */
export function tooLate(state: IntentState, context: Context): Change<AfterRung> | Done<AfterRung> {
  const { head, delivery } = state;
  if (!delivery || !isOver(state, context.now)) return { done: { next: 'ended' } };
  const details: JsonObject = { deadline: endOf(delivery, context.now), to: delivery.to };
  const message = 'No agent answered before the deadline.';
  const end = endOrWish(head, 'TIMED_OUT', { code: 'intent_timeout', message, details }, context.now);
  return {
    command: 'rung:delivery.expire',
    action: 'delivery.expired',
    actor: system('ladder'),
    head: end.head,
    events: [{ ...staying(head, details), type: 'intent.timeout' }, ...end.events],
    data: details,
    writes: { ...(end.outcome ? { outcome: end.outcome } : {}) },
    result: { next: 'ended' },
  };
}
