/** A task's form as it was sent, by whichever door its person came in; where it is refused, what the page then says. */

import { context } from '../../adapters/lambda/context.ts';
import { bodyOf, type HttpEvent } from '../../adapters/lambda/http.ts';
import { log } from '../../adapters/lambda/log.ts';
import { perform } from '../../core/commit.ts';
import type { Directory } from '../../core/directory.ts';
import { Conflict, InvalidInput, NotFound } from '../../core/errors.ts';
import { type Media, maxEvidenceTextLength } from '../../core/evidence.ts';
import { dataOf, type FormErrors } from '../../core/form.ts';
import type { IntentRef, IntentState } from '../../core/model.ts';
import type { Store } from '../../core/ports.ts';
import { type Decided, type Door, decide } from '../../core/rules/decide.ts';
import { type Shown, shown } from '../../core/shown.ts';
import { maxCommentLength } from '../../core/tasks.ts';
import { typeOfIntent } from '../../intents/index.ts';
import type { Entered } from '../../pages/form.ts';

/**
 * A form holds an outcome, a hash, a comment and evidence, whose characters take up to twelve bytes each, and what a task asks
 * for; more is no form of ours.
 */
const maxFormBytes = 12 * (maxCommentLength + maxEvidenceTextLength) + 65_536;

export function formOf(event: HttpEvent) {
  const form = new URLSearchParams(bodyOf(event, maxFormBytes));
  const texts = (name: string) => form.getAll(name);
  // A field that comes twice is not taken for either of the two.
  const field = (name: string) => texts(name).join('\n');
  return {
    given: {
      outcome: field('outcome'),
      // A page that was opened before there were reasons has no such field.
      reason: form.has('reason') ? field('reason') : undefined,
      comment: field('comment'),
      subjectHash: field('subject_hash'),
      assignee: field('assignee'),
      evidence: { text: field('evidence_text'), url: field('evidence_url') },
    },
    field,
    texts,
    all: form,
  };
}

export type Form = ReturnType<typeof formOf>;

/** From here on, log lines are the intent's. */
export const logAs = ({ head }: IntentState) =>
  log.appendKeys({ correlationId: head.traceId, intentId: head.intentId });

/** The state as people are shown it. */
export const seen = (state: IntentState): Shown => shown(state, typeOfIntent(state.head));

export interface Ports {
  store: Store;
  directory: Directory;
}

export interface Asked {
  ref: IntentRef;
  door: Door;
  /** The task whose page it is; of a link it stands in the link. */
  taskId?: string;
  /** Of the link, where it came by one. */
  linkHash?: string;
  /** The file that the person attached, where they did. */
  media?: Media | undefined;
}

/** The state, where its present task is the one that is named: an intent may ask anew. */
export const ofTask = (state: IntentState | undefined, taskId: string | undefined): IntentState | undefined =>
  taskId === undefined || state?.task?.taskId === taskId ? state : undefined;

/** Throws what `decide` throws. `on`: the state that was decided on. */
export async function decideTask(
  { store, directory }: Ports,
  { ref, door, taskId, linkHash, media }: Asked,
  { given: sent, texts }: Form,
): Promise<{ decided: Decided; on: IntentState }> {
  let on: IntentState | undefined;
  const given = { ...sent, evidence: { ...sent.evidence, media } };
  const options = { request: true, ...(linkHash === undefined ? {} : { linkHash }) };
  const decided = await perform(store, ref, options, context, (loaded, now) => {
    const state = ofTask(loaded, taskId);
    const type = state && typeOfIntent(state.head);
    if (!type) throw new NotFound('task');
    on = state;
    logAs(state);
    const asks = state.task?.asks;
    return decide(state, door, asks ? { ...given, data: dataOf(asks, texts) } : given, type, directory, now);
  });
  return { decided, on: on as unknown as IntentState };
}

/** What was filled in, for the page to show again. */
export const enteredIn = ({ given, texts }: Form): Entered => ({
  ...given,
  field: '',
  message: '',
  texts,
  errors: {},
});

export const needsCode = (error: unknown): error is Conflict =>
  error instanceof Conflict && error.code === 'code_needed';

/** The same with what is wrong with it, where the person can mend that in the form; else throws the error. */
export function refusedIn(form: Form, error: unknown): Entered {
  if (!(error instanceof InvalidInput) && !needsCode(error)) throw error;
  const { field = 'code', fields } = error.details;
  const errors = (fields ?? {}) as FormErrors;
  return { ...enteredIn(form), field: String(field), message: error.message, errors };
}
