/** VERIFY, COMPLETE, and the record of a run that could not go on. */

import type { Change, Done } from '../commit.ts';
import { TerminalError } from '../errors.ts';
import type { JsonObject } from '../json.ts';
import { isTerminal } from '../lifecycle.ts';
import type { IntentError, IntentState } from '../model.ts';
import type { Context } from '../ports.ts';
import { deadlineOf, dueIn, ending, endOrWish, existing, ofCurrentRun, stepGraceSeconds, system } from './common.ts';
import { toldOfAll } from './consequence.ts';
import { timedOut } from './expiry.ts';
import { awaitsOperators, isOverdue } from './override-task.ts';

/** What reading back found, field by field, where it differs from what was asked. */
export interface Difference {
  field: string;
  asked: string;
  found: string;
}

/**
 * Keeps the read-back, once; a difference ends the intent as failed, since a person must look.
 * Throws Superseded, Cancelled.
 */
export function verified(
  given: IntentState | undefined,
  generation: number,
  differences: readonly Difference[],
  context: Context,
): Change<{ verified: boolean }> | Done<{ verified: boolean }> {
  const { effect, head } = ofCurrentRun(given, generation);
  if (effect?.state !== 'SUCCEEDED')
    throw new TerminalError('nothing_to_verify', 'No call has succeeded that could be verified.');
  if (head.verified) return { done: { verified: true } };
  const details: JsonObject = {
    state: 'VERIFY',
    effect_id: effect.effectId,
    verified: differences.length === 0,
    differences: differences.map((d) => ({ ...d })),
  };
  const end =
    differences.length > 0
      ? ending('FAILED', {
          error: { code: 'verification_failed', message: 'What the provider holds is not what was asked.', details },
        })
      : undefined;
  return {
    command: `VERIFY:${generation}`,
    action: 'effect.verified',
    actor: system(effect.tool),
    head: { status: 'IN_PROGRESS', verified: true, dueAt: dueIn(context.now, stepGraceSeconds), ...end?.head },
    events: [{ type: 'intent.in_progress', status: 'IN_PROGRESS', details }, ...(end ? [end.event] : [])],
    data: details,
    writes: end ? { outcome: end.outcome } : {},
    result: { verified: !end },
  };
}

/** Throws Superseded, Cancelled. */
export function complete(given: IntentState | undefined, generation: number): Change<null> | Done<null> {
  const { effect, task, head } = ofCurrentRun(given, generation);
  if (effect?.state !== 'SUCCEEDED' || head.openEffects > 0)
    throw new TerminalError('not_done', 'The action has not succeeded.');
  const decision: JsonObject = task?.decision ? { approved: true, decision: toldOfAll(task, task.decision) } : {};
  const done = { tool: effect.tool, effect_id: effect.effectId, output: effect.output ?? {}, verified: true };
  const end = ending('COMPLETED', { result: { ...decision, ...done } });
  return {
    command: `COMPLETE:${generation}`,
    action: 'intent.completed',
    actor: system('run'),
    head: end.head,
    events: [end.event],
    // The decision has a record of its own, with what is personal of it set aside.
    data: { result: { ...done, ...(task?.decision ? { approved: true } : {}) } },
    writes: { outcome: end.outcome },
    result: null,
  };
}

/** Names of our own errors whose message is ours to show; everything else is told as an internal error. */
const telling: Record<string, string> = {
  PolicyDenied: 'policy_denied',
  QuotaExceeded: 'quota_exceeded',
  TerminalError: 'execution_failed',
};

/** What the state machine caught: the error's name and Lambda's cause (JSON text with errorMessage). */
export interface Caught {
  name: string;
  cause: string;
}

/** A run that broke for a reason that may pass is taken up by its next generation, but not without end. */
const maxGenerations = 5;

/**
 * Ends the intent as failed, where one of our own errors says that going on is impossible. Everything else (a function
 * killed, timed out, throttled) may pass: the head stays due, and the next generation goes on from the table. With a
 * tool call open nothing ends; an end is noted as a wish, for when the call has settled.
 */
export function recordFailure(
  given: IntentState | undefined,
  generation: number,
  caught: Caught,
  context: Context,
): Change<null> | Done<null> {
  const state = existing(given);
  const { head, task } = state;
  const passing = !(caught.name in telling) && (generation < maxGenerations || head.openEffects > 0);
  const noted = head.openEffects > 0 && head.wish !== undefined;
  if (head.generation !== generation || isTerminal(head.status) || passing || noted) return { done: null };
  const { status, error } = failureOf(state, caught);
  const end = endOrWish(head, status, error, context.now);
  return {
    command: `failed:${generation}`,
    action: 'run.failed',
    actor: system('run'),
    head: end.head,
    events: end.events,
    data: { name: caught.name, error: { ...error } },
    writes: {
      ...(end.outcome ? { outcome: end.outcome } : {}),
      // Nobody shall be asked for what has ended.
      ...(end.outcome && task?.status === 'open' ? { task: { ...task, status: 'closed' } } : {}),
    },
    result: null,
  };
}

/** Where operators were to be asked since nobody had decided, and can't be, it ends as it would have without them. */
function failureOf(state: IntentState, caught: Caught): { status: 'FAILED' | 'TIMED_OUT'; error: IntentError } {
  const { head, task } = state;
  if (!(caught.name === 'TerminalError' && task && awaitsOperators(state) && isOverdue(state)))
    return { status: 'FAILED', error: errorOf(caught, head.traceId) };
  const details = { task_id: task.taskId, deadline: deadlineOf(task), override_failed: messageIn(caught.cause) };
  return { status: 'TIMED_OUT', error: timedOut(details) };
}

function errorOf(caught: Caught, traceId: string): IntentError {
  const code = telling[caught.name];
  if (code === undefined)
    return { code: 'internal_error', message: 'The run could not go on.', details: { trace_id: traceId } };
  // A step is denied only by a stop.
  const reason = code === 'policy_denied' ? { reason: 'stopped' } : {};
  return { code, message: messageIn(caught.cause), details: { trace_id: traceId, ...reason } };
}

function messageIn(cause: string): string {
  try {
    const parsed: unknown = JSON.parse(cause);
    if (parsed && typeof parsed === 'object' && 'errorMessage' in parsed) return String(parsed.errorMessage);
  } catch {}
  return 'The run could not go on.';
}
