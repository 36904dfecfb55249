/**
 * An open task changes hands: handed over, taken back, taken over by an administrator, recalled by whoever asked.
 * Their commands name no person; what was done before is seen in the task.
 */

import { wordOf } from '../chain.ts';
import type { Change, Done } from '../commit.ts';
import { type AskedAs, approverOf, type Directory, maxAsked, type Person } from '../directory.ts';
import { isRequester, mayDecide, type Question } from '../eligible.ts';
import { Conflict, InvalidInput, NotFound, PolicyDenied } from '../errors.ts';
import { isTerminal } from '../lifecycle.ts';
import type { Approver, IntentState, Task } from '../model.ts';
import { person as id, personal } from '../personal.ts';
import type { Context } from '../ports.ts';
import { maxCommentLength, taskRule } from '../tasks.ts';
import { exceeds } from '../text.ts';
import { withdrawn } from './cancel.ts';
import { deadlineOf, existing } from './common.ts';
import { type Door, deciding, knownBy, needsMore } from './decide.ts';
import { askedEvent, mailRow } from './escalate.ts';
import { noticeRow } from './notice.ts';
import { checkRoom } from './room.ts';
import { neededIn, outcomesFor, pendingIn, questionOf, stepOf, voteOf, votesIn } from './steps.ts';

/** Somebody who signed in, or whom a key vouches for. */
type Signed = Extract<Door, { by: 'person' }>;

/** Who is asked now; `fresh` is false where it was so before. */
export interface Handed {
  fresh: boolean;
  to: { id: string; name: string };
}

/** To whom a person who is asked may hand the task over: whoever may decide it, and has not decided on it yet. */
export const mayReceive = (state: IntentState & { task: Task }, from: Approver, directory: Directory): Person[] =>
  directory.everybody.filter((person) => takes(person, state, from, directory));

function takes(person: Person, state: IntentState & { task: Task }, from: Approver, directory: Directory): boolean {
  const { task } = state;
  // What goes from one to the next is passed on by the decision on it.
  if (taskRule(task.type).takes === 'assignee') return false;
  const except = [from.id, ...task.votes.map((vote) => vote.by.id)];
  const as = handedAs(task, from);
  if (!mayDecide(person, { ...questionOf(state, as), except }, directory)) return false;
  if (as.as === 'named' && !task.freely && !isClose(person, from, directory)) return false;
  // Whoever is asked already has one vote still: then one fewer must be enough.
  const asked = task.approvers.length;
  return !task.approvers.some((one) => one.id === person.id) || neededIn(task) < asked;
}

/** Of a role's step the next is asked because of the role, also where an escalation has brought in by name whoever hands it over. */
const handedAs = (task: Task, { as, role }: Approver): AskedAs =>
  as === 'named' && !task.freely && 'role' in stepOf(task)
    ? { as: 'role' }
    : { as, ...(role === undefined ? {} : { role }) };

/** Who is asked by name and nothing else is answered for by their own backup, delegate or manager, or whoever they stand in for. */
function isClose(person: Person, from: Approver, directory: Directory): boolean {
  const self = directory.find(from.id);
  const close = [from.for?.id, self?.manager, self?.backup, self?.away?.delegate];
  return close.some((one) => one !== undefined && directory.find(one)?.id === person.id);
}

/**
 * The asked person hands the task over to another of the directory who may decide it. They are no longer asked, and their link is
 * dead; the other is mailed one of their own.
 * Throws as `decide` does, InvalidInput (`to`, `note`).
 */
