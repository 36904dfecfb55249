/**
 * A tool call, exactly once:
 *
 *   (none) ──start──► STARTED ──settle──► SUCCEEDED | FAILED
 *                       │ ▲
 *   timeout, lost answer│ │ looked up: absent (attempt + 1)
 *   5xx, lease over     ▼ │
 *                     UNKNOWN ──looked up: there──► SUCCEEDED
 */

import { returned } from '../budget.ts';
import type { Change, Done } from '../commit.ts';
import { Cancelled, OutcomeUnknownError, TerminalError } from '../errors.ts';
import { hashOf } from '../hash.ts';
import type { JsonObject } from '../json.ts';
import type { Effect, IntentError, IntentState } from '../model.ts';
import { type Action, planHash } from '../plan.ts';
import type { Context } from '../ports.ts';
import { stopsFor } from '../stops.ts';
import { misfits, spendsOf, type ToolContract } from '../tools.ts';
import { dueIn, ending, existing, ofCurrentRun, stepGraceSeconds, system } from './common.ts';
import { wakeRowKeys } from './escalate.ts';
import { fence, fencedEvent, frozenError } from './override.ts';

export interface Call {
  generation: number;
  /** This invocation: only it may settle what it starts. */
  owner: string;
  tool: ToolContract;
}

export type CallStep =
  | { do: 'call'; effect: Effect; action: Action }
  | { do: 'lookup'; effect: Effect; action: Action }
  | { do: 'nothing'; effect: Effect }
  /** The tool no longer executes this plan: nothing was called, and the intent has ended. */
  | { do: 'refused' };

/** A step that needs the action's arguments. */
export type OpenCall = Extract<CallStep, { action: Action }>;

/** Arguments may be sensitive, and stand in the plan: an event holds no copy. Its owner is how a repeated command is known. */
const holdsArguments = true;

/** Longest pause between two look-ups, seconds. */
const maxLookupPauseSeconds = 3600;

/** The run looks again after this long: doubled each time, as its state machine does. */
const lookupPauseSeconds = (tool: ToolContract, effect: Effect): number =>
  Math.min(maxLookupPauseSeconds, tool.settleAfterSeconds * 2 ** (effect.looks ?? 0));

/** A time in ISO 8601, some seconds after another. */
const after = (iso: string, seconds: number): string => new Date(dueIn(iso, seconds)).toISOString();

/**
 * Until when a call may go out: a function that comes to it later has lost its own time, was frozen and goes on, perhaps
 * long after others have looked the call up and begun anew.
 */
export const callBy = (effect: Effect, tool: ToolContract): string =>
  after(effect.startedAt, tool.functionTimeoutSeconds - tool.providerTimeoutSeconds);

/** From when an absence proves that nothing was paid: after the last moment at which the call may have been under way. */
const lookupFrom = ({ state, startedAt, leaseUntil }: Effect, tool: ToolContract): string =>
  after(state === 'STARTED' ? after(startedAt, tool.functionTimeoutSeconds) : leaseUntil, tool.settleAfterSeconds);

const commandOf = (what: string, effect: Effect): string =>
  `${what}:${effect.effectId}:${effect.attempt}:${effect.owner}`;

/** The plan's action for this tool. Throws TerminalError. */
function actionOf(state: IntentState, tool: ToolContract): Action {
  const action = state.plan?.plan.actions[0];
  if (action?.tool !== tool.name) throw new TerminalError('no_plan', 'There is no plan for this tool.');
  return action;
}

/** Only what was approved is executed. Throws TerminalError. */
function checkApproved({ plan, head, task }: IntentState): void {
  const hash = plan ? planHash(plan.plan) : undefined;
  const approved =
    !plan?.plan.requires_approval || (task?.decision?.outcome === 'approved' && task.subjectHash === hash);
  if (!plan || hash !== plan.hash || hash !== head.planHash || !approved || plan.verdict === 'denied')
    throw new TerminalError('plan_mismatch', 'The stored plan is not the one that was approved.');
}

