/** Whether an intent's receivers may still work on it, by its head alone: the rest of its state may be large. */

import { type DynamoDBDocumentClient, QueryCommand } from '@aws-sdk/lib-dynamodb';
import type { Head, IntentRef } from '../core/model.ts';
import { isOpen } from '../core/rules/deliver.ts';
import { headSk, intentPk } from './rows.ts';

/** False also of one that is not there. */
export const openIntents =
  (client: DynamoDBDocumentClient, table: string) =>
  async (ref: IntentRef): Promise<boolean> => {
    const { Items = [] } = await client.send(
      new QueryCommand({
        TableName: table,
        KeyConditionExpression: 'pk = :pk AND sk = :sk',
        ExpressionAttributeValues: { ':pk': intentPk(ref), ':sk': headSk },
        ConsistentRead: true,
      }),
    );
    const [head] = Items as Pick<Head, 'status' | 'frozen'>[];
    return head !== undefined && isOpen(head);
  };
