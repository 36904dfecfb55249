/** What every door of the registry needs: who calls, and where things are kept. */

import { dynamo } from '../../adapters/dynamo.ts';
import { readEnv } from '../../adapters/env.ts';
import type { ApiKey } from '../../adapters/keys.ts';
import { knowCallers } from '../../adapters/lambda/callers.ts';
import { context } from '../../adapters/lambda/context.ts';
import { type HttpEvent, headerOf, jsonOf } from '../../adapters/lambda/http.ts';
import { bodyHashOf, idempotency } from '../api/idempotency.ts';
import type { Known } from './accounts.ts';
import { env as schema } from './env.ts';

const env = readEnv(schema);
const { CONTROL_TABLE: table, BASE_URL: baseUrl } = env;
const client = dynamo();

export const ports = () => ({ client, table, baseUrl, now: context().now });
export const callerOf = knowCallers(client, env);

export const knownOf = (event: HttpEvent, caller: ApiKey, endpoint: string): Known =>
  idempotency(headerOf(event, 'idempotency-key'), caller, endpoint, bodyHashOf(jsonOf(event))).idempotency;
