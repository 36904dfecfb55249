/**
 * What operators set on a target, in the table `Control`: stops, and caps of budgets. Both are all rows of a target in one
 * transaction, so that they hold everywhere at once; every door to them ends here.
 */

import { TransactionCanceledException } from '@aws-sdk/client-dynamodb';
import {
  BatchGetCommand,
  type DynamoDBDocumentClient,
  GetCommand,
  ScanCommand,
  TransactWriteCommand,
} from '@aws-sdk/lib-dynamodb';
import type { Cap, Metered, OnBreach } from '../core/budget.ts';
import { RetryableError } from '../core/errors.ts';
import type { JsonObject } from '../core/json.ts';
import { type StopTarget, stopKey, stopShard, stopShards } from '../core/stops.ts';
import { type MeshEvent, meshEventPut } from './mesh.ts';
import type { Operation } from './repeats.ts';
import type { Tables } from './rows.ts';
import { noStop, stopNames } from './transaction.ts';

export interface Stop {
  target: string;
  by: string;
  reason: string;
  at: string;
}

/** Each of a target's equal rows. */
export interface Row extends Partial<Stop> {
  caps?: Cap[];
  onBreach?: OnBreach;
  epoch?: number;
  /** Counts its changes. */
  rev?: number;
}

type Control = Pick<Tables, 'control' | 'meters'>;

const shards = Array.from({ length: stopShards }, (_, shard) => `shard#${shard}`);

/** Commits that check these rows come in between: who stops something does not give up soon. */
const maxTries = 30;
const pauseMs = 200;
const passing = new Set(['ConditionalCheckFailed', 'TransactionConflict', 'ThrottlingError']);

/** Idempotent: a stop that stands already is renewed. Of an agent it is listed among what happened to agents. */
export const setStop = (
  client: DynamoDBDocumentClient,
  tables: Control,
  target: StopTarget,
  given: Omit<Stop, 'target'>,
): Promise<unknown> =>
  change(client, tables, target, (row) => ({ ...row, target: stopKey(target), ...given }), {
    type: 'agent.killed',
    actor: given.by,
    at: given.at,
    details: { reason: given.reason },
  });

/** Idempotent: lifting what does not stand changes nothing. Returns the stop that stood, if one did. */
export async function liftStop(
  client: DynamoDBDocumentClient,
  tables: Control,
  target: StopTarget,
  { by, at: now }: { by: string; at: string },
): Promise<Stop | undefined> {
  const lifted = ({ target: _, by: __, reason: ___, at, ...rest }: Row) => (at === undefined ? undefined : rest);
  const before = await change(client, tables, target, lifted, {
    type: 'agent.resumed',
    actor: by,
    at: now,
    details: {},
  });
  return before && stopOf(before);
}

/** Sets a target's caps in place of those before; without any, it has none. */
export async function setCaps(
  client: DynamoDBDocumentClient,
  tables: Control,
  target: Metered['target'],
  { caps, onBreach, by, at }: { caps: Cap[]; onBreach: OnBreach; by: string; at: string },
): Promise<void> {
  const next = ({ caps: _, onBreach: __, epoch = 0, ...rest }: Row): Row =>
    // A time, so that an epoch is new also after its row was gone.
    caps.length === 0 ? rest : { ...rest, caps, onBreach, epoch: Math.max(epoch + 1, Date.parse(at)) };
  const details = { caps: caps.map((cap) => ({ ...cap })), action_on_breach: onBreach };
  await change(client, tables, target, next, { type: 'cost_policy.updated', actor: by, at, details });
}

/** A target's row, if there is one. */
export async function rowOf(
  client: DynamoDBDocumentClient,
  { control }: Pick<Tables, 'control'>,
  target: StopTarget,
): Promise<Row | undefined> {
  const Key = { pk: stopKey(target), sk: shards[0] };
  const { Item } = await client.send(new GetCommand({ TableName: control, Key, ConsistentRead: true }));
  if (!Item) return undefined;
  const { pk: _, sk: __, ...row } = Item;
  return row;
}

/** As many keys as one read takes. */
const batchSize = 100;

/** The rows of many targets, by their keys. */
export async function rowsOf(
  client: DynamoDBDocumentClient,
  { control }: Pick<Tables, 'control'>,
  targets: readonly StopTarget[],
): Promise<Map<string, Row>> {
  const found = new Map<string, Row>();
  const left: { pk: string; sk: string | undefined }[] = targets.map((target) => ({
    pk: stopKey(target),
    sk: shards[0],
  }));
  while (left.length > 0) {
    const Keys = left.splice(0, batchSize);
    const answer = await client.send(
      new BatchGetCommand({ RequestItems: { [control]: { Keys, ConsistentRead: true } } }),
    );
    for (const { pk, sk: _, ...row } of answer.Responses?.[control] ?? []) found.set(String(pk), row);
    left.push(...((answer.UnprocessedKeys?.[control]?.Keys ?? []) as typeof left));
  }
  return found;
}

/**
 * Changes the rows of a target as one; nothing where `next` says nothing. Gives the row before, where it was changed.
 * Throws RetryableError where others never left it alone.
 */
async function change(
  client: DynamoDBDocumentClient,
  tables: Control,
  target: StopTarget,
  next: (row: Row) => Row | undefined,
  event: Omit<MeshEvent, 'id' | 'address'> & { details: JsonObject },
): Promise<Row | undefined> {
  for (let attempt = 0; attempt < maxTries; attempt += 1) {
    const before = await rowOf(client, tables, target);
    const after = next(before ?? {});
    if (!after) return undefined;
    const operations = shards.map((sk) => operationOf(tables.control, { pk: stopKey(target), sk }, before, after));
    const told = target.kind === 'agent' ? [meshEventPut(tables.meters, { ...event, address: target.id })] : [];
    try {
      await client.send(new TransactWriteCommand({ TransactItems: [...operations, ...told] }));
      return before ?? {};
    } catch (error) {
      const reasons = error instanceof TransactionCanceledException ? (error.CancellationReasons ?? []) : [];
      if (!reasons.some(({ Code = '' }) => passing.has(Code))) throw error;
      await new Promise((done) => setTimeout(done, Math.random() * pauseMs));
    }
  }
  throw new RetryableError('The control table is busy.');
}

function operationOf(
  table: string,
  key: { pk: string; sk: string },
  before: Row | undefined,
  { rev: _, ...after }: Row,
): Operation {
  const condition = before
    ? {
        // Earlier versions did not count.
        ConditionExpression:
          before.rev === undefined ? 'attribute_exists(pk) AND attribute_not_exists(rev)' : 'rev = :rev',
        ...(before.rev === undefined ? {} : { ExpressionAttributeValues: { ':rev': before.rev } }),
      }
    : { ConditionExpression: 'attribute_not_exists(pk)' };
  if (Object.keys(after).length === 0) return { Delete: { TableName: table, Key: key, ...condition } };
  return { Put: { TableName: table, Item: { ...key, ...after, rev: (before?.rev ?? 0) + 1 }, ...condition } };
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
      ConditionExpression: noStop,
      ExpressionAttributeNames: stopNames,
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
      if (String(item.pk).startsWith('stop#') && item.at !== undefined)
        found.set(String(item.pk), stopOf(item) as Stop);
    next = page.LastEvaluatedKey;
  } while (next);
  return [...found.values()];
}

/** The stop in a row, if one stands. */
export const stopOf = ({ target, by, reason, at }: Row): Stop | undefined =>
  at === undefined ? undefined : ({ target, by, reason, at } as Stop);
