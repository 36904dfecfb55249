/** The directory as a deployment's configuration has it. */

import * as z from 'zod';
import { defaultCalendar } from '../core/calendar.ts';
import { defaultDigestAt } from '../core/digest.ts';
import { maxAsked } from '../core/directory.ts';

const personId = z.string().min(1).max(128);
const roleName = z.string().min(1).max(64);

const clock = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'HH:MM');

const known = new Set(Intl.supportedValuesOf('timeZone'));

/** Whether it is the IANA name of a time zone. */
export const isTimeZone = (zone: string): boolean => zone === 'UTC' || known.has(zone);

const timeZone = z.string().refine(isTimeZone, 'an IANA time zone');

const hours = z
  .strictObject({
    days: z.array(z.int().min(1).max(7)).min(1).describe('1 (Monday) to 7'),
    from: clock,
    to: clock,
  })
  .refine(({ from, to }) => from < to, 'from is before to')
  .describe("Working hours, in the person's own time zone");

const absence = z
  .strictObject({
    from: z.iso.datetime(),
    until: z.iso.datetime(),
    delegate: personId.optional().describe('Id of the person who is asked instead; default: the backup'),
  })
  .refine(({ from, until }) => Date.parse(from) < Date.parse(until), 'from is before until')
  .describe('Out of office');

const webhook = z.string().regex(/^[a-z0-9_-]{1,64}$/, 'the name of a webhook in the chat secret');

/** One way to reach a person, as an administrator sets it up. */
export const channel = z.discriminatedUnion('by', [
  z.strictObject({ by: z.literal('mail') }),
  z.strictObject({ by: z.literal('slack'), member: z.string().regex(/^[UW][A-Z0-9]{2,20}$/, 'a Slack member id') }),
  z.strictObject({ by: z.literal('slack_webhook'), webhook }),
  z.strictObject({ by: z.literal('teams'), webhook }),
]);

const digest = z
  .strictObject({ at: clock.default(defaultDigestAt) })
  .describe("Low-priority tasks in one mail a day, at this time of the person's own zone");

const agents = z
  .array(z.string().startsWith('agent://').max(256))
  .min(1)
  .describe('Patterns of agent addresses, `*` for anything but `/`: only what these agents ask may be decided');

const person = z.strictObject({
  id: personId,
  name: z.string().min(1).max(200),
  mail: z.email(),
  roles: z.array(roleName),
  manager: personId.optional().describe('Id of a person'),
  backup: personId.optional().describe('Id of a person: stands in where no delegate does'),
  region: z.string().min(1).max(64).optional(),
  timeZone: timeZone.optional(),
  hours: hours.optional(),
  away: absence.optional(),
  mayDecideFor: agents.optional(),
  channels: z.array(channel).min(1).max(4).optional(),
  digest: digest.optional(),
});
type ConfiguredPerson = z.output<typeof person>;

const role = z.strictObject({
  mayDecideFor: agents.optional(),
  group: z
    .string()
    .min(1)
    .max(200)
    .optional()
    .describe("Name of an identity provider's group; default: the role's own"),
});

/** When people work who don't say it themselves. */
const calendar = z.strictObject({
  timeZone: timeZone.default(defaultCalendar.timeZone),
  hours: hours.default({ ...defaultCalendar.hours, days: [...defaultCalendar.hours.days] }),
  holidays: z.array(z.iso.date()).default([]).describe('Dates on which nobody works'),
});

const largestRole = (people: ConfiguredPerson[]): number => {
  const held = Object.groupBy(
    people.flatMap((one) => one.roles),
    (name) => name,
  );
  return Math.max(0, ...Object.values(held).map((all) => all?.length ?? 0));
};

/** Everybody from a person up to the top, or undefined where that goes round in a circle. */
function managersEnd(start: ConfiguredPerson, byId: ReadonlyMap<string, ConfiguredPerson>): boolean {
  const seen = new Set<string>();
  for (let now: ConfiguredPerson | undefined = start; now; now = byId.get(now.manager ?? '')) {
    if (seen.has(now.id)) return false;
    seen.add(now.id);
  }
  return true;
}

/** People, and what holds for roles. A mail address belongs to one person: whoever is two people could decide twice. */
export const directorySchema = z
  .strictObject({
    people: z.array(person).min(1),
    admins: roleName.optional().describe('The role whose holders may take over any task; default: admins'),
    auditors: roleName.optional().describe('The role whose holders may read every decision; default: auditors'),
    roles: z.record(roleName, role).optional(),
    calendar: calendar.optional(),
  })
  .superRefine(({ people }, context) => {
    const byId = new Map(people.map((one) => [one.id, one]));
    const refuse = (message: string, ...path: (string | number)[]) =>
      context.addIssue({ code: 'custom', message, path: ['people', ...path] });
    if (byId.size < people.length) refuse('two people have the same id');
    if (new Set(people.map(({ mail }) => mail.toLowerCase())).size < people.length)
      refuse('two people have the same mail address');
    if (largestRole(people) > maxAsked) refuse(`a role is held by at most ${maxAsked} people`);
    for (const [i, one] of people.entries()) {
      const references = { manager: one.manager, backup: one.backup, 'away.delegate': one.away?.delegate };
      for (const [field, other] of Object.entries(references)) {
        if (other === undefined) continue;
        if (!byId.has(other)) refuse(`there is no person ${other}`, i, field);
        if (other === one.id) refuse('a person is not their own', i, field);
      }
      if (!managersEnd(one, byId)) refuse('their managers go round in a circle', i, 'manager');
    }
  });

export type DirectoryConfig = z.output<typeof directorySchema>;
