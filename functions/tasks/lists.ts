/** A person's tasks: in the key's tenant where there is a key, else in all. */

import { type TasksAsked, tasksOf } from '../../adapters/asked.ts';
import type { Directory } from '../../core/directory.ts';
import { NotFound } from '../../core/errors.ts';
import type { IntentRef, IntentState, Task } from '../../core/model.ts';
import { isStepTask } from '../../core/procedure.ts';
import { isAsked } from '../../core/rules/part.ts';
import { voteOf } from '../../core/rules/steps.ts';
import type { Caller, Person } from './caller.ts';
import { client, store, tables } from './ports.ts';

type WithTask = IntentState & { task: Task };

const index = { client, table: tables.intents };

/** One page; the index follows the tables after a moment, so what a row says is read again. */
export async function listTasks(
  { key }: Caller,
  person: Person,
  directory: Directory,
  { is, limit, cursor }: Pick<TasksAsked<'open' | 'done'>, 'is' | 'limit' | 'cursor'>,
): Promise<{ tasks: WithTask[]; cursor?: string }> {
  const page = await tasksOf(index, person.id, {
    is,
    limit,
    cursor,
    only: key && ((row) => row.tenant === key.tenant),
  });
  const states = await Promise.all(page.rows.map((row) => withTask(row, row.taskId).catch(() => undefined)));
  const tasks = states.filter((state) => state !== undefined).filter((state) => concerns(state, person, directory, is));
  return { tasks, ...(page.cursor === undefined ? {} : { cursor: page.cursor }) };
}

function concerns(state: WithTask, { id }: Person, directory: Directory, is: 'open' | 'done'): boolean {
  const { task } = state;
  if (is === 'done') return voteOf(task, id) !== undefined;
  const person = directory.find(id);
  return person !== undefined && task.status === 'open' && !voteOf(task, id) && isAsked(state, person, directory);
}

/** The state with this task as its present one. Throws NotFound. */
export async function withTask(ref: IntentRef, taskId: string): Promise<WithTask> {
  const state = await store.load(ref, { request: true, ...(isStepTask(taskId) ? { taskId } : {}) });
  if (state?.task?.taskId !== taskId) throw new NotFound('task');
  return state as WithTask;
}

/**
 * Where a task is: in the key's tenant; by a session alone in the tenant that is named, else where this person is asked or
 * has decided. Throws NotFound.
 */
export async function refOfTask(
  { key, person }: Caller,
  taskId: string,
  tenant: string | undefined,
): Promise<IntentRef> {
  const intentId = taskId.slice(0, taskId.lastIndexOf('.'));
  if (key && tenant !== undefined && tenant !== key.tenant) throw new NotFound('task');
  const named = key?.tenant ?? tenant;
  if (named !== undefined) return { tenant: named, intentId };
  for (const is of ['open', 'done'] as const) {
    const { rows } = await tasksOf(index, person?.id ?? '', { is, limit: 1, only: (row) => row.taskId === taskId });
    if (rows[0]) return { tenant: rows[0].tenant, intentId };
  }
  throw new NotFound('task');
}
