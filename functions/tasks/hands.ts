/** A task changes hands, or gets a remark, by API. */

import { context } from '../../adapters/lambda/context.ts';
import { bodyAs, json } from '../../adapters/lambda/http.ts';
import type { Change, Done } from '../../core/commit.ts';
import { perform } from '../../core/commit.ts';
import type { IntentState } from '../../core/model.ts';
import type { Context } from '../../core/ports.ts';
import { comment } from '../../core/rules/comment.ts';
import { reassign, takeOver } from '../../core/rules/delegate.ts';
import { commentTask, handOver, withNote } from '../../wire/tasks.ts';
import { type Call, taskIdOf, tenantIn } from './call.ts';
import { refOfTask } from './lists.ts';
import { calledBack, notItsOwn } from './own.ts';
import { store } from './ports.ts';

type Asked = Omit<Call, 'person'>;
type Rule<R> = (state: IntentState | undefined, now: Context) => Change<R> | Done<R>;

/** Only of the task that is named: an intent may ask anew. */
async function change<R extends object>({ event, caller }: Asked, rule: Rule<R>) {
  const taskId = taskIdOf(event);
  const ref = await refOfTask(caller, taskId, tenantIn(event));
  const done = await perform(store, ref, { request: true }, context, (state, now) =>
    rule(state?.task?.taskId === taskId ? state : undefined, now),
  );
  return json(200, { ok: true, task_id: taskId, ...done });
}

/** By a person; never by the key of the agent that asked. */
const changeAsPerson = <R extends object>(call: Call, rule: Rule<R>) =>
  change(call, (state, now) => {
    notItsOwn(state, call.caller);
    return rule(state, now);
  });

const signed = ({ person: { id, via } }: Call) => ({ by: 'person', id, via }) as const;

/** `delegate` and `reassign`: whoever is asked hands it over. */
export async function handOn(call: Call) {
  const { to, note = '' } = bodyAs(handOver, call.event);
  return changeAsPerson(call, (state, now) => reassign(state, signed(call), { to, note }, call.directory, now));
}

/** By an administrator. */
export async function take(call: Call) {
  const { note = '' } = bodyAs(withNote, call.event);
  return changeAsPerson(call, (state, now) => takeOver(state, signed(call), note, call.directory, now));
}

export async function remark(call: Call) {
  const { comment: words } = bodyAs(commentTask, call.event);
  return changeAsPerson(call, (state, now) => comment(state, call.person, words, call.directory, now));
}

/** Whoever handed it over takes it back; whoever asked withdraws the question. */
export async function callBack(call: Asked) {
  const { note = '' } = bodyAs(withNote, call.event);
  return change(call, (state, now) => calledBack(state, call.caller, note, call.directory, now));
}
