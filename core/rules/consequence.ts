/** What follows from a person's decision: it is kept, the chain's next step begins, or the task is concluded. */

import { wordOf } from '../chain.ts';
import type { Change, EventDraft } from '../commit.ts';
import type { Directory } from '../directory.ts';
import { TerminalError } from '../errors.ts';
import type { IntentType } from '../intent-type.ts';
import type { JsonObject } from '../json.ts';
import type { Decision, IntentOutcome, IntentState, Task } from '../model.ts';
import { person, personal, type RecordableObject } from '../personal.ts';
import type { Context } from '../ports.ts';
import { isTwoSided, outcomesOf } from '../tasks.ts';
import { dueIn, ending, stepGraceSeconds, wakeGraceSeconds, wakesBy } from './common.ts';
import { askedEvent, lookAgainRow, mailRow, wakeRowKey } from './escalate.ts';
import { ladderFor } from './levels.ts';
import { askedIn, pendingWith, pendingWithAgent, progressOf, standInsOf, standing, stepOf } from './steps.ts';

export interface Consequence {
  head: Change<unknown>['head'];
  events: EventDraft[];
  task: Task;
  outcome?: IntentOutcome;
  owed: NonNullable<Change<unknown>['owed']>;
  /** For the record. */
  data: RecordableObject;
}

/** `voted`: the state in whose task the vote counts already. */
export function consequence(
  voted: IntentState & { task: Task },
  vote: Decision,
  type: IntentType,
  directory: Directory,
  context: Context,
): Consequence {
  if (outcomesOf(voted.task.type).some((one) => one.returns && one.name === vote.outcome))
    return returned(voted, vote, type, directory, context);
  const came = standing(voted.task);
  if (came === 'open') return kept(voted.task, vote);
  const last = voted.task.step === voted.task.chain.steps.length - 1;
  if (came === 'against' || last)
    return concluded(voted.task, vote, afterDecision(voted, type), came === 'for', context);
  return nextStep(voted, vote, type, directory, context);
}

/** What the agent is told: who decided, never by which mail address. */
export const toldOf = (decision: Decision): JsonObject => ({
  outcome: decision.outcome,
  reason_code: decision.reason,
  comment: decision.comment,
  decided_by: decision.by.id,
  ...(decision.for ? { decided_for: decision.for.id } : {}),
  decided_at: decision.at,
  ...(decision.data ? { data: decision.data } : {}),
  ...(decision.evidence ? { evidence: { ...decision.evidence } as JsonObject } : {}),
  ...(decision.assignee ? { assignee: { ...decision.assignee } } : {}),
});

/** The same for the record, and how the person was identified. */
export const recordedOf = (decision: Decision): RecordableObject => {
  const { id } = decision.by;
  return {
    ...toldOf(decision),
    decided_by: person(id),
    ...(decision.for ? { decided_for: person(decision.for.id) } : {}),
    comment: personal(id, decision.comment),
    via: personal(id, decision.via),
    ...(decision.data ? { data: personal(id, decision.data) } : {}),
    ...(decision.evidence ? { evidence: personal(id, { ...decision.evidence } as JsonObject) } : {}),
    ...(decision.assignee ? { assignee: person(decision.assignee.id) } : {}),
  };
};

/** What the agent is told of a task's end; where several decided, of each of them. */
export const toldOfAll = (task: Task, decision: Decision): JsonObject => ({
  ...toldOf(decision),
  ...(task.revision > 1 ? { revision: task.revision } : {}),
  ...(task.votes.length > 1 ? { decisions: task.votes.map((vote) => ({ ...toldOf(vote), step: vote.step + 1 })) } : {}),
});

const waiting = { status: 'WAITING', waitingReason: 'WAITING_FOR_HUMAN' } as const;

const votedEvent = (task: Task, vote: Decision): EventDraft => ({
  type: 'intent.waiting',
  ...waiting,
  pendingWith: pendingWith(task),
  details: { state: 'ESCALATE_TO_HUMAN', decision: toldOf(vote), progress: progressOf(task) },
});

/** More people are still needed. */
const kept = (task: Task, vote: Decision): Consequence => ({
  head: {},
  events: [votedEvent(task, vote)],
  task,
  owed: [],
  data: { progress: progressOf(task) },
});

/** The chain's next step begins, if enough could decide it. */
function nextStep(
  state: IntentState & { task: Task },
  vote: Decision,
  type: IntentType,
  directory: Directory,
  context: Context,
): Consequence {
  const { task: before } = state;
  const at = { chain: before.chain, step: before.step + 1 };
  const step = stepOf(at);
  let asked: ReturnType<typeof askedIn>;
  try {
    asked = askedIn(step, state, type, directory, before.votes, context.now);
  } catch (error) {
    if (!(error instanceof TerminalError)) throw error;
    return nobodyLeft(before, error, context);
  }
  return stepBegins(
    state,
    { ...at, role: wordOf(step), approvers: asked.approvers },
    vote,
    { type, directory },
    context,
  );
}

