/** What was read from outside before the decision: by which tool, when, and where a person can look for themselves. */

import { html } from 'hono/html';
import type { Evidence } from '../core/intent-type.ts';
import type { StoredPlan } from '../core/model.ts';
import type { Html } from './frame.ts';
import { time } from './time.ts';

export function evidence(plan: StoredPlan | undefined, zone: string): Html | string {
  const found = evidenceFacts(plan, zone);
  return found === ''
    ? ''
    : html`<section aria-labelledby="evidence"><h2 id="evidence">Evidence</h2>${found}</section>`;
}

export function evidenceFacts(plan: StoredPlan | undefined, zone: string): Html | string {
  const found = Object.values(plan?.evidence ?? {});
  if (found.length === 0) return '';
  return html`${found.map(
    (one) => html`<dl>${one.shown.map((line) => html`<div><dt>${line.label}</dt><dd>${line.value}</dd></div>`)}</dl>
<p class="note">${one.title}: read by <code>${one.source}</code>, ${time(one.readAt, zone)}</p>${source(one)}`,
  )}`;
}

/** The only link of a page: made by the tool, over https, and it says where it leads. */
function source({ url }: Evidence): Html | string {
  const to = url === undefined ? null : URL.parse(url);
  if (to?.protocol !== 'https:' || to.username !== '' || to.password !== '') return '';
  return html`<p><a href="${to.href}" target="_blank" rel="noopener noreferrer">Open ${to.host} in a new tab</a></p>`;
}
