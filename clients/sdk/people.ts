/** What people do, by their session or by a key that may bring their decisions; and who they are. */

import type { Caller } from './agents.ts';
import type { CallOptions, ChangeOptions } from './transport.ts';
import type {
  Approval,
  ApprovalDecision,
  Comment,
  Commented,
  DecidedTask,
  HandedOver,
  HandOver,
  MyTask,
  Note,
  PeopleQuery,
  Person,
  Recalled,
  Task,
  TaskDecision,
  TasksPage,
  TasksQuery,
  Thread,
  ThreadDecision,
} from './types.ts';

/** Of calls about one task. */
export interface TaskOptions extends CallOptions {
  /** Its tenant: where a session alone asks for what that person is not asked. */
  tenant?: string | undefined;
}

export class Tasks {
  readonly #call: Caller;
  constructor(call: Caller) {
    this.#call = call;
  }

  /** One page of a person's tasks, whole. */
  list(query: TasksQuery = {}, options: CallOptions = {}): Promise<TasksPage> {
    return this.#call({ method: 'GET', path: '/v1/tasks', query, ...options });
  }

  /** A person's open tasks, as AXP lists them. */
  async mine(options: CallOptions = {}): Promise<MyTask[]> {
    return (await this.#call<{ tasks: MyTask[] }>({ method: 'GET', path: '/v1/me/tasks', ...options })).tasks;
  }

  async get(taskId: string, options: TaskOptions = {}): Promise<Task> {
    const { tenant, ...rest } = options;
    const call = { method: 'GET', path: pathOf(taskId), query: { tenant }, ...rest } as const;
    return (await this.#call<{ task: Task }>(call)).task;
  }

  /** With the `plan_hash` of what was shown. Of two that decide, the second hears of the first: `fresh` is false. */
  decide(taskId: string, decision: TaskDecision, options: TaskOptions = {}): Promise<DecidedTask> {
    return this.#change(taskId, 'decision', decision, options);
  }

  delegate(taskId: string, to: HandOver, options: TaskOptions = {}): Promise<HandedOver> {
    return this.#change(taskId, 'delegate', to, options);
  }

  /** By an administrator. */
  takeOver(taskId: string, note: Note = {}, options: TaskOptions = {}): Promise<HandedOver> {
    return this.#change(taskId, 'take-over', note, options);
  }

  /** Takes back what was handed over, or withdraws the question. */
  recall(taskId: string, note: Note = {}, options: TaskOptions = {}): Promise<Recalled> {
    return this.#change(taskId, 'recall', note, options);
  }

  /** A remark for everybody who is asked. Made once: a repetition would be a second remark. */
  comment(taskId: string, comment: Comment, options: TaskOptions = {}): Promise<Commented> {
    return this.#change(taskId, 'comment', comment, options, true);
  }

  /** By the id of the task or its intent, in AXP's two words. */
  async decideApproval(id: string, decision: ApprovalDecision, options: TaskOptions = {}): Promise<Approval> {
    const { tenant, ...rest } = options;
    const path = `/v1/approvals/${encodeURIComponent(id)}/decision`;
    const call = { method: 'POST', path, query: { tenant }, body: decision, ...rest } as const;
    return (await this.#call<{ approval: Approval }>(call)).approval;
  }

  #change<T>(taskId: string, verb: string, body: object, { tenant, ...options }: TaskOptions, once = false) {
    const path = `${pathOf(taskId)}/${verb}`;
    return this.#call<T>({ method: 'POST', path, query: { tenant }, body, once, ...options });
  }
}

const pathOf = (taskId: string): string => `/v1/tasks/${encodeURIComponent(taskId)}`;

/** An intent that waits for a person, as a thread of its receiver. */
export class Inbox {
  readonly #call: Caller;
  constructor(call: Caller) {
    this.#call = call;
  }

  approve(intentId: string, decision: ThreadDecision = {}, options: ChangeOptions = {}): Promise<Thread> {
    return this.#decide(intentId, 'approve', decision, options);
  }

  reject(intentId: string, decision: ThreadDecision = {}, options: ChangeOptions = {}): Promise<Thread> {
    return this.#decide(intentId, 'reject', decision, options);
  }

  async #decide(intentId: string, verb: string, body: ThreadDecision, options: ChangeOptions): Promise<Thread> {
    const path = `/v1/inbox/${encodeURIComponent(intentId)}/${verb}`;
    return (await this.#call<{ thread: Thread }>({ method: 'POST', path, body, ...options })).thread;
  }
}

export class People {
  readonly #call: Caller;
  constructor(call: Caller) {
    this.#call = call;
  }

  /** Who may be asked. */
  async list(query: PeopleQuery = {}, options: CallOptions = {}): Promise<Person[]> {
    const call = { method: 'GET', path: '/v1/directory/people', query, ...options } as const;
    return (await this.#call<{ people: Person[] }>(call)).people;
  }

  async get(id: string, options: CallOptions = {}): Promise<Person> {
    const path = `/v1/directory/people/${encodeURIComponent(id)}`;
    return (await this.#call<{ person: Person }>({ method: 'GET', path, ...options })).person;
  }
}
