/** A store in memory with the conditions of the one on DynamoDB: whole stories run on it, without AWS. For tests only. */

import type { Asked } from '../asked.ts';
import type { AuditEntry } from '../audit.ts';
import { type Cap, type Metered, meterable, type Part, type Reserved, reserve, scopeOf, standing } from '../budget.ts';
import { chainOf, type SealedCommit } from '../commit.ts';
import { controlled } from '../controls.ts';
import { type JsonObject, present } from '../json.ts';
import { isTerminal } from '../lifecycle.ts';
import type {
  Controls,
  Delivery,
  Effect,
  IntentEvent,
  IntentOutcome,
  IntentRef,
  IntentRequest,
  IntentState,
  Link,
  OutboxRow,
  SealedRecord,
  StoredPlan,
  Task,
  Thread,
} from '../model.ts';
import type { CommitResult, OwedRow, Store } from '../ports.ts';
import type { Progress } from '../procedure.ts';
import type { ResumeState } from '../resume-state.ts';
import { revisionsBefore, taskIdOf } from '../revision.ts';
import { type StopTarget, stopKey } from '../stops.ts';

export interface MemoryStore extends Store {
  /** What is still owed to the world, in the order it came to be owed. */
  outbox(ref: IntentRef): OutboxRow[];
  /** Whom the intent's tasks ask, and have asked. */
  asked(ref: IntentRef): Asked[];
  /** The audit chain. */
  records(ref: IntentRef): SealedRecord[];
  /** The same with what stands beside each record. */
  entries(ref: IntentRef): AuditEntry[];
  /** Heads (without key) and outbox rows that are due by a time, oldest first. */
  due(until: number): { ref: IntentRef; key?: string; dueAt: number }[];
  /** Takes an overdue outbox row and moves its due time on; nothing where it is paid or taken already. */
  take(ref: IntentRef, key: string, now: number, next: number): OutboxRow | undefined;
  /** Owes a row anew for a digest's time; nothing where it is paid, or its digest is not `was`. */
  collect(ref: IntentRef, key: string, at: number, was: unknown): void;
  /** What is collected for a person and due by a time, the oldest first. */
  collected(personId: string, until: number): OwedRow[];
  stop(target: StopTarget): void;
  resume(target: StopTarget): void;
  /** Somebody of the tenant listens from now on. */
  listen(tenant: string): void;
  /** Sets caps, in a new epoch; without any, there are none. */
  cap(target: Metered['target'], caps: Cap[], onBreach?: Metered['onBreach']): void;
  /** What is used up of an agent's or the tenant's caps, by the present windows. */
  used(target: Metered['target'], tenant: string, now: string): Record<string, number>;
}

/** One intent's items. */
interface Collection {
  head: IntentState['head'];
  /** By revision; notes by state and revision. */
  requests: Map<number, IntentRequest>;
  plans: Map<number, StoredPlan>;
  outcome?: IntentOutcome;
  tasks: Map<string, Task>;
  delivery?: Delivery;
  controls?: Controls;
  thread?: Thread;
  procedure?: Progress;
  children: string[];
  notes: Map<string, JsonObject>;
  /** By agent. */
  resumeStates: Map<string, ResumeState>;
  effects: Map<string, Effect>;
  events: IntentEvent[];
  entries: AuditEntry[];
  owed: Map<string, OutboxRow>;
  asked: Map<string, Asked>;
}

type Refusal = Exclude<CommitResult, { ok: true }>;

const changed: Refusal = { ok: false, because: 'changed' };

