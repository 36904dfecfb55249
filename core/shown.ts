/** What people are shown of an intent, in pages and mails: made of its state and its type, in this one place. */

import { wordOf } from './chain.ts';
import type { IntentType } from './intent-type.ts';
import type { Json, JsonObject } from './json.ts';
import type { IntentRequest, IntentState, StoredPlan } from './model.ts';
import { payloadShown } from './subject.ts';
import { outcomesOf, type Reasons, reasonsOf } from './tasks.ts';

/** One line of what is different from the revision before. */
export interface FieldChange {
  of: 'payload' | 'plan';
  /** A payload's or an argument's path (`address.street`), or words. */
  what: string;
  /** Absent where it was not there. */
  before?: string;
  after?: string;
}

/** The state, without the agent's raw reasoning in its payloads. */
export interface Shown extends IntentState {
  /** Of each outcome that is offered. */
  reasons: Record<string, Reasons>;
  /** The agent's raw reasoning, where its type lets people see it. */
  reasoning?: string;
  /** Absent in the first revision. */
  changed?: FieldChange[];
}

/** `state` must be loaded with its request for its payload to be in it. */
export function shown(state: IntentState, type: IntentType | undefined): Shown {
  const { task, request } = state;
  const { field, shown: isShown = false } = type?.reasoning ?? {};
  const choices = task ? outcomesOf(task.type).filter(({ name }) => task.outcomes.includes(name)) : [];
  const reasoning = field === undefined ? undefined : request?.payload[field];
  const seen: IntentState = {
    ...state,
    ...(request ? { request: withResults(without(request, field), task) } : {}),
    ...(state.earlier
      ? {
          earlier: state.earlier.map((one) => ({
            ...one,
            ...(one.request ? { request: without(one.request, field) } : {}),
          })),
        }
      : {}),
  };
  return {
    ...seen,
    reasons: Object.fromEntries(choices.map((choice) => [choice.name, reasonsOf(choice, type?.task.reasons)])),
    ...(isShown && reasoning !== undefined ? { reasoning: textOf(reasoning) } : {}),
    ...changedIn(seen),
  };
}

const withResults = (request: IntentRequest, task: IntentState['task']): IntentRequest =>
  task?.results ? { ...request, payload: payloadShown(request.payload, task) } : request;

function without(request: IntentRequest, field: string | undefined): IntentRequest {
  if (field === undefined || !Object.hasOwn(request.payload, field)) return request;
  const { [field]: _, ...payload } = request.payload;
  return { ...request, payload };
}

/** Against the revision that people were shown last. */
function changedIn({ request, plan, earlier }: IntentState): { changed?: FieldChange[] } {
  const before = earlier?.at(-1);
  if (!before) return {};
  const was = before.request?.payload ?? {};
  const is = request?.payload ?? {};
  return {
    changed: [
      ...differences('payload', fieldsOf(was), fieldsOf(is)),
      ...differences('plan', factsOf(before.plan, was), factsOf(plan, is)),
    ],
  };
}

type Fields = Map<string, string>;

function differences(of: FieldChange['of'], before: Fields, after: Fields): FieldChange[] {
  const all = [...new Set([...before.keys(), ...after.keys()])];
  return all
    .filter((what) => before.get(what) !== after.get(what))
    .map((what) => ({ of, what, ...optional('before', before.get(what)), ...optional('after', after.get(what)) }));
}

const optional = <K extends string>(key: K, value: string | undefined) =>
  (value === undefined ? {} : { [key]: value }) as { [key in K]?: string };

const textOf = (value: Json): string => (typeof value === 'string' ? value : JSON.stringify(value));

const isGroup = (value: Json): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && Object.keys(value).length > 0;

/** Every field with its path; a list is one field. */
const fieldsOf = (value: JsonObject, under: readonly string[] = []): Fields =>
  new Map(
    Object.entries(value).flatMap(([key, one]) =>
      isGroup(one) ? [...fieldsOf(one, [...under, key])] : [[[...under, key].join('.'), textOf(one)] as const],
    ),
  );

/** What a plan says beyond its payload: what would be done, to what effect, at what risk, decided by whom, and why. */
function factsOf(stored: StoredPlan | undefined, payload: JsonObject): Fields {
  if (!stored) return new Map();
  const { plan, of, fired } = stored;
  const own = ({ args }: (typeof plan.actions)[number]) =>
    Object.fromEntries(
      Object.entries(args).filter(([key, value]) => {
        const asked = Object.hasOwn(payload, key) ? payload[key] : undefined;
        return asked === undefined || textOf(asked) !== textOf(value);
      }),
    );
  return new Map([
    ['Objective', plan.objective],
    ...plan.actions.flatMap((action) => [
      ['Tool', action.tool] as const,
      ...action.changes.map(({ what, before, after }) => [what, `${before} → ${after}`] as const),
      ...fieldsOf(own(action)),
    ]),
    ['Risk', plan.risk.category],
    ['Decided by', (of?.steps ?? []).map(wordOf).join(', then ')],
    ['Why', fired.map(({ reason }) => reason).join(', ')],
  ]);
}
