/**
 * What the world outside hears of an intent: its lifecycle events as AXP words them, without what people wrote, were called or
 * decided in words. What has left cannot be erased any more.
 */

import { v5 as uuidv5 } from 'uuid';
import { type Json, type JsonObject, present } from './json.ts';
import { type EventType, eventTypes, isTerminal } from './lifecycle.ts';
import type { Head, IntentEvent, IntentRequest, IntentState, OutboxRow } from './model.ts';

/** Events of an agent's inbox and of accounts (AXP): those that a subscription is made for by clients that know nothing else. */
export const inboxEventTypes = [
  'inbox.thread_created',
  'inbox.thread_updated',
  'inbox.reply_received',
  'invite.accepted',
  'auth.session_revoked',
] as const;
type InboxEventType = (typeof inboxEventTypes)[number];

/** All lifecycle events at once. */
export const everyIntentEvent = 'intent.*';

export const subscribable = [...inboxEventTypes, ...eventTypes, everyIntentEvent] as const;

/** What our events on a bus name as their source. */
export const eventSource = 'holdpoint';

/** One event that is told outside. */
export interface Announcement {
  /** UUID; the same however often it is told. */
  id: string;
  type: EventType | InboxEventType;
  at: string;
  /** Whose inbox it is about; absent where it is the whole tenant's to hear. */
  owner?: string;
  data: JsonObject;
}

/** Milliseconds until what was not announced is overdue. */
const announceGraceMs = 60_000;

/** Owed with a commit: that its events are told. `by`: where a person made them, who is not named. */
export const announceRow = (
  events: readonly Pick<IntentEvent, 'seq'>[],
  { kind }: { kind: string },
  now: string,
): Omit<OutboxRow, 'traceId' | 'attempts'> => ({
  key: `announce#${events[0]?.seq}`,
  kind: 'announce',
  dueAt: Date.parse(now) + announceGraceMs,
  body: { from: events[0]?.seq ?? 0, to: events.at(-1)?.seq ?? 0, ...(kind === 'person' ? { by: 'person' } : {}) },
});

/** Body of a row of kind `announce`. */
export interface AnnounceOrder {
  /** The first and the last event's number. */
  from: number;
  to: number;
  by?: 'person';
}

/** Names the ids of events. */
const eventSpace = '3f1c0a52-9b7e-4a44-8f0e-6f2f5a0f7c11';

const idOf = ({ tenant, intentId }: Head, seq: number, type: string, owner = ''): string =>
  uuidv5(`${tenant}\n${intentId}\n${seq}\n${type}\n${owner}`, eventSpace);

/** Events of one commit, as they are told. */
export function announcementsOf(
  { head, request }: Pick<IntentState, 'head' | 'request'>,
  events: readonly IntentEvent[],
  { by }: Pick<AnnounceOrder, 'by'>,
): Announcement[] {
  const lifecycle = events.map(
    (event): Announcement => ({
      id: idOf(head, event.seq, event.type),
      type: event.type,
      at: event.at,
      data: lifecycleData(head, request, event, by),
    }),
  );
  return [...lifecycle, ...threadsOf(head, request, events)];
}

/** What is larger than this as JSON, in bytes, is read with the intent. */
const maxInlineBytes = 8192;
const small = (name: string, value: JsonObject | undefined): JsonObject =>
  value && Buffer.byteLength(JSON.stringify(value)) <= maxInlineBytes ? { [name]: value } : {};

function lifecycleData(
  head: Head,
  request: IntentRequest | undefined,
  event: IntentEvent,
  by: AnnounceOrder['by'],
): JsonObject {
  return {
    ...(present({
      intent_id: head.intentId,
      intent_type: head.type,
      seq: event.seq,
      event_type: event.type,
      status: event.status,
      waiting_reason: event.waitingReason,
      at: event.at,
      actor: by ?? event.actor,
      from_agent: head.from,
      to_agent: request?.to,
      correlation_id: request?.correlationId,
      parent_intent_id: request?.parent,
      trace_id: head.traceId,
      pending_with: event.pendingWith && pendingOf(event.pendingWith),
    }) as JsonObject),
    details: codesOf(event.details),
    ...(event.type === 'intent.submitted' ? small('payload', request?.payload) : {}),
    ...(event.data ? small('data', withoutWords(event.data)) : {}),
  };
}

/** Agents are named; people are not: a role at the most. */
const pendingOf = ({ type, ref, name }: NonNullable<IntentEvent['pendingWith']>): JsonObject =>
  type === 'human' ? { type, ref } : { type, ref, name };

/** Details that are told, where they are a code, an address, a number, and not somebody's words. */
const toldDetails = ['code', 'state', 'reason', 'attempt', 'delivery_id', 'to_agent', 'tool', 'effect_id', 'task_type'];
const isCode = (value: Json | undefined): boolean =>
  typeof value === 'number' ||
  typeof value === 'boolean' ||
  (typeof value === 'string' && /^[A-Za-z0-9_.:/-]{1,383}$/.test(value));

const codesOf = (details: JsonObject): JsonObject =>
  Object.fromEntries(toldDetails.flatMap((name) => (isCode(details[name]) ? [[name, details[name] as Json]] : [])));

/** A result: of a person's decision only what came of it; an agent's or a tool's as it is. */
function withoutWords({ task_result, decision, ...rest }: JsonObject): JsonObject {
  const decided = [task_result, decision].find((one) => typeof one === 'object' && one !== null) as
    | JsonObject
    | undefined;
  return decided === undefined
    ? rest
    : { ...rest, ...(isCode(decided.outcome) ? { outcome: decided.outcome as Json } : {}) };
}

/** The same as it changes threads: an intent is one in its receiver's inbox, and its end one in that of whom it is owed to. */
function threadsOf(head: Head, request: IntentRequest | undefined, events: readonly IntentEvent[]): Announcement[] {
  const last = events.at(-1);
  if (!last || !request) return [];
  const data: JsonObject = {
    thread_id: head.intentId,
    intent_id: head.intentId,
    intent_type: head.type,
    status: last.status,
    from_agent: head.from,
    to_agent: request.to,
    seq: last.seq,
  };
  const about = (type: InboxEventType, owner: string): Announcement => ({
    id: idOf(head, last.seq, type, owner),
    type,
    at: last.at,
    owner,
    data,
  });
  const born = events.some(({ type }) => type === 'intent.created');
  const replies = request.replyTo !== undefined && request.replyTo !== request.to && isTerminal(last.status);
  return [
    about(born ? 'inbox.thread_created' : 'inbox.thread_updated', request.to),
    ...(replies ? [about('inbox.thread_created', request.replyTo as string)] : []),
  ];
}

/** Whose events somebody wants, and which. */
export interface Interest {
  /** Whole address. */
  owner: string;
  eventTypes: readonly string[];
  active: boolean;
}

/** Whether a subscription wants an event: of the whole tenant, or of its own inbox. */
export const wants = (
  { owner, eventTypes: wanted, active }: Interest,
  event: { type: string; owner?: string },
): boolean =>
  active &&
  (event.owner === undefined || event.owner === owner) &&
  (wanted.includes(event.type) || (event.type.startsWith('intent.') && wanted.includes(everyIntentEvent)));
