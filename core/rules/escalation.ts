/** Whom a task escalates to: people of the directory; never the requester, nor who is asked or has decided already. */

import type { Directory, Person } from '../directory.ts';
import type { Approver, IntentState, Task } from '../model.ts';
import { person, type Recordable } from '../personal.ts';
import type { LevelSource } from '../service-level.ts';
import { neededIn, pendingIn } from './steps.ts';

export interface Target {
  to?: string | undefined;
  how: 'adds' | 'replaces';
  from?: LevelSource | undefined;
}

/** All approvers of a task are mailed by rows of one transaction, which holds 100 items. */
const maxAsked = 50;

/** Where no target is named: the first of these that finds somebody. */
const inTurn = ['manager', 'backup', 'role'] as const;

export const isName = (to: string): boolean => !(inTurn as readonly string[]).includes(to);

/** A name may be a person's. */
export const recordedTo = (to: string): Recordable => (isName(to) ? person(to) : to);

/** Whom a word or a name means, for a task that asks these people. */
export function peopleOf(to: string, role: string, asked: readonly Person[], directory: Directory): Person[] {
  if (to === 'role') return directory.withRole(role);
  if (to === 'manager' || to === 'backup') return asked.flatMap((one) => directory.find(one[to] ?? '') ?? []);
  const named = directory.find(to);
  return named ? [named] : directory.withRole(to);
}

/** Where a policy asks for a role, an agent's wish brings in nobody who doesn't hold it. */
export const mayStandIn =
  ({ from }: Pick<Target, 'from'>, { plan }: IntentState, role: string) =>
  ({ roles }: Person): boolean =>
    from !== 'intent' || plan === undefined || roles.includes(role);

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
  about: readonly Approver[] = pendingIn(state.task),
): Escalated {
  const { task, head } = state;
  const asked = about.flatMap(({ id }) => directory.find(id) ?? []);
  const requester = head.onBehalfOf === undefined ? undefined : directory.find(head.onBehalfOf)?.id;
  const never = new Set([requester, ...task.votes.map(({ by }) => by.id), ...task.approvers.map(({ id }) => id)]);
  const may = mayStandIn(target, state, task.role);
  const turns = (target.to === undefined ? inTurn : [target.to]).map((to) => ({
    to,
    people: peopleOf(to, task.role, asked, directory).filter((one) => !never.has(one.id) && may(one)),
  }));
  const found = turns.find(({ people }) => people.length > 0);
  const room = maxAsked - task.approvers.length;
  if (!found || room <= 0) return { task, added: [], replaced: [] };

  const unique = [...new Map(found.people.map((one) => [one.id, one])).values()].slice(0, room);
  const added = unique.map((one) => approverOf(one, found.to, directory));
  const needed = neededIn(task);
  const stay = task.approvers.filter((one) => !about.includes(one));
  const replaces = target.how === 'replaces' && enough(task, stay.length + added.length);
  const approvers = [...(replaces ? stay : task.approvers), ...added];
  return {
    task: { ...task, approvers, needed: Math.min(needed, approvers.length) },
    added,
    replaced: replaces ? [...about] : [],
    to: found.to,
  };
}

const enough = ({ chain, step }: Task, people: number): boolean => {
  const need = chain.steps[step]?.need ?? 1;
  return need === 'all' || people >= need;
};

/** Asked by name; or because of a role, and only while holding it. */
function approverOf({ id, name, mail }: Person, to: string, directory: Directory): Approver {
  if (to === 'role') return { id, name, mail, as: 'role' };
  const named = !isName(to) || directory.find(to) !== undefined;
  return named ? { id, name, mail, as: 'named' } : { id, name, mail, as: 'role', role: to };
}
