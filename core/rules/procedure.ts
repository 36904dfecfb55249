/**
 * A procedure's run: it takes the step that is next, waits for what the step comes to, and goes on. How far it is lies in the
 * table, so a run that is killed goes on with the step where it was; and a new run takes over before one grows old.
 */

import type { Change, Done, EventDraft } from '../commit.ts';
import type { Directory } from '../directory.ts';
import type { IntentType } from '../intent-type.ts';
import type { JsonObject } from '../json.ts';
import type { Head, IntentError, IntentOutcome, IntentState } from '../model.ts';
import type { Context } from '../ports.ts';
import {
  doneOut,
  isKept,
  next,
  type PlanStep,
  type ProcedurePlan,
  type Progress,
  type StepDone,
  type StepResult,
  stepIn,
  stepTaskIdOf,
} from '../procedure.ts';
import { stopsFor } from '../stops.ts';
import { isTwoSided, maxCommentLength } from '../tasks.ts';
import { firstOf } from '../text.ts';
import { dueIn, ending, ofCurrentRun, stepGraceSeconds, system, wakeGraceSeconds } from './common.ts';
import { toldOfAll } from './consequence.ts';
import { type Escalation, tokenOrderOf, wakeRowKeys } from './escalate.ts';
import { overNow } from './expiry.ts';
import { nextGeneration } from './generation.ts';
import { firstWait } from './levels.ts';
import { noticeRow } from './notice.ts';
import { type AfterRung, climb } from './rung.ts';
import { outcomesFor } from './steps.ts';
import { wishesOf } from './wishes.ts';

export type AfterStep =
  /** Look at once what is next. */
  { next: 'again' } | { next: 'wait'; waitUntil: string; rung: number } | { next: 'ended' };

type Stepping = IntentState & { procedure: Progress };
type Doing = Change<AfterStep> | Done<AfterStep>;
/** The step that a procedure is at. */
export type Present = NonNullable<Progress['now']>;

/** The run that takes a step, and what it knows. */
export interface Run {
  generation: number;
  /** How many waits it has had. */
  rung: number;
  type: IntentType;
  directory: Directory;
}

/** An agent that names no deadline has as long as its delivery lasts; its own run ends it, and this is far behind that. */
const longestPartSeconds = 31 * 86_400;

/** A run takes over after so many waits, of some 15 events each: 10,000 events are far. */
const maxWaits = 400;
/** And after so many days: with the longest wait behind it, a year is far. */
const maxRunDays = 200;

/**
 * Takes the procedure on by one commit. `state` must be loaded with its request. Throws Superseded, Cancelled, TerminalError.
 */
export function takeStep(given: IntentState | undefined, run: Run, context: Context): Doing {
  const { type, directory } = run;
  const state = ofCurrentRun(given, run.generation);
  const { head, procedure, task, request } = state;
  const plan = request?.procedure;
  if (!procedure || !plan) throw new TypeError('a procedure has a plan');
  const stepping: Stepping = { ...state, procedure };
  const climbing = () => looked(climb(state, run.generation, directory, context, run.rung), run.rung);
  if (head.frozen) return task?.takeover ? climbing() : looked({ done: overNow(state, context, run.rung) }, run.rung);
  if (isWorn(procedure, run, context.now)) return handOver(state, run.generation, context);
  const { now } = procedure;
  if (!now) return begin(stepping, plan, plan.start, 1, run, context);
  if (now.pauses && isOver(now.until, context.now)) return begin(stepping, plan, now.step, now.attempt, run, context);
  const result = now.pauses ? undefined : resultOf(stepping, stepIn(plan, now.step), context.now);
  if (result) return moveOn(stepping, plan, result, run, context);
  if (task?.status === 'open' && task.taskId === now.task) return climbing();
  if (isOver(head.deadlineAt, context.now)) return outOfTime(stepping, context);
  return { done: { next: 'wait', waitUntil: waitOf(stepping, type, context.now), rung: run.rung + 1 } };
}

const isOver = (at: string | undefined, now: string): boolean => at !== undefined && Date.parse(at) <= Date.parse(now);

export const later = (now: string, seconds: number): string => new Date(dueIn(now, seconds)).toISOString();

/** A ladder has been looked at: whatever came of it, the procedure looks again what that means. */
function looked(change: Change<AfterRung> | Done<AfterRung>, rung: number): Doing {
  const after = (found: AfterRung): AfterStep =>
    found.next === 'wait' ? { ...found, rung: rung + 1 } : { next: 'again' };
  return 'done' in change ? { done: after(change.done) } : { ...change, result: after(change.result) };
}

const isWorn = ({ since }: Progress, run: { generation: number; rung: number }, now: string): boolean =>
  run.rung >= maxWaits ||
  (since?.generation === run.generation && Date.parse(now) - Date.parse(since.at) > maxRunDays * 86_400_000);

