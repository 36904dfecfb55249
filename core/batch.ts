/** Which tasks a person may decide together: where little depends on each, and nothing but yes or no is asked. */

import type { Change, Done } from './commit.ts';
import type { Directory } from './directory.ts';
import { Conflict } from './errors.ts';
import type { IntentType } from './intent-type.ts';
import type { IntentState, Task } from './model.ts';
import type { Context } from './ports.ts';
import { type Decided, type DecisionGiven, type Door, decide } from './rules/decide.ts';
import type { Shown } from './shown.ts';
import { outcomesOf, type Reasons, type TaskType } from './tasks.ts';

/** Types whose page asks for a yes or a no, and at the most for a comment. */
const alike: ReadonlySet<TaskType> = new Set(['approval', 'confirmation']);

/** Tasks at once: as many as a page lists. */
export const maxBatch = 25;

/** What a list knows of a task is enough to say. */
export const mayBeInBatch = ({ type, risk }: Pick<Task, 'type' | 'risk'>): boolean => risk === 'low' && alike.has(type);

/** Outcomes that all of them allow, in the order they are offered. */
export function sharedOutcomes(tasks: readonly Pick<Task, 'type' | 'outcomes'>[]) {
  const [first] = tasks;
  if (!first) return [];
  return outcomesOf(first.type).filter(({ name }) => tasks.every(({ outcomes }) => outcomes.includes(name)));
}

/** The reasons of an outcome that all of them have. */
export function sharedReasons(tasks: readonly Pick<Shown, 'reasons'>[], outcome: string): Reasons {
  const [first, ...others] = tasks.map(({ reasons }) => reasons[outcome] ?? {});
  const all = Object.entries(first ?? {}).filter(([code]) => others.every((one) => Object.hasOwn(one, code)));
  return Object.fromEntries(all);
}

/** One task of a batch. Throws Conflict `one_by_one` where it may be in none, else what `decide` throws. */
export function decideInBatch(
  state: IntentState | undefined,
  door: Door,
  given: DecisionGiven,
  type: IntentType,
  directory: Directory,
  context: Context,
): Change<Decided> | Done<Decided> {
  if (state?.task && !mayBeInBatch(state.task))
    throw new Conflict('one_by_one', 'This is decided on a page of its own.');
  return decide(state, door, given, type, directory, context);
}