export function reassign(
  given: IntentState | undefined,
  door: Door,
  { to, note }: { to: string; note: string },
  directory: Directory,
  context: Context,
): Change<Handed> | Done<Handed> {
  const state = withTask(given);
  const { task } = state;
  const { who, link, via } = knownBy(state, door);
  const before = task.approvers.find((one) => one.for?.because === 'handed_over' && one.for.id === who);
  if (before && [before.id, before.mail].includes(to)) return { done: { fresh: false, to: nameOf(before) } };
  if (voteOf(task, who)) throw new Conflict('already_decided', 'You have decided on this already.');
  const { person, asked } = deciding(state, { who, link }, directory, context.now);
  const other = directory.find(to);
  if (!other || !takes(other, state, asked, directory))
    throw new InvalidInput('Choose somebody who may decide this.', { field: 'to' });
  const words = noteOf(note);
  if (needsMore(task, door)) throw new Conflict('code_needed', 'Enter the code that is mailed to you, or sign in.');
  const there = task.approvers.find((one) => one.id === other.id);
  const next: Approver = {
    ...(there ?? approverOf(other, handedAs(task, asked))),
    for: {
      ...nameOf(person),
      because: 'handed_over',
      ...(words ? { note: words } : {}),
      ...(there ? { also: true } : {}),
      was: { as: asked.as, ...(asked.role === undefined ? {} : { role: asked.role }) },
    },
  };
  const others = task.approvers.filter((one) => one.id !== other.id);
  const after = { ...task, approvers: others.map((one) => (one.id === person.id && !there ? next : one)) };
  if (there) after.approvers = [...others.filter((one) => one.id !== person.id), next];
  checkRoom(after, words, 'note');
  return {
    command: `reassign:${task.taskId}:${context.newId()}`,
    action: 'task.reassigned',
    actor: { kind: 'person', id: person.id, via },
    head: {},
    events: [askedEvent(after)],
    data: {
      ...about(task),
      from: id(person.id),
      to: id(other.id),
      note: personal(person.id, words),
      via: personal(person.id, via),
    },
    writes: { task: after },
    owed: [
      mailRow(after, next, 'assigned', context),
      noticeRow(task, person.id, { what: 'reassigned', by: person.name, to: other.name, ...noted(words) }, context),
    ],
    result: { fresh: true, to: nameOf(other) },
  };
}

/**
 * Whoever handed a task over, or was stood in for, takes it back; the other is told and no longer asked.
 * Throws NotFound, PolicyDenied, Conflict `task_closed`, `deadline_over`, `already_decided`, `too_many_approvers`.
 */
export function takeBack(
  given: IntentState | undefined,
  { id: who, via }: Signed,
  directory: Directory,
  context: Context,
): Change<Handed> | Done<Handed> {
  const state = withTask(given);
  const { task } = state;
  open(state, context.now);
  const asked = task.approvers.find((one) => one.id === who);
  if (asked) return { done: { fresh: false, to: nameOf(asked) } };
  const holder = task.approvers.find((one) => one.for?.id === who);
  const person = directory.find(who);
  if (!holder || !person) throw new PolicyDenied('You have handed nothing over here.');
  if (voteOf(task, holder.id)) throw new Conflict('already_decided', `${holder.name} has decided on it already.`);
  const was = holder.for?.was ?? holder;
  if (!mayDecide(person, questionOf(state, was), directory)) throw new PolicyDenied('You may no longer decide this.');
  if (holder.for?.also && task.approvers.length >= maxAsked)
    throw new Conflict('too_many_approvers', `At most ${maxAsked} are asked at once. Let ${holder.name} decide.`);
  const mine = approverOf(person, was);
  const { for: _, ...left } = holder;
  const approvers = task.approvers.flatMap((one) =>
    one !== holder ? [one] : holder.for?.also ? [left, mine] : [mine],
  );
  const after: Task = { ...task, approvers };
  return {
    command: `take-back:${task.taskId}:${context.newId()}`,
    action: 'task.taken_back',
    actor: { kind: 'person', id: person.id, via },
    head: {},
    events: [askedEvent(after)],
    data: { ...about(task), from: id(holder.id), to: id(person.id), via: personal(person.id, via) },
    writes: { task: after },
    owed: [
      mailRow(after, mine, 'assigned', context),
      ...(holder.for?.also ? [] : [noticeRow(task, holder.id, { what: 'taken_back', by: person.name }, context)]),
    ],
    result: { fresh: true, to: nameOf(person) },
  };
}

/**
 * An administrator becomes the only one asked in the present step: their vote ends it, with the votes that were cast. Steps that
 * follow stay as they are. Throws NotFound, PolicyDenied, Conflict `task_closed`, `deadline_over`.
 */
export function takeOver(
  given: IntentState | undefined,
  { id: who, via }: Signed,
  note: string,
  directory: Directory,
  context: Context,
): Change<Handed> | Done<Handed> {
  const state = withTask(given);
  const { task } = state;
  open(state, context.now);
  const person = directory.find(who);
  const role = directory.adminRole;
  const question: Question = {
    ...questionOf(state, { as: 'named' }),
    role,
    except: task.votes.map((vote) => vote.by.id),
  };
  if (!person || !mayDecide(person, question, directory))
    throw new PolicyDenied('Only an administrator who has no part in it may take it over.');
  const left = pendingIn(task);
  const only = 'role' in stepOf(task) && task.role === role && left.length === 1 && left[0]?.id === person.id;
  if (only) return { done: { fresh: false, to: nameOf(person) } };
  const words = noteOf(note);
  const { after, mine } = takenOver(task, person, role);
  return {
    command: `take-over:${task.taskId}:${context.newId()}`,
    action: 'task.taken_over',
    actor: { kind: 'person', id: person.id, via },
    head: {},
    events: [askedEvent(after)],
    data: {
      ...about(task),
      by: id(person.id),
      from: left.map((one) => id(one.id)),
      note: personal(person.id, words),
      via: personal(person.id, via),
    },
    writes: { task: after },
    owed: [
      mailRow(after, mine, 'assigned', context),
      ...left
        .filter((one) => one.id !== person.id)
        .map((one) => noticeRow(task, one.id, { what: 'taken_over', by: person.name, ...noted(words) }, context)),
      ...(task.requester === undefined
        ? []
        : [noticeRow(task, task.requester, { what: 'in_hands', by: person.name, ...noted(words) }, context)]),
    ],
    result: { fresh: true, to: nameOf(person) },
  };
}

