/** Bounces and complaints: whoever can't be mailed is not waited for; others are asked at once. */

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

export const handler = timely<unknown, void>().handler(async (event) => {
  const failure = failureOf(sesEvent.parse(event));
  if (!failure) return;
  const { why, about } = failure;
  measure('UndeliverableMails', 1);
  // Ids only: who it is stands in the intent's record.
  log.warn('mail undeliverable', { why, intentId: about?.ref.intentId, messageId: about?.mail.messageId });
  if (!about) return;
  const directory = await people();
  await perform(store, about.ref, {}, context, (state, now) => undeliverable(state, about.mail, directory, now));
});
