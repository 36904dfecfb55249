/** A bundle's steps, held against all that must hold for them, and compiled to a plan. Pure: the directory, the clock and addresses come in. */

import { approversFor, type Directory } from './directory.ts';
import { InvalidInput } from './errors.ts';
import type { IntentType } from './intent-type.ts';
import type { JsonObject } from './json.ts';
import type { HumanTask } from './model.ts';
import { type PlanStep, type ProcedurePlan, resultsName, type StepWishes } from './procedure.ts';
import { checkHumanTask, taskTypeFor } from './rules/human-task.ts';
import { checkLadder } from './rules/levels.ts';
import { maxLevelSeconds } from './service-level.ts';
import { outcomesOf } from './tasks.ts';

/** The longest that one step may wait, seconds. */
export const longestStepSeconds = maxLevelSeconds;
export const maxRetries = 50;
/** How often one step may be begun anew in a cycle. */
export const maxVisits = 100;

type Maybe<T> = { [K in keyof T]?: T[K] | undefined };
type Wishes = Maybe<Omit<StepWishes, 'max_delivery_attempts'>>;

interface BundleStep extends Wishes {
  step_id: string;
  title?: string | undefined;
  description?: string | undefined;
  tool_id?: string | undefined;
  runtime_type?: string | undefined;
  runtime_config?: JsonObject | undefined;
  assigned_to?: string | undefined;
  requires_approval?: boolean | undefined;
  step_deadline_seconds?: number | undefined;
  retry?: { max_retries: number; retry_delay_seconds: number } | undefined;
  human_task?: HumanTask | undefined;
  on_success?: string | undefined;
  on_failure?: string | undefined;
  max_visits?: number | undefined;
}

/** As its schema gives it back. */
export interface Bundle {
  scenario_id: string;
  title?: string | undefined;
  agents: { role?: string | undefined; address: string }[];
  humans: { role?: string | undefined; contact?: string | undefined }[];
  workflow?: { macro_id?: string | undefined; steps?: BundleStep[] | undefined } | undefined;
  intent: Wishes & {
    type: string;
    payload: JsonObject;
    deadline_at?: string | undefined;
    max_delivery_attempts?: number | undefined;
    human_task?: HumanTask | undefined;
  };
}

export interface Knowing {
  /** The whole address of a name, where it is one. */
  addressOf: (given: string) => string | undefined;
  /** Of the intent, as the rules for a person's task read it. */
  type: IntentType;
  directory: Directory;
  /** Who asks: whole address of the agent, and the person it acts for. */
  agent: string;
  onBehalfOf?: string | undefined;
  now: string;
}

export interface Compiled {
  /** Absent where there are errors. */
  plan?: ProcedurePlan;
  /** `path: words` of each. */
  errors: string[];
  warnings: string[];
}

interface Found {
  errors: string[];
  warnings: string[];
}

/** What a name in `assigned_to` or `escalate_to` means. */
type Who = { agent: string } | { human: string | undefined };

export function compile(bundle: Bundle, knowing: Knowing): Compiled {
  const found: Found = { errors: [], warnings: [] };
  const given = stepsOf(bundle, found);
  const people = new Names(bundle, knowing, found);
  const ids = given.map(({ step_id }) => step_id);
  ids.forEach((id, i) => {
    if (ids.indexOf(id) < i) found.errors.push(`${pathOf(i)}.step_id: There is a step ${id} already.`);
  });
  if (resultsName in bundle.intent.payload)
    found.errors.push(`intent.payload.${resultsName}: The steps' results have this name.`);
  const links = linksOf(given, found);
  const steps = given.map((step, i) => stepOf(bundle, step, i, links[i] ?? {}, people, knowing, found));
  const plan: ProcedurePlan = { v: 1, scenario: bundle.scenario_id, start: ids[0] ?? '', steps };
  if (found.errors.length === 0) checkGraph(plan, found);
  if (found.errors.length === 0) checkTime(plan, bundle.intent.deadline_at, knowing.now, found);
  return { ...(found.errors.length === 0 ? { plan } : {}), ...found };
}

