/** An agent answers what was delivered to it: it says how far it is, or ends it. */

import type { Change, EventDraft } from '../commit.ts';
import { isGranted } from '../controls.ts';
import { Conflict, PolicyDenied } from '../errors.ts';
import { hashOf } from '../hash.ts';
import type { JsonObject } from '../json.ts';
import { isTerminal, mayBecome, type Status } from '../lifecycle.ts';
import type { Delivery, Head, IntentState } from '../model.ts';
import type { Context } from '../ports.ts';
import { stopsFor } from '../stops.ts';
import { ending, existing } from './common.ts';
import { answeredRow, leaseKey, liveClaim, pendingWithReceivers } from './deliver.ts';

export type AgentAnswer =
  | { do: 'acknowledge' | 'start' | 'wait'; details: JsonObject }
  | { do: 'complete'; result: JsonObject }
  | { do: 'fail'; error: JsonObject }
  | { do: 'cancel'; reason: string };

/** Who answers, and under which token. */
export interface Answering {
  /** The address of the key's agent. */
  agent: string;
  /** Whether it may speak for every agent of its tenant. */
  any?: boolean;
  /** The request: the same again is known by it. */
  requestId: string;
  fencingToken?: number;
  idempotency?: { key: string; requestHash: string };
}

export interface Answered {
  intent_id: string;
  status: Status;
  /** Number of the event that it made. */
  seq: number;
}

/** Whether this agent may answer. */
export const receives = (
  { delivery, controls }: IntentState,
  { agent, any }: Pick<Answering, 'agent' | 'any'>,
): boolean =>
  delivery !== undefined && (any === true || delivery.to.includes(agent) || isGranted(controls, agent, 'resume'));

/** The delivery, where the agent may answer it. Throws PolicyDenied, Conflict `intent_terminal`, `intent_frozen`. */
export function answerable(state: IntentState, by: Pick<Answering, 'agent' | 'any'>): Delivery {
  const { head, delivery } = state;
  if (isTerminal(head.status)) throw new Conflict('intent_terminal', `The intent has ended as ${head.status}.`);
  if (!delivery || !receives(state, by))
    throw new PolicyDenied('Only the agent that it was delivered to may answer.', { reason: 'not_yours' });
  if (head.frozen) throw new Conflict('intent_frozen', 'An operator has frozen this: only operators end it.');
  return delivery;
}

/**
 * Throws NotFound, PolicyDenied, Conflict `intent_terminal`, `intent_frozen`, `claimed` (somebody else works on it), and
 * `lifecycle` where the intent is past what the agent says.
 */
export function answer(
  given: IntentState | undefined,
  by: Answering,
  said: AgentAnswer,
  context: Context,
): Change<Answered> {
  const state = existing(given);
  const { head } = state;
  const delivery = answerable(state, by);
  const { claim } = delivery;
  const held = liveClaim(delivery, context.now);
  if (held && held.token !== by.fencingToken)
    throw new Conflict('claimed', 'Somebody has claimed this: send the fencing token of the claim.', {
      claimed_until: held.until,
    });
  const moved = movedBy(head, delivery, said);
  const result: Answered = {
    intent_id: head.intentId,
    status: moved.status,
    seq: head.seq + moved.events.length,
  };
  const over = isTerminal(moved.status);
  return {
    command: `answer:${by.requestId}`,
    action: `agent.${words[said.do]}`,
    actor: { kind: 'agent', id: by.agent, via: 'api key' },
    head: moved.head,
    events: moved.events,
    data: { said: said.do, ...(claim ? { fencing_token: claim.token } : {}), ...moved.data },
    writes: {
      ...(moved.outcome ? { outcome: moved.outcome } : {}),
      ...(by.idempotency ? { idempotency: { ...by.idempotency, answer: { ...result } } } : {}),
    },
    owed: over ? [answeredRow(context)] : [],
    settled: over && claim ? [leaseKey(claim)] : [],
    stops: stopsFor(head, { agents: [by.agent] }),
    result,
  };
}

const words = {
  acknowledge: 'acknowledged',
  start: 'started',
  wait: 'waiting',
  complete: 'completed',
  fail: 'failed',
  cancel: 'canceled',
} as const;

const steps = {
  acknowledge: { type: 'intent.acknowledged', status: 'ACKNOWLEDGED' },
  start: { type: 'intent.in_progress', status: 'IN_PROGRESS' },
  wait: { type: 'intent.waiting', status: 'WAITING', waitingReason: 'WAITING_FOR_AGENT' },
} as const;

function movedBy(head: Head, delivery: Delivery, said: AgentAnswer) {
  if (said.do === 'complete')
    return ended(ending('COMPLETED', { result: said.result }), 'COMPLETED', { result_hash: hashOf(said.result) });
  if (said.do === 'fail') {
    const { code, message } = said.error;
    const error = {
      code: typeof code === 'string' && code !== '' ? code : 'agent_failed',
      message: typeof message === 'string' ? message : '',
      details: said.error,
    };
    return ended(ending('FAILED', { error }), 'FAILED', { code: error.code, error_hash: hashOf(said.error) });
  }
  if (said.do === 'cancel') {
    const error = { code: 'canceled', message: said.reason, details: { reason: 'canceled_by_receiver' } };
    return ended(ending('CANCELED', { error }), 'CANCELED', { code: error.code, reason_hash: hashOf(said.reason) });
  }
  const step: EventDraft = {
    ...steps[said.do],
    details: said.details,
    ...(said.do === 'wait' ? { pendingWith: pendingWithReceivers(delivery) } : {}),
  };
  // Whoever answers has it, though the commit that says so may still be under way.
  const before: EventDraft[] =
    head.status === 'SUBMITTED'
      ? [{ type: 'intent.delivered', status: 'DELIVERED', details: { reason: 'answered' } }]
      : [];
  const from = before.at(-1)?.status ?? head.status;
  if (!mayBecome(from, step.status)) throw new Conflict('lifecycle', `The intent is ${head.status} already.`);
  return {
    status: step.status,
    head: { status: step.status, waitingReason: step.waitingReason ?? null },
    events: [...before, step],
    data: {},
    outcome: undefined,
  };
}

const ended = (end: ReturnType<typeof ending>, status: Status, data: JsonObject) => ({
  status,
  head: end.head,
  events: [end.event],
  data,
  outcome: end.outcome,
});
