/** An open intent is withdrawn: by the agent that asked, through its people's door, or with the intent that it is a part of. */

import type { Actor } from '../audit.ts';
import type { Change, Done } from '../commit.ts';
import { Conflict, PolicyDenied } from '../errors.ts';
import type { JsonObject } from '../json.ts';
import { isTerminal, type Status } from '../lifecycle.ts';
import type { IntentState } from '../model.ts';
import { partsRow } from '../part.ts';
import { personal } from '../personal.ts';
import type { Context } from '../ports.ts';
import { endOrWish, existing } from './common.ts';
import { concernedIn } from './concerned.ts';
import { wakeRow } from './consequence.ts';
import { answeredRow, leaseKey, staying } from './deliver.ts';
import { type Notice, noticeRow } from './notice.ts';
import { pendingIn } from './steps.ts';

export interface Withdrawal {
  /** For people: who withdraws it, and their words. */
  name: string;
  note: string;
  /** For the agent: a code, and words of its own. */
  details: JsonObject;
  /** Whether an id is that of the person who withdraws it: they need not be told. */
  isTheirs?: (id: string) => boolean;
}

/**
 * What a withdrawal does, whoever may do it: the intent ends as canceled, or, while a tool call is open, once that has
 * settled; nobody is asked any more, links are dead, the run is woken, whoever had to do with it is told, and its parts follow.
 * Throws Conflict where operators have it.
 */
export function withdrawn(
  state: IntentState,
  { name, note, details, isTheirs = () => false }: Withdrawal,
  context: Context,
): Required<Pick<Change<unknown>, 'head' | 'events' | 'writes' | 'owed' | 'settled'>> {
  const { head, task, delivery } = state;
  if (head.frozen) throw new Conflict('task_closed', 'Only operators end this now.');
  const error = { code: 'canceled', message: 'Whoever asked has withdrawn it.', details };
  const end = endOrWish(head, 'CANCELED', error, context.now);
  const open = task?.status === 'open' ? task : undefined;
  const closes = open ?? (task?.status === 'returned' ? task : undefined);
  return {
    head: end.head,
    events: end.events.length > 0 ? end.events : [staying(head, { state: 'CANCEL_REQUESTED', ...details })],
    writes: {
      ...(closes ? { task: { ...closes, status: 'closed' } } : {}),
      ...(end.outcome ? { outcome: end.outcome } : {}),
    },
    owed: [
      ...(open ? [wakeRow(open, context)] : []),
      ...toldOfIt(state, { what: 'recalled', by: name, ...(note === '' ? {} : { note }) }, isTheirs, context),
      ...(delivery ? [answeredRow(context)] : []),
      partsRow(context.now),
    ],
    settled: delivery?.claim ? [leaseKey(delivery.claim)] : [],
  };
}

/**
 * Everybody who had to do with it, and at any rate whoever is asked now: at most 30 and 25, which one transaction holds.
 * Where nobody was ever asked, nobody waits for news.
 */
function toldOfIt(state: IntentState, notice: Notice, isTheirs: (id: string) => boolean, context: Context) {
  const { task, earlier = [] } = state;
  const about = task ?? earlier.at(-1)?.task;
  if (!about) return [];
  const asked = task?.status === 'open' ? pendingIn(task).map(({ id }) => id) : [];
  return [...new Set([...concernedIn(state), ...asked])]
    .filter((id) => !isTheirs(id))
    .map((id) => noticeRow(about, id, notice, context));
}

export type Canceller =
  /** The agent that asked. */
  | {
      by: 'agent';
      address: string;
      any?: boolean;
      requestId: string;
      reason: string;
      idempotency?: { key: string; requestHash: string };
    }
  /** The intent that it is a part of was withdrawn. */
  | { by: 'parent'; intentId: string };

export interface Canceled {
  intent_id: string;
  status: Status;
  seq: number;
}

/**
 * Throws NotFound, PolicyDenied where another agent asked for it, Conflict `intent_terminal`. Where the end is only wished for
 * yet, the status in the result is still an open one.
 */
export function cancel(
  given: IntentState | undefined,
  who: Canceller,
  context: Context,
): Change<Canceled> | Done<Canceled> {
  const state = existing(given);
  const { head } = state;
  const now: Canceled = { intent_id: head.intentId, status: head.status, seq: head.seq };
  if (who.by === 'parent' && (isTerminal(head.status) || head.frozen || head.wish)) return { done: now };
  if (who.by === 'agent') {
    if (who.any !== true && head.from !== who.address)
      throw new PolicyDenied('Only the agent that asked may withdraw it.', { reason: 'not_yours' });
    if (isTerminal(head.status)) throw new Conflict('intent_terminal', `The intent has ended as ${head.status}.`);
    if (head.wish) return { done: now };
  }
  const [note, reason] = who.by === 'agent' ? [who.reason, 'canceled'] : ['', 'parent_canceled'];
  const actor: Actor =
    who.by === 'agent' ? { kind: 'agent', id: who.address, via: 'api key' } : { kind: 'system', id: 'parent' };
  const details = { reason, ...(note === '' ? {} : { note }) };
  const change = withdrawn(state, { name: head.from, note, details }, context);
  const result: Canceled = {
    intent_id: head.intentId,
    status: change.head.status ?? head.status,
    seq: head.seq + change.events.length,
  };
  return {
    ...change,
    command: who.by === 'agent' ? `cancel:${who.requestId}` : 'cancel:parent',
    action: 'intent.canceled',
    actor,
    data: {
      reason,
      ...(note === '' ? {} : { note: personal(head.from, note) }),
      ...(who.by === 'parent' ? { parent_intent_id: who.intentId } : {}),
      ...(state.task ? { task_id: state.task.taskId } : {}),
    },
    writes: {
      ...change.writes,
      ...(who.by === 'agent' && who.idempotency ? { idempotency: { ...who.idempotency, answer: { ...result } } } : {}),
    },
    result,
  };
}
