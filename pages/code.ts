/** What a decision of more than low risk takes besides: a field for the code, and a button that has one mailed. */

import { html, raw } from 'hono/html';
import type { Html } from './frame.ts';

export interface CodeEntry {
  /** What is wrong with what was entered. */
  refused?: string | undefined;
  /** Where a code was just mailed to. */
  sentTo?: string | undefined;
}

/** `besides`: what else is as good. */
export const codeField = ({ refused, sentTo }: CodeEntry, besides: Html | string = ''): Html => html`
<label class="field" for="code">Code</label>
<p class="note" id="code-help">Eight digits, mailed to you on their own, good for ten minutes.${besides}</p>
${sentTo === undefined ? '' : html`<p class="done" role="status">A code is on its way to ${sentTo}.</p>`}
${refused === undefined ? '' : html`<p class="error" id="refused" role="alert">${refused}</p>`}
<input type="text" id="code" name="code" inputmode="numeric" autocomplete="one-time-code" maxlength="20" aria-describedby="code-help${
  refused === undefined ? '' : ' refused'
}" ${refused === undefined ? '' : raw('autofocus aria-invalid="true"')}${sentTo === undefined ? '' : raw('autofocus')}>`;

/** Stands after the button that sends the form, so that Enter does not ask for another code. Nothing else needs to be filled in. */
export const codeButton = ({ sentTo }: CodeEntry): Html =>
  html`<p><button type="submit" class="second" name="action" value="code" formnovalidate>${
    sentTo === undefined ? 'Send me a code' : 'Send me a new code'
  }</button></p>`;
