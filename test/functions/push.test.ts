import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { pauseMs } from '../../adapters/due.ts';
import { type ArrivedMessage, messageOf, type OutboxMessage } from '../../adapters/messages.ts';
import type { Binding, DeadLetter, Pushing } from '../../core/binding.ts';
import { perform } from '../../core/commit.ts';
import { InvalidInput } from '../../core/errors.ts';
import type { Box, Entry } from '../../core/mailbox.ts';
import type { IntentRef } from '../../core/model.ts';
import { answer } from '../../core/rules/answer.ts';
import { cancel } from '../../core/rules/cancel.ts';
import { claim } from '../../core/rules/claim.ts';
import { isDue } from '../../core/rules/deliver.ts';
import { stopKey, stopsForBox } from '../../core/stops.ts';
import { memoryBindings, memoryOwedPushes } from '../../core/testing/memory-bindings.ts';
import { memoryMailboxes } from '../../core/testing/memory-mailboxes.ts';
import { memoryStore } from '../../core/testing/memory-store.ts';
import { retryPausesSeconds, type Verdict } from '../../core/webhook.ts';
import { admit } from '../../functions/api/submit.ts';
import { binder } from '../../functions/bindings/bind.ts';
import { replay } from '../../functions/bindings/replay.ts';
import { bindingOut } from '../../functions/bindings/views.ts';
import { payDelivery } from '../../functions/deliver/pay.ts';
import { bodyOf, carrying } from '../../functions/push/carry.ts';
import { type Ports, pumping } from '../../functions/push/pump.ts';
import { gotBinding, putBinding } from '../../wire/bindings.ts';
import * as given from '../core/builders.ts';
import { runs } from '../properties.ts';

const tenant = given.tenant;
const packer = `agent://${tenant}/packer`;
const clerk = `agent://${tenant}/clerk`;
const box: Box = { tenant, address: packer };
const keyOf = (agent: string, more: object = {}) => ({
  keyId: 'k',
  tenant,
  agent,
  name: 'test',
  createdAt: given.start,
  ...more,
});
const url = 'https://packer.example.com/hook';
/** Many houses are built, also on a busy machine. */
const taken: Verdict = { is: 'taken', status: 204 };
const refused: Verdict = { is: 'failed', why: 'status', status: 500 };

function house() {
  const store = memoryStore();
  const boxes = memoryMailboxes();
  const rows = memoryBindings();
  const owed = memoryOwedPushes();
  const newId = given.idsInOrder();
  let now = given.start;
  const context = () => given.contextAt(now, newId);
  /** What receivers got, and what they say to the next ones: by default, yes. */
  const got: Entry[] = [];
  const says: Verdict[] = [];
  const parked: DeadLetter[] = [];
  const again: number[] = [];
  /** Keys of the stops that stand. */
  const stops = new Set<string>();
  const carry = async (_binding: Pushing, _box: Box, entry: Entry): Promise<Verdict> => {
    got.push(entry);
    return says.shift() ?? taken;
  };
  const isOpen = async (ref: IntentRef) => {
    const state = await store.load(ref);
    return state !== undefined && isDue(state);
  };
  const ports: Ports = {
    store,
    boxes,
    rows,
    owed,
    context,
    stopped: async (box) => stopsForBox(box).some((target) => stops.has(stopKey(target))),
    jitter: () => 1,
    carry,
    again: async (_message, seconds) => void again.push(seconds),
    park: async (_message, dead) => void parked.push(dead),
  };
  const binding = binder({
    rows,
    boxes,
    owed,
    context,
    people: async () => given.directory,
    seal: async (secret) => `sealed ${secret}`,
    localReceivers: [],
    internalTargets: ['arn:aws:sqs:eu-west-1:123456789012:packer'],
  });
  const message: OutboxMessage = {
    v: 1,
    tenant,
    intentId: 'push:x',
    key: 'push',
    kind: 'push',
    traceId: 'trace-00000001',
    body: { to: packer },
  };
  return {
    store,
    boxes,
    rows,
    owed,
    got,
    says,
    parked,
    again,
    stops,
    ports,
    context,
    pass: (seconds: number) => {
      now = given.later(now, seconds);
    },
    bind: (body: object = { kind: 'http', url }, caller: object = keyOf(packer)) =>
      binding.bind(caller as never, box, body as never, 'trace-00000001'),
    rotate: () => binding.rotate(box),
    async submit(more: object = {}): Promise<IntentRef> {
      const body = { intent_type: 'parcels.pack.v1', to_agent: 'packer', payload: { parcel: 'P-1' }, ...more };
      const asked = { body, idempotencyKey: undefined, traceId: 'trace-00000001', context: context() };
      const { intent_id } = (await admit(store, keyOf(clerk) as never, asked)) as { intent_id: string };
      const ref = { tenant, intentId: intent_id };
      await this.deliver(ref);
      return ref;
    },
    async deliver(ref: IntentRef) {
      const pay = payDelivery({
        ...{ store, rows: boxes, bindings: rows, pushes: owed, context },
        pause: async () => {},
        stopped: async () => false,
      });
      for (const row of store.outbox(ref)) if (row.kind === 'deliver') await pay(messageOf({ ...ref, ...row }));
    },
    /** As the queue does, and the sweep at its time. */
    push: (body: object = {}, some: Partial<Ports> = {}) =>
      pumping({ ...ports, ...some })({ ...message, body: { to: packer, ...body } }),
    /** Lets time pass until nothing is owed any more; gives how often a message came. */
    async pushAll(most = 100): Promise<number> {
      for (let i = 0; i < most; i += 1) {
        if (!owed.due.has(packer)) return i;
        await this.push().catch(() => undefined);
        this.pass(100_000);
      }
      throw new Error('still owed');
    },
    events: async (ref: IntentRef) => (await store.events(ref, 0, 1000)).map(({ type }) => type),
    replay: (ref: IntentRef, caller = keyOf(clerk), wanted?: string) =>
      replay({ store, rows, boxes, owed, context }, caller as never, ref, wanted, 'trace-00000001'),
    seen: (deadSince = 0) => bindingOut({ rows, isOpen, now }, box, deadSince),
  };
}

