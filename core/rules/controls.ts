/** Controls and policy of an open intent are set: by the agent that asked, or by one that it has let do so. */

import type { Change } from '../commit.ts';
import { isGranted, noControls } from '../controls.ts';
import { maxDeliveryAttempts } from '../delegation.ts';
import type { Directory } from '../directory.ts';
import { Conflict, InvalidInput, PolicyDenied } from '../errors.ts';
import type { IntentType } from '../intent-type.ts';
import type { JsonObject } from '../json.ts';
import { isTerminal } from '../lifecycle.ts';
import type { Controls, Envelope, Grant, IntentState } from '../model.ts';
import { personal, type RecordableObject } from '../personal.ts';
import type { Context } from '../ports.ts';
import { existing } from './common.ts';
import { staying } from './deliver.ts';
import { recordedTo } from './escalation.ts';
import { climbsAnew } from './new-ladder.ts';

/** The controls that can be set. */
export interface ControlsPatch {
  deadlineAt?: string;
  /** From now; `deadlineAt` in other words. */
  timeoutSeconds?: number;
  remind_after_seconds?: number;
  remind_interval_seconds?: number;
  max_reminders?: number;
  escalate_to?: string;
  max_delivery_attempts?: number;
  /** What an agent tells of its own tries: noted, and nothing else. */
  reported?: JsonObject;
}

interface PolicyPatch {
  /** By whole address; none takes back what was granted. */
  grants: Record<string, Grant[]>;
  envelope: Envelope;
}

export type Setting = { controls: ControlsPatch } | { policy: PolicyPatch };

export interface Setter {
  agent: string;
  /** Where one key plays all parts. */
  any?: boolean;
  requestId: string;
  /** The generation that the change was made for. */
  expected?: number;
  reason: string;
  idempotency?: { key: string; requestHash: string };
}

export interface Applied {
  policy_generation: number;
}

/** More agents than these are no delegates any more; the row stays small. */
const maxGrants = 20;

/** How often it was set, the birth included. */
export const policyGenerationOf = ({ head }: Pick<IntentState, 'head'>): number => head.policy ?? 1;

/**
 * What is set holds at once: the ladder of whatever is open is compiled anew, and its run looks again. No policy is weakened by
 * it: who is asked, and what a decision needs, is no control.
 * Throws NotFound, PolicyDenied (`not_yours`, `envelope`), Conflict (`intent_terminal`, `intent_frozen`, `stale_generation`),
 * InvalidInput with the field's path.
 */
export function setControls(
  given: IntentState | undefined,
  by: Setter,
  setting: Setting,
  { type, directory }: { type: IntentType; directory: Directory },
  context: Context,
): Change<Applied> {
  const state = existing(given);
  const { head } = state;
  mayBeSet(state, by, setting);
  if (isTerminal(head.status)) throw new Conflict('intent_terminal', `The intent has ended as ${head.status}.`);
  if (head.frozen) throw new Conflict('intent_frozen', 'An operator has frozen this: only operators end it.');
  const generation = policyGenerationOf(state);
  if (by.expected !== undefined && by.expected !== generation)
    throw new Conflict('stale_generation', `The policy's generation is ${generation}.`, {
      policy_generation: generation,
    });
  const before = state.controls ?? noControls;
  const { controls, deadlineAt } =
    'controls' in setting ? patched(before, setting.controls, context) : withPolicy(before, setting.policy);
  const after: IntentState = {
    ...state,
    head: { ...head, ...(deadlineAt === undefined ? {} : { deadlineAt }), policy: generation + 1 },
    controls,
    ...(state.request ? { request: { ...state.request, ...controls.patch } } : {}),
  };
  const anew = climbsAnew(after, { type, directory }, context);
  const result: Applied = { policy_generation: generation + 1 };
  const what = 'controls' in setting ? 'CONTROLS_SET' : 'POLICY_SET';
  const told = toldOf(setting, deadlineAt);
  return {
    command: `set:${by.requestId}`,
    action: 'controls' in setting ? 'intent.controls_set' : 'intent.policy_set',
    actor: { kind: 'agent', id: by.agent, via: 'api key' },
    head: { ...anew.head, ...(deadlineAt === undefined ? {} : { deadlineAt }), policy: generation + 1 },
    events: [
      staying(head, { state: what, policy_generation: generation + 1, ...told, ...noted(by.reason) }),
      ...anew.events,
    ],
    data: {
      policy_generation: generation + 1,
      ...recordedOf(told),
      ...(by.reason === '' ? {} : { reason: personal(by.agent, by.reason) }),
    },
    writes: {
      controls,
      ...anew.writes,
      ...(by.idempotency ? { idempotency: { ...by.idempotency, answer: { ...result } } } : {}),
    },
    owed: anew.owed,
    result,
  };
}

