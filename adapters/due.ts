/** The sparse index of what is due, as the sweep reads it. */

import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { type DynamoDBDocumentClient, QueryCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { dueIndex, dueShards, outboxPrefix } from './rows.ts';

export interface DueItem {
  pk: string;
  sk: string;
}

/** An outbox row is enqueued again after this long, for as long as it is owed; its queue has its own, faster retries, and what a stop holds back is postponed by less. */
export const pauseMs = 5 * 60_000;

export const isOutboxRow = (item: DueItem): boolean => item.sk.startsWith(outboxPrefix);

export function dueItems(client: DynamoDBDocumentClient, table: string) {
  return {
    /** Overdue items, oldest first in each shard, at most `limit` a shard. */
    async overdue(now: number, limit: number): Promise<DueItem[]> {
      const pages = await Promise.all(
        Array.from({ length: dueShards }, (_, shard) =>
          client.send(
            new QueryCommand({
              TableName: table,
              IndexName: dueIndex,
              KeyConditionExpression: '#shard = :shard AND dueAt <= :now',
              ExpressionAttributeNames: { '#shard': 'shard' },
              ExpressionAttributeValues: { ':shard': `due#${shard}`, ':now': now },
              Limit: limit,
            }),
          ),
        ),
      );
      return pages.flatMap((page) => (page.Items ?? []) as DueItem[]);
    },

    /** How many intents are open, by type: every open head is due at some time. Reads the whole index. */
    async openByType(signal?: AbortSignal): Promise<Map<string, number>> {
      const counts = new Map<string, number>();
      const count = async (shard: number): Promise<void> => {
        let next: Record<string, unknown> | undefined;
        do {
          const page = await client.send(
            new QueryCommand({
              TableName: table,
              IndexName: dueIndex,
              KeyConditionExpression: '#shard = :shard',
              // Outbox rows are due too; they have no type.
              FilterExpression: 'attribute_exists(#type)',
              ProjectionExpression: '#type',
              ExpressionAttributeNames: { '#shard': 'shard', '#type': 'type' },
              ExpressionAttributeValues: { ':shard': `due#${shard}` },
              ...(next ? { ExclusiveStartKey: next } : {}),
            }),
            { ...(signal ? { abortSignal: signal } : {}) },
          );
          for (const { type } of page.Items ?? []) counts.set(String(type), (counts.get(String(type)) ?? 0) + 1);
          next = page.LastEvaluatedKey;
        } while (next);
      };
      await Promise.all(Array.from({ length: dueShards }, (_, shard) => count(shard)));
      return counts;
    },

    /** Takes an overdue outbox row for this pass and moves its due time on; nothing if it is paid or taken. */
    async take({ pk, sk }: DueItem, now: number): Promise<Record<string, unknown> | undefined> {
      try {
        const taken = await client.send(
          new UpdateCommand({
            TableName: table,
            Key: { pk, sk },
            UpdateExpression: 'SET dueAt = :next ADD attempts :one',
            ConditionExpression: 'attribute_exists(pk) AND dueAt <= :now',
            ExpressionAttributeValues: { ':next': now + pauseMs, ':now': now, ':one': 1 },
            ReturnValues: 'ALL_NEW',
          }),
        );
        return taken.Attributes;
      } catch (error) {
        if (error instanceof ConditionalCheckFailedException) return undefined;
        throw error;
      }
    },
  };
}
