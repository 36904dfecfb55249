/** Lists of a tenant's intents, the newest first, from indexes that follow the table after a moment, or of an intent's parts; what they are is read from the table. */

import { BatchGetCommand, type DynamoDBDocumentClient, QueryCommand } from '@aws-sdk/lib-dynamodb';
import { RetryableError } from '../core/errors.ts';
import type { Head, IntentRef, IntentRequest } from '../core/model.ts';
import {
  childPrefix,
  headOf,
  headSk,
  intentPk,
  type ListIndex,
  listKey,
  requestOf,
  requestSk,
  requestSkOf,
  wishSk,
} from './rows.ts';

export interface Listed {
  head: Head;
  request: IntentRequest;
}

export interface Wanted {
  correlationId?: string | undefined;
  from?: string | undefined;
  /** The parts of this one, which stand in its own collection: they are read as they are now. */
  parent?: string | undefined;
  /** Not the deployment's own address: by that no list is kept. */
  to?: string | undefined;
  limit: number;
  /** Begins after this intent. */
  after?: string | undefined;
  only: (listed: Listed) => boolean;
}

/** Intents read for one page at the most, so that a search that finds nothing ends; it goes on with its cursor. */
const maxRead = 500;
/** BatchGetItem takes 100 keys: a head and a request each. */
const readAtOnce = 50;
/** A page is under what a function may answer, 6 MB, however large payloads are. */
const maxPageBytes = 2_000_000;
/** Asked for again where a batch gave but a part. */
const maxTries = 8;

type Row = Record<string, unknown>;

/** One page; `after` where there may be more. Of several conditions the narrowest list is read. */
export async function listedIntents(
  { client, table }: { client: DynamoDBDocumentClient; table: string },
  tenant: string,
  wanted: Wanted,
): Promise<{ found: Listed[]; after?: string }> {
  const found: Listed[] = [];
  let { after } = wanted;
  let bytes = 0;
  for (let read = 0; read < maxRead; ) {
    // Mostly all fit, and one more says whether that is all; where few fit, more are read at once than are missing.
    const atOnce = Math.min(readAtOnce, read === 0 ? wanted.limit + 1 : maxRead - read);
    const { ids, more } = await nextIds(client, table, tenant, { ...wanted, after, limit: atOnce });
    read += atOnce;
    const byId = await readAll(client, table, tenant, ids);
    for (const [place, id] of ids.entries()) {
      after = id;
      const one = byId.get(id);
      if (!one || !wanted.only(one)) continue;
      found.push(one);
      bytes += JSON.stringify(one.request.payload).length;
      const isLast = place === ids.length - 1 && !more;
      if (found.length === wanted.limit || bytes > maxPageBytes) return isLast ? { found } : { found, after };
    }
    if (!more) return { found };
  }
  return after === undefined ? { found } : { found, after };
}

function listOf(tenant: string, { correlationId, from, to }: Wanted): [ListIndex, string] {
  if (correlationId !== undefined) return ['listedCorrelation', listKey.listedCorrelation(tenant, correlationId)];
  if (to !== undefined) return ['listedTo', listKey.listedTo(tenant, to)];
  if (from !== undefined) return ['listedFrom', listKey.listedFrom(tenant, from)];
  return ['listed', listKey.listed(tenant)];
}

async function nextIds(client: DynamoDBDocumentClient, table: string, tenant: string, wanted: Wanted) {
  const { after, limit, parent } = wanted;
  if (parent !== undefined) return partsOf(client, table, { tenant, intentId: parent }, after, limit);
  const [index, value] = listOf(tenant, wanted);
  const page = await client.send(
    new QueryCommand({
      TableName: table,
      IndexName: index,
      KeyConditionExpression: '#list = :value',
      ExpressionAttributeNames: { '#list': index },
      ExpressionAttributeValues: { ':value': value },
      ScanIndexForward: false,
      Limit: limit,
      ...(after === undefined
        ? {}
        : { ExclusiveStartKey: { pk: intentPk({ tenant, intentId: after }), sk: requestSk, [index]: value } }),
    }),
  );
  const ids = (page.Items ?? []).map(({ pk }) => String(pk).slice(tenant.length + 1));
  return { ids, more: page.LastEvaluatedKey !== undefined };
}

/** Ids of the newest intents to an agent, the newest first. */
export async function youngestTo(
  { client, table }: { client: DynamoDBDocumentClient; table: string },
  tenant: string,
  to: string,
  limit: number,
): Promise<string[]> {
  return (await nextIds(client, table, tenant, { to, limit, only: () => true })).ids;
}

async function partsOf(
  client: DynamoDBDocumentClient,
  table: string,
  parent: IntentRef,
  after: string | undefined,
  limit: number,
) {
  const pk = intentPk(parent);
  const page = await client.send(
    new QueryCommand({
      TableName: table,
      KeyConditionExpression: 'pk = :pk AND begins_with(sk, :child)',
      ExpressionAttributeValues: { ':pk': pk, ':child': childPrefix },
      ScanIndexForward: false,
      ConsistentRead: true,
      Limit: limit,
      ...(after === undefined ? {} : { ExclusiveStartKey: { pk, sk: childPrefix + after } }),
    }),
  );
  const ids = (page.Items ?? []).map(({ sk }) => String(sk).slice(childPrefix.length));
  return { ids, more: page.LastEvaluatedKey !== undefined };
}

/** Heads with the requests of their present revisions. */
async function readAll(client: DynamoDBDocumentClient, table: string, tenant: string, ids: string[]) {
  const keyOf = (intentId: string, sk: string) => ({ pk: intentPk({ tenant, intentId }), sk });
  const rows = await batch(
    client,
    table,
    ids.flatMap((id) => [keyOf(id, headSk), keyOf(id, requestSk)]),
  );
  const headIn = (id: string) => rows.get(rowName(keyOf(id, headSk)));
  // Few have these.
  const rare = ids.flatMap((id) => {
    const { revision = 1, wish } = (headIn(id) ?? {}) as { revision?: number; wish?: unknown };
    return [...(revision > 1 ? [keyOf(id, requestSkOf(revision))] : []), ...(wish ? [keyOf(id, wishSk)] : [])];
  });
  for (const [name, row] of await batch(client, table, rare)) rows.set(name, row);
  return new Map(
    ids.flatMap((intentId): [string, Listed][] => {
      const item = headIn(intentId);
      if (!item) return [];
      const { pk: _, sk: __, shard, hour, ...stored } = item;
      const head = headOf({ tenant, intentId }, stored, rows.get(rowName(keyOf(intentId, wishSk))));
      const asked = rows.get(rowName(keyOf(intentId, requestSkOf(head.revision ?? 1))));
      const { pk: ___, sk: ____, ...given } = asked ?? {};
      const request = asked && requestOf(given);
      return request ? [[intentId, { head, request }]] : [];
    }),
  );
}

const rowName = ({ pk, sk }: Row): string => `${pk} ${sk}`;

async function batch(client: DynamoDBDocumentClient, table: string, keys: Row[]): Promise<Map<string, Row>> {
  const rows = new Map<string, Row>();
  let left = keys;
  for (let attempt = 0; left.length > 0; attempt += 1) {
    if (attempt === maxTries) throw new RetryableError('The tables are busy.');
    const answer = await client.send(
      new BatchGetCommand({ RequestItems: { [table]: { Keys: left, ConsistentRead: true } } }),
    );
    for (const row of answer.Responses?.[table] ?? []) rows.set(rowName(row), row);
    left = answer.UnprocessedKeys?.[table]?.Keys ?? [];
  }
  return rows;
}