let at: ReturnType<typeof house>;
beforeEach(() => {
  at = house();
});

const ids = (entries: readonly Entry[]) => entries.map(({ deliveryId }) => deliveryId);

describe('pushing', () => {
  it('hands over each entry once, in the order of the mailbox, and then owes nothing', async () => {
    await at.bind();
    const refs = [await at.submit(), await at.submit(), await at.submit()];
    expect(at.owed.due.has(packer)).toBe(true);
    await at.push();
    expect(ids(at.got)).toEqual(refs.map(({ intentId }) => `${intentId}.d1`));
    expect(at.owed.due.has(packer)).toBe(false);
    expect(await at.seen()).toMatchObject({ kind: 'http', url, status: 'active', pushed_seq: 3, dead_letters: [] });
    await at.push();
    expect(at.got).toHaveLength(3);
  });

  it('is owed of no mailbox that is only read', async () => {
    await at.submit();
    await at.bind({ kind: 'poll' });
    await at.submit();
    expect(at.owed.due.size).toBe(0);
    expect(at.boxes.all(box)).toHaveLength(2);
  });

  it('begins where a binding says, where another one was undone while it was made', async () => {
    await at.bind();
    await at.submit();
    const { bind } = at.rows;
    at.rows.bind = async (...put) => {
      at.rows.bind = bind;
      await at.bind({ kind: 'poll' });
      return bind(...put);
    };
    await at.bind();
    expect(await at.rows.pushed(box)).toBeUndefined();
    const ref = await at.submit();
    await at.push();
    expect(ids(at.got)).toEqual([`${ref.intentId}.d1`]);
    expect(at.owed.due.has(packer)).toBe(false);
  });

  it('begins with what comes after the binding, or from a number', async () => {
    await at.submit();
    const second = await at.submit();
    await at.bind();
    await at.push();
    expect(at.got).toEqual([]);
    await at.bind({ kind: 'http', url, since: 1 });
    await at.push();
    expect(ids(at.got)).toEqual([`${second.intentId}.d1`]);
    await expect(at.bind({ kind: 'http', url, since: 3 })).rejects.toThrow(/no such number/);
  });

  it('holds up what is behind an entry that was not taken, and tries that one again after its pause', async () => {
    await at.bind();
    const [first, second] = [await at.submit(), await at.submit()];
    at.says.push(refused);
    await at.push();
    expect(ids(at.got)).toEqual([`${first.intentId}.d1`]);
    expect(at.again).toEqual([retryPausesSeconds[0]]);
    expect(await at.seen()).toMatchObject({ attempt: 1, next_try_at: given.later(given.start, 5), pushed_seq: 0 });
    at.pass(4);
    await at.push();
    expect(at.got).toHaveLength(1);
    at.pass(1);
    await at.push();
    expect(ids(at.got)).toEqual([first, first, second].map(({ intentId }) => `${intentId}.d1`));
  });

  it('leaves a receiver alone for as long as it asks; what is later than a queue can hold, the sweep brings', async () => {
    await at.bind();
    await at.submit();
    at.says.push({ is: 'failed', why: 'status', status: 429, retryAfterSeconds: 3600 });
    await at.push();
    expect(at.again).toEqual([]);
    expect(at.owed.due.get(packer)).toBe(Date.parse(given.later(given.start, 3600)));
  });

  it('ends at 410, loses nothing, and goes on where it was once it is bound anew', async () => {
    await at.bind();
    const first = await at.submit();
    at.says.push({ is: 'gone', status: 410 });
    await at.push();
    const second = await at.submit();
    expect(at.owed.due.size).toBe(0);
    expect(await at.seen()).toMatchObject({ status: 'disabled' });
    expect(await at.bind()).toBeUndefined();
    await at.push();
    expect(ids(at.got)).toEqual([first, first, second].map(({ intentId }) => `${intentId}.d1`));
  });

  it('passes over what has ended meanwhile, but not over an answer', async () => {
    await at.bind();
    const ref = await at.submit();
    await perform(at.store, ref, {}, at.context, (state, now) =>
      cancel(state, { by: 'agent', address: clerk, requestId: 'r1', reason: 'no' }, now),
    );
    const asked = await at.submit({ to_agent: 'other', reply_to: 'packer' });
    await perform(at.store, asked, {}, at.context, (state, now) =>
      answer(state, { agent: `agent://${tenant}/other`, requestId: 'r2' }, { do: 'complete', result: { n: 1 } }, now),
    );
    await at.deliver(asked);
    await at.push();
    expect(at.got).toMatchObject([{ deliveryId: `${asked.intentId}.reply`, outcome: { result: { n: 1 } } }]);
  });

  it('gives out again what somebody claimed and lost: another delivery', async () => {
    await at.bind();
    const ref = await at.submit();
    await at.push();
    await perform(at.store, ref, {}, at.context, (state, now) =>
      claim(state, { agent: packer, requestId: 'r1' }, { claimant: 'one', leaseSeconds: 60 }, now),
    );
    at.pass(61);
    await at.deliver(ref);
    at.pass(2);
    await at.deliver(ref);
    await at.push();
    expect(at.got.map(({ deliveryId, why, attempt }) => [deliveryId, why, attempt])).toEqual([
      [`${ref.intentId}.d1`, 'assigned', 1],
      [`${ref.intentId}.d2`, 'lease_over', 2],
    ]);
  });

  it('is taken over from one that died, once its time is over', async () => {
    await at.bind();
    await at.submit();
    await at.rows.take(box, 'dead', Date.parse(given.start), Date.parse(given.later(given.start, 70)));
    await at.push();
    expect(at.got).toEqual([]);
    expect(at.owed.due.get(packer)).toBe(Date.parse(given.later(given.start, 70)));
    at.pass(71);
    await at.push();
    expect(at.got).toHaveLength(1);
  });

  it('of one mailbox is done by one at a time', async () => {
    await at.bind();
    await at.submit();
    await Promise.all([at.push(), at.push(), at.push()]);
    expect(at.got).toHaveLength(1);
  });

  it.each([
    ['everything', { kind: 'everything' }],
    ['the tenant', { kind: 'tenant', id: tenant }],
    ['the agent', { kind: 'agent', id: packer }],
  ] as const)('under a stop on %s is nothing, stays owed, and comes once the stop is lifted', async (_on, target) => {
    await at.bind();
    const refs = [await at.submit(), await at.submit()];
    at.stops.add(stopKey(target));
    for (let minute = 0; minute < 3; minute += 1) {
      await at.push();
      at.pass(60);
    }
    expect([at.got, at.parked, at.owed.due.has(packer)]).toEqual([[], [], true]);
    expect(await at.seen()).toMatchObject({ status: 'active', pushed_seq: 0, dead_letters: [] });
    at.stops.clear();
    await at.push();
    expect(ids(at.got)).toEqual(refs.map(({ intentId }) => `${intentId}.d1`));
    expect(at.owed.due.has(packer)).toBe(false);
  });

  it('under a stop is looked at again a minute later, also where the sweep has taken it for five', async () => {
    await at.bind();
    await at.submit();
    at.stops.add(stopKey({ kind: 'agent', id: packer }));
    await at.push();
    expect(at.owed.due.get(packer)).toBe(Date.parse(given.later(given.start, 60)));
    at.pass(90);
    await at.owed.postpone(box, Date.parse(at.context().now) + pauseMs);
    await at.push();
    expect(at.owed.due.get(packer)).toBe(Date.parse(given.later(given.start, 150)));
  });

  it('under a stop counts no try: one that failed before has all its others left', async () => {
    await at.bind();
    const ref = await at.submit({ max_delivery_attempts: 2 });
    at.says.push(refused);
    await at.push();
    at.stops.add(stopKey({ kind: 'agent', id: packer }));
    for (let hour = 0; hour < 3; hour += 1) {
      at.pass(3600);
      await at.push();
    }
    expect(at.got).toHaveLength(1);
    at.stops.clear();
    await at.push();
    expect(ids(at.got)).toEqual([`${ref.intentId}.d1`, `${ref.intentId}.d1`]);
    expect(at.parked).toEqual([]);
  });

  it('under a stop passes over what has ended meanwhile', async () => {
    await at.bind();
    const ref = await at.submit();
    await perform(at.store, ref, {}, at.context, (state, now) =>
      cancel(state, { by: 'agent', address: clerk, requestId: 'r1', reason: 'no' }, now),
    );
    at.stops.add(stopKey({ kind: 'agent', id: packer }));
    await at.push();
    expect([at.got, at.owed.due.has(packer)]).toEqual([[], false]);
  });

  it('is not held back by a stop on another agent', async () => {
    await at.bind();
    await at.submit();
    at.stops.add(stopKey({ kind: 'agent', id: clerk }));
    await at.push();
    expect(at.got).toHaveLength(1);
  });

  it('goes on in another call where there is more than one has time for', async () => {
    await at.bind();
    for (let i = 0; i < 4; i += 1) await at.submit();
    const slow = async (_binding: Pushing, _box: Box, entry: Entry) => {
      at.got.push(entry);
      at.pass(14);
      return taken;
    };
    await at.push({}, { carry: slow });
    expect(at.got).toHaveLength(3);
    expect(at.again).toEqual([0]);
    await at.push({}, { carry: slow });
    expect(at.got.map(({ seq }) => seq)).toEqual([1, 2, 3, 4]);
  });
});

