/** ESCALATE_TO_HUMAN: opens the task and leaves the token where a decision can find it. */

import { type ChainStep, oneByOne, oneOf, wordOf } from '../chain.ts';
import type { Change, Done, EventDraft } from '../commit.ts';
import type { Directory } from '../directory.ts';
import type { FormGroup } from '../form-schema.ts';
import type { IntentType } from '../intent-type.ts';
import type { Approver, HumanTask, IntentRequest, IntentState, Task } from '../model.ts';
import { person } from '../personal.ts';
import type { RiskCategory } from '../plan.ts';
import type { Context } from '../ports.ts';
import { resultsOf } from '../procedure.ts';
import { taskIdOf } from '../revision.ts';
import { withSubject } from '../subject.ts';
import { answerForm, type TaskType, taskRule } from '../tasks.ts';
import { dueIn, nextRung, ofCurrentRun, stepGraceSeconds, system, wakeGraceSeconds, wakesBy } from './common.ts';
import { recordedTo } from './escalation.ts';
import { outcomesFor, roundsFor, taskTypeFor } from './human-task.ts';
import { ladderFor } from './levels.ts';
import type { MailOrder } from './link.ts';
import { awaitsOperators, overrideRoleOf, overrideTask, toldOff } from './override-task.ts';
import { askedIn, chainFor, pendingIn, pendingWith, progressOf, requesterOf, standInsOf, stepOf } from './steps.ts';
import { wishesOf } from './wishes.ts';

export interface Escalation {
  generation: number;
  rung: number;
  retry: number;
  token: string;
  /** Until when the run waits, if not for the task's first rung. */
  waitUntil?: string;
}

/** Fixed width, so that text order is number order. */
export const tokenOrderOf = ({ generation, rung, retry }: Pick<Escalation, 'generation' | 'rung' | 'retry'>): string =>
  [generation, rung, retry].map((n) => String(n).padStart(6, '0')).join('.');

/** Whether the run that waits for the task was superseded. */
export const waitsInVain = ({ tokenOrder }: Pick<Task, 'tokenOrder'>, generation: number): boolean =>
  tokenOrder !== undefined && Number(tokenOrder.split('.')[0]) < generation;

export const wakeRowKey = (taskId: string): string => `wake#${taskId}`;

/** Owed where the token came after the decision; the row of the decision itself may still be there. */
const lateWakeRowKey = (taskId: string, order: string): string => `${wakeRowKey(taskId)}#${order}`;

/** Owed where the ladder of a task changed: its run looks again how long to wait. */
export const lookAgainRow = ({ taskId, tokenOrder = '' }: Task, dueAt: number) => ({
  key: lookAgainRowKey(taskId, tokenOrder),
  kind: 'wake' as const,
  dueAt,
  body: { taskId, lookAgain: tokenOrder },
});

const lookAgainRowKey = (taskId: string, order: string): string => `${wakeRowKey(taskId)}#again#${order}`;

/** Every wake that a run's step past the wait makes superfluous; not where its predecessor may still wait. */
export const wakeRowKeys = (task: Task, generation: number): string[] => {
  const { taskId, tokenOrder } = task;
  if (waitsInVain(task, generation)) return [];
  return [wakeRowKey(taskId), ...(tokenOrder === undefined ? [] : [lateWakeRowKey(taskId, tokenOrder)])];
};