export function memoryStore(): MemoryStore {
  const intents = new Map<string, Collection>();
  const links = new Map<string, Link>();
  const answers = new Map<string, { requestHash: string; answer: JsonObject }>();
  const shown = new Map<string, JsonObject>();
  const stops = new Set<string>();
  const listened = new Set<string>();
  const caps = new Map<string, Metered>();
  const counters = new Map<string, number>();
  const cellsIn = (tenant: string, one: Metered) => {
    const prefix = `${tenant}#${scopeOf(one)}#`;
    const mine = [...counters].filter(([key]) => key.startsWith(prefix));
    return new Map(mine.map(([key, used]) => [key.slice(prefix.length), used]));
  };
  const of = (ref: IntentRef) => intents.get(chainOf(ref));

  return {
    async load(ref, options = {}) {
      const found = of(ref);
      if (!found) return undefined;
      const { head, requests, plans, outcome, tasks, delivery, controls, thread, procedure, notes, effects } = found;
      const revision = head.revision ?? 1;
      const askedIn = (n: number) => ({
        request: options.request ? controlled(requests.get(n), controls) : undefined,
        plan: plans.get(n),
      });
      const noted = [...notes].flatMap(([key, value]) => {
        const [state = '', of] = key.split('#');
        return Number(of) === revision ? [[state, value] as const] : [];
      });
      const parts = {
        head,
        ...askedIn(revision),
        outcome,
        task: tasks.get(options.taskId ?? head.taskId ?? ''),
        delivery,
        controls,
        thread,
        procedure,
        earlier:
          revision === 1
            ? undefined
            : revisionsBefore(revision).map((n) =>
                present({ ...askedIn(n), task: tasks.get(taskIdOf(head.intentId, n)) }),
              ),
        notes: noted.length > 0 ? Object.fromEntries(noted) : undefined,
        effect: options.effectId === undefined ? undefined : effects.get(options.effectId),
        link: options.linkHash === undefined ? undefined : links.get(options.linkHash),
      };
      return present(parts) as unknown as IntentState;
    },

    async commit(given) {
      const commit = fixed(given);
      const refused = refusal(commit);
      if (refused) return refused;
      const reserved = reservedFor(commit);
      if ('breach' in reserved) return { ok: false, because: 'budget', breach: reserved.breach };
      apply(commit, reserved.parts);
      return { ok: true };
    },

    async findCommand(ref, command) {
      const found = of(ref)
        ?.events.filter((event) => event.command === command)
        .at(-1);
      return found?.answer ? { answer: found.answer.value ?? null } : undefined;
    },

    findAnswer: async (tenant, key) => answers.get(answerKey(tenant, key)),

    async keepShown(tenant, { key, requestHash }, given) {
      const at = answerKey(tenant, `${key}#${requestHash}`);
      const first = shown.get(at) ?? fixed(given);
      shown.set(at, first);
      return first;
    },

    async events(ref, since, limit) {
      const found = of(ref)?.events.filter((event) => event.seq > since) ?? [];
      return found.slice(0, limit);
    },

    async children(ref, after, limit) {
      const all = of(ref)?.children.filter((id) => id > after) ?? [];
      return all.sort().slice(0, limit);
    },

    findResumeState: async (ref, agent) => of(ref)?.resumeStates.get(agent),

    findLink: async (hash) => links.get(hash),

    async putLink(link) {
      if (!links.has(link.hash)) links.set(link.hash, fixed(link));
    },

    async postpone(ref, row) {
      const before = of(ref)?.owed.get(row.key);
      if (before) of(ref)?.owed.set(row.key, fixed({ ...before, dueAt: row.dueAt }));
    },

    async settle(ref, key) {
      of(ref)?.owed.delete(key);
    },

    outbox: (ref) => [...(of(ref)?.owed.values() ?? [])],
    asked: (ref) => [...(of(ref)?.asked.values() ?? [])],
    records: (ref) => of(ref)?.entries.map(({ record }) => record) ?? [],
    entries: (ref) => [...(of(ref)?.entries ?? [])],
    due: (until) =>
      [...intents.values()]
        .flatMap(({ head, owed }) => {
          const ref = { tenant: head.tenant, intentId: head.intentId };
          const rows = [...owed.values()].map(({ key, dueAt }) => ({ ref, key, dueAt }));
          return head.dueAt === undefined ? rows : [{ ref, dueAt: head.dueAt }, ...rows];
        })
        .filter(({ dueAt }) => dueAt <= until)
        .sort((a, b) => a.dueAt - b.dueAt),
    take(ref, key, now, next) {
      const { owed } = of(ref) ?? {};
      const row = owed?.get(key);
      if (!owed || !row || row.dueAt > now) return undefined;
      const taken = { ...row, dueAt: next, attempts: row.attempts + 1 };
      owed.set(key, taken);
      return taken;
    },
    collect(ref, key, at, was) {
      const { owed } = of(ref) ?? {};
      const row = owed?.get(key);
      if (owed && row && row.body.digest === was)
        owed.set(key, { ...row, dueAt: at, body: { ...row.body, digest: at } });
    },
    collected(personId, until) {
      const rows = [...intents.values()].flatMap(({ head: { tenant, intentId }, owed }) =>
        [...owed.values()].map(({ key, body }) => ({ tenant, intentId, key, body })),
      );
      const timeOf = ({ body }: OwedRow) => Number(body.digest ?? Number.POSITIVE_INFINITY);
      const due = rows.filter((row) => row.body.personId === personId && timeOf(row) <= until);
      return structuredClone(due.sort((a, b) => timeOf(a) - timeOf(b)));
    },
    announces: async (tenant) => listened.has(tenant),
    listen: (tenant) => void listened.add(tenant),
    stop: (target) => void stops.add(stopKey(target)),
    resume: (target) => void stops.delete(stopKey(target)),
    cap(target, given, onBreach = 'block') {
      const epoch = (caps.get(stopKey(target))?.epoch ?? 0) + 1;
      caps.set(stopKey(target), { target, caps: given, onBreach, epoch });
    },
    used(target, tenant, now) {
      const one = caps.get(stopKey(target));
      const found = one ? standing(one, cellsIn(tenant, one), now) : [];
      return Object.fromEntries(found.map(({ kind, window, used }) => [`${kind}/${window}`, used]));
    },
  };

  function reservedFor({ head, spends, record }: SealedCommit) {
    const metered = meterable(head).flatMap((target) => caps.get(stopKey(target)) ?? []);
    const cells = new Map(metered.map((one) => [scopeOf(one), cellsIn(head.tenant, one)]));
    return reserve(metered, cells, spends ?? {}, head.intentId, record.at);
  }

  function count(tenant: string, { scope, cell }: Reserved, amount: number): void {
    const key = `${tenant}#${scope}#${cell}`;
    counters.set(key, (counters.get(key) ?? 0) + amount);
  }

  /** The conditions of `adapters/transaction.ts`; of several that fail, the one that says most is told. */
  function refusal(commit: SealedCommit): Refusal | undefined {
    const { writes } = commit;
    const repeated = writes.idempotency && answers.get(answerKey(commit.head.tenant, writes.idempotency.key));
    if (repeated) return { ok: false, because: 'repeated', ...repeated };
    const stop = commit.stops.find((target) => stops.has(stopKey(target)));
    if (stop) return { ok: false, because: 'stopped', target: stopKey(stop) };
    if (writes.parent !== undefined) {
      const parent = parentOf(commit);
      if (!parent || isTerminal(parent.head.status) || parent.head.wish) return { ok: false, because: 'parent' };
      const { part, ended } = parent.procedure?.now ?? {};
      if (commit.head.stepOf !== undefined && (part !== commit.head.intentId || ended)) return changed;
    }
    return holds(commit) ? undefined : changed;
  }

  function parentOf({ head: { tenant }, writes: { parent: intentId } }: SealedCommit) {
    return intentId === undefined ? undefined : of({ tenant, intentId });
  }

  function holds({ head, basedOn, events, record, writes, owed }: SealedCommit): boolean {
    const now = of(head);
    const { link, replacedLink, effect, note } = writes;
    const revision = head.revision ?? 1;
    const isNew = [
      ...events.map((event) => now?.events[event.seq - 1]),
      now?.entries[record.seq - 1],
      writes.request && now?.requests.get(revision),
      writes.plan && now?.plans.get(revision),
      writes.outcome && now?.outcome,
      note && now?.notes.get(noteKey(note.state, revision)),
      ...owed.map((row) => now?.owed.get(row.key)),
    ].every((item) => item === undefined);
    const stored = link && links.get(link.hash);
    const was = effect && now?.effects.get(effect.row.effectId);
    return (
      (now?.head.auditSeq ?? null) === basedOn &&
      isNew &&
      (!link || (stored !== undefined && stored.usedAt === undefined)) &&
      (!replacedLink || links.has(replacedLink)) &&
      (!effect || (effect.was?.state === was?.state && effect.was?.owner === was?.owner))
    );
  }

  function apply(commit: SealedCommit, parts: readonly Part[]): void {
    const { head, writes } = commit;
    for (const part of parts) count(head.tenant, part, part.amount);
    for (const given of commit.returns) count(head.tenant, given, -given.amount);
    const now = of(head) ?? empty(head);
    const revision = head.revision ?? 1;
    intents.set(chainOf(head), now);
    now.head = head;
    now.events.push(...commit.events);
    now.entries.push({ record: commit.record, personal: commit.personal });
    if (writes.request) now.requests.set(revision, writes.request);
    if (writes.plan) now.plans.set(revision, writes.plan);
    if (writes.outcome) now.outcome = writes.outcome;
    if (writes.note) now.notes.set(noteKey(writes.note.state, revision), writes.note.value);
    if (writes.task) now.tasks.set(writes.task.taskId, writes.task);
    if (writes.delivery) now.delivery = writes.delivery;
    if (writes.resumeState) now.resumeStates.set(writes.resumeState.agent, writes.resumeState);
    if (writes.controls) now.controls = writes.controls;
    if (writes.thread) now.thread = writes.thread;
    if (writes.procedure) now.procedure = writes.procedure;
    parentOf(commit)?.children.push(head.intentId);
    if (writes.effect) {
      const { row } = writes.effect;
      const reserved = parts.map(({ room: _, ...part }) => part);
      now.effects.set(row.effectId, reserved.length > 0 ? { ...row, reserved } : row);
    }
    if (writes.link) links.set(writes.link.hash, writes.link);
    const replaced = writes.replacedLink === undefined ? undefined : links.get(writes.replacedLink);
    if (replaced) links.set(replaced.hash, { ...replaced, replacedAt: replaced.replacedAt ?? head.updatedAt });
    if (writes.idempotency) answers.set(answerKey(head.tenant, writes.idempotency.key), writes.idempotency);
    for (const row of commit.owed) now.owed.set(row.key, row);
    for (const key of commit.settled) now.owed.delete(key);
    for (const row of commit.asked) now.asked.set(`${row.taskId}#${row.personId}`, row);
  }
}

/** Never changed any more, by whoever has a part of it: so what is stored needs no copy, and whoever tries is told. */
function fixed<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const part of Object.values(value)) fixed(part);
  }
  return value;
}

const answerKey = (tenant: string, key: string): string => `${tenant}#${key}`;

const noteKey = (state: string, revision: number): string => `${state}#${revision}`;

const empty = (head: Collection['head']): Collection => ({
  head,
  requests: new Map(),
  plans: new Map(),
  tasks: new Map(),
  children: [],
  notes: new Map(),
  resumeStates: new Map(),
  effects: new Map(),
  events: [],
  entries: [],
  owed: new Map(),
  asked: new Map(),
});
