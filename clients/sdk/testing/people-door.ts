/** What people ask and decide, over the store in memory. */

import type { z } from 'zod';
import { placeOf } from '../../../adapters/rows.ts';
import type { AskedDone, AskedOpen } from '../../../core/asked.ts';
import { type Change, type Done, perform } from '../../../core/commit.ts';
import { NotFound, Unauthorized } from '../../../core/errors.ts';
import { type NewEntry, putInto } from '../../../core/mailbox.ts';
import type { IntentRef, IntentState, Task } from '../../../core/model.ts';
import type { Context } from '../../../core/ports.ts';
import { isStepTask } from '../../../core/procedure.ts';
import { comment } from '../../../core/rules/comment.ts';
import { reassign, takeOver } from '../../../core/rules/delegate.ts';
import { isAsked, partOf, seesAll } from '../../../core/rules/part.ts';
import { voteOf } from '../../../core/rules/steps.ts';
import { fencingName } from '../../../functions/api/fencing.ts';
import { answerThread, isAgents } from '../../../functions/tasks/answer-thread.ts';
import { type Caller, type Person, personOf } from '../../../functions/tasks/caller.ts';
import { decideAs, decideByAxp, type Given, type Made, type Asked as Meant } from '../../../functions/tasks/decide.ts';
import { personOut } from '../../../functions/tasks/directory.ts';
import { calledBack, notItsOwn } from '../../../functions/tasks/own.ts';
import { threadShown } from '../../../functions/tasks/thread.ts';
import { axpTaskOut, shownComment, taskOut } from '../../../functions/tasks/views.ts';
import { ownerOf } from '../../../wire/addresses.ts';
import { threadQuery } from '../../../wire/inbox.ts';
import { intentId } from '../../../wire/intents.ts';
import * as wire from '../../../wire/tasks.ts';
import { type Doors, noFiles } from './agents-door.ts';
import type { House } from './house.ts';
import type { Keys } from './keys.ts';
import { type Answered, type Asked, as } from './request.ts';

type WithTask = IntentState & { task: Task };

type Signed = { by: 'person'; id: string; via: string };

/** AXP's list has no cursor. */
const mostTasks = 100;

interface Who {
  caller: Caller;
  person: Person;
}

const sentBy = ({ body, headers }: Asked, endpoint: string) => ({
  endpoint,
  idempotencyKey: headers.get('idempotency-key') ?? undefined,
  body,
});

