import { beforeEach, describe, expect, it } from 'vitest';
import { messageOf } from '../../adapters/messages.ts';
import { verifyChain } from '../../core/audit.ts';
import { perform } from '../../core/commit.ts';
import { delegated } from '../../core/delegation.ts';
import type { IntentType } from '../../core/intent-type.ts';
import { answer } from '../../core/rules/answer.ts';
import { cancel } from '../../core/rules/cancel.ts';
import { freeze } from '../../core/rules/override.ts';
import { submit } from '../../core/rules/submit.ts';
import { handOn, hiddenFrom, hide, reply } from '../../core/rules/thread.ts';
import { memoryBindings, memoryOwedPushes } from '../../core/testing/memory-bindings.ts';
import { memoryMailboxes } from '../../core/testing/memory-mailboxes.ts';
import { memoryStore } from '../../core/testing/memory-store.ts';
import { ownersOf } from '../../core/thread.ts';
import { timelineOf } from '../../core/timeline.ts';
import { payDelivery } from '../../functions/deliver/pay.ts';
import { isWanted } from '../../functions/streams/frames.ts';
import { threadOut } from '../../functions/tasks/thread.ts';
import * as given from './builders.ts';

const address = (name: string): string => `agent://${given.tenant}/${name}`;
const packer = address('packer');
/** The name of the agent that asks. */
const sender = given.agent.split('/').at(-1) ?? '';

/** An intent in a packer's inbox, on the store in memory. */
async function inbox(asked: object = { type: delegated('parcels.pack.v1') as IntentType, delegated: true }) {
  const store = memoryStore();
  const rows = memoryMailboxes();
  const newId = given.idsInOrder();
  let now = given.start;
  const context = () => given.contextAt(now, newId);
  const { commit } = submit(given.submission({ to: packer, toAgent: true, ...asked }), context());
  await store.commit(commit);
  const ref = { tenant: commit.head.tenant, intentId: commit.head.intentId };
  const by = (agent = packer) => ({ agent, requestId: newId() });
  const state = async () => {
    const found = await store.load(ref, { request: true });
    if (!found) throw new TypeError('there is one');
    return found;
  };
  const change = <R>(rule: Parameters<typeof perform<R>>[4]) => perform(store, ref, { request: true }, context, rule);
  return {
    store,
    ref,
    state,
    by,
    pass: (seconds: number) => {
      now = given.later(now, seconds);
    },
    owners: async () => ownersOf(await state()).sort(),
    thread: async (owner = packer) => threadOut(await state(), await store.events(ref, 0, 100), owner),
    /** Works off what is owed to mailboxes; gives why entries came into one. */
    async deliver(name = 'packer'): Promise<string[]> {
      const unbound = { bindings: memoryBindings(), pushes: memoryOwedPushes(), stopped: async () => false };
      const pay = payDelivery({ store, rows, ...unbound, context, pause: async () => {} });
      for (const row of store.outbox(ref).filter(({ kind }) => kind === 'deliver'))
        await pay(messageOf({ ...ref, ...row }));
      return rows.all({ tenant: given.tenant, address: address(name) }).map(({ why }) => why);
    },
    entries: (name: string) => rows.all({ tenant: given.tenant, address: address(name) }),
    reply: (message = 'Which box?', agent = packer) => change((one, at) => reply(one, by(agent), message, at)),
    handOn: (to = address('loader'), agent = packer) =>
      change((one, at) => handOn(one, by(agent), { to, note: 'Yours.' }, at)),
    hide: (mode: 'self' | 'both', seqs: number[], agent = packer) =>
      change((one, at) => hide(one, by(agent), { mode, seqs }, at)),
    complete: (agent = packer) =>
      change((one, at) => answer(one, by(agent), { do: 'complete', result: { packed: true } }, at)),
    cancel: () =>
      change((one, at) => cancel(one, { by: 'agent', address: given.agent, requestId: newId(), reason: 'no' }, at)),
    freeze: () =>
      change((one, at) => freeze(one, { by: { kind: 'person', id: 'olga', via: 'cli' }, reason: 'wild' }, at)),
    async verified(): Promise<void> {
      const { head } = await state();
      const tip = { seq: head.auditSeq, hash: head.auditHash };
      expect(verifyChain(`${ref.tenant}#${ref.intentId}`, store.records(ref), tip).faults).toEqual([]);
    },
  };
}

