/** One sealed commit as one DynamoDB transaction. Every write is conditional. */

import type { TransactWriteCommandInput } from '@aws-sdk/lib-dynamodb';
import { type Metered, meterable, type Part, type Reserved } from '../core/budget.ts';
import type { SealedCommit } from '../core/commit.ts';
import { TerminalError } from '../core/errors.ts';
import { isTerminal, statuses } from '../core/lifecycle.ts';
import type { Head, IntentRef } from '../core/model.ts';
import { type StopTarget, stopKey, stopShard } from '../core/stops.ts';
import { itemBytes } from './item-size.ts';
import {
  askedItem,
  auditItem,
  budgetPk,
  childPrefix,
  controlsSk,
  deliverySk,
  effectKey,
  eventSk,
  headItem,
  headSk,
  intentPk,
  linkKey,
  listedIn,
  noteSk,
  outboxItem,
  outboxKey,
  outcomeSk,
  planSk,
  procedureItem,
  procedureSk,
  repeatRow,
  requestItem,
  requestSkOf,
  resumeStateSk,
  type Tables,
  taskPrefix,
  threadSk,
  wishSk,
} from './rows.ts';

type Item = NonNullable<TransactWriteCommandInput['TransactItems']>[number];

/** What a failed condition of an operation means. */
export type Guard =
  | { kind: 'changed' }
  | { kind: 'repeated' }
  | { kind: 'parent' }
  /** A stop stands; or else (`orCaps`) others caps than those that the commit has reserved under: the row says which. */
  | { kind: 'stopped'; target: string; orCaps: boolean }
  /** Others have reserved in that row. */
  | { kind: 'spent' }
  | { kind: 'returned' };

export interface Operation {
  item: Item;
  guard: Guard;
}

const isNew = 'attribute_not_exists(pk)';
const exists = 'attribute_exists(pk)';
const changed: Guard = { kind: 'changed' };
const allOld = { ReturnValuesOnConditionCheckFailure: 'ALL_OLD' } as const;

/** What DynamoDB takes as one transaction, and as one item of it (docs: "Service, account, and table quotas in Amazon DynamoDB"). */
export const transactionLimits = { items: 100, bytes: 4 * 1024 * 1024, itemBytes: 400 * 1024 } as const;

/** Under which caps a commit reserves, and where. */
export interface Reservation {
  metered: readonly Metered[];
  parts: readonly Part[];
}

/**
 * The operations of a commit, each with the meaning of its refusal.
 * Throws TerminalError `commit_too_large`: rules bound what they wish for, so that none comes near.
 */
export function operationsOf(
  commit: SealedCommit,
  tables: Tables,
  reservation: Reservation = { metered: [], parts: [] },
): Operation[] {
  const operations = planOf(commit, tables, reservation);
  const sizes = operations.map(({ item }) => (item.Put?.Item ? itemBytes(item.Put.Item) : 0));
  const found = {
    items: operations.length,
    bytes: sizes.reduce((sum, bytes) => sum + bytes, 0),
    itemBytes: Math.max(...sizes),
  };
  for (const [what, most] of Object.entries(transactionLimits))
    if (found[what as keyof typeof found] > most)
      throw new TerminalError('commit_too_large', `${commit.record.action} is more than one transaction holds.`, found);
  return operations;
}

