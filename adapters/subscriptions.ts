/**
 * Subscriptions, events that somebody wants, and how far each sending is: the table `Webhooks`. That anybody of a tenant
 * listens at all is told by a row of `Control`, which every door reads anyway.
 */

import { ConditionalCheckFailedException, TransactionCanceledException } from '@aws-sdk/client-dynamodb';
import {
  type DynamoDBDocumentClient,
  GetCommand,
  PutCommand,
  TransactWriteCommand,
  UpdateCommand,
} from '@aws-sdk/lib-dynamodb';
import type { JsonObject } from '../core/json.ts';
import {
  type DeliveryState,
  type KeptEvent,
  maxSubscriptions,
  type Subscription,
  type WebhookDelivery,
} from '../core/subscription.ts';
import { wholeCollection } from './collection.ts';
import { type Kept, keepRepeat, type Repeat, writeAll } from './repeats.ts';
import { listensKey, repeatRow } from './rows.ts';

/** How long an event can be replayed, and a subscription's end is remembered. */
const keptSeconds = 30 * 24 * 3600;
const ttlFrom = (now: string): number => Math.floor(Date.parse(now) / 1000) + keptSeconds;

const tenantPk = (tenant: string): string => `${tenant}#subscriptions`;
const subscriptionPrefix = 'subscription#';
const subscriptionKey = (tenant: string, id: string) => ({ pk: tenantPk(tenant), sk: subscriptionPrefix + id });
const revokedKey = (tenant: string, id: string) => ({ pk: tenantPk(tenant), sk: `revoked#${id}` });
const eventPk = (tenant: string, eventId: string): string => `${tenant}#event#${eventId}`;
const eventSk = 'event';
const deliveryPrefix = 'delivery#';

const isNew = 'attribute_not_exists(pk)';

/** What is stored beside an event: of which request it was made, for repeated ones. */
export interface Published {
  requestHash: string;
  acceptedAt: string;
}

type Item = Record<string, unknown>;
const plain = ({ pk, sk, ttl, ...item }: Item): Item => item;

