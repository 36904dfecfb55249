/** RUNG: a wait ran out (or was asked to look again). Each rung happens exactly once, at its absolute time. */

import type { Change, Done, EventDraft } from '../commit.ts';
import type { Directory } from '../directory.ts';
import { Superseded } from '../errors.ts';
import { isTerminal } from '../lifecycle.ts';
import type { Approver, IntentState, Task } from '../model.ts';
import { person, type RecordableObject } from '../personal.ts';
import type { Context } from '../ports.ts';
import { deadlineOf, existing, nextRung, ofLadder, system, wakesBy } from './common.ts';
import { askedEvent, mailRow } from './escalate.ts';
import { type Escalated, escalateTask, recordedTo } from './escalation.ts';
import { expire, overNow } from './expiry.ts';
import { standIn } from './stand-in.ts';
import { isReachable, pendingIn, pendingWith, standInsOf } from './steps.ts';

export type AfterRung =
  | { next: 'wait'; waitUntil: string; rung: number }
  /** Decided for: go on to the action. */
  | { next: 'approved' }
  /** Decided, expired or otherwise over: the run has nothing left to do. */
  | { next: 'ended' };

/**
 * `waits`: the run's `rung`. What it waits for next has a greater one even where no rung was due (a clock that runs
 * behind, a call to look again), since the next wait's token must replace this one's. Throws Superseded.
 */
export function climb(
  given: IntentState | undefined,
  generation: number,
  directory: Directory,
  context: Context,
  waits = 0,
): Change<AfterRung> | Done<AfterRung> {
  const state = existing(given);
  const { head, task } = state;
  if (head.generation !== generation) throw new Superseded(generation, head.generation);
  if (isTerminal(head.status) || !task) return { done: { next: 'ended' } };
  if (task.status === 'decided') return { done: { next: 'approved' } };
  if (task.status !== 'open') return { done: overNow(state, context, waits) };
  const now = Date.parse(context.now);
  if (Date.parse(deadlineOf(task)) <= now) return expire(state, task, context, waits);

  const passed = task.ladder.filter((rung) => Date.parse(rung.at) <= now).length;
  if (passed <= task.rung) return { done: waitFor(task, waits) };
  return pass({ ...state, task }, passed, directory, context, waits);
}

const waitFor = (task: Task, waits: number): AfterRung => ({
  next: 'wait',
  waitUntil: nextRung(task)?.at ?? deadlineOf(task),
  rung: Math.max(task.rung, waits + 1),
});

interface Passed {
  rung: Task['ladder'][number];
  /** From 1. */
  number: number;
  escalated?: Escalated;
}

/** Every rung up to now. Several at once are late: each is recorded, and nobody is mailed twice. */
function pass(
  state: IntentState & { task: Task },
  passed: number,
  directory: Directory,
  context: Context,
  waits: number,
): Change<AfterRung> {
  const before = state.task;
  const stood = standIn(state, directory, context.now);
  let task: Task = { ...stood.task, rung: passed };
  const rungs = before.ladder.slice(before.rung, passed).map((rung, i): Passed => {
    const number = before.rung + i + 1;
    if (rung.do !== 'escalate') return { rung, number };
    const escalated = escalateTask({ ...state, task }, rung, directory, context.now);
    task = escalated.task;
    return { rung, number, escalated };
  });
  const reminder = rungs.findLast(({ rung }) => rung.do === 'remind');
  const asked = new Set([...before.approvers, ...stood.added].map(({ id }) => id));
  const [known, added] = [true, false].map((was) => pendingIn(task).filter(({ id }) => asked.has(id) === was));
  const standIns = pendingIn(task).filter(({ id }) => stood.added.some((one) => one.id === id));
  const reminded = reminder
    ? (known ?? []).filter((one) => isReachable(task, one, directory) && !standIns.includes(one))
    : [];
  const mails = [
    ...standIns.map((to) => mailRow(task, to, 'assigned', context)),
    ...reminded.map((to) => mailOf(task, to, reminder as Passed, context)),
    ...(added ?? []).map((to) => mailOf(task, to, broughtInBy(rungs, to), context)),
  ];
  return {
    command: `rung:${task.taskId}:${task.step}.${passed}${ofLadder(state.head)}`,
    action: rungs.some(({ escalated }) => escalated) ? 'task.escalated' : 'task.reminded',
    actor: system('ladder'),
    head: { dueAt: wakesBy(task, context.now) },
    events: [
      ...(stood.absent.length === 0 ? [] : [askedEvent(task)]),
      ...rungs.flatMap((one) => eventsOf(one, one === reminder, task)),
    ],
    data: {
      task_id: task.taskId,
      rung: passed,
      rungs: rungs.map((one) => recorded(one, one === reminder)),
      reminded: reminded.map(({ id }) => person(id)),
      ...(stood.absent.length === 0 ? {} : standInsOf(task)),
    },
    writes: { task },
    owed: mails,
    result: waitFor(task, waits),
  };
}

const broughtInBy = (rungs: readonly Passed[], { id }: Approver): Passed =>
  rungs.findLast(({ escalated }) => escalated?.added.some((one) => one.id === id)) as Passed;

function mailOf(task: Task, to: Approver, { rung, number }: Passed, context: Context) {
  const why = rung.do === 'escalate' ? 'escalated' : 'final' in rung ? 'final' : 'reminder';
  return mailRow(task, to, why, context, { rung: number, ...(rung.from ? { level: rung.from } : {}) });
}

const waiting = { status: 'WAITING', waitingReason: 'WAITING_FOR_HUMAN' } as const;

function eventsOf({ rung, number, escalated }: Passed, counts: boolean, task: Task): EventDraft[] {
  if (escalated && escalated.added.length > 0) return [escalatedEvent(task, escalated, { rung: number })];
  if (rung.do !== 'remind' || !counts) return [];
  return [{ type: 'intent.reminder', ...waiting, details: { rung: number, of: task.ladder.length } }];
}

/** Others are asked too, or in the place of those who were; `because` says of which rung, or of which mail's failure. */
export const escalatedEvent = (
  task: Task,
  { added, replaced }: Escalated,
  because: { rung?: number; reason?: string },
): EventDraft => ({
  type: 'intent.escalated',
  ...waiting,
  pendingWith: pendingWith(task),
  details: {
    ...because,
    to: added.map(({ id, name }) => ({ id, name })),
    replaced: replaced.map(({ id, name }) => ({ id, name })),
  },
});

/** A rung as the record has it: when it was due, who declared it, and what came of it. */
function recorded({ rung, number, escalated }: Passed, counts: boolean): RecordableObject {
  const { at, from = 'intent_type' } = rung;
  const common = { rung: number, do: rung.do, at, level: from };
  return escalated ? { ...common, ...recordedOf(escalated) } : { ...common, ...(counts ? {} : { superseded: true }) };
}

export const recordedOf = ({ to, added, replaced }: Escalated): RecordableObject => ({
  to: to === undefined ? 'nobody' : recordedTo(to),
  added: added.map(({ id }) => person(id)),
  replaced: replaced.map(({ id }) => person(id)),
});