describe('a delivery that is never taken', () => {
  it('is given up after the intent’s own number of tries, said in its events, parked, and the next one’s turn comes', async () => {
    await at.bind();
    const ref = await at.submit({ max_delivery_attempts: 3 });
    const next = await at.submit();
    at.says.push(refused, refused, refused);
    await at.pushAll();
    expect(ids(at.got)).toEqual([ref, ref, ref, next].map(({ intentId }) => `${intentId}.d1`));
    expect((await at.events(ref)).filter((type) => type === 'intent.delivery_failed')).toHaveLength(1);
    // The intent itself goes on: its agent may still read it.
    expect((await at.store.load(ref))?.head.status).toBe('DELIVERED');
    expect(at.parked).toMatchObject([{ deliveryId: `${ref.intentId}.d1`, attempts: 3, why: 'status 500' }]);
    expect((await at.seen()).dead_letters).toMatchObject([{ intent_id: ref.intentId, attempts: 3 }]);
  });

  it('is pushed again, with the same id, when somebody asks: sender, receiver, or a manager, and nobody else', async () => {
    await at.bind();
    const ref = await at.submit({ max_delivery_attempts: 1 });
    at.says.push(refused);
    await at.pushAll();
    const stranger = keyOf(`agent://${tenant}/stranger`);
    await expect(at.replay(ref, stranger)).rejects.toThrow(/sender and its receivers/);
    await expect(at.replay({ ...ref, intentId: given.idsInOrder()() })).rejects.toThrow(/no such/);
    expect(await at.replay(ref, { ...stranger, ...{ scopes: ['accounts:manage'] } } as never)).toMatchObject({
      deliveries: [{ delivery_id: `${ref.intentId}.d1`, to_agent: packer, seq: 1 }],
    });
    await at.pushAll();
    expect(ids(at.got)).toEqual([`${ref.intentId}.d1`, `${ref.intentId}.d1`]);
    expect((await at.seen()).dead_letters).toEqual([]);
    expect((await at.replay(ref)).deliveries).toEqual([]);
    // One that was taken is pushed again where it is named.
    expect((await at.replay(ref, keyOf(packer), `${ref.intentId}.d1`)).deliveries).toHaveLength(1);
    expect((await at.replay(ref, keyOf(packer), `${ref.intentId}.d9`)).deliveries).toEqual([]);
    await at.pushAll();
    expect(at.got).toHaveLength(3);
  });

  it('is given up again where it is not taken again, and says so again', async () => {
    await at.bind();
    const ref = await at.submit({ max_delivery_attempts: 1 });
    at.says.push(refused, refused);
    await at.pushAll();
    at.pass(60);
    await at.replay(ref);
    await at.pushAll();
    expect((await at.events(ref)).filter((type) => type === 'intent.delivery_failed')).toHaveLength(2);
    expect((await at.seen()).dead_letters).toHaveLength(1);
  });

  it('is pushed again where an operator moves its message back', async () => {
    await at.bind();
    const ref = await at.submit({ max_delivery_attempts: 1 });
    at.says.push(refused);
    await at.pushAll();
    await at.push({ replay: at.parked[0]?.seq, deliveryId: at.parked[0]?.deliveryId });
    expect(ids(at.got)).toEqual([`${ref.intentId}.d1`, `${ref.intentId}.d1`]);
    expect((await at.seen()).dead_letters).toEqual([]);
  });
});

