/**
 * Write units as DynamoDB's answer gives them. Functions don't ask for it, so their writes are made again, in order and as
 * they went over the wire, on empty tables of the same form.
 */

import { randomUUID } from 'node:crypto';
import {
  type ConsumedCapacity,
  CreateTableCommand,
  DescribeTableCommand,
  DynamoDBClient,
} from '@aws-sdk/client-dynamodb';
import type { AwsConfig } from '../local/aws.ts';

interface Written {
  action: string | null;
  status: number | null;
  body?: string;
}

const writes = /^DynamoDB_\d+\.(PutItem|UpdateItem|DeleteItem|TransactWriteItems)$/;

/**
 * Units of the tables and of their indexes, of what was written. The calls are all of an intent, from its first; `before`: what
 * was written for its agents, which is written again and not counted.
 */
export async function unitsOf(aws: AwsConfig, calls: readonly Written[], before: readonly Written[] = []) {
  const client = new DynamoDBClient(aws);
  const copies = new Map<string, string>();
  const units = { writeUnits: 0, indexUnits: 0 };
  for (const call of [...before, ...calls]) {
    const { action, status, body = '{}' } = call;
    // What met another's write was refused, and its caller wrote anew.
    if (!action || !writes.test(action) || status !== 200) continue;
    for (const [, table = ''] of body.matchAll(/"TableName":"([^"]+)"/g))
      if (!copies.has(table)) copies.set(table, await emptyCopy(client, table));
    for (const capacity of await again(aws.endpoint, action, body, copies)) {
      if (before.includes(call)) continue;
      const index = indexUnits(capacity);
      units.indexUnits += index;
      units.writeUnits += (capacity.CapacityUnits ?? 0) - index;
    }
  }
  return units;
}

async function emptyCopy(client: DynamoDBClient, name: string): Promise<string> {
  const { Table } = await client.send(new DescribeTableCommand({ TableName: name }));
  const copy = `copy-${randomUUID()}`;
  await client.send(
    new CreateTableCommand({
      TableName: copy,
      AttributeDefinitions: Table?.AttributeDefinitions,
      KeySchema: Table?.KeySchema,
      BillingMode: 'PAY_PER_REQUEST',
      ...(Table?.GlobalSecondaryIndexes && {
        GlobalSecondaryIndexes: Table.GlobalSecondaryIndexes.map(({ IndexName, KeySchema, Projection }) => ({
          IndexName,
          KeySchema,
          Projection,
        })),
      }),
    }),
  );
  return copy;
}

/** The same call on the copies; rejects where it does not succeed again. */
async function again(
  url: string,
  action: string,
  body: string,
  copies: ReadonlyMap<string, string>,
): Promise<ConsumedCapacity[]> {
  // The token would make it the call that was made already.
  const { ClientRequestToken: _, ...call } = JSON.parse(body, (key, value) =>
    key === 'TableName' ? (copies.get(value) ?? value) : value,
  );
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/x-amz-json-1.0', 'x-amz-target': action },
    body: JSON.stringify({ ...call, ReturnConsumedCapacity: 'INDEXES' }),
  });
  const answer = await response.text();
  if (!response.ok) throw new Error(`${action} made again answered ${response.status}: ${answer}`);
  return [JSON.parse(answer).ConsumedCapacity].flat();
}

const indexUnits = ({ GlobalSecondaryIndexes = {} }: ConsumedCapacity): number =>
  Object.values(GlobalSecondaryIndexes).reduce((sum, { CapacityUnits = 0 }) => sum + CapacityUnits, 0);