let told: Awaited<ReturnType<typeof inbox>>;
beforeEach(async () => {
  told = await inbox();
});

describe('a thread', () => {
  it('is its receiver’s from the start, of a declared type too, and the deployment’s own address has none', async () => {
    expect(await told.owners()).toEqual([packer]);
    expect(await told.deliver()).toEqual(['assigned']);
    const asked = await inbox({});
    expect(await asked.owners()).toEqual([packer]);
    expect(await asked.deliver()).toEqual(['thread']);
    expect(asked.store.outbox(asked.ref).filter(({ kind }) => kind === 'deliver')).toEqual([]);
    const own = await inbox({ toAgent: false, to: address('holdpoint') });
    expect(await own.owners()).toEqual([]);
    expect(await own.deliver('holdpoint')).toEqual([]);
  });

  it('is whose the answer is once there is one, and not before', async () => {
    const type = delegated('parcels.pack.v1') as IntentType;
    told = await inbox({ type, delegated: true, replyTo: address('clerk') });
    expect(await told.owners()).toEqual([packer]);
    await told.complete();
    expect(await told.owners()).toEqual([address('clerk'), packer]);
    expect(await told.deliver('clerk')).toEqual(['completed']);
  });

  it('has AXP’s status by what the intent’s is', async () => {
    expect((await told.thread()).status).toBe('pending');
    await perform(
      told.store,
      told.ref,
      {},
      () => given.contextAt(given.start),
      (one, at) => answer(one, told.by(), { do: 'start', details: {} }, at),
    );
    expect((await told.thread()).status).toBe('active');
    await told.complete();
    expect((await told.thread()).status).toBe('done');
  });

  it('tells its end to whoever has it without a delivery, or wrote on it, whichever rule ends it', async () => {
    const asked = await inbox({});
    await asked.cancel();
    expect(await asked.deliver()).toEqual(['thread', 'thread']);
    await told.deliver();
    await told.reply();
    await told.deliver();
    await told.cancel();
    expect(await told.deliver(sender)).toEqual(['thread', 'thread']);
    expect(told.entries(sender).at(-1)?.status).toBe('CANCELED');
    await told.verified();
  });

  it('is no work: streams of an agent leave its news out, whatever status they ask for', async () => {
    await told.deliver();
    await told.reply();
    await told.deliver();
    const [work, ...news] = told.entries('packer');
    expect(news).toHaveLength(1);
    expect([work, ...news].map((one) => one && isWanted([one.status])(one))).toEqual([true, false]);
  });
});

describe('a reply', () => {
  it('is an event of the intent, told to all who have it and to the sender, who has it from then on', async () => {
    await told.deliver();
    await told.reply();
    const [event] = (await told.store.events(told.ref, 0, 100)).slice(-1);
    expect(event).toMatchObject({ status: 'DELIVERED', details: { message: 'Which box?', from_agent: packer } });
    expect(await told.owners()).toEqual([packer, given.agent].sort());
    expect(await told.deliver(sender)).toEqual(['thread']);
    await told.reply('The blue one.', given.agent);
    expect(await told.deliver()).toEqual(['assigned', 'thread', 'thread']);
    expect((await told.thread(given.agent)).timeline.map(({ details }) => details.message).filter(Boolean)).toEqual([
      'Which box?',
      'The blue one.',
    ]);
    expect(JSON.stringify(told.store.records(told.ref))).not.toContain('The blue one.');
    // People see that agents write, not what.
    const moments = timelineOf(await told.state(), await told.store.events(told.ref, 0, 100));
    expect(moments.slice(-2).map(({ what, says, quote }) => [what, says, quote])).toEqual([
      ['replied', [`By ${packer}.`], undefined],
      ['replied', [`By ${given.agent}.`], undefined],
    ]);
    await told.verified();
  });

  it('is refused to whoever has no thread, of what has ended, of what is frozen, and where there are too many', async () => {
    await expect(told.reply('Hi', address('stranger'))).rejects.toMatchObject({ code: 'not_found' });
    await expect(told.reply('Hi', given.agent)).rejects.toMatchObject({ code: 'not_found' });
    const frozen = await inbox();
    await frozen.freeze();
    await expect(frozen.reply()).rejects.toMatchObject({ code: 'intent_frozen' });
    for (let n = 0; n < 200; n += 1) await told.reply(`${n}`);
    await expect(told.reply()).rejects.toMatchObject({ code: 'too_many_messages' });
    await told.complete();
    await expect(told.reply()).rejects.toMatchObject({ code: 'intent_terminal' });
  });
});

