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
import { controlled } from '../core/controls.ts';
import { RetryableError } from '../core/errors.ts';
import { type JsonObject, present } from '../core/json.ts';
import type { Controls, Effect, IntentEvent, IntentRef, IntentState, Link } from '../core/model.ts';
import type { CommitResult, LoadOptions, Store } from '../core/ports.ts';
import type { ResumeState } from '../core/resume-state.ts';
import { revisionsBefore, taskIdOf } from '../core/revision.ts';
import { linkOf, planOf, taskOf } from '../core/stored.ts';
import { openBudgets } from './budgets.ts';
import { isOnBus } from './on-bus.ts';
import {
  childPrefix,
  controlsSk,
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
  outboxItem,
  outboxKey,
  outcomeSk,
  planSk,
  procedureOf,
  procedureSk,
  requestOf,
  requestSk,
  requestSkOf,
  resumeStateSk,
  shownRow,
  statePrefix,
  type Tables,
  taskPrefix,
  threadSk,
  wishSk,
} from './rows.ts';
import { hasSubscriptions } from './subscriptions.ts';
import { type Guard, operationsOf, stopChecks } from './transaction.ts';

/** Tries of one transaction against conflicts and throttling, which the SDK does not retry inside a cancellation. */
const maxTries = 8;
/** Rounds in which others changed caps or took the room that was found. Each shard's last place can be lost once. */
const maxMoved = 40;
/** A row has 400 KB, its names and numbers included. */
const maxShownBytes = 350_000;
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
  const budgets = openBudgets(client, tables);
  return {
    async load(ref, options = {}) {
      const [items, effect, link] = await Promise.all([
        stateItems(ref, options),
        options.effectId === undefined ? undefined : get(tables.effects, effectKey(ref, options.effectId)),
        options.linkHash === undefined ? undefined : get(tables.intents, linkKey(options.linkHash)),
      ]);
      const opened = read(linkOf, link);
      const state = stateOf(ref, items, options, effect as Effect | undefined, opened);
      // Read at the same time: a link that was used after this state was written shows a decision that the state has not yet.
      if (!opened?.usedAt || !state || state.head.updatedAt >= opened.usedAt) return state;
      return stateOf(ref, await stateItems(ref, options), options, effect as Effect | undefined, opened);
    },

    async commit(given): Promise<CommitResult> {
      let commit = given;
      for (let attempt = 0, moved = 0; attempt < maxTries && moved < maxMoved; ) {
        const reservation = await budgets.reservationFor(commit);
        const { breach, metered } = reservation;
        // Refused only where no stop stands, and under the caps that there are now.
        const operations = breach ? stopChecks(commit, tables, metered) : operationsOf(commit, tables, reservation);
        try {
          await client.send(new TransactWriteCommand({ TransactItems: operations.map((o) => o.item) }));
          await budgets.tell(commit, reservation);
          if (breach) return { ok: false, because: 'budget', breach };
          committed?.(commit);
          return { ok: true };
        } catch (error) {
          if (!(error instanceof TransactionCanceledException)) throw error;
          const refused = refusal(
            error,
            operations.map((o) => o.guard),
          );
          if (refused === 'busy') {
            await pause(Math.random() * Math.min(backoffCapMs, backoffBaseMs * 2 ** attempt));
            attempt += 1;
          } else if ('ok' in refused) return refused;
          else {
            moved += 1;
            for (const { target, row } of refused.caps) budgets.learn(commit.head, target, row);
            // Settling is never refused for what it gives back.
            if (refused.returns) commit = { ...commit, returns: [] };
          }
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

    async keepShown(tenant, of, given) {
      const shown = JSON.stringify(given);
      if (Buffer.byteLength(shown) > maxShownBytes) return given;
      const Item = { ...shownRow(tenant, of, new Date().toISOString()), shown };
      const ConditionExpression = 'attribute_not_exists(pk)';
      const put = new PutCommand({
        TableName: tables.intents,
        Item,
        ConditionExpression,
        ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
      });
      try {
        await client.send(put);
        return given;
      } catch (error) {
        if (!(error instanceof ConditionalCheckFailedException) || !error.Item) throw error;
        return JSON.parse(unmarshall(error.Item).shown) as JsonObject;
      }
    },

    async findResumeState(ref, agent) {
      const found = await get(tables.intents, { pk: intentPk(ref), sk: resumeStateSk(agent) });
      if (!found) return undefined;
      const { pk: _, sk: __, ttl: ___, ...state } = found;
      return state as unknown as ResumeState;
    },

    async events(ref, since, limit) {
      const page = await between(ref, eventSk(since + 1), `${eventPrefix}~`, { Limit: limit });
      return (page.Items ?? []) as unknown as IntentEvent[];
    },

    announces: async (tenant) => isOnBus(tenant) || hasSubscriptions(client, tables.control, tenant),

    async children(ref, after, limit) {
      // Right behind the one before: a space sorts before anything that an id holds.
      const page = await between(ref, `${childPrefix}${after} `, `${childPrefix}~`, { Limit: limit });
      return (page.Items ?? []).map(({ sk }) => String(sk).slice(childPrefix.length));
    },

    async findLink(hash) {
      return read(linkOf, await get(tables.intents, linkKey(hash)));
    },

    async putLink(link) {
      const Item = { ...linkKey(link.hash), ...link };
      await put(Item, 'attribute_not_exists(pk)');
    },

    // Put whole, which takes no right that a commit does not take.
    async postpone({ tenant, intentId }, row) {
      await put(outboxItem({ tenant, intentId }, { ...row, attempts: 0 }), 'attribute_exists(pk)');
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

  /** Nothing where the condition does not hold. */
  async function put(Item: Record<string, unknown>, ConditionExpression: string): Promise<void> {
    try {
      await client.send(new PutCommand({ TableName: tables.intents, Item, ConditionExpression }));
    } catch (error) {
      if (!(error instanceof ConditionalCheckFailedException)) throw error;
    }
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
  const controls = bySk.get(controlsSk) as Controls | undefined;
  const askedIn = (n: number) => ({
    request: options.request ? controlled(requestOf(bySk.get(requestSkOf(n))), controls) : undefined,
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
    controls,
    thread: bySk.get(threadSk),
    procedure: procedureOf(bySk.get(procedureSk)),
    earlier: earlier.length > 0 ? earlier.map(present) : undefined,
    outcome: bySk.get(outcomeSk),
    notes: notes.length > 0 ? Object.fromEntries(notes) : undefined,
    effect,
    link,
  }) as unknown as IntentState;
}

/** Why a commit has to be made anew: other caps, or none; room that others took; a counter that is gone. */
interface Moved {
  caps: { target: string; row: Record<string, unknown> | undefined }[];
  returns: boolean;
}

/** What a cancelled transaction means; `busy` where trying again is all there is to do. */
function refusal(
  error: TransactionCanceledException,
  guards: Guard[],
): Exclude<CommitResult, { ok: true }> | Moved | 'busy' {
  const reasons = error.CancellationReasons ?? [];
  const failed = guards.flatMap((guard, i) => {
    if (reasons[i]?.Code !== 'ConditionalCheckFailed') return [];
    const item = reasons[i].Item && (unmarshall(reasons[i].Item as never) as Record<string, unknown>);
    return [{ guard, item }];
  });
  for (const { guard, item } of failed)
    if (guard.kind === 'repeated' && item) {
      const { requestHash, answer } = item as { requestHash: string; answer: JsonObject };
      return { ok: false, because: 'repeated', requestHash, answer };
    }
  if (failed.some(({ guard }) => guard.kind === 'parent')) return { ok: false, because: 'parent' };
  const caps: Moved['caps'] = [];
  for (const { guard, item } of failed) {
    if (guard.kind !== 'stopped') continue;
    if (!guard.orCaps || item?.at !== undefined) return { ok: false, because: 'stopped', target: guard.target };
    caps.push({ target: guard.target, row: item });
  }
  if (failed.some(({ guard }) => guard.kind === 'changed')) return { ok: false, because: 'changed' };
  if (failed.length > 0) return { caps, returns: failed.some(({ guard }) => guard.kind === 'returned') };
  if (reasons.some((reason) => reason.Code !== undefined && passing.has(reason.Code))) return 'busy';
  throw error;
}

const sleep = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));
