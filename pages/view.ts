/** What the requester sees of one intent: where it stands and how it came there. Nothing here decides, and no address is shown. */

import { html } from 'hono/html';
import type { IntentEvent, IntentState } from '../core/model.ts';
import { deadlineOf, isTakenOverAfter } from '../core/rules/common.ts';
import { isOverdue } from '../core/rules/override-task.ts';
import { pendingWith } from '../core/rules/steps.ts';
import { outcomesOf } from '../core/tasks.ts';
import { timelineOf, withoutAddresses } from '../core/timeline.ts';
import { maskArgs, type ToolContract } from '../core/tools.ts';
import { viewEnds } from '../core/view-link.ts';
import { changesTable, type Html, labelOf, page, said, textOf } from './frame.ts';
import { time } from './time.ts';
import { timeline } from './timeline.ts';

/** Nobody knows who reads this: times are UTC, which each says. */
const zone = 'UTC';

/** `contracts`: which arguments are masked; `now`: when the page is made. */
export function viewPage(
  state: IntentState,
  events: readonly IntentEvent[],
  contracts: readonly ToolContract[],
  now: string,
): string {
  const { title, says } = standing(state);
  const ends = viewEnds(state.head);
  return page(html`
<h1>${title}</h1>
<p class="lead">${says}</p>
${whatWasAsked(state)}${whatWouldHappen(state, contracts)}
${timeline(withoutAddresses(timelineOf(state, events)), zone)}
<p class="note">This page only shows. It was made on ${time(now, zone)}; open it again to see what is new.${
    ends === undefined ? '' : ` It can be opened until ${time(ends, zone)}.`
  }</p>`);
}

/** In a few words, and what it waits for until when. */
function standing(state: IntentState): { title: string; says: string } {
  const { head, task, delivery, outcome } = state;
  // Until its next run has asked the operators, nobody is asked.
  if (isOverdue(state) && task?.status !== 'open' && head.status === 'WAITING')
    return { title: 'Waits for a person', says: 'Operators are about to be asked how it ends.' };
  if (head.frozen && task?.status !== 'open' && head.status === 'WAITING')
    return {
      title: 'Frozen',
      says: 'An operator has stopped it: nothing more is carried out. Operators are asked how it ends.',
    };
  if (head.status === 'IN_PROGRESS' && task?.status === 'returned')
    return {
      title: 'Waits for the agent',
      says: `Somebody asked for changes. The agent can answer until ${time(task.answerBy ?? deadlineOf(task), zone)}.`,
    };
  if (head.status === 'WAITING' && head.waitingReason === 'WAITING_FOR_HUMAN' && task?.status === 'open')
    return {
      title: 'Waits for a person',
      says: `${pendingWith(task).name} can decide until ${time(deadlineOf(task), zone)}.${isTakenOverAfter(task) ? ' Then operators take over.' : ''}`,
    };
  if (head.status === 'WAITING' && head.waitingReason === 'WAITING_FOR_HUMAN')
    return { title: 'Waits for a person', says: 'An operator has to look at it.' };
  const until = delivery?.ladder.at(-1)?.at;
  if (delivery && until && head.dueAt !== undefined && !head.frozen)
    return { title: 'Waits for an agent', says: `${delivery.to.join(', ')} can answer until ${time(until, zone)}.` };
  if (head.status === 'WAITING') return { title: 'Waits', says: 'It goes on by itself.' };
  if (head.status === 'COMPLETED')
    return { title: completed(task), says: `It ended on ${time(head.updatedAt, zone)}.` };
  const title = ended[head.status];
  return title === undefined
    ? { title: 'In progress', says: 'It goes on by itself.' }
    : { title, says: outcome?.error?.message ?? `It ended on ${time(head.updatedAt, zone)}.` };
}

const ended: { [status: string]: string | undefined } = {
  FAILED: 'Ended without success',
  TIMED_OUT: 'Timed out',
  CANCELED: 'Cancelled',
};

/** A decision against is a result too, and no success. */
function completed(task: IntentState['task']): string {
  const rule = task && outcomesOf(task.type).find((one) => one.name === task.decision?.outcome);
  return rule && !rule.for ? `Decided: ${rule.name}` : 'Completed';
}

function whatWasAsked({ head, request, plan, task }: IntentState): Html {
  const asked = plan?.plan.objective ?? task?.title ?? request?.humanTask?.title ?? (head.delegated && head.type);
  const inWords = plan ? undefined : task?.description;
  return html`<section aria-labelledby="asked"><h2 id="asked">What was asked</h2><dl>
${asked === undefined ? '' : said('Request', asked)}
${inWords === undefined || inWords === asked ? '' : said('In its words', inWords)}
<div><dt>Agent</dt><dd>${head.from}</dd></div>
<div><dt>Asked on</dt><dd>${time(head.createdAt, zone)}</dd></div>
</dl></section>`;
}

/** The plan, with what the tool's contract calls sensitive masked, as in mail. */
function whatWouldHappen({ plan }: IntentState, contracts: readonly ToolContract[]): Html | string {
  const actions = plan?.plan.actions ?? [];
  if (actions.length === 0) return '';
  return html`<section aria-labelledby="plan"><h2 id="plan">The plan</h2>${actions.map(({ tool, args, changes }) => {
    const sensitive = contracts.find((one) => one.name === tool)?.sensitive ?? Object.keys(args);
    const shown = Object.entries(maskArgs(args, sensitive));
    return html`${changesTable(changes)}<dl>${shown.map(([key, value]) => said(labelOf(key), textOf(value)))}</dl>`;
  })}</section>`;
}

/** One page for every link that shows nothing, whyever. */
export const unknownViewPage = (): string =>
  page(html`<h1>Nothing here</h1>
<section><p>This link is not known, or what it showed ended some time ago.</p></section>`);

export const viewFailurePage = (): string =>
  page(html`<h1>Something went wrong</h1><section><p>Open the link again in a moment.</p></section>`);
