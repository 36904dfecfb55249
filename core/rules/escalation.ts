/** Whom a task escalates to: people of the directory; never the requester, nor who is asked or has decided already. */

import type { Asks } from '../chain.ts';
import { type AskedAs, type Directory, maxAsked, type Person, withStandIns } from '../directory.ts';
import { mayDecide } from '../eligible.ts';
import type { Approver, Head, IntentState, Task } from '../model.ts';
import { person, type Recordable } from '../personal.ts';
import { neededIn, outcomesFor, pendingIn, questionOf, stepOf, votesIn } from './steps.ts';

export interface Target {
  to?: string | undefined;
  how: 'adds' | 'replaces';
  /** An agent's wish brings in nobody who doesn't hold the role that the step asks. */
  roleNeeded?: true;
}

/** Where no target is named: the first of these that finds somebody. */
const inTurn = ['manager', 'backup', 'role'] as const;

export const isName = (to: string): boolean => !(inTurn as readonly string[]).includes(to);

/** A name may be a person's. */
export const recordedTo = (to: string): Recordable => (isName(to) ? person(to) : to);

/** Whom a word or a name means, for a step that asks these people. */
export function peopleOf(to: string, step: Asks, asked: readonly Person[], directory: Directory): Person[] {
  if (to === 'role') return 'role' in step ? directory.withRole(step.role) : [];
  if (to === 'manager') return asked.flatMap((one) => directory.managerOf(one) ?? []);
  if (to === 'backup') return asked.flatMap((one) => directory.backupOf(one) ?? []);
  const named = directory.find(to);
  return named ? [named] : directory.withRole(to);
}

/** Asked by name; or because of a role, and only while holding it. */
function askedAs(to: string, { roleNeeded }: Pick<Target, 'roleNeeded'>, directory: Directory): AskedAs {
  if (roleNeeded || to === 'role') return { as: 'role' };
  return !isName(to) || directory.find(to) ? { as: 'named' } : { as: 'role', role: to };
}

/** Whether a target's people may decide the step: as whoever is asked must, whichever way they come to be. */
export function mayBeAsked(
  target: Pick<Target, 'to' | 'roleNeeded'>,
  asking: { head: Head; task: Pick<Task, 'chain' | 'step' | 'requester'> },
  directory: Directory,
): (person: Person) => boolean {
  const { to = 'role', roleNeeded } = target;
  if (roleNeeded && !('role' in stepOf(asking.task))) return () => false;
  const question = questionOf(asking, askedAs(to, target, directory));
  return (one) => mayDecide(one, question, directory);
}

export interface Escalated {
  task: Task;
  added: Approver[];
  replaced: Approver[];
  /** The word or name that found them. */
  to?: string;
}

/**
 * The task with more people, or others, asked. `about`: whom it is taken from. Who decided stays; what is needed stays
 * too, unless fewer are left to give it. Where too few would be left, nobody is replaced. Nobody found: the same task.
 */
export function escalateTask(
  state: IntentState & { task: Task },
  target: Target,
  directory: Directory,
  now: string,
  about: readonly Approver[] = pendingIn(state.task),
): Escalated {
  const { task } = state;
  const turns = target.to === undefined ? inTurn : [target.to];
  const found = turns
    .map((to) => ({ to, people: newIn(state, { ...target, to }, directory, now, about) }))
    .find(({ people }) => people.length > 0);
  const added = found?.people.slice(0, Math.max(0, maxAsked - task.approvers.length)) ?? [];
  if (!found || added.length === 0) return { task, added, replaced: [] };

  const needed = neededIn(task);
  const stay = task.approvers.filter((one) => !about.includes(one));
  // Who has decided against it gives nothing of what is needed.
  const isFor = outcomesFor(task.type);
  const against = votesIn(task).filter((vote) => !isFor.has(vote.outcome)).length;
  const replaces = target.how === 'replaces' && stay.length - against + added.length >= needed;
  const approvers = [...(replaces ? stay : task.approvers), ...added];
  return {
    task: { ...task, approvers, needed: Math.min(needed, approvers.length) },
    added,
    replaced: replaces ? [...about] : [],
    to: found.to,
  };
}

/** Whom a target means and who has no part in the task yet; who is out of office is stood in for. */
function newIn(
  state: IntentState & { task: Task },
  target: Target & { to: string },
  directory: Directory,
  now: string,
  about: readonly Approver[],
): Approver[] {
  const { task } = state;
  const asked = about.flatMap(({ id }) => directory.find(id) ?? []);
  // Whoever is stood in for, or has handed it over, has somebody in their place.
  const known = [
    ...task.votes.map(({ by }) => by),
    ...task.approvers,
    ...task.approvers.flatMap((one) => one.for ?? []),
  ];
  const never = new Set(known.map(({ id }) => id));
  const mayDecideIt = mayBeAsked(target, state, directory);
  const may = (one: Person) => !never.has(one.id) && mayDecideIt(one);
  const people = new Set(peopleOf(target.to, stepOf(task), asked, directory).filter(may));
  return withStandIns([...people], askedAs(target.to, target, directory), directory, { now }, may);
}
