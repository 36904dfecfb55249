/** What every door of the registry needs: who calls, and where things are kept. */

import { dynamo } from '../../adapters/dynamo.ts';
import { readEnv } from '../../adapters/env.ts';
import { type ApiKey, authenticate } from '../../adapters/keys.ts';
import { context } from '../../adapters/lambda/context.ts';
import { type HttpEvent, headerOf, jsonOf, keyOf } from '../../adapters/lambda/http.ts';
import { bodyHashOf, idempotency } from '../api/idempotency.ts';
import type { Known } from './accounts.ts';
import { env as schema } from './env.ts';

const { CONTROL_TABLE: table, BASE_URL: baseUrl } = readEnv(schema);
const client = dynamo();

export const ports = () => ({ client, table, baseUrl, now: context().now });
export const callerOf = (event: HttpEvent) => authenticate(client, table, keyOf(event));

export const knownOf = (event: HttpEvent, caller: ApiKey, endpoint: string): Known =>
  idempotency(headerOf(event, 'idempotency-key'), caller, endpoint, bodyHashOf(jsonOf(event))).idempotency;