const cancelled = (ref: IntentRef) =>
  perform(at.store, ref, {}, at.context, (state, now) =>
    cancel(state, { by: 'agent', address: clerk, requestId: `end-${ref.intentId}`, reason: 'no' }, now),
  );

/** Given up, and its intent has ended since. */
async function voidDead(): Promise<IntentRef> {
  const ref = await at.submit({ max_delivery_attempts: 1 });
  at.says.push(refused);
  await at.pushAll();
  await cancelled(ref);
  return ref;
}

describe('a mailbox that is bound to a person', () => {
  /** Who is in the directory, and what was told to whom. */
  function telling(there: Set<string>) {
    const told: ArrivedMessage[] = [];
    const no = async () => Promise.reject(new Error('not by this way'));
    const carry = carrying({
      ...{ now: () => at.context().now, send: no, open: no, hand: no, failed: () => {} },
      isThere: async (id) => there.has(id),
      tell: async (message) => void told.push(message),
    });
    return { carry, told };
  }
  const bound = () => at.bind({ kind: 'inbox', person: 'ada' }, keyOf(packer, { scopes: ['accounts:manage'] }));

  it('who has left fails like any receiver: it is tried again, given up in the end, and said', async () => {
    await bound();
    const { carry, told } = telling(new Set());
    const ref = await at.submit({ max_delivery_attempts: 2 });
    await at.push({}, { carry });
    expect(await at.seen()).toMatchObject({ attempt: 1, pushed_seq: 0, last_pushed_at: null });
    at.pass(60);
    await at.push({}, { carry });
    expect(told).toEqual([]);
    expect(at.parked).toMatchObject([{ deliveryId: `${ref.intentId}.d1`, attempts: 2, why: 'nobody' }]);
    const [failed] = (await at.store.events(ref, 0, 1000)).filter(({ type }) => type === 'intent.delivery_failed');
    expect(failed?.details).toMatchObject({ reason: 'nobody', attempt: 2, to_agent: packer });
    expect((await at.seen()).dead_letters).toMatchObject([{ intent_id: ref.intentId, reason: 'nobody' }]);
  });

  it('who comes back meanwhile is told', async () => {
    await bound();
    const there = new Set<string>();
    const { carry, told } = telling(there);
    const ref = await at.submit();
    await at.push({}, { carry });
    there.add('ada');
    at.pass(60);
    await at.push({}, { carry });
    expect(told).toMatchObject([{ personId: 'ada', intentId: ref.intentId, address: packer, why: 'assigned' }]);
    expect(at.owed.due.has(packer)).toBe(false);
  });

  it('counts no try where the directory can’t be read', async () => {
    await bound();
    await at.submit();
    const { carry } = telling(new Set(['ada']));
    const unread = carrying({
      ...{ now: () => at.context().now, send: async () => taken, open: async () => '', hand: async () => {} },
      ...{ isThere: async () => Promise.reject(new Error('busy')), tell: async () => {}, failed: () => {} },
    });
    await expect(at.push({}, { carry: unread })).rejects.toThrow('busy');
    expect(await at.seen()).not.toHaveProperty('attempt');
    await at.push({}, { carry });
    expect(at.owed.due.has(packer)).toBe(false);
  });
});

