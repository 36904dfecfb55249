/** What else than its decision is done with a task, by forms of its page: the same use cases as by API and command line. */

import { context } from '../../adapters/lambda/context.ts';
import type { HttpResult } from '../../adapters/lambda/http.ts';
import { type Change, type Done, perform } from '../../core/commit.ts';
import { InvalidInput, NotFound } from '../../core/errors.ts';
import type { IntentState, Task } from '../../core/model.ts';
import type { Context } from '../../core/ports.ts';
import { comment } from '../../core/rules/comment.ts';
import { recall, takeBack, takeOver } from '../../core/rules/delegate.ts';
import { freezeAs } from '../../core/rules/override.ts';
import { typeOfIntent } from '../../intents/index.ts';
import type { HandOver } from '../../pages/hand-over.ts';
import { type Move, movedPage, moves, type RefusedMove } from '../../pages/moves.ts';
import { inInbox } from '../../pages/nav.ts';
import type { Remark } from '../../pages/remark.ts';
import { pageAnswer } from '../../pages/security.ts';
import { type Form, ofTask } from '../approvals/answer.ts';
import { handingRefused, handOver } from '../approvals/hand-over.ts';
import { leadTo } from './form.ts';
import { store, type Visitor } from './ports.ts';

type Seen = IntentState & { task: Task };
type Rule = (state: IntentState | undefined, now: Context) => Change<unknown> | Done<unknown>;

const signed = ({ session: { personId, via } }: Visitor) => ({ by: 'person', id: personId, via }) as const;

/** Only of the task that the page showed. */
const change = ({ head, task }: Seen, rule: Rule): Promise<unknown> =>
  perform(store, head, { request: true }, context, (state, now) => rule(ofTask(state, task.taskId), now));

/** So that the page, opened again, sends nothing again. */
const backTo = ({ head, task }: Seen): HttpResult => leadTo(`/inbox/tasks/${head.tenant}/${task.taskId}`);

/** Which one a form asks for, if it is one of these. */
export const moveOf = ({ field }: Form): Move | undefined => moves.find((move) => move === field('action'));

function ruleOf(move: Move, note: string, visitor: Visitor): Rule {
  const { directory } = visitor;
  const who = signed(visitor);
  const rules: Record<Move, Rule> = {
    'take-back': (state, now) => takeBack(state, who, directory, now),
    'take-over': (state, now) => takeOver(state, who, note, directory, now),
    recall: (state, now) => recall(state, who, note, directory, now),
    freeze: (state, now) => {
      const type = state && typeOfIntent(state.head);
      if (!type) throw new NotFound('task');
      return freezeAs(state, who, note, type, directory, now);
    },
  };
  return rules[move];
}

/** Throws what its rule throws, but for a note that can be mended in the form. */
export async function moved(move: Move, seen: Seen, form: Form, visitor: Visitor): Promise<HttpResult | RefusedMove> {
  const note = form.field('note');
  try {
    await change(seen, ruleOf(move, note, visitor));
  } catch (error) {
    if (!(error instanceof InvalidInput)) throw error;
    return { move, note, message: error.message };
  }
  if (move === 'take-back' || move === 'take-over') return backTo(seen);
  return pageAnswer(200, inInbox(movedPage(move), visitor.session.person));
}

/** Throws what `reassign` throws, but for what can be mended in the form. */
export async function passOn(
  seen: Seen,
  visitor: Visitor,
  form: Form,
): Promise<HttpResult | { handing: NonNullable<HandOver['entered']> }> {
  const { head, task } = seen;
  try {
    const asked = { ref: head, door: signed(visitor), taskId: task.taskId };
    await handOver({ store, directory: visitor.directory }, asked, form);
    return backTo(seen);
  } catch (error) {
    return { handing: handingRefused(form, error) };
  }
}

/** Throws what `comment` throws, but for what can be mended in the form. */
export async function remark(seen: Seen, visitor: Visitor, { field }: Form): Promise<HttpResult | { remark: Remark }> {
  const text = field('remark');
  try {
    await change(seen, (state, now) => comment(state, signed(visitor), text, visitor.directory, now));
    return backTo(seen);
  } catch (error) {
    if (!(error instanceof InvalidInput)) throw error;
    return { remark: { entered: { text, message: error.message } } };
  }
}
