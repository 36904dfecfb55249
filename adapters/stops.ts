/** Stops as the operator sets them: all rows of a target in one transaction, so that it holds everywhere at once. */

import { type DynamoDBDocumentClient, ScanCommand, TransactWriteCommand } from '@aws-sdk/lib-dynamodb';
import { type StopTarget, stopKey, stopShards } from '../core/stops.ts';

export interface Stop {
  target: string;
  by: string;
  reason: string;
  at: string;
}

const shards = Array.from({ length: stopShards }, (_, shard) => `shard#${shard}`);

/** Idempotent: a stop that stands already is renewed. */
export async function setStop(
  client: DynamoDBDocumentClient,
  table: string,
  target: StopTarget,
  given: Omit<Stop, 'target'>,
): Promise<void> {
  const pk = stopKey(target);
  await client.send(
    new TransactWriteCommand({
      TransactItems: shards.map((sk) => ({ Put: { TableName: table, Item: { pk, sk, target: pk, ...given } } })),
    }),
  );
}

/** Idempotent: lifting what does not stand changes nothing. */
export async function liftStop(client: DynamoDBDocumentClient, table: string, target: StopTarget): Promise<void> {
  const pk = stopKey(target);
  await client.send(
    new TransactWriteCommand({
      TransactItems: shards.map((sk) => ({ Delete: { TableName: table, Key: { pk, sk } } })),
    }),
  );
}

/** The stops that stand. For the operator: reads the whole control table. */
export async function listStops(client: DynamoDBDocumentClient, table: string): Promise<Stop[]> {
  const found = new Map<string, Stop>();
  let next: Record<string, unknown> | undefined;
  do {
    const page = await client.send(
      new ScanCommand({ TableName: table, ConsistentRead: true, ...(next ? { ExclusiveStartKey: next } : {}) }),
    );
    for (const { pk, sk, ...stop } of page.Items ?? [])
      if (String(pk).startsWith('stop#')) found.set(String(pk), stop as Stop);
    next = page.LastEvaluatedKey;
  } while (next);
  return [...found.values()];
}
