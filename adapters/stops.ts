/** Stops as the operator sets them: all rows of a target in one transaction, so that it holds everywhere at once. */

import { TransactionCanceledException } from '@aws-sdk/client-dynamodb';
import { type DynamoDBDocumentClient, GetCommand, ScanCommand, TransactWriteCommand } from '@aws-sdk/lib-dynamodb';
import { type StopTarget, stopKey, stopShard, stopShards } from '../core/stops.ts';

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

/** Idempotent: lifting what does not stand changes nothing. Returns the stop that stood, if one did. */
export async function liftStop(
  client: DynamoDBDocumentClient,
  table: string,
  target: StopTarget,
): Promise<Stop | undefined> {
  const pk = stopKey(target);
  const stood = await client.send(
    new GetCommand({ TableName: table, Key: { pk, sk: shards[0] }, ConsistentRead: true }),
  );
  await client.send(
    new TransactWriteCommand({
      TransactItems: shards.map((sk) => ({ Delete: { TableName: table, Key: { pk, sk } } })),
    }),
  );
  return stood.Item && stopOf(stood.Item);
}

/** Whether one of these stops stands. Checks as a commit of this intent does, and so reads nothing of the table. */
export async function oneStands(
  client: DynamoDBDocumentClient,
  table: string,
  targets: readonly StopTarget[],
  intentId: string,
): Promise<boolean> {
  const checks = targets.map((target) => ({
    ConditionCheck: {
      TableName: table,
      Key: { pk: stopKey(target), sk: stopShard(intentId) },
      ConditionExpression: 'attribute_not_exists(pk)',
    },
  }));
  try {
    await client.send(new TransactWriteCommand({ TransactItems: checks }));
    return false;
  } catch (error) {
    const reasons = error instanceof TransactionCanceledException ? (error.CancellationReasons ?? []) : [];
    if (reasons.some(({ Code }) => Code === 'ConditionalCheckFailed')) return true;
    throw error;
  }
}

/** The stops that stand. For the operator: reads the whole control table. */
export async function listStops(client: DynamoDBDocumentClient, table: string): Promise<Stop[]> {
  const found = new Map<string, Stop>();
  let next: Record<string, unknown> | undefined;
  do {
    const page = await client.send(
      new ScanCommand({ TableName: table, ConsistentRead: true, ...(next ? { ExclusiveStartKey: next } : {}) }),
    );
    for (const item of page.Items ?? [])
      if (String(item.pk).startsWith('stop#')) found.set(String(item.pk), stopOf(item));
    next = page.LastEvaluatedKey;
  } while (next);
  return [...found.values()];
}

const stopOf = ({ pk, sk, ...stop }: Record<string, unknown>): Stop => stop as unknown as Stop;
