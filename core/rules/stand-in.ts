/** Out of office while a task is open: whoever stands in is asked from the next rung on. */

import { approverOf, type Directory, isAway } from '../directory.ts';
import { mayDecide } from '../eligible.ts';
import type { Approver, IntentState, Task } from '../model.ts';
import { neededIn, pendingIn, questionOf } from './steps.ts';

export interface StoodIn {
  task: Task;
  /** Who is asked now, and was not before. */
  added: Approver[];
  /** Who is out of office, and asked no more. */
  absent: Approver[];
}

/**
 * Each of those who have not decided and are out of office is stood in for, where somebody may and has not decided yet. Where
 * the stand-in is asked anyway, one fewer is asked if enough are left; else the absent person stays.
 */
export function standIn(state: IntentState & { task: Task }, directory: Directory, now: string): StoodIn {
  const voted = new Set(state.task.votes.map(({ by }) => by.id));
  return pendingIn(state.task).reduce<StoodIn>(
    ({ task, added, absent }, one) => {
      const person = directory.find(one.id);
      const question = questionOf({ ...state, task }, one);
      const other =
        person && isAway(person, now)
          ? directory.standInFor(person, now, (next) => !voted.has(next.id) && mayDecide(next, question, directory))
          : undefined;
      const there = other && task.approvers.find(({ id }) => id === other.id);
      if (!other || other.id === one.id || (there && task.approvers.length <= neededIn(task)))
        return { task, added, absent };
      const { id, name, as, role } = one;
      const asked: Approver = {
        ...(there ?? approverOf(other, { as, ...(role === undefined ? {} : { role }) })),
        for: there?.for ?? { id, name, because: 'away', ...(there ? { also: true } : {}) },
      };
      const others = task.approvers.filter((each) => each !== there);
      const approvers = there
        ? [...others.filter((each) => each !== one), asked]
        : others.map((each) => (each === one ? asked : each));
      return { task: { ...task, approvers }, added: there ? added : [...added, asked], absent: [...absent, one] };
    },
    { task: state.task, added: [], absent: [] },
  );
}
