/** An intent's audit chain as the tables hold it, for whoever checks or exports it. */

import { type DynamoDBDocumentClient, GetCommand, QueryCommand, ScanCommand } from '@aws-sdk/lib-dynamodb';
import type { ChainTip } from '../core/audit.ts';
import { RetryableError } from '../core/errors.ts';
import type { IntentRef } from '../core/model.ts';
import { headSk, intentPk, type Tables } from './rows.ts';

export interface StoredChain {
  /** In order. Whatever the rows hold: nothing about them is taken for granted here. */
  entries: StoredEntry[];
  /** Where the intent's head says that the chain ends; undefined if there is no head, or none that says. */
  tip: ChainTip | undefined;
}

/** A record and what stands beside it, unchecked. */
export interface StoredEntry {
  record: unknown;
  personal: unknown[];
}

/** An intent commits a handful of times in its life; a whole chain is read in less time than lies between two. */
const maxRounds = 10;

/**
 * The whole chain and its head as they are at one moment: the head is read before and after.
 * Throws RetryableError if the intent changes every time.
 */
export async function readChain(
  client: DynamoDBDocumentClient,
  tables: Pick<Tables, 'intents' | 'audit'>,
  ref: IntentRef,
): Promise<StoredChain> {
  let tip = await readTip(client, tables.intents, ref);
  for (let round = 0; round < maxRounds; round += 1) {
    const entries = await readEntries(client, tables.audit, ref);
    const after = await readTip(client, tables.intents, ref);
    if (tip?.seq === after?.seq && tip?.hash === after?.hash) return { entries, tip };
    tip = after;
  }
  throw new RetryableError('The intent is changing at this moment; try again.');
}

/** The intents with a record in [from, to), each once. Reads the whole table: an index could leave something out. */
export async function* chainsChangedIn(
  client: DynamoDBDocumentClient,
  table: string,
  { from, to, tenant }: { from: string; to: string; tenant: string | null },
): AsyncGenerator<IntentRef> {
  const told = new Set<string>();
  let next: Record<string, unknown> | undefined;
  do {
    const page = await client.send(
      new ScanCommand({
        TableName: table,
        ProjectionExpression: 'pk',
        // What was committed a moment ago is part of the period, too.
        ConsistentRead: true,
        FilterExpression: `#record.#at >= :from AND #record.#at < :to${tenant === null ? '' : ' AND begins_with(pk, :tenant)'}`,
        ExpressionAttributeNames: { '#record': 'record', '#at': 'at' },
        ExpressionAttributeValues: {
          ':from': from,
          ':to': to,
          ...(tenant === null ? {} : { ':tenant': `${tenant}#` }),
        },
        ...(next ? { ExclusiveStartKey: next } : {}),
      }),
    );
    for (const { pk } of page.Items ?? []) {
      if (told.has(pk)) continue;
      told.add(pk);
      yield refOf(pk);
    }
    next = page.LastEvaluatedKey;
  } while (next);
}

/** `<tenant>#<intentId>` → both. */
export const refOf = (pk: string): IntentRef => {
  const cut = pk.lastIndexOf('#');
  return { tenant: pk.slice(0, cut), intentId: pk.slice(cut + 1) };
};

async function readTip(client: DynamoDBDocumentClient, table: string, ref: IntentRef): Promise<ChainTip | undefined> {
  const { Item } = await client.send(
    new GetCommand({ TableName: table, Key: { pk: intentPk(ref), sk: headSk }, ConsistentRead: true }),
  );
  const { auditSeq: seq, auditHash: hash } = Item ?? {};
  return typeof seq === 'number' && typeof hash === 'string' ? { seq, hash } : undefined;
}

/** A chain's records as they are now, strongly consistent. */
export async function readEntries(
  client: DynamoDBDocumentClient,
  table: string,
  ref: IntentRef,
): Promise<StoredEntry[]> {
  const entries: StoredEntry[] = [];
  let next: Record<string, unknown> | undefined;
  do {
    const page = await client.send(
      new QueryCommand({
        TableName: table,
        KeyConditionExpression: 'pk = :pk',
        ExpressionAttributeValues: { ':pk': intentPk(ref) },
        ConsistentRead: true,
        ...(next ? { ExclusiveStartKey: next } : {}),
      }),
    );
    for (const { record, personal } of page.Items ?? []) entries.push(entryOf(record, personal));
    next = page.LastEvaluatedKey;
  } while (next);
  return entries;
}

/** What stands beside a record is a list, or there is nothing; anything else is one thing that stands for nothing. */
const entryOf = (record: unknown, personal: unknown = []): StoredEntry => ({
  record,
  personal: Array.isArray(personal) ? personal : [personal],
});
