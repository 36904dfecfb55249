/** The one use case for a person's decision, whichever door it came through. */

import type { Change, Done } from '../commit.ts';
import type { Directory } from '../directory.ts';
import { Conflict, PolicyDenied } from '../errors.ts';
import type { IntentType } from '../intent-type.ts';
import type { JsonObject } from '../json.ts';
import { isTerminal } from '../lifecycle.ts';
import type { Decision, IntentState, Link, Task } from '../model.ts';
import type { Context } from '../ports.ts';
import { stopsFor } from '../stops.ts';
import { checkDecision } from '../tasks.ts';
import { deadlineOf, dueIn, ending, existing, stepGraceSeconds, wakeGraceSeconds } from './common.ts';
import { wakeRowKey } from './escalate.ts';

export interface DecisionGiven {
  outcome: string;
  comment?: string | undefined;
  /** What the person was shown, as its full hash. */
  subjectHash: string;
}

export interface Decided {
  /** False: it was decided before, by this person or another. */
  fresh: boolean;
  decision: Decision;
  status: string;
}

/** A form that was open when a reminder replaced its link is still taken for this long. */
export const replacedLinkGraceSeconds = 15 * 60;

export type LinkState = 'live' | 'used' | 'replaced' | 'expired';

/** What a link is worth at a time. */
export function linkState(link: Link, now: string): LinkState {
  if (link.usedAt) return 'used';
  if (link.replacedAt) return 'replaced';
  return Date.parse(link.expiresAt) <= Date.parse(now) ? 'expired' : 'live';
}

/**
 * Throws InvalidInput (field), PolicyDenied (no longer assigned, requester), Conflict `link_dead`, `task_closed`,
 * `deadline_over`, `plan_changed`. A task that is decided already answers with that decision.
 */
export function decide(
  given: IntentState | undefined,
  asked: DecisionGiven,
  type: IntentType,
  directory: Directory,
  context: Context,
): Change<Decided> | Done<Decided> {
  const state = existing(given);
  const { head, task, link } = state;
  if (!task || !link || task.taskId !== link.taskId)
    throw new Conflict('link_dead', 'This link leads nowhere any more.');
  if (task.decision) return { done: { fresh: false, decision: task.decision, status: head.status } };
  const person = mayDecide(state, link, task, directory, context.now);
  if (
    asked.subjectHash !== task.subjectHash ||
    link.subjectHash !== task.subjectHash ||
    (head.planHash ?? task.subjectHash) !== task.subjectHash
  )
    throw new Conflict('plan_changed', 'What would happen has changed since this page was made. Open the link again.');
  const { choice, comment } = checkDecision(task, asked);

  const decision: Decision = {
    outcome: choice.name,
    comment,
    at: context.now,
    by: { id: person.id, name: person.name },
    via: `link sent to ${link.mail}`,
    linkHash: link.hash,
  };
  const told = toldOf(decision);
  const after = consequence(type, choice.for, told, context.now);
  return {
    command: `decide:${link.hash}`,
    action: 'task.decided',
    actor: { kind: 'person', id: person.id, via: decision.via },
    head: after.head,
    events: after.events,
    data: { task_id: task.taskId, subject_hash: task.subjectHash, ...told, via: decision.via },
    writes: {
      task: { ...task, status: 'decided', decision },
      link: { ...link, usedAt: context.now },
      ...(after.outcome ? { outcome: after.outcome } : {}),
    },
    owed: [
      {
        key: wakeRowKey(task.taskId),
        kind: 'wake',
        dueAt: dueIn(context.now, wakeGraceSeconds),
        body: { taskId: task.taskId },
      },
    ],
    stops: stopsFor(head),
    result: { fresh: true, decision, status: after.head.status as string },
  };
}

function mayDecide({ head }: IntentState, link: Link, task: Task, directory: Directory, now: string) {
  const at = linkState(link, now);
  const stillTaken =
    at === 'replaced' && Date.parse(now) < Date.parse(link.replacedAt ?? '') + replacedLinkGraceSeconds * 1000;
  if (at === 'used' || (at === 'replaced' && !stillTaken))
    throw new Conflict('link_dead', 'This link was replaced by a newer one.');
  if (task.status !== 'open' || isTerminal(head.status)) throw new Conflict('task_closed', 'This task is closed.');
  if (at === 'expired' || Date.parse(deadlineOf(task)) <= Date.parse(now))
    throw new Conflict('deadline_over', 'The deadline is over.');
  const person = directory.find(link.personId);
  const asked = task.approvers.find((a) => a.id === person?.id);
  if (!person || !asked || (asked.as === 'role' && !person.roles.includes(task.role)))
    throw new PolicyDenied('You are no longer asked to decide this.');
  if (head.onBehalfOf !== undefined && directory.find(head.onBehalfOf)?.id === person.id)
    throw new PolicyDenied('Whoever asks for something cannot approve it.');
  return person;
}

/** What the agent is told: who decided, never by which mail address. */
const toldOf = (decision: Decision): JsonObject => ({
  outcome: decision.outcome,
  comment: decision.comment,
  decided_by: decision.by.id,
  decided_at: decision.at,
});

/** A decision is the result of an approval; of an action it opens the way, or ends it as denied. */
function consequence(type: IntentType, isFor: boolean, told: JsonObject, now: string) {
  if (type.shape === 'approval') {
    const end = ending('COMPLETED', { result: { task_result: told, approved: isFor } });
    return { head: end.head, events: [end.event], outcome: end.outcome };
  }
  if (isFor)
    return {
      head: { status: 'IN_PROGRESS' as const, waitingReason: null, dueAt: dueIn(now, stepGraceSeconds) },
      events: [
        {
          type: 'intent.in_progress' as const,
          status: 'IN_PROGRESS' as const,
          details: { state: 'ESCALATE_TO_HUMAN', decision: told },
        },
      ],
      outcome: undefined,
    };
  const error = {
    code: 'policy_denied',
    message: 'A person decided against it.',
    details: { reason: 'rejected_by_person', decision: told },
  };
  const end = ending('FAILED', { error });
  return { head: end.head, events: [end.event], outcome: end.outcome };
}
