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

/** What a person came by: a mailed link, which is dead then, or the inbox. */
type Door = 'link' | 'inbox';

const linkIsDead = (door: Door): string => (door === 'link' ? ' This link decides nothing any more.' : '');

const waitsFor = (task: Task): string =>
  pendingIn(task)
    .map((one) => one.name)
    .join(', ');

/** After a task was handed over. */
export const handedOverPage = (to: string, door: Door): string =>
  page(html`<h1>Handed over</h1>
<section><p>This is with <strong>${to}</strong> now, who gets a mail. You are no longer asked.${linkIsDead(door)}</p>${
    door === 'inbox' ? takeBackForm(to) : ''
  }</section>`);

/** For whoever is no longer asked: whoever is now. */
export const notAskedPage = (task: Task, door: Door): string =>
  page(html`<h1>You are no longer asked</h1>
<section><p>This waits for ${waitsFor(task)}.${linkIsDead(door)}</p></section>`);

const takeBackForm = (from: string): Html => html`<form method="post" autocomplete="off">
<input type="hidden" name="action" value="take-back">
<p class="note">As long as ${from} has not decided, you can take it back. They are told.</p>
<p><button type="submit" class="second">Take it back</button></p></form>`;
