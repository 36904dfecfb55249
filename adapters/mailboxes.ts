/** Agents' mailboxes on DynamoDB, in a table of their own; and how many requests are held open at once. */

import { ConditionalCheckFailedException, TransactionCanceledException } from '@aws-sdk/client-dynamodb';
import {
  type DynamoDBDocumentClient,
  GetCommand,
  QueryCommand,
  TransactWriteCommand,
  UpdateCommand,
} from '@aws-sdk/lib-dynamodb';
import type { Box, Entry, MailboxRows } from '../core/mailbox.ts';
import { collection } from './collection.ts';

const pkOf = ({ tenant, address }: Box): string => `${tenant}#mailbox#${address}`;
const lastSk = 'last';
const entryPrefix = 'entry#';
/** Text order is number order. */
const entrySk = (seq: number): string => `${entryPrefix}${String(seq).padStart(12, '0')}`;
const deliveryPrefix = 'delivery#';
const deliverySk = (deliveryId: string): string => deliveryPrefix + deliveryId;

/** What a transaction may be cancelled for that the next try may not meet. */
const passing = /ConditionalCheckFailed|TransactionConflict|ThrottlingError|ProvisionedThroughputExceeded/;

/** As text: JSON holds numbers that an item does not. */
const textIn = ({ payload, outcome, ...entry }: Entry) => ({
  ...entry,
  ...(payload ? { payload: JSON.stringify(payload) } : {}),
  ...(outcome ? { outcome: JSON.stringify(outcome) } : {}),
});
function entryIn({ pk, sk, payload, outcome, ...item }: Record<string, unknown>): Entry {
  const parsed = (name: string, text: unknown) => (text === undefined ? {} : { [name]: JSON.parse(String(text)) });
  return { ...item, ...parsed('payload', payload), ...parsed('outcome', outcome) } as unknown as Entry;
}

export function mailboxes(
  client: DynamoDBDocumentClient,
  table: string,
): MailboxRows & { lastSeen(box: Box): Promise<number> } {
  const seqAt = async (box: Box, sk: string, ConsistentRead: boolean): Promise<number | undefined> => {
    const { Item } = await client.send(
      new GetCommand({ TableName: table, Key: { pk: pkOf(box), sk }, ProjectionExpression: 'seq', ConsistentRead }),
    );
    return Item?.seq as number | undefined;
  };
  return {
    numberOf: (box, deliveryId) => seqAt(box, deliverySk(deliveryId), true),
    async numbersOf(box, idsBegin) {
      const found: { deliveryId: string; seq: number }[] = [];
      for await (const { sk, seq } of collection(client, table, pkOf(box), deliverySk(idsBegin)))
        found.push({ deliveryId: String(sk).slice(deliveryPrefix.length), seq: Number(seq) });
      return found;
    },

    last: async (box) => (await seqAt(box, lastSk, true)) ?? 0,
    /** May be a moment behind, at half the price: for looking again and again. */
    lastSeen: async (box) => (await seqAt(box, lastSk, false)) ?? 0,

    async add(box, entry) {
      const pk = pkOf(box);
      const put = (
        sk: string,
        item: object,
        condition = 'attribute_not_exists(pk)',
        values?: Record<string, unknown>,
      ) => ({
        Put: {
          TableName: table,
          Item: { pk, sk, ...item },
          ConditionExpression: condition,
          ...(values ? { ExpressionAttributeValues: values } : {}),
        },
      });
      const last =
        entry.seq === 1
          ? put(lastSk, { seq: 1 })
          : put(lastSk, { seq: entry.seq }, 'seq = :before', { ':before': entry.seq - 1 });
      try {
        await client.send(
          new TransactWriteCommand({
            TransactItems: [
              last,
              put(entrySk(entry.seq), textIn(entry)),
              put(deliverySk(entry.deliveryId), { seq: entry.seq }),
            ],
          }),
        );
        return true;
      } catch (error) {
        const reasons = error instanceof TransactionCanceledException ? (error.CancellationReasons ?? []) : [];
        if (reasons.some(({ Code = '' }) => passing.test(Code))) return false;
        throw error;
      }
    },

    after: (box, since, limit) => between(box, since + 1, Number.POSITIVE_INFINITY, limit, true),
    before: (box, seq, limit) => between(box, 1, seq - 1, limit, false),
  };

  async function between(box: Box, from: number, to: number, limit: number, ascending: boolean): Promise<Entry[]> {
    if (to < from) return [];
    const page = await client.send(
      new QueryCommand({
        TableName: table,
        KeyConditionExpression: 'pk = :pk AND sk BETWEEN :from AND :to',
        ExpressionAttributeValues: {
          ':pk': pkOf(box),
          ':from': entrySk(from),
          ':to': Number.isFinite(to) ? entrySk(to) : `${entryPrefix}~`,
        },
        Limit: limit,
        ScanIndexForward: ascending,
        ConsistentRead: true,
      }),
    );
    return (page.Items ?? []).map(entryIn);
  }
}

/** Full jitter between two tries to be the next in a mailbox: a random part of base · 2ⁿ, milliseconds. */
const backoffBaseMs = 10;
const backoffCapMs = 500;

export const takeTurns = (round: number): Promise<void> =>
  new Promise((done) => setTimeout(done, Math.random() * Math.min(backoffCapMs, backoffBaseMs * 2 ** round)));

/** Places tried before it counts as full: with nine of ten taken, two of three who ask find the tenth. */
const tries = 10;

/** Places for requests that are held open, `most` at once. One that its holder lost is free again after its time. */
export function heldPlaces(client: DynamoDBDocumentClient, table: string, most: number) {
  const set = (place: number, until: number, condition: string, values: Record<string, number>) =>
    client.send(
      new UpdateCommand({
        TableName: table,
        Key: { pk: `held#${place}`, sk: 'held' },
        UpdateExpression: 'SET heldUntil = :until',
        ConditionExpression: condition,
        ExpressionAttributeValues: { ':until': until, ...values },
      }),
    );
  const unlessRefused = async (work: Promise<unknown>): Promise<boolean> => {
    try {
      await work;
      return true;
    } catch (error) {
      if (error instanceof ConditionalCheckFailedException) return false;
      throw error;
    }
  };
  return {
    /** Takes a place until a time (epoch ms); gives how to free it, or nothing where all seem taken. */
    async take(now: number, until: number): Promise<(() => Promise<unknown>) | undefined> {
      const first = Math.floor(Math.random() * most);
      for (let i = 0; i < Math.min(tries, most); i += 1) {
        const place = (first + i) % most;
        const free = 'attribute_not_exists(pk) OR heldUntil < :now';
        if (await unlessRefused(set(place, until, free, { ':now': now })))
          return () => unlessRefused(set(place, 0, 'heldUntil = :mine', { ':mine': until }));
      }
      return undefined;
    },
  };
}