describe('what was given up of an intent that has ended', () => {
  it('is not shown any more, is said to whoever asks for it again, and is no dead letter then', async () => {
    await at.bind();
    const ref = await voidDead();
    const one = { delivery_id: `${ref.intentId}.d1`, to_agent: packer, seq: 1 };
    expect((await at.seen()).dead_letters).toEqual([]);
    expect(await at.rows.isDead(box, 1)).toBe(true);
    expect(await at.replay(ref)).toEqual({ intent_id: ref.intentId, deliveries: [], void: [one] });
    expect(await at.rows.isDead(box, 1)).toBe(false);
    expect(at.owed.due.has(packer)).toBe(false);
    expect(await at.replay(ref)).toMatchObject({ deliveries: [], void: [] });
    expect(await at.replay(ref, keyOf(packer), one.delivery_id)).toMatchObject({ deliveries: [], void: [one] });
    await at.pushAll();
    expect(at.got).toHaveLength(1);
  });

  it('goes as an operator moves its message back', async () => {
    await at.bind();
    await voidDead();
    await at.push({ replay: at.parked[0]?.seq });
    expect([at.got.length, await at.rows.isDead(box, 1)]).toEqual([1, false]);
  });

  it('goes as others are given up after it', async () => {
    at.ports.jitter = () => 0;
    await at.bind();
    for (let i = 0; i < 5; i += 1) await voidDead();
    const open = await at.submit({ max_delivery_attempts: 1 });
    at.says.push(refused);
    await at.pushAll();
    expect((await at.rows.dead(box, 0, 100)).map(({ intentId }) => intentId)).toEqual([open.intentId]);
  });

  it('is given up by nobody where it ends during its last try', async () => {
    await at.bind();
    const ref = await at.submit({ max_delivery_attempts: 1 });
    const ending = async () => {
      await cancelled(ref);
      return refused;
    };
    await at.push({}, { carry: ending });
    expect([at.parked, await at.rows.isDead(box, 1), at.owed.due.has(packer)]).toEqual([[], false, false]);
  });

  it('stays where it is the answer that was asked for: it is shown, and pushed again', async () => {
    await at.bind();
    const ref = await at.submit({ to_agent: 'other', reply_to: 'packer', max_delivery_attempts: 1 });
    await perform(at.store, ref, {}, at.context, (state, now) =>
      answer(state, { agent: `agent://${tenant}/other`, requestId: 'r2' }, { do: 'complete', result: { n: 1 } }, now),
    );
    await at.deliver(ref);
    at.says.push(refused);
    await at.pushAll();
    at.ports.jitter = () => 0;
    await voidDead();
    expect((await at.seen()).dead_letters).toMatchObject([{ delivery_id: `${ref.intentId}.reply` }]);
    expect(await at.replay(ref)).toMatchObject({ deliveries: [{ delivery_id: `${ref.intentId}.reply` }], void: [] });
    await at.pushAll();
    expect(await at.rows.isDead(box, 1)).toBe(false);
  });
});

