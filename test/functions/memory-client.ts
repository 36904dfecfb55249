/** The few calls that rows of the table `People` need, in memory, with the conditions that they come with. */

import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import {
  DeleteCommand,
  type DynamoDBDocumentClient,
  GetCommand,
  PutCommand,
  QueryCommand,
} from '@aws-sdk/lib-dynamodb';

type Row = Record<string, unknown>;

export function memoryClient() {
  const rows = new Map<string, Row>();
  const at = (key: Row | undefined) => `${key?.pk}|${key?.sk}`;

  /** Of the conditions that there are; throws for one that it doesn't know. */
  function holds(condition: string | undefined, row: Row | undefined, values: Row = {}): boolean {
    if (condition === undefined) return true;
    if (condition === 'attribute_not_exists(pk)') return row === undefined;
    if (condition === 'version = :was') return row?.version === values[':was'];
    throw new TypeError(`no such condition here: ${condition}`);
  }

  function put({ input }: PutCommand) {
    const row = structuredClone(input.Item) as Row;
    if (!holds(input.ConditionExpression, rows.get(at(row)), input.ExpressionAttributeValues))
      throw new ConditionalCheckFailedException({ message: 'as asked', $metadata: {} });
    rows.set(at(row), JSON.parse(JSON.stringify(row)));
    return {};
  }

  const client = {
    send: async (command: unknown) => {
      if (command instanceof GetCommand) return { Item: structuredClone(rows.get(at(command.input.Key))) };
      if (command instanceof PutCommand) return put(command);
      if (command instanceof DeleteCommand) return { Attributes: rows.delete(at(command.input.Key)) };
      if (command instanceof QueryCommand)
        return {
          Items: [...rows.values()].filter((row) => row.pk === command.input.ExpressionAttributeValues?.[':pk']),
        };
      throw new TypeError('no such call here');
    },
  } as unknown as DynamoDBDocumentClient;
  return { client, rows };
}
