/** The store as one process sees it: every call is a moment, loads may be torn, commits may be refused or their answers lost. */

import type { SealedCommit } from '../../core/commit.ts';
import { RetryableError } from '../../core/errors.ts';
import type { IntentState } from '../../core/model.ts';
import type { CommitResult, Store } from '../../core/ports.ts';
import type { MemoryStore } from '../../core/testing/memory-store.ts';
import type { Process } from './process.ts';
import type { Sim } from './sim.ts';

export interface Watch {
  committed(commit: SealedCommit, by: Process): void;
  settled(ref: { tenant: string; intentId: string }, key: string): void;
}

const busy = () => new RetryableError('The tables are busy.');
const metItself: CommitResult = { ok: false, because: 'changed' };

export function tableOf(sim: Sim, memory: MemoryStore, process: Process, watch: Watch): Store {
  const special: Pick<Store, 'load' | 'commit' | 'settle'> = {
    /** Not one read but several, head first: others may commit between them. */
    async load(ref, options = {}) {
      const read = (what: string) => sim.call(process, { what, act: () => memory.load(ref, options) });
      const first = await read('load');
      if (!first || !sim.faults.happens('readTorn')) return first;
      const rest: IntentState | undefined = await read('load the rest');
      const { effect, link } = sim.random.chance(0.5) ? first : (rest ?? first);
      return { ...rest, head: first.head, ...(effect ? { effect } : {}), ...(link ? { link } : {}) };
    },
    commit: (commit) =>
      sim.call<CommitResult>(process, {
        what: `commit ${commit.record.action}`,
        act: async () => {
          const outcome = await memory.commit(commit);
          if (outcome.ok) watch.committed(commit, process);
          return outcome.ok && sim.faults.happens('commitMeetsItself') ? metItself : outcome;
        },
        refused: busy,
        lost: () => new RetryableError('The tables did not answer.'),
        told: (outcome) => (outcome.ok ? `→ ${commit.head.status}` : `→ ${outcome.because}`),
      }),
    settle: (ref, key) =>
      sim.call(process, {
        what: `settle ${key.split('#')[0]}`,
        act: async () => {
          await memory.settle(ref, key);
          watch.settled(ref, key);
        },
      }),
  };
  const plain = (name: keyof Store) => {
    const act = memory[name] as (...given: unknown[]) => Promise<unknown>;
    return (...given: unknown[]) => sim.call(process, { what: name, act: () => act(...given) });
  };
  return new Proxy<Store>(memory, {
    get: (_, name: keyof Store) => (special as Partial<Store>)[name] ?? plain(name),
  });
}