export function peoplesDoor(house: House, keys: Keys): Doors {
  const { store, context, directory } = house;

  function whoIn({ headers }: Asked): Who {
    const caller = keys.callerOf(headers);
    return { caller, person: personOf(caller) };
  }

  const ports = { store, context, typeOf: house.typeOf, files: noFiles };

  const decided = ({ caller, person }: Who, meant: Meant, given: Given) =>
    decideAs(ports, directory, caller, person, meant, given);

  /** By a door of AXP's. */
  const decidedByAxp = <A extends object = Made>(
    asked: Asked,
    { caller, person }: Who,
    meant: Meant,
    given: Given,
    endpoint: string,
    show?: (made: Made) => Promise<A>,
  ) => decideByAxp(ports, directory, caller, person, meant, given, sentBy(asked, endpoint), show);

  const put = async (tenant: string, entry: NewEntry) =>
    void (await putInto(house.mailboxes, { tenant, address: entry.to }, entry));

  function refOfIntent({ id }: Asked, { key }: Caller): IntentRef {
    if (!key)
      throw new Unauthorized(
        'missing_platform_api_key',
        'Send a key as x-api-key: its tenant says which intent is meant.',
      );
    if (!intentId.safeParse(id).success) throw new NotFound('intent');
    return { tenant: key.tenant, intentId: id };
  }

  /** Only with a key, in its tenant; by a session alone where it says so, or where this person is asked or has decided. */
  function refOfTask({ id, query }: Asked, { key, person }: Caller): IntentRef {
    if (!wire.taskId.safeParse(id).success) throw new NotFound('task');
    const { tenant = key?.tenant } = as(wire.taskQuery, query);
    if (key && tenant !== key.tenant) throw new NotFound('task');
    const mine = house.asked().find((row) => row.is !== 'over' && row.taskId === id && row.personId === person?.id);
    const where = tenant ?? mine?.tenant;
    if (where === undefined) throw new NotFound('task');
    return { tenant: where, intentId: id.slice(0, id.lastIndexOf('.')) };
  }

  /** The state with this task as its present one. Throws NotFound. */
  async function withTask(ref: IntentRef, taskId: string): Promise<WithTask> {
    const state = await store.load(ref, { request: true, ...(isStepTask(taskId) ? { taskId } : {}) });
    if (state?.task?.taskId !== taskId) throw new NotFound('task');
    return state as WithTask;
  }

  const mayBeAsked = (state: WithTask, person: Person, is: 'open' | 'done'): boolean => {
    const own = voteOf(state.task, person.id);
    if (is === 'done') return own !== undefined;
    const found = directory.find(person.id);
    return !own && state.task.status === 'open' && found !== undefined && isAsked(state, found, directory);
  };

  /** One page of a person's tasks, in a deployment's order: in the key's tenant where there is a key, else in all. */
  async function tasksOf({ caller, person }: Who, is: 'open' | 'done', limit: number, cursor?: string) {
    const rows = house
      .asked()
      .filter((row) => row.is === is && row.personId === person.id)
      .filter(({ tenant }) => !caller.key || tenant === caller.key.tenant)
      .map((row) => ({ ...row, place: placeOf(row as AskedOpen | AskedDone) }))
      .sort((a, b) => Number(a.place > b.place) - Number(a.place < b.place));
    if (is === 'done') rows.reverse();
    const rest = rows.slice(rows.findIndex(({ taskId }) => taskId === cursor) + 1);
    const page = rest.slice(0, limit);
    const states = await Promise.all(page.map((row) => withTask(row, row.taskId).catch(() => undefined)));
    const tasks = states.filter((state) => state !== undefined).filter((state) => mayBeAsked(state, person, is));
    return { tasks, cursor: rest.length > limit ? (page.at(-1)?.taskId ?? null) : null };
  }

  const out = (state: WithTask) => taskOut(state, { type: house.typeOf(state.head), directory }, house.clock.iso());

  /** Only of the task that is named: an intent may ask anew. */
  async function changed<R extends object>(
    asked: Asked,
    caller: Caller,
    rule: (state: IntentState | undefined, now: Context) => Change<R> | Done<R>,
  ): Promise<Answered> {
    const ref = refOfTask(asked, caller);
    const done = await perform(store, ref, { request: true }, context, (state, now) =>
      rule(state?.task?.taskId === asked.id ? state : undefined, now),
    );
    return { body: { ok: true, task_id: asked.id, ...done } };
  }

  /** By a person; never by the key of the agent that asked. */
  const moving =
    <Body extends z.ZodType, R extends object>(
      shape: Body,
      rule: (state: IntentState | undefined, body: z.infer<Body>, by: Signed, now: Context) => Change<R> | Done<R>,
    ) =>
    async (asked: Asked) => {
      const { caller, person } = whoIn(asked);
      const body = as(shape, asked.body);
      return changed(asked, caller, (state, now) => {
        notItsOwn(state, caller);
        return rule(state, body, { by: 'person', id: person.id, via: person.via }, now);
      });
    };

  const handing = moving(wire.handOver, (state, { to, note = '' }, by, now) =>
    reassign(state, by, { to, note }, directory, now),
  );

  /** By a person, where people are asked; what was delivered to an agent that agent answers itself. */
  const threadDecision = (side: 'for' | 'against') => async (asked: Asked) => {
    const caller = keys.callerOf(asked.headers);
    const { comment, plan_hash: planHash } = as(wire.decideThread, asked.body);
    const ref = refOfIntent(asked, caller);
    const { owner_agent: query } = as(threadQuery, asked.query);
    const owner = ownerOf({ query, header: asked.headers.get('x-owner-agent') }, ref.tenant);
    const endpoint = `POST /v1/inbox/${ref.intentId}/${side === 'for' ? 'approve' : 'reject'}`;
    const given = { side, comment };
    const fenced = { ...sentBy(asked, endpoint), fencingToken: asked.headers.get(fencingName) ?? undefined };
    const show = async () => ({ thread: await threadShown(store, ref, owner) });
    const answer =
      caller.key && isAgents(await store.load(ref, { request: true }))
        ? await answerThread({ store, context, put }, ref, caller.key, owner ?? caller.key.agent, given, fenced, show)
        : await decidedByAxp(asked, { caller, person: personOf(caller) }, { ref, planHash }, given, endpoint, show);
    return { body: { ok: true, ...answer } };
  };

  return {
    listMyTasks: async (asked) => ({
      body: { ok: true, tasks: (await tasksOf(whoIn(asked), 'open', mostTasks)).tasks.map(axpTaskOut) },
    }),
    listTasks: async (asked) => {
      const who = whoIn(asked);
      const { status, limit, cursor: after } = as(wire.tasksQuery, asked.query);
      const { tasks, cursor } = await tasksOf(who, status, limit, after);
      return { body: { ok: true, tasks: tasks.map(out), next_cursor: cursor } };
    },
    getTask: async (asked) => {
      const { caller, person } = whoIn(asked);
      const state = await withTask(refOfTask(asked, caller), asked.id);
      const part = partOf(state, person, house.typeOf(state.head), directory, context());
      if (!part || !seesAll(part)) throw new NotFound('task');
      return { body: { ok: true, task: out(state) } };
    },
    decideTask: async (asked) => {
      const who = whoIn(asked);
      const { plan_hash: planHash, ...result } = as(wire.decideTask, asked.body);
      const ref = refOfTask(asked, who.caller);
      const { fresh, decision, status, waitsFor } = await decided(who, { ref, taskId: asked.id, planHash }, { result });
      const { by, via, linkHash: _, ...rest } = decision;
      return {
        body: {
          ok: true,
          fresh,
          intent_id: ref.intentId,
          task_id: asked.id,
          status,
          waits_for: waitsFor === '' ? null : waitsFor,
          decision: { ...rest, decided_by: by.id, ...(by.id === who.person.id ? { via } : {}) },
        },
      };
    },
    delegateTask: handing,
    reassignTask: handing,
    takeOverTask: moving(wire.withNote, (state, { note = '' }, by, now) => takeOver(state, by, note, directory, now)),
    commentTask: moving(wire.commentTask, (state, { comment: words }, by, now) =>
      comment(state, by, words, directory, now),
    ),
    recallTask: async (asked) => {
      const caller = keys.callerOf(asked.headers);
      const { note = '' } = as(wire.withNote, asked.body);
      return changed(asked, caller, (state, now) => calledBack(state, caller, note, directory, now));
    },
    decideApproval: async (asked) => {
      const who = whoIn(asked);
      const { decision, comment, plan_hash: planHash } = as(wire.decideApproval, asked.body);
      const taskId = wire.taskId.safeParse(asked.id).success ? asked.id : undefined;
      const ref = taskId === undefined ? refOfIntent(asked, who.caller) : refOfTask(asked, who.caller);
      const side = decision === 'approve' ? 'for' : 'against';
      const endpoint = `POST /v1/approvals/${asked.id}/decision`;
      const made = await decidedByAxp(asked, who, { ref, taskId, planHash }, { side, comment }, endpoint);
      const { isFor, at, comment: words = comment ?? '' } = made;
      return {
        body: {
          ok: true,
          approval: {
            approval_id: ref.intentId,
            decision: isFor ? 'approve' : 'reject',
            comment: shownComment(words),
            decided_at: at,
          },
        },
      };
    },
    approveThread: threadDecision('for'),
    rejectThread: threadDecision('against'),
    listPeople: async (asked) => {
      const caller = keys.callerOf(asked.headers);
      const { role } = as(wire.peopleQuery, asked.query);
      const people = role === undefined ? directory.everybody : directory.withRole(role);
      return { body: { ok: true, people: people.map((one) => personOut(one, caller.person !== undefined)) } };
    },
    getPerson: async (asked) => {
      const caller = keys.callerOf(asked.headers);
      const person = directory.everybody.find(({ id }) => id === asked.id);
      if (!person) throw new NotFound('person');
      return { body: { ok: true, person: personOut(person, caller.person !== undefined) } };
    },
  };
}
