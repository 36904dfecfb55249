import { describe, expect, it } from 'vitest';
import { genesisHash, verifyChain } from '../../core/audit.ts';
import { type Change, chainOf, IllegalTransition, perform, seal } from '../../core/commit.ts';
import { PolicyDenied, RetryableError } from '../../core/errors.ts';
import type { Head } from '../../core/model.ts';
import type { Store } from '../../core/ports.ts';
import { submit } from '../../core/rules/submit.ts';
import * as given from './builders.ts';
import { story } from './story.ts';

const at = given.contextAt(given.start);
const born = (): Head => submit(given.submission(), given.contextAt(given.start)).commit.head;
const intent = () => ({ head: born() });

const change = (over: Partial<Change<string>> = {}): Change<string> => ({
  command: 'work:1',
  action: 'work.done',
  actor: { kind: 'system', id: 'run' },
  head: { status: 'IN_PROGRESS' },
  events: [{ type: 'intent.in_progress', status: 'IN_PROGRESS' }],
  data: {},
  result: 'ok',
  ...over,
});

describe('seal: a change becomes one commit', () => {
  it('numbers events on from the head and builds on its version', () => {
    const before = born();
    const waiting = { type: 'intent.waiting', status: 'WAITING', waitingReason: 'WAITING_FOR_TIME' } as const;
    const [first] = change().events;
    const sealed = seal(
      { head: before },
      change({ events: [first, waiting] as never, head: { status: 'WAITING' } }),
      at,
    );
    expect(before).toMatchObject({ seq: 2, auditSeq: 1 });
    expect(sealed.basedOn).toBe(1);
    expect(sealed.events.map((event) => event.seq)).toEqual([3, 4]);
    expect(sealed.head).toMatchObject({ seq: 4, auditSeq: 2, auditHash: sealed.record.hash });
  });

  it('keeps the answer on the last event only, where a repeated command finds it', () => {
    const [first] = change().events;
    const sealed = seal(intent(), change({ events: [first, first] as never }), at);
    expect(sealed.events.map((event) => event.answer)).toEqual([undefined, { value: 'ok' }]);
    expect(sealed.events.every((event) => event.command === 'work:1')).toBe(true);
  });

  it('chains its record to the one before it', () => {
    const birth = submit(given.submission(), given.contextAt(given.start)).commit;
    expect(birth.record.prev).toBe(genesisHash);
    const next = seal({ head: birth.head }, change(), at);
    expect(next.record).toMatchObject({ seq: 2, prev: birth.record.hash });
    const tip = { seq: next.head.auditSeq, hash: next.head.auditHash };
    expect(verifyChain(chainOf(birth.head), [birth.record, next.record], tip).ok).toBe(true);
  });

  it('takes null as: no longer there', () => {
    const before = { ...born(), waitingReason: 'WAITING_FOR_TIME' as const };
    expect(
      seal({ head: before }, change({ head: { status: 'IN_PROGRESS', waitingReason: null } }), at).head,
    ).not.toHaveProperty('waitingReason');
  });

  it('refuses a way that the lifecycle does not know, at any of its events', () => {
    const done: Head = { ...born(), status: 'COMPLETED' };
    expect(() => seal({ head: done }, change(), at)).toThrow(IllegalTransition);
    const acknowledged = { type: 'intent.acknowledged', status: 'ACKNOWLEDGED' } as const;
    const wrong = change({ events: [acknowledged], head: { status: 'ACKNOWLEDGED' } });
    expect(() => seal(intent(), wrong, at)).toThrow('SUBMITTED → ACKNOWLEDGED');
    const [first] = change().events;
    const second = change({ events: [first, acknowledged] as never, head: { status: 'ACKNOWLEDGED' } });
    expect(() => seal(intent(), second, at)).toThrow('IN_PROGRESS → ACKNOWLEDGED');
  });

  it('refuses a status that no event tells of, and a birth that is none', () => {
    expect(() => seal(intent(), change({ events: [] }), at)).toThrow(IllegalTransition);
    expect(() => seal(undefined, change({ head: { ...born(), status: 'IN_PROGRESS' } }), at)).toThrow('nothing →');
    expect(() => seal(undefined, change({ events: [], head: born() }), at)).toThrow(IllegalTransition);
  });
});

