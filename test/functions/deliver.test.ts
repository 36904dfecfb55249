import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { pauseMs } from '../../adapters/due.ts';
import { messageOf } from '../../adapters/messages.ts';
import { perform } from '../../core/commit.ts';
import type { MailboxRows } from '../../core/mailbox.ts';
import type { Head, IntentRef, OutboxRow } from '../../core/model.ts';
import type { Store } from '../../core/ports.ts';
import { answer } from '../../core/rules/answer.ts';
import { cancel } from '../../core/rules/cancel.ts';
import { claim } from '../../core/rules/claim.ts';
import { memoryBindings, memoryOwedPushes } from '../../core/testing/memory-bindings.ts';
import { memoryMailboxes } from '../../core/testing/memory-mailboxes.ts';
import { memoryStore } from '../../core/testing/memory-store.ts';
import { admit } from '../../functions/api/submit.ts';
import { payDelivery } from '../../functions/deliver/pay.ts';
import { payRuns } from '../../functions/runs/pay.ts';
import { isWanted } from '../../functions/streams/frames.ts';
import { mend } from '../../functions/sweep/mend.ts';
import * as given from '../core/builders.ts';
import { runs } from '../properties.ts';

const packer = `agent://${given.tenant}/packer`;
const clerk = `agent://${given.tenant}/clerk`;
const key = { keyId: 'k', tenant: given.tenant, agent: clerk, name: 'test', createdAt: given.start };

function house() {
  const store = memoryStore();
  const rows = memoryMailboxes();
  const unbound = { bindings: memoryBindings(), pushes: memoryOwedPushes() };
  const newId = given.idsInOrder();
  let now = given.start;
  const context = () => given.contextAt(now, newId);
  const by = () => ({ agent: packer, requestId: newId() });
  return {
    store,
    rows,
    unbound,
    context,
    pass: (seconds: number) => {
      now = given.later(now, seconds);
    },
    async submit(more: object = {}): Promise<IntentRef> {
      const body = { intent_type: 'parcels.pack.v1', to_agent: 'packer', payload: { parcel: 'P-1' }, ...more };
      const asked = { body, idempotencyKey: undefined, traceId: 'trace-00000001', context: context() };
      const { intent_id } = (await admit(store, key, asked)) as { intent_id: string };
      return { tenant: given.tenant, intentId: intent_id };
    },
    owed: (ref: IntentRef, kind = 'deliver') =>
      store.outbox(ref).flatMap((row) => (row.kind === kind ? [messageOf({ ...ref, ...row })] : [])),
    /** Works off what is owed to mailboxes, once. */
    async deliver(
      ref: IntentRef,
      ports: { store?: Store; rows?: MailboxRows; stopped?: (head: Head, to: string) => Promise<boolean> } = {},
    ): Promise<void> {
      const pay = payDelivery({
        store,
        rows,
        ...unbound,
        context,
        pause: async () => {},
        stopped: async () => false,
        ...ports,
      });
      for (const message of this.owed(ref)) await pay(message);
    },
    box: (address = packer) => rows.all({ tenant: given.tenant, address }),
    answer: (ref: IntentRef, result = { packed: true } as object) =>
      perform(store, ref, {}, context, (state, at) =>
        answer(state, by(), { do: 'complete', result: result as never }, at),
      ),
    claim: (ref: IntentRef, leaseSeconds = 60) =>
      perform(store, ref, {}, context, (state, at) => claim(state, by(), { claimant: 'one', leaseSeconds }, at)),
    cancel: (ref: IntentRef) =>
      perform(store, ref, {}, context, (state, at) =>
        cancel(state, { by: 'agent', address: clerk, requestId: newId(), reason: 'no' }, at),
      ),
  };
}

let at: ReturnType<typeof house>;
beforeEach(() => {
  at = house();
});

