/** Who may decide now: the deployment's people, and what the table `People` adds and changes. */

import { type DynamoDBDocumentClient, QueryCommand } from '@aws-sdk/lib-dynamodb';
import { Directory, type Person } from '../core/directory.ts';
import { type DirectoryConfig, directorySchema } from './directory-schema.ts';
import { directoryPk, groupPrefix, personPrefix } from './rows.ts';

/** Put in by the bundler from the deployment's configuration, as JSON. */
declare const HOLDPOINT_DIRECTORY: string;

/** The directory that this function was deployed with. */
export const deployedDirectory = (): DirectoryConfig => directorySchema.parse(JSON.parse(HOLDPOINT_DIRECTORY));

/** What the table says of a person: it goes before the deployment's configuration. `gone`: nobody any more. */
export interface PersonRow extends Partial<Person> {
  id: string;
  gone?: true | undefined;
  /** How often the identity provider has written it; absent where it never has. */
  version?: number;
  /** What the identity provider calls them, beside what the directory knows. */
  scim?: Record<string, unknown>;
}

/** A group of the identity provider: its members hold a role. */
export interface GroupRow {
  id: string;
  displayName: string;
  externalId?: string;
  /** Ids of people. */
  members: string[];
  version: number;
  createdAt: string;
  updatedAt: string;
}

export interface DirectoryRows {
  people: PersonRow[];
  groups: GroupRow[];
}

/**
 * The directory as it is now. One query, strongly consistent, so that whoever was removed is refused at once.
 * A function passes what it was deployed with.
 */
export function openDirectory(
  client: DynamoDBDocumentClient,
  table: string,
  config: DirectoryConfig = deployedDirectory(),
): () => Promise<Directory> {
  return async () => merged(config, await readRows(client, table));
}

/** All rows of the directory. */
export async function readRows(client: DynamoDBDocumentClient, table: string): Promise<DirectoryRows> {
  const rows: DirectoryRows = { people: [], groups: [] };
  let next: Record<string, unknown> | undefined;
  do {
    const page = await client.send(
      new QueryCommand({
        TableName: table,
        KeyConditionExpression: 'pk = :pk',
        ExpressionAttributeValues: { ':pk': directoryPk },
        ConsistentRead: true,
        ...(next ? { ExclusiveStartKey: next } : {}),
      }),
    );
    for (const { pk, sk, ...row } of page.Items ?? []) {
      const at = (prefix: string) => ({ ...row, id: String(sk).slice(prefix.length) });
      if (String(sk).startsWith(personPrefix)) rows.people.push(at(personPrefix));
      if (String(sk).startsWith(groupPrefix)) rows.groups.push(at(groupPrefix) as GroupRow);
    }
    next = page.LastEvaluatedKey;
  } while (next);
  return rows;
}

/**
 * The rows go before the configuration. Whom an identity provider has pushed, with whatever status, is not somebody else of the
 * configuration as well: one person has one vote.
 */
export function merged(config: DirectoryConfig, { people: rows, groups }: DirectoryRows): Directory {
  const pushed = new Set(rows.flatMap(({ version, mail, userName }) => (version ? names(mail, userName) : [])));
  const configured = config.people.filter((one) => !pushed.has(one.mail.toLowerCase()));
  const people = new Map<string, Person>(configured.map((one) => [one.id, one]));
  const rolesOf = rolesByMember(config, groups);
  for (const { gone, version, scim, ...row } of rows) {
    const before = people.get(row.id);
    if (gone || !(before || row.mail)) people.delete(row.id);
    else people.set(row.id, { roles: rolesOf.get(row.id) ?? [], ...before, ...row } as Person);
  }
  return new Directory([...people.values()], config);
}

const names = (...given: (string | undefined)[]): string[] => given.flatMap((one) => one?.toLowerCase() ?? []);

/** A group is the role of its name, or the one that the configuration maps it to. */
function rolesByMember({ roles = {} }: DirectoryConfig, groups: readonly GroupRow[]): Map<string, string[]> {
  const held = new Map<string, string[]>();
  for (const { displayName, members } of groups) {
    const mapped = Object.keys(roles).find((role) => roles[role]?.group === displayName);
    for (const id of members) held.set(id, [...(held.get(id) ?? []), mapped ?? displayName]);
  }
  return held;
}
