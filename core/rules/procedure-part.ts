/** The work of a step that a procedure gives to an agent: an intent of its own, and what its end is to the step. */

import type { Change, Done } from '../commit.ts';
import { carried, delegated } from '../delegation.ts';
import type { JsonObject } from '../json.ts';
import { isTerminal } from '../lifecycle.ts';
import type { IntentState } from '../model.ts';
import type { Context } from '../ports.ts';
import { isKept, type Progress, resultsName, resultsOf, type StepResult, stepIn } from '../procedure.ts';
import { dueIn, existing, stepGraceSeconds, system } from './common.ts';
import { about, later, type Present, stateIs, stepRowKey, timedOut, wakeRow } from './procedure.ts';
import type { Submission } from './submit.ts';

/** What the present step is to an agent: an intent of its own, whose end is the step's. `state` must be loaded with its request. */
export function partOf({ head, procedure, request }: IntentState): Submission | undefined {
  const { now } = procedure ?? {};
  const plan = request?.procedure;
  if (!procedure || !request || !plan || now?.part === undefined || now.ended) return undefined;
  const step = stepIn(plan, now.step);
  const ends = [
    ...(step.seconds === undefined ? [] : [later(now.at, step.seconds)]),
    ...(head.deadlineAt === undefined ? [] : [head.deadlineAt]),
  ].sort();
  const type = delegated(head.type) ?? carried(partType);
  const results = resultsOf(procedure);
  return {
    tenant: head.tenant,
    intentId: now.part,
    from: head.from,
    to: step.agent ?? '',
    type,
    delegated: true,
    correlationId: request.correlationId,
    traceId: head.traceId,
    parent: head.intentId,
    isStep: true,
    ...(head.announced ? { announced: true } : {}),
    payload: {
      scenario_id: plan.scenario,
      step_id: step.id,
      attempt: now.attempt,
      ...(step.tool === undefined ? {} : { tool_id: step.tool }),
      ...(step.config ? { config: step.config } : {}),
      parent_payload: request.payload,
      ...(Object.keys(results).length > 0 ? { [resultsName]: results } : {}),
    },
    ...step.wishes,
    ...(head.onBehalfOf === undefined ? {} : { onBehalfOf: head.onBehalfOf }),
    ...(ends[0] === undefined ? {} : { deadlineAt: ends[0] }),
  };
}

/** Where the procedure's own type has no version, which the name of a delegated one must. */
const partType = 'task.v1';

/** A part of the procedure has ended: the step that it was has its result. False where the procedure does not wait for it. */
export function partEnded(
  given: IntentState | undefined,
  part: IntentState,
  context: Context,
): Change<boolean> | Done<boolean> {
  const { intentId, status } = part.head;
  const now = waitsFor(given, intentId);
  if (!now || !isTerminal(status)) return { done: false };
  return answered(existing(given), now, resultOfPart(part, now.step), { child_status: status }, context);
}

/** The step's time was over before its part could begin. False where the procedure does not wait for that part. */
export function partTooLate(
  given: IntentState | undefined,
  intentId: string,
  context: Context,
): Change<boolean> | Done<boolean> {
  const now = waitsFor(given, intentId);
  if (!now) return { done: false };
  return answered(existing(given), now, { ...timedOut(now.step), by: 'agent' }, {}, context);
}

/** The present step, if it is this part and open. */
function waitsFor(given: IntentState | undefined, part: string): Present | undefined {
  const { head, procedure } = existing(given);
  const { now } = procedure ?? {};
  return now?.part === part && !now.ended && !isTerminal(head.status) && !head.frozen ? now : undefined;
}

function answered(
  state: IntentState,
  now: Present,
  ended: StepResult,
  more: JsonObject,
  context: Context,
): Change<boolean> {
  const procedure = state.procedure as Progress;
  const part = now.part as string;
  const details: JsonObject = {
    ...stateIs('STEP_ENDED'),
    ...about(now),
    child_intent_id: part,
    outcome: ended.as,
    ...more,
  };
  return {
    command: `part:${part}`,
    action: 'step.answered',
    actor: system('parts'),
    head: { status: 'IN_PROGRESS', waitingReason: null, dueAt: dueIn(context.now, stepGraceSeconds) },
    events: [{ type: 'intent.in_progress', status: 'IN_PROGRESS', details }],
    data: details,
    writes: { procedure: { ...procedure, now: { ...now, ended } } },
    owed: [wakeRow(procedure.begun, stepRowKey(procedure.begun), context)],
    result: true,
  };
}

function resultOfPart({ head, outcome }: IntentState, step: string): StepResult {
  const by = 'agent' as const;
  if (head.status === 'COMPLETED')
    return { as: 'success', by, ...(outcome?.result && isKept(outcome.result, {}) ? { result: outcome.result } : {}) };
  if (head.status === 'TIMED_OUT') return { ...timedOut(step), by };
  const { code = 'step_failed', message = '' } = outcome?.error ?? {};
  return { as: 'failure', by, error: { code, message, details: { step_id: step, child_intent_id: head.intentId } } };
}
