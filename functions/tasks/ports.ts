/** What every door of tasks needs; made once at the function's start. */

import { openDirectory } from '../../adapters/directory.ts';
import { readEnv } from '../../adapters/env.ts';
import { countRequests, knowCallers } from '../../adapters/lambda/callers.ts';
import { openStore } from '../../adapters/lambda/tables.ts';
import { mediaRows } from '../../adapters/media-rows.ts';
import { env as schema } from './env.ts';

const env = readEnv(schema);
export const { client, tables, store } = openStore(env);
export const count = countRequests(client, env);
export const agentOf = knowCallers(client, env, count);
export const people = openDirectory(client, tables.people);
export const files = mediaRows(client, tables.intents);
