/** Whose key a request has, and whether that key may ask again: what every door of agents begins with. */

import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod';
import { QuotaExceeded } from '../../core/errors.ts';
import { type ApiKey, authenticate } from '../keys.ts';
import { openRates } from '../rates.ts';
import { endpointOf, type HttpEvent, keyOf, standsAt } from './http.ts';

/** Environment of every function that knows keys. */
export const rateEnv = z.object({
  METERS_TABLE: z.string(),
  /** Requests a minute with one key to one endpoint, where the key says nothing else. */
  RATE_LIMIT: z.coerce.number().int().min(1),
});

type Env = z.infer<typeof rateEnv> & { CONTROL_TABLE: string };

/** Counts a request of a key, once. Throws QuotaExceeded `rate_limited`. */
export type CountRequest = (event: HttpEvent, key: ApiKey) => Promise<void>;

export function countRequests(
  client: DynamoDBDocumentClient,
  env: Pick<Env, 'METERS_TABLE' | 'RATE_LIMIT'>,
): CountRequest {
  const rates = openRates(client, env.METERS_TABLE, env.RATE_LIMIT);
  return async (event, key) => {
    if (standsAt.has(event)) return;
    const standing = await rates(key, endpointOf(event));
    standsAt.set(event, standing);
    if (standing.over)
      throw new QuotaExceeded('rate_limited', `A key may ask this ${standing.limit} times a minute.`, {
        retry_after_seconds: standing.resetSeconds,
      });
  };
}

/** Whose key it is. Throws Unauthorized, QuotaExceeded `rate_limited`. */
export function knowCallers(
  client: DynamoDBDocumentClient,
  env: Env,
  count = countRequests(client, env),
): (event: HttpEvent) => Promise<ApiKey> {
  return async (event) => {
    const key = await authenticate(client, env.CONTROL_TABLE, keyOf(event));
    await count(event, key);
    return key;
  };
}
