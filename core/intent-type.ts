import type { z } from 'zod';
import type { AssignmentRule } from './assignment.ts';
import type { JsonObject } from './json.ts';
import type { Action, EffectClass, Risk } from './plan.ts';
import type { Policy } from './policy.ts';
import { faultsOf, type ServiceLevel } from './service-level.ts';
import { outcomesOf, type Reasons, type TaskType, taskRule, unspecified } from './tasks.ts';
import type { ToolContract } from './tools.ts';

/** States of the action shape that a type may declare beside those it always has. */
export type PreparingState = 'TRIAGE' | 'RETRIEVE_CONTEXT' | 'PROPOSE_ACTION';

/** One thing read from outside before the policy decides; shown to the approver with its source. */
interface EvidenceSource<Payload> {
  name: string;
  title: string;
  /** A tool of effect class `read`. */
  tool: ToolContract;
  args: (payload: Payload) => JsonObject;
  /** What the approver sees of it: label and value. */
  shown: (value: JsonObject) => { label: string; value: string }[];
  /** Where a person can look for themselves, made by the tool: https, or it is not shown as a link. */
  url?: (value: JsonObject) => string;
}

export interface Evidence {
  /** Where it comes from, in words. */
  source: string;
  title: string;
  readAt: string;
  value: JsonObject;
  shown: { label: string; value: string }[];
  /** Of the tool's making, never the agent's. */
  url?: string;
}

interface Common<Payload> {
  /** `intent.<name>.v<n>` */
  type: string;
  /** Names without version that mean this type too. */
  aliases: readonly string[];
  title: string;
  owner: string;
  /** Closes its door: no new intents are taken in, open ones go on to their end. Deployed before the type is removed. */
  closed?: boolean;
  payload: z.ZodType<Payload>;
  /** A payload to try the type with: `holdpoint trigger`. */
  sample?: Payload;
  /** One sentence: what is asked. */
  objective: (payload: Payload) => string;
  task: {
    type: TaskType;
    role: string;
    /** Goes before the task type's and the default one, part by part. */
    level?: ServiceLevel;
    /** Outcomes that a ladder's end may decide by itself. Never where a tool moves money or destroys something. */
    defaultOutcomes?: readonly string[];
    /** Who takes over what is frozen, or what nobody decided in time where its level says so; `operators` without one. */
    overrideRole?: string;
    /** By outcome: reasons in place of the task type's own. */
    reasons?: Readonly<Record<string, Reasons>>;
    /** Of a review: how often people are asked at the most, the first time included; `defaultRounds`. */
    rounds?: number;
  };
  /**
   * The payload's field that holds the agent's raw reasoning. People are not shown it, in pages or mails; where `shown`,
   * the page has it folded, as the agent's own words.
   */
  reasoning?: { field: string; shown?: true };
  /** Who decides which cases, where it is not always the role of the task. */
  assignment?: readonly AssignmentRule<Payload>[];
}

/** How often a review is asked at the most, where its type does not say. */
export const defaultRounds = 3;

/** More rounds than this are no review any more, and each stays with the intent. */
export const maxRounds = 10;

/** An agent asks for a decision; the decision is the result. */
export interface ApprovalType<Payload = JsonObject> extends Common<Payload> {
  shape: 'approval';
  /** How much depends on the decision; default: low. Above low, a mailed link alone does not decide. */
  risk?: (payload: Payload) => Risk;
}

/** A governed action: checked, perhaps approved, executed once, verified. */
export interface ActionType<Payload = JsonObject, Facts = unknown> extends Common<Payload> {
  shape: 'action';
  /** Pure notes of the preparing states that this type declares; what they return is kept and goes into the facts. */
  prepare: Partial<Record<PreparingState, (payload: Payload, evidence: Record<string, Evidence>) => JsonObject>>;
  evidence: readonly EvidenceSource<Payload>[];
  facts: (payload: Payload, evidence: Record<string, Evidence>, notes: Record<string, JsonObject>) => Facts;
  policy: Policy<Facts>;
  /** How much depends on the decision; default: by the tools' effect class. Above low, a mailed link alone does not decide. */
  risk?: (facts: Facts) => Risk;
  /** One action at the most. */
  propose: (facts: Facts) => Omit<Action, 'idempotency_key'>[];
  tools: readonly ToolContract[];
}

export type IntentType = ApprovalType | ActionType;

/** Longest name of a type: it stands in every head. */
const maxTypeLength = 64;

/**
 * Declares an intent type. CDK makes its nested stack from this, the functions take its schemas and policy.
 * Throws RangeError at load where the name is too long, rounds are too many, or a reason's code is none.
 */
export function defineIntentType<Payload, Facts>(type: ActionType<Payload, Facts>): IntentType;
export function defineIntentType<Payload>(type: ApprovalType<Payload>): IntentType;
export function defineIntentType(type: unknown): IntentType {
  const declared = type as IntentType;
  if (declared.type.length > maxTypeLength)
    throw new RangeError(`${declared.type}: a type's name has at most ${maxTypeLength} characters`);
  const { rounds = 1, reasons = {} } = declared.task;
  if (!(Number.isInteger(rounds) && rounds >= 1 && rounds <= maxRounds))
    throw new RangeError(`${declared.type}: 1 to ${maxRounds} rounds`);
  const wrong = Object.values(reasons)
    .flatMap(Object.keys)
    .find((code) => !reasonCode.test(code) || code === unspecified);
  if (wrong !== undefined) throw new RangeError(`${declared.type}: ${wrong} is no reason code`);
  const faults = [...faultsOf(declared.task.level ?? {}).map((fault) => `level.${fault}`), ...defaultFaults(declared)];
  if (faults.length > 0) throw new RangeError(`${declared.type}: task.${faults.join('; task.')}`);
  return declared;
}

const reasonCode = /^[a-z][a-z0-9_]{0,39}$/;

/** Effects that nobody's silence may bring about, nor refuse. */
const neverByDefault: readonly EffectClass[] = ['money', 'destructive'];

function defaultFaults(type: IntentType): string[] {
  const { level, defaultOutcomes = [], type: taskType } = type.task;
  const ends = level?.expire?.outcome;
  const faults = [
    ...(ends === undefined || defaultOutcomes.includes(ends) ? [] : ['level.expire.outcome: not a default outcome']),
    ...(level?.expire?.opens && taskType === 'override'
      ? ['level.expire.opens: an override is never followed by one']
      : []),
  ];
  if (defaultOutcomes.length === 0) return faults;
  const known = outcomesOf(taskType).filter((outcome) => !outcome.returns && !(outcome.for && taskRule(taskType).asks));
  const unknown = defaultOutcomes.filter((name) => !known.some((outcome) => outcome.name === name));
  const tools = type.shape === 'action' ? type.tools.filter((tool) => neverByDefault.includes(tool.effectClass)) : [];
  return [
    ...faults,
    ...unknown.map((name) => `defaultOutcomes: nobody can give ${name}`),
    ...tools.map((tool) => `defaultOutcomes: never for ${tool.effectClass} (${tool.name})`),
  ];
}

/** The states a type's run has, by the names of the shapes' files. */
export function statesOf(type: IntentType): string[] {
  if (type.shape === 'approval') return ['ESCALATE_TO_HUMAN'];
  return [...Object.keys(type.prepare), 'POLICY_CHECK', 'ESCALATE_TO_HUMAN', 'EXECUTE_ACTION', 'VERIFY', 'COMPLETE'];
}
