/** Tasks that are decided together: first looked at once more, each with what it is that is decided on; then what became of each. */

import { html, raw } from 'hono/html';
import type { SignedIn } from '../adapters/sessions.ts';
import { sharedReasons } from '../core/batch.ts';
import type { Task } from '../core/model.ts';
import type { Action } from '../core/plan.ts';
import { deadlineOf } from '../core/rules/common.ts';
import type { Shown } from '../core/shown.ts';
import { maxCommentLength, type OutcomeChoice } from '../core/tasks.ts';
import { evidenceFacts } from './evidence.ts';
import { reasonOptions } from './form.ts';
import { exactly, fingerprint, type Html, page } from './frame.ts';
import { inInbox } from './nav.ts';
import { beyondPlan, exactArguments, facts, inputsOf, rules } from './subject.ts';
import { time, zoneOf } from './time.ts';

export interface BatchTask {
  /** `<tenant>/<taskId>` */
  path: string;
  state: Shown & { task: Task };
  /** It may be decided with others, by this person, now. */
  fits: boolean;
}

/** One that was chosen, and is not this person's any more: nothing of it is shown. */
export interface GoneTask {
  path: string;
  state?: undefined;
  fits: false;
}

const gone = html`<section><p>One that you chose waits for you no more: meanwhile it was decided, handed on, or changed.</p></section>`;

interface Refused {
  outcome: string;
  reason: string | undefined;
  comment: string;
  field: string;
  message: string;
}

const titleOf = ({ state }: BatchTask): string => state.plan?.plan.objective ?? state.task.title;

export function batchPage(
  { person, via }: SignedIn,
  tasks: readonly (BatchTask | GoneTask)[],
  outcomes: readonly OutcomeChoice[],
  refused?: Refused,
): string {
  const fitting = tasks.flatMap((one) => (one.fits ? [one] : []));
  const zone = zoneOf(person);
  const others = tasks.filter((one) => !one.fits);
  const body = html`<h1>Decide ${fitting.length} together</h1>
${others.map((one) => (!one.state ? gone : html`<section><p><a href="/inbox/tasks/${one.path}">${titleOf(one)}</a> is left out: it is decided on its own page, or it waits for you no more.</p></section>`))}
${fitting.map((one) => shown(one, zone))}
${
  outcomes.length === 0
    ? html`<section><p>There is no answer that all of these allow. <a href="/inbox">Choose again</a></p></section>`
    : form(fitting, outcomes, refused, `${person.name}, ${via}`)
}`;
  return inInbox(page(body), person);
}

/** All that the hash stands for, and why a person is asked: nobody decides here on less than on the task's own page. */
function shown(one: BatchTask, zone: string): Html {
  const { head, plan, request, task } = one.state;
  const inputs = plan ? beyondPlan(request?.payload ?? {}, plan) : inputsOf(request, [titleOf(one), task.description]);
  return html`<section><h2><a href="/inbox/tasks/${one.path}">${titleOf(one)}</a></h2>
<p class="quote">${plan ? task.title : task.description}</p>${plan ? html`${changes(plan.plan.actions)}${plan.plan.actions.map(exactArguments)}` : ''}
${inputs.length === 0 ? '' : html`<dl>${facts(inputs)}</dl>`}
${evidenceFacts(plan, zone)}
<ul>${rules(task.why)}</ul>
<p class="note">Agent ${head.from}${head.onBehalfOf === undefined ? '' : html`, on behalf of ${head.onBehalfOf}`}, decide before ${time(deadlineOf(task), zone)}</p>
${fingerprint(plan ? 'Plan hash' : 'Request hash', task.subjectHash)}</section>`;
}

/** What changes, as a line each. */
const changes = (actions: readonly Action[]): Html =>
  html`<ul>${actions
    .flatMap((action) => action.changes.filter(({ before, after }) => before !== after))
    .map(({ what, before, after }) => html`<li>${what}: ${before} → <strong>${after}</strong></li>`)}</ul>`;

function form(
  tasks: readonly BatchTask[],
  outcomes: readonly OutcomeChoice[],
  refused: Refused | undefined,
  who: string,
): Html {
  const error = (field: string) =>
    refused?.field === field ? html`<p class="error" id="refused" role="alert">${refused.message}</p>` : '';
  const states = tasks.map(({ state }) => state);
  const reasons = Object.fromEntries(outcomes.map(({ name }) => [name, sharedReasons(states, name)]));
  const needed = outcomes.filter(({ comment }) => comment === 'required').map(({ label }) => label.toLowerCase());
  return html`<section aria-labelledby="decide"><h2 id="decide">Your decision on all of them</h2>
<form method="post" action="/inbox/batch" autocomplete="off">
${tasks.map(
  ({ path, state }) =>
    html`<input type="hidden" name="task" value="${exactly(path)}"><input type="hidden" name="hash:${path}" value="${exactly(state.task.subjectHash)}">`,
)}
${error('outcome')}<fieldset aria-labelledby="decide">${outcomes.map(
    ({ name, label }) =>
      html`<label class="choice"><input type="radio" name="outcome" value="${exactly(name)}" required ${raw(
        refused?.outcome === name ? 'checked' : '',
      )}> <strong>${label}</strong></label>`,
  )}</fieldset>
<label class="field" for="reason">Reason</label>
<p class="note" id="reasons">One that fits your decision. It stands with each of them.</p>
${error('reason')}
<select id="reason" name="reason" required aria-describedby="reasons${refused?.field === 'reason' ? ' refused' : ''}" ${raw(
    refused?.field === 'reason' ? 'autofocus aria-invalid="true"' : '',
  )}>${reasonOptions(outcomes, reasons, refused)}</select>
<label class="field" for="comment">Comment</label>
<p class="note" id="help">${needed.length === 0 ? 'Not needed.' : `Needed to ${needed.join(' or ')}.`} It stands with each of them.</p>
${error('comment')}
<textarea id="comment" name="comment" maxlength="${maxCommentLength}" aria-describedby="help${
    refused?.field === 'comment' ? ' refused' : ''
  }" ${raw(refused?.field === 'comment' ? 'autofocus aria-invalid="true"' : '')}>${exactly(refused?.comment ?? '')}</textarea>
<p><button type="submit">Send ${tasks.length} ${tasks.length === 1 ? 'decision' : 'decisions'}</button></p>
<p class="note">A decision is final. Each record names ${who}.</p></form></section>`;
}

/** What became of each. */
export const batchDonePage = (
  { person }: SignedIn,
  tasks: readonly ((BatchTask & { happened: string }) | GoneTask)[],
): string =>
  inInbox(
    page(html`<h1>What became of them</h1>
${tasks.map((one) => (!one.state ? gone : html`<section><h2><a href="/inbox/tasks/${one.path}">${titleOf(one)}</a></h2><p>${one.happened}</p></section>`))}`),
    person,
  );
