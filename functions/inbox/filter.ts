/** What a list shows of a person's tasks, as its address says. */

import type { Asked } from '../../core/asked.ts';
import { riskCategories } from '../../core/plan.ts';
import { type TaskType, taskTypes } from '../../core/tasks.ts';
import type { Filter } from '../../pages/inbox.ts';

/** Longest search that is looked for, characters. */
const maxSearchLength = 200;

const oneOf = <T extends string>(words: readonly T[], given: string | null): T | undefined =>
  words.find((word) => word === given);

/** What is no filter is left out: an address that somebody cut still shows a list. */
export function filterOf(query: URLSearchParams): Filter {
  const type = oneOf(Object.keys(taskTypes) as TaskType[], query.get('type'));
  const risk = oneOf(riskCategories, query.get('risk'));
  const search = (query.get('q') ?? '').trim().slice(0, maxSearchLength);
  return {
    ...(type ? { type } : {}),
    ...(risk ? { risk } : {}),
    ...(query.get('overdue') === 'yes' ? { overdue: true as const } : {}),
    ...(search === '' ? {} : { search }),
  };
}

type Row = Exclude<Asked, { is: 'over' }>;

/** Its first reminder, or where it has none its deadline, has passed. */
export const isOverdue = (row: Row, now: string): boolean =>
  row.is === 'open' && Date.parse(row.remindAt ?? row.deadline) <= Date.parse(now);

/** Whether a row is shown; nothing where all are. Every word of a search stands in the title, the text, the agent or the type. */
export function matcherOf({ type, risk, overdue, search }: Filter, now: string): ((row: Row) => boolean) | undefined {
  const words = (search ?? '').toLowerCase().split(/\s+/).filter(Boolean);
  if (!type && !risk && !overdue && words.length === 0) return undefined;
  return (row) => {
    const text = [row.title, row.about, row.from, row.type].join('\n').toLowerCase();
    return (
      (!type || row.taskType === type) &&
      (!risk || row.risk === risk) &&
      (!overdue || isOverdue(row, now)) &&
      words.every((word) => text.includes(word))
    );
  };
}
