/** What people ask and decide, over the store in memory. */

import { type Change, type Done, perform } from '../../../core/commit.ts';
import { NotFound, Unauthorized } from '../../../core/errors.ts';
import type { IntentRef, IntentState, Task } from '../../../core/model.ts';
import type { Context } from '../../../core/ports.ts';
import { comment } from '../../../core/rules/comment.ts';
import { reassign, takeOver } from '../../../core/rules/delegate.ts';
import { isAsked, partOf, seesAll } from '../../../core/rules/part.ts';
import { type Caller, type Person, personOf } from '../../../functions/tasks/caller.ts';
import { decideAs, decideByAxp, type Given, type Asked as Meant } from '../../../functions/tasks/decide.ts';
import { personOut } from '../../../functions/tasks/directory.ts';
import { calledBack, notItsOwn } from '../../../functions/tasks/own.ts';
import { threadOut } from '../../../functions/tasks/thread.ts';
import { axpTaskOut, taskOut } from '../../../functions/tasks/views.ts';
import { intentId } from '../../../wire/intents.ts';
import * as wire from '../../../wire/tasks.ts';
import { type Doors, noFiles } from './agents-door.ts';
import type { House } from './house.ts';
import type { Keys } from './keys.ts';
import { type Asked, as } from './request.ts';

type WithTask = IntentState & { task: Task };

interface Who {
  caller: Caller;
  person: Person;
}

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
  const decidedByAxp = (
    { body, headers }: Asked,
    { caller, person }: Who,
    meant: Meant,
    given: Given,
    endpoint: string,
  ) =>
    decideByAxp(ports, directory, caller, person, meant, given, {
      endpoint,
      idempotencyKey: headers.get('idempotency-key') ?? undefined,
      body,
    });

  function refOfIntent({ id }: Asked, { key }: Caller): IntentRef {
    if (!key)
      throw new Unauthorized(
        'missing_platform_api_key',
        'Send a key as x-api-key: its tenant says which intent is meant.',
      );
    if (!intentId.safeParse(id).success) throw new NotFound('intent');
    return { tenant: key.tenant, intentId: id };
  }

  function refOfTask({ id, query }: Asked, { key }: Caller): IntentRef {
    if (!wire.taskId.safeParse(id).success) throw new NotFound('task');
    const { tenant = key?.tenant } = as(wire.taskQuery, query);
    const known = house.refs.find((ref) => ref.intentId === id.slice(0, id.lastIndexOf('.')));
    if (!known || (tenant !== undefined && known.tenant !== tenant)) throw new NotFound('task');
    return known;
  }

  /** A person's tasks: in the key's tenant where there is a key, else in all. */
  async function tasksOf({ caller, person }: Who, is: 'open' | 'done'): Promise<WithTask[]> {
    const rows = house
      .asked()
      .filter((row) => row.is === is && row.personId === person.id)
      .filter(({ tenant }) => !caller.key || tenant === caller.key.tenant);
    const found = directory.find(person.id);
    const states = await Promise.all(
      rows.map(async ({ taskId, ...ref }) => {
        const state = await store.load(ref, { request: true });
        return state?.task?.taskId === taskId ? (state as WithTask) : undefined;
      }),
    );
    return states
      .filter((state) => state !== undefined)
      .filter(
        (state) =>
          is === 'done' || (found !== undefined && state.task.status === 'open' && isAsked(state, found, directory)),
      );
  }

  const out = (state: WithTask) => taskOut(state, { type: house.typeOf(state.head), directory }, house.clock.iso());

  /** Somebody does something to a task. */
  const moving =
    <R extends object>(
      rule: (state: IntentState | undefined, asked: Asked, caller: Caller, now: Context) => Change<R> | Done<R>,
    ) =>
    async (asked: Asked) => {
      const caller = keys.callerOf(asked.headers);
      const ref = refOfTask(asked, caller);
      const done = await perform(store, ref, { request: true }, context, (state, now) =>
        rule(state?.task?.taskId === asked.id ? state : undefined, asked, caller, now),
      );
      return { body: { ok: true, task_id: asked.id, ...done } };
    };

  const signed = (caller: Caller) => {
    const { id, via } = personOf(caller);
    return { by: 'person', id, via } as const;
  };

  const handing = moving((state, { body }, caller, now) => {
    const { to, note = '' } = as(wire.handOver, body);
    const by = signed(caller);
    notItsOwn(state, caller);
    return reassign(state, by, { to, note }, directory, now);
  });

  const threadDecision = (side: 'for' | 'against') => async (asked: Asked) => {
    const who = whoIn(asked);
    const { comment, plan_hash: planHash } = as(wire.decideThread, asked.body);
    const ref = refOfIntent(asked, who.caller);
    const endpoint = `POST /v1/inbox/${ref.intentId}/${side === 'for' ? 'approve' : 'reject'}`;
    await decidedByAxp(asked, who, { ref, planHash }, { side, comment }, endpoint);
    const [state, events] = await Promise.all([store.load(ref, { request: true }), store.events(ref, 0, 1000)]);
    if (!state) throw new NotFound('intent');
    return { body: { ok: true, thread: threadOut(state, events) } };
  };

  return {
    listMyTasks: async (asked) => ({
      body: { ok: true, tasks: (await tasksOf(whoIn(asked), 'open')).map(axpTaskOut) },
    }),
    listTasks: async (asked) => {
      const { status } = as(wire.tasksQuery, asked.query);
      return { body: { ok: true, tasks: (await tasksOf(whoIn(asked), status)).map(out), next_cursor: null } };
    },
    getTask: async (asked) => {
      const { caller, person } = whoIn(asked);
      const state = await store.load(refOfTask(asked, caller), { request: true });
      if (state?.task?.taskId !== asked.id) throw new NotFound('task');
      const part = partOf(state as WithTask, person, house.typeOf(state.head), directory, context());
      if (!part || !seesAll(part)) throw new NotFound('task');
      return { body: { ok: true, task: out(state as WithTask) } };
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
    takeOverTask: moving((state, { body }, caller, now) => {
      const { note = '' } = as(wire.withNote, body);
      const by = signed(caller);
      notItsOwn(state, caller);
      return takeOver(state, by, note, directory, now);
    }),
    commentTask: moving((state, { body }, caller, now) => {
      const { comment: words } = as(wire.commentTask, body);
      notItsOwn(state, caller);
      return comment(state, personOf(caller), words, directory, now);
    }),
    recallTask: moving((state, { body }, caller, now) =>
      calledBack(state, caller, as(wire.withNote, body).note ?? '', directory, now),
    ),
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
            comment: words === '' ? null : words,
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
