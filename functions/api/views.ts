/** What agents see of an intent: AXP's names, never a link, a token or an approver's mail address. */

import type { Delivery, IntentEvent, IntentRequest, IntentState } from '../../core/model.ts';
import { doneOut, type Progress } from '../../core/procedure.ts';
import { toldOf } from '../../core/rules/consequence.ts';
import { pendingWithReceivers } from '../../core/rules/deliver.ts';
import { pendingWith, pendingWithAgent, progressOf } from '../../core/rules/steps.ts';
import { alwaysNeedsComment } from '../../core/tasks.ts';

export function intentOut({ head, request, task, delivery, procedure, plan, outcome }: IntentState) {
  return {
    intent_id: head.intentId,
    intent_type: head.type,
    status: head.status,
    lifecycle_status: head.status,
    lifecycle_waiting_reason: head.waitingReason ?? null,
    correlation_id: request?.correlationId,
    trace_id: head.traceId,
    from_agent: head.from,
    to_agent: request?.to,
    payload: request?.payload ?? {},
    created_at: head.createdAt,
    updated_at: head.updatedAt,
    ...(request?.replyTo === undefined ? {} : { reply_to: request.replyTo }),
    ...(head.deadlineAt === undefined ? {} : { deadline_at: head.deadlineAt }),
    ...(head.onBehalfOf === undefined ? {} : { on_behalf_of: head.onBehalfOf }),
    ...(plan ? { plan: plan.plan, plan_hash: plan.hash, reasons: plan.fired.map((rule) => rule.reason) } : {}),
    ...(task
      ? {
          due_at: task.answerBy ?? task.ladder.at(-1)?.at,
          human_task: {
            task_id: task.taskId,
            title: task.title,
            description: task.description,
            task_type: task.type,
            status: task.status,
            allowed_outcomes: task.outcomes,
            required_comment: alwaysNeedsComment(task),
            priority: task.priority,
            ...(task.rounds > 1 ? { revision: task.revision, rounds: task.rounds } : {}),
            ...(task.asks ? { form_schema: task.asks } : {}),
            assignees: task.approvers.map((a) => a.id),
            progress: progressOf(task),
            ignored_assignees: task.ignored,
            ...(task.status === 'returned' && task.decision ? { decision: toldOf(task.decision) } : {}),
          },
        }
      : {}),
    ...(request?.parent === undefined ? {} : { parent_intent_id: request.parent }),
    ...(delivery && !task ? deliveryOut(delivery, outcome !== undefined || head.frozen === true) : {}),
    ...(procedure ? procedureOut(procedure, request, outcome !== undefined || head.frozen === true) : {}),
    ...(task?.status === 'open' ? { pending_with: pendingWith(task) } : {}),
    ...(task?.status === 'returned' && !outcome ? { pending_with: pendingWithAgent(head) } : {}),
    ...outcome,
  };
}

/** Of what an agent is to answer. */
const deliveryOut = (delivery: Delivery, over: boolean) => ({
  due_at: delivery.ladder.at(-1)?.at,
  delivery_attempt: delivery.attempt,
  max_delivery_attempts: delivery.maxAttempts,
  ...(delivery.claim && !over
    ? { claim: { claimant: delivery.claim.claimant, claimed_until: delivery.claim.until } }
    : {}),
  ...(over ? {} : { pending_with: pendingWithReceivers(delivery) }),
});

/** How far a procedure is. */
function procedureOut(procedure: Progress, request: IntentRequest | undefined, over: boolean) {
  const { now } = procedure;
  const agent =
    now?.part === undefined ? undefined : request?.procedure?.steps.find(({ id }) => id === now.step)?.agent;
  const waits = agent !== undefined && now?.ended === undefined && !over;
  return {
    procedure: {
      scenario_id: procedure.scenario,
      compile_id: procedure.compileId,
      ...(now
        ? { step_id: now.step, attempt: now.attempt, ...(now.part === undefined ? {} : { child_intent_id: now.part }) }
        : {}),
      steps: doneOut(procedure),
    },
    ...(waits ? { pending_with: { type: 'agent' as const, ref: agent, name: agent } } : {}),
  };
}

export function eventOut(intentId: string, event: IntentEvent) {
  const { seq, type, status, at, actor, waitingReason, details, pendingWith, humanTask, data } = event;
  return {
    intent_id: intentId,
    seq,
    event_type: type,
    status,
    at,
    actor,
    details,
    ...(waitingReason === undefined ? {} : { waiting_reason: waitingReason }),
    ...(pendingWith === undefined ? {} : { pending_with: pendingWith }),
    ...(humanTask === undefined ? {} : { human_task: humanTask }),
    ...(data === undefined ? {} : { data }),
  };
}
