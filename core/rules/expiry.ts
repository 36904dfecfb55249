/** A ladder's end: nobody has decided. The task fails, or has the outcome that its service level names for this case. */

import type { Change } from '../commit.ts';
import type { JsonObject } from '../json.ts';
import type { Decision, IntentState, Task } from '../model.ts';
import type { Context } from '../ports.ts';
import { stopsFor } from '../stops.ts';
import { outcomesOf, unspecified } from '../tasks.ts';
import { deadlineOf, endOrWish, system } from './common.ts';
import { concluded, toldOf } from './consequence.ts';
import type { AfterRung } from './rung.ts';
import { neededIn } from './steps.ts';

/** For an open task whose deadline is over. */
export function expire(state: IntentState, task: Task, context: Context): Change<AfterRung> {
  const last = task.ladder.at(-1);
  const outcome = last?.do === 'expire' ? last.outcome : undefined;
  const details: JsonObject = { task_id: task.taskId, deadline: deadlineOf(task) };
  const choice = silenceDecides(task) ? outcomesOf(task.type).find(({ name }) => name === outcome) : undefined;
  const common = {
    command: `rung:${task.taskId}:expire`,
    actor: system('ladder'),
  };
  const data = { ...details, level: last?.from ?? 'intent_type', rungs: missed(task) };
  if (choice) {
    const decision = decisionBy(task, choice.name, context);
    const shape = state.plan ? ('action' as const) : ('approval' as const);
    const after = concluded({ ...task, rung: task.ladder.length }, decision, { shape }, choice.for, context);
    return {
      ...common,
      action: 'task.defaulted',
      head: after.head,
      events: [timeout({ ...details, outcome: choice.name }), ...after.events],
      data: { ...data, step: task.step, outcome: choice.name, subject_hash: task.subjectHash },
      writes: { task: after.task, ...(after.outcome ? { outcome: after.outcome } : {}) },
      // Whoever climbed goes on by itself; a run that is dead by now is found by its head.
      stops: stopsFor(state.head),
      result: { next: choice.for && shape === 'action' ? 'approved' : 'ended' },
    };
  }
  const message = 'Nobody decided before the deadline.';
  const said = { ...details, ...saidIn(task) };
  const end = endOrWish(state.head, 'TIMED_OUT', { code: 'intent_timeout', message, details: said }, context.now);
  return {
    ...common,
    action: 'task.expired',
    head: end.head,
    events: [timeout(details), ...end.events],
    data,
    writes: {
      task: { ...task, status: 'expired', rung: task.ladder.length },
      ...(end.outcome ? { outcome: end.outcome } : {}),
    },
    result: { next: 'ended' },
  };
}

/** Nobody's silence stands for people who must agree, nor against the word of one who has spoken. */
const silenceDecides = (task: Task): boolean =>
  task.chain.steps.length === 1 && neededIn(task) === 1 && task.votes.length === 0;

/** For the agent: what people have said, though it was not enough. */
const saidIn = ({ votes }: Task): JsonObject =>
  votes.length === 0 ? {} : { decisions: votes.map((vote) => ({ ...toldOf(vote), step: vote.step + 1 })) };

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
