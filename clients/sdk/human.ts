/** Asking a person: one call, whose answer may take days. */

import type { HoldpointClient } from './client.ts';
import { HoldpointError } from './errors.ts';
import type { ChangeOptions } from './transport.ts';
import type { HumanTask, Intent, NewIntent } from './types.ts';
import type { WaitOptions } from './watch.ts';

/** What is asked, and of whom. Fields that go over the wire as they are have the wire's names. */
export interface Question
  extends Omit<HumanTask, 'title' | 'assignees'>,
    Pick<NewIntent, 'correlation_id' | 'deadline_at' | 'on_behalf_of' | 'parent_intent_id'> {
  /** In a sentence. */
  task: string;
  /** A person or a role of the deployment's directory, or several; by default the role `approvers`. */
  assignee?: string | readonly string[] | undefined;
  /** Above low, the mailed link alone does not decide. */
  risk_level?: 'low' | 'medium' | 'high' | undefined;
  /** What else people are shown. */
  payload?: NewIntent['payload'];
}

export interface AskOptions extends Omit<WaitOptions, 'since'>, Pick<ChangeOptions, 'idempotencyKey'> {
  /** Told of the intent's id once it is submitted: with it `decisionOf` goes on in another process. */
  onSubmitted?: ((intentId: string) => unknown) | undefined;
}

export interface Decision {
  intentId: string;
  /** Undefined where the task has no two sides: a question, a form. */
  approved: boolean | undefined;
  outcome: string;
  reasonCode: string | undefined;
  comment: string;
  /** Their id in the directory. */
  decidedBy: string;
  /** ISO 8601. */
  decidedAt: string;
  /** What was filled in. */
  data: Readonly<Record<string, unknown>> | undefined;
  /** The rest of what was told: evidence, each of several decisions. */
  told: Readonly<Record<string, unknown>>;
}

/** The intent ended, and nobody has decided: it was withdrawn, its time was over, or it failed. */
export class NotDecidedError extends HoldpointError {
  override readonly name = 'NotDecidedError';
  readonly intent: Intent;
  constructor(intent: Intent) {
    super(`Nobody has decided: the intent has ended as ${intent.status}.`);
    this.intent = intent;
  }
}

/** AXP's longest title, characters. */
const maxTitle = 255;

/** The intent that a question is. */
function intentOf(question: Question): NewIntent {
  const { task, assignee, risk_level, payload, correlation_id, deadline_at, on_behalf_of, parent_intent_id, ...human } =
    question;
  const assignees = assignee === undefined ? undefined : [assignee].flat();
  return {
    intent_type: 'intent.approval.v1',
    payload: { ...payload, task, ...(risk_level === undefined ? {} : { risk_level }) },
    correlation_id,
    deadline_at,
    on_behalf_of,
    parent_intent_id,
    human_task: { ...human, ...(task.length > maxTitle ? {} : { title: task }), ...(assignees ? { assignees } : {}) },
  };
}

/** Throws NotDecidedError. */
export function decisionIn(intent: Intent): Decision {
  const { task_result: told, approved } = (intent.result ?? {}) as {
    task_result?: Record<string, unknown>;
    approved?: boolean;
  };
  if (intent.status !== 'COMPLETED' || !told) throw new NotDecidedError(intent);
  return {
    intentId: intent.intent_id,
    approved,
    outcome: String(told.outcome),
    reasonCode: told.reason_code === undefined ? undefined : String(told.reason_code),
    comment: String(told.comment ?? ''),
    decidedBy: String(told.decided_by),
    decidedAt: String(told.decided_at),
    data: told.data as Decision['data'],
    told,
  };
}

/** Throws NotDecidedError, and what `submit` and `waitFor` throw. */
export async function waitForHuman(
  client: HoldpointClient,
  question: Question,
  options: AskOptions,
): Promise<Decision> {
  const { idempotencyKey, onSubmitted, ...waiting } = options;
  const { signal, traceparent } = waiting;
  const { intent_id } = await client.submit(intentOf(question), { idempotencyKey, signal, traceparent });
  await onSubmitted?.(intent_id);
  return decisionIn(await client.waitFor(intent_id, waiting));
}
