/** From a rule's wish to one transaction: numbers the events, chains the record, refuses what the lifecycle forbids. */

import { type Asked, askedBy } from './asked.ts';
import { type Actor, type AuditEntry, genesisHash, type SealedRecord, sealRecord } from './audit.ts';
import { Conflict, PolicyDenied, RetryableError } from './errors.ts';
import type { Json, JsonObject } from './json.ts';
import { type EventType, isTerminal, mayBecome, type Status, type WaitingReason } from './lifecycle.ts';
import type {
  Delivery,
  Effect,
  EffectState,
  Head,
  IntentEvent,
  IntentOutcome,
  IntentRef,
  IntentRequest,
  IntentState,
  Link,
  OutboxRow,
  StoredPlan,
  Task,
} from './model.ts';
import { endRows } from './part.ts';
import { person, personal, type RecordableObject, setAside } from './personal.ts';
import type { Context, LoadOptions, Store } from './ports.ts';
import type { Progress } from './procedure.ts';
import type { StopTarget } from './stops.ts';

export interface EventDraft {
  type: EventType;
  status: Status;
  waitingReason?: WaitingReason;
  details?: JsonObject;
  pendingWith?: NonNullable<IntentEvent['pendingWith']>;
  humanTask?: JsonObject;
  data?: JsonObject;
}

/** Rows written together with the head. All are conditional; see `adapters/store.ts`. */
export interface Writes {
  request?: IntentRequest;
  plan?: StoredPlan;
  outcome?: IntentOutcome;
  note?: { state: string; value: JsonObject };
  task?: Task;
  delivery?: Delivery;
  procedure?: Progress;
  /** The open intent that this one, which is born, is a part of. */
  parent?: string;
  /** The link that this commit consumes or activates. */
  link?: Link;
  /** A link that this commit replaces, by hash. */
  replacedLink?: string;
  /** With what the row must hold now; null: it must not exist. */
  effect?: { row: Effect; was: { state: EffectState; owner: string } | null };
  idempotency?: { key: string; requestHash: string; answer: JsonObject };
}

export interface Change<R> {
  /** Deterministic: the same command again is recognised by it. */
  command: string;
  /** What the record calls it, e.g. `task.decided`. */
  action: string;
  /** Of a person, `id` and `via` are personal in the record. */
  actor: Actor;
  /** `null` clears a field. */
  head: { [K in keyof Head]?: Head[K] | null };
  events: EventDraft[];
  /** For the record; what tells of a person is marked with `person` or `personal`. */
  data: RecordableObject;
  writes?: Writes;
  owed?: Omit<OutboxRow, 'traceId' | 'attempts'>[];
  /** Outbox rows that this commit makes superfluous. */
  settled?: string[];
  /** Nothing is committed while a stop stands on one of these. */
  stops?: StopTarget[];
  result: R;
  /** The result is not kept with the event: who repeats the command gets it from the rule, decided on what is stored. */
  forgetful?: true;
}

/** Nothing to commit: the answer is already decided by what is stored. */
export interface Done<R> {
  done: R;
}

export interface SealedCommit extends AuditEntry {
  head: Head;
  /** The version of the head that this builds on; null: there must be none. */
  basedOn: number | null;
  events: IntentEvent[];
  writes: Writes;
  owed: OutboxRow[];
  settled: string[];
  stops: StopTarget[];
  /** Whose inbox this changes. */
  asked: Asked[];
}

/** A rule wished for something that the lifecycle does not know, or for an open intent that is never due: a defect, never a client's fault. */
export class IllegalTransition extends Error {
  override readonly name = 'IllegalTransition';
}

export const chainOf = (ref: IntentRef): string => `${ref.tenant}#${ref.intentId}`;

