/** What was refused says so at its field, where the browser then opens the page. */

import { html, raw } from 'hono/html';

/** A field of a form, and what is wrong with it. */
export interface Refused {
  field: string;
  message: string;
}

/** What stands before a field, and its attributes; `help`: id of what describes it anyway. */
export function refusedAt(refused: Refused | undefined, field: string) {
  const is = refused?.field === field;
  return {
    error: is ? html`<p class="error" id="refused" role="alert">${refused.message}</p>` : '',
    marks: raw(is ? 'autofocus aria-invalid="true"' : ''),
    describedBy: (help?: string) => {
      const ids = [...(help === undefined ? [] : [help]), ...(is ? ['refused'] : [])];
      return ids.length === 0 ? '' : html`aria-describedby="${ids.join(' ')}"`;
    },
  };
}
