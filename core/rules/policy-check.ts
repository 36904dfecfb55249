/** The states before a decision: notes of the preparing states, then POLICY_CHECK, which stores verdict, plan and hash. */

import { assigned } from '../assignment.ts';
import type { Change, Done } from '../commit.ts';
import type { ActionType, Evidence, PreparingState } from '../intent-type.ts';
import type { JsonObject } from '../json.ts';
import type { Head, IntentState, StoredPlan } from '../model.ts';
import { type Action, effectIdOf, type Plan, planHash, type Risk, riskOf } from '../plan.ts';
import { evaluate, type Verdict } from '../policy.ts';
import type { Context } from '../ports.ts';
import { misfits, type ToolContract } from '../tools.ts';
import { dueIn, ending, nextRung, ofCurrentRun, stepGraceSeconds, system } from './common.ts';
import { firstWait } from './levels.ts';
import { freezeNote, overrideLadder } from './override-task.ts';

export interface Checked {
  outcome: 'allowed' | 'approval' | 'denied';
  /** The tool of the plan's action, for the run to pick its function. */
  tool: string;
  waitUntil: string;
  rung: number;
}

/** Keeps what a preparing state found. Throws Superseded, Cancelled. */
export function prepare(
  given: IntentState | undefined,
  generation: number,
  name: PreparingState,
  type: ActionType,
  evidence: Record<string, Evidence>,
  context: Context,
): Change<null> | Done<null> {
  const state = ofCurrentRun(given, generation);
  const hook = type.prepare[name];
  if (!hook || state.notes?.[name] || !state.request || state.head.frozen) return { done: null };
  const value = hook(state.request.payload, evidence);
  return {
    command: `${name}:${generation}`,
    action: `state.${name.toLowerCase()}`,
    actor: system('run'),
    head: { status: 'IN_PROGRESS', dueAt: dueIn(context.now, stepGraceSeconds) },
    events: [{ type: 'intent.in_progress', status: 'IN_PROGRESS', details: { state: name } }],
    data: { note: value },
    writes: { note: { state: name, value } },
    result: null,
  };
}

/**
 * Whether the check has already been made; a later generation goes on from it.
 * Throws Superseded, Cancelled.
 */
export function checkedBefore(
  given: IntentState | undefined,
  generation: number,
  type: ActionType,
): Checked | undefined {
  const state = ofCurrentRun(given, generation);
  if (state.head.frozen) return waitsForOperators(state);
  const { plan, task, head, request } = state;
  if (!plan) return undefined;
  const tool = plan.plan.actions[0]?.tool ?? '';
  const goOn = plan.verdict === 'allowed' || task?.status === 'decided';
  const waitUntil = (task && nextRung(task)?.at) ?? firstWait(plan.at, request, head.deadlineAt, type);
  return { outcome: goOn ? 'allowed' : 'approval', tool, waitUntil, rung: task?.rung ?? 0 };
}

/** Nothing of a frozen intent is checked or executed any more; a call that is open is still settled. */
function waitsForOperators(state: IntentState): Checked {
  const { head, plan, task, notes } = state;
  const rung = task?.takeover ? task.rung : 0;
  const since = String(notes?.[freezeNote]?.at ?? head.updatedAt);
  const ladder = task?.takeover ? task.ladder : overrideLadder(state, since);
  return {
    outcome: head.openEffects > 0 ? 'allowed' : 'approval',
    tool: plan?.plan.actions[0]?.tool ?? '',
    waitUntil: ladder[Math.min(rung, ladder.length - 1)]?.at ?? head.updatedAt,
    rung,
  };
}