describe('however much was given up in a mailbox', () => {
  const letter = (seq: number, { intentId }: IntentRef): DeadLetter => ({
    ...{ seq, intentId, deliveryId: `${intentId}.d1`, why: 'timeout', attempts: 1, at: given.start },
  });

  it('each of an intent is pushed again', async () => {
    await at.bind();
    const ids = given.idsInOrder();
    for (let seq = 1_000_000; seq < 1_001_500; seq += 1)
      await at.rows.bury(box, letter(seq, { tenant, intentId: ids() }));
    const refs = [await at.submit({ max_delivery_attempts: 1 }), await at.submit({ max_delivery_attempts: 1 })];
    at.says.push(refused, refused);
    await at.pushAll();
    for (const [place, ref] of refs.entries())
      expect((await at.replay(ref)).deliveries).toEqual([
        { delivery_id: `${ref.intentId}.d1`, to_agent: packer, seq: place + 1 },
      ]);
  });

  it('all that is not void is shown, page by page', async () => {
    await at.bind();
    const ref = await at.submit();
    const gone = { tenant, intentId: '01a200a8-0000-7000-8000-000000000000' };
    for (let seq = 1; seq <= 1200; seq += 1) await at.rows.bury(box, letter(seq, seq % 8 === 0 ? ref : gone));
    const seqs: number[] = [];
    const pages: (number | undefined)[] = [];
    let since: number | undefined = 0;
    while (since !== undefined) {
      const page: ReturnType<typeof gotBinding.parse> = gotBinding.parse({ ok: true, binding: await at.seen(since) });
      seqs.push(...(page.binding.dead_letters ?? []).map(({ seq }) => seq));
      since = page.binding.dead_letters_next;
      pages.push(since);
    }
    expect(seqs).toEqual(Array.from({ length: 150 }, (_, i) => (i + 1) * 8));
    expect(pages).toEqual([500, 1000, undefined]);
  });
});

