import { type DynamoDBDocumentClient, QueryCommand } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod';
import { defaultCalendar } from '../core/calendar.ts';
import { Directory, type Person } from '../core/directory.ts';
import { directoryPk, personPrefix } from './rows.ts';

const personId = z.string().min(1).max(128);

const clock = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'HH:MM');

const known = new Set(Intl.supportedValuesOf('timeZone'));

const timeZone = z.string().refine((zone) => zone === 'UTC' || known.has(zone), 'an IANA time zone');

const hours = z
  .strictObject({ days: z.array(z.int().min(1).max(7)).min(1), from: clock, to: clock })
  .refine(({ from, to }) => from < to, 'from is before to');

const absence = z
  .strictObject({ from: z.iso.datetime(), until: z.iso.datetime(), delegate: personId.optional() })
  .refine(({ from, until }) => Date.parse(from) < Date.parse(until), 'from is before until');

/** One person, as a deployment's configuration has them. */
export const personSchema = z.strictObject({
  id: personId,
  name: z.string().min(1).max(200),
  mail: z.email(),
  roles: z.array(z.string().min(1).max(64)),
  manager: personId.optional(),
  backup: personId.optional(),
  region: z.string().min(1).max(64).optional(),
  timeZone: timeZone.optional(),
  hours: hours.optional(),
  away: absence.optional(),
});

/** When people work who don't say it themselves. */
const calendar = z.strictObject({
  timeZone: timeZone.default(defaultCalendar.timeZone),
  hours: hours.default({ ...defaultCalendar.hours, days: [...defaultCalendar.hours.days] }),
  /** Dates on which nobody works. */
  holidays: z.array(z.iso.date()).default([]),
});

/** All approvers of a task are mailed by rows of one transaction, which holds 100 items. */
const maxPeopleInRole = 50;

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
  .strictObject({ people: z.array(personSchema).min(1), calendar: calendar.optional() })
  .refine(({ people }) => largestRole(people) <= maxPeopleInRole, `a role is held by at most ${maxPeopleInRole} people`)
  .refine(({ people }) => new Set(people.map(({ id }) => id)).size === people.length, 'two people have the same id');

/** Put in by the bundler from the deployment's configuration, as JSON. */
declare const HOLDPOINT_DIRECTORY: string;

/** The people this function was deployed with. */
const deployed = () => directorySchema.parse(JSON.parse(HOLDPOINT_DIRECTORY));

/** What the table says of a person: it goes before the deployment's configuration. `gone`: nobody any more. */
interface PersonRow extends Partial<Person> {
  gone?: true;
}

/**
 * The directory as it is now: the deployment's people, with what the table adds and changes. One query, strongly consistent,
 * so that whoever was removed is refused at once.
 */
export function openDirectory(client: DynamoDBDocumentClient, table: string): () => Promise<Directory> {
  const { people: configured, calendar } = deployed();
  return async () => {
    const rows = await personRows(client, table);
    const people = new Map<string, Person>(configured.map((person) => [person.id, person]));
    for (const { pk, sk, gone, ...row } of rows) {
      const id = String(sk).slice(personPrefix.length);
      if (gone) people.delete(id);
      else people.set(id, { ...(people.get(id) as Person), ...row, id });
    }
    return new Directory([...people.values()], calendar);
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
