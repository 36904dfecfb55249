import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { verifyChain } from '../../core/audit.ts';
import { perform } from '../../core/commit.ts';
import { delegated, machineOf, pauseMs } from '../../core/delegation.ts';
import { Conflict, PolicyDenied } from '../../core/errors.ts';
import type { IntentType } from '../../core/intent-type.ts';
import { isTerminal } from '../../core/lifecycle.ts';
import type { IntentRef } from '../../core/model.ts';
import { type AgentAnswer, type Answering, answer } from '../../core/rules/answer.ts';
import { awaitAnswer, climbDelivery } from '../../core/rules/await-answer.ts';
import { cancel } from '../../core/rules/cancel.ts';
import { claim } from '../../core/rules/claim.ts';
import { leaseOver, release } from '../../core/rules/claim-end.ts';
import { type DeliveryOrder, delivered, type LeaseOrder } from '../../core/rules/deliver.ts';
import { nextGeneration } from '../../core/rules/generation.ts';
import { freeze } from '../../core/rules/override.ts';
import { type Submission, submit } from '../../core/rules/submit.ts';
import { wakeOf } from '../../core/rules/wake.ts';
import { memoryStore } from '../../core/testing/memory-store.ts';
import { knownAddress } from '../../wire/addresses.ts';
import { runs } from '../properties.ts';
import * as given from './builders.ts';

const receiver = 'agent://acme/shop/packer';
const type = delegated('parcels.pack.v1') as IntentType;