const pathOf = (i: number): string => `workflow.steps.${i}`;

/** The steps that are named; without any, what the intent needs: its first agent's work, or a person's decision. */
function stepsOf({ workflow, agents, humans, intent }: Bundle, { errors }: Found): BundleStep[] {
  if (workflow?.macro_id) errors.push('workflow.macro_id: There are no macros here: name the steps.');
  if (workflow?.steps) return workflow.steps;
  const [first] = agents;
  if (first) return [{ step_id: 'work', assigned_to: first.role ?? first.address }];
  if (intent.human_task || humans.length > 0) return [{ step_id: 'decide', requires_approval: true }];
  errors.push('workflow.steps: Name a step, an agent or a person.');
  return [];
}

/** What the bundle calls its agents and people. */
class Names {
  readonly #who = new Map<string, Who>();
  readonly #addressOf: Knowing['addressOf'];
  readonly agents: string[] = [];
  /** Those who can be asked by name. */
  readonly contacts: string[];

  constructor({ agents, humans }: Bundle, { addressOf }: Knowing, { errors }: Found) {
    this.#addressOf = addressOf;
    agents.forEach(({ role, address }, i) => {
      const whole = addressOf(address);
      if (whole === undefined) errors.push(`agents.${i}.address: An address is agent://<org>/<workspace>/<name>.`);
      this.agents.push(whole ?? address);
      const names = new Set([...(role === undefined ? [] : [role]), address, whole ?? address]);
      for (const name of names)
        this.#add(name, { agent: whole ?? address }, role === name && `agents.${i}.role`, errors);
    });
    humans.forEach(({ role, contact }, i) => {
      const who = { human: contact || undefined };
      for (const name of new Set([...(role === undefined ? [] : [role]), ...(contact ? [contact] : [])]))
        this.#add(name, who, role === name && `humans.${i}.role`, errors);
    });
    this.contacts = humans.flatMap(({ contact }) => (contact ? [contact] : []));
  }

  #add(name: string, who: Who, path: string | false, errors: string[]): void {
    if (path && this.#who.has(name)) errors.push(`${path}: ${name} is somebody else already.`);
    else this.#who.set(name, who);
  }

  /** By what the bundle calls them; else an agent's whole address, or a person's mail address. */
  find(name: string): Who | undefined {
    const known = this.#who.get(name);
    if (known) return known;
    if (name.includes('@')) return { human: name };
    const address = name.includes('/') ? this.#addressOf(name) : undefined;
    return address === undefined ? undefined : { agent: address };
  }
}

type Links = { success?: string; failure?: string };

/** Where each step leads to. Without a word it is the next in the list, but for those that only a failure leads to. */
function linksOf(steps: readonly BundleStep[], { errors }: Found): Links[] {
  const ids = new Set(steps.map(({ step_id }) => step_id));
  const handlers = new Set(steps.flatMap(({ on_failure }) => on_failure || []));
  return steps.map(({ on_success, on_failure }, i) => {
    for (const [field, to] of Object.entries({ on_success, on_failure }))
      if (to && !ids.has(to)) errors.push(`${pathOf(i)}.${field}: There is no step ${to}.`);
    const success = on_success || steps.slice(i + 1).find(({ step_id }) => !handlers.has(step_id))?.step_id;
    return { ...(success ? { success } : {}), ...(on_failure ? { failure: on_failure } : {}) };
  });
}

function stepOf(
  bundle: Bundle,
  step: BundleStep,
  i: number,
  { success, failure }: Links,
  names: Names,
  knowing: Knowing,
  found: Found,
): PlanStep {
  const { retry, max_visits } = step;
  return {
    id: step.step_id,
    ...doneBy(bundle, step, i, names, knowing, found),
    ...(step.tool_id ? { tool: step.tool_id } : {}),
    ...(step.runtime_config && Object.keys(step.runtime_config).length > 0 ? { config: step.runtime_config } : {}),
    ...(retry && retry.max_retries > 0
      ? { retry: { times: retry.max_retries, afterSeconds: retry.retry_delay_seconds } }
      : {}),
    ...(success === undefined ? {} : { onSuccess: success }),
    ...(failure === undefined ? {} : { onFailure: failure }),
    ...(max_visits === undefined ? {} : { maxVisits: max_visits }),
  };
}

