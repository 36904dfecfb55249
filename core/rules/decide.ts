/** The one use case for a person's decision, whichever door it came through. */

import type { Change, Done } from '../commit.ts';
import type { Directory, Person } from '../directory.ts';
import { isRequester, mayDecide } from '../eligible.ts';
import { Conflict, NotFound, PolicyDenied } from '../errors.ts';
import type { GivenEvidence } from '../evidence.ts';
import type { IntentType } from '../intent-type.ts';
import type { Json, JsonObject } from '../json.ts';
import { isTerminal } from '../lifecycle.ts';
import type { Approver, Decision, IntentState, Link, Task } from '../model.ts';
import type { Context } from '../ports.ts';
import { revokedSince } from '../session.ts';
import { stopsFor } from '../stops.ts';
import { isAsAsked } from '../subject.ts';
import { checkDecision } from '../tasks.ts';
import { assigneeOf, movesOn } from './assignment.ts';
import { deadlineOf, existing } from './common.ts';
import { consequence, recordedOf } from './consequence.ts';
import { sentTo } from './link.ts';
import { endsByHand } from './override.ts';
import { checkTakeover } from './override-task.ts';
import { checkRoom } from './room.ts';
import { askedSince, pendingWith, questionOf, voteOf } from './steps.ts';

export interface DecisionGiven {
  outcome: string;
  /** A code of the outcome's reasons; absent where the door has no field for it, which counts as `unspecified`. */
  reason?: string | undefined;
  comment?: string | undefined;
  /** What was filled in, where the task asks for it. */
  data?: JsonObject | undefined;
  /** What shows that it was done, where the task takes it. */
  evidence?: GivenEvidence | undefined;
  /** Id of the person who is to take it on, where the task takes one. */
  assignee?: string | undefined;
  /** What the person was shown, as its full hash. */
  subjectHash: string;
  /** It came by a door of AXP's: see `checkDecision`. */
  byAxp?: boolean;
  /** With the scope of its door. What is kept for it says nothing that a person wrote. */
  idempotency?: { key: string; requestHash: string };
}

/** What is kept of a decision for whoever sends it again. */
export interface KeptDecision {
  isFor: boolean;
  at: string;
}

/** The way a decision came in, and so how the person is known: by a mailed link, or as somebody who signed in or is vouched for by a key. */
export type Door =
  /** The state is loaded with the link. `and` says what else showed who decides, e.g. `with a code sent to ada@example.com`. */
  | { by: 'link'; and?: string }
  /** `via` says how the person was identified; it stands in the record. */
  | { by: 'person'; id: string; via: string };

