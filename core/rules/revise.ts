/** After people asked for changes: the agent answers with a new revision, or its time is over. */

import type { Change, Done } from '../commit.ts';
import { Conflict, PolicyDenied } from '../errors.ts';
import { hashOf } from '../hash.ts';
import type { IntentType } from '../intent-type.ts';
import type { JsonObject } from '../json.ts';
import { isTerminal, type Status } from '../lifecycle.ts';
import type { IntentRequest, IntentState, Task } from '../model.ts';
import type { Context } from '../ports.ts';
import { stopsFor } from '../stops.ts';
import { dueIn, ending, existing, runInputOf, stepGraceSeconds, system } from './common.ts';
import { firstWait } from './levels.ts';
import { startRow } from './submit.ts';

export interface Answer {
  /** The agent that answers: only the one that asked may. */
  from: string;
  /** As the type's schema gave it back. */
  payload: JsonObject;
  idempotency?: { key: string; requestHash: string };
}

export interface Revised {
  intent_id: string;
  status: Status;
  revision: number;
}

/**
 * The answer is a revision of its own: checked and shown anew, from the start of the chain. The generation that begins
 * with it may commit since the task was sent back.
 * Throws NotFound, PolicyDenied (another agent), Conflict `intent_terminal`, `not_waiting_for_agent`, `deadline_over`.
 */
export function revise(
  given: IntentState | undefined,
  answer: Answer,
  type: IntentType,
  context: Context,
): Change<Revised> | Done<Revised> {
  const state = existing(given);
  const { head, request } = state;
  if (!request) throw new TypeError('a revision needs the request');
  if (head.from !== answer.from)
    throw new PolicyDenied('Only the agent that asked may answer.', { reason: 'not_yours' });
  const task = returnedTask(state, context.now);
  const revision = task.revision + 1;
  const revised: IntentRequest = {
    ...request,
    payload: answer.payload,
    payloadHash: hashOf(answer.payload),
    revisedAt: context.now,
  };
  const input = runInputOf(head, firstWait(context.now, revised, head.deadlineAt, type));
  const details = { revision, payload_hash: revised.payloadHash };
  return {
    command: `resume:${revision}:${revised.payloadHash}`,
    action: 'intent.revised',
    actor: { kind: 'agent', id: answer.from, via: 'api key' },
    head: {
      status: 'IN_PROGRESS',
      revision,
      taskId: null,
      planHash: null,
      dueAt: dueIn(context.now, stepGraceSeconds),
    },
    events: [{ type: 'intent.in_progress', status: 'IN_PROGRESS', details: { state: 'REVISED', ...details } }],
    data: details,
    writes: {
      request: revised,
      ...(answer.idempotency
        ? { idempotency: { ...answer.idempotency, answer: { ...revisedAs(head.intentId, revision) } } }
        : {}),
    },
    owed: [startRow(input, context.now)],
    stops: stopsFor(head),
    result: revisedAs(head.intentId, revision),
  };
}

const revisedAs = (intentId: string, revision: number): Revised => ({
  intent_id: intentId,
  status: 'IN_PROGRESS',
  revision,
});

function returnedTask({ head, task }: IntentState, now: string): Task {
  if (isTerminal(head.status)) throw new Conflict('intent_terminal', `The intent has ended as ${head.status}.`);
  if (task?.status !== 'returned')
    throw new Conflict('not_waiting_for_agent', 'Nobody has asked the agent for changes, or it has answered.');
  if (isTooLate(task, now)) throw new Conflict('deadline_over', 'The time to answer is over.');
  return task;
}

/** Whether the agent's time to answer is over. */
export const isTooLate = (task: Task | undefined, now: string): boolean =>
  task?.status === 'returned' && Date.parse(task.answerBy ?? now) <= Date.parse(now);

/** The agent has not answered in time: the intent ends. */
export function agentTooLate(given: IntentState | undefined, context: Context): Change<null> | Done<null> {
  const { head, task } = existing(given);
  if (isTerminal(head.status) || !task || !isTooLate(task, context.now)) return { done: null };
  const details: JsonObject = { task_id: task.taskId, revision: task.revision, deadline: task.answerBy ?? '' };
  const error = { code: 'intent_timeout', message: 'The agent did not answer before the deadline.', details };
  const end = ending('TIMED_OUT', { error });
  return {
    command: `too-late:${task.taskId}`,
    action: 'agent.too_late',
    actor: system('sweep'),
    head: end.head,
    events: [{ type: 'intent.timeout', status: 'IN_PROGRESS', details }, end.event],
    data: details,
    writes: { outcome: end.outcome },
    result: null,
  };
}
