/** ESCALATE_TO_HUMAN: opens the task and leaves the token where a decision can find it. */

import type { Change, Done } from '../commit.ts';
import { approversFor, type Directory } from '../directory.ts';
import { TerminalError } from '../errors.ts';
import type { IntentType } from '../intent-type.ts';
import type { JsonObject } from '../json.ts';
import { compileLadder } from '../ladder.ts';
import type { Approver, IntentState, Task } from '../model.ts';
import type { Context } from '../ports.ts';
import { outcomesOf } from '../tasks.ts';
import { dueIn, ofCurrentRun, stepGraceSeconds, system, wakeGraceSeconds, wakesBy } from './common.ts';

export interface Escalation {
  generation: number;
  rung: number;
  retry: number;
  token: string;
}

/** Fixed width, so that text order is number order. */
export const tokenOrderOf = ({ generation, rung, retry }: Omit<Escalation, 'token'>): string =>
  [generation, rung, retry].map((n) => String(n).padStart(6, '0')).join('.');

/** Whether the run that waits for the task was superseded. */
export const waitsInVain = ({ tokenOrder }: Task, generation: number): boolean =>
  tokenOrder !== undefined && Number(tokenOrder.split('.')[0]) < generation;

export const wakeRowKey = (taskId: string): string => `wake#${taskId}`;

/** Owed where the token came after the decision; the row of the decision itself may still be there. */
const lateWakeRowKey = (taskId: string, order: string): string => `${wakeRowKey(taskId)}#${order}`;

/** Every wake that a run's step past the wait makes superfluous; not where its predecessor may still wait. */
export const wakeRowKeys = (task: Task, generation: number): string[] => {
  const { taskId, tokenOrder } = task;
  if (waitsInVain(task, generation)) return [];
  return [wakeRowKey(taskId), ...(tokenOrder === undefined ? [] : [lateWakeRowKey(taskId, tokenOrder)])];
};

/** One mail owed to one approver; the link's id is random, its secret is derived from it where it is mailed. */
export const mailRow = (task: Pick<Task, 'taskId'>, to: Approver, why: 'assigned' | 'reminder', context: Context) => {
  const linkId = context.newId();
  return {
    key: `mail#${linkId}`,
    kind: 'mail' as const,
    dueAt: dueIn(context.now, stepGraceSeconds),
    body: { linkId, taskId: task.taskId, personId: to.id, why },
  };
};

/** Throws Superseded, Cancelled, and TerminalError where nobody could decide. */
export function escalate(
  given: IntentState | undefined,
  asked: Escalation,
  type: IntentType,
  directory: Directory,
  context: Context,
): Change<null> | Done<null> {
  const state = ofCurrentRun(given, asked.generation);
  const order = tokenOrderOf(asked);
  const token = { token: asked.token, tokenOrder: order };
  const command = `escalate:${order}`;
  if (!state.task) return openTask(state, { ...newTask(state, type, directory, context), ...token }, command, context);

  if (state.task.tokenOrder !== undefined && state.task.tokenOrder >= order) return { done: null };
  const task: Task = { ...state.task, ...token };
  const decided = task.status !== 'open';
  return {
    command,
    action: 'run.waiting',
    actor: system('run'),
    head: { dueAt: decided ? dueIn(context.now, stepGraceSeconds) : wakesBy(task, context.now) },
    events: [],
    data: { task_id: task.taskId, generation: asked.generation, rung: asked.rung },
    writes: { task },
    owed: decided
      ? [
          {
            key: lateWakeRowKey(task.taskId, order),
            kind: 'wake',
            dueAt: dueIn(context.now, wakeGraceSeconds),
            body: { taskId: task.taskId },
          },
        ]
      : [],
    result: null,
  };
}

function newTask(state: IntentState, type: IntentType, directory: Directory, context: Context): Task {
  const { head, request, plan } = state;
  if (!request) throw new TypeError('escalate needs the request');
  const wish = request.humanTask;
  const role = plan?.role ?? type.task.role;
  const { approvers, ignored } = approversFor(directory, {
    role,
    roleNeeded: plan !== undefined,
    assignees: wish?.assignees,
    notifyEmail: wish?.notify_email,
    onBehalfOf: head.onBehalfOf,
  });
  if (approvers.length === 0)
    throw new TerminalError('no_approver', `Nobody of the directory may decide this: role ${role}.`, { role });
  const openedAt = plan?.at ?? head.createdAt;
  return {
    taskId: `${head.intentId}.1`,
    type: type.task.type,
    status: 'open',
    title: wish?.title ?? type.title,
    description: wish?.description ?? plan?.plan.objective ?? type.objective(request.payload),
    outcomes: wish?.allowed_outcomes ?? outcomesOf(type.task.type).map((o) => o.name),
    commentRequired: wish?.required_comment ?? false,
    role,
    approvers,
    ignored,
    why: plan?.fired ?? [{ id: type.type, reason: 'asked_by_agent', says: 'The agent asks for a decision.' }],
    subjectHash: plan?.hash ?? request.payloadHash,
    ladder: compileLadder(openedAt, type.task.ladder, { ...request, deadline_at: head.deadlineAt }),
    rung: 0,
    openedAt: context.now,
    links: {},
  };
}

function openTask(state: IntentState, task: Task, command: string, context: Context): Change<null> {
  const approvers = task.approvers.map(({ id, name }) => ({ id, name }));
  const pendingWith = {
    type: 'human' as const,
    ref: task.role,
    name: approvers.map((a) => a.name).join(', '),
  };
  const humanTask: JsonObject = {
    task_id: task.taskId,
    title: task.title,
    task_type: task.type,
    allowed_outcomes: task.outcomes,
  };
  const waiting = { status: 'WAITING', waitingReason: 'WAITING_FOR_HUMAN', pendingWith } as const;
  return {
    command,
    action: 'task.opened',
    actor: system('run'),
    head: {
      status: 'WAITING',
      waitingReason: 'WAITING_FOR_HUMAN',
      taskId: task.taskId,
      dueAt: wakesBy(task, context.now),
    },
    events: [
      {
        type: 'intent.waiting',
        ...waiting,
        details: { state: 'ESCALATE_TO_HUMAN', reasons: task.why.map((rule) => rule.reason) },
      },
      { type: 'intent.human_task_assigned', ...waiting, humanTask, details: { approvers } },
    ],
    data: {
      task_id: task.taskId,
      subject_hash: task.subjectHash,
      approvers: approvers.map((a) => a.id),
      ignored: task.ignored,
      reasons: task.why.map((rule) => rule.reason),
      ladder: task.ladder.map((rung) => ({ ...rung })),
      generation: state.head.generation,
    },
    writes: { task },
    owed: task.approvers.map((person) => mailRow(task, person, 'assigned', context)),
    result: null,
  };
}