const plannedVersion = ({ plan }: IntentState, tool: ToolContract): string => plan?.plan.tool_versions[tool.name] ?? '';

/**
 * Why the tool, as it is now, does not execute the plan: it is of a version that its owner has not listed, or its
 * arguments do not fit the present contract. For the agent: fields by their paths, no values.
 */
function changedSince(state: IntentState, tool: ToolContract, action: Action): IntentError | undefined {
  const planned = plannedVersion(state, tool);
  const listed = planned === tool.version || (tool.alsoExecutes ?? []).includes(planned);
  const fields = listed ? misfits(tool, action.args) : [];
  if (listed && fields.length === 0) return undefined;
  return {
    code: 'tool_changed',
    message: `The tool has changed since this was planned, and ${listed ? 'no longer takes these arguments' : 'does not execute plans of that version'}. Nothing was executed: submit it again.`,
    details: { tool: tool.name, planned_version: planned, tool_version: tool.version, fields },
  };
}

/**
 * What this invocation has to do: call the provider, look the call up, or nothing.
 * Throws Superseded, Cancelled, TerminalError, and OutcomeUnknownError while another invocation holds the lease or it is
 * too early to look up. A call that went out is looked up whatever the tool's version is by then.
 */
export function begin(given: IntentState | undefined, call: Call, context: Context): Change<CallStep> | Done<CallStep> {
  const state = ofCurrentRun(given, call.generation);
  const action = actionOf(state, call.tool);
  const { effect } = state;
  if (!effect) {
    if (state.head.frozen) throw new Cancelled(state.head.status);
    checkApproved(state);
    const changed = changedSince(state, call.tool, action);
    return changed ? refuse(state, call, action, changed) : start(state, call, action, 1, context);
  }
  if (effect.state === 'SUCCEEDED') return { done: { do: 'nothing', effect } };
  if (effect.state === 'FAILED')
    throw new TerminalError(effect.error?.code ?? 'tool_failed', 'The tool has failed before.');
  const leased = Date.parse(effect.leaseUntil) > Date.parse(context.now);
  if (effect.owner === call.owner)
    return { done: { do: effect.state === 'STARTED' ? 'call' : 'lookup', effect, action } };
  if (leased) throw new OutcomeUnknownError('Another invocation holds this call.');
  if (Date.parse(lookupFrom(effect, call.tool)) > Date.parse(context.now))
    throw new OutcomeUnknownError('Too early to look this call up.');
  return takeOver(effect, call, action, context);
}

function start(state: IntentState, call: Call, action: Action, attempt: number, context: Context): Change<CallStep> {
  const { head, effect: was } = state;
  const versions = { tool_version: call.tool.version, planned_version: plannedVersion(state, call.tool) };
  const effect: Effect = {
    tenant: head.tenant,
    intentId: head.intentId,
    effectId: action.idempotency_key,
    state: 'STARTED',
    tool: action.tool,
    toolVersion: versions.tool_version,
    plannedVersion: versions.planned_version,
    attempt,
    owner: call.owner,
    requestHash: hashOf(action.args),
    startedAt: context.now,
    leaseUntil: after(context.now, call.tool.leaseSeconds),
    // What the first attempt has reserved, the next one uses.
    ...(was?.reserved ? { reserved: was.reserved } : {}),
  };
  return {
    command: commandOf('effect.start', effect),
    action: 'effect.started',
    actor: system(action.tool),
    head: {
      status: 'IN_PROGRESS',
      waitingReason: null,
      openEffects: was ? head.openEffects : head.openEffects + 1,
      dueAt: dueIn(effect.leaseUntil, stepGraceSeconds),
    },
    events: [
      {
        type: 'intent.in_progress',
        status: 'IN_PROGRESS',
        details: { state: 'EXECUTE_ACTION', tool: action.tool, effect_id: effect.effectId, attempt, ...versions },
      },
    ],
    data: {
      effect_id: effect.effectId,
      tool: action.tool,
      ...versions,
      attempt,
      request_hash: effect.requestHash,
      plan_hash: state.plan?.hash ?? '',
    },
    writes: { effect: { row: effect, was: was ? { state: was.state, owner: was.owner } : null } },
    settled: state.task ? wakeRowKeys(state.task, head.generation) : [],
    stops: stopsFor(head, { tool: action.tool }),
    ...(was ? {} : { spends: spendsOf(call.tool, action.args) }),
    result: { do: 'call', effect, action },
    forgetful: holdsArguments,
  };
}