/** Others are asked now, with a service level of their own; the run, which waits by the one before, looks again. */
export function stepBegins(
  state: IntentState & { task: Task },
  at: Pick<Task, 'chain' | 'step' | 'role' | 'approvers'>,
  vote: Decision,
  { type, directory }: { type: IntentType; directory: Directory },
  context: Context,
): Consequence {
  // Numbers and addresses of the step that is over say nothing about this one.
  const { needed: _, unreachable: __, ...before } = state.task;
  const { tokenOrder = '', looksAgain } = before;
  const begun = { ...before, ...at, rung: 0, looksAgain: tokenOrder };
  const { ladder, ignored } = ladderFor(context.now, state, type, begun, directory);
  const task: Task = { ...begun, ladder, ignored: [...new Set([...begun.ignored, ...ignored])] };
  return {
    head: { dueAt: wakesBy(task, context.now) },
    events: [votedEvent(task, vote), askedEvent(task)],
    task,
    owed: [
      ...task.approvers.map((person) => mailRow(task, person, 'assigned', context)),
      // Where the step before began a moment ago, this is owed already.
      ...(looksAgain === tokenOrder ? [] : [lookAgainRow(task, dueIn(context.now, wakeGraceSeconds))]),
    ],
    data: { progress: progressOf(task), approvers: task.approvers.map(({ id }) => person(id)), ...standInsOf(task) },
  };
}

/**
 * The agent is asked for changes, whatever others have said so far, and has as long as people have. Its run is over: the
 * generation that may commit is the one that begins with what the agent answers.
 */
function returned(
  state: IntentState & { task: Task },
  vote: Decision,
  type: IntentType,
  directory: Directory,
  context: Context,
): Consequence {
  const { head } = state;
  const answerBy = ladderFor(context.now, state, type, state.task, directory).ladder.at(-1)?.at ?? context.now;
  const task: Task = { ...state.task, status: 'returned', decision: vote, answerBy };
  return {
    head: {
      status: 'IN_PROGRESS',
      waitingReason: null,
      generation: head.generation + 1,
      dueAt: Date.parse(answerBy),
    },
    events: [
      {
        type: 'intent.in_progress',
        status: 'IN_PROGRESS',
        pendingWith: pendingWithAgent(head),
        details: {
          state: 'ESCALATE_TO_HUMAN',
          decision: toldOfAll(task, vote),
          revision: task.revision,
          rounds: task.rounds,
          answer_by: answerBy,
        },
      },
    ],
    task,
    owed: [wakeRow(task, context)],
    data: { revision: task.revision, answer_by: answerBy },
  };
}

/** What a task's decision leads to. */
export type AfterDecision = IntentType['shape'] | 'procedure';

export const afterDecision = ({ head }: IntentState, { shape }: Pick<IntentType, 'shape'>): AfterDecision =>
  head.procedure ? 'procedure' : shape;

/** A decision is the result of an approval; of an action it opens the way, or ends it as denied; a procedure goes on with it. */
export function concluded(
  task: Task,
  vote: Decision,
  leadsTo: AfterDecision,
  isFor: boolean,
  context: Context,
): Consequence {
  const told = toldOfAll(task, vote);
  const rest = {
    task: { ...task, status: 'decided' as const, decision: vote },
    owed: [wakeRow(task, context)],
    data: {},
  };
  if (leadsTo === 'approval') {
    const end = ending('COMPLETED', {
      result: { task_result: told, ...(isTwoSided(task.type) ? { approved: isFor } : {}) },
    });
    return { ...rest, head: end.head, events: [end.event], outcome: end.outcome };
  }
  if (isFor || leadsTo === 'procedure')
    return {
      ...rest,
      head: { status: 'IN_PROGRESS', waitingReason: null, dueAt: dueIn(context.now, stepGraceSeconds) },
      events: [
        {
          type: 'intent.in_progress',
          status: 'IN_PROGRESS',
          details: { state: 'ESCALATE_TO_HUMAN', decision: told },
        },
      ],
    };
  const error = {
    code: 'policy_denied',
    message: 'A person decided against it.',
    details: { reason: 'rejected_by_person', decision: told },
  };
  const end = ending('FAILED', { error });
  return { ...rest, head: end.head, events: [end.event], outcome: end.outcome };
}

/** The chain can't go on: nothing is approved. */
function nobodyLeft(task: Task, { code, message, details }: TerminalError, context: Context): Consequence {
  const end = ending('FAILED', { error: { code, message, details } });
  return {
    head: end.head,
    events: [end.event],
    task: { ...task, status: 'closed' },
    outcome: end.outcome,
    owed: [wakeRow(task, context)],
    data: { reason: code },
  };
}

/** Owed where a task is over: the run that waits for it is answered. */
export const wakeRow = ({ taskId }: Task, { now }: Context) => ({
  key: wakeRowKey(taskId),
  kind: 'wake' as const,
  dueAt: dueIn(now, wakeGraceSeconds),
  body: { taskId },
});
