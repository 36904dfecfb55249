/** What agents tell of themselves, and what happened to them, in the table `Meters`. */

import { randomUUID } from 'node:crypto';
import { TransactionCanceledException } from '@aws-sdk/client-dynamodb';
import { type DynamoDBDocumentClient, GetCommand, QueryCommand, TransactWriteCommand } from '@aws-sdk/lib-dynamodb';
import { reportedCell, type SpendKind } from '../core/budget.ts';
import { RetryableError } from '../core/errors.ts';
import type { Metrics } from '../core/health.ts';
import type { JsonObject } from '../core/json.ts';
import { type Kept, keepRepeat, keptIn, type Operation, type Repeat } from './repeats.ts';
import { budgetPk, meshPk, repeatRow } from './rows.ts';

export interface MeshEvent {
  id: string;
  address: string;
  type: 'agent.killed' | 'agent.resumed' | 'cost_policy.updated' | 'budget.exceeded';
  /** Who did it. */
  actor: string;
  at: string;
  details: JsonObject;
}

export interface Beat {
  address: string;
  at: string;
  metrics?: Partial<Metrics>;
}

/** What an agent did in an hour, as it told. */
export interface Hour {
  address: string;
  intents: number;
  /** Millionths of a USD. */
  cost: number;
}

const beatPrefix = 'beat#';
const hourPrefix = 'hour#';
const eventPrefix = 'event#';

/** Longest period that is added up, and two days; in hours. */
const maxPeriodHours = 30 * 24;
const hoursKeptSeconds = (maxPeriodHours + 48) * 3600;
const hourOf = (at: string): string => at.slice(0, 13);

const microsOf = (usd: number): number => Math.round(usd * 1_000_000);

/** Tries of one heartbeat against others of the same agent. */
const maxTries = 8;

/** What the next try may not meet. */
const passing = /ConditionalCheckFailed|TransactionConflict|ThrottlingError/;

/** `2026-11-30T02:45:48.123Z` and an id: text order is the order in time. */
const eventSk = (at: string, id: string): string => `${eventPrefix}${at}#${id}`;

/** An agent's address → its tenant, and the other way round for what is kept by tenant. */
const tenantOf = (address: string): string => address.slice('agent://'.length).split('/').slice(0, 2).join('/');

/** Keeps what happened to an agent, as part of the transaction that does it. */
export function meshEventPut(table: string, { address, type, actor, at, details }: Omit<MeshEvent, 'id'>): Operation {
  const id = randomUUID();
  return {
    Put: {
      TableName: table,
      Item: { pk: meshPk(tenantOf(address)), sk: eventSk(at, id), id, address, type, actor, at, details },
      ConditionExpression: 'attribute_not_exists(pk)',
    },
  };
}

/** A budget that is used up is told once in its window. Nothing where it was told. */
export async function tellBreach(
  client: DynamoDBDocumentClient,
  table: string,
  event: Omit<MeshEvent, 'id' | 'type' | 'actor'>,
  once: { scope: string; kind: SpendKind; window: string; until: number },
): Promise<void> {
  const Item = {
    pk: budgetPk(tenantOf(event.address), once.scope),
    sk: `told#${once.window}#${once.kind}`,
    ttl: Math.ceil(once.until / 1000),
  };
  const told = { Put: { TableName: table, Item, ConditionExpression: 'attribute_not_exists(pk)' } };
  const listed = meshEventPut(table, { ...event, type: 'budget.exceeded', actor: 'holdpoint' });
  try {
    await client.send(new TransactWriteCommand({ TransactItems: [told, listed] }));
  } catch (error) {
    if (!(error instanceof TransactionCanceledException)) throw error;
  }
}