/** Ends the intent before anything was called. */
function refuse(state: IntentState, call: Call, action: Action, error: IntentError): Change<CallStep> {
  const end = ending('FAILED', { error });
  return {
    command: `effect.refuse:${action.idempotency_key}:${call.generation}`,
    action: 'effect.refused',
    actor: system(action.tool),
    head: end.head,
    events: [end.event],
    data: { effect_id: action.idempotency_key, plan_hash: state.plan?.hash ?? '', error: { ...error } },
    writes: { outcome: end.outcome },
    settled: state.task ? wakeRowKeys(state.task, state.head.generation) : [],
    result: { do: 'refused' },
  };
}

/** This invocation becomes the one that looks an ambiguous call up. */
function takeOver(was: Effect, call: Call, action: Action, context: Context): Change<CallStep> {
  const effect: Effect = {
    ...was,
    state: 'UNKNOWN',
    owner: call.owner,
    looks: (was.looks ?? 0) + 1,
    leaseUntil: after(context.now, call.tool.leaseSeconds),
  };
  return {
    command: commandOf('effect.lookup', effect),
    action: 'effect.looked_up',
    actor: system(action.tool),
    ...waitingForTool(call.tool.leaseSeconds, effect, context),
    data: { effect_id: effect.effectId, attempt: effect.attempt, was: was.state },
    writes: { effect: { row: effect, was: { state: was.state, owner: was.owner } } },
    result: { do: 'lookup', effect, action },
    forgetful: holdsArguments,
  };
}

const waitingForTool = (
  pauseSeconds: number,
  effect: Effect,
  context: Context,
): Pick<Change<unknown>, 'head' | 'events'> => ({
  head: {
    status: 'WAITING',
    waitingReason: 'WAITING_FOR_TOOL',
    dueAt: dueIn(context.now, pauseSeconds + stepGraceSeconds),
  },
  events: [
    {
      type: 'intent.waiting',
      status: 'WAITING',
      waitingReason: 'WAITING_FOR_TOOL',
      details: {
        state: 'EXECUTE_ACTION',
        effect_id: effect.effectId,
        attempt: effect.attempt,
        reason: 'outcome_unknown',
      },
    },
  ],
});

export type CallResult =
  | { outcome: 'succeeded'; output: JsonObject }
  | { outcome: 'failed'; error: IntentError }
  /** Ambiguous: nobody knows whether it happened. The lease ends at once so that a look-up may follow. */
  | { outcome: 'unknown'; because: string };

/**
 * Records what a call did. Never refused because of the intent's status; only the owner may.
 * Throws OutcomeUnknownError when another invocation has taken the call over.
 */