export function policyCheck(
  given: IntentState | undefined,
  generation: number,
  type: ActionType,
  evidence: Record<string, Evidence>,
  context: Context,
): Change<Checked> | Done<Checked> {
  const before = checkedBefore(given, generation, type);
  if (before) return { done: before };
  const state = ofCurrentRun(given, generation);
  const { request, head } = state;
  if (!request) throw new TypeError('policy check needs the request');
  const facts = type.facts(request.payload, evidence, state.notes ?? {});
  const verdict = evaluate(type.policy, facts);
  const plan = makePlan(
    type,
    verdict,
    verdict.outcome === 'denied' ? [] : type.propose(facts),
    head,
    type.objective(request.payload),
    type.risk?.(facts),
  );
  const deciders = decidersOf(verdict, type, state);
  const stored: StoredPlan = {
    plan,
    hash: planHash(plan),
    evidence,
    fired: [...verdict.fired, ...(deciders?.rule ? [deciders.rule] : [])],
    verdict: verdict.outcome,
    at: context.now,
    ...(deciders ? { of: deciders.of } : {}),
  };
  const reasons = verdict.fired.map((rule) => rule.reason);
  const details: JsonObject = { state: 'POLICY_CHECK', outcome: verdict.outcome, reasons, plan_hash: stored.hash };
  const denied = verdict.outcome === 'denied' ? denial(reasons, verdict) : undefined;
  return {
    command: `POLICY_CHECK:${generation}`,
    action: 'policy.checked',
    actor: system('policy'),
    head: {
      status: 'IN_PROGRESS',
      planHash: stored.hash,
      dueAt: dueIn(context.now, stepGraceSeconds),
      ...denied?.head,
    },
    events: [{ type: 'intent.in_progress', status: 'IN_PROGRESS', details }, ...(denied ? [denied.event] : [])],
    data: { ...details, policy_version: type.policy.version, rules: verdict.fired.map((rule) => rule.id) },
    writes: { plan: stored, ...(denied ? { outcome: denied.outcome } : {}) },
    result: {
      outcome: verdict.outcome,
      tool: plan.actions[0]?.tool ?? '',
      waitUntil: firstWait(context.now, request, head.deadlineAt, type),
      rung: 0,
    },
  };
}

/** Who decides, where somebody must: as the rule says that asks for it, or the type's assignment rules. */
function decidersOf(verdict: Verdict, type: ActionType, state: IntentState): ReturnType<typeof assigned> | undefined {
  if (verdict.outcome !== 'approval') return undefined;
  return verdict.of === 'assigned' ? assigned(type, state) : { of: verdict.of };
}

function makePlan(
  type: ActionType,
  verdict: Verdict,
  proposed: Omit<Action, 'idempotency_key'>[],
  { intentId, revision = 1 }: Head,
  objective: string,
  risk: Risk | undefined,
): Plan {
  if (proposed.length > 1) throw new TypeError(`${type.type} proposes more than one action`);
  const tools = proposed.map((action) => {
    const tool = type.tools.find((t) => t.name === action.tool);
    if (!tool) throw new TypeError(`${type.type} proposes ${action.tool}, which it does not declare`);
    return tool;
  });
  const actions = proposed.map(
    (action, i): Action => ({
      ...action,
      args: argsFor(tools[i] as ToolContract, action.args),
      idempotency_key: effectIdOf(intentId, i + 1),
    }),
  );
  return {
    ...(revision > 1 ? { revision } : {}),
    objective,
    actions,
    // Where nothing may happen, the risk is that of what was asked for.
    risk: risk ?? riskOf((tools.length > 0 ? tools : type.tools).map((tool) => tool.effectClass)),
    requires_approval: verdict.outcome === 'approval',
    policy_version: type.policy.version,
    tool_versions: Object.fromEntries(tools.map((tool) => [tool.name, tool.version])),
  };
}

/** What the contract makes of proposed arguments (its defaults, its spelling): that is what is approved and executed. */
function argsFor(tool: ToolContract, proposed: JsonObject): JsonObject {
  const args = tool.input.parse(proposed) as JsonObject;
  const fields = misfits(tool, args);
  if (fields.length > 0) throw new TypeError(`${tool.name} does not take its own arguments: ${fields.join(', ')}`);
  return args;
}

function denial(reasons: string[], verdict: Verdict) {
  const rules = verdict.fired.map(({ id, reason, says }) => ({ id, reason, says }));
  return ending('FAILED', {
    error: {
      code: 'policy_denied',
      message: 'The policy denies this.',
      details: { reason: reasons[0] ?? 'denied', reasons, rules },
    },
  });
}
