/** The few calls that rows of the tables `People` and `Control` need, in memory, with the conditions that they come with. */

import { ConditionalCheckFailedException, TransactionCanceledException } from '@aws-sdk/client-dynamodb';
import {
  DeleteCommand,
  type DynamoDBDocumentClient,
  GetCommand,
  PutCommand,
  QueryCommand,
  TransactWriteCommand,
} from '@aws-sdk/lib-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';

type Row = Record<string, unknown>;

export function memoryClient() {
  const rows = new Map<string, Row>();
  const at = (key: Row | undefined) => `${key?.pk}|${key?.sk}`;

  /** Of the conditions that there are; throws for one that it doesn't know. */
  function holds(condition: string | undefined, row: Row | undefined, values: Row = {}): boolean {
    if (condition === undefined) return true;
    if (condition === 'attribute_not_exists(pk)') return row === undefined;
    if (condition === 'version = :was') return row?.version === values[':was'];
    if (condition === 'attribute_not_exists(pk) OR attribute_not_exists(ownerAgent)')
      return row?.ownerAgent === undefined;
    if (condition === 'ownerAgent = :owner') return row?.ownerAgent === values[':owner'];
    if (condition === 'attribute_exists(pk) AND attribute_not_exists(accepted)')
      return row !== undefined && row.accepted === undefined;
    throw new TypeError(`no such condition here: ${condition}`);
  }

  function put({ input }: PutCommand) {
    const row = structuredClone(input.Item) as Row;
    if (!holds(input.ConditionExpression, rows.get(at(row)), input.ExpressionAttributeValues))
      throw new ConditionalCheckFailedException({
        message: 'as asked',
        $metadata: {},
        ...(input.ReturnValuesOnConditionCheckFailure === 'ALL_OLD' ? { Item: marshall(rows.get(at(row))) } : {}),
      });
    rows.set(at(row), JSON.parse(JSON.stringify(row)));
    return {};
  }

  /** All or nothing. */
  function transact({ input }: TransactWriteCommand) {
    const puts = (input.TransactItems ?? []).map(({ Put }) => {
      if (!Put) throw new TypeError('no such part of a transaction here');
      return Put;
    });
    const reasons = puts.map(({ Item, ConditionExpression, ExpressionAttributeValues, ...rest }) => {
      const there = rows.get(at(Item));
      if (holds(ConditionExpression, there, ExpressionAttributeValues)) return { Code: 'None' };
      const shown = rest.ReturnValuesOnConditionCheckFailure === 'ALL_OLD' && there ? { Item: marshall(there) } : {};
      return { Code: 'ConditionalCheckFailed', ...shown };
    });
    if (reasons.some(({ Code }) => Code !== 'None'))
      throw new TransactionCanceledException({ message: 'as asked', $metadata: {}, CancellationReasons: reasons });
    for (const { Item } of puts) rows.set(at(Item), JSON.parse(JSON.stringify(Item)));
    return {};
  }

  const client = {
    send: async (command: unknown) => {
      if (command instanceof TransactWriteCommand) return transact(command);
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
