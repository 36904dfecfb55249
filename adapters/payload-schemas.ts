/** Payload schemas of a tenant, by semantic type. In the table `Control`. */

import { type DynamoDBDocumentClient, GetCommand } from '@aws-sdk/lib-dynamodb';
import type { JsonObject } from '../core/json.ts';
import { type Written, writeAll } from './repeats.ts';
import { schemaKey } from './rows.ts';

export interface PayloadSchema {
  tenant: string;
  semanticType: string;
  ref: string;
  hash: string;
  mode: 'strict' | 'backward' | 'warn';
  ownerAgent: string;
  active: boolean;
  json: JsonObject;
  createdAt: string;
  updatedAt: string;
  version: number;
}

export async function findSchema(client: DynamoDBDocumentClient, table: string, tenant: string, semanticType: string) {
  const found = await client.send(
    new GetCommand({ TableName: table, Key: schemaKey(tenant, semanticType), ConsistentRead: true }),
  );
  if (!found.Item) return undefined;
  const { pk, sk, json, ...schema } = found.Item;
  return { ...schema, json: JSON.parse(String(json)) } as PayloadSchema;
}

/** In place of `was`, or as the first. `refused`: it was changed meanwhile. The schema is kept as text: JSON holds what an item does not. */
export const putSchema = (
  client: DynamoDBDocumentClient,
  table: string,
  schema: PayloadSchema,
  was: PayloadSchema | undefined,
): Promise<Written> =>
  writeAll(client, [
    {
      Put: {
        TableName: table,
        Item: { ...schemaKey(schema.tenant, schema.semanticType), ...schema, json: JSON.stringify(schema.json) },
        ...(was
          ? { ConditionExpression: 'version = :was', ExpressionAttributeValues: { ':was': was.version } }
          : { ConditionExpression: 'attribute_not_exists(pk)' }),
      },
    },
  ]);