type DoneBy = Omit<PlanStep, 'id'>;

/** What kind of step it is, and who does it. */
function doneBy(bundle: Bundle, step: BundleStep, i: number, names: Names, knowing: Knowing, found: Found): DoneBy {
  const { errors, warnings } = found;
  const runtime = step.runtime_type || undefined;
  const named = step.assigned_to || (runtime === 'escalation' ? escalationTo(bundle, step) : undefined);
  const who = named === undefined ? undefined : names.find(named);
  const asks = step.requires_approval || runtime === 'human_approval';
  if (named !== undefined && !who && !asks) {
    errors.push(`${pathOf(i)}.assigned_to: There is no ${named} among the agents and humans.`);
    return { kind: 'notification' };
  }
  if (runtime === 'notification' || runtime === 'reminder') {
    if (who && 'agent' in who)
      warnings.push(`${pathOf(i)}: ${named} is told by the intent's events alone; only people are mailed.`);
    const people = who && 'human' in who ? [who.human ?? ''].filter(Boolean) : [];
    return { kind: runtime, ...(people.length > 0 ? { people } : {}) };
  }
  if (runtime === 'delay' || (runtime === 'timeout' && !who && !asks)) return waiting(step, i, runtime, found);
  const escalates = runtime === 'escalation' ? { escalates: true as const } : {};
  const deadline = step.step_deadline_seconds ?? (runtime === 'timeout' ? secondsIn(step.runtime_config) : undefined);
  if (asks || (who && 'human' in who)) {
    const asked = who && 'human' in who ? who.human : undefined;
    const unknown = named !== undefined && !who ? named : undefined;
    return {
      ...escalates,
      ...humanStep(bundle, { ...step, ...seconds(deadline) }, i, asked ?? unknown, names, knowing, found),
    };
  }
  if (runtime === 'escalation' && !who) {
    errors.push(`${pathOf(i)}.escalate_to: Say to whom.`);
    return { kind: 'human' };
  }
  const only = names.agents.length === 1 ? names.agents[0] : undefined;
  const agent = who?.agent ?? only;
  if (agent === undefined) {
    errors.push(`${pathOf(i)}.assigned_to: Say who does this step.`);
    return { kind: 'agent' };
  }
  return { ...escalates, ...agentStep(bundle, { ...step, ...seconds(deadline) }, i, agent, names, found) };
}

const seconds = (deadline: number | undefined) => (deadline === undefined ? {} : { step_deadline_seconds: deadline });

const escalationTo = ({ intent }: Bundle, step: BundleStep): string | undefined => {
  const inConfig = step.runtime_config?.escalate_to;
  return step.escalate_to ?? (typeof inConfig === 'string' ? inConfig : undefined) ?? intent.escalate_to;
};

/** How long, as clients say it. */
function secondsIn(config: JsonObject | undefined): number | undefined {
  const names = ['delay_seconds', 'timeout_seconds', 'duration_seconds', 'wait_seconds', 'seconds'];
  const value = names.map((name) => config?.[name]).find((one) => one !== undefined);
  return typeof value === 'number' ? value : undefined;
}

function waiting(step: BundleStep, i: number, kind: 'delay' | 'timeout', { errors }: Found): DoneBy {
  const given = secondsIn(step.runtime_config) ?? step.step_deadline_seconds;
  const fits = given !== undefined && Number.isInteger(given) && given >= 0 && given <= longestStepSeconds;
  if (!fits)
    errors.push(`${pathOf(i)}.runtime_config.seconds: Say how long, in whole seconds up to ${longestStepSeconds}.`);
  return { kind, seconds: given ?? 0 };
}

