/** What a reviewer sees of a request that was sent back: what is different now, and what was said before. */

import { html } from 'hono/html';
import type { Decision } from '../core/model.ts';
import type { FieldChange, Shown } from '../core/shown.ts';
import { type Html, labelOf, said } from './frame.ts';
import { time } from './time.ts';

/** What somebody decided, as they said it. */
export const saidBy = (vote: Decision, where: string, zone: string): Html =>
  said(
    `${vote.by.name}, ${where}`,
    `${vote.outcome} on ${time(vote.at, zone)}${vote.comment === '' ? '' : `: ${vote.comment}`}`,
  );

/** Nothing in the first revision. */
export function revised({ task, changed, earlier = [] }: Shown, zone: string): Html | string {
  if (!task || !changed) return '';
  return html`<section aria-labelledby="changed"><h2 id="changed">What has changed since revision ${task.revision - 1}</h2>
${changed.length === 0 ? html`<p>Nothing: the agent asks for the same again.</p>` : table(changed)}
<p class="note">Revision ${task.revision} of at most ${task.rounds}.</p></section>
<section aria-labelledby="earlier"><h2 id="earlier">What was said before</h2>
<dl>${earlier.flatMap((one) => one.task.votes.map((vote) => saidBy(vote, `revision ${one.task.revision}`, zone)))}</dl></section>`;
}

const table = (changed: readonly FieldChange[]): Html => html`<table class="texts">
<thead><tr><td></td><th scope="col">Before</th><th scope="col">Now</th></tr></thead>
<tbody>${changed.map(
  ({
    of,
    what,
    before,
    after,
  }) => html`<tr class="changed"><th scope="row">${of === 'plan' ? 'Plan: ' : ''}${labelOf(what)}</th>
<td class="quote" data-when="Before">${before ?? notThere}</td><td class="quote" data-when="Now">${after ?? notThere}</td></tr>`,
)}</tbody></table>`;

const notThere = '(not there)';

/** Folded, since it is no evidence: it is what the agent says it thought. */
export const reasoningOf = ({ reasoning }: Shown): Html | string =>
  reasoning === undefined
    ? ''
    : html`<section><details><summary>The agent’s own reasoning</summary>
<p class="note">The agent’s own words, as it sent them. Nobody has checked them.</p><p class="quote">${reasoning}</p></details></section>`;
