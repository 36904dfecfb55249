import { beforeEach, describe, expect, it } from 'vitest';
import { verifyChain } from '../../core/audit.ts';
import { perform } from '../../core/commit.ts';
import { delegated } from '../../core/delegation.ts';
import type { IntentType } from '../../core/intent-type.ts';
import { answer } from '../../core/rules/answer.ts';
import { awaitAnswer, climbDelivery } from '../../core/rules/await-answer.ts';
import { type Setter, type Setting, setControls } from '../../core/rules/controls.ts';
import { delivered } from '../../core/rules/deliver.ts';
import { freeze } from '../../core/rules/override.ts';
import { submit } from '../../core/rules/submit.ts';
import { wakeOf } from '../../core/rules/wake.ts';
import { memoryStore } from '../../core/testing/memory-store.ts';
import { timelineOf } from '../../core/timeline.ts';
import { controlsIn, policyIn } from '../../functions/api/controls.ts';
import { knownAddress } from '../../wire/addresses.ts';
import * as given from './builders.ts';
import { waitingApproval } from './story.ts';

const packer = `agent://${given.tenant}/packer`;
const ops = `agent://${given.tenant}/ops`;
const type = delegated('parcels.pack.v1') as IntentType;
const day = 86_400;

/** A delegation whose run waits for its answer, on the store in memory. */
async function delegation(waits = true) {
  const store = memoryStore();
  const newId = given.idsInOrder();
  let now = given.start;
  const context = () => given.contextAt(now, newId);
  const { commit } = submit(given.submission({ type, delegated: true, to: packer }), context());
  await store.commit(commit);
  const ref = { tenant: commit.head.tenant, intentId: commit.head.intentId };
  const state = async () => {
    const found = await store.load(ref, { request: true });
    if (!found?.delivery) throw new TypeError('there is one');
    return { ...found, delivery: found.delivery };
  };
  const wait = (rung = 0, waitUntil?: string) =>
    perform(store, ref, {}, context, (one, at) =>
      awaitAnswer(
        one,
        { generation: 1, rung, retry: 0, token: `token-${rung}`, ...(waitUntil ? { waitUntil } : {}) },
        at,
      ),
    );
  if (waits) await wait();
  return {
    store,
    ref,
    state,
    wait,
    pass: (seconds: number) => {
      now = given.later(now, seconds);
    },
    set: (setting: Setting, more: Partial<Setter> = {}) =>
      perform(store, ref, { request: true }, context, (one, at) =>
        setControls(
          one,
          { agent: given.agent, requestId: newId(), reason: '', ...more },
          setting,
          { type, directory: given.directory },
          at,
        ),
      ),
    climb: (waitsBy = 0) =>
      perform(store, ref, {}, context, (one, at) => climbDelivery(one, 1, knownAddress, at, waitsBy)),
    arrive: () =>
      perform(store, ref, {}, context, (one) =>
        delivered(one, { deliveryId: `${ref.intentId}.d1`, to: packer, why: 'assigned', attempt: 1 }, 1, 'x'),
      ),
    answer: (agent: string) =>
      perform(store, ref, {}, context, (one, at) =>
        answer(one, { agent, requestId: newId() }, { do: 'complete', result: {} }, at),
      ),
    freeze: () =>
      perform(store, ref, {}, context, (one, at) =>
        freeze(one, { by: { kind: 'person', id: 'olga', via: 'cli' }, reason: 'wild' }, at),
      ),
    wakes: () => store.outbox(ref).filter(({ kind }) => kind === 'wake'),
    types: async () => (await store.events(ref, 0, 100)).map((event) => event.type),
    async verified(): Promise<void> {
      const { head } = await state();
      const tip = { seq: head.auditSeq, hash: head.auditHash };
      expect(verifyChain(`${ref.tenant}#${ref.intentId}`, store.records(ref), tip).faults).toEqual([]);
    },
  };
}

let told: Awaited<ReturnType<typeof delegation>>;
beforeEach(async () => {
  told = await delegation();
});

const controls = (patch: object): Setting => controlsIn({ controls_patch: patch }).setting;
const policy = (patch: object): Setting => policyIn(patch, given.tenant).setting;
const denied = { name: 'PolicyDenied' };

