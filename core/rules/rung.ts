/** RUNG: a wait ran out (or was asked to look again). Each rung happens exactly once, at its absolute time. */

import type { Change, Done } from '../commit.ts';
import { Superseded } from '../errors.ts';
import type { JsonObject } from '../json.ts';
import { isTerminal } from '../lifecycle.ts';
import type { IntentState, Task } from '../model.ts';
import { person } from '../personal.ts';
import type { Context } from '../ports.ts';
import { deadlineOf, endOrWish, existing, nextRung, system, wakesBy } from './common.ts';
import { mailRow } from './escalate.ts';
import { pendingIn } from './steps.ts';

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
  context: Context,
  waits = 0,
): Change<AfterRung> | Done<AfterRung> {
  const state = existing(given);
  const { head, task } = state;
  if (head.generation !== generation) throw new Superseded(generation, head.generation);
  if (isTerminal(head.status) || !task) return { done: { next: 'ended' } };
  if (task.status === 'decided') return { done: { next: 'approved' } };
  const now = Date.parse(context.now);
  if (Date.parse(deadlineOf(task)) <= now) return expire(state, task, context);

  const passed = task.ladder.filter((rung) => Date.parse(rung.at) <= now).length;
  if (passed <= task.rung) return { done: waitFor(task, waits) };
  const climbed: Task = { ...task, rung: passed };
  return {
    command: `rung:${task.taskId}:${task.step}.${passed}`,
    action: 'task.reminded',
    actor: system('ladder'),
    head: { dueAt: wakesBy(climbed, context.now) },
    events: [
      {
        type: 'intent.reminder',
        status: 'WAITING',
        waitingReason: 'WAITING_FOR_HUMAN',
        details: { rung: passed, of: task.ladder.length },
      },
    ],
    data: { task_id: task.taskId, rung: passed, reminded: pendingIn(task).map((a) => person(a.id)) },
    writes: { task: climbed },
    owed: pendingIn(task).map((person) => mailRow(task, person, 'reminder', context)),
    result: waitFor(climbed, waits),
  };
}

const waitFor = (task: Task, waits: number): AfterRung => ({
  next: 'wait',
  waitUntil: nextRung(task)?.at ?? deadlineOf(task),
  rung: Math.max(task.rung, waits + 1),
});

function expire(state: IntentState, task: Task, context: Context): Change<AfterRung> {
  const details: JsonObject = { task_id: task.taskId, deadline: deadlineOf(task) };
  const end = endOrWish(
    state.head,
    'TIMED_OUT',
    { code: 'intent_timeout', message: 'Nobody decided before the deadline.', details },
    context.now,
  );
  return {
    command: `rung:${task.taskId}:expire`,
    action: 'task.expired',
    actor: system('ladder'),
    head: end.head,
    events: [{ type: 'intent.timeout', status: 'WAITING', waitingReason: 'WAITING_FOR_HUMAN', details }, ...end.events],
    data: details,
    writes: {
      task: { ...task, status: 'expired', rung: task.ladder.length },
      ...(end.outcome ? { outcome: end.outcome } : {}),
    },
    result: { next: 'ended' },
  };
}
