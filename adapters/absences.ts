/** A person's absence, in their row of the directory. */

import { type DynamoDBDocumentClient, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import type { Absence } from '../core/directory.ts';
import { directoryPk, personPrefix } from './rows.ts';

/** Leaves all else of the person as it is. Whoever was removed stays removed. */
export async function saveAbsence(
  client: DynamoDBDocumentClient,
  table: string,
  personId: string,
  away: Absence,
): Promise<void> {
  await client.send(
    new UpdateCommand({
      TableName: table,
      Key: { pk: directoryPk, sk: personPrefix + personId },
      UpdateExpression: 'SET away = :away',
      ConditionExpression: 'attribute_not_exists(gone)',
      ExpressionAttributeValues: { ':away': away },
    }),
  );
}