/** The present step asks the administrator alone, beside whoever has voted in it: all who voted for it and they must agree. */
function takenOver(task: Task, person: Person, role: string) {
  const isFor = outcomesFor(task.type);
  const votes = votesIn(task);
  const mine = approverOf(person, { as: 'role' });
  const step = { role, need: votes.filter((vote) => isFor.has(vote.outcome)).length + 1 };
  const { needed: _, ...left } = task;
  const after: Task = {
    ...left,
    chain: { ...task.chain, steps: task.chain.steps.map((one, i) => (i === task.step ? step : one)) },
    role: wordOf(step),
    approvers: [...task.approvers.filter((one) => votes.some((vote) => vote.by.id === one.id)), mine],
  };
  return { after, mine };
}

/** Who asked: the agent, by its key, or the person that it acts for. */
export type Asker = { by: 'agent'; address: string } | Signed;

/**
 * Whoever asked withdraws the question: the intent ends as canceled, nothing is decided any more, and whoever was asked is told.
 * Throws NotFound (also where it is not theirs), Conflict `task_closed`.
 */
export function recall(
  given: IntentState | undefined,
  asker: Asker,
  note: string,
  directory: Directory,
  context: Context,
): Change<{ status: string }> | Done<{ status: string }> {
  const state = withTask(given);
  const { task, head } = state;
  const person = asker.by === 'person' ? directory.find(asker.id) : undefined;
  const question = { onBehalfOf: head.onBehalfOf, requester: task.requester };
  const theirs =
    asker.by === 'agent' ? asker.address === head.from : person && isRequester(person, question, directory);
  if (!theirs) throw new NotFound('intent');
  if (head.status === 'CANCELED') return { done: { status: head.status } };
  // Sent back for changes it is nobody's to decide, and still theirs to withdraw. Once the agent has answered it is another task's.
  const returned = task.status === 'returned';
  if (!head.frozen && ((task.status !== 'open' && !returned) || isTerminal(head.status)))
    throw new Conflict('task_closed', 'This is decided already.');
  const words = noteOf(note);
  const by = person?.name ?? head.from;
  return {
    ...withdrawn(
      state,
      {
        name: by,
        note: words,
        details: { reason: 'recalled' },
        isTheirs: (one) => person !== undefined && directory.find(one)?.id === person.id,
      },
      context,
    ),
    command: `recall:${task.taskId}`,
    action: 'task.recalled',
    actor:
      asker.by === 'agent'
        ? { kind: 'agent', id: head.from, via: 'api key' }
        : { kind: 'person', id: asker.id, via: asker.via },
    data: {
      ...about(task),
      from: pendingIn(task).map((one) => id(one.id)),
      note: personal(person?.id ?? head.from, words),
    },
    result: { status: 'CANCELED' },
  };
}

/** Throws NotFound. */
function withTask(given: IntentState | undefined): IntentState & { task: Task } {
  const state = existing(given);
  if (!state.task) throw new NotFound('task');
  return { ...state, task: state.task };
}

/** Throws Conflict `task_closed`, `deadline_over`. */
function open({ head, task }: IntentState & { task: Task }, now: string): void {
  if (task.status !== 'open' || isTerminal(head.status)) throw new Conflict('task_closed', 'This task is closed.');
  if (Date.parse(deadlineOf(task)) <= Date.parse(now)) throw new Conflict('deadline_over', 'The deadline is over.');
}

/** Throws InvalidInput (`note`). */
function noteOf(note: string): string {
  const words = note.trim();
  if (exceeds(words, maxCommentLength))
    throw new InvalidInput(`A note has at most ${maxCommentLength} characters.`, { field: 'note' });
  return words;
}

const noted = (note: string) => (note === '' ? {} : { note });

const nameOf = ({ id, name }: { id: string; name: string }) => ({ id, name });

const about = (task: Task) => ({ task_id: task.taskId, step: task.step, subject_hash: task.subjectHash });
