/** The states of a run that decide or wait, on AWS. */

import * as z from 'zod';
import { openDirectory } from '../../adapters/directory.ts';
import { readEnv } from '../../adapters/env.ts';
import { evidenceReader } from '../../adapters/evidence.ts';
import { context } from '../../adapters/lambda/context.ts';
import { stepHandler } from '../../adapters/lambda/step.ts';
import { openStore } from '../../adapters/lambda/tables.ts';
import { intentTypeOf } from '../../intents/index.ts';
import { env as schema } from './env.ts';
import { stepEvent, takeSteps } from './steps.ts';

const env = readEnv(schema);
const { client, tables, store } = openStore(env);
const readEvidence = evidenceReader(z.record(z.string(), z.string()).parse(JSON.parse(env.READ_TOOLS)));

export const handler = stepHandler(
  stepEvent,
  takeSteps({ store, context, people: openDirectory(client, tables.people), typeOf: intentTypeOf, readEvidence }),
);