function handOver(state: IntentState, generation: number, context: Context): Doing {
  const handed = nextGeneration(state, context, generation);
  const result: AfterStep = { next: 'ended' };
  return 'done' in handed ? { done: result } : { ...handed, actor: system('run'), result };
}

/** Until when a run waits for the present step. */
function waitOf(state: Stepping, type: IntentType, now: string): string {
  const { procedure, head } = state;
  const present = procedure.now;
  if (present?.task !== undefined) return firstWait(present.at, wishesOf(state), head.deadlineAt, type);
  return untilOf(present, head, now);
}

/** The same for a step that asks nobody. */
function untilOf(present: Present | undefined, head: Head, now: string): string {
  const until = present?.until ?? now;
  // An agent's part has its own end, which may be late; that end wakes the run: it looks by itself the longer the less often.
  const late = Math.max(wakeGraceSeconds, (Date.parse(now) - Date.parse(until)) / 1000);
  const looks = isOver(until, now) ? later(now, late) : until;
  const ends = head.deadlineAt === undefined || isOver(head.deadlineAt, now) ? looks : head.deadlineAt;
  return [looks, ends].sort()[0] as string;
}

/** What the present step has come to; undefined while it is under way. */
function resultOf(state: Stepping, step: PlanStep, now: string): StepResult | undefined {
  const { procedure, task } = state;
  const present = procedure.now;
  if (present?.ended) return present.ended;
  if (step.kind === 'delay' && isOver(present?.until, now)) return { as: 'success' };
  if (step.kind === 'timeout' && isOver(present?.until, now)) return timedOut(step.id);
  if (present?.task === undefined || task?.taskId !== present.task) return undefined;
  if (task.status === 'expired') return { ...timedOut(step.id), by: 'human' };
  if (task.status !== 'decided' || !task.decision) return undefined;
  const result = toldOfAll(task, task.decision);
  if (outcomesFor(task.type).has(task.decision.outcome))
    return { as: 'success', result, by: 'human', ...(isTwoSided(task.type) ? { approved: true } : {}) };
  const details = { reason: 'rejected_by_person', decision: result };
  const error = { code: 'policy_denied', message: 'A person decided against it.', details };
  return { as: 'failure', error, final: true, by: 'human', approved: false };
}

export const timedOut = (id: string): Extract<StepResult, { as: 'failure' }> => ({
  as: 'failure',
  error: { code: 'step_timeout', message: 'The step was not done in time.', details: { step_id: id } },
});

export const stepRowKey = (begun: number): string => `wake#step#${begun}`;
const lateStepRowKey = (begun: number, order: string): string => `${stepRowKey(begun)}#${order}`;

/** Every wake that is owed for the present step. */
const wakesOf = ({ head, procedure: { begun, tokenOrder }, task }: Stepping): string[] => [
  stepRowKey(begun),
  ...(tokenOrder === undefined ? [] : [lateStepRowKey(begun, tokenOrder)]),
  ...(task ? wakeRowKeys(task, head.generation) : []),
];

export const wakeRow = (begun: number, key: string, { now }: Context) => ({
  key,
  kind: 'wake' as const,
  dueAt: dueIn(now, wakeGraceSeconds),
  body: { step: begun },
});

function moveOn(state: Stepping, plan: ProcedurePlan, result: StepResult, run: Run, context: Context): Doing {
  const { procedure } = state;
  const present = procedure.now as Present;
  const after = { ...procedure, ...settledBy(procedure, present, result, context.now) };
  const way = next(plan, { step: present.step, attempt: present.attempt, visits: procedure.visits }, result);
  const moved = { ...state, procedure: after };
  if (way.do === 'begin') return begin(moved, plan, way.step, 1, run, context, present.step);
  const { token: _, ...rest } = after;
  const common = {
    action: 'step.ended',
    actor: system('run'),
    settled: wakesOf(state),
    data: { ...about(present), outcome: result.as },
  };
  if (way.do === 'retry') {
    const until = later(context.now, way.afterSeconds);
    const now = { step: present.step, attempt: way.attempt, at: context.now, until, pauses: true as const };
    return {
      ...common,
      command: `step:${procedure.begun}:again`,
      head: { ...waitingForTime, dueAt: dueIn(until, wakeGraceSeconds) },
      events: [
        { type: 'intent.waiting', ...waitingForTime, details: { ...about(now), ...stateIs('STEP_RETRY'), until } },
      ],
      writes: { procedure: { ...rest, now } },
      result: { next: 'again' },
    };
  }
  const outcome =
    way.do === 'complete' ? { result: endOf(after) } : { error: failedBy(way.error, present.step, after) };
  const end = ending(way.do === 'complete' ? 'COMPLETED' : 'FAILED', outcome as IntentOutcome);
  return {
    ...common,
    command: `step:${procedure.begun}:end`,
    action: way.do === 'complete' ? 'procedure.completed' : 'procedure.failed',
    head: end.head,
    events: [inProgress(present, result), end.event],
    writes: { procedure: rest, outcome: end.outcome },
    result: { next: 'again' },
  };
}