/** Somebody else commits first, this many times. */
function contested(store: Store, rivals: number, rival: (n: number) => Promise<unknown>): Store {
  let left = rivals;
  return {
    ...store,
    async commit(commit) {
      if (left > 0) {
        left -= 1;
        await rival(left);
      }
      return store.commit(commit);
    },
  };
}

describe('perform: load, decide, commit', () => {
  it('decides anew on what somebody faster has committed', async () => {
    const { store, ref, context } = await story();
    const seen: number[] = [];
    const rival = (n: number) => perform(store, ref, {}, context, () => change({ command: `rival:${n}` }));
    await perform(contested(store, 2, rival), ref, {}, context, (state) => {
      seen.push(state?.head.auditSeq ?? 0);
      return change();
    });
    expect(seen).toEqual([1, 2, 3]);
    expect((await store.load(ref))?.head.auditSeq).toBe(4);
  });

  it('gives the committed answer where only the response was lost, and commits nothing twice', async () => {
    const { store, ref, context } = await story();
    let rounds = 0;
    const answer = await perform(given.losingAnswers(store, 1), ref, {}, context, () => {
      rounds += 1;
      return change({ result: `round ${rounds}` });
    });
    expect(answer).toBe('round 1');
    expect((await store.load(ref))?.head.auditSeq).toBe(2);
  });

  it('is denied, with the target, where a stop stands', async () => {
    const { store, ref, context } = await story();
    store.stop({ kind: 'tenant', id: given.tenant });
    const stopped = perform(store, ref, {}, context, () => change({ stops: [{ kind: 'tenant', id: given.tenant }] }));
    await expect(stopped).rejects.toThrow(PolicyDenied);
    await expect(stopped).rejects.toMatchObject({ details: { reason: 'stopped', target: 'stop#tenant#acme/shop' } });
    expect((await store.load(ref))?.head.auditSeq).toBe(1);
  });

  it('commits nothing where the answer stands already', async () => {
    const { store, ref, context } = await story();
    expect(await perform(store, ref, {}, context, () => ({ done: 'before' }))).toBe('before');
    expect(store.records(ref)).toHaveLength(1);
  });

  it('reads again where somebody committed between the reads of a load, and the head is older than the rest', async () => {
    const { store, ref, context } = await story();
    const old = await store.load(ref);
    if (!old) throw new TypeError('the story has an intent');
    await perform(store, ref, {}, context, () => change());
    const loads = [old, await store.load(ref)];
    const torn = { ...store, load: async () => loads.shift() };
    const seen: number[] = [];
    await perform(torn, ref, {}, context, (state) => {
      seen.push(state?.head.auditSeq ?? 0);
      const isOld = state?.head.status === 'SUBMITTED';
      return change({ command: 'next', ...(isOld ? { head: { status: 'COMPLETED' as const } } : {}) });
    });
    expect(seen).toEqual([1, 2]);
  });

  it('calls it a defect where a rule wishes for the same again on the same head', async () => {
    const { store, ref, context } = await story();
    const wish = () => change({ head: { status: 'COMPLETED' } });
    await expect(perform(store, ref, {}, context, wish)).rejects.toThrow(IllegalTransition);
  });

  it('gives up in the end, and says that trying again may work', async () => {
    const { store, ref, context } = await story();
    const rival = () => perform(store, ref, {}, context, () => change({ command: 'rival' }));
    await expect(perform(contested(store, 1000, rival), ref, {}, context, () => change())).rejects.toThrow(
      RetryableError,
    );
  });

  it('lets twenty at once have their turn, one after another', async () => {
    const { store, ref, context } = await story();
    const twenty = Array.from({ length: 20 }, (_, i) =>
      perform(store, ref, {}, context, () => change({ command: `work:${i}`, result: String(i) })),
    );
    expect(await Promise.all(twenty)).toEqual(Array.from({ length: 20 }, (_, i) => String(i)));
    expect((await store.load(ref))?.head.auditSeq).toBe(21);
  });
});