function planOf(commit: SealedCommit, tables: Tables, reservation: Reservation): Operation[] {
  const { head, writes } = commit;
  const ref: IntentRef = { tenant: head.tenant, intentId: head.intentId };
  const pk = intentPk(ref);
  const revision = head.revision ?? 1;
  const put = (sk: string, value: object): Operation => ({
    item: { Put: { TableName: tables.intents, Item: { pk, sk, ...value }, ConditionExpression: isNew } },
    guard: changed,
  });

  const operations: Operation[] = [headPut(commit, tables)];
  for (const event of commit.events) operations.push(put(eventSk(event.seq), event));
  operations.push({
    item: {
      Put: {
        TableName: tables.audit,
        Item: auditItem(commit),
        ConditionExpression: isNew,
      },
    },
    guard: changed,
  });
  if (writes.request) {
    const lists = revision === 1 ? listedIn(head, writes.request) : {};
    operations.push(put(requestSkOf(revision), { ...requestItem(writes.request), ...lists }));
  }
  if (writes.plan) operations.push(put(planSk(revision), writes.plan));
  if (writes.outcome) operations.push(put(outcomeSk, writes.outcome));
  if (writes.note) operations.push(put(noteSk(writes.note.state, revision), { value: writes.note.value }));
  if (head.wish)
    operations.push({
      // As for a task: the head's version guards it.
      item: { Put: { TableName: tables.intents, Item: { pk, sk: wishSk, error: head.wish.error } } },
      guard: changed,
    });
  if (writes.task)
    operations.push({
      // No condition of its own: a task never changes without its head, whose version guards both.
      item: { Put: { TableName: tables.intents, Item: { pk, sk: taskPrefix + writes.task.taskId, ...writes.task } } },
      guard: changed,
    });
  for (const [sk, item] of [
    [deliverySk, writes.delivery],
    [controlsSk, writes.controls],
    [threadSk, writes.thread],
  ] as const)
    if (item)
      operations.push({ item: { Put: { TableName: tables.intents, Item: { pk, sk, ...item } } }, guard: changed });
  if (writes.resumeState) {
    const ttl = Math.ceil(Date.parse(writes.resumeState.expiresAt) / 1000);
    const Item = { pk, sk: resumeStateSk(writes.resumeState.agent), ...writes.resumeState, ttl };
    operations.push({ item: { Put: { TableName: tables.intents, Item } }, guard: changed });
  }
  if (writes.procedure)
    operations.push({
      item: { Put: { TableName: tables.intents, Item: { pk, sk: procedureSk, ...procedureItem(writes.procedure) } } },
      guard: changed,
    });
  if (writes.parent !== undefined) operations.push(...partOf(head, writes.parent, tables));
  // Likewise: whom a task asks changes only with the task.
  for (const row of commit.asked)
    operations.push({ item: { Put: { TableName: tables.intents, Item: askedItem(ref, row) } }, guard: changed });
  if (writes.link) operations.push(linkPut(writes.link, tables));
  if (writes.replacedLink) operations.push(linkReplaced(writes.replacedLink, head.updatedAt, tables));
  if (writes.effect) operations.push(effectPut(ref, withReserved(writes.effect, reservation), tables));
  if (writes.idempotency) operations.push(idempotencyPut(head.tenant, writes.idempotency, head.updatedAt, tables));
  for (const row of commit.owed)
    operations.push({
      item: { Put: { TableName: tables.intents, Item: outboxItem(ref, row), ConditionExpression: isNew } },
      guard: changed,
    });
  for (const key of commit.settled)
    operations.push({
      item: {
        // Gone already is as good; what must not be deleted is something else.
        Delete: {
          TableName: tables.intents,
          Key: outboxKey(ref, key),
          ConditionExpression: `${isNew} OR intentId = :intent`,
          ExpressionAttributeValues: { ':intent': head.intentId },
        },
      },
      guard: changed,
    });
  operations.push(...stopChecks(commit, tables, reservation.metered));
  for (const part of reservation.parts) operations.push(partUpdate(head.tenant, part, tables));
  for (const given of commit.returns) operations.push(returnUpdate(head.tenant, given, tables));
  return operations;
}

/** Rows of stops may hold caps too: a stop is what has a time. */
export const noStop = 'attribute_not_exists(#at)';
export const stopNames = { '#at': 'at' };

/** That nothing of what operators have set keeps a commit from being made: alone, before it is refused for a budget. */
export const stopChecks = (commit: SealedCommit, tables: Tables, metered: readonly Metered[]): Operation[] =>
  commit.stops.map((stop) => stopCheck(commit, stop, metered, tables));

/** That no stop stands; for what uses up a budget also that it is reserved under the caps that there are. */
function stopCheck(
  { head, spends }: SealedCommit,
  stop: StopTarget,
  metered: readonly Metered[],
  tables: Tables,
): Operation {
  const key = stopKey(stop);
  const one = metered.find(({ target }) => stopKey(target) === key);
  const isMetered = spends !== undefined && meterable(head).some((target) => stopKey(target) === key);
  const caps = one ? 'epoch = :epoch' : 'attribute_not_exists(epoch)';
  return {
    item: {
      ConditionCheck: {
        TableName: tables.control,
        Key: { pk: key, sk: stopShard(head.intentId) },
        ConditionExpression: isMetered ? `${noStop} AND ${caps}` : noStop,
        ExpressionAttributeNames: stopNames,
        ...(isMetered ? allOld : {}),
        ...(one ? { ExpressionAttributeValues: { ':epoch': one.epoch } } : {}),
      },
    },
    guard: { kind: 'stopped', target: key, orCaps: isMetered },
  };
}

/** Counters are cleared up some days after their window; nothing waits for that. */
const countersKeptSeconds = 7 * 86_400;
const counterTtl = (until: number): number => Math.ceil(until / 1000) + countersKeptSeconds;

const partUpdate = (tenant: string, { scope, cell, amount, until, room }: Part, tables: Tables): Operation => ({
  item: {
    Update: {
      TableName: tables.meters,
      Key: { pk: budgetPk(tenant, scope), sk: cell },
      UpdateExpression: 'SET #used = if_not_exists(#used, :zero) + :amount, #ttl = :ttl',
      ConditionExpression: `attribute_not_exists(#used)${room === undefined ? ' OR #used >= :zero' : ' OR #used <= :room'}`,
      ExpressionAttributeNames: { '#used': 'used', '#ttl': 'ttl' },
      ExpressionAttributeValues: {
        ':zero': 0,
        ':amount': amount,
        ':ttl': counterTtl(until),
        ...(room === undefined ? {} : { ':room': room }),
      },
    },
  },
  guard: { kind: 'spent' },
});