const waitingForTime = { status: 'WAITING', waitingReason: 'WAITING_FOR_TIME' } as const;
export const stateIs = (state: string): JsonObject => ({ state });

const inProgress = (present: { step: string; attempt: number }, result: StepResult): EventDraft => ({
  type: 'intent.in_progress',
  status: 'IN_PROGRESS',
  details: { ...stateIs('STEP_ENDED'), ...about(present), outcome: result.as },
});

export const about = ({ step, attempt }: { step: string; attempt: number }): JsonObject => ({ step_id: step, attempt });

/** What is kept of a step that has ended. */
function settledBy(
  { done, last }: Progress,
  present: Present,
  result: StepResult,
  now: string,
): Pick<Progress, 'done' | 'last'> {
  const { [present.step]: _, ...others } = done;
  const told = result.as === 'success' ? result.result : undefined;
  const one: StepDone = {
    outcome: result.as,
    attempt: present.attempt,
    at: now,
    ...(present.part === undefined ? {} : { intentId: present.part }),
    ...(present.task === undefined ? {} : { taskId: present.task }),
    ...(told && isKept(told, others) ? { result: told } : {}),
    ...(result.as === 'failure' ? { error: { code: result.error.code, message: result.error.message } } : {}),
  };
  const decision = result.as === 'success' ? told : (result.error.details.decision as JsonObject | undefined);
  const lastly =
    result.by === 'human' && decision
      ? { taskResult: decision, ...(result.approved === undefined ? {} : { approved: result.approved }) }
      : told && isKept(told, {})
        ? { result: told }
        : {};
  return { done: { ...others, [present.step]: one }, last: { ...last, ...lastly } };
}

/** What a procedure comes to: the last agent's result and the last person's decision, and each step. */
const endOf = (procedure: Progress): JsonObject => ({
  scenario_id: procedure.scenario,
  compile_id: procedure.compileId,
  ...(procedure.last.result ? { result: procedure.last.result } : {}),
  ...(procedure.last.taskResult ? { task_result: procedure.last.taskResult } : {}),
  ...(procedure.last.approved === undefined ? {} : { approved: procedure.last.approved }),
  steps: doneOut(procedure),
});

const failedBy = (error: IntentError, step: string, procedure: Progress): IntentError => ({
  ...error,
  details: { ...error.details, step_id: step, scenario_id: procedure.scenario, steps: doneOut(procedure) },
});

/** The intent's own deadline is over: it ends, whatever the step would come to. */
function outOfTime(state: Stepping, { now }: Context): Doing {
  const { head, procedure } = state;
  const { token: _, ...rest } = procedure;
  const details: JsonObject = { deadline: head.deadlineAt ?? now, ...(procedure.now ? about(procedure.now) : {}) };
  const error = { code: 'intent_timeout', message: 'The procedure was not done before its deadline.', details };
  const end = ending('TIMED_OUT', { error });
  return {
    command: 'procedure:timed_out',
    action: 'procedure.timed_out',
    actor: system('run'),
    head: end.head,
    events: [{ type: 'intent.timeout', status: head.status, ...reasonOf(head), details }, end.event],
    data: details,
    writes: { procedure: rest, outcome: end.outcome },
    settled: wakesOf(state),
    result: { next: 'again' },
  };
}

const reasonOf = ({ waitingReason }: IntentState['head']) => (waitingReason ? { waitingReason } : {});

/** Begins a step; `ended`: the one that led to it. */
function begin(
  state: Stepping,
  plan: ProcedurePlan,
  id: string,
  attempt: number,
  run: Run,
  context: Context,
  ended?: string,
): Doing {
  const { head } = state;
  const step = stepIn(plan, id);
  const { token: _, ...before } = state.procedure;
  if (isOver(head.deadlineAt, context.now)) return outOfTime(state, context);
  const begun = before.begun + 1;
  const now = { step: id, attempt, at: context.now, ...startOf(state, step, begun, context) };
  const visits = attempt > 1 ? before.visits : { ...before.visits, [id]: (before.visits[id] ?? 0) + 1 };
  const since =
    before.since?.generation === run.generation ? before.since : { generation: run.generation, at: context.now };
  const procedure: Progress = { ...before, begun, visits, since, now };
  const shown = eventsOf(step, now, ended);
  const status = shown.at(-1)?.status ?? 'IN_PROGRESS';
  const begins = { ...state, procedure };
  const waitUntil = now.ended ? context.now : waitOf(begins, run.type, context.now);
  return {
    command: `step:${begun}:begin`,
    action: 'step.begun',
    actor: system('run'),
    head: { status, waitingReason: shown.at(-1)?.waitingReason ?? null, dueAt: dueIn(context.now, stepGraceSeconds) },
    events: shown,
    data: {
      ...about(now),
      kind: step.kind,
      compile_id: procedure.compileId,
      ...(now.part === undefined ? {} : { child_intent_id: now.part }),
      ...(ended === undefined ? {} : { after: ended, outcome: before.done[ended]?.outcome ?? 'success' }),
    },
    writes: { procedure },
    owed: toldOf(state, step, begun, run.directory, context),
    settled: begun > 1 ? wakesOf(state) : [],
    stops: stopsFor(head),
    result: now.ended ? { next: 'again' } : { next: 'wait', waitUntil, rung: run.rung + 1 },
  };
}

