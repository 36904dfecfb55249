/** A person's own page: when they are away, and who stands in. */

import { saveAbsence } from '../../adapters/absences.ts';
import { context } from '../../adapters/lambda/context.ts';
import { absenceOf, overNow } from '../../core/absence.ts';
import { InvalidInput } from '../../core/errors.ts';
import { mePage } from '../../pages/me.ts';
import { pageAnswer } from '../../pages/security.ts';
import { zoneOf } from '../../pages/time.ts';
import { formOf } from '../approvals/answer.ts';
import { client, type Page, tables } from './ports.ts';

export const showMe: Page = async (_event, { session: { person }, directory }) =>
  pageAnswer(200, mePage(person, directory, context().now));

export const saveMe: Page = async (event, { session: { person }, directory }) => {
  const { field } = formOf(event);
  const { now } = context();
  const given = { from: field('from'), until: field('until'), delegate: field('delegate') };
  try {
    const back = field('do') === 'back' && person.away;
    const zone = zoneOf(person);
    const away = back ? overNow(back, now) : absenceOf(given, { personId: person.id, zone, now }, directory);
    await saveAbsence(client, tables.people, person.id, away);
    return pageAnswer(200, mePage({ ...person, away }, directory, now, { saved: true }));
  } catch (error) {
    if (!(error instanceof InvalidInput)) throw error;
    const refused = { given, field: String(error.details.field), message: error.message };
    return pageAnswer(422, mePage(person, directory, now, { refused }));
  }
};
