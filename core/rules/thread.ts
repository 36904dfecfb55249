/** What agents do with a thread of their inbox: write on it, hand it on, take lines out of their view. */

import type { Change, Done } from '../commit.ts';
import { Conflict, InvalidInput, NotFound } from '../errors.ts';
import { hashOf } from '../hash.ts';
import { isTerminal } from '../lifecycle.ts';
import type { IntentState, Thread } from '../model.ts';
import type { Context } from '../ports.ts';
import { stopsFor } from '../stops.ts';
import { noThread, ownersOf, type ThreadOrder, threadRows } from '../thread.ts';
import { existing } from './common.ts';
import { send, staying } from './deliver.ts';

/** The owner of the inbox, in one request of theirs. */
export interface Owner {
  agent: string;
  requestId: string;
  idempotency?: { key: string; requestHash: string };
}

/** Whose mailboxes are owed an entry, so that whoever did it may put it in at once. */
export interface Told {
  told: (ThreadOrder & { why: 'thread' | 'delegated' })[];
}

/** More on one intent is a conversation, which belongs elsewhere; each stays with the intent. */
const maxMessages = 200;
/** Agents that have one thread. Each is told of what changes, in the same commit. */
const maxWith = 20;

/** The state, where the thread is in this inbox. Throws NotFound. */
function owned(given: IntentState | undefined, agent: string): { state: IntentState; thread: Thread } {
  const state = existing(given);
  if (!ownersOf(state).includes(agent)) throw new NotFound('thread');
  return { state, thread: state.thread ?? noThread };
}

/** Throws Conflict `intent_terminal`, `intent_frozen`. */
function open({ head }: IntentState): void {
  if (isTerminal(head.status)) throw new Conflict('intent_terminal', `The intent has ended as ${head.status}.`);
  if (head.frozen) throw new Conflict('intent_frozen', 'An operator has frozen this: only operators end it.');
}

/** Who is told of news of it: all who have it. */
function telling(state: IntentState, thread: Thread, to: readonly string[], now: string) {
  const told = thread.told + 1;
  const rows = threadRows(state.head.intentId, to, told, now);
  return {
    thread: { ...thread, told },
    owed: rows,
    told: rows.map(({ body }) => ({ ...(body.thread as unknown as ThreadOrder), why: 'thread' as const })),
  };
}

const common = (by: Owner, what: string) => ({
  command: `thread:${what}:${by.requestId}`,
  action: `thread.${what}`,
  actor: { kind: 'agent', id: by.agent, via: 'api key' } as const,
  head: {},
});

const kept = <R extends object>({ idempotency }: Owner, result: R) =>
  idempotency ? { idempotency: { ...idempotency, answer: JSON.parse(JSON.stringify(result)) } } : {};

/**
 * A line on an open intent. Everybody who has it is told, and so is whoever asked, in whose inbox it is from then on.
 * Throws NotFound, Conflict (`intent_terminal`, `intent_frozen`, `too_many_messages`).
 */
export function reply(given: IntentState | undefined, by: Owner, message: string, context: Context): Change<Told> {
  const { state, thread } = owned(given, by.agent);
  open(state);
  const messages = thread.messages + 1;
  if (messages > maxMessages)
    throw new Conflict('too_many_messages', `An intent takes ${maxMessages} messages at the most.`);
  const { head } = state;
  const everybody = [...new Set([...ownersOf(state), head.from])];
  const news = telling(
    state,
    { ...thread, messages, with: [...new Set([...thread.with, by.agent, head.from])] },
    everybody,
    context.now,
  );
  const result: Told = { told: news.told };
  return {
    ...common(by, 'replied'),
    events: [staying(head, { state: 'REPLIED', from_agent: by.agent, message })],
    data: { message_hash: hashOf(message), told: everybody },
    writes: { thread: news.thread, ...kept(by, result) },
    owed: news.owed,
    stops: stopsFor(head),
    result,
  };
}

/**
 * Another agent gets it: what was delivered it may answer too, beside who has it now. Nothing where it has it already.
 * Throws NotFound, InvalidInput (`delegate_to`), Conflict (`intent_terminal`, `intent_frozen`, `too_many_receivers`).
 */
export function handOn(
  given: IntentState | undefined,
  by: Owner,
  { to, note }: { to: string; note: string },
  context: Context,
): Change<Told> | Done<Told> {
  const { state, thread } = owned(given, by.agent);
  open(state);
  if (to === by.agent) throw new InvalidInput('This is your own address.', { field: 'delegate_to' });
  if (ownersOf(state).includes(to)) return { done: { told: [] } };
  if (ownersOf(state).length >= maxWith)
    throw new Conflict('too_many_receivers', `An intent has ${maxWith} receivers at the most.`);
  const { head, delivery } = state;
  const details = { from_agent: by.agent, to_agent: to, ...(note === '' ? {} : { note }) };
  // Whoever has it by a delivery is told of what else happens by the thread from now on.
  const also = { ...thread, with: [...new Set([...thread.with, by.agent, ...(delivery ? [] : [to])])] };
  const others = ownersOf(state);
  const news = telling(state, also, delivery ? others : [...others, to], context.now);
  const sent = delivery
    ? send(head.intentId, { ...delivery, to: [to, ...delivery.to] }, { to: [to], why: 'delegated' }, context.now)
    : undefined;
  const orders = (sent?.owed ?? []).map(({ body }) => ({
    deliveryId: String(body.deliveryId),
    to,
    why: 'delegated' as const,
  }));
  const result: Told = { told: [...orders, ...news.told] };
  return {
    ...common(by, 'delegated'),
    events: [{ ...staying(head, details), type: 'intent.transfer' }],
    data: { from_agent: by.agent, to_agent: to, ...(note === '' ? {} : { note_hash: hashOf(note) }) },
    writes: { thread: news.thread, ...(sent ? { delivery: sent.delivery } : {}), ...kept(by, result) },
    owed: [...news.owed, ...(sent?.owed ?? [])],
    stops: stopsFor(head),
    result,
  };
}

/** Numbers of the events that an owner doesn't see. */
export const hiddenFrom = (thread: Thread | undefined, owner: string): ReadonlySet<number> =>
  new Set([...(thread?.hidden[owner] ?? []), ...(thread?.hidden['*'] ?? [])]);

/**
 * Takes lines out of the owner's view, or everybody's; the intent keeps its events. The first one always stays.
 * Throws NotFound.
 */
export function hide(
  given: IntentState | undefined,
  by: Owner,
  { mode, seqs }: { mode: 'self' | 'both'; seqs: readonly number[] },
  context: Context,
): Change<Told & { hidden: number[] }> | Done<Told & { hidden: number[] }> {
  const { state, thread } = owned(given, by.agent);
  const gone = hiddenFrom(thread, by.agent);
  const hidden = seqs.filter((seq) => seq > 1 && seq <= state.head.seq && !gone.has(seq));
  if (hidden.length === 0) return { done: { told: [], hidden } };
  const place = mode === 'self' ? by.agent : '*';
  const after: Thread = {
    ...thread,
    hidden: { ...thread.hidden, [place]: [...(thread.hidden[place] ?? []), ...hidden].sort((a, b) => a - b) },
  };
  const news = telling(state, after, mode === 'self' ? [by.agent] : ownersOf(state), context.now);
  const result = { told: news.told, hidden };
  return {
    ...common(by, 'hidden'),
    events: [],
    data: { mode, events: hidden },
    writes: { thread: news.thread, ...kept(by, result) },
    owed: news.owed,
    result,
  };
}
