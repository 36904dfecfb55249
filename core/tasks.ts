/** The human tasks: what may be decided, what a decision needs, and what is asked beside it. */

import { InvalidInput } from './errors.ts';
import { checkEvidence, type GivenEvidence } from './evidence.ts';
import { errorsIn } from './form.ts';
import type { FormGroup } from './form-schema.ts';
import type { JsonObject } from './json.ts';
import { defaultEscalation, type ServiceLevel } from './service-level.ts';
import { exceeds } from './text.ts';

/** Why somebody decided as they did: codes (snake_case) with words for people. The free comment stands beside it. */
export type Reasons = Readonly<Record<string, string>>;

/** The code of a decision that came by a door whose protocol has none. */
export const unspecified = 'unspecified';

interface OutcomeRule {
  /** Whether it lets the work go on. */
  for: boolean;
  /** It decides nothing yet: the agent changes what it asks, and people are asked again. */
  returns?: true;
  /** `asked`: needed, but by the doors of AXP, where a comment is needed only if the task says so. */
  comment: 'required' | 'asked' | 'optional';
  /** The word on the button. */
  label: string;
  reasons: Reasons;
}

interface TaskRule {
  title: string;
  outcomes: Record<string, OutcomeRule>;
  /** Words of AXP that mean this type. */
  also: readonly string[];
  /** What else is asked: a form of the agent's, or an answer to its question. */
  asks?: 'form' | 'answer';
  /** Goes before the default service level. */
  level?: ServiceLevel;
  /** What a decision brings beside its comment: proof of what was done, or the person it goes on to. */
  takes?: 'evidence' | 'assignee';
}

const other = { other: 'Something else' };
const good = { as_expected: 'As expected', checked_evidence: 'Evidence checked', exception: 'An exception, this once' };
const bad = {
  wrong_amount: 'Wrong amount',
  not_enough_evidence: 'Not enough evidence',
  against_policy: 'Against policy',
  duplicate: 'Done or asked for before',
  not_needed: 'Not needed',
};
const known = { known_first_hand: 'I know it first-hand', looked_up: 'I looked it up', best_guess: 'My best guess' };

const approved = { for: true, comment: 'optional', label: 'Approve', reasons: { ...good, ...other } } as const;
const rejected = { for: false, comment: 'asked', label: 'Reject', reasons: { ...bad, ...other } } as const;

