/** The directory as it is now, for whoever has a key or a session: who may be asked. Mail addresses only for people of it. */

import { json } from '../../adapters/lambda/http.ts';
import type { Person } from '../../core/directory.ts';
import { NotFound } from '../../core/errors.ts';
import { peopleQuery } from '../../wire/tasks.ts';
import type { Call } from './call.ts';

const personOut = ({ id, name, mail, roles, manager, backup, region, timeZone, away }: Person, withMail: boolean) => ({
  id,
  name,
  ...(withMail ? { mail } : {}),
  roles: [...roles],
  ...(manager === undefined ? {} : { manager }),
  ...(backup === undefined ? {} : { backup }),
  ...(region === undefined ? {} : { region }),
  time_zone: timeZone ?? 'UTC',
  ...(away ? { away: { from: away.from, until: away.until } } : {}),
});

type Asked = Omit<Call, 'person'>;

export async function listPeople({ event, caller, directory }: Asked) {
  const { role } = peopleQuery.parse(event.queryStringParameters ?? {});
  const people = role === undefined ? directory.everybody : directory.withRole(role);
  return json(200, { ok: true, people: people.map((one) => personOut(one, caller.person !== undefined)) });
}

/** By id alone: a mail address in a path would stand in logs. */
export async function showPerson({ event, caller, directory }: Asked) {
  const person = directory.everybody.find(({ id }) => id === event.pathParameters?.id);
  if (!person) throw new NotFound('person');
  return json(200, { ok: true, person: personOut(person, caller.person !== undefined) });
}
