/** An agent's intent is accepted: head, events, record, request and the owed start, in one commit. */

import { type SealedCommit, seal } from '../commit.ts';
import { InvalidInput, PolicyDenied } from '../errors.ts';
import { hashOf } from '../hash.ts';
import type { IntentType } from '../intent-type.ts';
import type { JsonObject } from '../json.ts';
import { compileLadder } from '../ladder.ts';
import type { Head, HumanTask, IntentRequest } from '../model.ts';
import { person } from '../personal.ts';
import type { Context } from '../ports.ts';
import { stopsFor } from '../stops.ts';
import { isTwoSided, outcomesOf, type TaskType, taskRule, taskTypeOf, taskTypes } from '../tasks.ts';
import { dueIn, type RunInput, stepGraceSeconds, wakeGraceSeconds } from './common.ts';

export interface Submission extends Omit<IntentRequest, 'payloadHash'> {
  tenant: string;
  /** The address of the key's agent: the sender, whatever the body says. */
  from: string;
  type: IntentType;
  traceId: string;
  onBehalfOf?: string;
  deadlineAt?: string;
  idempotency?: { key: string; requestHash: string };
}

export interface Accepted {
  intent_id: string;
  status: 'SUBMITTED';
  created_at: string;
}

/** The start owed to generation n of an intent: due before its head is, so that a lost one is not taken for a lost run. */
export const startRow = (input: RunInput, now: string) => ({
  key: `start#${input.generation}`,
  kind: 'start' as const,
  dueAt: dueIn(now, wakeGraceSeconds),
  body: { input: input as unknown as JsonObject },
});

/** Throws InvalidInput with the field's path, PolicyDenied where the type's door is closed. */
export function submit(given: Submission, context: Context): { commit: SealedCommit; accepted: Accepted } {
  const { now } = context;
  const intentId = context.newId();
  if (given.type.closed)
    throw new PolicyDenied(`${given.type.type} takes no new intents any more.`, { reason: 'type_closed' });
  if (given.deadlineAt !== undefined && Date.parse(given.deadlineAt) <= Date.parse(now))
    throw new InvalidInput('The deadline is over already.', { field: 'deadline_at' });
  checkHumanTask(given.type, given.humanTask);

  const { tenant, from, type, traceId } = given;
  const head: Head = {
    tenant,
    intentId,
    type: type.type,
    status: 'SUBMITTED',
    from,
    traceId,
    createdAt: now,
    updatedAt: now,
    seq: 0,
    auditSeq: 0,
    auditHash: '',
    generation: 1,
    openEffects: 0,
    dueAt: dueIn(now, stepGraceSeconds),
    ...(given.onBehalfOf === undefined ? {} : { onBehalfOf: given.onBehalfOf }),
    ...(given.deadlineAt === undefined ? {} : { deadlineAt: given.deadlineAt }),
  };
  const request = requestOf(given);
  const ladder = compileLadder(now, type.task.ladder, { ...request, deadline_at: given.deadlineAt });
  const input: RunInput = {
    v: 1,
    tenant,
    intentId,
    generation: 1,
    type: type.type,
    traceId,
    waitUntil: ladder[0]?.at ?? now,
    rung: 0,
  };
  const accepted: Accepted = { intent_id: intentId, status: 'SUBMITTED', created_at: now };
  const commit = seal<Accepted>(
    undefined,
    {
      command: given.idempotency ? `submit:${given.idempotency.key}` : `submit:${intentId}`,
      action: 'intent.submitted',
      actor: { kind: 'agent', id: from, via: 'api key' },
      head,
      events: [
        { type: 'intent.created', status: 'CREATED' },
        { type: 'intent.submitted', status: 'SUBMITTED' },
      ],
      data: {
        type: type.type,
        payload_hash: request.payloadHash,
        ...(given.onBehalfOf === undefined ? {} : { on_behalf_of: person(given.onBehalfOf) }),
      },
      writes: {
        request,
        ...(given.idempotency ? { idempotency: { ...given.idempotency, answer: { ...accepted } } } : {}),
      },
      owed: [startRow(input, now)],
      stops: stopsFor(head),
      result: accepted,
    },
    context,
  );
  return { commit, accepted };
}

/** Everything of a submission that is not the head's. */
const requestOf = ({
  tenant,
  from,
  type,
  traceId,
  onBehalfOf,
  deadlineAt,
  idempotency,
  ...request
}: Submission): IntentRequest => ({ ...request, payloadHash: hashOf(request.payload) });

/** The type of the task that an intent asks for. Throws InvalidInput with the field's path. */
export function taskTypeFor(type: IntentType, task: HumanTask | undefined): TaskType {
  const word = task?.task_type;
  if (word === undefined) return type.task.type;
  const asked = taskTypeOf(word);
  // What an action needs is a decision on its plan; a plain approval may ask a person for other things.
  if (asked && (asked === type.task.type || type.shape === 'approval')) return asked;
  const possible = type.shape === 'approval' ? Object.keys(taskTypes) : [type.task.type];
  throw new InvalidInput(`${type.type} asks for: ${possible.join(', ')}.`, { field: 'human_task.task_type' });
}

/** A human_task may narrow what its type allows, never widen it. Throws InvalidInput with the field's path. */
function checkHumanTask(type: IntentType, task: HumanTask | undefined): void {
  if (!task) return;
  const asked = taskTypeFor(type, task);
  const { asks, takes } = taskRule(asked);
  const refuse = (field: string, message: string) => {
    throw new InvalidInput(message, { field: `human_task.${field}` });
  };
  if (asks === 'form' && !task.form_schema) refuse('form_schema', 'A form needs to say what it asks.');
  if (asks !== 'form' && task.form_schema) refuse('form_schema', 'Only a form has one.');
  if (takes !== 'evidence' && task.evidence_required)
    refuse('evidence_required', 'Only a manual action takes evidence.');
  if (asks !== 'answer' && task.choices) refuse('choices', 'Only a clarification has them.');
  const choices = outcomesOf(asked);
  const names = choices.map((o) => o.name);
  const wished = task.allowed_outcomes;
  if (!wished) return;
  if (wished.some((o) => !names.includes(o)))
    refuse('allowed_outcomes', `Outcomes of this task are: ${names.join(', ')}.`);
  if (isTwoSided(asked) && !choices.some((o) => !o.for && wished.includes(o.name)))
    refuse('allowed_outcomes', 'A person must be able to decide against it.');
}
