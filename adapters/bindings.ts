/** Bindings of agents, and how far each is pushed, on DynamoDB: beside the mailboxes, one collection for each agent. */

import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import {
  DeleteCommand,
  type DynamoDBDocumentClient,
  GetCommand,
  PutCommand,
  QueryCommand,
  UpdateCommand,
} from '@aws-sdk/lib-dynamodb';
import { v7 as uuidv7 } from 'uuid';
import type { Binding, BindingRows, DeadLetter, OwedPushes, Pushed } from '../core/binding.ts';
import { RetryableError } from '../core/errors.ts';
import { sha256 } from '../core/hash.ts';
import type { Box } from '../core/mailbox.ts';
import { deliverGraceMs } from '../core/reply.ts';
import { outboxItem } from './rows.ts';

const pkOf = ({ tenant, address }: Box): string => `${tenant}#binding#${address}`;
const bindingSk = 'binding';
const pushedSk = 'pushed';
const deadPrefix = 'dead#';
const redoPrefix = 'redo#';
/** Text order is number order. */
const numbered = (prefix: string, seq: number): string => `${prefix}${String(seq).padStart(12, '0')}`;

type Item = Record<string, unknown>;
const bare = <T>({ pk, sk, ...item }: Item): T => item as T;

/** False where the condition did not hold. */
async function unlessRefused<T>(write: Promise<T>): Promise<T | undefined> {
  try {
    return await write;
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) return undefined;
    throw error;
  }
}

export function bindings(client: DynamoDBDocumentClient, table: string): BindingRows {
  const keyOf = (box: Box, sk: string) => ({ pk: pkOf(box), sk });
  async function get(box: Box, sk: string): Promise<Item | undefined> {
    const found = await client.send(new GetCommand({ TableName: table, Key: keyOf(box, sk), ConsistentRead: true }));
    return found.Item;
  }
  /** Those of a kind after a number, in order. */
  async function list(box: Box, prefix: string, after: number, limit: number): Promise<Item[]> {
    const page = await client.send(
      new QueryCommand({
        TableName: table,
        KeyConditionExpression: 'pk = :pk AND sk BETWEEN :from AND :to',
        ExpressionAttributeValues: { ':pk': pkOf(box), ':from': numbered(prefix, after + 1), ':to': `${prefix}~` },
        Limit: limit,
        ConsistentRead: true,
      }),
    );
    return page.Items ?? [];
  }
  const put = (box: Box, sk: string, item: object, condition: object = {}) =>
    client.send(new PutCommand({ TableName: table, Item: { ...keyOf(box, sk), ...item }, ...condition }));
  const remove = (box: Box, sk: string) => client.send(new DeleteCommand({ TableName: table, Key: keyOf(box, sk) }));

  return {
    async binding(box) {
      const item = await get(box, bindingSk);
      return item && bare<Binding>(item);
    },

    async bind(box, binding) {
      const condition =
        binding.version === 1
          ? { ConditionExpression: 'attribute_not_exists(pk)' }
          : {
              ConditionExpression: 'version = :before',
              ExpressionAttributeValues: { ':before': binding.version - 1 },
            };
      return (await unlessRefused(put(box, bindingSk, binding, condition))) !== undefined;
    },

    async unbind(box) {
      await remove(box, bindingSk);
      await remove(box, pushedSk);
    },

    async pushed(box) {
      const item = await get(box, pushedSk);
      return item && pushedIn(item);
    },

    async begin(box, seq, anew = false) {
      const first = anew ? {} : { ConditionExpression: 'attribute_not_exists(pk)' };
      await unlessRefused(put(box, pushedSk, { seq }, first));
    },

    async hurry(box) {
      await unlessRefused(
        client.send(
          new UpdateCommand({
            TableName: table,
            Key: keyOf(box, pushedSk),
            UpdateExpression: 'REMOVE #item, attempt, nextAt',
            ConditionExpression: 'attribute_exists(pk)',
            ExpressionAttributeNames: { '#item': 'item' },
          }),
        ),
      );
    },

    async take(box, owner, now, until) {
      const taken = await unlessRefused(
        client.send(
          new UpdateCommand({
            TableName: table,
            Key: keyOf(box, pushedSk),
            UpdateExpression: 'SET takenBy = :owner, takenUntil = :until',
            ConditionExpression:
              'attribute_exists(pk) AND (attribute_not_exists(takenUntil) OR takenUntil < :now OR takenBy = :owner)',
            ExpressionAttributeValues: { ':owner': owner, ':until': until, ':now': now },
            ReturnValues: 'ALL_NEW',
          }),
        ),
      );
      return taken?.Attributes && pushedIn(taken.Attributes);
    },

    async note(box, owner, pushed, free = false) {
      const item = free ? pushed : { ...pushed, takenBy: owner, takenUntil: Date.now() + noteMs };
      const mine = { ConditionExpression: 'takenBy = :owner', ExpressionAttributeValues: { ':owner': owner } };
      if (!(await unlessRefused(put(box, pushedSk, item, mine))))
        throw new RetryableError('Another pushes this mailbox by now.');
    },

    async free(box, owner) {
      await unlessRefused(
        client.send(
          new UpdateCommand({
            TableName: table,
            Key: keyOf(box, pushedSk),
            UpdateExpression: 'REMOVE takenBy, takenUntil',
            ConditionExpression: 'takenBy = :owner',
            ExpressionAttributeValues: { ':owner': owner },
          }),
        ),
      );
    },

    async bury(box, dead) {
      await put(box, numbered(deadPrefix, dead.seq), dead);
    },

    async dead(box, after, limit) {
      return (await list(box, deadPrefix, after, limit)).map((item) => bare<DeadLetter>(item));
    },

    async isDead(box, seq) {
      return (await get(box, numbered(deadPrefix, seq))) !== undefined;
    },

    async unbury(box, seq) {
      await remove(box, numbered(deadPrefix, seq));
    },

    async redo(box, seq, at) {
      await put(box, numbered(redoPrefix, seq), { seq, at });
    },

    async nextRedo(box) {
      const [item] = await list(box, redoPrefix, 0, 1);
      return item && bare<{ seq: number; at: string }>(item);
    },

    async redone(box, seq) {
      await remove(box, numbered(redoPrefix, seq));
    },
  };
}

