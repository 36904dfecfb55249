/** Everything that the deployment holds, so that a test can say that nothing changed. */

import { GetQueueAttributesCommand, ListQueuesCommand, SQSClient } from '@aws-sdk/client-sqs';
import { ScanCommand } from '@aws-sdk/lib-dynamodb';
import { hashOf } from '../../core/hash.ts';
import { aws, dynamo, mails, refundAttempts, tables, until } from './world.ts';

const sqs = new SQSClient(aws);

export interface Snapshot {
  /** By owner: an intent (`<tenant>#<intentId>`, links included), an Idempotency-Key's row, a key, a stop. */
  rows: Record<string, string>;
  moving: number;
  /** Messages by queue, where there are more than before the first. */
  queues: Record<string, number>;
  mails: number;
  refunds: number;
}

type Item = Record<string, unknown> & { pk: string };

const ownerOf = (item: Item): string => (item.pk.startsWith('link#') ? `${item.tenant}#${item.intentId}` : item.pk);

/** Rows of an intent whose run has something to do at once, or to whom something is owed. */
const moves = (item: Item): boolean =>
  String(item.sk).startsWith('outbox#') ||
  (item.sk === 's#head' && ['SUBMITTED', 'IN_PROGRESS'].includes(String(item.status)));

async function allItems(table: string): Promise<Item[]> {
  const items: Item[] = [];
  let next: Record<string, unknown> | undefined;
  do {
    const page = await dynamo.send(
      new ScanCommand({ TableName: table, ConsistentRead: true, ...(next ? { ExclusiveStartKey: next } : {}) }),
    );
    items.push(...((page.Items ?? []) as Item[]));
    next = page.LastEvaluatedKey;
  } while (next);
  return items;
}

async function messages(before: Record<string, number> = {}): Promise<Record<string, number>> {
  const { QueueUrls = [] } = await sqs.send(new ListQueuesCommand({}));
  const counted = await Promise.all(
    QueueUrls.map(async (QueueUrl): Promise<[string, number]> => {
      const { Attributes = {} } = await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['All'] }));
      const visible = Number(Attributes.ApproximateNumberOfMessages);
      const name = QueueUrl.split('/').at(-1) ?? '';
      return [name, visible + Number(Attributes.ApproximateNumberOfMessagesNotVisible) - (before[name] ?? 0)];
    }),
  );
  return Object.fromEntries(counted.filter(([, count]) => count > 0));
}

/**
 * Takes snapshots that leave out what belonged to others when it was made: tests before may have runs that still go on, and
 * messages that stay parked.
 */
export async function camera(): Promise<() => Promise<Snapshot>> {
  const names = Object.values(tables);
  const before = new Set((await Promise.all(names.map(allItems))).flat().map(ownerOf));
  const waiting = await messages();
  return async () => {
    const items = (await Promise.all(names.map(allItems))).flat().filter((item) => !before.has(ownerOf(item)));
    const byOwner = Object.entries(Object.groupBy(items, ownerOf)) as [string, Item[]][];
    return {
      rows: Object.fromEntries(byOwner.map(([owner, held]) => [owner, hashOf(held.map(hashOf).sort())])),
      moving: items.filter(moves).length,
      queues: await messages(waiting),
      mails: (await mails()).length,
      refunds: await refundAttempts(),
    };
  };
}

/** A snapshot once nothing moves any more. */
export async function still(snapshot: () => Promise<Snapshot>): Promise<Snapshot> {
  let last = await snapshot();
  return until('nothing moves any more', 600, async () => {
    const now = await snapshot();
    const same = JSON.stringify(now) === JSON.stringify(last);
    last = now;
    return same && now.moving === 0 && Object.keys(now.queues).length === 0 ? now : undefined;
  });
}

/** Owners of what is not as it was. */
export const changedOwners = (before: Snapshot, after: Snapshot): string[] =>
  [...new Set([...Object.keys(before.rows), ...Object.keys(after.rows)])].filter(
    (owner) => before.rows[owner] !== after.rows[owner],
  );
