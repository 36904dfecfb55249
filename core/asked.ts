/**
 * Whom a task asks, by person: what an inbox lists. Derived from a task before and after a commit, where every commit is
 * sealed, so that no rule that asks, decides, hands over or ends can forget it.
 */

import { isTerminal } from './lifecycle.ts';
import type { Decision, Head, IntentState, StoredPlan, Task } from './model.ts';
import type { RiskCategory } from './plan.ts';
import { deadlineOf } from './rules/common.ts';
import { pendingIn } from './rules/steps.ts';
import type { TaskType } from './tasks.ts';
import { shortened } from './text.ts';

/** One person's part in one task. */
interface Part {
  personId: string;
  taskId: string;
}

/** Enough to list a task without reading it. */
interface Summary extends Part {
  taskType: TaskType;
  /** The intent's type. */
  type: string;
  /** Of the agent, as the texts are; cut. */
  from: string;
  /** What stands first: a plan's own objective, else the task's title. */
  title: string;
  /** What is said below it. */
  about: string;
  risk: RiskCategory;
}

/** `over`: they were asked, and somebody else decided, or nobody. */
export type Asked =
  | (Summary & { is: 'open'; deadline: string; remindAt?: string })
  | (Summary & { is: 'done'; outcome: string; decidedAt: string })
  | (Part & { is: 'over' });

export type AskedOpen = Extract<Asked, { is: 'open' }>;
export type AskedDone = Extract<Asked, { is: 'done' }>;

/** What asks: the intent with its present task. */
type Asking = { head: Head; task?: Task | undefined; plan?: StoredPlan | undefined };

/** Longest title and text of a row, characters: so most rows stay under 1 KB, one write unit. */
const maxTitleLength = 120;
const maxAboutLength = 160;

/** The rows that a commit changes. */
export function askedBy(before: IntentState | undefined, after: Asking): Asked[] {
  const was = before ? openRows(before) : new Map<string, AskedOpen>();
  const now = openRows(after);
  const begun = [...now].filter(([key, row]) => JSON.stringify(row) !== JSON.stringify(was.get(key)));
  const done = newVotes(before?.task, after.task).map((vote) => doneRow(after, vote));
  const concerned = new Set([...now.keys(), ...done.map(keyOf)]);
  const over = [...was.values()]
    .filter((row) => !concerned.has(keyOf(row)))
    .map(({ personId, taskId }): Asked => ({ is: 'over', personId, taskId }));
  return [...begun.map(([, row]) => row), ...done, ...over];
}

const keyOf = ({ taskId, personId }: Part): string => `${taskId}#${personId}`;

function openRows(state: Asking): Map<string, AskedOpen> {
  const { head, task } = state;
  if (task?.status !== 'open' || isTerminal(head.status)) return new Map();
  const reminder = task.ladder.find((rung) => rung.do === 'remind');
  return new Map(
    pendingIn(task).map(({ id }) => {
      const row: AskedOpen = {
        ...summaryOf(state, task, id),
        is: 'open',
        deadline: deadlineOf(task),
        ...(reminder ? { remindAt: reminder.at } : {}),
      };
      return [keyOf(row), row];
    }),
  );
}

const newVotes = (before: Task | undefined, after: Task | undefined): Decision[] => {
  const known = before?.taskId === after?.taskId ? (before?.votes ?? []) : [];
  return (after?.votes ?? []).filter((vote) => !known.some(({ by, at }) => by.id === vote.by.id && at === vote.at));
};

const doneRow = (state: Asking, { by, outcome, at }: Decision): AskedDone => ({
  ...summaryOf(state, state.task as Task, by.id),
  is: 'done',
  outcome,
  decidedAt: at,
});

function summaryOf({ head, plan }: Asking, task: Task, personId: string): Summary {
  const [title, about] = plan ? [plan.plan.objective, task.title] : [task.title, task.description];
  return {
    personId,
    taskId: task.taskId,
    taskType: task.type,
    type: head.type,
    from: head.from,
    title: shortened(title, maxTitleLength),
    about: shortened(about, maxAboutLength),
    risk: task.risk,
  };
}
