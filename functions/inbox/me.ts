/** A person's own page: when they are away and who stands in, how they are told, and whether low priority comes once a day. */

import { context } from '../../adapters/lambda/context.ts';
import type { HttpResult } from '../../adapters/lambda/http.ts';
import { bearerOf } from '../../adapters/lambda/session.ts';
import { saveWish } from '../../adapters/people.ts';
import { saveSession } from '../../adapters/sessions.ts';
import { absenceOf, overNow } from '../../core/absence.ts';
import { wantsOf } from '../../core/channels.ts';
import { digestOf } from '../../core/digest.ts';
import type { Person } from '../../core/directory.ts';
import { InvalidInput } from '../../core/errors.ts';
import { sessionBeside } from '../../core/session.ts';
import { type Given, mePage } from '../../pages/me.ts';
import { pageAnswer } from '../../pages/security.ts';
import { zoneOf } from '../../pages/time.ts';
import { type Form, formOf } from '../approvals/answer.ts';
import { client, type Page, tables, type Visitor } from './ports.ts';

export const showMe: Page = async (_event, { session: { person }, directory }) =>
  pageAnswer(200, mePage(person, directory, context().now));

export const saveMe: Page = async (event, visitor) => {
  const form = formOf(event);
  const { session, directory } = visitor;
  const { now } = context();
  if (form.field('do') === 'session') return giveSession(visitor, now);
  const given = givenIn(form);
  try {
    const wish = wishOf(form, given, visitor, now);
    await saveWish(client, tables.people, session.personId, wish);
    return pageAnswer(200, mePage({ ...session.person, ...wish }, directory, now, { saved: true }));
  } catch (error) {
    if (!(error instanceof InvalidInput)) throw error;
    const refused = { given, field: String(error.details.field), message: error.message };
    return pageAnswer(422, mePage(session.person, directory, now, { refused }));
  }
};

/** However the person signed in, by an issuer too: what programs send as theirs. */
async function giveSession({ session, directory }: Visitor, now: string): Promise<HttpResult> {
  const { token } = await saveSession(client, tables.people, sessionBeside(session, now));
  const made = { token: bearerOf(token), expiresAt: session.expiresAt };
  return pageAnswer(200, mePage(session.person, directory, now, { made }));
}

const givenIn = ({ field, texts }: Form): Given => ({
  from: field('from'),
  until: field('until'),
  delegate: field('delegate'),
  channels: texts('channel'),
  digest: { wanted: field('digest') === 'yes', at: field('at') },
});

/** What one of the page's forms asks to be kept. Throws InvalidInput with the field. */
function wishOf(
  { field }: Form,
  given: Given,
  { session: { person }, directory }: Visitor,
  now: string,
): Pick<Person, 'away' | 'wants' | 'digest'> {
  const what = field('do');
  if (what === 'channels') return { wants: wantsOf(given.channels, person) };
  if (what === 'digest') return { digest: digestOf(given.digest) };
  if (what === 'back' && person.away) return { away: overNow(person.away, now) };
  return { away: absenceOf(given, { personId: person.id, zone: zoneOf(person), now }, directory) };
}
