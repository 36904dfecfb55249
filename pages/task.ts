/** The approver's pages. Everything an agent wrote is text: escaped by the template, never a link, never HTML. */

import { html } from 'hono/html';
import { wordOf } from '../core/chain.ts';
import type { Approver, Decision, IntentEvent, IntentState, Link, StoredPlan, Task } from '../core/model.ts';
import { deadlineOf, isTakenOverAfter } from '../core/rules/common.ts';
import type { LinkState } from '../core/rules/decide.ts';
import { pendingWith, progressOf, stepOf } from '../core/rules/steps.ts';
import type { Shown } from '../core/shown.ts';
import { outcomesOf, reasonWords, unspecified } from '../core/tasks.ts';
import { timelineOf } from '../core/timeline.ts';
import { evidence } from './evidence.ts';
import { type Entered, form, type Reader } from './form.ts';
import { changesTable, fingerprint, type Html, labelOf, page, said, textOf } from './frame.ts';
import { type HandOver, handOverForm, inPlaceOf } from './hand-over.ts';
import { type Remark, remarkForm } from './remark.ts';
import { reasoningOf, revised, saidBy } from './revised.ts';
import { beyondPlan, exactArguments, facts, inputsOf, rules } from './subject.ts';
import { readersZone, time, timeWithUtc } from './time.ts';
import { timeline, zoneNote } from './timeline.ts';
import { type Works, worksFacts, worksFile } from './works.ts';

export type { Entered } from './form.ts';

/** Longest text of an agent that makes a heading, characters; longer ones are read below it. */
const maxHeadingLength = 120;

/** What stands first: with a plan its own objective, whatever the agent calls it; else what the agent asks. */
function headingOf({ plan, request }: IntentState, task: Task): string {
  if (plan) return plan.plan.objective;
  const asked = request?.humanTask?.title ?? task.description;
  return asked.trim() === '' || asked.length > maxHeadingLength ? task.title : asked;
}

/** What a page has beside the task. */
export interface Beside {
  /** What the decision's form held when it was refused. */
  entered?: Entered | undefined;
  /** What happened so far; the newest may be missing. */
  events?: readonly IntentEvent[];
  works?: Works;
  /** Where the page has a form for these. */
  handOver?: HandOver;
  remark?: Remark;
}

export function approvalPage(
  state: Shown,
  link: Reader,
  { entered, events = [], works, handOver, remark }: Beside = {},
): string {
  const task = state.task as Task;
  const { plan } = state;
  const heading = headingOf(state, task);
  const zone = readersZone(task, link.personId);
  return page(html`
<h1>${heading}</h1>
${lead(state, task)}
<p class="by"><span>Decide before <strong>${timeWithUtc(deadlineOf(task), zone)}</strong>${isTakenOverAfter(task) ? '; then operators take over' : ''}</span>
${plan || task.risk !== 'low' ? html`<span class="risk">${task.risk} risk</span>` : ''}</p>
${revised(state, zone)}${plan ? whatHappens(plan, task) : whatIsAsked(state, task, heading)}${whoAsks(state, zone)}
${why(task, link)}${evidence(plan, zone)}${decidedSoFar(task, zone)}${reasoningOf(state)}${form(state, task, link, entered, works)}${handOver ? handOverForm(handOver) : ''}${remark ? remarkForm(remark) : ''}
${timeline(timelineOf(state, events), zone)}${zoneNote(zone)}`);
}

/** The same for somebody who is not asked, but has another part in it: nothing here decides. */
export function watchPage(state: Shown, personId: string, events: readonly IntentEvent[]): string {
  const task = state.task as Task;
  const { plan } = state;
  const heading = headingOf(state, task);
  const zone = readersZone(task, personId);
  const now = task.status === 'open' ? `It waits for ${pendingWith(task).name}.` : 'Nobody is asked at present.';
  return page(html`
<h1>${heading}</h1>
<p class="lead">You are not asked to decide this. ${now}</p>
${plan ? whatHappens(plan, task) : whatIsAsked(state, task, heading)}${whoAsks(state, zone)}
<section aria-labelledby="why"><h2 id="why">Why a person is asked</h2><ul>${rules(task.why)}</ul>${whatElse(task)}</section>
${evidence(plan, zone)}${decidedSoFar(task, zone)}
${timeline(timelineOf(state, events), zone)}${zoneNote(zone)}`);
}