const wishNames = ['remind_after_seconds', 'remind_interval_seconds', 'max_reminders', 'escalate_to'] as const;

/** The step's own; where it has none, the intent's. Roles become the people or agents that they are. */
function wishesIn({ intent }: Bundle, step: BundleStep, resolve: (name: string) => string): { wishes?: StepWishes } {
  const all = wishNames.flatMap((name) => {
    const value = step[name] ?? intent[name];
    if (value === undefined || value === '') return [];
    return [[name, typeof value === 'string' ? resolve(value) : value] as const];
  });
  return all.length === 0 ? {} : { wishes: Object.fromEntries(all) };
}

function agentStep(
  bundle: Bundle,
  step: BundleStep,
  i: number,
  agent: string,
  names: Names,
  { errors }: Found,
): DoneBy {
  const resolve = (name: string) => {
    const who = names.find(name);
    return who && 'agent' in who ? who.agent : name;
  };
  const { step_deadline_seconds: deadline, remind_after_seconds: reminds } = step;
  if (deadline !== undefined && reminds !== undefined && reminds >= deadline)
    errors.push(`${pathOf(i)}.remind_after_seconds: The step has ended by then.`);
  const { max_delivery_attempts } = bundle.intent;
  const { wishes } = wishesIn(bundle, step, resolve);
  const all = { ...wishes, ...(max_delivery_attempts === undefined ? {} : { max_delivery_attempts }) };
  return {
    kind: 'agent',
    agent,
    ...(deadline === undefined ? {} : { seconds: deadline }),
    ...(Object.keys(all).length > 0 ? { wishes: all } : {}),
  };
}

function humanStep(
  bundle: Bundle,
  step: BundleStep,
  i: number,
  asked: string | undefined,
  names: Names,
  knowing: Knowing,
  found: Found,
): DoneBy {
  const resolve = (name: string) => {
    const who = names.find(name);
    return who && 'human' in who ? (who.human ?? '') : name;
  };
  const wish = step.human_task ?? bundle.intent.human_task;
  const assignees = [
    ...new Set((wish?.assignees?.map(resolve) ?? (asked ? [asked] : names.contacts)).filter((name) => name !== '')),
  ];
  const { assignees: _, ...rest }: HumanTask = wish ?? { title: '' };
  const deadline = step.step_deadline_seconds;
  const task: HumanTask = {
    ...rest,
    title: wish?.title || step.title || bundle.title || titleOf(step.step_id),
    ...(wish?.description === undefined && step.description !== undefined ? { description: step.description } : {}),
    ...(assignees.length > 0 ? { assignees } : {}),
    ...(deadline === undefined
      ? {}
      : { ladder: { ...rest.ladder, expire: { ...rest.ladder?.expire, after_seconds: deadline } } }),
  };
  checkTask(task, bundle, step, i, knowing, found);
  return { kind: 'human', task: onceOnly(task), ...wishesIn(bundle, step, resolve) };
}

const titleOf = (id: string): string => {
  const words = id.replaceAll(/[_-]+/g, ' ').trim();
  return words === '' ? id : words.charAt(0).toUpperCase() + words.slice(1);
};

/** A review is not sent back: who asks again is a step of the procedure, by `on_failure`. */
const onceOnly = (task: HumanTask): HumanTask =>
  task.task_type === 'review' || task.task_type === 'validate_output' ? { ...task, rounds: 1 } : task;

