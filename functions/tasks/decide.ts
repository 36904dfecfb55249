/** A person's decision by the API: whichever door, one use case. */

import type { MediaRows } from '../../adapters/media-rows.ts';
import { perform } from '../../core/commit.ts';
import type { Directory } from '../../core/directory.ts';
import { Conflict, InvalidInput, NotFound } from '../../core/errors.ts';
import { dataOf } from '../../core/form.ts';
import type { IntentType } from '../../core/intent-type.ts';
import type { JsonObject } from '../../core/json.ts';
import { isTerminal, type Status } from '../../core/lifecycle.ts';
import type { Head, IntentRef, IntentState, Task } from '../../core/model.ts';
import type { Context, Store } from '../../core/ports.ts';
import { type Decided, type DecisionGiven, decide, type KeptDecision } from '../../core/rules/decide.ts';
import { isTwoSided, outcomesOf, taskRule } from '../../core/tasks.ts';
import type { TaskResult } from '../../wire/tasks.ts';
import { bodyHashOf, idempotency, once } from '../api/idempotency.ts';
import type { Caller, Person } from './caller.ts';
import { evidenceIn, evidenceOf } from './evidence.ts';
import { notItsOwn } from './own.ts';

export interface Ports {
  store: Store;
  context: () => Context;
  typeOf: (head: Head) => IntentType | undefined;
  files: Pick<MediaRows, 'findMedia'>;
}

/** What a door gives: an outcome, or which side of a two-sided task is meant. */
export type Given = { result: TaskResult } | { side: 'for' | 'against'; comment?: string | undefined };

export interface Asked {
  ref: IntentRef;
  /** The task that is meant; else the intent's one open task. */
  taskId?: string | undefined;
  /**
   * Of what the person was shown; default: what is stored, for clients whose protocol has no such field. Where an intent was
   * revised, its name alone does not say which revision they saw: then this is needed, or the task.
   */
  planHash?: string | undefined;
}

/** What an Idempotency-Key keeps of a decision. */
export type Made = KeptDecision & { comment?: string };

/** One request at a door of AXP's. */
export interface Sent {
  /** Method and path, which an Idempotency-Key is for. */
  endpoint: string;
  idempotencyKey: string | undefined;
  body: unknown;
}

/**
 * By a door of AXP's. What comes again under its Idempotency-Key is answered as at first, with what `show` made of it then,
 * and decides nothing more. Throws Conflict `intent_terminal` where the intent has ended and what is sent is not what was decided, `idempotency_conflict`,
 * and what `decideAs` throws.
 */
export async function decideByAxp<A extends object = Made>(
  ports: Ports,
  directory: Directory,
  caller: Caller,
  person: Person,
  asked: Asked,
  given: Given,
  { endpoint, idempotencyKey, body }: Sent,
  show?: (made: Made) => Promise<A>,
): Promise<A> {
  const by = { agent: `${caller.key?.agent ?? ''} ${person.id}` };
  const known = idempotency(idempotencyKey, by, endpoint, bodyHashOf(body));
  const work = async (): Promise<Made> => {
    const how = { byAxp: true, ...known };
    const { fresh, decision, status, task } = await decideAs(ports, directory, caller, person, asked, given, how);
    const isFor = outcomesOf(task.type).some((one) => one.for && one.name === decision.outcome);
    const said = 'side' in given && isFor === (given.side === 'for');
    if (!fresh && !said && isTerminal(status as Status)) throw ended(status);
    return { isFor, at: decision.at, comment: decision.comment };
  };
  return once(ports.store, asked.ref, known, work, show);
}