export interface Decided {
  /** False: it was decided before, by this person or another. */
  fresh: boolean;
  decision: Decision;
  status: string;
  /** Whose decision is still needed; empty once the task is decided. */
  waitsFor: string;
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
 * One person has one vote in a task, whichever doors they use. `given` must be loaded with its request.
 * Throws InvalidInput (field), NotFound (no task), PolicyDenied (no longer assigned, requester), Conflict `link_dead`, `task_closed`,
 * `deadline_over`, `plan_changed`, `code_needed` (above low risk a link alone decides nothing). A task that is decided already answers with that decision, one that this person has
 * decided on in an earlier or the present step with theirs.
 */
export function decide(
  given: IntentState | undefined,
  door: Door,
  asked: DecisionGiven,
  type: IntentType,
  directory: Directory,
  context: Context,
): Change<Decided> | Done<Decided> {
  const state = existing(given);
  const { head, task } = state;
  const { who, link, via } = knownBy(state, door);
  if (!task) throw new NotFound('task');
  const before = (link || isToldOf(task, who) ? task.decision : undefined) ?? voteOf(task, who);
  if (before) return { done: { fresh: false, decision: before, status: head.status, waitsFor: waitsFor(task) } };
  const { person, asked: approver } = deciding({ ...state, task }, { who, link }, directory, context.now);
  if (
    asked.subjectHash !== task.subjectHash ||
    (link && link.subjectHash !== task.subjectHash) ||
    (head.planHash ?? task.subjectHash) !== task.subjectHash ||
    !isAsAsked(state, task)
  )
    throw new Conflict('plan_changed', 'What would happen has changed since this page was made. Open the link again.');
  const { choice, reason, comment, data, evidence } = checkDecision(task, asked, type.task.reasons);
  const assignee = assigneeOf({ ...state, task }, choice, asked.assignee, { by: person, type, directory }, context.now);
  if (task.takeover && choice.for) checkTakeover(data);
  if (needsMore(task, door)) throw new Conflict('code_needed', 'Enter the code that is mailed to you, or sign in.');

  const vote: Decision = {
    outcome: choice.name,
    reason,
    comment,
    at: context.now,
    by: { id: person.id, name: person.name },
    ...(approver.for ? { for: { id: approver.for.id, name: approver.for.name } } : {}),
    via,
    ...(link ? { linkHash: link.hash } : {}),
    step: task.step,
    ...(data ? { data } : {}),
    ...(evidence ? { evidence } : {}),
    ...(assignee ? { assignee } : {}),
  };
  const voted: Task = { ...task, votes: [...task.votes, vote] };
  checkRoom(voted, [comment, data ?? null, (evidence ?? null) as Json], 'comment');
  const follow = task.takeover ? endsByHand : task.type === 'assignment' ? movesOn : consequence;
  const after = follow({ ...state, task: voted }, vote, type, directory, context);
  return {
    command: link ? `decide:${link.hash}` : `decide:${task.taskId}:${task.step}:${person.id}`,
    action: after.task.decision ? 'task.decided' : 'task.voted',
    actor: { kind: 'person', id: person.id, via: vote.via },
    head: after.head,
    events: after.events,
    data: { task_id: task.taskId, step: task.step, subject_hash: task.subjectHash, ...recordedOf(vote), ...after.data },
    writes: {
      task: after.task,
      ...(link ? { link: { ...link, usedAt: context.now } } : {}),
      ...(after.outcome ? { outcome: after.outcome } : {}),
      ...(asked.idempotency
        ? { idempotency: { ...asked.idempotency, answer: { isFor: choice.for, at: context.now } } }
        : {}),
    },
    owed: after.owed,
    // Under a stop an emergency is still ended by hand: that executes nothing.
    stops: task.takeover ? [] : stopsFor(head),
    result: { fresh: true, decision: vote, status: after.head.status ?? head.status, waitsFor: waitsFor(after.task) },
  };
}

/** Whether somebody was asked or has decided, or was stood in for: nobody else learns the answer by sending one. */
const isToldOf = ({ approvers, votes }: Task, who: string): boolean =>
  [...approvers, ...votes.map((vote) => ({ ...vote.by, for: vote.for }))].some(
    ({ id, for: other }) => id === who || other?.id === who,
  );

/** Whether this door is too little for what depends on the decision: programs open links, too. */
export const needsMore = ({ risk }: Task, door: Door): boolean =>
  risk !== 'low' && door.by === 'link' && door.and === undefined;

const waitsFor = (task: Task): string => (task.status === 'open' ? pendingWith(task).name : '');

/** Whoever speaks, and how they are known. Throws Conflict `link_dead`. */
export function knownBy(state: IntentState, door: Door): { who: string; link: Link | undefined; via: string } {
  if (door.by === 'person') return { who: door.id, link: undefined, via: door.via };
  const link = linkTo(state);
  return {
    who: link.personId,
    link,
    via: [`link sent to ${sentTo(link)}`, ...(door.and === undefined ? [] : [door.and])].join(', '),
  };
}

/**
 * The person, if they may decide the task's present step now; the same for whatever else comes with that, as handing it over.
 * Throws PolicyDenied, Conflict `link_dead`, `task_closed`, `deadline_over`.
 */
export function deciding(
  state: IntentState & { task: Task },
  { who, link }: { who: string; link: Link | undefined },
  directory: Directory,
  now: string,
): { person: Person; asked: Approver } {
  if (link) checkLink(link, state.task, now);
  const found = mayStillDecide(state, who, directory, now);
  if (link && isRevoked(link, state.task, found.person))
    throw new Conflict('link_dead', 'This link was revoked by an administrator.');
  return found;
}

/** Whether a person's links of then are dead: those made before a revoke, and of what was asked before it all later ones too. */
export const isRevoked = (
  link: Pick<Link, 'createdAt'>,
  task: Task,
  { revokedAt, mailAgain }: Pick<Person, 'revokedAt' | 'mailAgain'>,
): boolean =>
  revokedSince({ revokedAt }, link.createdAt) || (mailAgain !== true && revokedSince({ revokedAt }, askedSince(task)));

/** The link that was loaded with the state. Throws Conflict `link_dead`, and `plan_changed` where it is an earlier revision's. */
function linkTo({ task, link }: IntentState): Link {
  if (!link) throw new Conflict('link_dead', 'This link leads nowhere any more.');
  if (task?.takeover && link.taskId !== task.taskId)
    throw new Conflict(
      'link_dead',
      task.takeover === 'overdue'
        ? 'Nobody decided in time: operators are asked now.'
        : 'An operator has frozen this: others are asked now.',
    );
  if (link.taskId !== task?.taskId)
    throw new Conflict(
      'plan_changed',
      'What would happen has changed since this link was mailed. A newer mail shows it.',
    );
  return link;
}

function checkLink(link: Link, task: Task, now: string): void {
  const at = linkState(link, now);
  const stillTaken =
    at === 'replaced' && Date.parse(now) < Date.parse(link.replacedAt ?? '') + replacedLinkGraceSeconds * 1000;
  if (at === 'used' || (at === 'replaced' && !stillTaken))
    throw new Conflict('link_dead', 'This link was replaced by a newer one.');
  if (task.status !== 'open') return;
  if (at === 'expired') throw new Conflict('deadline_over', 'The deadline is over.');
  if (link.step !== task.step) throw new Conflict('link_dead', 'Others decide now: this step is over.');
}

function mayStillDecide(state: IntentState & { task: Task }, who: string, directory: Directory, now: string) {
  const { head, task } = state;
  if (task.status !== 'open' || isTerminal(head.status)) throw new Conflict('task_closed', 'This task is closed.');
  if (Date.parse(deadlineOf(task)) <= Date.parse(now)) throw new Conflict('deadline_over', 'The deadline is over.');
  const person = directory.find(who);
  const asked = task.approvers.find((a) => a.id === person?.id);
  if (!person || !asked) throw new PolicyDenied('You are no longer asked to decide this.');
  const question = questionOf(state, asked);
  if (isRequester(person, question, directory)) throw new PolicyDenied('Whoever asks for something cannot approve it.');
  if (!mayDecide(person, question, directory)) throw new PolicyDenied('You are no longer asked to decide this.');
  return { person, asked };
}