/** What holds for a single intent's task holds for a step's; and somebody must be there to decide it. */
function checkTask(task: HumanTask, bundle: Bundle, step: BundleStep, i: number, knowing: Knowing, found: Found): void {
  const { type, directory, agent, onBehalfOf, now } = knowing;
  const deadlineAt = bundle.intent.deadline_at;
  const path = step.human_task ? pathOf(i) : bundle.intent.human_task ? 'intent' : pathOf(i);
  try {
    checkHumanTask(type, task);
    checkLadder(type, taskTypeFor(type, task), task, deadlineAt, now);
    const returns = outcomesOf(taskTypeFor(type, task)).flatMap((one) => (one.returns ? [one.name] : []));
    if (task.allowed_outcomes?.some((name) => returns.includes(name)))
      throw new InvalidInput('A step is not sent back: let on_failure lead to the step that is done again.', {
        field: 'human_task.allowed_outcomes',
      });
  } catch (error) {
    if (!(error instanceof InvalidInput)) throw error;
    const { field } = error.details;
    found.errors.push(`${path}.${typeof field === 'string' ? field : 'human_task'}: ${error.message}`);
    return;
  }
  const wish = { role: type.task.role, assignees: task.assignees, notifyEmail: task.notify_email, agent, onBehalfOf };
  const { approvers, ignored } = approversFor(directory, wish);
  if (approvers.length === 0)
    found.errors.push(`${pathOf(i)}.assigned_to: Nobody of the directory could decide this: role ${type.task.role}.`);
  for (const name of ignored) found.warnings.push(`${pathOf(i)}: ${name} is not in the directory, and is never asked.`);
}

/** Every step can be reached; and whatever leads back is bounded. */
function checkGraph({ start, steps }: ProcedurePlan, { errors }: Found): void {
  const at = (id: string): number => steps.findIndex((step) => step.id === id);
  const waysOf = (id: string): string[] => {
    const step = steps[at(id)];
    return [step?.onSuccess, step?.onFailure].filter((to) => to !== undefined);
  };
  const reached = new Set<string>();
  const visit = (id: string): void => {
    if (reached.has(id)) return;
    reached.add(id);
    waysOf(id).forEach(visit);
  };
  visit(start);
  for (const { id } of steps) if (!reached.has(id)) errors.push(`${pathOf(at(id))}: No step leads to ${id}.`);
  const unbounded = cycleIn(
    steps.filter(({ maxVisits: bound }) => bound === undefined).map(({ id }) => id),
    waysOf,
  );
  const [first] = unbounded;
  if (first !== undefined)
    errors.push(`${pathOf(at(first))}: ${[...unbounded, first].join(' → ')} never ends: give one of them max_visits.`);
}

/** A cycle among these, as the steps in it; empty where there is none. */
function cycleIn(ids: readonly string[], waysOf: (id: string) => string[]): string[] {
  const open: string[] = [];
  const done = new Set<string>();
  const look = (id: string): string[] => {
    if (open.includes(id)) return open.slice(open.indexOf(id));
    if (done.has(id) || !ids.includes(id)) return [];
    open.push(id);
    for (const to of waysOf(id)) {
      const found = look(to);
      if (found.length > 0) return found;
    }
    open.pop();
    done.add(id);
    return [];
  };
  for (const id of ids) {
    const found = look(id);
    if (found.length > 0) return found;
  }
  return [];
}

/** The delays on the way where all goes well fit before the deadline. */
function checkTime({ start, steps }: ProcedurePlan, deadlineAt: string | undefined, now: string, found: Found): void {
  if (deadlineAt === undefined) return;
  const left = (Date.parse(deadlineAt) - Date.parse(now)) / 1000;
  if (left <= 0) {
    found.errors.push('intent.deadline_at: The deadline is over already.');
    return;
  }
  const seen = new Set<string>();
  let passed = 0;
  for (let id: string | undefined = start; id !== undefined && !seen.has(id); ) {
    seen.add(id);
    const at = steps.findIndex((one) => one.id === id);
    const step: PlanStep | undefined = steps[at];
    if (step?.kind === 'delay') passed += step.seconds ?? 0;
    if (passed >= left) {
      found.errors.push(`${pathOf(at)}: The delays take ${passed} seconds up to here, and the deadline is sooner.`);
      return;
    }
    if (step?.kind === 'agent' && (step.seconds ?? 0) >= left)
      found.warnings.push(`${pathOf(at)}.step_deadline_seconds: The intent's deadline is sooner.`);
    id = step?.onSuccess;
  }
}