/** Until the next look: whoever notes goes on at once. */
const noteMs = 60_000;

const pushedIn = (item: Item): Pushed => {
  const { pk, sk, takenBy, takenUntil, ...pushed } = item;
  return pushed as unknown as Pushed;
};

/** What stands for a mailbox where an intent's id stands in rows that are owed. */
export const pushRef = ({ tenant, address }: Box) => ({ tenant, intentId: `push:${sha256(address)}` });
const pushKey = 'push';

export function owedPushes(client: DynamoDBDocumentClient, table: string): OwedPushes {
  /** As a row of the outbox that is owed at a time. */
  const rowOf = (box: Box, traceId = '', dueAt = 0) =>
    outboxItem(pushRef(box), {
      key: pushKey,
      kind: 'push',
      dueAt,
      attempts: 0,
      traceId,
      body: { to: box.address },
    });
  const keyOf = (box: Box) => {
    const { pk, sk } = rowOf(box);
    return { pk, sk };
  };
  const remove = (box: Box, condition: object) =>
    client.send(new DeleteCommand({ TableName: table, Key: keyOf(box), ...condition }));

  return {
    async owe(box, traceId, anew = false) {
      // The fast path sees new rows alone.
      if (anew) await remove(box, {});
      const { pk, sk, ...row } = rowOf(box, traceId, Date.now() + deliverGraceMs);
      const names = Object.keys(row);
      await client.send(
        new UpdateCommand({
          TableName: table,
          Key: { pk, sk },
          UpdateExpression: `SET news = :news, ${names.map((name) => `#${name} = if_not_exists(#${name}, :${name})`).join(', ')}`,
          ExpressionAttributeNames: Object.fromEntries(names.map((name) => [`#${name}`, name])),
          ExpressionAttributeValues: {
            ':news': uuidv7(),
            ...Object.fromEntries(Object.entries(row).map(([name, value]) => [`:${name}`, value])),
          },
        }),
      );
    },

    async news(box) {
      const found = await client.send(
        new GetCommand({ TableName: table, Key: keyOf(box), ProjectionExpression: 'news', ConsistentRead: true }),
      );
      return found.Item?.news as string | undefined;
    },

    async postpone(box, dueAt) {
      await unlessRefused(
        client.send(
          new UpdateCommand({
            TableName: table,
            Key: keyOf(box),
            UpdateExpression: 'SET dueAt = :due',
            ConditionExpression: 'attribute_exists(pk)',
            ExpressionAttributeValues: { ':due': dueAt },
          }),
        ),
      );
    },

    async settle(box, news) {
      const condition = { ConditionExpression: 'news = :news', ExpressionAttributeValues: { ':news': news } };
      return (await unlessRefused(remove(box, condition))) !== undefined;
    },
  };
}
