/** What some kinds of task ask beside a comment: who takes it on, or what shows that it was done. */

import { html, raw } from 'hono/html';
import { type Media, maxEvidenceTextLength } from '../core/evidence.ts';
import type { Approver, Decision, Task } from '../core/model.ts';
import { taskRule } from '../core/tasks.ts';
import { fileFacts } from './files.ts';
import { exactly, type Html, said } from './frame.ts';

/** What a door knows for its form. */
export interface Works {
  /** Whom an assignment may go to. */
  candidates?: readonly Approver[];
  /** The file that the person has attached. */
  file?: Media | undefined;
  /** Where one is attached. */
  attachAt?: string;
}

/** What was entered before it was refused, and the error at a field. */
export interface Given {
  texts?: ((name: string) => string[]) | undefined;
  error: (field: string) => Html | string;
}

/** The fields of the task's type; nothing where it has none. */
export function worksFields(task: Task, reader: string, works: Works, given: Given): Html | string {
  const { takes } = taskRule(task.type);
  if (takes === 'assignee') return assigneeField(reader, works.candidates ?? [], given);
  return takes === 'evidence' ? evidenceFields(task, works, given) : '';
}

function assigneeField(reader: string, candidates: readonly Approver[], { texts, error }: Given): Html {
  const chosen = texts?.('assignee')[0];
  const first = candidates.filter(({ id }) => id === reader);
  const others = candidates.filter(({ id }) => id !== reader);
  return html`<label class="field" for="assignee">Who takes it on</label>
<p class="note">Choose yourself to take it on. Anybody else is asked in your place. Not needed to decline.</p>
${error('assignee')}
<select id="assignee" name="assignee"><option value="">Choose a person</option>${[...first, ...others].map(
    ({ id, name }) =>
      html`<option value="${exactly(id)}" ${raw(id === chosen ? 'selected' : '')}>${name}${id === reader ? ' (you)' : ''}</option>`,
  )}</select>`;
}

function evidenceFields(task: Task, { file, attachAt }: Works, { texts, error }: Given): Html {
  return html`<fieldset class="group"><legend>What shows that it was done</legend>
<p class="note">${task.evidenceRequired === false ? 'Not needed.' : 'At least one of these is needed where it is completed.'} The agent and the record get it.</p>
${error('evidence')}
<label class="field" for="evidence.text">In words</label>${error('evidence.text')}
<textarea id="evidence.text" name="evidence_text" maxlength="${maxEvidenceTextLength}">${exactly(texts?.('evidence_text')[0] ?? '')}</textarea>
<label class="field" for="evidence.url">Address of a page</label>${error('evidence.url')}
<input type="url" id="evidence.url" name="evidence_url" value="${exactly(texts?.('evidence_url')[0] ?? '')}">
${file ? html`<input type="hidden" name="file" value="${exactly(file.id)}">${fileFacts(file)}` : ''}
${attachAt === undefined ? '' : html`<p><a href="${attachAt}">${file ? 'Attach another file instead' : 'Attach a file first'}</a></p>`}
</fieldset>`;
}

/** Of a decision. The address is a person's own, checked when it was given: the only link of a page that is not ours. */
export function worksFacts({ assignee, evidence }: Decision): Html | string {
  return html`${assignee ? said('Assigned to', assignee.name) : ''}${evidence?.text === undefined ? '' : said('Evidence', evidence.text)}${
    evidence?.url === undefined
      ? ''
      : html`<div><dt>Address</dt><dd><a href="${evidence.url}" rel="noreferrer noopener">${evidence.url}</a></dd></div>`
  }`;
}

/** The file of a decision. */
export const worksFile = ({ evidence }: Decision): Html | string => (evidence?.media ? fileFacts(evidence.media) : '');