export function settle(
  given: IntentState | undefined,
  call: Call,
  result: CallResult,
  context: Context,
): Change<Effect> | Done<Effect> {
  const state = existing(given);
  const { head, effect: was } = state;
  if (!was) throw new TerminalError('no_effect', 'There is no such call.');
  if (was.state === 'SUCCEEDED' || was.state === 'FAILED') return { done: was };
  if (was.owner !== call.owner) throw new OutcomeUnknownError('Another invocation has taken this call over.');
  const held = { state: was.state, owner: was.owner };
  if (result.outcome === 'unknown') {
    if (was.state === 'UNKNOWN' && was.leaseUntil <= context.now) return { done: was };
    const effect: Effect = { ...was, state: 'UNKNOWN', leaseUntil: context.now };
    return {
      command: commandOf('effect.unknown', effect),
      action: 'effect.unknown',
      actor: system(was.tool),
      ...waitingForTool(lookupPauseSeconds(call.tool, effect), effect, context),
      data: { effect_id: was.effectId, attempt: was.attempt, because: result.because },
      writes: { effect: { row: effect, was: held } },
      result: effect,
    };
  }
  const settledAt = context.now;
  const effect: Effect =
    result.outcome === 'succeeded'
      ? { ...was, state: 'SUCCEEDED', settledAt, output: result.output }
      : { ...was, state: 'FAILED', settledAt, error: result.error };
  const details: JsonObject = { state: 'EXECUTE_ACTION', effect_id: was.effectId, effect: effect.state };
  // What is frozen does not end by itself: an operator says how.
  const fenced = head.frozen && !head.wish ? fence(head, context) : undefined;
  const end = fenced ? undefined : endingOf(head.wish, result, effect);
  return {
    command: commandOf('effect.settle', effect),
    action: 'effect.settled',
    actor: system(was.tool),
    head: {
      openEffects: head.openEffects - 1,
      status: 'IN_PROGRESS',
      waitingReason: null,
      dueAt: dueIn(context.now, stepGraceSeconds),
      ...fenced?.head,
      ...end?.head,
    },
    events: [
      { type: 'intent.in_progress', status: 'IN_PROGRESS', details },
      ...(fenced ? [fencedEvent] : []),
      ...(end ? [end.event] : []),
    ],
    data: {
      effect_id: was.effectId,
      attempt: was.attempt,
      state: effect.state,
      ...(effect.output ? { output_hash: hashOf(effect.output), output: effect.output } : {}),
      ...(effect.error ? { error: { ...effect.error } } : {}),
    },
    writes: { effect: { row: effect, was: held }, ...(end ? { outcome: end.outcome } : {}) },
    owed: fenced?.owed ?? [],
    ...(effect.state === 'FAILED' ? { returns: returned(was.reserved, settledAt) } : {}),
    result: effect,
  };
}

/** A failed call ends the intent; a succeeded one ends it only where an end was wished for meanwhile. */
function endingOf(wish: IntentState['head']['wish'], result: CallResult, effect: Effect) {
  if (result.outcome === 'failed')
    return ending(wish?.status ?? 'FAILED', { error: wish?.error ?? result.error }, { effect: effect.state });
  if (!wish) return undefined;
  const details = {
    ...wish.error.details,
    effect: { effect_id: effect.effectId, state: effect.state, output: effect.output ?? {} },
  };
  return ending(wish.status, { error: { ...wish.error, details } }, { effect: effect.state });
}

/**
 * A look-up has proved that the call never happened: the same action again, as the next attempt. Where the intent was
 * to end meanwhile, was frozen, or the tool no longer executes its plan, nothing is tried again: the call settles as failed, and the
 * end comes.
 */
export function callAgain(
  given: IntentState | undefined,
  call: Call,
  context: Context,
): Change<CallStep> | Done<CallStep> {
  const state = ofCurrentRun(given, call.generation);
  const action = actionOf(state, call.tool);
  const { effect } = state;
  if (effect?.state === 'STARTED' && effect.owner === call.owner) return { done: { do: 'call', effect, action } };
  if (effect?.state !== 'UNKNOWN' || effect.owner !== call.owner)
    throw new OutcomeUnknownError('Another invocation has taken this call over.');
  const { wish, frozen } = state.head;
  if (!wish && !frozen) checkApproved(state);
  const error = wish?.error ?? (frozen ? frozenError : changedSince(state, call.tool, action));
  if (!error) return start(state, call, action, effect.attempt + 1, context);
  const ended = settle(state, call, { outcome: 'failed', error }, context);
  return 'done' in ended
    ? { done: { do: 'nothing', effect: ended.done } }
    : { ...ended, result: { do: 'nothing', effect: ended.result } };
}
