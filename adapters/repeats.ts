/** Requests that may come again: what each was answered, in the table of what it wrote, and written with that or not at all. */

import { TransactionCanceledException } from '@aws-sdk/client-dynamodb';
import {
  type DynamoDBDocumentClient,
  GetCommand,
  TransactWriteCommand,
  type TransactWriteCommandInput,
} from '@aws-sdk/lib-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import type { JsonObject } from '../core/json.ts';

export type Operation = NonNullable<TransactWriteCommandInput['TransactItems']>[number];

/** What an Idempotency-Key is kept with. */
export interface Repeat {
  key: string;
  requestHash: string;
  answer: JsonObject;
}

export type Kept = Pick<Repeat, 'requestHash' | 'answer'>;

/** Nothing else of what it is given: a caller may know more beside it that nobody stores, such as a key. */
export const keepRepeat = (
  table: string,
  row: { pk: string; sk: string; ttl?: number },
  { requestHash, answer }: Repeat,
): Operation => ({
  Put: {
    TableName: table,
    Item: { ...row, requestHash, answer },
    ConditionExpression: 'attribute_not_exists(pk)',
    ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
  },
});

/** What an Idempotency-Key was kept with before. */
export async function findRepeat(
  client: DynamoDBDocumentClient,
  table: string,
  Key: { pk: string; sk: string },
): Promise<Kept | undefined> {
  const { Item } = await client.send(new GetCommand({ TableName: table, Key, ConsistentRead: true }));
  return Item as Kept | undefined;
}

export type Written = 'done' | 'refused' | Kept;

/** What the repeat, which is last of a transaction, was kept with before, where that is why nothing was written. */
export function keptIn(error: unknown): Kept | undefined {
  const reasons = error instanceof TransactionCanceledException ? error.CancellationReasons : undefined;
  const before = reasons?.at(-1)?.Item;
  return before?.requestHash ? (unmarshall(before as never) as Kept) : undefined;
}

/** Writes all or nothing. `repeat` is last where there is one; what it was kept with before, where that is why nothing was written. */
export async function writeAll(client: DynamoDBDocumentClient, operations: Operation[]): Promise<Written> {
  try {
    await client.send(new TransactWriteCommand({ TransactItems: operations }));
    return 'done';
  } catch (error) {
    if (!(error instanceof TransactionCanceledException)) throw error;
    const before = keptIn(error);
    if (before) return before;
    if (error.CancellationReasons?.some(({ Code }) => Code === 'ConditionalCheckFailed')) return 'refused';
    throw error;
  }
}
