/** People's door by API: their tasks, and decisions in AXP's words and ours. */

import type { ApiKey } from '../../adapters/keys.ts';
import { context } from '../../adapters/lambda/context.ts';
import {
  bodyAs,
  type HttpEvent,
  type HttpResult,
  headerOf,
  httpHandler,
  json,
  jsonOf,
  queryAs,
} from '../../adapters/lambda/http.ts';
import { ownerIn } from '../../adapters/lambda/owner.ts';
import { NotFound, Unauthorized } from '../../core/errors.ts';
import type { IntentState, Task } from '../../core/model.ts';
import { partOf, seesAll } from '../../core/rules/part.ts';
import { typeOfIntent } from '../../intents/index.ts';
import { threadQuery } from '../../wire/inbox.ts';
import { intentId } from '../../wire/intents.ts';
import { decideApproval, decideTask, decideThread, taskId, tasksQuery } from '../../wire/tasks.ts';
import { fencingName } from '../api/fencing.ts';
import { answerThread, isAgents } from './answer-thread.ts';
import { type Call, taskIdOf, tenantIn } from './call.ts';
import { type Caller, callerOf, personOf } from './caller.ts';
import { type Asked, decideAs, decideByAxp, type Given, type Made } from './decide.ts';
import { listPeople, showPerson } from './directory.ts';
import { callBack, handOn, remark, take } from './hands.ts';
import { delegate, deleteLines, listChanges, listThreads, replyTo, showThread } from './inbox.ts';
import { listTasks, refOfTask, withTask } from './lists.ts';
import { put } from './mailbox.ts';
import { client, count, files, people, store, tables } from './ports.ts';
import { threadShown } from './thread.ts';
import { axpTaskOut, shownComment, taskOut } from './views.ts';

/** A door for people: who it is that calls is known before anything else. */
const forPeople = (answer: (call: Call) => Promise<HttpResult>) =>
  forCallers((call) => answer({ ...call, person: personOf(call.caller) }));

/** A door that agents may open too. */
function forCallers(answer: (call: Omit<Call, 'person'>) => Promise<HttpResult>) {
  return async (event: HttpEvent): Promise<HttpResult> => {
    const directory = await people();
    const caller = await callerOf(event, { client, tables, directory, now: context().now, count });
    return answer({ event, caller, directory });
  };
}

const ports = { store, context, typeOf: typeOfIntent, files };

const decided = ({ caller, person, directory }: Call, asked: Asked, given: Given) =>
  decideAs(ports, directory, caller, person, asked, given);

/** By a door of AXP's. */
const decidedByAxp = <A extends object = Made>(
  { event, caller, person, directory }: Call,
  asked: Asked,
  given: Given,
  endpoint: string,
  show?: (made: Made) => Promise<A>,
) => {
  const sent = { endpoint, idempotencyKey: headerOf(event, 'idempotency-key'), body: jsonOf(event) };
  return decideByAxp(ports, directory, caller, person, asked, given, sent, show);
};

/** An intent's id; only with a key, whose tenant says where. */
function intentOf({ pathParameters }: HttpEvent, { key }: Caller) {
  if (!key)
    throw new Unauthorized(
      'missing_platform_api_key',
      'Send a key as x-api-key: its tenant says which intent is meant.',
    );
  const id = intentId.safeParse(pathParameters?.id);
  if (!id.success) throw new NotFound('intent');
  return { tenant: key.tenant, intentId: id.data };
}

/** Shown to whoever may decide it or has, and to whom else a move of it is. Throws NotFound to everybody else. */
function concerned<S extends IntentState & { task: Task }>(state: S, { person, directory }: Call): S {
  const part = partOf(state, person, typeOfIntent(state.head), directory, context());
  if (part && seesAll(part)) return state;
  throw new NotFound('task');
}

const decideOne = forPeople(async (call) => {
  const { plan_hash: planHash, ...result } = bodyAs(decideTask, call.event);
  const id = taskIdOf(call.event);
  const ref = await refOfTask(call.caller, id, tenantIn(call.event));
  const { fresh, decision, status, waitsFor } = await decided(call, { ref, taskId: id, planHash }, { result });
  const { by, via, linkHash: _, ...rest } = decision;
  return json(200, {
    ok: true,
    fresh,
    intent_id: ref.intentId,
    task_id: id,
    status,
    waits_for: waitsFor === '' ? null : waitsFor,
    decision: { ...rest, decided_by: by.id, ...(by.id === call.person.id ? { via } : {}) },
  });
});

