/** What must be true of each intent, remembered beside the table: every commit is held against it. */

import type { Asked } from '../../core/asked.ts';
import type { SealedCommit } from '../../core/commit.ts';
import type { Effect, Head, StoredPlan, Task } from '../../core/model.ts';
import type { StopTarget } from '../../core/stops.ts';
import * as invariants from './invariants.ts';
import type { Process } from './process.ts';
import type { Sim } from './sim.ts';

/** What is known of an intent from its commits alone. */
export interface Ghost {
  head: Head;
  plan?: StoredPlan;
  task?: Task;
  /** The task whose place the operators' has taken. */
  earlier?: Task;
  effect?: Effect;
  /** Rows owed and not settled yet. */
  owed: Set<string>;
  /** Whose inbox has the task, by task and person. */
  asked: Map<string, Asked>;
  /** Times that its provider paid, epoch ms. */
  payments: number[];
}

/** What stands beside a commit at its moment. */
export interface Facts {
  stops: StopTarget[];
  by: Process;
}

/** Who was asked before a freeze need not be mailed any more. */
const owedStill = (was: Ghost | undefined, { record }: SealedCommit): string[] =>
  [...(was?.owed ?? [])].filter((key) => record.action !== 'intent.frozen' || !key.startsWith('mail#'));

export class Ghosts {
  readonly all = new Map<string, Ghost>();
  readonly #sim: Sim;
  constructor(sim: Sim) {
    this.#sim = sim;
  }

  committed(commit: SealedCommit, facts: Facts): void {
    const { intentId } = commit.head;
    const was = this.all.get(intentId);
    for (const holds of invariants.ofCommits) this.#hold(holds.name, intentId, holds(was, commit, facts));
    const { plan = was?.plan, task = was?.task, effect } = commit.writes;
    const row = effect?.row ?? was?.effect;
    const earlier = was?.task && was.task.taskId !== task?.taskId ? was.task : was?.earlier;
    this.all.set(intentId, {
      head: commit.head,
      ...(plan ? { plan } : {}),
      ...(task ? { task } : {}),
      ...(earlier ? { earlier } : {}),
      ...(row ? { effect: row } : {}),
      owed: new Set([...owedStill(was, commit), ...commit.owed.map(({ key }) => key)]),
      asked: new Map([
        ...(was?.asked ?? []),
        ...commit.asked.map((row) => [`${row.taskId}#${row.personId}`, row] as const),
      ]),
      payments: was?.payments ?? [],
    });
  }

  settled(intentId: string, keys: string[], post: invariants.Post): void {
    const ghost = this.all.get(intentId);
    for (const key of keys) {
      if (!ghost?.owed.delete(key)) continue;
      for (const holds of invariants.ofSettling) this.#hold(holds.name, intentId, holds(ghost, key, post));
    }
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
