/** One pass over what is overdue: what is still owed is enqueued again, silent runs are revived. */

import { type DueItem, isOutboxRow } from '../../adapters/due.ts';
import { messageOf, type OutboxMessage } from '../../adapters/messages.ts';
import { perform } from '../../core/commit.ts';
import { isTerminal } from '../../core/lifecycle.ts';
import type { IntentRef } from '../../core/model.ts';
import type { Context, Store } from '../../core/ports.ts';
import { isOver, tooLate } from '../../core/rules/await-answer.ts';
import { deadlineOf } from '../../core/rules/common.ts';
import { expire } from '../../core/rules/expiry.ts';
import { nextGeneration } from '../../core/rules/generation.ts';
import { agentTooLate, isTooLate } from '../../core/rules/revise.ts';

export interface Ports {
  store: Store;
  context: () => Context;
  due: {
    overdue(now: number, limit: number): Promise<DueItem[]>;
    take(item: DueItem, now: number): Promise<Record<string, unknown> | undefined>;
  };
  enqueue: (message: OutboxMessage) => Promise<void>;
  /** Told of each item that could not be mended: it never holds up the others, and stays due. */
  failed: (error: Error) => void;
}

/** Bounds one pass: 16 shards of this many. What is left is still due a minute later. */
const itemsPerShard = 25;

/** `<tenant>#<intentId>` as a head's partition key has it. */
const refOf = (pk: string): IntentRef => {
  const cut = pk.lastIndexOf('#');
  return { tenant: pk.slice(0, cut), intentId: pk.slice(cut + 1) };
};

/** Gives how many rows and heads were overdue, and how many of them could not be mended. */
export async function mend({ store, context, due, enqueue, failed }: Ports) {
  const now = Date.parse(context().now);
  const items = await due.overdue(now, itemsPerShard);
  const heads = items.filter((item) => !isOutboxRow(item));
  const rows = items.filter(isOutboxRow);
  const counts = { rows: rows.length, heads: heads.length, failed: 0 };
  const attempt = async (work: Promise<unknown>) => {
    try {
      await work;
    } catch (error) {
      counts.failed += 1;
      failed(error as Error);
    }
  };
  for (const item of rows)
    await attempt(due.take(item, now).then((row) => (row ? enqueue(messageOf(row)) : undefined)));
  for (const { pk } of heads) await attempt(revive(refOf(pk)));
  return counts;

  /** Over its deadline, a person's or the agent's, the intent expires here; otherwise its run is silent, and the next generation takes it up. */
  async function revive(ref: IntentRef): Promise<void> {
    await perform(store, ref, {}, context, (state, at) => {
      const task = state?.task;
      if (isTooLate(task, at.now)) return agentTooLate(state, at) as never;
      if (state && isOver(state, at.now)) return tooLate(state, at) as never;
      const over = task?.status === 'open' && Date.parse(deadlineOf(task)) <= Date.parse(at.now);
      return state && task && over && !isTerminal(state.head.status)
        ? expire(state, task, at)
        : (nextGeneration(state, at) as never);
    });
  }
}
