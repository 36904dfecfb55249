import * as z from 'zod';
import { Directory } from '../core/directory.ts';

/** One person of the directory's configuration. */
const person = z.strictObject({
  id: z.string().min(1).max(128),
  name: z.string().min(1).max(200),
  mail: z.email(),
  roles: z.array(z.string().min(1).max(64)),
});

/** All approvers of a task are mailed by rows of one transaction, which holds 100 items. */
const maxPeopleInRole = 50;

const largestRole = (people: z.infer<typeof person>[]): number =>
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
  .strictObject({ people: z.array(person).min(1) })
  .refine(({ people }) => largestRole(people) <= maxPeopleInRole, `a role is held by at most ${maxPeopleInRole} people`)
  .refine(({ people }) => new Set(people.map(({ id }) => id)).size === people.length, 'two people have the same id');

/** Put in by the bundler from the deployment's configuration, as JSON. */
declare const HOLDPOINT_DIRECTORY: string;

/** The directory this function was deployed with. */
export const directory = (): Directory => new Directory(directorySchema.parse(JSON.parse(HOLDPOINT_DIRECTORY)).people);