describe('a delivery', () => {
  it('puts the intent into the mailbox, and then says that it was delivered', async () => {
    const ref = await at.submit();
    await at.deliver(ref);
    expect(at.box()).toMatchObject([
      { seq: 1, intentId: ref.intentId, type: 'parcels.pack.v1', status: 'DELIVERED', payload: { parcel: 'P-1' } },
    ]);
    expect((await at.store.load(ref))?.head.status).toBe('DELIVERED');
    expect(at.owed(ref)).toEqual([]);
  });

  it('that comes twice at once is one entry, and one event', async () => {
    const ref = await at.submit();
    const pay = payDelivery({
      ...at.unbound,
      store: at.store,
      rows: at.rows,
      context: at.context,
      pause: async () => {},
      stopped: async () => false,
    });
    const [message] = at.owed(ref);
    await Promise.all([message, message, message].map((one) => pay(one as never)));
    expect(at.box()).toHaveLength(1);
    expect((await at.store.events(ref, 0, 100)).filter(({ type }) => type === 'intent.delivered')).toHaveLength(1);
  });

  it('leaves a payload that is large to be read with the intent', async () => {
    const ref = await at.submit({ payload: { text: 'x'.repeat(9000) } });
    await at.deliver(ref);
    expect(at.box()[0]).not.toHaveProperty('payload');
  });

  it('of what has ended meanwhile is no work, but a thread, and no longer owed', async () => {
    const ref = await at.submit();
    await at.cancel(ref);
    await at.deliver(ref);
    expect(at.box()).toMatchObject([{ why: 'thread', status: 'CANCELED' }]);
    expect(at.box().filter(isWanted(['CANCELED']))).toEqual([]);
    expect(at.owed(ref)).toEqual([]);
  });

  it('under a stop is nothing, stays owed, and comes once the stop is lifted', async () => {
    const ref = await at.submit();
    const asked: string[] = [];
    await at.deliver(ref, { stopped: async ({ from }, to) => asked.push(from, to) > 0 });
    expect(asked).toEqual([expect.stringContaining('agent://'), packer]);
    expect(at.box()).toEqual([]);
    expect(at.owed(ref)).toHaveLength(1);
    await at.deliver(ref);
    expect(at.box()).toHaveLength(1);
  });

  it('under a stop is looked at again a minute later, also where the sweep has taken it for five; not once it is paid', async () => {
    const ref = await at.submit();
    const stopped = async () => true;
    const [row] = at.store.outbox(ref).filter(({ kind }) => kind === 'deliver');
    const dueAt = () => at.store.outbox(ref).find(({ key }) => key === row?.key)?.dueAt;
    const now = Date.parse(at.context().now);
    await at.store.postpone(ref, { ...(row as OutboxRow), dueAt: now + pauseMs });
    await at.deliver(ref, { stopped });
    expect(dueAt()).toBe(now + 60_000);
    expect(at.store.outbox(ref).find(({ key }) => key === row?.key)).toMatchObject({ ...row, dueAt: now + 60_000 });
    await at.deliver(ref);
    await at.store.postpone(ref, row as OutboxRow);
    expect(dueAt()).toBeUndefined();
  });

  it('happens once, and says so once, whichever calls fail before or after they happen', async () => {
    const faults = fc.array(fc.constantFrom('fine', 'before', 'after'), { maxLength: 25 });
    await fc.assert(
      fc.asyncProperty(faults, async (given) => {
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
        const ref = await at.submit();
        // As the queue and the sweep do: until nothing is owed any more.
        while (at.owed(ref).length > 0)
          await at.deliver(ref, { store: broken(at.store), rows: broken(at.rows) }).catch(() => undefined);
        expect(at.box()).toHaveLength(1);
        const types = (await at.store.events(ref, 0, 100)).map(({ type }) => type);
        expect(types).toEqual(['intent.created', 'intent.submitted', 'intent.delivered']);
      }),
      runs(300),
    );
  });
});

describe('the answer to whom it was asked for', () => {
  it('is put into their mailbox once the intent has ended, with its outcome', async () => {
    const ref = await at.submit({ reply_to: 'clerk' });
    await at.deliver(ref);
    await at.answer(ref);
    await at.deliver(ref);
    await at.deliver(ref);
    expect(at.box(clerk)).toMatchObject([
      {
        seq: 1,
        deliveryId: `${ref.intentId}.reply`,
        why: 'completed',
        status: 'COMPLETED',
        outcome: { result: { packed: true } },
      },
    ]);
    expect(at.owed(ref)).toEqual([]);
  });
});

describe('a lease', () => {
  it('is looked at once it is over, and not sooner: then the intent is given out again', async () => {
    const ref = await at.submit();
    await at.deliver(ref);
    await at.claim(ref, 60);
    await at.deliver(ref);
    expect(at.owed(ref)).toHaveLength(1);
    at.pass(61);
    await at.deliver(ref);
    await at.deliver(ref);
    expect(at.box()).toHaveLength(1);
    at.pass(2);
    await at.deliver(ref);
    expect(at.box().map(({ why, attempt }) => [why, attempt])).toEqual([
      ['assigned', 1],
      ['lease_over', 2],
    ]);
    expect(at.owed(ref)).toEqual([]);
  });
});

describe('the other functions', () => {
  const machines = { start: async () => {}, redeem: async () => true };

  it('end the parts of what was withdrawn, more of them than are read at once, and theirs', async () => {
    const ref = await at.submit();
    const parts: IntentRef[] = [];
    for (let i = 0; i < 120; i += 1) parts.push(await at.submit({ parent_intent_id: ref.intentId }));
    const last = await at.submit({ parent_intent_id: parts[119]?.intentId });
    await at.cancel(ref);
    const pay = payRuns({ store: at.store, machines, context: at.context, lost: () => {} });
    for (const one of [ref, ...parts]) for (const message of at.owed(one, 'cancel')) await pay(message);
    for (const one of [...parts, last]) expect((await at.store.load(one))?.head.status).toBe('CANCELED');
    expect(at.owed(ref, 'cancel')).toEqual([]);
    await expect(pay({ ...at.owed(last, 'cancel')[0], kind: 'deliver' } as never)).rejects.toThrow(TypeError);
  });

  it('end at its deadline what no run ends, and start the next run of what is silent', async () => {
    const ref = await at.submit();
    const swept = async () => {
      const due = {
        overdue: async () => [{ pk: `${ref.tenant}#${ref.intentId}`, sk: 's#head' }],
        take: async () => undefined,
      };
      const failed = (error: Error) => {
        throw error;
      };
      return mend({ store: at.store, context: at.context, due, enqueue: async () => {}, failed });
    };
    at.pass(300);
    await swept();
    expect((await at.store.load(ref))?.head).toMatchObject({ generation: 2, status: 'SUBMITTED' });
    at.pass(31 * 86_400);
    await swept();
    expect((await at.store.load(ref))?.head.status).toBe('TIMED_OUT');
  });
});
