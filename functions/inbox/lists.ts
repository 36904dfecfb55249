/** What somebody is asked, and what they have decided. */

import { tasksOf } from '../../adapters/asked.ts';
import { context } from '../../adapters/lambda/context.ts';
import { queryOf } from '../../adapters/lambda/http.ts';
import { type Listing, listPage } from '../../pages/inbox.ts';
import { pageAnswer } from '../../pages/security.ts';
import { filterOf, isOverdue, matcherOf } from './filter.ts';
import { client, type Page, tables } from './ports.ts';

/** As many as a batch can hold. */
const pageLength = 25;

const table = { client, table: tables.intents };

const list =
  (is: Listing['is']): Page =>
  async (event, { session: { person } }) => {
    const query = queryOf(event);
    const { now } = context();
    const filter = filterOf(query);
    const after = query.get('after') ?? undefined;
    const only = matcherOf(filter, now);
    const { rows, cursor } = await tasksOf(table, person.id, {
      is,
      limit: pageLength,
      cursor: after,
      only,
      // The index has the risk of what is open only.
      risk: is === 'open' ? filter.risk : undefined,
    });
    const shown = rows.map((row) => ({ ...row, overdue: isOverdue(row, now) }));
    return pageAnswer(200, listPage(person, { is, rows: shown, filter, after, cursor }));
  };

export const listOpen = list('open');
export const listDone = list('done');
