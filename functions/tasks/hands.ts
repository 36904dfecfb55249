/** A task changes hands, or gets a remark, by API. */

import { context } from '../../adapters/lambda/context.ts';
import { json } from '../../adapters/lambda/http.ts';
import type { Change, Done } from '../../core/commit.ts';
import { perform } from '../../core/commit.ts';
import { PolicyDenied } from '../../core/errors.ts';
import type { IntentRef, IntentState } from '../../core/model.ts';
import type { Context } from '../../core/ports.ts';
import { comment } from '../../core/rules/comment.ts';
import { type Asker, reassign, recall, takeBack, takeOver } from '../../core/rules/delegate.ts';
import { commentTask, handOver, withNote } from '../../wire/tasks.ts';
import { bodyAs, type Call, taskIdOf } from './call.ts';
import { refOfTask } from './lists.ts';
import { store } from './ports.ts';

type Rule<R> = (state: IntentState | undefined, now: Context) => Change<R> | Done<R>;

/** Only of the task that is named: an intent may ask anew. */
const change = <R>(ref: IntentRef, taskId: string, rule: Rule<R>): Promise<R> =>
  perform(store, ref, { request: true }, context, (state, now) =>
    rule(state?.task?.taskId === taskId ? state : undefined, now),
  );

const signed = ({ id, via }: { id: string; via: string }) => ({ by: 'person', id, via }) as const;

/** `delegate` and `reassign`: whoever is asked hands it over. */
export async function handOn({ event, caller, person, directory }: Call) {
  const { to, note = '' } = bodyAs(handOver, event);
  const taskId = taskIdOf(event);
  const ref = await refOfTask(caller, taskId);
  const done = await change(ref, taskId, (state, now) => reassign(state, signed(person), { to, note }, directory, now));
  return json(200, { ok: true, task_id: taskId, ...done });
}

/** By an administrator. */
export async function take({ event, caller, person, directory }: Call) {
  const { note = '' } = bodyAs(withNote, event);
  const taskId = taskIdOf(event);
  const ref = await refOfTask(caller, taskId);
  const done = await change(ref, taskId, (state, now) => takeOver(state, signed(person), note, directory, now));
  return json(200, { ok: true, task_id: taskId, ...done });
}

export async function remark({ event, caller, person, directory }: Call) {
  const { comment: words } = bodyAs(commentTask, event);
  const taskId = taskIdOf(event);
  const ref = await refOfTask(caller, taskId);
  const done = await change(ref, taskId, (state, now) => comment(state, person, words, directory, now));
  return json(200, { ok: true, task_id: taskId, ...done });
}

/** Whoever handed it over takes it back; whoever asked, the agent or the person it acts for, withdraws the question. */
export async function callBack({ event, caller, directory }: Omit<Call, 'person'>) {
  const { note = '' } = bodyAs(withNote, event);
  const taskId = taskIdOf(event);
  const ref = await refOfTask(caller, taskId);
  const { person, key } = caller;
  if (person) {
    try {
      const back = await change(ref, taskId, (state, now) => takeBack(state, signed(person), directory, now));
      return json(200, { ok: true, task_id: taskId, ...back });
    } catch (error) {
      // They have handed nothing over; then the question may be theirs.
      if (!(error instanceof PolicyDenied)) throw error;
    }
  }
  const asker: Asker = person ? signed(person) : { by: 'agent', address: key?.agent ?? '' };
  const done = await change(ref, taskId, (state, now) => recall(state, asker, note, directory, now));
  return json(200, { ok: true, task_id: taskId, ...done });
}