export function subscriptions(client: DynamoDBDocumentClient, tables: { webhooks: string; control: string }) {
  const TableName = tables.webhooks;
  const get = async (Key: { pk: string; sk: string }): Promise<Item | undefined> => {
    const { Item } = await client.send(new GetCommand({ TableName, Key, ConsistentRead: true }));
    return Item && plain(Item);
  };
  const all = (pk: string, prefix: string): Promise<Item[]> => wholeCollection(client, TableName, pk, prefix);
  const unless = async (work: Promise<unknown>): Promise<boolean> => {
    try {
      await work;
      return true;
    } catch (error) {
      if (error instanceof ConditionalCheckFailedException) return false;
      const reasons = error instanceof TransactionCanceledException ? (error.CancellationReasons ?? []) : [];
      if (reasons.some(({ Code }) => Code === 'ConditionalCheckFailed')) return false;
      throw error;
    }
  };
  /** Counts those of a tenant, in the same transaction as what it counts. */
  const counted = (tenant: string, by: 1 | -1) => ({
    Update: {
      TableName: tables.control,
      Key: listensKey(tenant),
      UpdateExpression: 'ADD subscriptions :by',
      ...(by === 1 ? { ConditionExpression: 'attribute_not_exists(pk) OR subscriptions < :most' } : {}),
      ExpressionAttributeValues: { ':by': by, ...(by === 1 ? { ':most': maxSubscriptions } : {}) },
    },
  });

  return {
    find: async (tenant: string, id: string) =>
      (await get(subscriptionKey(tenant, id))) as unknown as Subscription | undefined,

    all: async (tenant: string) =>
      (await all(tenantPk(tenant), subscriptionPrefix)).map(plain) as unknown as Subscription[],

    /** A new one. False where there is one already, or the tenant has as many as it may. */
    create: (given: Subscription) =>
      unless(
        client.send(
          new TransactWriteCommand({
            TransactItems: [
              {
                Put: {
                  TableName,
                  Item: { ...subscriptionKey(given.tenant, given.id), ...given },
                  ConditionExpression: isNew,
                },
              },
              counted(given.tenant, 1),
            ],
          }),
        ),
      ),

    /** Puts another version in the place of the one before. False where that is not there any more. */
    change: (given: Subscription) =>
      unless(
        client.send(
          new PutCommand({
            TableName,
            Item: { ...subscriptionKey(given.tenant, given.id), ...given },
            ConditionExpression: '#version = :before',
            ExpressionAttributeNames: { '#version': 'version' },
            ExpressionAttributeValues: { ':before': given.version - 1 },
          }),
        ),
      ),

    /** Ends one; gives when it ended, also again. undefined where there never was one. */
    async end({ tenant, id, owner }: Subscription, now: string): Promise<string | undefined> {
      const ended = await unless(
        client.send(
          new TransactWriteCommand({
            TransactItems: [
              {
                Delete: { TableName, Key: subscriptionKey(tenant, id), ConditionExpression: 'attribute_exists(pk)' },
              },
              { Put: { TableName, Item: { ...revokedKey(tenant, id), owner, revokedAt: now, ttl: ttlFrom(now) } } },
              counted(tenant, -1),
            ],
          }),
        ),
      );
      return ended ? now : (await this.ended(tenant, id))?.revokedAt;
    },

    ended: async (tenant: string, id: string) =>
      (await get(revokedKey(tenant, id))) as { owner: string; revokedAt: string } | undefined,

    /** Keeps an event, once. False where it is kept already. */
    keepEvent: (event: KeptEvent, published?: Published) =>
      unless(
        client.send(
          new PutCommand({
            TableName,
            Item: {
              pk: eventPk(event.tenant, event.id),
              sk: eventSk,
              ...event,
              data: JSON.stringify(event.data),
              ...published,
              ttl: ttlFrom(event.at),
            },
            ConditionExpression: isNew,
          }),
        ),
      ),

    async event(tenant: string, id: string): Promise<(KeptEvent & Partial<Published>) | undefined> {
      const item = await get({ pk: eventPk(tenant, id), sk: eventSk });
      return item && ({ ...item, data: JSON.parse(String(item.data)) as JsonObject } as never);
    },

    /** Keeps what a request is about to do, once; gives what is kept. */
    async keepRepeat(tenant: string, repeat: Repeat, now: string): Promise<Kept> {
      const written = await writeAll(client, [keepRepeat(TableName, repeatRow(tenant, repeat.key, now), repeat)]);
      return typeof written === 'string' ? repeat : written;
    },

    /** Notes that an event is to be sent; what is noted already stays as it is. */
    addDelivery: (event: Pick<KeptEvent, 'tenant' | 'id' | 'at'>, subscriptionId: string) =>
      unless(
        client.send(
          new PutCommand({
            TableName,
            Item: {
              pk: eventPk(event.tenant, event.id),
              sk: deliveryPrefix + subscriptionId,
              subscriptionId,
              state: 'pending' satisfies DeliveryState,
              round: 1,
              ttl: ttlFrom(event.at),
            },
            ConditionExpression: isNew,
          }),
        ),
      ),

    deliveries: async (tenant: string, eventId: string) =>
      (await all(eventPk(tenant, eventId), deliveryPrefix)).map(plain) as unknown as WebhookDelivery[],

    delivery: async (tenant: string, eventId: string, subscriptionId: string) =>
      (await get({ pk: eventPk(tenant, eventId), sk: deliveryPrefix + subscriptionId })) as unknown as
        | WebhookDelivery
        | undefined,

    /** Of the round that is going on, one that is not there being round 0. False where another has begun. */
    setDelivery(
      event: Pick<KeptEvent, 'tenant' | 'id'>,
      { subscriptionId, state, round }: WebhookDelivery,
      was: number,
      now: string,
    ): Promise<boolean> {
      return unless(
        client.send(
          new UpdateCommand({
            TableName,
            Key: { pk: eventPk(event.tenant, event.id), sk: deliveryPrefix + subscriptionId },
            UpdateExpression: 'SET subscriptionId = :id, #state = :state, #round = :round, #ttl = :ttl',
            ConditionExpression: was === 0 ? isNew : '#round = :was',
            ExpressionAttributeNames: { '#state': 'state', '#round': 'round', '#ttl': 'ttl' },
            ExpressionAttributeValues: {
              ':id': subscriptionId,
              ':state': state,
              ':round': round,
              ':ttl': ttlFrom(now),
              ...(was === 0 ? {} : { ':was': was }),
            },
          }),
        ),
      );
    },
  };
}
export type SubscriptionRows = ReturnType<typeof subscriptions>;

/** Whether anybody of a tenant has a subscription. */
export async function hasSubscriptions(client: DynamoDBDocumentClient, control: string, tenant: string) {
  const { Item } = await client.send(
    new GetCommand({ TableName: control, Key: listensKey(tenant), ConsistentRead: true }),
  );
  return Number(Item?.subscriptions ?? 0) > 0;
}
