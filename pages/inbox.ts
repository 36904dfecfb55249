/** The inbox: what a person is asked, and what they have decided. What an agent wrote is text, here as on a task's page. */

import { html, raw } from 'hono/html';
import type { AskedDone, AskedOpen } from '../core/asked.ts';
import { mayBeInBatch } from '../core/batch.ts';
import type { Person } from '../core/directory.ts';
import type { IntentRef } from '../core/model.ts';
import { type RiskCategory, riskCategories } from '../core/plan.ts';
import { type TaskType, taskRule, taskTypes } from '../core/tasks.ts';
import { exactly, type Html, page } from './frame.ts';
import { inInbox } from './nav.ts';
import { time, zoneOf } from './time.ts';
import { zoneNote } from './timeline.ts';

export interface Filter {
  type?: TaskType;
  risk?: RiskCategory;
  overdue?: true;
  search?: string;
}

type Row = IntentRef & { overdue: boolean } & (AskedOpen | AskedDone);

export interface Listing {
  is: 'open' | 'done';
  rows: Row[];
  filter: Filter;
  /** Where this page begins, and the next one. */
  after?: string | undefined;
  cursor?: string | undefined;
}

const taskPath = ({ tenant, taskId }: { tenant: string; taskId: string }): string => `${tenant}/${taskId}`;

export function listPage(person: Person, { is, rows, filter, after, cursor }: Listing): string {
  const path = is === 'open' ? '/inbox' : '/inbox/done';
  const zone = zoneOf(person);
  const boxes = is === 'open' && rows.some(isAlike);
  const list = html`<ul class="tasks">${rows.map((row) => item(row, zone, boxes))}</ul>`;
  const body = html`<h1>${is === 'open' ? 'What you are asked' : 'What you have decided'}</h1>
${filterForm(path, filter, is)}
${rows.length === 0 ? html`<section><p>${nothingSays(is, filter, after)}</p></section>` : boxes ? choosing(list) : list}
${rows.length === 0 ? '' : zoneNote(zone)}
${pager(path, filter, after, cursor)}`;
  return inInbox(page(body), person, path);
}

function nothingSays(is: Listing['is'], filter: Filter, after: string | undefined): string {
  if (Object.keys(filter).length > 0) return 'Nothing fits.';
  if (after !== undefined) return 'There is nothing more.';
  return is === 'open' ? 'Nothing waits for you.' : 'You have decided nothing yet.';
}

const isAlike = (row: Row): boolean => row.is === 'open' && mayBeInBatch({ type: row.taskType, risk: row.risk });

/** Where some may be decided together, they can be chosen. */
const choosing = (list: Html): Html => html`<form method="get" action="/inbox/batch">${list}
<p class="note">Tasks of low risk that ask for a yes or a no can be decided together: choose them, then look at them again.</p>
<p class="more"><button type="submit" class="second">Decide the chosen ones together</button></p></form>`;

function item(row: Row, zone: string, boxes: boolean): Html {
  const path = taskPath(row);
  const box = isAlike(row)
    ? html`<label><input type="checkbox" name="task" value="${exactly(path)}" aria-label="Choose: ${row.title}"></label>`
    : html`<span></span>`;
  return html`<li>${boxes ? box : ''}<div><h2><a href="/inbox/tasks/${path}">${row.title}</a></h2>
<p class="note"><span class="risk">${row.risk} risk</span> ${taskRule(row.taskType).title}${
    row.is === 'open'
      ? html`, decide before <strong>${time(row.deadline, zone)}</strong>${row.overdue ? html` <span class="late">Overdue</span>` : ''}`
      : html`: <strong>${row.outcome}</strong> on ${time(row.decidedAt, zone)}`
  }</p>
<p class="note">${row.about === '' || row.about === row.title ? '' : html`${row.about}<br>`}Agent ${row.from.split('/').at(-1)} of ${row.tenant}</p></div></li>`;
}

function filterForm(path: string, filter: Filter, is: Listing['is']): Html {
  const { type, risk, overdue, search } = filter;
  const isSet = Object.keys(filter).length > 0;
  const option = (value: string, label: string, chosen: boolean) =>
    html`<option value="${exactly(value)}" ${raw(chosen ? 'selected' : '')}>${label}</option>`;
  return html`<details class="filter" ${raw(isSet ? 'open' : '')}><summary>Filter and search</summary>
<form method="get" action="${path}" role="search">
<div><label class="field" for="q">Search</label><input type="search" id="q" name="q" value="${exactly(search ?? '')}" maxlength="200"></div>
<div><label class="field" for="type">Kind</label><select id="type" name="type">${option('', 'All', !type)}${(
    Object.keys(taskTypes) as TaskType[]
  ).map((one) => option(one, taskRule(one).title, one === type))}</select></div>
<div><label class="field" for="risk">Risk</label><select id="risk" name="risk">${option('', 'All', !risk)}${riskCategories
    .toReversed()
    .map((one) => option(one, one, one === risk))}</select></div>
${
  is === 'open'
    ? html`<label class="choice"><input type="checkbox" name="overdue" value="yes" ${raw(overdue ? 'checked' : '')}> <span>Overdue only</span></label>`
    : ''
}
<button type="submit">Show</button></form></details>`;
}

function pager(path: string, filter: Filter, after: string | undefined, cursor: string | undefined): Html {
  const { type, risk, overdue, search } = filter;
  const to = (more: Record<string, string>) => {
    const query = new URLSearchParams({
      ...(search === undefined ? {} : { q: search }),
      ...(type ? { type } : {}),
      ...(risk ? { risk } : {}),
      ...(overdue ? { overdue: 'yes' } : {}),
      ...more,
    });
    return query.size === 0 ? path : `${path}?${query}`;
  };
  return html`<p class="more">${after === undefined ? '' : html`<a href="${to({})}">First page</a> `}${
    cursor === undefined ? '' : html`<a href="${to({ after: cursor })}">Next page</a>`
  }</p>`;
}

/** Of a task that nobody decides any more. */
export const closedPage = (): string =>
  page(html`<h1>This task is closed</h1><section><p>It can no longer be decided.</p></section>`);

/** One page for everything that is not there for this person. */
export const nothingPage = (): string =>
  page(
    html`<h1>Nothing here</h1><section><p>There is no such task for you. <a href="/inbox">To your inbox</a></p></section>`,
  );

/** After a failure of ours nobody knows whether a decision was recorded; the list of decided ones does. */
export const failedPage = (status: number, message: string): string =>
  page(html`<h1>${status >= 500 ? 'Something went wrong' : 'Not possible'}</h1>
<section><p>${message}</p><p>${
    status >= 500
      ? html`Look at <a href="/inbox/done">what you have decided</a>: it is there if it was recorded.`
      : html`<a href="/inbox">To your inbox</a>`
  }</p></section>`);
