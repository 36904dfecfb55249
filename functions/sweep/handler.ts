/** Once a minute: enqueues what is still owed, starts the next generation of runs that went silent, expires what is over. */

import { dueItems } from '../../adapters/due.ts';
import { readEnv } from '../../adapters/env.ts';
import { context } from '../../adapters/lambda/context.ts';
import { log, measure } from '../../adapters/lambda/log.ts';
import { openStore } from '../../adapters/lambda/tables.ts';
import { timely } from '../../adapters/lambda/timely.ts';
import { queues } from '../../adapters/queues.ts';
import { env as schema } from './env.ts';
import { mend } from './mend.ts';

const env = readEnv(schema);
const { client, tables, store } = openStore(env);
const { enqueue } = queues({
  runs: env.RUNS_QUEUE_URL,
  mail: env.MAIL_QUEUE_URL,
  deliver: env.DELIVER_QUEUE_URL,
  push: env.PUSH_QUEUE_URL,
  announce: env.ANNOUNCE_QUEUE_URL,
});
const due = dueItems(client, tables.intents);

const failed = ({ name, message }: Error) =>
  log.error('sweep could not mend an item', { errorName: name, errorMessage: message });

export const handler = timely<unknown, object>().handler(async () => {
  const counts = await mend({ store, context, due, enqueue, failed });
  measure('OverdueHeads', counts.heads);
  log.info('swept', counts);
  return counts;
});
