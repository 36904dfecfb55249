/** The approver's pages. Everything an agent wrote is text: escaped by the template, never a link, never HTML. */

import { html, raw } from 'hono/html';
import type { Decision, IntentState, Link, Task } from '../../core/model.ts';
import { deadlineOf } from '../../core/rules/common.ts';
import type { LinkState } from '../../core/rules/decide.ts';
import { maxCommentLength, outcomesOf } from '../../core/tasks.ts';
import { style } from './style.ts';

/** What a person had entered when it was refused, and why. */
export interface Entered {
  outcome: string;
  comment: string;
  status: number;
  field: string;
  message: string;
}

type Html = ReturnType<typeof html>;

/** A time as people read it; the zone is always said. */
export const time = (iso: string): string =>
  `${new Intl.DateTimeFormat('en-GB', { dateStyle: 'full', timeStyle: 'short', timeZone: 'UTC' }).format(new Date(iso))} UTC`;

const rawStyle = raw(`<style>${style}</style>`);

/** Nothing of the task stands in the title: chat previews and histories show titles. */
const page = (body: Html): string =>
  String(html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>Holdpoint</title>
${rawStyle}
</head>
<body><main><p class="brand">Holdpoint</p>${body}</main></body>
</html>`);

export function approvalPage(state: IntentState, link: Link, entered?: Entered): string {
  const task = state.task as Task;
  const approver = task.approvers.find((a) => a.id === link.personId);
  return page(html`
<h1>${task.title}: ${task.description}</h1>
<p>${approver?.name ?? link.personId}, you are asked to decide. Nothing happens until you do.</p>
${whoAsks(state, task)}${whatHappens(state)}${why(task)}${evidence(state)}${form(task, entered)}`);
}

const whoAsks = ({ head, request }: IntentState, task: Task): Html => html`
<section aria-labelledby="who"><h2 id="who">Who asks</h2>
<dl>
<dt>Agent</dt><dd>${head.from}</dd>
${head.onBehalfOf === undefined ? '' : html`<dt>On behalf of</dt><dd>${head.onBehalfOf}</dd>`}
<dt>Asked</dt><dd>${time(head.createdAt)}</dd>
<dt>Decide before</dt><dd><strong>${time(deadlineOf(task))}</strong></dd>
${Object.entries(request?.payload ?? {}).map(
  ([key, value]) =>
    html`<dt>${key}</dt><dd><p class="quote">${typeof value === 'string' ? value : JSON.stringify(value)}</p></dd>`,
)}
</dl></section>`;

function whatHappens({ plan, task }: IntentState): Html | string {
  if (!plan)
    return html`<section aria-labelledby="what"><h2 id="what">What happens</h2>
<p>Your decision is given to the agent. Holdpoint itself executes nothing.</p>
<p class="note">Request <code>${task?.subjectHash ?? ''}</code></p></section>`;
  const { risk, actions } = plan.plan;
  return html`<section aria-labelledby="what"><h2 id="what">What happens if you approve</h2>
<p><strong>${plan.plan.objective}</strong> <span class="risk">${risk.category} risk</span></p>
${actions.map(
  (action) => html`<div class="scroll" tabindex="0" role="region" aria-label="Before and after"><table>
<thead><tr><th scope="col">${action.tool}</th><th scope="col">Before</th><th scope="col">After</th></tr></thead>
<tbody>${action.changes.map(
    (change) => html`<tr><th scope="row">${change.what}</th><td class="num">${change.before}</td>
<td class="num ${change.before === change.after ? '' : 'changed'}">${change.after}</td></tr>`,
  )}</tbody></table></div>
<details><summary>Exact arguments</summary><dl>${Object.entries(action.args).map(
    ([key, value]) => html`<dt>${key}</dt><dd>${String(value)}</dd>`,
  )}</dl></details>`,
)}
<p class="note">Plan <code>${plan.hash}</code></p></section>`;
}

const why = (task: Task): Html => html`
<section aria-labelledby="why"><h2 id="why">Why a person is asked</h2>
<ul>${task.why.map((rule) => html`<li>${rule.says} <code>${rule.reason}</code></li>`)}</ul></section>`;

function evidence({ plan }: IntentState): Html | string {
  const found = Object.values(plan?.evidence ?? {});
  if (found.length === 0) return '';
  return html`<section aria-labelledby="evidence"><h2 id="evidence">Evidence</h2>${found.map(
    (one) => html`<dl>${one.shown.map((line) => html`<dt>${line.label}</dt><dd>${line.value}</dd>`)}</dl>
<p class="note">${one.title}: read by <code>${one.source}</code>, ${time(one.readAt)}</p>`,
  )}</section>`;
}

function form(task: Task, entered?: Entered): Html {
  const bad = (field: string) => entered?.field === field;
  const describedBy = (field: string) => (bad(field) ? 'refused' : 'help');
  return html`
<section aria-labelledby="decide"><h2 id="decide">Your decision</h2>
${entered ? html`<p class="error" id="refused" role="alert">${entered.message}</p>` : ''}
<form method="post" autocomplete="off">
<input type="hidden" name="subject_hash" value="${task.subjectHash}">
<fieldset><legend>Choose</legend>
${outcomesOf(task.type)
  .filter((outcome) => task.outcomes.includes(outcome.name))
  .map(
    (outcome) =>
      html`<label class="choice"><input type="radio" name="outcome" value="${outcome.name}" required ${
        entered?.outcome === outcome.name ? 'checked' : ''
      }> <span>${outcome.label}</span></label>`,
  )}
</fieldset>
<label class="field" for="comment">Comment</label>
<textarea id="comment" name="comment" maxlength="${maxCommentLength}" aria-describedby="${describedBy('comment')}" aria-invalid="${String(bad('comment'))}">${entered?.comment ?? ''}</textarea>
<p class="note" id="help">${task.commentRequired ? 'Needed.' : 'Needed to reject.'} The agent and the record will show it.</p>
<p><button type="submit">Send decision</button></p>
</form></section>`;
}

/** The record of a decision: what, who, when. */
export function decidedPage(state: IntentState, decision: Decision, reader: string): string {
  const task = state.task as Task;
  const label = outcomesOf(task.type).find((o) => o.name === decision.outcome)?.name ?? decision.outcome;
  return page(html`
<h1>Decided: ${label}</h1>
<section><dl>
<dt>Task</dt><dd>${task.title}</dd>
<dt>Decision</dt><dd><strong>${label}</strong></dd>
<dt>By</dt><dd>${decision.by.name}${decision.by.id === reader ? ' (you)' : ''}, by the ${decision.via}</dd>
<dt>At</dt><dd>${time(decision.at)}</dd>
${decision.comment === '' ? '' : html`<dt>Comment</dt><dd><p class="quote">${decision.comment}</p></dd>`}
</dl><p class="note">A decision is final. You can close this page.</p></section>`);
}

const dead: Record<LinkState, { title: string; text: (link: Link) => string }> = {
  live: { title: 'This task is closed', text: () => 'It can no longer be decided.' },
  used: { title: 'This link was used', text: (link) => `It was used on ${time(link.usedAt ?? link.createdAt)}.` },
  replaced: {
    title: 'A newer mail replaced this link',
    text: (link) => `It was replaced on ${time(link.replacedAt ?? link.createdAt)}. Use the link of the newest mail.`,
  },
  expired: {
    title: 'This link has expired',
    text: (link) => `The deadline was ${time(link.expiresAt)}. Nothing was approved.`,
  },
};

/** A link that was good once says what became of it, without the plan. */
export const deadPage = (standing: LinkState, link: Link): string =>
  page(html`<h1>${dead[standing].title}</h1><section><p>${dead[standing].text(link)}</p></section>`);

/** One page for every link that was never made. */
export const unknownPage = (): string =>
  page(
    html`<h1>Nothing here</h1><section><p>This link is not known. Open the link of the mail again, as it is.</p></section>`,
  );

export const failurePage = (status: number, message: string): string =>
  page(html`<h1>${status >= 500 ? 'Not recorded' : 'Not possible'}</h1>
<section><p>${message}</p><p class="note">Nothing was decided by this. Go back and try again.</p></section>`);
