/**
 * Fills a table with intents that wait. What one real intent has written until it waits is copied: each copy has ids,
 * hashes and a tenant of its own, everything else is as the product wrote it. No run belongs to a copy.
 */

import { createHash, randomUUID } from 'node:crypto';
import { DynamoDBClient, ScanCommand } from '@aws-sdk/client-dynamodb';
import type { AwsConfig } from '../local/aws.ts';

/** A row as it goes over the wire, as text. */
export type Row = string;

/** The rows of a table, for one with next to nothing in it. */
export async function rowsOf(aws: AwsConfig, table: string): Promise<Row[]> {
  const { Items = [], LastEvaluatedKey } = await new DynamoDBClient(aws).send(
    new ScanCommand({ TableName: table, ConsistentRead: true }),
  );
  if (LastEvaluatedKey) throw new Error(`${table} holds more than one intent.`);
  return Items.map((item) => JSON.stringify(item));
}

const uuidOrHash = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|\b[0-9a-f]{64}\b/g;

/** Tenants that the copies are spread over. */
const tenants = 1000;
/** Partitions of the index `due`. */
const shards = 16;

/** The rows again, as another intent of another tenant would have them: the same id becomes the same new id everywhere. */
export function copyOf(rows: readonly Row[], tenant: string, number: number): Row[] {
  const renamed = new Map<string, string>();
  const another = (id: string) => {
    const known =
      renamed.get(id) ?? (id.length === 64 ? createHash('sha256').update(randomUUID()).digest('hex') : randomUUID());
    renamed.set(id, known);
    return known;
  };
  return rows.map((row) =>
    row
      .replaceAll(tenant, `org-${number % tenants}/main`)
      .replace(/"due#\d+"/g, `"due#${number % shards}"`)
      .replace(uuidOrHash, another),
  );
}

/** What BatchWriteItem takes at once. */
const batchSize = 25;
/** Batches under way at the same time. */
const lanes = 4;

/** Writes `count` copies of the rows. Rejects where the table does not take them all. */
export async function fill(url: string, table: string, rows: readonly Row[], tenant: string, count: number) {
  const batches = batchesOf(rows, tenant, count);
  await Promise.all(
    Array.from({ length: lanes }, async () => {
      for (const batch of batches) await write(url, table, batch);
    }),
  );
}

function* batchesOf(rows: readonly Row[], tenant: string, count: number): Generator<Row[]> {
  let batch: Row[] = [];
  for (let number = 1; number <= count; number += 1)
    for (const row of copyOf(rows, tenant, number)) {
      batch.push(row);
      if (batch.length < batchSize) continue;
      yield batch;
      batch = [];
    }
  if (batch.length > 0) yield batch;
}

/** Without the SDK, which would parse and check each item again. */
async function write(url: string, table: string, batch: readonly Row[]): Promise<void> {
  const puts = batch.map((row) => `{"PutRequest":{"Item":${row}}}`);
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/x-amz-json-1.0', 'x-amz-target': 'DynamoDB_20120810.BatchWriteItem' },
    body: `{"RequestItems":{"${table}":[${puts.join(',')}]}}`,
  });
  const answer = (await response.json()) as { UnprocessedItems?: object };
  if (!response.ok || Object.keys(answer.UnprocessedItems ?? {}).length > 0)
    throw new Error(`BatchWriteItem answered ${response.status}: ${JSON.stringify(answer)}`);
}
