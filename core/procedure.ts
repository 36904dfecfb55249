/** Procedures: a bundle's steps as a small plan, and which of them comes next. What is committed on the way is in rules/procedure.ts. */

import { hashOf } from './hash.ts';
import type { Json, JsonObject } from './json.ts';
import type { HumanTask, IntentError, IntentRequest } from './model.ts';

/** The one state machine of all of them. */
export const procedureMachine = 'procedure';

type StepKind =
  /** A part of the intent, delivered to an agent. */
  | 'agent'
  /** A person decides. */
  | 'human'
  | 'delay'
  /** Waits, and fails then. */
  | 'timeout'
  /** Tell of something, and go on at once. */
  | 'reminder'
  | 'notification';

export interface PlanStep {
  id: string;
  kind: StepKind;
  /** Whole address of the agent that works on it, or is told. */
  agent?: string;
  /** Of a notification: ids or mail addresses of people. */
  people?: string[];
  tool?: string;
  config?: JsonObject;
  /** What a person is asked. */
  task?: HumanTask;
  /** Reminders and escalation of the step, in AXP's names. */
  wishes?: StepWishes;
  /** Of a delay and a timeout: how long. Of an agent's step: until it has failed. */
  seconds?: number;
  /** It begins with an escalation. */
  escalates?: true;
  retry?: { times: number; afterSeconds: number };
  onSuccess?: string;
  onFailure?: string;
  /** How often it may be begun, retries not counted. */
  maxVisits?: number;
}

export type StepWishes = Pick<
  IntentRequest,
  'remind_after_seconds' | 'remind_interval_seconds' | 'max_reminders' | 'escalate_to' | 'max_delivery_attempts'
>;

/** What a bundle is compiled to; immutable, and kept with the request. */
export interface ProcedurePlan {
  v: 1;
  scenario: string;
  start: string;
  steps: PlanStep[];
}

/** The plan's id: the same bundle has the same one. */
export const compileIdOf = (plan: ProcedurePlan): string => hashOf(plan);

export function stepIn({ steps }: ProcedurePlan, id: string): PlanStep {
  const step = steps.find((one) => one.id === id);
  if (!step) throw new TypeError(`the plan has no step ${id}`);
  return step;
}

/** What a step came to. */
export type StepResult =
  | { as: 'success'; result?: JsonObject; approved?: boolean; by?: 'agent' | 'human' }
  | {
      as: 'failure';
      error: IntentError;
      /** A person has decided against it: asking again is no retry. */
      final?: true;
      approved?: false;
      by?: 'agent' | 'human';
    };

/** Where a procedure stands: a step, its attempt from 1, and how often each step was begun. */
export interface At {
  step: string;
  attempt: number;
  visits: Readonly<Record<string, number>>;
}

export type Next =
  | { do: 'begin'; step: string }
  | { do: 'retry'; step: string; attempt: number; afterSeconds: number }
  | { do: 'complete' }
  | { do: 'fail'; error: IntentError };

/** What follows from a step's result. */
export function next(plan: ProcedurePlan, { step: id, attempt, visits }: At, result: StepResult): Next {
  const step = stepIn(plan, id);
  if (result.as === 'failure' && !result.final && attempt <= (step.retry?.times ?? 0))
    return { do: 'retry', step: id, attempt: attempt + 1, afterSeconds: step.retry?.afterSeconds ?? 0 };
  const to = result.as === 'success' ? step.onSuccess : step.onFailure;
  if (to === undefined) return result.as === 'success' ? { do: 'complete' } : { do: 'fail', error: result.error };
  const { maxVisits } = stepIn(plan, to);
  if (maxVisits !== undefined && (visits[to] ?? 0) >= maxVisits)
    return {
      do: 'fail',
      error: {
        code: 'too_many_visits',
        message: `The step ${to} would begin for the ${maxVisits + 1}th time.`,
        details: { step_id: to, max_visits: maxVisits },
      },
    };
  return { do: 'begin', step: to };
}

/** A step that has ended, as the intent and later steps show it. */
export interface StepDone {
  outcome: 'success' | 'failure';
  attempt: number;
  at: string;
  /** The part that did it. */
  intentId?: string;
  taskId?: string;
  /** Where it is small. */
  result?: JsonObject;
  error?: { code: string; message: string };
}

/** The step that is under way. */
interface Present {
  step: string;
  attempt: number;
  /** ISO 8601: when it began. */
  at: string;
  /** Until when its run waits, where that is not a task's own time. */
  until?: string;
  /** It has failed, and begins again then. */
  pauses?: true;
  /** Id of the intent that is this step's part. */
  part?: string;
  /** Id of its task. */
  task?: string;
  ended?: StepResult;
}

/** How far the procedure is; changes with its head. */
export interface Progress {
  scenario: string;
  compileId: string;
  /** How many steps were begun, attempts included; numbers them. */
  begun: number;
  visits: Record<string, number>;
  now?: Present;
  /** By step, the last time each ended. */
  done: Record<string, StepDone>;
  /** What the end is told with: the last agent's result, the last person's decision. */
  last: { result?: JsonObject; taskResult?: JsonObject; approved?: boolean };
  /** When the present run took its first step. */
  since?: { generation: number; at: string };
  /** Of the run that waits. */
  token?: string;
  tokenOrder?: string;
}

export const firstProgress = (plan: ProcedurePlan): Progress => ({
  scenario: plan.scenario,
  compileId: compileIdOf(plan),
  begun: 0,
  visits: {},
  done: {},
  last: {},
});

/** The id of the task of the n-th step that is begun. */
export const stepTaskIdOf = (intentId: string, begun: number): string => `${intentId}.s${begun}`;
export const isStepTask = (taskId: string): boolean => /\.s\d+$/.test(taskId);

/** A result over this is left with the part that has it, bytes of JSON; all that is kept of results together; and levels of nesting, of which DynamoDB takes 32. */
export const resultRoom = { oneBytes: 8_192, allBytes: 65_536, levels: 16 } as const;

const bytesOf = (value: unknown): number => Buffer.byteLength(JSON.stringify(value));

const levelsOf = (value: Json): number =>
  typeof value === 'object' && value !== null ? 1 + Math.max(0, ...Object.values(value).map(levelsOf)) : 0;

/** Whether a result may be kept beside these. */
export const isKept = (result: JsonObject, beside: Progress['done']): boolean =>
  bytesOf(result) <= resultRoom.oneBytes &&
  bytesOf(beside) + bytesOf(result) <= resultRoom.allBytes &&
  levelsOf(result) <= resultRoom.levels;

/** The results that later steps are given, and people are shown: by step, those that are kept. */
export const resultsOf = ({ done }: Progress): JsonObject =>
  Object.fromEntries(Object.entries(done).flatMap(([id, { result }]) => (result ? [[id, result] as const] : [])));

/** Under which name later steps find them in their payload. */
export const resultsName = 'step_results';

/** Each step that has ended, in the API's names. */
export const doneOut = ({ done }: Progress): JsonObject =>
  Object.fromEntries(
    Object.entries(done).map(([id, { outcome, attempt, at, intentId, taskId, result, error }]) => [
      id,
      {
        outcome,
        attempt,
        ended_at: at,
        ...(intentId === undefined ? {} : { intent_id: intentId }),
        ...(taskId === undefined ? {} : { task_id: taskId }),
        ...(result ? { result } : {}),
        ...(error ? { error: { ...error } } : {}),
      },
    ]),
  );
