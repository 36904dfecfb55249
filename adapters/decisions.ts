/** A tenant's decisions in the order of their times, page by page: by the index of decisions, each read from its own chain. */

import { type DynamoDBDocumentClient, QueryCommand } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod';
import { type DecisionRow, decisionsIn, type ReadRecord } from '../core/decisions.ts';
import { InvalidInput } from '../core/errors.ts';
import { opened, type PersonalSide } from '../core/personal.ts';
import { readEntries, refOf } from './audit.ts';
import { decisionsIndex } from './rows.ts';

export interface DecisionsAsked {
  tenant: string;
  /** ISO 8601, UTC: from the first on and before the second. */
  from: string;
  to: string;
  limit: number;
  /** Of the page before. */
  cursor?: string | undefined;
}

export interface DecisionsPage {
  rows: DecisionRow[];
  /** There may be more. */
  cursor?: string;
}

/** Chains read at a time. */
const atOnce = 10;
/** A page ends once it is this large, in bytes of JSON, or took this long, milliseconds: far below what an answer of Lambda and API Gateway hold. */
const maxPageBytes = 1024 * 1024;
const maxPageMs = 8000;

const ever = { from: '', to: '~' };

/** Where a list goes on: an entry's own keys. Whose list it is, the caller says anew. */
const position = z.strictObject({ pk: z.string().min(1), sk: z.int().min(1), decidedAt: z.string().min(1) });
type Position = z.infer<typeof position>;

/** `elapsedMs`: since the page was begun. Throws InvalidInput (`cursor`). */
export async function decisionsOf(
  client: DynamoDBDocumentClient,
  table: string,
  asked: DecisionsAsked,
  elapsedMs: () => number,
): Promise<DecisionsPage> {
  const { entries, more } = await entriesOf(client, table, asked);
  const rows: DecisionRow[] = [];
  let bytes = 0;
  const isFull = () => bytes >= maxPageBytes || elapsedMs() >= maxPageMs;
  for (let i = 0; i < entries.length; i += atOnce) {
    for (const row of await rowsAt(client, table, entries.slice(i, i + atOnce))) {
      if (rows.length > 0 && isFull()) return { rows, cursor: cursorOf(entries[rows.length - 1] as Position) };
      rows.push(row);
      bytes += Buffer.byteLength(JSON.stringify(row));
    }
  }
  return { rows, ...(more ? { cursor: cursorOf(entries.at(-1) as Position) } : {}) };
}

async function entriesOf(
  client: DynamoDBDocumentClient,
  table: string,
  { tenant, from, to, limit, cursor }: DecisionsAsked,
): Promise<{ entries: Position[]; more: boolean }> {
  const after = cursor === undefined ? undefined : positionOf(cursor, { tenant, from, to });
  const page = await client.send(
    new QueryCommand({
      TableName: table,
      IndexName: decisionsIndex,
      // Times are followed by more in each entry: so none is at `to` itself.
      KeyConditionExpression: 'decidedIn = :tenant AND decidedAt BETWEEN :from AND :to',
      ExpressionAttributeValues: { ':tenant': tenant, ':from': from, ':to': to },
      Limit: limit,
      ...(after ? { ExclusiveStartKey: { ...after, decidedIn: tenant } } : {}),
    }),
  );
  return { entries: (page.Items ?? []) as Position[], more: page.LastEvaluatedKey !== undefined };
}

/** Entries that name the same chain read it once. */
async function rowsAt(
  client: DynamoDBDocumentClient,
  table: string,
  entries: readonly Position[],
): Promise<DecisionRow[]> {
  const chains = new Map<string, Promise<DecisionRow[]>>();
  for (const { pk } of entries) if (!chains.has(pk)) chains.set(pk, decisionsOfChain(client, table, pk));
  return Promise.all(
    entries.map(async ({ pk, sk }) => {
      const row = (await chains.get(pk))?.find(({ record }) => record === sk);
      // Better no answer than one that leaves something out.
      if (!row) throw new TypeError(`the index names record ${sk} of ${pk}, which is no decision`);
      return row;
    }),
  );
}

async function decisionsOfChain(client: DynamoDBDocumentClient, table: string, pk: string): Promise<DecisionRow[]> {
  const entries = await readEntries(client, table, refOf(pk));
  const records = entries.map(({ record, personal }) =>
    opened(record as ReadRecord, personal as readonly PersonalSide[]),
  );
  return decisionsIn(records, ever);
}

const cursorOf = ({ pk, sk, decidedAt }: Position): string =>
  Buffer.from(JSON.stringify({ pk, sk, decidedAt })).toString('base64url');

/** One of another tenant or period, or none of ours, is refused: to begin anew would give the same rows twice. */
function positionOf(cursor: string, { tenant, from, to }: Pick<DecisionsAsked, 'tenant' | 'from' | 'to'>): Position {
  try {
    const found = position.parse(JSON.parse(Buffer.from(cursor, 'base64url').toString()));
    if (found.pk.startsWith(`${tenant}#`) && found.decidedAt >= from && found.decidedAt < to) return found;
  } catch {
    // Said below.
  }
  throw new InvalidInput('This cursor is not of this list: begin anew.', { field: 'cursor' });
}