/** Seals a change of an existing intent, or, with a whole first head, the birth of one. Throws IllegalTransition. */
export function seal<R>(state: IntentState | undefined, change: Change<R>, context: Context): SealedCommit {
  const { now } = context;
  const before = state?.head;
  const merged: Record<string, unknown> = { ...before };
  for (const [key, value] of Object.entries(change.head)) {
    if (value === null) delete merged[key];
    else if (value !== undefined) merged[key] = value;
  }
  const head = merged as unknown as Head;
  let status = before?.status;
  let seq = before?.seq ?? 0;
  const events = change.events.map((draft, index): IntentEvent => {
    if (status ? !mayBecome(status, draft.status) : draft.status !== 'CREATED')
      throw new IllegalTransition(`${status ?? 'nothing'} → ${draft.status} (${change.action})`);
    status = draft.status;
    seq += 1;
    const last = index === change.events.length - 1;
    return {
      ...draft,
      details: draft.details ?? {},
      seq,
      at: now,
      actor: change.actor.id,
      command: change.command,
      ...(last && !change.forgetful ? { answer: { value: (change.result ?? null) as Json } } : {}),
    };
  });
  if (!status || head.status !== status)
    throw new IllegalTransition(`${head.status} without its event (${change.action})`);
  // The sweep finds an open intent by its due time, and a deployment counts by it what still waits.
  if (isTerminal(status) !== (head.dueAt === undefined))
    throw new IllegalTransition(`${status}, due at ${head.dueAt ?? 'no time'} (${change.action})`);
  const auditSeq = (before?.auditSeq ?? 0) + 1;
  const { personal: beside, ...told } = recordable(change, context);
  const record = sealRecord({
    v: 2,
    chain: chainOf(head),
    seq: auditSeq,
    at: now,
    ...told,
    command: change.command,
    action: change.action,
    traceId: head.traceId,
    events: events.map(({ seq, type, status }) => ({ seq, type, status })),
    prev: before?.auditHash ?? genesisHash,
  });
  const procedure = change.writes?.procedure ?? state?.procedure;
  const owedByAll = isTerminal(status) && before ? endRows(head, procedure, now) : [];
  const owed = [
    ...(change.owed ?? []),
    ...owedByAll.filter(({ key }) => !change.owed?.some((row) => row.key === key)),
  ].map((row): OutboxRow => ({ ...row, attempts: 0, traceId: head.traceId }));
  return {
    head: { ...head, seq, updatedAt: now, auditSeq, auditHash: record.hash },
    basedOn: before?.auditSeq ?? null,
    events,
    record,
    personal: beside,
    writes: change.writes ?? {},
    owed,
    settled: change.settled ?? [],
    stops: change.stops ?? [],
    asked: askedBy(state, { ...state, ...change.writes, head }),
  };
}

/** What the record says of a change, and what stands beside it. Two ids: more than anybody can try. */
function recordable({ actor, data }: Change<unknown>, { newId }: Context) {
  const of = actor.id;
  const who: RecordableObject =
    actor.kind === 'person'
      ? { ...actor, id: person(of), ...(actor.via === undefined ? {} : { via: personal(of, actor.via) }) }
      : { ...actor };
  const salt = () => newId() + newId();
  const by = setAside(who, '/actor', salt);
  const told = setAside(data, '/data', salt);
  return {
    actor: by.clear as unknown as SealedRecord['actor'],
    data: told.clear,
    personal: [...by.personal, ...told.personal],
  };
}

/** How often a command is decided anew after somebody else committed first. Twenty approvers at once still fit. */
const maxRounds = 25;

/**
 * The one way to change an intent: load, decide, commit; decide anew when somebody was faster.
 * Throws what the rule throws, PolicyDenied where a stop stands, Conflict where the Idempotency-Key was used by another
 * command, RetryableError when it never got its turn.
 */
export async function perform<R>(
  store: Store,
  ref: IntentRef,
  options: LoadOptions,
  context: () => Context,
  rule: (state: IntentState | undefined, context: Context) => Change<R> | Done<R>,
): Promise<R> {
  let lastRead: number | undefined;
  for (let round = 0; round < maxRounds; round += 1) {
    const state = await store.load(ref, options);
    const now = context();
    const decided = rule(state, now);
    if ('done' in decided) return decided.done;
    const sealed = sealRead(state, decided, now, lastRead);
    lastRead = state?.head.auditSeq;
    if (!sealed) continue;
    const outcome = await store.commit(sealed);
    if (outcome.ok) return decided.result;
    if (outcome.because === 'stopped') throw stopped(outcome.target);
    if (outcome.because === 'parent') throw new TypeError('only a birth has a parent');
    const committed = await store.findCommand(ref, decided.command);
    if (committed) return committed.answer as R;
    if (outcome.because === 'repeated')
      throw new Conflict('idempotency_conflict', 'This Idempotency-Key was used before.');
  }
  throw new RetryableError('The intent is being changed by many at once.');
}

/**
 * A load is several reads: where somebody commits between them, a rule may decide on a head that is older than its task,
 * and wish for what the lifecycle forbids. Nothing, then, and it is read again; with the same head twice it is a defect.
 */
function sealRead<R>(
  state: IntentState | undefined,
  change: Change<R>,
  context: Context,
  lastRead: number | undefined,
) {
  try {
    return seal(state, change, context);
  } catch (error) {
    if (error instanceof IllegalTransition && state?.head.auditSeq !== lastRead) return undefined;
    throw error;
  }
}

export const stopped = (target: string): PolicyDenied =>
  new PolicyDenied('Stopped by an operator.', { reason: 'stopped', target });