export function openMesh(client: DynamoDBDocumentClient, table: string) {
  async function between(
    tenant: string,
    from: string,
    to: string,
    page: { Limit?: number; newestFirst?: boolean } = {},
  ) {
    const items: Record<string, unknown>[] = [];
    let next: Record<string, unknown> | undefined;
    do {
      const found = await client.send(
        new QueryCommand({
          TableName: table,
          KeyConditionExpression: 'pk = :pk AND sk BETWEEN :from AND :to',
          ExpressionAttributeValues: { ':pk': meshPk(tenant), ':from': from, ':to': to },
          ConsistentRead: true,
          ScanIndexForward: page.newestFirst !== true,
          ...(page.Limit === undefined ? {} : { Limit: page.Limit }),
          ...(next ? { ExclusiveStartKey: next } : {}),
        }),
      );
      items.push(...(found.Items ?? []));
      next = page.Limit === undefined ? found.LastEvaluatedKey : undefined;
    } while (next);
    return items;
  }

  return {
    /**
     * An agent shows that it is there. What it tells is added up; what it cost counts in its budgets. `answerAt` makes the
     * answer of the time that it counts at. With `known`, an Idempotency-Key, that is kept in the same transaction: again,
     * nothing is counted, and what was kept is given.
     */
    async beat(
      tenant: string,
      { address, metrics }: Omit<Beat, 'at'>,
      { clock, answerAt }: { clock: () => string; answerAt: (at: string) => JsonObject },
      known?: Omit<Repeat, 'answer'>,
    ): Promise<Kept> {
      for (let attempt = 0; attempt < maxTries; attempt += 1) {
        const at = clock();
        const answer = answerAt(at);
        const repeat = known && { ...known, answer };
        const kept = repeat ? [keepRepeat(table, repeatRow(tenant, repeat.key, at), repeat)] : [];
        try {
          const told = beatOf(table, tenant, { address, at, ...(metrics ? { metrics } : {}) });
          await client.send(new TransactWriteCommand({ TransactItems: [...told, ...kept] }));
          return repeat ?? { requestHash: '', answer };
        } catch (error) {
          const before = keptIn(error);
          if (before) return before;
          const reasons = error instanceof TransactionCanceledException ? (error.CancellationReasons ?? []) : [];
          if (!reasons.some(({ Code = '' }) => passing.test(Code))) throw error;
        }
      }
      throw new RetryableError('The meters are busy.');
    },

    async lastBeat(tenant: string, address: string): Promise<Beat | undefined> {
      const Key = { pk: meshPk(tenant), sk: beatPrefix + address };
      const { Item } = await client.send(new GetCommand({ TableName: table, Key, ConsistentRead: true }));
      return Item as Beat | undefined;
    },

    async beats(tenant: string): Promise<Beat[]> {
      return (await between(tenant, beatPrefix, `${beatPrefix}~`)) as unknown as Beat[];
    },

    /** What each agent told since a time, hour by hour. */
    async hours(tenant: string, since: string): Promise<Hour[]> {
      return (await between(tenant, hourPrefix + hourOf(since), `${hourPrefix}~`)) as unknown as Hour[];
    },

    /** The newest first. */
    async events(tenant: string, limit: number): Promise<MeshEvent[]> {
      const found = await between(tenant, eventPrefix, `${eventPrefix}~`, { Limit: limit, newestFirst: true });
      return found as unknown as MeshEvent[];
    },
  };
}

/** The last heartbeat is replaced by a later one only; what is added up goes with it, or not at all. */
function beatOf(table: string, tenant: string, { address, at, metrics }: Beat): Operation[] {
  const beat: Operation = {
    Update: {
      TableName: table,
      Key: { pk: meshPk(tenant), sk: beatPrefix + address },
      UpdateExpression: `SET address = :address, #at = :at${metrics ? ', #metrics = :metrics' : ''}`,
      ConditionExpression: 'attribute_not_exists(pk) OR #at <= :at',
      ExpressionAttributeNames: { '#at': 'at', ...(metrics ? { '#metrics': 'metrics' } : {}) },
      ExpressionAttributeValues: { ':address': address, ':at': at, ...(metrics ? { ':metrics': metrics } : {}) },
    },
  };
  if (!metrics) return [beat];
  const cost = microsOf(metrics.cost_usd ?? 0);
  const hour: Operation = {
    Update: {
      TableName: table,
      Key: { pk: meshPk(tenant), sk: `${hourPrefix}${hourOf(at)}#${address}` },
      UpdateExpression:
        'SET address = :address, #ttl = :ttl, intents = if_not_exists(intents, :zero) + :intents, cost = if_not_exists(cost, :zero) + :cost',
      ConditionExpression: 'attribute_not_exists(pk) OR address = :address',
      ExpressionAttributeNames: { '#ttl': 'ttl' },
      ExpressionAttributeValues: {
        ':address': address,
        ':ttl': Math.ceil(Date.parse(at) / 1000) + hoursKeptSeconds,
        ':zero': 0,
        ':intents': metrics.intents_total ?? 0,
        ':cost': cost,
      },
    },
  };
  const { cell, until } = reportedCell(address, at);
  const spent = [`agent#${address}`, 'tenant'].map(
    (scope): Operation => ({
      Update: {
        TableName: table,
        Key: { pk: budgetPk(tenant, scope), sk: cell },
        UpdateExpression: 'SET #ttl = :ttl, #used = if_not_exists(#used, :zero) + :cost',
        ConditionExpression: 'attribute_not_exists(#used) OR #used >= :zero',
        ExpressionAttributeNames: { '#used': 'used', '#ttl': 'ttl' },
        ExpressionAttributeValues: { ':zero': 0, ':cost': cost, ':ttl': Math.ceil(until / 1000) + hoursKeptSeconds },
      },
    }),
  );
  return [beat, hour, ...(cost > 0 ? spent : [])];
}
