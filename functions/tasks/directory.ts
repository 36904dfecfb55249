/**
 * The directory as it is now, for whoever has a key or a session: who may be asked. Where somebody is reached, whom they
 * report to and when they are away is told to people of it alone.
 */

import { json, queryAs } from '../../adapters/lambda/http.ts';
import { channelsOf } from '../../core/channels.ts';
import type { Person } from '../../core/directory.ts';
import { NotFound } from '../../core/errors.ts';
import { peopleQuery } from '../../wire/tasks.ts';
import type { Call } from './call.ts';

export const personOut = (person: Person, toPerson: boolean) => {
  const { id, name, mail, roles, manager, backup, region, timeZone, away, digest } = person;
  return {
    id,
    name,
    roles: [...roles],
    ...(region === undefined ? {} : { region }),
    time_zone: timeZone ?? 'UTC',
    // By what, never where: member ids and names of webhooks are nobody else's business.
    told_by: [...new Set(channelsOf(person).map(({ by }) => by))],
    ...(digest && !digest.off ? { digest_at: digest.at } : {}),
    ...(toPerson
      ? {
          mail,
          ...(manager === undefined ? {} : { manager }),
          ...(backup === undefined ? {} : { backup }),
          ...(away ? { away: { from: away.from, until: away.until } } : {}),
        }
      : {}),
  };
};

type Asked = Omit<Call, 'person'>;

export async function listPeople({ event, caller, directory }: Asked) {
  const { role } = queryAs(peopleQuery, event);
  const people = role === undefined ? directory.everybody : directory.withRole(role);
  return json(200, { ok: true, people: people.map((one) => personOut(one, caller.person !== undefined)) });
}

/** By id alone: a mail address in a path would stand in logs. */
export async function showPerson({ event, caller, directory }: Asked) {
  const person = directory.everybody.find(({ id }) => id === event.pathParameters?.id);
  if (!person) throw new NotFound('person');
  return json(200, { ok: true, person: personOut(person, caller.person !== undefined) });
}
