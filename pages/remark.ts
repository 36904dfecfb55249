/** The form for a remark on an open task. */

import { html, raw } from 'hono/html';
import { maxCommentLength } from '../core/tasks.ts';
import type { Html } from './frame.ts';

/** What was entered before it was refused, and why. */
export interface Remark {
  entered?: { text: string; message: string };
}

/** Folded, since most decide without one; works without JavaScript, and a form that was refused is open. */
export const remarkForm = ({
  entered,
}: Remark): Html => html`<section aria-labelledby="remarks"><h2 id="remarks">Remarks</h2>
<details ${raw(entered ? 'open' : '')}><summary>Leave a remark</summary>
<form method="post" autocomplete="off">
<input type="hidden" name="action" value="remark">
<label class="field" for="remark">Remark</label>
<p class="note" id="remark-help">It decides nothing. Everybody who reads this task sees it below, under your name.</p>
${entered ? html`<p class="error" id="no-remark" role="alert">${entered.message}</p>` : ''}
<textarea id="remark" name="remark" maxlength="${maxCommentLength}" required aria-describedby="remark-help${entered ? ' no-remark' : ''}" ${raw(
  entered ? 'autofocus aria-invalid="true"' : '',
)}>${entered?.text ?? ''}</textarea>
<p><button type="submit" class="second">Send remark</button></p>
</form></details></section>`;
