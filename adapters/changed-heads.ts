/** The heads that have changed since a time: by the index of hours, without a scan of the table. */

import { BatchGetCommand, type DynamoDBDocumentClient, QueryCommand } from '@aws-sdk/lib-dynamodb';
import type { Seen } from '../core/checkpoint.ts';
import { RetryableError } from '../core/errors.ts';
import { headSk, hoursFrom, hoursIndex } from './rows.ts';

/** Index partitions, and batches of heads, that are read at a time. */
const atOnce = 16;
/** As many as one BatchGetItem takes. */
const batchSize = 100;
const maxTries = 8;

/** Every head that was committed between these times, as it is now. */
export async function changedHeads(
  client: DynamoDBDocumentClient,
  table: string,
  since: string,
  now: string,
): Promise<Seen[]> {
  const pks = new Set<string>();
  await inTurns(hoursFrom(since, now), async (hour) => {
    for (const pk of await headsOf(client, table, hour)) pks.add(pk);
  });
  const seen: Seen[] = [];
  const batches = Array.from({ length: Math.ceil(pks.size / batchSize) }, (_, i) =>
    [...pks].slice(i * batchSize, (i + 1) * batchSize),
  );
  await inTurns(batches, async (batch) => {
    for (const head of await readHeads(client, table, batch)) if (head.at >= since) seen.push(head);
  });
  return seen;
}

async function inTurns<T>(all: readonly T[], each: (one: T) => Promise<void>): Promise<void> {
  const left = all.values();
  const work = async () => {
    for (const one of left) await each(one);
  };
  await Promise.all(Array.from({ length: atOnce }, work));
}

async function headsOf(client: DynamoDBDocumentClient, table: string, hour: string): Promise<string[]> {
  const pks: string[] = [];
  let next: Record<string, unknown> | undefined;
  do {
    const page = await client.send(
      new QueryCommand({
        TableName: table,
        IndexName: hoursIndex,
        KeyConditionExpression: '#hour = :hour',
        ExpressionAttributeNames: { '#hour': 'hour' },
        ExpressionAttributeValues: { ':hour': hour },
        ...(next ? { ExclusiveStartKey: next } : {}),
      }),
    );
    for (const { pk } of page.Items ?? []) pks.push(String(pk));
    next = page.LastEvaluatedKey;
  } while (next);
  return pks;
}

async function readHeads(client: DynamoDBDocumentClient, table: string, pks: readonly string[]): Promise<Seen[]> {
  const seen: Seen[] = [];
  let keys: Record<string, unknown>[] = pks.map((pk) => ({ pk, sk: headSk }));
  for (let tries = 0; keys.length > 0; tries += 1) {
    if (tries === maxTries) throw new RetryableError('The tables are busy.');
    const page = await client.send(
      new BatchGetCommand({
        RequestItems: {
          [table]: { Keys: keys, ConsistentRead: true, ProjectionExpression: 'pk, auditSeq, auditHash, updatedAt' },
        },
      }),
    );
    for (const { pk, auditSeq: seq, auditHash: hash, updatedAt: at } of page.Responses?.[table] ?? [])
      seen.push({ chain: pk, seq, hash, at });
    keys = page.UnprocessedKeys?.[table]?.Keys ?? [];
  }
  return seen;
}
