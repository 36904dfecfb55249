/** The human tasks: what may be decided and what a decision needs. */

import { InvalidInput } from './errors.ts';

interface OutcomeRule {
  /** Whether it lets the work go on. */
  for: boolean;
  comment: 'required' | 'optional';
  /** The word on the button. */
  label: string;
}

export const taskTypes = {
  approval: {
    title: 'Approval',
    outcomes: {
      approved: { for: true, comment: 'optional', label: 'Approve' },
      rejected: { for: false, comment: 'required', label: 'Reject' },
    },
  },
} as const satisfies Record<string, { title: string; outcomes: Record<string, OutcomeRule> }>;

export type TaskType = keyof typeof taskTypes;

/** Longest comment that is kept, in characters. */
export const maxCommentLength = 2000;

export interface OutcomeChoice extends OutcomeRule {
  name: string;
}

/** The outcomes of a task type in the order they are offered. */
export const outcomesOf = (type: TaskType): OutcomeChoice[] =>
  Object.entries<OutcomeRule>(taskTypes[type].outcomes).map(([name, rule]) => ({ name, ...rule }));

/**
 * Checks what a person chose against the task's rules; gives the cleaned comment.
 * Throws InvalidInput naming the field.
 */
export function checkDecision(
  task: { type: TaskType; outcomes: readonly string[]; commentRequired: boolean },
  given: { outcome: string; comment?: string | undefined },
): { choice: OutcomeChoice; comment: string } {
  const choice = outcomesOf(task.type).find((o) => o.name === given.outcome && task.outcomes.includes(o.name));
  if (!choice) throw new InvalidInput(`Choose one of: ${task.outcomes.join(', ')}.`, { field: 'outcome' });
  const comment = (given.comment ?? '').trim();
  if (comment.length > maxCommentLength)
    throw new InvalidInput(`A comment has at most ${maxCommentLength} characters.`, { field: 'comment' });
  if (comment === '' && (task.commentRequired || choice.comment === 'required'))
    throw new InvalidInput('Say why: a comment is needed.', { field: 'comment' });
  return { choice, comment };
}
