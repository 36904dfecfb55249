/** What is written of people. Each write is one item, or one transaction, under a condition. */

import { ConditionalCheckFailedException, TransactionCanceledException } from '@aws-sdk/client-dynamodb';
import { type DynamoDBDocumentClient, TransactWriteCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import type { GroupRow, PersonRow } from './directory.ts';
import { groupKey, nameKey, personKey } from './rows.ts';

/** Fields to set; `undefined` removes one. */
export type Patch = Partial<Omit<PersonRow, 'id'>>;

/** Sets and removes fields of a person's row, and makes it where there is none: the rest of them stands in the configuration. */
export async function patchPerson(
  client: DynamoDBDocumentClient,
  table: string,
  id: string,
  patch: Patch,
): Promise<void> {
  await client.send(new UpdateCommand({ TableName: table, Key: personKey(id), ...updateOf(patch) }));
}

/** Leaves all else of the person as it is. Whoever was removed stays removed. */
export async function saveWish(
  client: DynamoDBDocumentClient,
  table: string,
  id: string,
  wish: Pick<Patch, 'away' | 'wants' | 'digest'>,
): Promise<void> {
  const isThere = { ConditionExpression: 'attribute_not_exists(gone)', values: {} };
  await client.send(new UpdateCommand({ TableName: table, Key: personKey(id), ...updateOf(wish, isThere) }));
}

/** What came of a write that is based on what was read. */
export type Written = 'done' | 'changed' | 'taken';

/**
 * Stores a person as an identity provider has them. `before`: the row as it was read; without one there must be none.
 * `changed` where somebody wrote meanwhile, `taken` where another person has the user name or the mail address.
 */
export function provision(
  client: DynamoDBDocumentClient,
  table: string,
  id: string,
  patch: Patch & { userName: string },
  before?: PersonRow,
): Promise<Written> {
  const names = namesOf(patch);
  const take = (name: string) => ({
    Put: {
      TableName: table,
      Item: { ...nameKey(name), id },
      ConditionExpression: `${isNew} OR id = :id`,
      ExpressionAttributeValues: { ':id': id },
    },
  });
  return transact(client, [
    { Update: { TableName: table, Key: personKey(id), ...updateOf({ ...patch, ...next(before) }, versionIs(before)) } },
    ...names.map(take),
    ...freed(table, before, names),
  ]);
}

/** Removes a person whom an identity provider has pushed; their id is never given to another. */
export const removePerson = (client: DynamoDBDocumentClient, table: string, before: PersonRow): Promise<Written> =>
  transact(client, [
    { Delete: { TableName: table, Key: personKey(before.id), ...conditionOf(versionIs(before)) } },
    ...freed(table, before),
  ]);

/** Stores a group; `before` as of a person. */
export const putGroup = (
  client: DynamoDBDocumentClient,
  table: string,
  { id, ...group }: Omit<GroupRow, 'version'>,
  before?: GroupRow,
): Promise<Written> =>
  transact(client, [
    {
      Put: {
        TableName: table,
        Item: { ...groupKey(id), ...group, ...next(before) },
        ...conditionOf(versionIs(before)),
      },
    },
  ]);

export const removeGroup = (client: DynamoDBDocumentClient, table: string, before: GroupRow): Promise<Written> =>
  transact(client, [{ Delete: { TableName: table, Key: groupKey(before.id), ...conditionOf(versionIs(before)) } }]);

const isNew = 'attribute_not_exists(pk)';

interface Condition {
  ConditionExpression: string;
  values: Record<string, unknown>;
}

type Versioned = { version?: number } | undefined;

const versionIs = (before: Versioned): Condition =>
  before
    ? { ConditionExpression: 'version = :was', values: { ':was': before.version } }
    : { ConditionExpression: isNew, values: {} };

const next = (before: Versioned) => ({ version: (before?.version ?? 0) + 1 });

const conditionOf = ({ ConditionExpression, values }: Condition) => ({
  ConditionExpression,
  ...(Object.keys(values).length === 0 ? {} : { ExpressionAttributeValues: values }),
});

/** What means one person: their user name and their mail address, in one space of names. */
const namesOf = ({ userName, mail }: Patch): string[] => [
  ...new Set([userName, mail].flatMap((one) => one?.toLowerCase() ?? [])),
];

/** The names that a person no longer has. */
const freed = (table: string, before: PersonRow | undefined, kept: readonly string[] = []) =>
  namesOf(before ?? {})
    .filter((name) => !kept.includes(name))
    .map((name) => ({
      Delete: {
        TableName: table,
        Key: nameKey(name),
        ConditionExpression: `${isNew} OR id = :id`,
        ExpressionAttributeValues: { ':id': before?.id },
      },
    }));

function updateOf(patch: object, condition?: Condition) {
  const fields = Object.entries(patch);
  const set = fields.flatMap(([, value], i) => (value === undefined ? [] : [`#f${i} = :v${i}`]));
  const remove = fields.flatMap(([, value], i) => (value === undefined ? [`#f${i}`] : []));
  const values = {
    ...Object.fromEntries(fields.flatMap(([, value], i) => (value === undefined ? [] : [[`:v${i}`, value]]))),
    ...condition?.values,
  };
  return {
    UpdateExpression: [set.length ? `SET ${set.join(', ')}` : '', remove.length ? `REMOVE ${remove.join(', ')}` : '']
      .filter(Boolean)
      .join(' '),
    ExpressionAttributeNames: Object.fromEntries(fields.map(([name], i) => [`#f${i}`, name])),
    ...(Object.keys(values).length === 0 ? {} : { ExpressionAttributeValues: values }),
    ...(condition ? { ConditionExpression: condition.ConditionExpression } : {}),
  };
}

type Items = NonNullable<ConstructorParameters<typeof TransactWriteCommand>[0]['TransactItems']>;

/** The first item is the row itself; another that fails is a name that another person has. */
async function transact(client: DynamoDBDocumentClient, items: Items): Promise<Written> {
  try {
    await client.send(new TransactWriteCommand({ TransactItems: items }));
    return 'done';
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) return 'changed';
    if (!(error instanceof TransactionCanceledException)) throw error;
    const failed = (error.CancellationReasons ?? []).map((reason) => reason.Code);
    if (failed.slice(1).includes('ConditionalCheckFailed')) return 'taken';
    if (failed[0] === 'ConditionalCheckFailed' || failed.includes('TransactionConflict')) return 'changed';
    throw error;
  }
}