const returnUpdate = (tenant: string, { scope, cell, amount }: Reserved, tables: Tables): Operation => ({
  item: {
    Update: {
      TableName: tables.meters,
      Key: { pk: budgetPk(tenant, scope), sk: cell },
      UpdateExpression: 'SET #used = #used - :amount',
      ConditionExpression: '#used >= :amount',
      ExpressionAttributeNames: { '#used': 'used' },
      ExpressionAttributeValues: { ':amount': amount },
    },
  },
  guard: { kind: 'returned' },
});

type EffectWrite = NonNullable<SealedCommit['writes']['effect']>;

/** A call keeps what it has reserved, to give it back where it fails. */
function withReserved({ row, was }: EffectWrite, { parts }: Reservation): EffectWrite {
  if (parts.length === 0) return { row, was };
  return { row: { ...row, reserved: parts.map(({ room: _, ...reserved }) => reserved) }, was };
}

const open = statuses.filter((status) => !isTerminal(status));

/**
 * An intent that is open, and not about to end, gets a part: what ends the one ends the other. A procedure gets the part
 * that its present step waits for: a function that was frozen meanwhile would bring one that nobody asks for any more.
 */
function partOf({ tenant, intentId, stepOf }: Head, parent: string, tables: Tables): Operation[] {
  const pk = intentPk({ tenant, intentId: parent });
  const ofStep: Operation = {
    item: {
      ConditionCheck: {
        TableName: tables.intents,
        Key: { pk, sk: procedureSk },
        ConditionExpression: 'part = :part',
        ExpressionAttributeValues: { ':part': intentId },
      },
    },
    guard: changed,
  };
  return [
    {
      item: {
        ConditionCheck: {
          TableName: tables.intents,
          Key: { pk, sk: headSk },
          ConditionExpression: `#status IN (${open.map((_, i) => `:s${i}`).join(', ')}) AND attribute_not_exists(wish)`,
          ExpressionAttributeNames: { '#status': 'status' },
          ExpressionAttributeValues: Object.fromEntries(open.map((status, i) => [`:s${i}`, status])),
        },
      },
      guard: { kind: 'parent' },
    },
    {
      item: {
        Put: { TableName: tables.intents, Item: { pk, sk: childPrefix + intentId }, ConditionExpression: isNew },
      },
      guard: changed,
    },
    ...(stepOf === undefined ? [] : [ofStep]),
  ];
}

function headPut({ head, basedOn }: SealedCommit, tables: Tables): Operation {
  return {
    item: {
      Put: {
        TableName: tables.intents,
        Item: headItem(head),
        ...(basedOn === null
          ? { ConditionExpression: isNew }
          : { ConditionExpression: 'auditSeq = :version', ExpressionAttributeValues: { ':version': basedOn } }),
        ...allOld,
      },
    },
    guard: changed,
  };
}

const linkPut = (link: NonNullable<SealedCommit['writes']['link']>, tables: Tables): Operation => ({
  item: {
    Put: {
      TableName: tables.intents,
      Item: { ...linkKey(link.hash), ...link },
      ConditionExpression: 'attribute_exists(pk) AND attribute_not_exists(usedAt)',
    },
  },
  guard: changed,
});

const linkReplaced = (hash: string, at: string, tables: Tables): Operation => ({
  item: {
    Update: {
      TableName: tables.intents,
      Key: linkKey(hash),
      UpdateExpression: 'SET replacedAt = if_not_exists(replacedAt, :at)',
      ConditionExpression: exists,
      ExpressionAttributeValues: { ':at': at },
    },
  },
  guard: changed,
});

function effectPut(ref: IntentRef, { row, was }: EffectWrite, tables: Tables): Operation {
  const condition = was
    ? {
        ConditionExpression: '#state = :state AND #owner = :owner',
        ExpressionAttributeNames: { '#state': 'state', '#owner': 'owner' },
        ExpressionAttributeValues: { ':state': was.state, ':owner': was.owner },
      }
    : { ConditionExpression: isNew };
  return {
    item: { Put: { TableName: tables.effects, Item: { ...effectKey(ref, row.effectId), ...row }, ...condition } },
    guard: changed,
  };
}

const idempotencyPut = (
  tenant: string,
  given: NonNullable<SealedCommit['writes']['idempotency']>,
  answeredAt: string,
  tables: Tables,
): Operation => ({
  item: {
    Put: {
      TableName: tables.intents,
      Item: {
        ...repeatRow(tenant, given.key, answeredAt),
        requestHash: given.requestHash,
        answer: given.answer,
      },
      ConditionExpression: isNew,
      ...allOld,
    },
  },
  guard: { kind: 'repeated' },
});
