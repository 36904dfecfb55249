/** A task changes hands, or gets a remark, on its page in the inbox. */

import { context } from '../../adapters/lambda/context.ts';
import type { HttpResult } from '../../adapters/lambda/http.ts';
import { type Change, type Done, perform } from '../../core/commit.ts';
import { InvalidInput } from '../../core/errors.ts';
import type { IntentState, Task } from '../../core/model.ts';
import type { Context } from '../../core/ports.ts';
import { comment } from '../../core/rules/comment.ts';
import { type HandOver, handedOverPage } from '../../pages/hand-over.ts';
import { inInbox } from '../../pages/nav.ts';
import type { Remark } from '../../pages/remark.ts';
import { pageAnswer } from '../../pages/security.ts';
import { type Form, ofTask } from '../approvals/answer.ts';
import { handingRefused, handOver } from '../approvals/hands.ts';
import { leadTo } from './form.ts';
import { store, type Visitor } from './ports.ts';

type Open = IntentState & { task: Task };

const signed = ({ session: { personId, via } }: Visitor) => ({ by: 'person', id: personId, via }) as const;

const change = <R>(
  { head, task }: Open,
  rule: (state: IntentState | undefined, now: Context) => Change<R> | Done<R>,
): Promise<R> => perform(store, head, {}, context, (state, now) => rule(ofTask(state, task.taskId), now));

/** So that the page, opened again, sends nothing again. */
const backTo = ({ head, task }: Open): HttpResult => leadTo(`/inbox/tasks/${head.tenant}/${task.taskId}`);

/** Throws what `reassign` throws, but for what can be mended in the form. */
export async function passOn(
  { head, task }: Open,
  visitor: Visitor,
  form: Form,
): Promise<HttpResult | { handing: NonNullable<HandOver['entered']> }> {
  const { session, directory } = visitor;
  try {
    const asked = { ref: head, door: signed(visitor), taskId: task.taskId };
    const { to } = await handOver({ store, directory }, asked, form);
    return pageAnswer(200, inInbox(handedOverPage(to.name, 'inbox'), session.person));
  } catch (error) {
    return { handing: handingRefused(form, error) };
  }
}

/** Throws what `comment` throws, but for what can be mended in the form. */
export async function remark(open: Open, visitor: Visitor, { field }: Form): Promise<HttpResult | { remark: Remark }> {
  const text = field('remark');
  try {
    await change(open, (state, now) => comment(state, signed(visitor), text, visitor.directory, now));
    return backTo(open);
  } catch (error) {
    if (!(error instanceof InvalidInput)) throw error;
    return { remark: { entered: { text, message: error.message } } };
  }
}