export const taskTypes = {
  approval: {
    title: 'Approval',
    outcomes: { approved, rejected },
    also: [],
  },
  /** An approval that the agent may have to change its request for. */
  review: {
    title: 'Review',
    outcomes: {
      approved,
      changes_requested: {
        for: false,
        returns: true,
        comment: 'required',
        label: 'Ask for changes',
        reasons: {
          wrong_facts: 'Facts are wrong',
          wrong_amount: 'Wrong amount',
          incomplete: 'Something is missing',
          unclear: 'Not clear enough',
          ...other,
        },
      },
      rejected,
    },
    also: ['validate_output'],
  },
  /** A fact of the real world, by somebody who looked. */
  confirmation: {
    title: 'Confirmation',
    outcomes: {
      confirmed: {
        for: true,
        comment: 'optional',
        label: 'Confirm',
        reasons: { seen_myself: 'I saw it myself', told_by_others: 'Somebody who saw it told me', ...other },
      },
      denied: {
        for: false,
        comment: 'optional',
        label: 'Deny',
        reasons: { not_so: 'It is not so', not_yet: 'Not yet', cannot_tell: 'I cannot tell', ...other },
      },
    },
    also: ['validate_real_world'],
  },
  clarification: {
    title: 'Question',
    outcomes: { provided: { for: true, comment: 'optional', label: 'Send answer', reasons: { ...known, ...other } } },
    also: [],
    asks: 'answer',
    // Who knows the answer is a colleague rather than a superior.
    level: { escalate: [{ ...defaultEscalation, to: 'role' }] },
  },
  form: {
    title: 'Form',
    outcomes: { submitted: { for: true, comment: 'optional', label: 'Send form', reasons: { ...known, ...other } } },
    also: ['provide_data'],
    asks: 'form',
  },
  /** Work that a person does outside, and shows to have done. */
  manual_action: {
    title: 'Manual action',
    outcomes: {
      completed: {
        for: true,
        comment: 'optional',
        label: 'Completed',
        reasons: {
          as_asked: 'Done as asked',
          another_way: 'Done another way',
          done_before: 'Was done before',
          ...other,
        },
      },
      failed: {
        for: false,
        comment: 'asked',
        label: 'Failed',
        reasons: {
          not_possible: 'Not possible',
          no_access: 'No access to what it takes',
          not_needed: 'Not needed',
          ...other,
        },
      },
    },
    also: ['attach_file'],
    takes: 'evidence',
  },
  /** Who takes it on: one person is asked at a time, and may pass it on; see rules/assignment.ts. */
  assignment: {
    title: 'Assignment',
    outcomes: {
      assigned: {
        for: true,
        comment: 'optional',
        label: 'Assign',
        reasons: {
          responsible: 'Responsible for it',
          knows_it: 'Knows the matter',
          has_time: 'Has the time',
          ...other,
        },
      },
      declined: {
        for: false,
        comment: 'optional',
        label: 'Decline',
        reasons: { no_time: 'No time', not_responsible: 'Not responsible for it', not_needed: 'Not needed', ...other },
      },
    },
    also: ['delegation', 'reroute', 'escalate'],
    takes: 'assignee',
  },
  /** Asked of operators: of a frozen intent, how it ends; see rules/override.ts. */
  override: {
    title: 'Takeover',
    outcomes: {
      override_approved: {
        for: true,
        comment: 'required',
        label: 'Take over',
        reasons: {
          agent_misbehaves: 'The agent does what it should not',
          wrong_facts: 'Facts are wrong',
          cannot_wait: 'It cannot wait',
          ...other,
        },
      },
      rejected: { ...rejected, comment: 'required' },
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

/** An outcome's reasons: its own, or those that an intent type has in their place; `other` is always among them. */
export const reasonsOf = ({ name, reasons }: OutcomeChoice, own: Readonly<Record<string, Reasons>> = {}): Reasons => {
  const its = own[name] ?? reasons;
  return Object.hasOwn(its, 'other') ? its : { ...its, ...other };
};

/** The words for a code; the code itself where no list has it any more. */
export const reasonWords = (reasons: Reasons, code: string): string =>
  Object.hasOwn(reasons, code) ? (reasons[code] as string) : code;

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

/** What a decision is held against. */
interface Asked {
  type: TaskType;
  outcomes: readonly string[];
  /** Of every decision, or of these outcomes; beside what the type asks for. */
  commentRequired: boolean | readonly string[];
  evidenceRequired?: boolean | undefined;
  asks?: FormGroup | undefined;
}

/** Whether a decision for this outcome must have a comment, by a door of ours or of AXP's. */
export const needsComment = (
  { commentRequired }: Pick<Asked, 'commentRequired'>,
  choice: OutcomeChoice,
  byAxp = false,
): boolean =>
  choice.comment === 'required' ||
  (choice.comment === 'asked' && !byAxp) ||
  (typeof commentRequired === 'boolean' ? commentRequired : commentRequired.includes(choice.name));

/** Whether every decision must have a comment, as AXP's one word says it. */
export const alwaysNeedsComment = ({
  commentRequired,
  outcomes,
}: Pick<Asked, 'commentRequired' | 'outcomes'>): boolean =>
  typeof commentRequired === 'boolean' ? commentRequired : outcomes.every((name) => commentRequired.includes(name));

/**
 * Checks what a person chose against the task's rules; gives the cleaned comment, the reason's code, and the data where
 * some is asked. `reason`: absent only where the door has no field for it. `own`: the intent type's reasons, by outcome.
 * Throws InvalidInput naming the field; for data with all `fields` that are wrong, by place.
 */
export function checkDecision(
  task: Asked,
  given: {
    outcome: string;
    reason?: string | undefined;
    comment?: string | undefined;
    data?: JsonObject | undefined;
    evidence?: GivenEvidence | undefined;
    byAxp?: boolean | undefined;
  },
  own?: Readonly<Record<string, Reasons>>,
): { choice: OutcomeChoice; reason: string; comment: string; data?: JsonObject; evidence?: GivenEvidence } {
  const choice = outcomesOf(task.type).find((o) => o.name === given.outcome && task.outcomes.includes(o.name));
  if (!choice) throw new InvalidInput(`Choose one of: ${task.outcomes.join(', ')}.`, { field: 'outcome' });
  const reason = checkReason(reasonsOf(choice, own), given.reason);
  const comment = (given.comment ?? '').trim();
  if (exceeds(comment, maxCommentLength))
    throw new InvalidInput(`A comment has at most ${maxCommentLength} characters.`, { field: 'comment' });
  if (comment === '' && needsComment(task, choice, given.byAxp))
    throw new InvalidInput('Say why: a comment is needed.', { field: 'comment' });
  if (taskRule(task.type).takes === 'evidence') {
    const evidence = checkEvidence(given.evidence, choice.for && task.evidenceRequired !== false);
    return { choice, reason, comment, ...besideIn(given), ...(evidence ? { evidence } : {}) };
  }
  if (!task.asks) return { choice, reason, comment, ...besideIn(given) };
  if (!choice.for) return { choice, reason, comment };
  const data = given.data ?? {};
  const fields = errorsIn(task.asks, data);
  if (Object.keys(fields).length > 0) throw new InvalidInput('Look at the marked fields.', { field: 'data', fields });
  return { choice, reason, comment, data };
}

/** What a client of AXP's sends though nothing is asked: it is kept with the decision, and checked by nothing. */
const besideIn = ({ data, byAxp }: { data?: JsonObject | undefined; byAxp?: boolean | undefined }) =>
  byAxp === true && data !== undefined && Object.keys(data).length > 0 ? { data } : {};

/** The reason's code. Throws InvalidInput, field `reason`, with the codes that there are. */
function checkReason(reasons: Reasons, given: string | undefined): string {
  if (given === undefined) return unspecified;
  if (Object.hasOwn(reasons, given)) return given;
  const wrong = given === '' ? 'Choose a reason.' : 'This is no reason for that decision.';
  throw new InvalidInput(wrong, { field: 'reason', reasons: Object.keys(reasons) });
}