describe('controls of what was delivered', () => {
  it('make its ladder anew, and its run look again', async () => {
    expect(await told.set(controls({ timeout_seconds: 3600, remind_after_seconds: 600, max_reminders: 2 }))).toEqual({
      policy_generation: 2,
    });
    const { head, delivery, request } = await told.state();
    expect(delivery.ladder.map((rung) => [rung.do, rung.at])).toEqual([
      ['remind', given.later(given.start, 600)],
      ['remind', given.later(given.start, 1200)],
      ['expire', given.later(given.start, 3600)],
    ]);
    expect(head).toMatchObject({ policy: 2, deadlineAt: given.later(given.start, 3600) });
    expect(request).toMatchObject({ remind_after_seconds: 600, max_reminders: 2 });
    const [wake] = told.wakes();
    expect(wakeOf(await told.state(), wake?.body)).toEqual({ do: 'look_again', token: 'token-0' });
    await told.verified();
  });

  it('hold: rungs come at their new times, each once, and nobody is reminded for those that are over', async () => {
    told.pass(700);
    await told.arrive();
    await told.set(controls({ remind_after_seconds: 600, max_reminders: 2, timeout_seconds: 3600 }));
    // 600 s is over; 1,200 is next.
    expect((await told.state()).delivery.rung).toBe(1);
    expect(await told.climb()).toEqual({ next: 'wait', waitUntil: given.later(given.start, 1200), rung: 1 });
    await told.wait(1);
    expect(told.wakes()).toEqual([]);
    told.pass(600);
    await told.climb(1);
    await told.climb(1);
    expect((await told.types()).filter((one) => one === 'intent.reminder')).toHaveLength(1);
    // Set once more, the numbers of rungs begin again, and are not taken for those before.
    await told.set(controls({ remind_after_seconds: 1400, remind_interval_seconds: 100 }));
    told.pass(200);
    await told.climb(2);
    expect((await told.types()).filter((one) => one === 'intent.reminder')).toHaveLength(2);
    told.pass(day);
    await told.climb(3);
    expect((await told.state()).head.status).toBe('TIMED_OUT');
    await told.verified();
  });

  it('of a run that does not wait yet are what it waits by', async () => {
    told = await delegation(false);
    const before = (await told.state()).delivery.ladder[0]?.at ?? '';
    await told.set(controls({ timeout_seconds: 60 }));
    expect(told.wakes()).toEqual([]);
    await told.wait(0, before);
    const [wake] = told.wakes();
    expect(wakeOf(await told.state(), wake?.body)).toEqual({ do: 'look_again', token: 'token-0' });
    await told.wait(1, given.later(given.start, 60));
    expect(told.wakes()).toEqual([]);
  });

  it('set twice before the run has looked owe one look', async () => {
    await told.set(controls({ timeout_seconds: 3600 }));
    await told.set(controls({ timeout_seconds: 1800 }));
    expect(told.wakes()).toHaveLength(1);
  });

  it('say how often it is given out, never less often than it was', async () => {
    await told.set(controls({ max_retry_count: 2 }));
    expect((await told.state()).delivery.maxAttempts).toBe(3);
    expect(told.wakes()).toEqual([]);
  });

  it('note what an agent reports, and nothing else', async () => {
    const before = (await told.state()).delivery;
    await told.set(controls({ last_retry_attempt: 1, next_retry_delay_seconds: 1.5 }));
    expect((await told.state()).delivery).toEqual(before);
    const [event] = (await told.store.events(told.ref, 0, 100)).slice(-1);
    expect(event?.details).toMatchObject({
      state: 'CONTROLS_SET',
      controls: { reported: { last_retry_attempt: 1, next_retry_delay_seconds: 1.5 } },
    });
  });

  it.each([
    ['a deadline that is over', { deadline_at: '2020-01-01T00:00:00Z' }, 'controls_patch.deadline_at'],
    ['two deadlines', { deadline_at: '2099-01-01T00:00:00Z', timeout_seconds: 9 }, 'controls_patch.timeout_seconds'],
  ])('refuse %s', async (_, patch, field) => {
    await expect(told.set(controls(patch))).rejects.toMatchObject({ details: { field } });
  });

  it.each(['cost_cap_usd', 'approvers', 'human_task', 'assignees', 'status'])('refuse %s by its name', (field) => {
    expect(() => controls({ [field]: 1 })).toThrow(
      expect.objectContaining({ details: expect.objectContaining({ field: `controls_patch.${field}` }) }),
    );
  });
});

describe('a generation', () => {
  it('that is stale is a conflict, which says the present one, and changes nothing', async () => {
    await told.set(controls({ timeout_seconds: 600 }), { expected: 1 });
    const before = await told.state();
    await expect(told.set(controls({ timeout_seconds: 60 }), { expected: 1 })).rejects.toMatchObject({
      code: 'stale_generation',
      details: { policy_generation: 2 },
    });
    expect(await told.state()).toEqual(before);
    expect(await told.set(policy({ envelope_patch: { max_reminders: 3 } }), { expected: 2 })).toEqual({
      policy_generation: 3,
    });
  });

  it('of two who change at once counts both, and only one where they expect the same', async () => {
    const both = await Promise.allSettled(
      [60, 61].map((timeout_seconds) => told.set(controls({ timeout_seconds }), { expected: 1 })),
    );
    expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect((await told.state()).head.policy).toBe(2);
  });
});

