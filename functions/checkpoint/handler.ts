/** Once an hour: a signed checkpoint of the audit chains that have changed, where nobody can rewrite it. */

import { KMSClient } from '@aws-sdk/client-kms';
import { S3Client } from '@aws-sdk/client-s3';
import { changedHeads } from '../../adapters/changed-heads.ts';
import { signCheckpoint } from '../../adapters/checkpoint-key.ts';
import { checkpoints } from '../../adapters/checkpoints.ts';
import { dynamo } from '../../adapters/dynamo.ts';
import { readEnv } from '../../adapters/env.ts';
import { context } from '../../adapters/lambda/context.ts';
import { log, measure } from '../../adapters/lambda/log.ts';
import { timely } from '../../adapters/lambda/timely.ts';
import { env as schema } from './env.ts';
import { type Witnessed, witness } from './witness.ts';

const env = readEnv(schema);
const client = dynamo();

const ports = {
  now: () => context().now,
  changed: (since: string, now: string) => changedHeads(client, env.INTENTS_TABLE, since, now),
  sign: signCheckpoint(new KMSClient({}), env.CHECKPOINT_KEY_ID),
  bucket: checkpoints(new S3Client({}), env.CHECKPOINT_BUCKET),
};

export const handler = timely<unknown, Witnessed>().handler(async () => {
  const made = await witness(ports);
  measure('CheckpointHours', made.hours);
  log.info('checkpoint', { ...made });
  return made;
});