/** One mail owed to one approver; the link's id is random, its secret is derived from it where it is mailed. */
export const mailRow = (
  task: Pick<Task, 'taskId' | 'step'>,
  to: Pick<Approver, 'id'>,
  why: MailOrder['why'],
  context: Context,
  policy: Pick<MailOrder, 'rung' | 'level'> = {},
) => {
  const linkId = context.newId();
  return {
    key: `mail#${linkId}`,
    kind: 'mail' as const,
    dueAt: dueIn(context.now, stepGraceSeconds),
    body: { linkId, taskId: task.taskId, step: task.step, personId: to.id, why, ...policy },
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
  if (!state.task || awaitsOperators(state) || isNextStep(state)) {
    const task = state.head.frozen
      ? overrideTask(state, type, directory, context)
      : newTask(state, type, directory, context);
    const opened = openTask(state, { ...task, ...token }, command, context);
    return looksAgain(opened, asked, context);
  }

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
    // The token that was to be answered is no longer the one that waits.
    settled: [lookAgainRowKey(task.taskId, state.task.tokenOrder ?? '')],
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

/** Whether a procedure has come to another step that asks a person. */
const isNextStep = ({ head, task, procedure }: IntentState): boolean =>
  !head.frozen && procedure?.now?.task !== undefined && procedure.now.task !== task?.taskId;

/** Where a rung comes sooner than the run, which did not know whom the task asks, is going to look. */
function looksAgain(opened: Change<null>, { waitUntil }: Escalation, context: Context): Change<null> {
  const task = opened.writes?.task as Task;
  const first = nextRung(task)?.at;
  if (!first || !waitUntil || Date.parse(first) >= Date.parse(waitUntil)) return opened;
  return {
    ...opened,
    writes: { ...opened.writes, task: { ...task, looksAgain: task.tokenOrder ?? '' } },
    owed: [...(opened.owed ?? []), lookAgainRow(task, dueIn(context.now, wakeGraceSeconds))],
  };
}

function newTask(state: IntentState, type: IntentType, directory: Directory, context: Context): Task {
  const { head, request, plan, procedure } = state;
  if (!request) throw new TypeError('escalate needs the request');
  const revision = head.revision ?? 1;
  const wish = wishesOf(state)?.humanTask;
  const taskType = taskTypeFor(type, wish);
  const asks = asksFor(taskType, wish);
  const { of: chain, rule } = chainOf(taskType, state, type);
  // A later step that nobody could decide is better known before anybody is asked.
  for (const later of chain.steps.slice(1)) askedIn(later, state, type, directory, [], context.now);
  const first = stepOf({ chain, step: 0 });
  const { approvers: all, ignored } = askedIn(first, state, type, directory, [], context.now);
  // An assignment goes from one to the next.
  const approvers = taskRule(taskType).takes === 'assignee' ? all.slice(0, 1) : all;
  const requester = requesterOf(state, directory);
  const asking = {
    chain,
    step: 0,
    outcomes: outcomesFor(type, wish, revision),
    approvers,
    // By name, though the step asks a role: only where nothing narrows whom an agent may name.
    ...('role' in first && approvers.some(({ as }) => as === 'named') ? { freely: true as const } : {}),
    ...(requester === undefined ? {} : { requester }),
  };
  const begins = procedure?.now?.at ?? plan?.at ?? request.revisedAt ?? head.createdAt;
  const results = procedure && resultsOf(procedure);
  const climbs = ladderFor(begins, state, type, asking, directory);
  const task = {
    taskId: procedure?.now?.task ?? taskIdOf(head.intentId, revision),
    type: taskType,
    status: 'open' as const,
    revision,
    rounds: roundsFor(type, wish),
    priority: wish?.priority ?? 'normal',
    title: wish?.title || (taskType === type.task.type ? type.title : taskRule(taskType).title),
    description: wish?.description ?? plan?.plan.objective ?? type.objective(request.payload),
    commentRequired: wish?.required_comment ?? false,
    ...(taskRule(taskType).takes === 'evidence' ? { evidenceRequired: wish?.evidence_required ?? true } : {}),
    ...(asks ? { asks } : {}),
    ...(results && Object.keys(results).length > 0 ? { results } : {}),
    ...asking,
    role: wordOf(first),
    ignored: [...new Set([...ignored, ...climbs.ignored])],
    why: [...(plan?.fired ?? [askedByAgent(type)]), ...(rule ? [rule] : [])],
    risk: taskType === 'override' ? 'high' : (plan?.plan.risk.category ?? riskOfRequest(type, request)),
    ladder: climbs.ladder,
    rung: 0,
    openedAt: context.now,
    votes: [],
    links: {},
  };
  return withSubject(state, task, context.newId);
}

/** Who must agree; of an assignment one after the other, and an override asks operators. */
function chainOf(taskType: TaskType, state: IntentState, type: IntentType): ReturnType<typeof chainFor> {
  if (taskType === 'override') return { of: oneOf(overrideRoleOf(type)) };
  const found = chainFor(state, type);
  return taskRule(taskType).takes === 'assignee' ? { ...found, of: oneByOne(found.of) } : found;
}

const askedByAgent = ({ type }: IntentType) => ({
  id: type,
  reason: 'asked_by_agent',
  says: 'The agent asks for a decision.',
});

/** Without a plan, what the type makes of the payload. */
const riskOfRequest = (type: IntentType, { payload }: IntentRequest): RiskCategory =>
  (type.shape === 'approval' ? type.risk?.(payload).category : undefined) ?? 'low';

/** What a task of this type asks a person to fill in. */
function asksFor(type: TaskType, wish: HumanTask | undefined): FormGroup | undefined {
  const { asks } = taskRule(type);
  return asks === 'answer' ? answerForm(wish?.choices) : wish?.form_schema;
}

const waiting = { status: 'WAITING', waitingReason: 'WAITING_FOR_HUMAN' } as const;

/** People were asked: by the task's opening, or by the next step of its chain. */
export const askedEvent = (task: Task): EventDraft => ({
  type: 'intent.human_task_assigned',
  ...waiting,
  pendingWith: pendingWith(task),
  humanTask: {
    task_id: task.taskId,
    title: task.title,
    task_type: task.type,
    allowed_outcomes: task.outcomes,
  },
  details: {
    approvers: task.approvers.map(({ id, name }) => ({ id, name })),
    progress: progressOf(task),
    ...(task.rounds > 1 ? { revision: task.revision, rounds: task.rounds } : {}),
  },
});

/** A step that names a person is recorded as what names people is. */
const recordedStep = (step: ChainStep) => ('person' in step ? { ...step, person: person(step.person) } : { ...step });

function openTask(state: IntentState, task: Task, command: string, context: Context): Change<null> {
  const overdue = task.takeover === 'overdue' ? state.task : undefined;
  return {
    command,
    action: 'task.opened',
    actor: system('run'),
    head: {
      ...waiting,
      taskId: task.taskId,
      dueAt: wakesBy(task, context.now),
    },
    events: [
      {
        type: 'intent.waiting',
        ...waiting,
        pendingWith: pendingWith(task),
        details: { state: 'ESCALATE_TO_HUMAN', reasons: task.why.map((rule) => rule.reason) },
      },
      ...(overdue ? [takenOverEvent(overdue, task)] : []),
      askedEvent(task),
    ],
    data: {
      task_id: task.taskId,
      ...(task.takeover ? { override: true } : {}),
      ...(overdue ? { instead_of: overdue.taskId } : {}),
      subject_hash: task.subjectHash,
      ...(task.rounds > 1 ? { revision: task.revision, rounds: task.rounds } : {}),
      approvers: task.approvers.map((a) => person(a.id)),
      risk: task.risk,
      ...standInsOf(task),
      chain: { steps: task.chain.steps.map(recordedStep), against: task.chain.against },
      ignored: task.ignored.map(person),
      reasons: task.why.map((rule) => rule.reason),
      ladder: task.ladder.map((rung) => ({ ...rung, ...('to' in rung ? { to: recordedTo(rung.to as string) } : {}) })),
      generation: state.head.generation,
    },
    writes: { task },
    owed: [
      ...task.approvers.map((person) => mailRow(task, person, 'assigned', context)),
      ...(overdue ? toldOff(overdue, { what: 'overdue', by: 'The service level' }, context) : []),
    ],
    result: null,
  };
}

/** Operators are asked in the place of those who let a task's ladder end. */
const takenOverEvent = (before: Task, task: Task): EventDraft => ({
  type: 'intent.escalated',
  ...waiting,
  pendingWith: pendingWith(task),
  details: {
    override: true,
    reason: 'nobody_decided',
    task_id: before.taskId,
    to: task.approvers.map(({ id, name }) => ({ id, name })),
    replaced: pendingIn(before).map(({ id, name }) => ({ id, name })),
  },
});