describe('who may', () => {
  it('is the sender; another one it has let, and only for that', async () => {
    await expect(told.set(controls({ timeout_seconds: 60 }), { agent: packer })).rejects.toMatchObject(denied);
    await told.set(policy({ grants_patch: { [`delegate:${ops}`]: { allow: ['update_controls'] } } }));
    await told.set(controls({ timeout_seconds: 6000 }), { agent: ops });
    await expect(told.set(policy({ envelope_patch: { max_reminders: 3 } }), { agent: ops })).rejects.toMatchObject(
      denied,
    );
    await expect(told.answer(ops)).rejects.toMatchObject(denied);
    await told.set(policy({ grants_patch: { [`delegate:${ops}`]: { allow: [] } } }));
    await expect(told.set(controls({ timeout_seconds: 60 }), { agent: ops })).rejects.toMatchObject(denied);
    expect(await told.set(controls({ timeout_seconds: 60 }), { agent: ops, any: true })).toBeDefined();
  });

  it('may answer as the receiver does, where it was let', async () => {
    await told.set(policy({ grants_patch: { 'delegate:ops': { allow: ['resume'] } } }));
    await told.answer(ops);
    expect((await told.state()).head.status).toBe('COMPLETED');
  });

  it('is nobody once it has ended, or operators have it', async () => {
    await told.freeze();
    await expect(told.set(controls({}))).rejects.toMatchObject({ code: 'intent_frozen' });
    told = await delegation();
    await told.answer(packer);
    await expect(told.set(controls({}))).rejects.toMatchObject({ code: 'intent_terminal' });
  });
});

describe('an envelope', () => {
  it.each([
    ['max_delivery_attempts', { max_retry_count: 2 }, { max_delivery_attempts: 4 }],
    ['max_reminders', { max_reminders: 2 }, { max_reminders: 3 }],
    ['timeout_seconds', { max_timeout_seconds: 60 }, { timeout_seconds: 61 }],
    ['timeout_seconds', { max_timeout_seconds: 60 }, { deadline_at: '2027-11-20T00:00:00Z' }],
  ])('bounds %s', async (field, envelope_patch, patch) => {
    await told.set(policy({ envelope_patch }));
    await expect(told.set(controls(patch))).rejects.toMatchObject({
      ...denied,
      details: { reason: 'envelope', field: `controls_patch.${field}` },
    });
  });

  it('cuts down what is beyond it', async () => {
    await told.set(controls({ max_delivery_attempts: 9, max_reminders: 9, remind_after_seconds: 60 }));
    await told.set(policy({ envelope_patch: { max_delivery_attempts: 4, max_reminders: 2 } }));
    const { delivery } = await told.state();
    expect(delivery.maxAttempts).toBe(4);
    expect(delivery.ladder.filter((rung) => rung.do === 'remind')).toHaveLength(2);
  });

  it.each([
    [{ envelope_patch: { max_cost_usd: 1 } }, 'envelope_patch.max_cost_usd'],
    [{ grants_patch: { 'delegate:ops': { allow: ['approve'] } } }, 'grants_patch.delegate:ops.allow.0'],
    [{ grants_patch: { 'delegate:a b': { allow: [] } } }, 'grants_patch.delegate:a b'],
    [{ envelope_patch: { max_delivery_attempts: 2, max_retry_count: 2 } }, 'envelope_patch.max_retry_count'],
  ])('refuses what nothing honours: %j', (patch, field) => {
    expect(() => policy(patch)).toThrow(expect.objectContaining({ details: expect.objectContaining({ field }) }));
  });
});

describe('controls of what a person is asked', () => {
  const setting = async (patch: object) => {
    const { told: one } = await waitingApproval();
    const before = (await one.state()).task;
    await perform(one.store, one.ref, { request: true }, one.context, (state, at) =>
      setControls(
        state,
        { agent: given.agent, requestId: 'r', reason: 'late' },
        controls(patch),
        { type: given.approvalType, directory: given.directory },
        at,
      ),
    );
    return { one, before, after: (await one.state()).task };
  };

  it('change when, and nothing else of the task: who is asked, how many, what a decision needs, and the hash', async () => {
    const { one, before, after } = await setting({ remind_after_seconds: 60, max_reminders: 3 });
    const { ladder: _, rung: __, looksAgain: ___, ignored: ____, ...left } = after ?? ({} as never);
    const { ladder, rung, looksAgain, ignored, ...was } = before ?? ({} as never);
    expect(left).toEqual(was);
    expect(after?.ladder.filter((one) => one.do === 'remind')).toHaveLength(3);
    const moments = timelineOf(await one.state(), await one.store.events(one.ref, 0, 100));
    expect(moments.at(-1)).toMatchObject({ what: 'set_anew', says: [`By ${given.agent}.`] });
    const wake = one.store.outbox(one.ref).find(({ body }) => body.lookAgain !== undefined);
    expect(wakeOf(await one.state(), wake?.body)).toMatchObject({ do: 'look_again' });
  });

  it('end it sooner without a decision, and not later than its type does', async () => {
    const sooner = await setting({ timeout_seconds: 60 });
    expect(sooner.after?.ladder.at(-1)).toEqual({
      at: (await sooner.one.state()).head.deadlineAt,
      do: 'expire',
      from: 'deadline',
    });
    const later = await setting({ timeout_seconds: 80 * day });
    expect(later.after?.ladder.at(-1)).toEqual(later.before?.ladder.at(-1));
  });
});