const noted = (reason: string): JsonObject => (reason === '' ? {} : { reason });

function mayBeSet({ head, controls }: IntentState, { agent, any }: Setter, setting: Setting): void {
  const isSenders = any === true || head.from === agent;
  const isLet = 'controls' in setting && isGranted(controls, agent, 'update_controls');
  if (!isSenders && !isLet)
    throw new PolicyDenied('Only the agent that asked may set this, or one that it has granted it.', {
      reason: 'not_yours',
    });
}

function patched({ patch, ...policy }: Controls, given: ControlsPatch, { now }: Context) {
  const { deadlineAt: at, timeoutSeconds, reported: _, ...wishes } = given;
  if (at !== undefined && timeoutSeconds !== undefined)
    throw new InvalidInput('Either a time or a number of seconds.', { field: 'controls_patch.timeout_seconds' });
  const deadlineAt =
    timeoutSeconds === undefined ? at : new Date(Date.parse(now) + timeoutSeconds * 1000).toISOString();
  if (deadlineAt !== undefined && Date.parse(deadlineAt) <= Date.parse(now))
    throw new InvalidInput('The deadline is over already.', { field: 'controls_patch.deadline_at' });
  const controls: Controls = { ...policy, patch: { ...patch, ...wishes } };
  within(policy.envelope, given, deadlineAt, now);
  return { controls, deadlineAt };
}

/** Throws PolicyDenied, naming the field and its bound. */
function within(envelope: Envelope, given: ControlsPatch, deadlineAt: string | undefined, now: string): void {
  const seconds = deadlineAt === undefined ? undefined : (Date.parse(deadlineAt) - Date.parse(now)) / 1000;
  const bounds: [string, number | undefined, number | undefined][] = [
    ['max_delivery_attempts', given.max_delivery_attempts, envelope.max_delivery_attempts],
    ['max_reminders', given.max_reminders, envelope.max_reminders],
    ['timeout_seconds', seconds, envelope.max_timeout_seconds],
  ];
  for (const [field, wished, most] of bounds)
    if (wished !== undefined && most !== undefined && wished > most)
      throw new PolicyDenied(`The intent's policy allows ${field} up to ${most}.`, {
        reason: 'envelope',
        field: `controls_patch.${field}`,
        most,
      });
}

/** What is more than a bound by now is cut down to it. */
function withPolicy({ patch, grants, envelope }: Controls, given: PolicyPatch) {
  const bounds = { ...envelope, ...given.envelope };
  const all = Object.entries({ ...grants, ...given.grants }).filter(([, allowed]) => allowed.length > 0);
  if (all.length > maxGrants)
    throw new InvalidInput(`At most ${maxGrants} agents have grants.`, { field: 'grants_patch' });
  const cut: Controls['patch'] = { ...patch };
  if (bounds.max_delivery_attempts !== undefined)
    cut.max_delivery_attempts = Math.min(
      cut.max_delivery_attempts ?? maxDeliveryAttempts,
      bounds.max_delivery_attempts,
    );
  const { max_reminders: most } = bounds;
  if (most !== undefined && cut.max_reminders !== undefined) cut.max_reminders = Math.min(cut.max_reminders, most);
  const controls: Controls = { patch: cut, grants: Object.fromEntries(all), envelope: bounds };
  return { controls, deadlineAt: undefined };
}

/** What was set, in the wire's words. */
function toldOf(setting: Setting, deadlineAt: string | undefined): JsonObject {
  if ('policy' in setting) return { policy: plain(setting.policy) };
  const { deadlineAt: _, timeoutSeconds: __, ...wishes } = setting.controls;
  return { controls: plain({ ...wishes, ...(deadlineAt === undefined ? {} : { deadline_at: deadlineAt }) }) };
}

const plain = (value: object): JsonObject => JSON.parse(JSON.stringify(value));

/** Whoever an escalation names may be a person. */
function recordedOf({ controls, ...told }: JsonObject): RecordableObject {
  if (controls === undefined) return told;
  const { escalate_to: to, ...rest } = controls as JsonObject;
  return { controls: { ...rest, ...(typeof to === 'string' ? { escalate_to: recordedTo(to) } : {}) } };
}
