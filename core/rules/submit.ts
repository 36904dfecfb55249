/** An agent's intent is accepted: head, events, record, request and the owed start, in one commit. */

import { behalfOf } from '../behalf.ts';
import { type SealedCommit, seal } from '../commit.ts';
import { InvalidInput, PolicyDenied } from '../errors.ts';
import { hashOf } from '../hash.ts';
import type { IntentType } from '../intent-type.ts';
import type { JsonObject } from '../json.ts';
import type { Head, IntentRequest } from '../model.ts';
import { person } from '../personal.ts';
import type { Context } from '../ports.ts';
import { compileIdOf, firstProgress } from '../procedure.ts';
import { stopsFor } from '../stops.ts';
import { dueIn, nextRung, type RunInput, runInputOf, stepGraceSeconds, wakeGraceSeconds } from './common.ts';
import { firstDelivery } from './deliver.ts';
import { checkHumanTask, taskTypeFor } from './human-task.ts';
import { checkLadder, firstWait } from './levels.ts';

export interface Submission extends Omit<IntentRequest, 'payloadHash' | 'viewHash'> {
  /** The id that the intent gets, where it is known before: of a procedure's part. */
  intentId?: string;
  /** It is the present step of the procedure that is its parent. */
  isStep?: boolean;
  tenant: string;
  /** The address of the key's agent: the sender, whatever the body says. */
  from: string;
  type: IntentType;
  /** The deployment does not declare the type: an agent answers, or the person that `humanTask` asks. */
  delegated?: boolean;
  traceId: string;
  onBehalfOf?: string;
  deadlineAt?: string;
  idempotency?: { key: string; requestHash: string };
  /** What is kept of the requester's link. */
  viewHashOf?: (intentId: string) => string;
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
  const intentId = given.intentId ?? context.newId();
  if (given.type.closed)
    throw new PolicyDenied(`${given.type.type} takes no new intents any more.`, { reason: 'type_closed' });
  if (given.deadlineAt !== undefined && Date.parse(given.deadlineAt) <= Date.parse(now))
    throw new InvalidInput('The deadline is over already.', { field: 'deadline_at' });
  checkHumanTask(given.type, given.humanTask);
  checkLadder(given.type, taskTypeFor(given.type, given.humanTask), given.humanTask, given.deadlineAt, now);

  const { tenant, from, type, traceId } = given;
  const onBehalfOf = given.onBehalfOf === undefined ? undefined : behalfOf(given.onBehalfOf);
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
    ...(onBehalfOf === undefined ? {} : { onBehalfOf }),
    ...(given.delegated ? { delegated: true } : {}),
    ...(given.procedure ? { procedure: true } : {}),
    ...(given.isStep && given.parent !== undefined ? { stepOf: given.parent } : {}),
    ...(given.replyTo === undefined ? {} : { replies: true }),
    ...(given.deadlineAt === undefined ? {} : { deadlineAt: given.deadlineAt }),
  };
  const request = { ...requestOf(given), ...(given.viewHashOf ? { viewHash: given.viewHashOf(intentId) } : {}) };
  const sent =
    given.delegated && !given.humanTask && !given.procedure
      ? firstDelivery(intentId, request, given.deadlineAt, now)
      : undefined;
  const firstRung = sent ? (nextRung(sent.delivery)?.at ?? now) : firstWait(now, request, given.deadlineAt, type);
  const input = runInputOf(head, firstRung);
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
        ...(onBehalfOf === undefined ? {} : { on_behalf_of: person(onBehalfOf) }),
        ...(given.delegated ? { to_agent: request.to } : {}),
        ...(given.procedure ? { scenario_id: given.procedure.scenario, compile_id: compileIdOf(given.procedure) } : {}),
        ...(given.parent === undefined ? {} : { parent_intent_id: given.parent }),
      },
      writes: {
        request,
        ...(sent ? { delivery: sent.delivery } : {}),
        ...(given.procedure ? { procedure: firstProgress(given.procedure) } : {}),
        ...(given.parent === undefined ? {} : { parent: given.parent }),
        ...(given.idempotency ? { idempotency: { ...given.idempotency, answer: { ...accepted } } } : {}),
      },
      owed: [startRow(input, now), ...(sent?.owed ?? [])],
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
  delegated,
  traceId,
  onBehalfOf,
  deadlineAt,
  idempotency,
  viewHashOf,
  intentId,
  isStep,
  ...request
}: Submission): IntentRequest => ({ ...request, payloadHash: hashOf(request.payload) });
