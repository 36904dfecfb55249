/** Counts requests by key, endpoint and minute: in this instance, and in the table `Meters`, which all share. */

import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { type DynamoDBDocumentClient, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { isOver, mayTell, minuteAt, type Rate, rateWindowSeconds, remaining } from '../core/rate.ts';
import type { ApiKey } from './keys.ts';
import { rateKey } from './rows.ts';

/** Keys and endpoints that an instance counts at once; then it begins anew. */
const maxCounted = 10_000;

/** A counter is cleared up some time after its minute. */
const keptSeconds = 3600;

/** How a key stands after a request. */
export interface Standing {
  limit: number;
  remaining: number;
  /** Seconds until the minute ends. */
  resetSeconds: number;
  over: boolean;
}

export function openRates(
  client: DynamoDBDocumentClient,
  table: string,
  usualLimit: number,
  clock: () => number = Date.now,
) {
  let minute = 0;
  let counted = new Map<string, Rate>();

  /** What all have told by now. A counter that is full is not written to. */
  async function tell(key: ApiKey, endpoint: string, rate: Rate): Promise<number> {
    try {
      const { Attributes } = await client.send(
        new UpdateCommand({
          TableName: table,
          Key: rateKey(key.tenant, key.keyId, endpoint, minute),
          UpdateExpression: 'SET #ttl = :ttl ADD #used :own',
          ConditionExpression: 'attribute_not_exists(#used) OR #used <= :limit',
          ExpressionAttributeNames: { '#used': 'used', '#ttl': 'ttl' },
          ExpressionAttributeValues: {
            ':own': rate.own,
            ':limit': rate.limit,
            ':ttl': (minute + 1) * rateWindowSeconds + keptSeconds,
          },
          ReturnValues: 'UPDATED_NEW',
        }),
      );
      return Number(Attributes?.used);
    } catch (error) {
      if (error instanceof ConditionalCheckFailedException) return rate.limit + 1;
      throw error;
    }
  }

  return async (key: ApiKey, endpoint: string): Promise<Standing> => {
    const { window, secondsLeft } = minuteAt(clock());
    if (window !== minute || counted.size >= maxCounted) counted = new Map();
    minute = window;
    const name = `${key.keyId} ${endpoint}`;
    const rate = counted.get(name) ?? { limit: key.limitPerMinute ?? usualLimit, shared: 0, own: 0 };
    counted.set(name, rate);
    rate.own += 1;
    if (rate.shared <= rate.limit && mayTell(rate)) {
      const told = { ...rate };
      // Requests that this instance answers meanwhile are told next time.
      rate.own = 0;
      rate.shared = await tell(key, endpoint, told);
    }
    return { limit: rate.limit, remaining: remaining(rate), resetSeconds: secondsLeft, over: isOver(rate) };
  };
}