const approvalDecision = forPeople(async (call) => {
  const { decision, comment, plan_hash: planHash } = bodyAs(decideApproval, call.event);
  const given = call.event.pathParameters?.id ?? '';
  const asTask = taskId.safeParse(given).success ? given : undefined;
  const ref = asTask ? await refOfTask(call.caller, asTask, tenantIn(call.event)) : intentOf(call.event, call.caller);
  const side = decision === 'approve' ? 'for' : 'against';
  const meant = { ref, taskId: asTask, planHash };
  const made = await decidedByAxp(call, meant, { side, comment }, `POST /v1/approvals/${given}/decision`);
  const { isFor, at, comment: words = comment ?? '' } = made;
  return json(200, {
    ok: true,
    approval: {
      approval_id: ref.intentId,
      decision: isFor ? 'approve' : 'reject',
      comment: shownComment(words),
      decided_at: at,
    },
  });
});

/** By a person, where people are asked; what was delivered to an agent that agent answers itself. */
const threadDecision = (side: 'for' | 'against') =>
  forCallers(async (call) => {
    const { comment, plan_hash: planHash } = bodyAs(decideThread, call.event);
    const ref = intentOf(call.event, call.caller);
    queryAs(threadQuery, call.event);
    const owner = ownerIn(call.event, ref.tenant);
    const key = call.caller.key as ApiKey;
    const before = await store.load(ref, { request: true });
    const endpoint = `POST /v1/inbox/${ref.intentId}/${side === 'for' ? 'approve' : 'reject'}`;
    const given = { side, comment };
    const sent = { endpoint, idempotencyKey: headerOf(call.event, 'idempotency-key'), body: jsonOf(call.event) };
    const fenced = { ...sent, fencingToken: headerOf(call.event, fencingName) };
    const show = async () => ({ thread: await threadShown(store, ref, owner) });
    const answer = isAgents(before)
      ? await answerThread({ store, context, put }, ref, key, owner ?? key.agent, given, fenced, show)
      : await decidedByAxp({ ...call, person: personOf(call.caller) }, { ref, planHash }, given, endpoint, show);
    return json(200, { ok: true, ...answer });
  });

/** A task as it is shown now. */
const out = (state: IntentState & { task: Task }, { directory }: Call) =>
  taskOut(state, { type: typeOfIntent(state.head), directory }, context().now);

const list = forPeople(async (call) => {
  const { event, caller, person } = call;
  const { status, limit, cursor } = queryAs(tasksQuery, event);
  const page = await listTasks(caller, person, call.directory, { is: status, limit, cursor });
  return json(200, { ok: true, tasks: page.tasks.map((one) => out(one, call)), next_cursor: page.cursor ?? null });
});

/** AXP's list has no cursor: the most urgent come first. */
const mostTasks = 100;

const mine = forPeople(async ({ caller, person, directory }) => {
  const { tasks } = await listTasks(caller, person, directory, { is: 'open', limit: mostTasks, cursor: undefined });
  return json(200, { ok: true, tasks: tasks.map(axpTaskOut) });
});

const one = forPeople(async (call) => {
  const { event, caller } = call;
  const id = taskIdOf(event);
  const state = concerned(await withTask(await refOfTask(caller, id, tenantIn(event)), id), call);
  return json(200, { ok: true, task: out(state, call) });
});

export const handler = httpHandler([
  { method: 'GET', path: '/v1/me/tasks', handler: mine },
  { method: 'GET', path: '/v1/tasks', handler: list },
  { method: 'GET', path: '/v1/tasks/{id}', handler: one },
  { method: 'POST', path: '/v1/tasks/{id}/decision', handler: decideOne },
  { method: 'POST', path: '/v1/tasks/{id}/delegate', handler: forPeople(handOn) },
  { method: 'POST', path: '/v1/tasks/{id}/reassign', handler: forPeople(handOn) },
  { method: 'POST', path: '/v1/tasks/{id}/take-over', handler: forPeople(take) },
  { method: 'POST', path: '/v1/tasks/{id}/comment', handler: forPeople(remark) },
  { method: 'POST', path: '/v1/tasks/{id}/recall', handler: forCallers(callBack) },
  { method: 'POST', path: '/v1/approvals/{id}/decision', handler: approvalDecision },
  { method: 'GET', path: '/v1/inbox', handler: listThreads },
  { method: 'GET', path: '/v1/inbox/changes', handler: listChanges },
  { method: 'GET', path: '/v1/inbox/{id}', handler: showThread },
  { method: 'POST', path: '/v1/inbox/{id}/reply', handler: replyTo },
  { method: 'POST', path: '/v1/inbox/{id}/delegate', handler: delegate },
  { method: 'POST', path: '/v1/inbox/{id}/messages/delete', handler: deleteLines },
  { method: 'POST', path: '/v1/inbox/{id}/approve', handler: threadDecision('for') },
  { method: 'POST', path: '/v1/inbox/{id}/reject', handler: threadDecision('against') },
  { method: 'GET', path: '/v1/directory/people', handler: forCallers(listPeople) },
  { method: 'GET', path: '/v1/directory/people/{id}', handler: forCallers(showPerson) },
]);
