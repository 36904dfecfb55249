/**
 * A ladder's end: nobody has decided. The intent has timed out, or has the outcome that its service level names for this
 * case, or operators are asked how it ends, where the run waits next.
 */

import type { Change } from '../commit.ts';
import type { JsonObject } from '../json.ts';
import type { Decision, IntentError, IntentState, Task } from '../model.ts';
import type { Context } from '../ports.ts';
import { stopsFor } from '../stops.ts';
import { outcomesOf, unspecified } from '../tasks.ts';
import { deadlineOf, dueIn, endOrWish, stepGraceSeconds, system } from './common.ts';
import { afterDecision, concluded, toldOf } from './consequence.ts';
import { operatorsWait } from './override-task.ts';
import type { AfterRung } from './rung.ts';
import { neededIn } from './steps.ts';

/** For an open task whose deadline is over; `waits`: of the run that climbs, as in `climb`. */
export function expire(state: IntentState, task: Task, context: Context, waits = 0): Change<AfterRung> {
  const last = task.ladder.at(-1);
  const { outcome, opens } = last?.do === 'expire' ? last : {};
  const details: JsonObject = { task_id: task.taskId, deadline: deadlineOf(task) };
  const choice = silenceDecides(task) ? outcomesOf(task.type).find(({ name }) => name === outcome) : undefined;
  const common = {
    command: `rung:${task.taskId}:expire`,
    actor: system('ladder'),
  };
  const data = { ...details, level: last?.from ?? 'intent_type', rungs: missed(task) };
  if (choice) {
    const decision = decisionBy(task, choice.name, context);
    const leadsTo = afterDecision(state, { shape: state.plan ? 'action' : 'approval' });
    const after = concluded({ ...task, rung: task.ladder.length }, decision, leadsTo, choice.for, context);
    return {
      ...common,
      action: 'task.defaulted',
      head: after.head,
      events: [timeout({ ...details, outcome: choice.name }), ...after.events],
      data: { ...data, step: task.step, outcome: choice.name, subject_hash: task.subjectHash },
      writes: { task: after.task, ...(after.outcome ? { outcome: after.outcome } : {}) },
      // Whoever climbed goes on by itself; a run that is dead by now is found by its head.
      stops: stopsFor(state.head),
      result: { next: choice.for && leadsTo === 'action' ? 'approved' : 'ended' },
    };
  }
  const said = { ...details, ...saidIn(task) };
  const expired: Task = { ...task, status: 'expired', rung: task.ladder.length };
  // With a call open there would be something to undo: it ends as every other does.
  if (opens === 'override' && state.head.openEffects === 0) {
    const head = { ...state.head, frozen: true } as const;
    return {
      ...common,
      action: 'task.expired',
      head: { frozen: true, dueAt: dueIn(context.now, stepGraceSeconds) },
      events: [timeout({ ...said, override: true })],
      data: { ...data, override: true },
      writes: { task: expired },
      result: overNow({ ...state, head, task: expired }, context, waits),
    };
  }
  if (state.head.procedure && !task.takeover && last?.from !== 'deadline')
    return {
      ...common,
      action: 'task.expired',
      head: { status: 'IN_PROGRESS', waitingReason: null, dueAt: dueIn(context.now, stepGraceSeconds) },
      events: [timeout(said), { type: 'intent.in_progress', status: 'IN_PROGRESS', details: said }],
      data,
      writes: { task: expired },
      result: { next: 'ended' },
    };
  const end = endOrWish(state.head, 'TIMED_OUT', timedOut(said), context.now);
  return {
    ...common,
    action: 'task.expired',
    head: end.head,
    events: [timeout(details), ...end.events],
    data,
    writes: { task: expired, ...(end.outcome ? { outcome: end.outcome } : {}) },
    result: { next: 'ended' },
  };
}

/** Nobody's silence stands for people who must agree, nor against the word of one who has spoken. */
const silenceDecides = (task: Task): boolean =>
  task.chain.steps.length === 1 && neededIn(task) === 1 && task.votes.length === 0;

/** For the agent: what people have said, though it was not enough. */
const saidIn = ({ votes }: Task): JsonObject =>
  votes.length === 0 ? {} : { decisions: votes.map((vote) => ({ ...toldOf(vote), step: vote.step + 1 })) };

/** Of a task that is not open: operators are asked where the run waits next, or all has ended. */
export const overNow = (state: IntentState, { now }: Context, waits: number): AfterRung =>
  state.head.frozen ? { next: 'wait', waitUntil: operatorsWait(state, now), rung: waits + 1 } : { next: 'ended' };

/** What an intent has ended with that nobody decided in time. */
export const timedOut = (details: JsonObject): IntentError => ({
  code: 'intent_timeout',
  message: 'Nobody decided before the deadline.',
  details,
});

const timeout = (details: JsonObject) =>
  ({ type: 'intent.timeout', status: 'WAITING', waitingReason: 'WAITING_FOR_HUMAN', details }) as const;

/** Rungs that the end has overtaken: recorded, and nothing else comes of them. */
const missed = ({ ladder, rung }: Task): JsonObject[] =>
  ladder.slice(rung, -1).map(({ at, do: what, from = 'intent_type' }, i) => ({
    rung: rung + i + 1,
    do: what,
    at,
    level: from,
    superseded: true,
  }));

const decisionBy = (task: Task, outcome: string, { now }: Context): Decision => ({
  outcome,
  reason: unspecified,
  comment: 'Nobody decided before the deadline.',
  at: now,
  by: { id: 'ladder', name: 'The service level' },
  via: 'service level',
  step: task.step,
});
