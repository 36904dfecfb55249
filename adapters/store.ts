/** The store on DynamoDB. Reads are strongly consistent; the commit is one transaction. */

import { ConditionalCheckFailedException, TransactionCanceledException } from '@aws-sdk/client-dynamodb';
import {
  DeleteCommand,
  type DynamoDBDocumentClient,
  GetCommand,
  PutCommand,
  QueryCommand,
  type QueryCommandInput,
  TransactWriteCommand,
} from '@aws-sdk/lib-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import type { SealedCommit } from '../core/commit.ts';
import { RetryableError } from '../core/errors.ts';
import { type JsonObject, present } from '../core/json.ts';
import type { Effect, IntentEvent, IntentRef, IntentState, Link } from '../core/model.ts';
import type { CommitResult, LoadOptions, Store } from '../core/ports.ts';
import { revisionsBefore, taskIdOf } from '../core/revision.ts';
import { linkOf, planOf, taskOf } from '../core/stored.ts';
import {
  childPrefix,
  deliverySk,
  effectKey,
  eventPrefix,
  eventSk,
  headOf,
  headSk,
  idempotencyKey,
  intentPk,
  linkKey,
  noteStateOf,
  outboxKey,
  outcomeSk,
  planSk,
  procedureOf,
  procedureSk,
  requestOf,
  requestSk,
  requestSkOf,
  statePrefix,
  type Tables,
  taskPrefix,
  wishSk,
} from './rows.ts';
import { type Guard, operationsOf } from './transaction.ts';

/** Tries of one transaction against conflicts and throttling, which the SDK does not retry inside a cancellation. */
const maxTries = 8;
/** Full jitter: a random part of base · 2ⁿ, milliseconds. */
const backoffBaseMs = 20;
const backoffCapMs = 1000;

const passing = new Set(['TransactionConflict', 'ThrottlingError', 'ProvisionedThroughputExceeded']);

export interface StoreOptions {
  client: DynamoDBDocumentClient;
  tables: Tables;
  /** Told of each commit after it happened; what it throws is not the commit's concern. */
  committed?: (commit: SealedCommit) => void;
  pause?: (ms: number) => Promise<void>;
}

export function dynamoStore({ client, tables, committed, pause = sleep }: StoreOptions): Store {
  return {
    async load(ref, options = {}) {
      const [items, effect, link] = await Promise.all([
        stateItems(ref, options),
        options.effectId === undefined ? undefined : get(tables.effects, effectKey(ref, options.effectId)),
        options.linkHash === undefined ? undefined : get(tables.intents, linkKey(options.linkHash)),
      ]);
      return stateOf(ref, items, options, effect as Effect | undefined, read(linkOf, link));
    },

    async commit(commit): Promise<CommitResult> {
      const operations = operationsOf(commit, tables);
      for (let attempt = 0; attempt < maxTries; attempt += 1) {
        try {
          await client.send(new TransactWriteCommand({ TransactItems: operations.map((o) => o.item) }));
          committed?.(commit);
          return { ok: true };
        } catch (error) {
          if (!(error instanceof TransactionCanceledException)) throw error;
          const refused = refusal(
            error,
            operations.map((o) => o.guard),
          );
          if (refused) return refused;
          await pause(Math.random() * Math.min(backoffCapMs, backoffBaseMs * 2 ** attempt));
        }
      }
      throw new RetryableError('The tables are busy.');
    },

    async findCommand(ref, command) {
      const events = await this.events(ref, 0, 1000);
      const found = events.filter((event) => event.command === command).at(-1);
      return found?.answer ? { answer: found.answer.value ?? null } : undefined;
    },

    async findAnswer(tenant, key) {
      const found = await get(tables.intents, idempotencyKey(tenant, key));
      return found && { requestHash: String(found.requestHash), answer: found.answer as JsonObject };
    },

    async events(ref, since, limit) {
      const page = await between(ref, eventSk(since + 1), `${eventPrefix}~`, { Limit: limit });
      return (page.Items ?? []) as unknown as IntentEvent[];
    },

    async children(ref, after, limit) {
      // Right behind the one before: a space sorts before anything that an id holds.
      const page = await between(ref, `${childPrefix}${after} `, `${childPrefix}~`, { Limit: limit });
      return (page.Items ?? []).map(({ sk }) => String(sk).slice(childPrefix.length));
    },

    async findLink(hash) {
      return read(linkOf, await get(tables.intents, linkKey(hash)));
    },

    async putLink(link) {
      try {
        await client.send(
          new PutCommand({
            TableName: tables.intents,
            Item: { ...linkKey(link.hash), ...link },
            ConditionExpression: 'attribute_not_exists(pk)',
          }),
        );
      } catch (error) {
        if (!(error instanceof ConditionalCheckFailedException)) throw error;
      }
    },

    async settle(ref, key) {
      try {
        await client.send(
          new DeleteCommand({
            TableName: tables.intents,
            Key: outboxKey(ref, key),
            ConditionExpression: 'attribute_exists(pk)',
          }),
        );
      } catch (error) {
        if (!(error instanceof ConditionalCheckFailedException)) throw error;
      }
    },
  };

  async function get(table: string, key: Record<string, string>) {
    const found = await client.send(new GetCommand({ TableName: table, Key: key, ConsistentRead: true }));
    return found.Item;
  }

  /** A page of an intent's items, from one sort key to another. */
  function between(
    ref: IntentRef,
    from: string,
    to: string,
    page: Pick<QueryCommandInput, 'Limit' | 'ExclusiveStartKey'>,
  ) {
    return client.send(
      new QueryCommand({
        TableName: tables.intents,
        KeyConditionExpression: 'pk = :pk AND sk BETWEEN :from AND :to',
        ExpressionAttributeValues: { ':pk': intentPk(ref), ':from': from, ':to': to },
        ConsistentRead: true,
        ...page,
      }),
    );
  }

  async function stateItems(ref: IntentRef, { request }: LoadOptions) {
    const items: Record<string, unknown>[] = [];
    let next: Record<string, unknown> | undefined;
    do {
      const from = request ? requestSk : statePrefix;
      const page = await between(ref, from, `${statePrefix}~`, next ? { ExclusiveStartKey: next } : {});
      items.push(...(page.Items ?? []));
      next = page.LastEvaluatedKey;
    } while (next);
    return items;
  }
}