describe('an agent that is off for a week', () => {
  it('finds all its intents in the mailbox, and those that were not given up are pushed once it is back', async () => {
    await at.bind();
    const off = async () => refused;
    const refs: IntentRef[] = [];
    for (let day = 0; day < 7; day += 1) {
      refs.push(await at.submit());
      for (let hour = 0; hour < 24; hour += 1) {
        at.pass(3600);
        await at.push({}, { carry: off });
      }
    }
    expect(at.boxes.all(box).map(({ intentId }) => intentId)).toEqual(refs.map(({ intentId }) => intentId));
    const dead = (await at.seen()).dead_letters ?? [];
    expect(dead.length).toBeGreaterThan(0);
    for (const { intent_id } of dead) await at.replay({ tenant, intentId: intent_id });
    await at.pushAll();
    expect(new Set(at.got.map(({ intentId }) => intentId))).toEqual(new Set(refs.map(({ intentId }) => intentId)));
  });
});

describe('whatever fails', () => {
  it('each entry arrives, in order, with its own id, whichever calls fail before or after they happen', async () => {
    const faults = fc.array(fc.constantFrom('fine', 'before', 'after'), { maxLength: 40 });
    await fc.assert(
      fc.asyncProperty(faults, fc.integer({ min: 1, max: 4 }), async (given, count) => {
        at = house();
        const fates = [...given];
        const broken = <T extends object>(port: T): T =>
          new Proxy(port, {
            get: (target, name) => {
              const method = Reflect.get(target, name) as (...args: unknown[]) => Promise<unknown>;
              return async (...args: unknown[]) => {
                const fate = fates.shift() ?? 'fine';
                if (fate === 'before') throw new Error('lost');
                const answer = await method.apply(target, args);
                if (fate === 'after') throw new Error('lost');
                return answer;
              };
            },
          });
        await at.bind();
        const refs: IntentRef[] = [];
        for (let i = 0; i < count; i += 1) refs.push(await at.submit());
        const { carry } = broken({ carry: at.ports.carry });
        const some = { store: broken(at.store), rows: broken(at.rows), owed: broken(at.owed), carry };
        for (let i = 0; at.owed.due.has(packer); i += 1) {
          expect(i).toBeLessThan(60);
          await at.push({}, some).catch(() => undefined);
          at.pass(100);
        }
        // At least once each; the first time in order.
        const first = [...new Set(ids(at.got))];
        expect(first).toEqual(refs.map(({ intentId }) => `${intentId}.d1`));
      }),
      runs(200),
    );
  });

  it('a crash between sending and noting it sends the same id again', async () => {
    await at.bind();
    const ref = await at.submit();
    const lost = { ...at.rows, note: async () => Promise.reject(new Error('lost')) };
    await expect(at.push({}, { rows: lost })).rejects.toThrow('lost');
    await at.push();
    expect(ids(at.got)).toEqual([`${ref.intentId}.d1`, `${ref.intentId}.d1`]);
    expect(at.owed.due.has(packer)).toBe(false);
  });
});

