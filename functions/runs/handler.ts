/** Starts runs and wakes them. The only place where a task token is redeemed. */

import * as z from 'zod';
import { readEnv } from '../../adapters/env.ts';
import { context } from '../../adapters/lambda/context.ts';
import { log } from '../../adapters/lambda/log.ts';
import { queueConsumer } from '../../adapters/lambda/queue-consumer.ts';
import { runInput } from '../../adapters/lambda/step.ts';
import { openStore } from '../../adapters/lambda/tables.ts';
import type { OutboxMessage } from '../../adapters/messages.ts';
import { runs } from '../../adapters/runs.ts';
import { perform } from '../../core/commit.ts';
import { nextGeneration } from '../../core/rules/generation.ts';
import { wakeOf } from '../../core/rules/wake.ts';
import { env as schema } from './env.ts';

const env = readEnv(schema);
const { store } = openStore(env);
const machines = runs(z.record(z.string(), z.string()).parse(JSON.parse(env.STATE_MACHINES)));

async function start(message: OutboxMessage): Promise<void> {
  await machines.start(runInput.parse(message.body.input));
  await store.settle(message, message.key);
}

/**
 * A wake stays owed until a step has committed past the wait (which removes the row). Where nobody takes the token and
 * the table, read again, shows that nothing has moved, the run is lost: the next generation goes on.
 */
async function wake(message: OutboxMessage): Promise<void> {
  const state = await store.load(message);
  const due = wakeOf(state, message.body);
  if (due.do === 'leave') return;
  if (due.do === 'look_again') return void (await machines.redeem(due.token, 'Rearm'));
  if (due.do === 'redeem') {
    const taken = await machines.redeem(due.token, due.answer);
    if (!due.last) return taken ? undefined : goOnWithout(message, due.token);
  }
  await store.settle(message, message.key);
}

async function goOnWithout(message: OutboxMessage, token: string): Promise<void> {
  const again = wakeOf(await store.load(message));
  if (again.do !== 'redeem' || again.last) return store.settle(message, message.key);
  if (again.token !== token && (await machines.redeem(again.token, again.answer))) return;
  const state = await store.load(message);
  const lost = state?.head.generation;
  const generation = await perform(store, message, {}, context, (now, at) => nextGeneration(now, at, lost));
  log.warn('run lost, next generation started', { generation });
}

export const handler = queueConsumer((message) => (message.kind === 'start' ? start(message) : wake(message)));
