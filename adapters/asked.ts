/** A person's tasks, open and decided, in all tenants: what an inbox lists, from an index that follows the tables after a moment. */

import { type DynamoDBDocumentClient, QueryCommand } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod';
import type { AskedDone, AskedOpen } from '../core/asked.ts';
import type { IntentRef } from '../core/model.ts';
import { askedIndex, askedKey, riskPlace } from './rows.ts';

/** One row of a list, and the intent whose task it is. */
type Listed = { open: AskedOpen & IntentRef; done: AskedDone & IntentRef };

export interface TasksAsked<Is extends keyof Listed> {
  is: Is;
  limit: number;
  /** Of the page before; one that is none of ours begins anew. */
  cursor?: string | undefined;
  /** Of open tasks: only these. */
  risk?: keyof typeof riskPlace | undefined;
  /** Which rows to list; others are read and left out. */
  only?: ((row: Listed[Is]) => boolean) | undefined;
}

export interface TasksPage<Is extends keyof Listed> {
  rows: Listed[Is][];
  /** There may be more. */
  cursor?: string;
}

/** Rows read for one page at the most, so that a search that finds nothing ends; it goes on with its cursor. */
const maxRead = 2000;
const readAtOnce = 200;

/** Where a list goes on: the last row's own keys. Whose list it is, the caller says anew. */
const position = z.strictObject({ pk: z.string().min(1), sk: z.string().min(1), place: z.string().min(1) });

/** A person's tasks: open by risk and deadline, decided with the latest first. */
export async function tasksOf<Is extends keyof Listed>(
  { client, table }: { client: DynamoDBDocumentClient; table: string },
  personId: string,
  { is, limit, cursor, risk, only }: TasksAsked<Is>,
): Promise<TasksPage<Is>> {
  const asked = askedKey(is, personId);
  const rows: Listed[Is][] = [];
  const atOnce = only ? readAtOnce : limit + 1;
  let after = keyOf(cursor, asked);
  for (let read = 0; read < maxRead; read += atOnce) {
    const page = await client.send(
      new QueryCommand({
        TableName: table,
        IndexName: askedIndex,
        KeyConditionExpression: `asked = :asked${risk ? ' AND begins_with(place, :risk)' : ''}`,
        ExpressionAttributeValues: { ':asked': asked, ...(risk ? { ':risk': `${riskPlace[risk]}#` } : {}) },
        ScanIndexForward: is === 'open',
        Limit: atOnce,
        ...(after ? { ExclusiveStartKey: after } : {}),
      }),
    );
    for (const item of page.Items ?? []) {
      const row = item as Listed[Is];
      if (only && !only(row)) continue;
      // One more than asked for says that there is more, and where.
      if (rows.length === limit) return { rows, cursor: cursorOf(rows.at(-1) as object) };
      rows.push(row);
    }
    after = page.LastEvaluatedKey;
    if (!after) return { rows };
  }
  return { rows, cursor: cursorOf(after as object) };
}

const cursorOf = (row: object): string => {
  const { pk, sk, place } = row as z.infer<typeof position>;
  return Buffer.from(JSON.stringify({ pk, sk, place })).toString('base64url');
};

function keyOf(cursor: string | undefined, asked: string): Record<string, unknown> | undefined {
  if (cursor === undefined) return undefined;
  try {
    return { ...position.parse(JSON.parse(Buffer.from(cursor, 'base64url').toString())), asked };
  } catch {
    return undefined;
  }
}
