/** The form of a decision: works without JavaScript, chooses nothing beforehand, and lets the server check. */

import { html, raw } from 'hono/html';
import type { FormErrors } from '../core/form.ts';
import type { Link, Task } from '../core/model.ts';
import { sentTo } from '../core/rules/link.ts';
import type { Shown } from '../core/shown.ts';
import { isTwoSided, maxCommentLength, needsComment, type OutcomeChoice, outcomesOf } from '../core/tasks.ts';
import { codeButton, codeField } from './code.ts';
import { fields } from './fields.ts';
import { exactly, type Html } from './frame.ts';
import { type Works, worksFields } from './works.ts';

/** What a person had entered when it was refused, and why. */
export interface Entered {
  outcome: string;
  reason?: string | undefined;
  comment: string;
  field: string;
  message: string;
  /** Of the task's own fields: what was filled in, and what is wrong where. */
  texts?: (name: string) => string[];
  errors?: FormErrors;
  /** Where a code was just mailed to. */
  codeSentTo?: string;
}

/** Who reads the page, and how they came: by a link mailed to them, unless `via` says how else. */
export type Reader = Pick<Link, 'personId' | 'mail' | 'sentTo'> & { via?: string };

const nameOf = (task: Task, { personId }: Reader): string =>
  task.approvers.find((a) => a.id === personId)?.name ?? personId;

/** What was refused says so at its field, where the browser then opens the page. */
export function form({ plan, reasons }: Shown, task: Task, reader: Reader, entered?: Entered, works: Works = {}): Html {
  const refused = (field: string) => (entered?.field === field ? entered.message : undefined);
  const error = (field: string) =>
    refused(field) === undefined ? '' : html`<p class="error" id="refused" role="alert">${refused(field)}</p>`;
  const atChoice = refused('outcome') === undefined ? '' : raw('autofocus aria-describedby="refused"');
  const atReason = refused('reason') === undefined ? '' : raw('autofocus aria-invalid="true"');
  const atComment = refused('comment') === undefined ? '' : raw('autofocus aria-invalid="true"');
  const isEnough = task.risk === 'low' || reader.via !== undefined;
  const code = isEnough ? undefined : { refused: refused('code'), sentTo: entered?.codeSentTo };
  return html`
<section aria-labelledby="decide"><h2 id="decide">${task.asks ? 'Your answer' : 'Your decision'}</h2>
<form method="post" autocomplete="off">
<input type="hidden" name="subject_hash" value="${exactly(task.subjectHash)}">
${error('data')}${task.asks ? fields(task.asks, entered?.texts && { texts: entered.texts, errors: entered.errors ?? {} }) : ''}
${error('outcome')}
${isTwoSided(task.type) ? choice() : html`<input type="hidden" name="outcome" value="${exactly(task.outcomes[0] ?? '')}">`}
${worksFields(task, reader.personId, works, { texts: entered?.texts, error })}
<label class="field" for="reason">Reason</label>
<p class="note" id="reasons">One that fits your decision. It helps to see how well the agent does.</p>
${error('reason')}
<select id="reason" name="reason" required aria-describedby="reasons${atReason === '' ? '' : ' refused'}" ${atReason}>${reasonOptions(offered(task), reasons, entered)}</select>
<label class="field" for="comment">Comment</label>
<p class="note" id="help">${commentHelp(task)} The agent and the record show it.</p>
${error('comment')}
<textarea id="comment" name="comment" maxlength="${maxCommentLength}" aria-describedby="help${
    atComment === '' ? '' : ' refused'
  }" ${atComment}>${exactly(entered?.comment ?? '')}</textarea>
${code ? codeField(code, besides) : ''}
<p><button type="submit">${isTwoSided(task.type) ? 'Send decision' : outcomesOf(task.type)[0]?.label}</button></p>
${code ? codeButton(code) : ''}
<p class="note">A decision is final. The record names ${nameOf(task, reader)}, ${reader.via ?? `by the link sent to ${sentTo(reader)}`}.</p>
</form></section>`;

  function choice(): Html {
    return html`<fieldset aria-labelledby="decide">
${offered(task).map(
  (outcome, i) =>
    html`<label class="choice"><input type="radio" name="outcome" value="${exactly(outcome.name)}" required ${
      entered?.outcome === outcome.name ? 'checked' : ''
    } ${i === 0 ? atChoice : ''}> <span><strong>${outcome.label}</strong>${
      plan || task.takeover || outcome.returns ? html`<br><span class="note">${meaningOf(task, outcome)}</span>` : ''
    }</span></label>`,
)}
</fieldset>`;
  }
}

/** Nothing is chosen beforehand; each outcome has reasons of its own. */
export const reasonOptions = (
  outcomes: readonly Pick<OutcomeChoice, 'name' | 'label'>[],
  reasons: Shown['reasons'],
  entered?: Pick<Entered, 'outcome' | 'reason'>,
): Html =>
  html`<option value="">Choose one</option>${outcomes.map(
    ({ name, label }) =>
      html`<optgroup label="${label}">${Object.entries(reasons[name] ?? {}).map(
        ([code, words]) =>
          html`<option value="${exactly(code)}" ${raw(entered?.outcome === name && entered.reason === code ? 'selected' : '')}>${words}</option>`,
      )}</optgroup>`,
  )}`;

const offered = (task: Task): OutcomeChoice[] =>
  outcomesOf(task.type).filter(({ name }) => task.outcomes.includes(name));

function meaningOf({ takeover }: Task, outcome: OutcomeChoice): string {
  if (takeover) return outcome.for ? 'You end it by hand, as you say here.' : 'It ends as failed. Nothing thaws.';
  if (outcome.returns) return 'The agent reads what you say, changes what it asks, and asks again.';
  return outcome.for ? 'It is then carried out.' : 'Nothing is carried out.';
}

/** A browser that opened the mail's link does not tell our page that it is signed in, but a form of the page does. */
const besides = html` Not needed if this browser is <a href="/inbox/sign-in" target="_blank" rel="noopener">signed in</a> as you.`;

function commentHelp(task: Task): string {
  const needed = offered(task).filter((outcome) => needsComment(task, outcome));
  if (needed.length === 0) return 'Not needed.';
  return needed.length === offered(task).length
    ? 'Needed.'
    : `Needed to ${needed.map(({ label }) => label.toLowerCase()).join(' or ')}.`;
}
