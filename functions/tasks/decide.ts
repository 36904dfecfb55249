/** A person's decision by the API: whichever door, one use case. */

import type { MediaRows } from '../../adapters/media-rows.ts';
import { perform } from '../../core/commit.ts';
import type { Directory } from '../../core/directory.ts';
import { Conflict, InvalidInput, NotFound } from '../../core/errors.ts';
import { dataOf } from '../../core/form.ts';
import type { IntentType } from '../../core/intent-type.ts';
import type { Head, IntentRef, IntentState, Task } from '../../core/model.ts';
import type { Context, Store } from '../../core/ports.ts';
import { type Decided, type DecisionGiven, decide } from '../../core/rules/decide.ts';
import { isTwoSided, outcomesOf } from '../../core/tasks.ts';
import type { TaskResult } from '../../wire/tasks.ts';
import type { Caller, Person } from './caller.ts';
import { evidenceOf } from './evidence.ts';
import { notItsOwn } from './own.ts';

export interface Ports {
  store: Store;
  context: () => Context;
  typeOf: (head: Head) => IntentType | undefined;
  files: Pick<MediaRows, 'findMedia'>;
}

/** What a door gives: an outcome, or which side of a two-sided task is meant. */
export type Given = { result: TaskResult } | { side: 'for' | 'against'; comment?: string | undefined };

export interface Asked {
  ref: IntentRef;
  /** The task that is meant; else the intent's one open task. */
  taskId?: string | undefined;
  /**
   * Of what the person was shown; default: what is stored, for clients whose protocol has no such field. Where an intent was
   * revised, its name alone does not say which revision they saw: then this is needed, or the task.
   */
  planHash?: string | undefined;
}

/** Throws NotFound, PolicyDenied, Conflict (`plan_hash_needed` and what `decide` throws), InvalidInput (`outcome` and what `decide` throws). */
export async function decideAs(
  { store, context, typeOf, files }: Ports,
  directory: Directory,
  caller: Caller,
  person: Person,
  { ref, taskId, planHash }: Asked,
  given: Given,
): Promise<Decided & { task: Task; state: IntentState }> {
  let on: IntentState | undefined;
  const shown = await evidenceOf(files, ref, 'side' in given ? undefined : given.result.evidence);
  const decided = await perform(store, ref, { request: true }, context, (state, now) => {
    const type = state && typeOf(state.head);
    if (!type) throw new NotFound('intent');
    on = state;
    notItsOwn(state, caller);
    const { task } = state;
    if (!task || (taskId !== undefined && taskId !== task.taskId)) throw noTask(state, taskId);
    if (task.status === 'open' && task.revision > 1 && taskId === undefined && planHash === undefined)
      throw new Conflict('plan_hash_needed', 'This has been changed: send the plan_hash of what you saw.');
    const door = { by: 'person', id: person.id, via: person.via } as const;
    const evidence = shown({ taskId: task.taskId, personId: person.id });
    const asked = { ...outcomeOf(task, given), evidence, subjectHash: planHash ?? task.subjectHash };
    return decide(state, door, asked, type, directory, now);
  });
  return { ...decided, task: on?.task as Task, state: on as IntentState };
}

const noTask = ({ head }: IntentState, taskId: string | undefined) =>
  taskId === undefined
    ? new Conflict('not_waiting_for_human', `Nobody is asked: the intent is ${head.status}.`)
    : new NotFound('task');

/** The outcome with what was said to it, and the data as the task's form has it. */
function outcomeOf(task: Task, given: Given): Omit<DecisionGiven, 'subjectHash'> {
  if ('side' in given) return { outcome: sideOf(task, given.side), comment: given.comment };
  const { outcome, reason_code: reason, comment, data, evidence: _, assignee, ...rest } = given.result;
  const said = { outcome, reason, comment, assignee };
  // A form may ask for something of that name.
  const beside = task.asks && assignee !== undefined ? { ...rest, assignee } : rest;
  if (!task.asks) {
    const [unknown] = Object.keys({ ...data, ...beside });
    if (unknown !== undefined) throw new InvalidInput('This task asks for no data.', { field: `data.${unknown}` });
    return said;
  }
  return { ...said, data: data ?? dataOf(task.asks, (name) => textsAt(beside, name)) };
}

/** Texts beside the outcome are named by the last part of their place. */
const textsAt = (beside: Record<string, unknown>, name: string): string[] => {
  const text = beside[name.slice(name.lastIndexOf('/') + 1)];
  return typeof text === 'string' ? [text] : [];
};

/** Approve or reject, in the words of the task's type. Throws InvalidInput for a task without two sides. */
function sideOf(task: Task, side: 'for' | 'against'): string {
  const found = outcomesOf(task.type).find((o) => o.for === (side === 'for') && task.outcomes.includes(o.name));
  if (!found || !isTwoSided(task.type))
    throw new InvalidInput(`A ${task.type} is answered with: ${task.outcomes.join(', ')}.`, { field: 'outcome' });
  return found.name;
}
