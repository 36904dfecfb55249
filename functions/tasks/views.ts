/** What people's clients see of tasks: ours whole, and in AXP's strict shape. Never a link, a token or a mail address. */

import type { Directory } from '../../core/directory.ts';
import type { IntentType } from '../../core/intent-type.ts';
import type { IntentState, Task } from '../../core/model.ts';
import { shortHash } from '../../core/plan.ts';
import { candidatesOf } from '../../core/rules/assignment.ts';
import { deadlineOf } from '../../core/rules/common.ts';
import { toldOf } from '../../core/rules/consequence.ts';
import { progressOf } from '../../core/rules/steps.ts';
import { shown } from '../../core/shown.ts';
import { alwaysNeedsComment, needsComment, outcomesOf, type TaskType, taskRule } from '../../core/tasks.ts';
import { firstOf } from '../../core/text.ts';

type WithTask = IntentState & { task: Task };

interface Knowing {
  type: IntentType | undefined;
  directory: Directory;
}

/**
 * All that a person needs to decide, as the pages show it: without the agent's raw reasoning, unless its type lets people see it.
 * Without a plan, also all that its hash stands for (core/subject.ts).
 */
export function taskOut(state: WithTask, { type, directory }: Knowing, now: string) {
  const { head, plan, request, task } = state;
  const { request: seen, reasons, reasoning } = shown(state, type);
  const assigns = type && request && task.status === 'open' && taskRule(task.type).takes === 'assignee';
  const candidates = assigns ? candidatesOf(state, { type, directory }, now) : undefined;
  return {
    task_id: task.taskId,
    intent_id: head.intentId,
    intent_type: head.type,
    tenant: head.tenant,
    from_agent: head.from,
    ...(head.onBehalfOf === undefined ? {} : { on_behalf_of: head.onBehalfOf }),
    task_type: task.type,
    status: task.status,
    title: task.title,
    description: task.description,
    revision: task.revision,
    rounds: task.rounds,
    allowed_outcomes: task.outcomes,
    required_comment: task.commentRequired,
    outcomes: outcomesOf(task.type)
      .filter(({ name }) => task.outcomes.includes(name))
      .map((choice) => ({
        name: choice.name,
        label: choice.label,
        comment: needsComment(task, choice) ? 'required' : 'optional',
        reason_codes: Object.entries(reasons[choice.name] ?? {}).map(([code, words]) => ({ code, words })),
      })),
    risk: task.risk,
    ...(task.evidenceRequired === undefined ? {} : { evidence_required: task.evidenceRequired }),
    ...(task.asks ? { form_schema: task.asks } : {}),
    ...(candidates ? { candidates: candidates.map(({ id, name }) => ({ id, name })) } : {}),
    payload: seen?.payload ?? {},
    ...(reasoning === undefined ? {} : { reasoning }),
    ...(plan ? { plan: plan.plan, evidence: plan.evidence } : {}),
    plan_hash: task.subjectHash,
    plan_hash_short: shortHash(task.subjectHash),
    ...(task.salt === undefined ? {} : { hash_salt: task.salt }),
    reasons: task.why.map(({ id, reason, says }) => ({ rule: id, reason, says })),
    assignees: task.approvers.map(({ id, name }) => ({ id, name })),
    progress: progressOf(task),
    decisions: task.votes.map((vote) => ({ ...toldOf(vote), step: vote.step + 1 })),
    assigned_at: task.openedAt,
    due_at: deadlineOf(task),
  };
}

/** As `GET /v1/me/tasks` lists it (AXP, strict): types that AXP lacks by the word that means them. */
export const axpTaskOut = ({ head, task }: WithTask) => ({
  intent_id: head.intentId,
  intent_type: head.type,
  status: 'WAITING',
  from_agent: head.from,
  assigned_at: task.openedAt,
  due_at: deadlineOf(task),
  human_task: {
    title: task.title,
    description: firstOf(task.description, maxDescription),
    task_type: axpWordOf(task.type),
    allowed_outcomes: task.outcomes,
    required_comment: alwaysNeedsComment(task),
    assignees: task.approvers.map(({ id }) => id).slice(0, maxAssignees),
    ...(taskRule(task.type).takes === 'evidence' ? { evidence_required: task.evidenceRequired !== false } : {}),
    ...(task.asks ? { form_schema: task.asks } : {}),
  },
});

/** AXP has other words for these. */
const axpWordOf = (type: TaskType): string => (type === 'form' ? 'provide_data' : type);

/** AXP's own limits. */
const maxDescription = 2000;
const maxAssignees = 20;

/** Longest comment in AXP's answer to a decision, characters. */
const maxApprovalComment = 1000;

/** A comment as AXP's answer to a decision has it. */
export const shownComment = (words: string): string | null =>
  words === '' ? null : firstOf(words, maxApprovalComment);
