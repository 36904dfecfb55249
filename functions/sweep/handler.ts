/** Once a minute: enqueues what is still owed, starts the next generation of runs that went silent, expires what is over. */

import { dueItems, isOutboxRow } from '../../adapters/due.ts';
import { readEnv } from '../../adapters/env.ts';
import { context } from '../../adapters/lambda/context.ts';
import { log, measure } from '../../adapters/lambda/log.ts';
import { openStore } from '../../adapters/lambda/tables.ts';
import { timely } from '../../adapters/lambda/timely.ts';
import { messageOf } from '../../adapters/messages.ts';
import { queues } from '../../adapters/queues.ts';
import { perform } from '../../core/commit.ts';
import type { IntentRef } from '../../core/model.ts';
import { deadlineOf } from '../../core/rules/common.ts';
import { nextGeneration } from '../../core/rules/generation.ts';
import { climb } from '../../core/rules/rung.ts';
import { env as schema } from './env.ts';

const env = readEnv(schema);
const { client, tables, store } = openStore(env);
const { enqueue } = queues({ runs: env.RUNS_QUEUE_URL, mail: env.MAIL_QUEUE_URL });
const due = dueItems(client, tables.intents);

/** Bounds one pass: 16 shards of this many. What is left is still due a minute later. */
const itemsPerShard = 25;

/** `<tenant>#<intentId>` as a head's partition key has it. */
const refOf = (pk: string): IntentRef => {
  const cut = pk.lastIndexOf('#');
  return { tenant: pk.slice(0, cut), intentId: pk.slice(cut + 1) };
};

/** A silent run: over its deadline the intent expires here, otherwise the next generation takes it up. */
async function revive(ref: IntentRef): Promise<void> {
  await perform(store, ref, {}, context, (state, now) => {
    const { head, task } = state ?? {};
    const over = task?.status === 'open' && Date.parse(deadlineOf(task)) <= Date.parse(now.now);
    return head && over ? climb(state, head.generation, now) : (nextGeneration(state, now) as never);
  });
}

export const handler = timely<unknown, object>().handler(async () => {
  const now = Date.now();
  const items = await due.overdue(now, itemsPerShard);
  const heads = items.filter((item) => !isOutboxRow(item));
  let failed = 0;
  const attempt = async (work: Promise<unknown>) => {
    try {
      await work;
    } catch (error) {
      // One item never holds up the others; it stays due.
      failed += 1;
      log.error('sweep could not mend an item', {
        errorName: (error as Error).name,
        errorMessage: (error as Error).message,
      });
    }
  };
  for (const item of items.filter(isOutboxRow)) {
    await attempt(due.take(item, now).then((row) => (row ? enqueue(messageOf(row)) : undefined)));
  }
  for (const { pk } of heads) await attempt(revive(refOf(pk)));
  measure('OverdueHeads', heads.length);
  log.info('swept', { rows: items.length - heads.length, heads: heads.length, failed });
  return { rows: items.length - heads.length, heads: heads.length, failed };
});
