/** Starts runs and wakes them. The only place where a task token is redeemed. */

import * as z from 'zod';
import { readEnv } from '../../adapters/env.ts';
import { context } from '../../adapters/lambda/context.ts';
import { log } from '../../adapters/lambda/log.ts';
import { queueConsumer } from '../../adapters/lambda/queue-consumer.ts';
import { openStore } from '../../adapters/lambda/tables.ts';
import { outboxMessage } from '../../adapters/messages.ts';
import { postponer } from '../../adapters/queues.ts';
import { runs } from '../../adapters/runs.ts';
import { env as schema } from './env.ts';
import { payRuns } from './pay.ts';

const env = readEnv(schema);
const { store } = openStore(env);
const machines = runs(z.record(z.string(), z.string()).parse(JSON.parse(env.STATE_MACHINES)));
const lost = (generation: number) => log.warn('run lost, next generation started', { generation });

export const handler = queueConsumer(
  outboxMessage,
  payRuns({ store, machines, context, lost }),
  postponer(env.QUEUE_URL),
);