function lead({ head }: IntentState, task: Task): Html {
  const agent = html`<strong>${head.from.split('/').at(-1)}</strong>`;
  if (task.takeover)
    return html`<p class="lead">${task.takeover === 'overdue' ? html`Nobody decided in time what the agent ${agent} asks` : html`This intent of the agent ${agent} was frozen`}: nothing more of it is executed. Say how it ends.</p>
<p class="quote">${task.description}</p>`;
  return html`<p class="lead">The agent ${agent} asks for your ${task.asks ? 'answer' : 'decision'}. Nothing happens until you ${task.asks ? 'send it' : 'decide'}.</p>`;
}

function whatHappens({ plan, hash }: StoredPlan, { takeover }: Task): Html {
  return html`<section aria-labelledby="what"><h2 id="what">${takeover ? 'What was planned' : 'What happens if you approve'}</h2>
${plan.actions.map(
  (action) => html`${changesTable(action.changes)}
${exactArguments(action)}`,
)}
${fingerprint('Plan hash', hash)}</section>`;
}

function whatIsAsked({ request }: IntentState, task: Task, heading: string): Html {
  const text = task.description === heading ? '' : html`<p class="quote">${task.description}</p>`;
  const inputs = inputsOf(request, [heading, task.description]);
  return html`<section aria-labelledby="what"><h2 id="what">What is asked</h2>
${text}${inputs.length === 0 ? '' : html`<dl>${facts(inputs)}</dl>`}
${task.takeover ? '' : html`<p>The agent gets your ${task.asks ? 'answer' : 'decision'}. Holdpoint itself carries out nothing.</p>`}
${fingerprint('Request hash', task.subjectHash)}</section>`;
}

function whoAsks({ head, request, plan, task }: IntentState, zone: string): Html {
  const wish = plan && request?.humanTask;
  return html`<section aria-labelledby="who"><h2 id="who">Who asks</h2>
<dl>
<div><dt>Agent</dt><dd>${head.from}</dd></div>
${head.onBehalfOf === undefined ? '' : html`<div><dt>On behalf of</dt><dd>${head.onBehalfOf}${task?.requester === undefined ? ' (nobody of the directory)' : ''}</dd></div>`}
<div><dt>Asked on</dt><dd>${time(head.createdAt, zone)}</dd></div>
${wish ? said('In its words', [wish.title, wish.description].filter(Boolean).join('\n')) : ''}
${plan ? facts(beyondPlan(request?.payload ?? {}, plan)) : ''}
</dl></section>`;
}

function why(task: Task, link: Reader): Html {
  const you = task.approvers.find((a) => a.id === link.personId);
  const others = task.approvers.filter((a) => a !== you).map((a) => a.name);
  return html`<section aria-labelledby="why"><h2 id="why">Why a person is asked</h2>
<ul>${rules(task.why)}
<li>${whyYou(task, you)}</li></ul>${you ? inPlaceOf(you) : ''}
${others.length === 0 ? '' : html`<p class="note">Also asked: ${others.join(', ')}. ${howManyCount(task)}</p>`}${whatElse(task)}</section>`;
}

function whyYou(task: Task, you: Approver | undefined): Html | string {
  if (you?.as !== 'named') return html`You have the role <strong>${task.role}</strong>.`;
  const step = stepOf(task);
  if ('role' in step) return 'The agent asked for you by name.';
  return 'person' in step ? 'This step asks you.' : 'This step asks the manager of the person whom the agent acts for.';
}

/** What it takes among those who are asked now. */
function howManyCount(task: Task): string {
  const { needed, decided } = progressOf(task);
  if (needed === 1) return 'The first decision counts.';
  const contra = task.chain.against === 'veto' ? 'One decision against ends it.' : 'It ends once too few are left.';
  return `${needed} of ${task.approvers.length} must approve, ${decided} decided so far. ${contra}`;
}

/** The other steps, where there are any. */
function whatElse(task: Task): Html | string {
  const { step, steps } = progressOf(task);
  if (steps === 1) return '';
  const roles = task.chain.steps.map(wordOf).join(', then ');
  return html`<p class="note">Step ${step} of ${steps}: ${roles}.</p>`;
}

