import { type DynamoDBDocumentClient, QueryCommand } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod';
import { Directory, type Person } from '../core/directory.ts';
import { directoryPk, personPrefix } from './rows.ts';

const personId = z.string().min(1).max(128);

const clock = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'HH:MM');

const known = new Set(Intl.supportedValuesOf('timeZone'));

const hours = z
  .strictObject({ days: z.array(z.int().min(1).max(7)).min(1), from: clock, to: clock })
  .refine(({ from, to }) => from < to, 'from is before to');

const absence = z
  .strictObject({ from: z.iso.datetime(), until: z.iso.datetime(), delegate: personId.optional() })
  .refine(({ from, until }) => Date.parse(from) < Date.parse(until), 'from is before until');

const webhook = z.string().regex(/^[a-z0-9_-]{1,64}$/, 'the name of a webhook in the chat secret');

const channel = z.discriminatedUnion('by', [
  z.strictObject({ by: z.literal('mail') }),
  z.strictObject({ by: z.literal('slack'), member: z.string().regex(/^[UW][A-Z0-9]{2,20}$/, 'a Slack member id') }),
  z.strictObject({ by: z.literal('slack_webhook'), webhook }),
  z.strictObject({ by: z.literal('teams'), webhook }),
]);

/** One person, as a deployment's configuration has them. */
export const personSchema = z.strictObject({
  id: personId,
  name: z.string().min(1).max(200),
  mail: z.email(),
  roles: z.array(z.string().min(1).max(64)),
  manager: personId.optional(),
  backup: personId.optional(),
  region: z.string().min(1).max(64).optional(),
  timeZone: z
    .string()
    .refine((zone) => zone === 'UTC' || known.has(zone), 'an IANA time zone')
    .optional(),
  hours: hours.optional(),
  away: absence.optional(),
  channels: z.array(channel).min(1).max(4).optional(),
});

/**
 * A transaction holds 100 items. Where a step of a chain follows another, one of them ends what up to this many are asked,
 * asks as many others, and owes each a mail: three for each, and some fifteen beside.
 */
const maxPeopleInRole = 25;

const largestRole = (people: z.infer<typeof personSchema>[]): number =>
  Math.max(
    0,
    ...Object.values(
      Object.groupBy(
        people.flatMap((one) => one.roles),
        (role) => role,
      ),
    ).map((held) => held?.length ?? 0),
  );

/** The directory as a deployment's configuration has it. */
export const directorySchema = z
  .strictObject({ people: z.array(personSchema).min(1) })
  .refine(({ people }) => largestRole(people) <= maxPeopleInRole, `a role is held by at most ${maxPeopleInRole} people`)
  .refine(({ people }) => new Set(people.map(({ id }) => id)).size === people.length, 'two people have the same id');

/** Put in by the bundler from the deployment's configuration, as JSON. */
declare const HOLDPOINT_DIRECTORY: string;

/** The people this function was deployed with. */
const deployed = (): Person[] => directorySchema.parse(JSON.parse(HOLDPOINT_DIRECTORY)).people;

/** What the table says of a person: it goes before the deployment's configuration. `gone`: nobody any more. */
interface PersonRow extends Partial<Person> {
  gone?: true;
}

/**
 * The directory as it is now: the deployment's people, with what the table adds and changes. One query, strongly consistent,
 * so that whoever was removed is refused at once.
 */
export function openDirectory(client: DynamoDBDocumentClient, table: string): () => Promise<Directory> {
  const configured = deployed();
  return async () => {
    const rows = await personRows(client, table);
    const people = new Map(configured.map((person) => [person.id, person]));
    for (const { pk, sk, gone, ...row } of rows) {
      const id = String(sk).slice(personPrefix.length);
      if (gone) people.delete(id);
      else people.set(id, { ...(people.get(id) as Person), ...row, id });
    }
    return new Directory([...people.values()]);
  };
}

async function personRows(client: DynamoDBDocumentClient, table: string) {
  const rows: (PersonRow & { pk: string; sk: string })[] = [];
  let next: Record<string, unknown> | undefined;
  do {
    const page = await client.send(
      new QueryCommand({
        TableName: table,
        KeyConditionExpression: 'pk = :pk AND sk BETWEEN :from AND :to',
        ExpressionAttributeValues: { ':pk': directoryPk, ':from': personPrefix, ':to': `${personPrefix}~` },
        ConsistentRead: true,
        ...(next ? { ExclusiveStartKey: next } : {}),
      }),
    );
    rows.push(...((page.Items ?? []) as typeof rows));
    next = page.LastEvaluatedKey;
  } while (next);
  return rows;
}
