/** One sealed commit as one DynamoDB transaction. Every write is conditional. */

import type { TransactWriteCommandInput } from '@aws-sdk/lib-dynamodb';
import type { SealedCommit } from '../core/commit.ts';
import { TerminalError } from '../core/errors.ts';
import { isTerminal, statuses } from '../core/lifecycle.ts';
import type { IntentRef } from '../core/model.ts';
import { stopKey, stopShard } from '../core/stops.ts';
import { itemBytes } from './item-size.ts';
import {
  askedItem,
  auditItem,
  childPrefix,
  deliverySk,
  effectKey,
  eventSk,
  headItem,
  headSk,
  idempotencyKey,
  idempotencySeconds,
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
  requestItem,
  requestSkOf,
  type Tables,
  taskPrefix,
  wishSk,
} from './rows.ts';

type Item = NonNullable<TransactWriteCommandInput['TransactItems']>[number];

/** What a failed condition of an operation means. */
export type Guard =
  | { kind: 'changed' }
  | { kind: 'repeated' }
  | { kind: 'parent' }
  | { kind: 'stopped'; target: string };

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

/**
 * The operations of a commit, each with the meaning of its refusal.
 * Throws TerminalError `commit_too_large`: rules bound what they wish for, so that none comes near.
 */
export function operationsOf(commit: SealedCommit, tables: Tables): Operation[] {
  const operations = planOf(commit, tables);
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

function planOf(commit: SealedCommit, tables: Tables): Operation[] {
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
  if (writes.delivery)
    operations.push({
      item: { Put: { TableName: tables.intents, Item: { pk, sk: deliverySk, ...writes.delivery } } },
      guard: changed,
    });
  if (writes.procedure)
    operations.push({
      item: { Put: { TableName: tables.intents, Item: { pk, sk: procedureSk, ...procedureItem(writes.procedure) } } },
      guard: changed,
    });
  if (writes.parent !== undefined) operations.push(...partOf(ref, writes.parent, tables));
  // Likewise: whom a task asks changes only with the task.
  for (const row of commit.asked)
    operations.push({ item: { Put: { TableName: tables.intents, Item: askedItem(ref, row) } }, guard: changed });
  if (writes.link) operations.push(linkPut(writes.link, tables));
  if (writes.replacedLink) operations.push(linkReplaced(writes.replacedLink, head.updatedAt, tables));
  if (writes.effect) operations.push(effectPut(ref, writes.effect, tables));
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
  for (const stop of commit.stops)
    operations.push({
      item: {
        ConditionCheck: {
          TableName: tables.control,
          Key: { pk: stopKey(stop), sk: stopShard(head.intentId) },
          ConditionExpression: isNew,
        },
      },
      guard: { kind: 'stopped', target: stopKey(stop) },
    });
  return operations;
}

const open = statuses.filter((status) => !isTerminal(status));

/** An intent that is open, and not about to end, gets a part: what ends the one ends the other. */
function partOf({ tenant, intentId }: IntentRef, parent: string, tables: Tables): Operation[] {
  const pk = intentPk({ tenant, intentId: parent });
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

function effectPut(
  ref: IntentRef,
  { row, was }: NonNullable<SealedCommit['writes']['effect']>,
  tables: Tables,
): Operation {
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
        ...idempotencyKey(tenant, given.key),
        requestHash: given.requestHash,
        answer: given.answer,
        ttl: Math.floor(Date.parse(answeredAt) / 1000) + idempotencySeconds,
      },
      ConditionExpression: isNew,
      ...allOld,
    },
  },
  guard: { kind: 'repeated' },
});