/** An item, if it is there, as this version reads it. */
const read = <Stored, Now>(as: (stored: Stored) => Now, item: object | undefined): Now | undefined =>
  item === undefined ? undefined : as(item as Stored);

/** Items of a collection → state. Keys and index attributes stay behind. */
function stateOf(
  ref: IntentRef,
  items: Record<string, unknown>[],
  options: LoadOptions,
  effect?: Effect,
  link?: Link,
): IntentState | undefined {
  const bySk = new Map(items.map(({ pk, sk, shard, hour, ...value }) => [String(sk), value]));
  const item = bySk.get(headSk);
  if (!item) return undefined;
  const head = headOf(ref, item, bySk.get(wishSk));
  const revision = head.revision ?? 1;
  const taskAt = (taskId: string | undefined) =>
    taskId === undefined ? undefined : read(taskOf, bySk.get(taskPrefix + taskId));
  const askedIn = (n: number) => ({
    request: options.request ? requestOf(bySk.get(requestSkOf(n))) : undefined,
    plan: read(planOf, bySk.get(planSk(n))),
  });
  const earlier = revisionsBefore(revision).map((n) => ({ ...askedIn(n), task: taskAt(taskIdOf(ref.intentId, n)) }));
  const notes = [...bySk].flatMap(([sk, note]) => {
    const state = noteStateOf(sk, revision);
    return state === undefined ? [] : [[state, (note as { value: JsonObject }).value] as const];
  });
  return present({
    head,
    ...askedIn(revision),
    task: taskAt(options.taskId ?? head.taskId),
    delivery: bySk.get(deliverySk),
    procedure: procedureOf(bySk.get(procedureSk)),
    earlier: earlier.length > 0 ? earlier.map(present) : undefined,
    outcome: bySk.get(outcomeSk),
    notes: notes.length > 0 ? Object.fromEntries(notes) : undefined,
    effect,
    link,
  }) as unknown as IntentState;
}

/** What a cancelled transaction means; nothing where trying again is all there is to do. */
function refusal(
  error: TransactionCanceledException,
  guards: Guard[],
): Exclude<CommitResult, { ok: true }> | undefined {
  const reasons = error.CancellationReasons ?? [];
  const failed = guards.flatMap((guard, i) =>
    reasons[i]?.Code === 'ConditionalCheckFailed' ? [{ guard, item: reasons[i].Item }] : [],
  );
  for (const { guard, item } of failed)
    if (guard.kind === 'repeated' && item) {
      const { requestHash, answer } = unmarshall(item as never) as { requestHash: string; answer: JsonObject };
      return { ok: false, because: 'repeated', requestHash, answer };
    }
  if (failed.some(({ guard }) => guard.kind === 'parent')) return { ok: false, because: 'parent' };
  for (const { guard } of failed)
    if (guard.kind === 'stopped') return { ok: false, because: 'stopped', target: guard.target };
  if (failed.length > 0) return { ok: false, because: 'changed' };
  if (reasons.some((reason) => reason.Code !== undefined && passing.has(reason.Code))) return undefined;
  throw error;
}

const sleep = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));
