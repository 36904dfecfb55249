/** What must be true of each intent, remembered beside the table: every commit is held against it. */

import type { Asked } from '../../core/asked.ts';
import type { SealedCommit } from '../../core/commit.ts';
import type { JsonObject } from '../../core/json.ts';
import type { Delivery, Effect, Head, IntentRequest, StoredPlan, Task } from '../../core/model.ts';
import type { OwedRow } from '../../core/ports.ts';
import type { Progress } from '../../core/procedure.ts';
import type { StopTarget } from '../../core/stops.ts';
import * as invariants from './invariants.ts';
import type { Mailroom } from './mailroom.ts';
import type { Mail } from './people.ts';
import { beginning } from './procedure-invariants.ts';
import type { Process } from './process.ts';
import type { Sim } from './sim.ts';

/** What is known of an intent from its commits alone. */
export interface Ghost {
  head: Head;
  plan?: StoredPlan;
  task?: Task;
  /** Tasks of earlier revisions, and the one that a takeover has replaced, as they were left. */
  earlier: Task[];
  request?: IntentRequest;
  effect?: Effect;
  delivery?: Delivery;
  procedure?: Progress;
  /** Steps of it that have begun, by visit and attempt. */
  begun: Set<string>;
  /** Of what it is a part. */
  parent?: string;
  /** Rows owed and not settled yet: what each is about. */
  owed: Map<string, JsonObject>;
  /** Whose inbox has the task, by task and person. */
  asked: Map<string, Asked>;
  /** Deliveries of it that are told to be given up. */
  undelivered: Set<string>;
  /** Times that its provider paid, epoch ms. */
  payments: number[];
}

/** What stands beside a commit at its moment. */
export interface Facts {
  stops: StopTarget[];
  by: Process;
  mails: readonly Mail[];
  mailroom: Pick<Mailroom, 'all'>;
  ghosts: ReadonlyMap<string, Ghost>;
}

export class Ghosts {
  readonly all = new Map<string, Ghost>();
  /** How often each kind of thing was committed. */
  readonly acts = new Map<string, number>();
  readonly #sim: Sim;
  constructor(sim: Sim) {
    this.#sim = sim;
  }

  committed(commit: SealedCommit, given: Omit<Facts, 'ghosts'>): void {
    const { intentId } = commit.head;
    const { action } = commit.record;
    this.acts.set(action, (this.acts.get(action) ?? 0) + 1);
    const was = this.all.get(intentId);
    const facts = { ...given, ghosts: this.all };
    for (const holds of invariants.ofCommits) this.#hold(holds.name, intentId, holds(was, commit, facts));
    const { plan = was?.plan, task = was?.task, request = was?.request, effect } = commit.writes;
    const { delivery = was?.delivery, procedure = was?.procedure, parent = was?.parent } = commit.writes;
    const left = was?.task && task?.taskId !== was.task.taskId ? [was.task] : [];
    const row = effect?.row ?? was?.effect;
    this.all.set(intentId, {
      head: commit.head,
      ...(plan ? { plan } : {}),
      ...(task ? { task } : {}),
      earlier: [...(was?.earlier ?? []), ...left],
      ...(request ? { request } : {}),
      ...(row ? { effect: row } : {}),
      ...(delivery ? { delivery } : {}),
      ...(procedure ? { procedure } : {}),
      begun: new Set([...(was?.begun ?? []), ...(action === 'step.begun' && procedure ? [beginning(procedure)] : [])]),
      ...(parent === undefined ? {} : { parent }),
      owed: new Map([...(was?.owed ?? []), ...commit.owed.map(({ key, body }) => [key, body] as const)]),
      asked: new Map([
        ...(was?.asked ?? []),
        ...commit.asked.map((row) => [`${row.taskId}#${row.personId}`, row] as const),
      ]),
      payments: was?.payments ?? [],
      undelivered: new Set([
        ...(was?.undelivered ?? []),
        ...(action === 'intent.delivery_failed' ? [String(commit.record.data.delivery_id)] : []),
      ]),
    });
  }

  settled(intentId: string, keys: string[], post: invariants.Post): void {
    const ghost = this.all.get(intentId);
    for (const key of keys) {
      const body = ghost?.owed.get(key);
      if (!ghost?.owed.delete(key) || !body) continue;
      // What is left of an earlier task concerns nobody any more.
      if (body.taskId !== undefined && body.taskId !== ghost.task?.taskId) continue;
      const about = { ...post, body, ghosts: this.all };
      for (const holds of invariants.ofSettling) this.#hold(holds.name, intentId, holds(ghost, key, about));
    }
  }

  collected(row: OwedRow, at: number): void {
    const ghost = this.all.get(row.intentId);
    if (ghost) for (const holds of invariants.ofCollecting) this.#hold(holds.name, row.intentId, holds(ghost, row, at));
  }

  paid({ effectId, at }: { effectId: string; at: number }, all: number): void {
    const intentId = effectId.split('.')[0] as string;
    const ghost = this.all.get(intentId);
    ghost?.payments.push(at);
    for (const holds of invariants.ofPayments) this.#hold(holds.name, intentId, holds(ghost, all));
  }

  #hold(name: string, about: string, fault: string | undefined): void {
    if (fault !== undefined) this.#sim.broke(name, about, fault);
  }
}
