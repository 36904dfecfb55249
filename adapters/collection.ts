import { type DynamoDBDocumentClient, QueryCommand } from '@aws-sdk/lib-dynamodb';

/** Items of a partition whose sort keys begin so, in their order and as they are now. One query for each page that is read. */
export async function* collection(
  client: DynamoDBDocumentClient,
  table: string,
  pk: string,
  prefix: string,
): AsyncGenerator<Record<string, unknown>, void> {
  let next: Record<string, unknown> | undefined;
  do {
    const page = await client.send(
      new QueryCommand({
        TableName: table,
        KeyConditionExpression: 'pk = :pk AND begins_with(sk, :prefix)',
        ExpressionAttributeValues: { ':pk': pk, ':prefix': prefix },
        ConsistentRead: true,
        ...(next ? { ExclusiveStartKey: next } : {}),
      }),
    );
    yield* page.Items ?? [];
    next = page.LastEvaluatedKey;
  } while (next);
}

/** All of them. */
export async function wholeCollection(...of: Parameters<typeof collection>): Promise<Record<string, unknown>[]> {
  const items: Record<string, unknown>[] = [];
  for await (const item of collection(...of)) items.push(item);
  return items;
}