describe('handing on', () => {
  it('delivers it to another agent, who may answer it; whoever had it has it still', async () => {
    await told.deliver();
    await expect(told.complete(address('loader'))).rejects.toMatchObject({ code: 'policy_denied' });
    await told.handOn();
    expect((await told.store.events(told.ref, 0, 100)).at(-1)).toMatchObject({
      type: 'intent.transfer',
      details: { from_agent: packer, to_agent: address('loader'), note: 'Yours.' },
    });
    expect(await told.deliver('loader')).toEqual(['delegated']);
    expect(told.entries('loader')[0]).toMatchObject({ status: 'DELIVERED', payload: expect.anything() });
    expect(await told.owners()).toEqual([address('loader'), packer]);
    await told.complete(address('loader'));
    // Whoever handed it on is told how it ended.
    expect(await told.deliver()).toEqual(['assigned', 'thread', 'thread']);
    await told.verified();
  });

  it('of what asks a person shows the thread, and gives nobody anything to answer', async () => {
    const asked = await inbox({});
    await asked.handOn();
    expect(await asked.deliver('loader')).toEqual(['thread']);
    await expect(asked.complete(address('loader'))).rejects.toMatchObject({ code: 'policy_denied' });
  });

  it('again changes nothing, and to oneself, by a stranger, or after the end is refused', async () => {
    await told.handOn();
    const before = await told.state();
    await told.handOn();
    expect(await told.state()).toEqual(before);
    await expect(told.handOn(packer)).rejects.toMatchObject({ details: { field: 'delegate_to' } });
    await expect(told.handOn(address('x'), address('stranger'))).rejects.toMatchObject({ code: 'not_found' });
    for (let n = 0; n < 18; n += 1) await told.handOn(address(`n${n}`));
    await expect(told.handOn(address('last'))).rejects.toMatchObject({ code: 'too_many_receivers' });
    await told.complete();
    await expect(told.handOn(address('x'))).rejects.toMatchObject({ code: 'intent_terminal' });
  });
});

describe('hiding lines', () => {
  it('takes them out of the owner’s view, never the first, also of an intent that has ended', async () => {
    await told.reply();
    await told.complete();
    expect(await told.hide('self', [1, 2, 3, 99])).toMatchObject({ hidden: [2, 3] });
    expect((await told.thread()).timeline.map(({ event_type }) => event_type)).toEqual([
      'intent.created',
      'intent.completed',
    ]);
    expect((await told.thread(given.agent)).timeline).toHaveLength(4);
    expect(await told.store.events(told.ref, 0, 100)).toHaveLength(4);
    expect(await told.hide('self', [2])).toMatchObject({ hidden: [] });
    await told.verified();
  });

  it('takes them out of everybody’s', async () => {
    await told.reply();
    await told.hide('both', [3]);
    for (const owner of [packer, given.agent]) {
      expect((await told.thread(owner)).timeline.map(({ details }) => details.message)).not.toContain('Which box?');
      expect(hiddenFrom((await told.state()).thread, owner)).toEqual(new Set([3]));
    }
    await expect(told.hide('both', [2], address('stranger'))).rejects.toMatchObject({ code: 'not_found' });
  });
});
