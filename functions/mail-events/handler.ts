/** Bounces and complaints: whoever can't be mailed is not waited for; others are asked at once, for each task of the mail. */

import { openDigests } from '../../adapters/digests.ts';
import { openDirectory } from '../../adapters/directory.ts';
import { readEnv } from '../../adapters/env.ts';
import { context } from '../../adapters/lambda/context.ts';
import { log, measure } from '../../adapters/lambda/log.ts';
import { openStore } from '../../adapters/lambda/tables.ts';
import { timely } from '../../adapters/lambda/timely.ts';
import { perform } from '../../core/commit.ts';
import { undeliverable } from '../../core/rules/undeliverable.ts';
import { env as schema } from './env.ts';
import { failureOf, sesEvent } from './failure.ts';

const { client, tables, store } = openStore(readEnv(schema));
const people = openDirectory(client, tables.people);
const digests = openDigests(client, tables);

export const handler = timely<unknown, void>().handler(async (event) => {
  const failure = failureOf(sesEvent.parse(event));
  if (!failure) return;
  const { why, about } = failure;
  measure('UndeliverableMails', 1);
  const tasks = !about ? [] : 'task' in about ? [about.task] : await digests.listed(about.digestId);
  // Ids only: who it is stands in the intents' records.
  log.warn('mail undeliverable', {
    why,
    messageId: about?.messageId,
    intentIds: tasks.map(({ intentId }) => intentId),
  });
  if (!about) return;
  const directory = await people();
  const done = await Promise.allSettled(
    tasks.map(({ taskId, ...ref }) =>
      perform(store, ref, {}, context, (state, now) => undeliverable(state, { ...about, taskId }, directory, now)),
    ),
  );
  // The event comes again, and is one for those that it was taken for.
  for (const one of done) if (one.status === 'rejected') throw one.reason;
});