/** What earlier deciders said. */
function decidedSoFar(task: Task, zone: string): Html | string {
  if (task.votes.length === 0) return '';
  return html`<section aria-labelledby="before"><h2 id="before">Decided so far</h2><dl>${task.votes.map((vote) =>
    saidBy(vote, `step ${vote.step + 1}`, zone),
  )}</dl></section>`;
}

/** The record of a decision: what, who, when; and, where it takes more than one, whose is still needed. */
export function decidedPage(
  state: Shown,
  decision: Decision,
  reader: string,
  waitsFor = '',
  events: readonly IntentEvent[] = [],
): string {
  const task = state.task as Task;
  const zone = readersZone(task, reader);
  const label = outcomesOf(task.type).find((o) => o.name === decision.outcome)?.name ?? decision.outcome;
  return page(html`
<h1>Decided: ${label}</h1>
<section><dl>
<div><dt>Task</dt><dd>${task.title}</dd></div>
<div><dt>Decision</dt><dd><strong>${label}</strong></dd></div>
<div><dt>By</dt><dd>${decision.by.name}${decision.by.id === reader ? ' (you)' : ''}${decision.for ? `, in the place of ${decision.for.name}` : ''}, ${decision.via.startsWith('link') ? 'by the ' : ''}${decision.via}</dd></div>
<div><dt>On</dt><dd>${timeWithUtc(decision.at, zone)}</dd></div>
${decision.data ? Object.entries(decision.data).map(([key, value]) => said(labelOf(key), textOf(value))) : ''}
${worksFacts(decision)}
${decision.reason === unspecified ? '' : html`<div><dt>Reason</dt><dd>${reasonWords(state.reasons[decision.outcome] ?? {}, decision.reason)}</dd></div>`}
${decision.comment === '' ? '' : said('Comment', decision.comment)}
</dl>${worksFile(decision)}${waitsFor === '' ? '' : html`<p>Nothing happens yet: this waits for ${waitsFor}.</p>`}
</section>${timeline(timelineOf(state, events), zone)}<p class="note">A decision is final. You can close this page.</p>`);
}

/** The mail was about an earlier revision. */
export const changedPage = (): string =>
  page(html`<h1>What would happen has changed</h1>
<section><p>Somebody asked for changes, and the agent asks again. Whoever decides now has a newer mail: use the link in that one.</p></section>`);

/** Others of this step decided; what is asked now is somebody else's. */
export const stepOverPage = ({ approvers }: Task): string =>
  page(html`<h1>This step is over</h1>
<section><p>It was decided without you. Now it waits for ${approvers.map((a) => a.name).join(', ')}.</p></section>`);

const dead: Record<LinkState | 'revoked', { title: string; text: (link: Link, zone: string) => string }> = {
  live: { title: 'This task is closed', text: () => 'It can no longer be decided.' },
  used: {
    title: 'This link was used',
    text: (link, zone) => `It was used on ${time(link.usedAt ?? link.createdAt, zone)}.`,
  },
  replaced: {
    title: 'A newer mail replaced this link',
    text: (link, zone) =>
      `It was replaced on ${time(link.replacedAt ?? link.createdAt, zone)}. Use the link of the newest mail.`,
  },
  revoked: { title: 'This link was revoked', text: () => 'An administrator has revoked it.' },
  expired: {
    title: 'This link has expired',
    text: (link, zone) => `The deadline was ${timeWithUtc(link.expiresAt, zone)}. Nothing was approved.`,
  },
};

/** A link that was good once says what became of it, without the plan. */
export const deadPage = (standing: LinkState | 'revoked', link: Link, zone = 'UTC'): string =>
  page(html`<h1>${dead[standing].title}</h1><section><p>${dead[standing].text(link, zone)}</p></section>`);

/** One page for every link that was never made. */
export const unknownPage = (): string =>
  page(
    html`<h1>Nothing here</h1><section><p>This link is not known. Open the link of the mail again, as it is.</p></section>`,
  );

/** After a failure of ours nobody knows whether the decision was recorded; the link does. */
export const failurePage = (status: number, message: string): string =>
  page(html`<h1>${status >= 500 ? 'Something went wrong' : 'Not possible'}</h1>
<section><p>${message}</p><p>${
    status >= 500
      ? 'Open the link of the mail again: it shows the decision if it was recorded.'
      : 'Nothing was decided by this. Open the link of the mail again to see where it stands.'
  }</p></section>`);
