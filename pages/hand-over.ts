/** Who is asked in whose place, and the second form of a task's page: to hand it over. */

import { html, raw } from 'hono/html';
import type { Person } from '../core/directory.ts';
import type { Approver, Task } from '../core/model.ts';
import { pendingIn } from '../core/rules/steps.ts';
import { maxCommentLength } from '../core/tasks.ts';
import { exactly, type Html, page, said } from './frame.ts';

/** To whom it may be handed over, and what was entered when that was refused. */
export interface HandOver {
  candidates: readonly Person[];
  entered?: { to: string; note: string; field: string; message: string };
}

/** In whose place a person is asked, in their words where there are any. */
export function inPlaceOf({ for: other }: Approver): Html | string {
  if (!other) return '';
  if (other.because === 'away')
    return html`<p>You decide for <strong>${other.name}</strong>, who is out of office.</p>`;
  return html`<p><strong>${other.name}</strong> has handed this over to you.</p>${
    other.note === undefined ? '' : html`<dl>${said('Their note', other.note)}</dl>`
  }`;
}

/** Folded, since most decide themselves; works without JavaScript, and a form that was refused is open. */
export function handOverForm({ candidates, entered }: HandOver): Html | string {
  if (candidates.length === 0) return '';
  const error = (field: string) =>
    entered?.field === field ? html`<p class="error" id="not-handed" role="alert">${entered.message}</p>` : '';
  const at = (field: string) => (entered?.field === field ? raw('autofocus aria-describedby="not-handed"') : '');
  return html`<section aria-labelledby="other"><h2 id="other">Somebody else</h2>
<details ${entered ? raw('open') : ''}><summary>Hand over to somebody else</summary>
<form method="post" autocomplete="off">
<input type="hidden" name="action" value="reassign">
<label class="field" for="to">To whom</label>
${error('to')}
<select id="to" name="to" required ${at('to')}><option value="">Choose a person</option>${[...candidates]
    .sort((a, b) => a.name.localeCompare(b.name))
    .map(
      ({ id, name }) =>
        html`<option value="${exactly(id)}" ${entered?.to === id ? raw('selected') : ''}>${name}</option>`,
    )}</select>
<label class="field" for="note">Note to them</label>
${error('note')}
<textarea id="note" name="note" maxlength="${maxCommentLength}" ${at('note')}>${exactly(entered?.note ?? '')}</textarea>
<p><button type="submit">Hand over</button></p>
<p class="note">They get a mail of their own, and you are no longer asked. The record names you both.</p>
</form></details></section>`;
}

const linkIsDead = 'This link decides nothing any more.';

const waitsFor = (task: Task): string =>
  pendingIn(task)
    .map((one) => one.name)
    .join(', ');

/** After a task was handed over by a mailed link. */
export const handedOverPage = (to: string): string =>
  page(html`<h1>Handed over</h1>
<section><p>This is with <strong>${to}</strong> now, who gets a mail. You are no longer asked. ${linkIsDead}</p></section>`);

/** For whoever is no longer asked: whoever is now. */
export const notAskedPage = (task: Task): string =>
  page(html`<h1>You are no longer asked</h1>
<section><p>This waits for ${waitsFor(task)}. ${linkIsDead}</p></section>`);
