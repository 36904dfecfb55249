/** An intent's events as something that is followed. */

import { type DynamoDBDocumentClient, GetCommand, QueryCommand } from '@aws-sdk/lib-dynamodb';
import type { Numbered } from '../core/follow.ts';
import type { IntentEvent, IntentRef } from '../core/model.ts';
import { eventPrefix, eventSk, headSk, intentPk } from './rows.ts';

export const eventSource = (client: DynamoDBDocumentClient, table: string, ref: IntentRef): Numbered<IntentEvent> => ({
  /** Of its head, at half the price of a read that is never behind. */
  async last() {
    const { Item } = await client.send(
      new GetCommand({ TableName: table, Key: { pk: intentPk(ref), sk: headSk }, ProjectionExpression: 'seq' }),
    );
    return (Item?.seq as number | undefined) ?? 0;
  },

  async after(since, limit) {
    const page = await client.send(
      new QueryCommand({
        TableName: table,
        KeyConditionExpression: 'pk = :pk AND sk BETWEEN :from AND :to',
        ExpressionAttributeValues: { ':pk': intentPk(ref), ':from': eventSk(since + 1), ':to': `${eventPrefix}~` },
        Limit: limit,
        ConsistentRead: true,
      }),
    );
    return (page.Items ?? []) as unknown as IntentEvent[];
  },
});