/** What a step is to wait for. */
function startOf({ head }: Stepping, step: PlanStep, begun: number, context: Context): Partial<Present> {
  const { now } = context;
  if (step.kind === 'human') return { task: stepTaskIdOf(head.intentId, begun) };
  if (step.kind === 'agent')
    return {
      part: context.newId(),
      until: later(now, (step.seconds ?? longestPartSeconds) + wakeGraceSeconds),
    };
  if (step.kind === 'delay' || step.kind === 'timeout') return { until: later(now, step.seconds ?? 0) };
  return { ended: { as: 'success' } };
}

function eventsOf(step: PlanStep, now: Present, ended: string | undefined): EventDraft[] {
  const details: JsonObject = {
    ...stateIs('STEP'),
    ...about(now),
    kind: step.kind,
    ...(ended === undefined ? {} : { after: ended }),
    ...(step.tool === undefined ? {} : { tool_id: step.tool }),
    ...(step.config ? { config: step.config } : {}),
    ...(now.part === undefined ? {} : { child_intent_id: now.part }),
    ...(now.until === undefined || step.kind === 'agent' ? {} : { until: now.until }),
  };
  const goesOn: EventDraft = { type: 'intent.in_progress', status: 'IN_PROGRESS', details };
  const escalated: EventDraft[] = step.escalates ? [{ ...goesOn, type: 'intent.escalated', details: about(now) }] : [];
  if (step.kind === 'agent') {
    const pendingWith = { type: 'agent' as const, ref: step.agent ?? '', name: step.agent ?? '' };
    return [
      ...escalated,
      { type: 'intent.waiting', status: 'WAITING', waitingReason: 'WAITING_FOR_AGENT', details, pendingWith },
    ];
  }
  if (step.kind === 'delay' || step.kind === 'timeout') return [{ type: 'intent.waiting', ...waitingForTime, details }];
  if (step.kind === 'reminder') return [{ ...goesOn, type: 'intent.reminder' }];
  return [...escalated, goesOn];
}

/** People of a notification are mailed; whoever the directory does not know by then is not. */
function toldOf({ head, procedure }: Stepping, step: PlanStep, begun: number, directory: Directory, context: Context) {
  const { message } = step.config ?? {};
  const notice = {
    what: 'notified' as const,
    by: head.from,
    about: `${procedure.scenario}: ${step.id}`,
    ...(typeof message === 'string' ? { note: firstOf(message, maxCommentLength) } : {}),
  };
  return (step.people ?? [])
    .flatMap((one) => directory.find(one) ?? [])
    .map(({ id }) => noticeRow({ taskId: stepTaskIdOf(head.intentId, begun) }, id, notice, context));
}

/** Leaves the token of a run that waits where the step's end can find it. Throws Superseded, Cancelled. */
export function awaitStep(
  given: IntentState | undefined,
  asked: Escalation,
  context: Context,
): Change<null> | Done<null> {
  const { head, procedure } = ofCurrentRun(given, asked.generation);
  if (!procedure) throw new TypeError('a procedure waits for its step');
  const order = tokenOrderOf(asked);
  if (procedure.tokenOrder !== undefined && procedure.tokenOrder >= order) return { done: null };
  const ended = procedure.now?.ended !== undefined;
  const until = untilOf(procedure.now, head, context.now);
  return {
    command: `await:${order}`,
    action: 'run.waiting',
    actor: system('run'),
    head: { dueAt: ended ? dueIn(context.now, stepGraceSeconds) : dueIn(until, wakeGraceSeconds) },
    events: [],
    data: { generation: asked.generation, rung: asked.rung },
    writes: { procedure: { ...procedure, token: asked.token, tokenOrder: order } },
    owed: ended ? [wakeRow(procedure.begun, lateStepRowKey(procedure.begun, order), context)] : [],
    result: null,
  };
}