/** Throws NotFound, PolicyDenied, Conflict (`plan_hash_needed` and what `decide` throws), InvalidInput (`outcome` and what `decide` throws). */
export async function decideAs(
  { store, context, typeOf, files }: Ports,
  directory: Directory,
  caller: Caller,
  person: Person,
  { ref, taskId, planHash }: Asked,
  given: Given,
  how: Pick<DecisionGiven, 'byAxp' | 'idempotency'> = {},
): Promise<Decided & { task: Task; state: IntentState }> {
  let on: IntentState | undefined;
  const shown = await evidenceOf(files, ref, 'side' in given ? undefined : evidenceIn(given.result));
  const decided = await perform(store, ref, { request: true }, context, (state, now) => {
    const type = state && typeOf(state.head);
    if (!type) throw new NotFound('intent');
    on = state;
    notItsOwn(state, caller);
    const { task, head } = state;
    if (how.byAxp && isTerminal(head.status) && !task?.decision) throw ended(head.status);
    if (!task || (taskId !== undefined && taskId !== task.taskId)) throw noTask(state, taskId);
    if (task.status === 'open' && task.revision > 1 && taskId === undefined && planHash === undefined)
      throw new Conflict('plan_hash_needed', 'This has been changed: send the plan_hash of what you saw.');
    const door = { by: 'person', id: person.id, via: person.via } as const;
    const evidence = shown({ taskId: task.taskId, personId: person.id });
    const said = outcomeOf(task, given, how.byAxp === true);
    const asked = { ...said, ...how, evidence, subjectHash: planHash ?? task.subjectHash };
    return decide(state, door, asked, type, directory, now);
  });
  return { ...decided, task: on?.task as Task, state: on as IntentState };
}

const ended = (status: string) => new Conflict('intent_terminal', `The intent has ended as ${status}.`);

const noTask = ({ head }: IntentState, taskId: string | undefined) =>
  taskId === undefined
    ? new Conflict('not_waiting_for_human', `Nobody is asked: the intent is ${head.status}.`)
    : new NotFound('task');

/**
 * The outcome with what was said to it, and the data as the task's form has it. Throws InvalidInput for data that is not
 * asked for, but by the doors of AXP, where it is kept: there data is what stands in `data` and beside the outcome.
 */
function outcomeOf(task: Task, given: Given, byAxp: boolean): Omit<DecisionGiven, 'subjectHash'> {
  if ('side' in given) return { outcome: sideOf(task, given.side), comment: given.comment };
  const { outcome, reason_code, comment, data, evidence, assignee, ...rest } = given.result;
  const said = { outcome, reason: reason_code, comment: comment ?? undefined, assignee };
  if (task.asks) {
    // A form may ask for something of these names.
    const beside = { ...rest, assignee, evidence };
    const filled = data ?? dataOf(task.asks, (name) => textsAt(beside, name));
    // AXP has no words for an answer: what is said to a question in the comment is one.
    const answers = byAxp && taskRule(task.type).asks === 'answer' && Object.keys(filled).length === 0 && comment;
    return { ...said, data: answers ? { answer: comment } : filled };
  }
  const { takes } = taskRule(task.type);
  const taken = { evidence: takes === 'evidence', assignee: takes === 'assignee' };
  const left = Object.fromEntries(
    Object.entries({ ...data, ...rest }).filter(([name]) => taken[name as keyof typeof taken] !== true),
  ) as JsonObject;
  const [unknown] = Object.keys(left);
  if (unknown !== undefined && !byAxp)
    throw new InvalidInput('This task asks for no data.', { field: `data.${unknown}` });
  const inData = taken.assignee && typeof data?.assignee === 'string' ? data.assignee : undefined;
  return { ...said, data: left, assignee: assignee ?? inData };
}

/** Texts beside the outcome are named by the last part of their place. */
const textsAt = (beside: Record<string, unknown>, name: string): string[] => {
  const text = beside[name.slice(name.lastIndexOf('/') + 1)];
  return typeof text === 'string' ? [text] : [];
};

/** Approve or reject, in the words of the task's type. Throws InvalidInput for a task without two sides. */
function sideOf(task: Task, side: 'for' | 'against'): string {
  const found = outcomesOf(task.type).find((o) => o.for === (side === 'for') && task.outcomes.includes(o.name));
  if (!found || !isTwoSided(task.type))
    throw new InvalidInput(`A ${task.type} is answered with: ${task.outcomes.join(', ')}.`, { field: 'outcome' });
  return found.name;
}