/** A delegation on the store in memory: what each door and function does to it. */
async function delegation(asked: Partial<Submission> = {}) {
  const store = memoryStore();
  const newId = given.idsInOrder();
  let now = given.start;
  const context = () => ({ now, newId });
  const put = async (more: Partial<Submission>): Promise<IntentRef> => {
    const { commit } = submit(given.submission({ type, delegated: true, to: receiver, ...more }), context());
    const done = await store.commit(commit);
    if (!done.ok) throw new Conflict(done.because, 'not taken');
    return { tenant: commit.head.tenant, intentId: commit.head.intentId };
  };
  const ref = await put(asked);
  const by = (more: Partial<Answering> = {}): Answering => ({ agent: receiver, requestId: newId(), ...more });
  const state = async (of = ref) => {
    const found = await store.load(of, { request: true });
    if (!found) throw new TypeError('there is one');
    return found;
  };
  return {
    store,
    ref,
    put,
    state,
    by,
    pass: (seconds: number) => {
      now = given.later(now, seconds);
    },
    goTo: (iso: string) => {
      now = iso;
    },
    now: () => now,
    owed: (kind: string) => store.outbox(ref).filter((row) => row.kind === kind),
    /** Every entry that is owed by now is in its mailbox. */
    async deliver(): Promise<string[]> {
      const due = store
        .outbox(ref)
        .filter(({ kind, body }) => kind === 'deliver' && !body.lease && String(body.notBefore ?? now) <= now);
      for (const row of due) {
        const order = row.body as unknown as DeliveryOrder;
        await perform(store, ref, {}, context, (one) => delivered(one, order, 1, row.key));
        await store.settle(ref, row.key);
      }
      return due.map(({ body }) => String(body.why));
    },
    wait: (order: { generation?: number; rung?: number; token?: string } = {}) =>
      perform(store, ref, {}, context, (one, at) =>
        awaitAnswer(one, { generation: 1, rung: 0, retry: 0, token: 'token-1', ...order }, at),
      ),
    climb: (generation = 1) =>
      perform(store, ref, {}, context, (one, at) => climbDelivery(one, generation, knownAddress, at)),
    answer: (said: AgentAnswer, more: Partial<Answering> = {}) =>
      perform(store, ref, {}, context, (one, at) => answer(one, by(more), said, at)),
    claim: (claimant: string, leaseSeconds = 60, more: Partial<Answering> = {}) =>
      perform(store, ref, {}, context, (one, at) => claim(one, by(more), { claimant, leaseSeconds }, at)),
    release: (fencingToken: number | undefined, more: { reason?: string } & Partial<Answering> = {}) => {
      const { reason, ...rest } = more;
      const who = by({ ...(fencingToken === undefined ? {} : { fencingToken }), ...rest });
      return perform(store, ref, {}, context, (one, at) => release(one, who, reason, at));
    },
    /** Looks at every lease that the outbox watches. */
    async watch(): Promise<void> {
      for (const row of store.outbox(ref).filter(({ body }) => body.lease))
        await perform(store, ref, {}, context, (one, at) => leaseOver(one, row.body as unknown as LeaseOrder, at));
    },
    cancel: (address = given.agent, of = ref) =>
      perform(store, of, {}, context, (one, at) =>
        cancel(one, { by: 'agent', address, requestId: newId(), reason: 'not needed' }, at),
      ),
    cancelPart: (of: IntentRef) =>
      perform(store, of, {}, context, (one, at) => cancel(one, { by: 'parent', intentId: ref.intentId }, at)),
    restart: () => perform(store, ref, {}, context, (one, at) => nextGeneration(one, at, 1)),
    freeze: () =>
      perform(store, ref, {}, context, (one, at) =>
        freeze(one, { by: { kind: 'person', id: 'olga', via: 'cli' }, reason: 'wild' }, at),
      ),
    types: async (of = ref) => (await store.events(of, 0, 1000)).map((event) => event.type),
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

const done: AgentAnswer = { do: 'complete', result: { packed: true } };

describe('the name of a type', () => {
  it.each(['parcels.pack.v1', 'task.v1', 'intent.a_b.c.v12'])('%s is one', (name) => {
    expect(delegated(name)?.type).toBe(name);
  });
  it.each(['parcels', 'Parcels.pack.v1', 'parcels.pack', 'a..v1', '.v1', 'a.v', `${'a'.repeat(64)}.v1`])(
    '%s is none',
    (name) => {
      expect(delegated(name)).toBeUndefined();
    },
  );
  it('makes a title that people can read', () => {
    expect(delegated('intent.ship_parcel.v1')?.title).toBe('Ship parcel');
  });
});

describe('a delegation', () => {
  it('is owed to its receiver from the commit that takes it in, and delivered once it is in the mailbox', async () => {
    expect(told.owed('deliver').map(({ body }) => body)).toEqual([
      { deliveryId: `${told.ref.intentId}.d1`, to: receiver, why: 'assigned', attempt: 1 },
    ]);
    expect(told.owed('start')[0]?.body.input).toMatchObject({ type: 'delegation' });
    expect((await told.state()).head).toMatchObject({ type: 'parcels.pack.v1', delegated: true, status: 'SUBMITTED' });
    expect(await told.deliver()).toEqual(['assigned']);
    expect((await told.state()).head.status).toBe('DELIVERED');
    expect(await told.types()).toEqual(['intent.created', 'intent.submitted', 'intent.delivered']);
    expect(told.owed('deliver')).toEqual([]);
  });

  it('goes as far as its receiver says, and its answer ends it and wakes the run', async () => {
    await told.wait();
    await told.deliver();
    await told.answer({ do: 'acknowledge', details: {} });
    await told.answer({ do: 'start', details: { step: 1 } });
    await told.answer({ do: 'wait', details: { for: 'the courier' } });
    expect((await told.state()).head).toMatchObject({ status: 'WAITING', waitingReason: 'WAITING_FOR_AGENT' });
    await told.answer({ do: 'start', details: {} });
    await told.answer(done);
    const state = await told.state();
    expect(state.head.status).toBe('COMPLETED');
    expect(state.outcome).toEqual({ result: { packed: true } });
    const [wake] = told.owed('wake');
    expect(wakeOf(state, wake?.body)).toEqual({ do: 'redeem', token: 'token-1', answer: 'Cancelled', last: true });
    await told.verified();
  });

  it('is answered before the commit that says it was delivered: nothing is told twice', async () => {
    await told.answer({ do: 'acknowledge', details: {} });
    await told.deliver();
    expect((await told.types()).slice(2)).toEqual(['intent.delivered', 'intent.acknowledged', 'intent.acknowledged']);
    expect((await told.state()).head.status).toBe('ACKNOWLEDGED');
  });

  it('fails with what the agent says', async () => {
    await told.answer({ do: 'fail', error: { code: 'no_boxes', message: 'None left.', shelf: 3 } });
    expect((await told.state()).outcome?.error).toEqual({
      code: 'no_boxes',
      message: 'None left.',
      details: { code: 'no_boxes', message: 'None left.', shelf: 3 },
    });
  });

  it('has one end: whoever comes later hears that it is over', async () => {
    await told.answer(done);
    await expect(told.answer(done)).rejects.toMatchObject({ code: 'intent_terminal' });
    await expect(told.claim('late')).rejects.toMatchObject({ code: 'intent_terminal' });
    await expect(told.cancel()).rejects.toMatchObject({ code: 'intent_terminal' });
    expect(await told.deliver()).toEqual(['assigned']);
    expect((await told.types()).at(-1)).toBe('intent.completed');
  });

  it('is answered by nobody else, and goes no way that the lifecycle does not know', async () => {
    await expect(told.answer(done, { agent: given.agent })).rejects.toThrow(PolicyDenied);
    await told.answer({ do: 'start', details: {} });
    await expect(told.answer({ do: 'acknowledge', details: {} })).rejects.toMatchObject({ code: 'lifecycle' });
    await told.answer(done, { agent: 'agent://acme/shop/any', any: true });
    expect(isTerminal((await told.state()).head.status)).toBe(true);
  });

  it('stays that of its name, whatever is declared later', () => {
    expect(machineOf({ type: 'parcels.pack.v1', delegated: true })).toBe('delegation');
    expect(machineOf({ type: 'intent.refund.v1' })).toBe('intent.refund.v1');
  });
});

describe('its ladder', () => {
  it('reminds an agent that has not shown itself by delivering again, and one that has by an event alone', async () => {
    for (const shown of [false, true]) {
      told = await delegation({ remind_after_seconds: 100, max_reminders: 1 });
      await told.wait();
      await told.deliver();
      if (shown) await told.answer({ do: 'start', details: {} });
      told.pass(100);
      expect(await told.climb()).toMatchObject({ next: 'wait' });
      expect(await told.climb()).toMatchObject({ next: 'wait' });
      expect((await told.types()).filter((one) => one === 'intent.reminder')).toHaveLength(1);
      expect(await told.deliver()).toEqual(shown ? [] : ['reminder']);
    }
  });

  it('escalates to another agent, who may answer too; to whom there is no way, it tells', async () => {
    told = await delegation({ escalate_to: 'chief' });
    await told.deliver();
    told.pass(3 * 86_400);
    await told.climb();
    expect(await told.deliver()).toEqual(['reminder', 'escalated']);
    expect((await told.state()).delivery?.to).toEqual([receiver, 'agent://acme/shop/chief']);
    await told.answer(done, { agent: 'agent://acme/shop/chief' });
    expect((await told.state()).head.status).toBe('COMPLETED');

    told = await delegation({ escalate_to: 'ops@example.com' });
    told.pass(3 * 86_400);
    await told.climb();
    const events = await told.store.events(told.ref, 0, 100);
    expect(events.find((one) => one.type === 'intent.escalated')?.details).toMatchObject({
      ignored: 'ops@example.com',
    });
  });

  it('ends as timed out at the deadline, or after a month', async () => {
    told = await delegation({ deadlineAt: given.later(given.start, 600) });
    told.pass(600);
    expect(await told.climb()).toEqual({ next: 'ended' });
    expect((await told.types()).slice(-2)).toEqual(['intent.timeout', 'intent.timed_out']);
    expect((await told.state()).outcome?.error?.code).toBe('intent_timeout');

    told = await delegation();
    expect((await told.state()).delivery?.ladder.at(-1)?.at).toBe(given.later(given.start, 30 * 86_400));
  });

  it('is taken up by the next generation where its run was lost', async () => {
    await told.wait();
    expect(await told.restart()).toBe(2);
    const state = await told.state();
    expect(state.head.generation).toBe(2);
    expect(wakeOf(state, { delivery: true })).toMatchObject({ do: 'redeem', answer: 'Cancelled' });
    await expect(told.wait()).rejects.toThrow('superseded');
    await told.wait({ generation: 2, token: 'token-2' });
    expect((await told.state()).delivery?.token).toBe('token-2');
  });
});

describe('a claim', () => {
  it('is granted to exactly one of many who ask at once, and its token speaks for it alone', async () => {
    await told.deliver();
    const asked = await Promise.all(Array.from({ length: 20 }, (_, i) => told.claim(`worker-${i}`)));
    const granted = asked.filter((one) => one.granted);
    expect(granted).toEqual([{ granted: true, fencing_token: 1, claimed_until: given.later(given.start, 60) }]);
    expect((await told.state()).head.status).toBe('ACKNOWLEDGED');
    await expect(told.answer(done)).rejects.toMatchObject({ code: 'claimed' });
    await expect(told.answer(done, { fencingToken: 2 })).rejects.toMatchObject({ code: 'claimed' });
    await told.answer(done, { fencingToken: 1 });
    expect((await told.state()).head.status).toBe('COMPLETED');
    expect(told.owed('deliver').filter(({ body }) => body.lease)).toEqual([]);
  });

  it('is renewed by its token, and lost once its lease is over: given out again, under a greater token', async () => {
    await told.deliver();
    await told.claim('one', 60);
    told.pass(50);
    expect(await told.claim('one', 60, { fencingToken: 1 })).toMatchObject({ granted: true, fencing_token: 1 });
    told.pass(50);
    await told.watch();
    expect((await told.state()).delivery?.claim).toBeDefined();
    told.pass(10);
    await told.watch();
    expect((await told.state()).delivery).toMatchObject({ attempt: 2 });
    expect((await told.state()).delivery?.claim).toBeUndefined();
    expect(await told.deliver()).toEqual([]);
    told.pass(1);
    expect(await told.deliver()).toEqual(['lease_over']);
    await expect(told.claim('one', 60, { fencingToken: 1 })).rejects.toMatchObject({ code: 'claim_lost' });
    expect(await told.claim('two')).toMatchObject({ granted: true, fencing_token: 2 });
    await expect(told.answer(done, { fencingToken: 1 })).rejects.toMatchObject({ code: 'claimed' });
    await told.answer(done, { fencingToken: 2 });
    await told.verified();
  });

  it('whose lease is over still answers where nobody else has claimed: the first end wins', async () => {
    await told.claim('one', 60);
    told.pass(61);
    await told.answer(done, { fencingToken: 1 });
    expect((await told.state()).head.status).toBe('COMPLETED');
  });

  it('that is lost as often as it may be ends the intent as failed, and says so', async () => {
    told = await delegation({ max_delivery_attempts: 2 });
    for (let i = 0; i < 2; i += 1) {
      expect(await told.claim('one', 5)).toMatchObject({ granted: true });
      told.pass(6);
      await told.watch();
    }
    expect((await told.types()).slice(-2)).toEqual(['intent.delivery_failed', 'intent.failed']);
    expect((await told.state()).outcome?.error?.code).toBe('delivery_failed');
  });

  it('is given back by its token: given out again after the same pause, and free meanwhile', async () => {
    await told.deliver();
    await told.claim('one', 3600);
    await told.claim('one', 3600, { fencingToken: 1 });
    const back = await told.release(1, { reason: 'out of paper' });
    expect(back).toMatchObject({ status: 'ACKNOWLEDGED', delivery_attempt: 2 });
    const pause = Date.parse(back.not_before as string) - Date.parse(told.now());
    expect(pause).toBeGreaterThanOrEqual(500);
    expect(pause).toBeLessThanOrEqual(1000);
    const [last] = (await told.store.events(told.ref, 0, 100)).slice(-1);
    expect(last).toMatchObject({
      type: 'intent.acknowledged',
      details: { state: 'CLAIM_RELEASED', fencing_token: 1, attempt: 1, reason: 'out of paper' },
    });
    // The lease is watched no more, and looking at it again changes nothing.
    expect(told.owed('deliver').map(({ body }) => body)).toMatchObject([{ why: 'released', attempt: 2 }]);
    // The words are no part of the record; their hash is.
    const record = told.store.records(told.ref).at(-1);
    expect(record).toMatchObject({ action: 'claim.released' });
    expect(JSON.stringify(record)).not.toContain('paper');
    expect(await told.deliver()).toEqual([]);
    told.pass(1);
    expect(await told.deliver()).toEqual(['released']);
    expect(await told.claim('two')).toMatchObject({ granted: true, fencing_token: 2 });
    await told.answer(done, { fencingToken: 2 });
    await told.verified();
  });

  it('is given back by nobody else, not twice, and not without a claim', async () => {
    await expect(told.release(1)).rejects.toMatchObject({ code: 'claim_lost' });
    await told.claim('one', 60);
    await expect(told.release(undefined)).rejects.toMatchObject({ details: { field: 'X-Fencing-Token' } });
    await expect(told.release(2)).rejects.toMatchObject({ code: 'claim_lost' });
    await expect(told.release(1, { agent: given.agent })).rejects.toThrow(PolicyDenied);
    expect((await told.state()).delivery?.claim).toMatchObject({ token: 1 });
    await told.release(1);
    await expect(told.release(1)).rejects.toMatchObject({ code: 'claim_lost' });
    await told.claim('two', 5);
    told.pass(6);
    await expect(told.release(2)).rejects.toMatchObject({ code: 'claim_lost' });
    await told.answer(done);
    await expect(told.release(2)).rejects.toMatchObject({ code: 'intent_terminal' });
  });

  it('that is given back as often as it may be ends the intent as failed, as a lost one does', async () => {
    told = await delegation({ max_delivery_attempts: 2 });
    await told.wait();
    await told.claim('one', 5);
    await told.release(1);
    await told.claim('one', 5);
    expect(await told.release(2, { reason: 'out of paper' })).toEqual({ status: 'FAILED', delivery_attempt: 2 });
    expect((await told.types()).slice(-2)).toEqual(['intent.delivery_failed', 'intent.failed']);
    const state = await told.state();
    expect(state.outcome?.error).toMatchObject({
      code: 'delivery_failed',
      details: { attempt: 2, reason: 'out of paper' },
    });
    expect(wakeOf(state, { delivery: true })).toMatchObject({ do: 'redeem', answer: 'Cancelled', last: true });
    await told.verified();
  });

  it('never has two holders, whatever workers, clocks and watchers do in which order', async () => {
    const action = fc.oneof(
      fc.record({
        do: fc.constant('claim' as const),
        who: fc.integer({ min: 0, max: 3 }),
        lease: fc.integer({ min: 5, max: 40 }),
      }),
      fc.record({
        do: fc.constant('renew' as const),
        who: fc.integer({ min: 0, max: 3 }),
        lease: fc.integer({ min: 5, max: 40 }),
      }),
      fc.record({ do: fc.constant('answer' as const), who: fc.integer({ min: 0, max: 3 }) }),
      fc.record({ do: fc.constant('release' as const), who: fc.integer({ min: 0, max: 3 }) }),
      fc.record({ do: fc.constant('pass' as const), seconds: fc.integer({ min: 1, max: 30 }) }),
      fc.record({ do: fc.constant('watch' as const) }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(action, { maxLength: 40 }), async (actions) => {
        const one = await delegation({ max_delivery_attempts: 50 });
        /** What each worker believes: its token, and until when. */
        const held = new Map<number, { token: number; until: string }>();
        let greatest = 0;
        const alive = () => [...held].filter(([, { until }]) => until > one.now());
        for (const step of actions) {
          if (step.do === 'pass') one.pass(step.seconds);
          if (step.do === 'watch') await one.watch();
          if (step.do === 'claim' || step.do === 'renew') {
            const mine = held.get(step.who);
            if (step.do === 'renew' && !mine) continue;
            const token = step.do === 'renew' ? { fencingToken: mine?.token as number } : {};
            const got = await one.claim(`w${step.who}`, step.lease, token).catch((error: Error) => error);
            if (got instanceof Conflict) continue;
            if (got instanceof Error) throw got;
            expect(got.granted || alive().length > 0).toBe(true);
            if (!got.granted) continue;
            expect(got.fencing_token).toBeGreaterThanOrEqual(greatest);
            if (step.do === 'claim') expect(got.fencing_token).toBeGreaterThan(greatest);
            greatest = got.fencing_token;
            held.set(step.who, { token: got.fencing_token, until: got.claimed_until });
          }
          if (step.do === 'release') {
            const mine = held.get(step.who);
            if (!mine) continue;
            const live = mine.until > one.now();
            const back = await one.release(mine.token).catch((error: Error) => error);
            // Who still has it gives it back; nobody else does.
            expect(back instanceof Conflict).toBe(!live);
            held.delete(step.who);
          }
          if (step.do === 'answer') {
            const mine = held.get(step.who);
            const others = alive().filter(([, { token }]) => token !== mine?.token);
            const said = await one
              .answer(done, mine ? { fencingToken: mine.token } : {})
              .catch((error: Error) => error);
            if (!(said instanceof Error)) expect(others).toEqual([]);
          }
          expect(alive().length).toBeLessThanOrEqual(1);
          if (isTerminal((await one.state()).head.status)) break;
        }
        await one.verified();
      }),
      runs(200),
    );
  });

  it('is given out again later each time, within half and the whole of its pause', () => {
    expect([1, 2, 3, 4, 5, 6, 7].map((n) => pauseMs(n, 1) / 1000)).toEqual([1, 5, 30, 120, 600, 3600, 3600]);
    expect(pauseMs(3, 0)).toBe(15_000);
  });
});

describe('a withdrawal', () => {
  it('is the sender’s: the intent ends as canceled, and its parts with it, and theirs', async () => {
    const part = await told.put({ parent: told.ref.intentId });
    const partOfPart = await told.put({ parent: part.intentId });
    await expect(told.cancel(receiver)).rejects.toThrow(PolicyDenied);
    await told.cancel();
    expect((await told.state()).outcome?.error).toMatchObject({ code: 'canceled', details: { note: 'not needed' } });
    expect(told.owed('cancel').map(({ key }) => key)).toEqual(['cancel#parts']);
    expect(await told.store.children(told.ref, '', 10)).toEqual([part.intentId]);
    await told.cancelPart(part);
    await told.cancelPart(part);
    expect((await told.state(part)).outcome?.error?.details).toMatchObject({ reason: 'parent_canceled' });
    expect(told.store.outbox(part).map(({ kind }) => kind)).toContain('cancel');
    expect((await told.state(partOfPart)).head.status).toBe('SUBMITTED');
    // None is added to what has ended.
    await expect(told.put({ parent: told.ref.intentId })).rejects.toMatchObject({ code: 'parent' });
    await expect(told.put({ parent: '00000000-0000-4000-8000-999999999999' })).rejects.toMatchObject({
      code: 'parent',
    });
  });

  it('is nobody’s where operators have it: nor is it answered, claimed or delivered', async () => {
    await told.wait();
    await told.freeze();
    await expect(told.cancel()).rejects.toMatchObject({ code: 'task_closed' });
    await expect(told.answer(done)).rejects.toMatchObject({ code: 'intent_frozen' });
    await told.deliver();
    expect(await told.types()).not.toContain('intent.delivered');
    expect(told.owed('wake').map(({ body }) => body)).toEqual([{ delivery: true }]);
    expect(await told.cancelPart(told.ref)).toMatchObject({ status: 'WAITING' });
  });
});

describe('the answer to whom it was asked for', () => {
  it('is owed by whichever commit ends the intent, once', async () => {
    const asked = { replyTo: 'agent://acme/shop/clerk' };
    const ends = [
      async () => told.answer(done),
      async () => told.answer({ do: 'fail', error: {} }),
      async () => told.cancel(),
      async () => {
        told.pass(40 * 86_400);
        await told.climb();
      },
    ];
    for (const end of ends) {
      told = await delegation(asked);
      await told.deliver();
      expect(told.owed('deliver')).toEqual([]);
      await end();
      expect(told.owed('deliver').map(({ key, body }) => [key, body])).toEqual([['deliver#reply', { reply: true }]]);
    }
  });
});
