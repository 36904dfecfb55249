/** The human tasks: what may be decided, what a decision needs, and what is asked beside it. */

import { InvalidInput } from './errors.ts';
import { checkEvidence, type GivenEvidence } from './evidence.ts';
import { errorsIn } from './form.ts';
import type { FormGroup } from './form-schema.ts';
import type { JsonObject } from './json.ts';

interface OutcomeRule {
  /** Whether it lets the work go on. */
  for: boolean;
  comment: 'required' | 'optional';
  /** The word on the button. */
  label: string;
}

interface TaskRule {
  title: string;
  outcomes: Record<string, OutcomeRule>;
  /** Words of AXP that mean this type. */
  also: readonly string[];
  /** What else is asked: a form of the agent's, or an answer to its question. */
  asks?: 'form' | 'answer';
  /** What a decision brings beside its comment: proof of what was done, or the person it goes on to. */
  takes?: 'evidence' | 'assignee';
}

export const taskTypes = {
  approval: {
    title: 'Approval',
    outcomes: {
      approved: { for: true, comment: 'optional', label: 'Approve' },
      rejected: { for: false, comment: 'required', label: 'Reject' },
    },
    also: [],
  },
  /** A fact of the real world, by somebody who looked. */
  confirmation: {
    title: 'Confirmation',
    outcomes: {
      confirmed: { for: true, comment: 'optional', label: 'Confirm' },
      denied: { for: false, comment: 'optional', label: 'Deny' },
    },
    also: ['validate_real_world'],
  },
  clarification: {
    title: 'Question',
    outcomes: { provided: { for: true, comment: 'optional', label: 'Send answer' } },
    also: [],
    asks: 'answer',
  },
  form: {
    title: 'Form',
    outcomes: { submitted: { for: true, comment: 'optional', label: 'Send form' } },
    also: ['provide_data'],
    asks: 'form',
  },
  /** Work that a person does outside, and shows to have done. */
  manual_action: {
    title: 'Manual action',
    outcomes: {
      completed: { for: true, comment: 'optional', label: 'Completed' },
      failed: { for: false, comment: 'required', label: 'Failed' },
    },
    also: ['attach_file'],
    takes: 'evidence',
  },
  /** Who takes it on: one person is asked at a time, and may pass it on; see rules/assignment.ts. */
  assignment: {
    title: 'Assignment',
    outcomes: {
      assigned: { for: true, comment: 'optional', label: 'Assign' },
      declined: { for: false, comment: 'optional', label: 'Decline' },
    },
    also: ['delegation', 'reroute', 'escalate'],
    takes: 'assignee',
  },
  /** Asked of operators: of a frozen intent, how it ends; see rules/override.ts. */
  override: {
    title: 'Takeover',
    outcomes: {
      override_approved: { for: true, comment: 'required', label: 'Take over' },
      rejected: { for: false, comment: 'required', label: 'Reject' },
    },
    also: [],
  },
} as const satisfies Record<string, TaskRule>;

export type TaskType = keyof typeof taskTypes;

export const taskRule = (type: TaskType): TaskRule => taskTypes[type];

/** The type that a word of ours or of AXP means. */
export const taskTypeOf = (word: string): TaskType | undefined =>
  (Object.keys(taskTypes) as TaskType[]).find((type) => type === word || taskRule(type).also.includes(word));

/** Longest comment that is kept, in characters. */
export const maxCommentLength = 2000;

export interface OutcomeChoice extends OutcomeRule {
  name: string;
}

/** The outcomes of a task type in the order they are offered. */
export const outcomesOf = (type: TaskType): OutcomeChoice[] =>
  Object.entries<OutcomeRule>(taskRule(type).outcomes).map(([name, rule]) => ({ name, ...rule }));

/** Whether a person can decide against it. */
export const isTwoSided = (type: TaskType): boolean => outcomesOf(type).some((outcome) => !outcome.for);

/** The form of a question: its answer, one of the choices where there are any. */
export const answerForm = (choices: readonly string[] | undefined): FormGroup => ({
  type: 'object',
  required: ['answer'],
  properties: {
    answer: {
      type: 'string',
      title: 'Answer',
      ...(choices ? { enum: [...choices] } : { maxLength: maxCommentLength }),
    },
  },
});

/**
 * Checks what a person chose against the task's rules; gives the cleaned comment, and the data where some is asked.
 * Throws InvalidInput naming the field; for data with all `fields` that are wrong, by place.
 */
export function checkDecision(
  task: {
    type: TaskType;
    outcomes: readonly string[];
    commentRequired: boolean;
    evidenceRequired?: boolean | undefined;
    asks?: FormGroup | undefined;
  },
  given: {
    outcome: string;
    comment?: string | undefined;
    data?: JsonObject | undefined;
    evidence?: GivenEvidence | undefined;
  },
): { choice: OutcomeChoice; comment: string; data?: JsonObject; evidence?: GivenEvidence } {
  const choice = outcomesOf(task.type).find((o) => o.name === given.outcome && task.outcomes.includes(o.name));
  if (!choice) throw new InvalidInput(`Choose one of: ${task.outcomes.join(', ')}.`, { field: 'outcome' });
  const comment = (given.comment ?? '').trim();
  if (comment.length > maxCommentLength)
    throw new InvalidInput(`A comment has at most ${maxCommentLength} characters.`, { field: 'comment' });
  if (comment === '' && (task.commentRequired || choice.comment === 'required'))
    throw new InvalidInput('Say why: a comment is needed.', { field: 'comment' });
  if (taskRule(task.type).takes === 'evidence') {
    const evidence = checkEvidence(given.evidence, choice.for && task.evidenceRequired !== false);
    return { choice, comment, ...(evidence ? { evidence } : {}) };
  }
  if (!task.asks || !choice.for) return { choice, comment };
  const data = given.data ?? {};
  const fields = errorsIn(task.asks, data);
  if (Object.keys(fields).length > 0) throw new InvalidInput('Look at the marked fields.', { field: 'data', fields });
  return { choice, comment, data };
}
