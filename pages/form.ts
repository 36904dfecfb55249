/** The form of a decision: works without JavaScript, chooses nothing beforehand, and lets the server check. */

import { html, raw } from 'hono/html';
import type { FormErrors } from '../core/form.ts';
import type { IntentState, Link, Task } from '../core/model.ts';
import { sentTo } from '../core/rules/link.ts';
import { isTwoSided, maxCommentLength, outcomesOf } from '../core/tasks.ts';
import { fields } from './fields.ts';
import type { Html } from './frame.ts';
import { type Works, worksFields } from './works.ts';

/** What a person had entered when it was refused, and why. */
export interface Entered {
  outcome: string;
  comment: string;
  status: number;
  field: string;
  message: string;
  /** Of the task's own fields: what was filled in, and what is wrong where. */
  texts?: (name: string) => string[];
  errors?: FormErrors;
}

const nameOf = (task: Task, link: Link): string =>
  task.approvers.find((a) => a.id === link.personId)?.name ?? link.personId;

/** What was refused says so at its field, where the browser then opens the page. */
export function form({ plan }: IntentState, task: Task, link: Link, entered?: Entered, works: Works = {}): Html {
  const refused = (field: string) => (entered?.field === field ? entered.message : undefined);
  const error = (field: string) =>
    refused(field) === undefined ? '' : html`<p class="error" id="refused" role="alert">${refused(field)}</p>`;
  const atChoice = refused('outcome') === undefined ? '' : raw('autofocus aria-describedby="refused"');
  const atComment = refused('comment') === undefined ? '' : raw('autofocus aria-invalid="true"');
  return html`
<section aria-labelledby="decide"><h2 id="decide">${task.asks ? 'Your answer' : 'Your decision'}</h2>
<form method="post" autocomplete="off">
<input type="hidden" name="subject_hash" value="${task.subjectHash}">
${error('data')}${task.asks ? fields(task.asks, entered?.texts && { texts: entered.texts, errors: entered.errors ?? {} }) : ''}
${error('outcome')}
${isTwoSided(task.type) ? choice() : html`<input type="hidden" name="outcome" value="${task.outcomes[0] ?? ''}">`}
${worksFields(task, link.personId, works, { texts: entered?.texts, error })}
<label class="field" for="comment">Comment</label>
<p class="note" id="help">${commentHelp(task)} The agent and the record show it.</p>
${error('comment')}
<textarea id="comment" name="comment" maxlength="${maxCommentLength}" aria-describedby="help${
    atComment === '' ? '' : ' refused'
  }" ${atComment}>${entered?.comment ?? ''}</textarea>
<p><button type="submit">${isTwoSided(task.type) ? 'Send decision' : outcomesOf(task.type)[0]?.label}</button></p>
<p class="note">A decision is final. The record names ${nameOf(task, link)} and the link sent to ${sentTo(link)}.</p>
</form></section>`;

  function choice(): Html {
    return html`<fieldset aria-labelledby="decide">
${outcomesOf(task.type)
  .filter((outcome) => task.outcomes.includes(outcome.name))
  .map(
    (outcome, i) =>
      html`<label class="choice"><input type="radio" name="outcome" value="${outcome.name}" required ${
        entered?.outcome === outcome.name ? 'checked' : ''
      } ${i === 0 ? atChoice : ''}> <span><strong>${outcome.label}</strong>${
        plan || task.takeover ? html`<br><span class="note">${whatFollows(task, outcome.for)}</span>` : ''
      }</span></label>`,
  )}
</fieldset>`;
  }
}

function whatFollows({ takeover }: Task, isFor: boolean): string {
  if (takeover) return isFor ? 'You end it by hand, as you say here.' : 'It ends as failed. Nothing thaws.';
  return isFor ? 'It is then carried out.' : 'Nothing is carried out.';
}

function commentHelp(task: Task): string {
  if (task.commentRequired) return 'Needed.';
  const needed = outcomesOf(task.type).filter((outcome) => outcome.comment === 'required');
  return needed.length === 0
    ? 'Not needed.'
    : `Needed to ${needed.map(({ label }) => label.toLowerCase()).join(' or ')}.`;
}