describe('binding', () => {
  it('to a URL gives its secret once; another URL keeps it; changing the key gives another', async () => {
    const secret = await at.bind();
    expect(secret).toMatch(/^whsec_/);
    expect(await at.bind({ kind: 'http', url: `${url}2` })).toBeUndefined();
    const fresh = await at.rotate();
    expect(fresh).not.toBe(secret);
    const { keys } = (await at.rows.binding(box)) as Extract<Binding, { kind: 'http' }>;
    expect(keys.map(({ sealed }) => sealed)).toEqual([`sealed ${fresh}`, `sealed ${secret}`]);
    expect(JSON.stringify(await at.seen())).not.toMatch(/whsec_|sealed/);
    await at.bind({ kind: 'stream' });
    await expect(at.rotate()).rejects.toThrow(/no such webhook/);
  });

  it('leads nowhere that is not public, nobody that the directory does not know, nothing that the deployment does not name', async () => {
    const manager = keyOf(packer, { scopes: ['accounts:manage'] });
    for (const [body, why] of [
      [{ kind: 'http', url: 'http://packer.example.com/' }, /https alone/],
      [{ kind: 'http', url: 'https://169.254.169.254/' }, /not a public one/],
      [{ kind: 'http', url: 'https://me:pass@example.com/' }, /no name and no password/],
      [{ kind: 'http', url: 'nowhere' }, /no URL/],
      [{ kind: 'inbox', person: 'nobody' }, /knows nobody/],
      [{ kind: 'internal', target: 'arn:aws:sqs:eu-west-1:123456789012:other' }, /internalTargets/],
    ] as const)
      await expect(at.bind(body, manager)).rejects.toThrow(why);
    expect(await at.rows.binding(box)).toBeUndefined();
  });

  it('with whatever body is refused in words, or leads where it may; what is refused changes nothing', async () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.webUrl(),
      fc.ipV4(),
      fc.constantFrom('ada', url, 'https://[::1]/'),
    );
    const body = fc.oneof(
      fc.jsonValue(),
      fc.record(
        {
          kind: fc.oneof(fc.constantFrom('stream', 'poll', 'http', 'inbox', 'internal'), fc.string()),
          url: text,
          person: text,
          target: text,
          since: fc.oneof(fc.integer(), fc.constant(0)),
        },
        { requiredKeys: ['kind'] },
      ),
    );
    await fc.assert(
      fc.asyncProperty(body, async (given) => {
        at = house();
        const parsed = putBinding.safeParse(given);
        if (!parsed.success) return;
        const manager = keyOf(packer, { scopes: ['accounts:manage'] });
        const refused = await at.bind(parsed.data, manager).then(
          () => undefined,
          (error: unknown) => error,
        );
        if (refused !== undefined) expect(refused).toBeInstanceOf(InvalidInput);
        const binding = await at.rows.binding(box);
        expect(binding === undefined).toBe(refused !== undefined);
        if (binding?.kind === 'http') expect(binding.url).toMatch(/^https:/);
        expect(gotBinding.safeParse({ ok: true, binding: await at.seen() }).error).toBeUndefined();
      }),
      runs(200),
    );
  });

  it('to a person or to what lies in the account takes the right to manage accounts', async () => {
    const inside = { kind: 'internal', target: 'arn:aws:sqs:eu-west-1:123456789012:packer' };
    for (const body of [{ kind: 'inbox', person: 'ada' }, inside]) {
      await expect(at.bind(body)).rejects.toThrow(/accounts:manage/);
      await at.bind(body, keyOf(packer, { scopes: ['accounts:manage'] }));
      expect(await at.seen()).toMatchObject({ kind: body.kind, status: 'active' });
    }
  });
});

describe('what is handed over', () => {
  it('is the entry of the mailbox: signed, to the account, or as news to a person', async () => {
    await at.bind();
    await at.submit();
    await at.push();
    const [entry] = at.got as [Entry];
    const sent: unknown[] = [];
    const note = (value: unknown) => void sent.push(value);
    const carry = carrying({
      now: () => given.start,
      send: async (webhook) => {
        note(webhook);
        return taken;
      },
      open: async (sealed, owner) => `${sealed} of ${owner.address}`,
      hand: async (handed) => note(handed),
      isThere: async () => true,
      tell: async () => Promise.reject(new Error('refused')),
      failed: note,
    });
    const common = { createdAt: given.start, updatedAt: given.start, version: 1 };
    const keys = [
      { id: 'b', sealed: 'b', createdAt: given.start },
      { id: 'a', sealed: 'a', createdAt: given.start, until: given.later(given.start, 1) },
      { id: 'over', sealed: 'over', createdAt: given.start, until: given.start },
    ];
    expect(await carry({ ...common, kind: 'http', url, keys }, box, entry)).toBe(taken);
    expect((await carry({ ...common, kind: 'internal', target: 'arn' }, box, entry)).is).toBe('taken');
    expect(await carry({ ...common, kind: 'inbox', person: 'ada' }, box, entry)).toEqual({
      is: 'failed',
      why: 'not_reached',
    });
    const id = `${entry.intentId}_d1`;
    expect(sent).toEqual([
      { url, id, body: bodyOf(entry), secrets: [`b of ${packer}`, `a of ${packer}`] },
      { target: 'arn', address: packer, id, type: 'intent.delivered', body: bodyOf(entry) },
      expect.objectContaining({ message: 'refused' }),
    ]);
    expect(JSON.parse(bodyOf(entry))).toMatchObject({
      type: 'intent.delivered',
      timestamp: given.start,
      data: { delivery_id: `${entry.intentId}.d1`, seq: 1, intent_id: entry.intentId, payload: { parcel: 'P-1' } },
    });
  });
});
