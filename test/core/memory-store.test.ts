/** The conditions that the store on DynamoDB has too; a rule that is tested on this store is tested on them. */

import { beforeEach, describe, expect, it } from 'vitest';
import { type Change, type SealedCommit, seal, type Writes } from '../../core/commit.ts';
import type { Effect, Link } from '../../core/model.ts';
import type { CommitResult } from '../../core/ports.ts';
import { submit } from '../../core/rules/submit.ts';
import { type MemoryStore, memoryStore } from '../../core/testing/memory-store.ts';
import * as given from './builders.ts';

const changed = { ok: false, because: 'changed' };
const idempotency = { key: 'k', requestHash: 'h', answer: { intent_id: 'first' } };

let store: MemoryStore;
let birth: SealedCommit;

const next = (writes: Writes = {}, over: Partial<Change<null>> = {}, on: SealedCommit = birth): SealedCommit =>
  seal(
    { head: on.head },
    {
      command: 'work',
      action: 'work.done',
      actor: { kind: 'system', id: 'run' },
      head: { status: 'IN_PROGRESS' },
      events: [{ type: 'intent.in_progress', status: 'IN_PROGRESS' }],
      data: {},
      writes,
      result: null,
      ...over,
    },
    given.contextAt(given.start),
  );

const link = (hash: string, over: Partial<Link> = {}) =>
  ({ ...birth.head, hash, linkId: hash, ...over }) as unknown as Link;
const effect = (state: Effect['state'], owner: string) =>
  ({ ...birth.head, effectId: 'e', state, owner }) as unknown as Effect;

/** Commits, and where it is refused asserts that nothing of it was written. */
async function commit(sealed: SealedCommit): Promise<CommitResult> {
  const before = JSON.stringify([await store.load(sealed.head), store.records(sealed.head), store.outbox(sealed.head)]);
  const outcome = await store.commit(sealed);
  const after = JSON.stringify([await store.load(sealed.head), store.records(sealed.head), store.outbox(sealed.head)]);
  expect(before === after).toBe(!outcome.ok);
  return outcome;
}

beforeEach(async () => {
  store = memoryStore();
  birth = submit(
    given.submission({ idempotency: { key: 'k', requestHash: 'h' } }),
    given.contextAt(given.start),
  ).commit;
  expect(await commit(birth)).toEqual({ ok: true });
});

describe('the store in memory', () => {
  it('takes one commit on each version of the head', async () => {
    expect(await commit(next())).toEqual({ ok: true });
    expect(await commit(next())).toEqual(changed);
    expect(await commit({ ...birth, writes: {} })).toEqual(changed);
  });

  it('answers a repeated Idempotency-Key with what it answered then, before anything else', async () => {
    store.stop({ kind: 'everything' });
    const again = submit(
      given.submission({ idempotency: { key: 'k', requestHash: 'other' } }),
      given.contextAt(given.start),
    );
    expect(await commit({ ...again.commit, head: { ...again.commit.head, intentId: 'second' } })).toEqual({
      ok: false,
      because: 'repeated',
      key: 'k',
      requestHash: 'h',
      answer: birth.writes.idempotency?.answer,
    });
    const elsewhere = next({ idempotency }, {}, { ...birth, head: { ...birth.head, tenant: 'other/tenant' } });
    expect(await commit({ ...elsewhere, basedOn: null })).toEqual({ ok: true });
  });

  it('names the stop that stands', async () => {
    store.stop({ kind: 'tool', id: 't' });
    const asks = { stops: [{ kind: 'everything' as const }, { kind: 'tool' as const, id: 't' }] };
    expect(await commit(next({}, asks))).toEqual({ ok: false, because: 'stopped', target: 'stop#tool#t' });
    store.resume({ kind: 'tool', id: 't' });
    expect(await commit(next({}, asks))).toEqual({ ok: true });
  });

  it('writes what is immutable once', async () => {
    const plan = { plan: { hash: 'p' } } as unknown as Writes;
    const first = next({ ...plan, outcome: {}, note: { state: 'TRIAGE', value: {} } });
    expect(await commit(first)).toEqual({ ok: true });
    for (const again of [
      plan,
      { outcome: {} },
      { note: { state: 'TRIAGE', value: {} } },
      { request: birth.writes.request as never },
    ])
      expect(await commit(next(again, {}, first))).toEqual(changed);
    expect(await commit(next({ note: { state: 'OTHER', value: {} } }, {}, first))).toEqual({ ok: true });
  });

  it('uses a link that is stored and unused; replaces one that is stored, keeping the first time', async () => {
    expect(await commit(next({ link: link('a') }))).toEqual(changed);
    await store.putLink(link('a'));
    await store.putLink(link('a', { mail: 'later@example.com' }));
    const used = next({ link: link('a', { usedAt: given.start }) });
    expect(await commit(used)).toEqual({ ok: true });
    expect(await commit(next({ link: link('a') }, {}, used))).toEqual(changed);
    expect(await commit(next({ replacedLink: 'nowhere' }, {}, used))).toEqual(changed);
    await store.putLink(link('b', { replacedAt: '2026-01-01T00:00:00.000Z' }));
    expect(await commit(next({ replacedLink: 'b' }, {}, used))).toEqual({ ok: true });
    expect(await store.findLink('b')).toMatchObject({ replacedAt: '2026-01-01T00:00:00.000Z' });
  });

  it('fences an effect by the state and owner it was read with', async () => {
    const started = { row: effect('STARTED', 'a'), was: null };
    const first = next({ effect: started });
    expect(await commit(next({ effect: { ...started, was: { state: 'STARTED', owner: 'a' } } }))).toEqual(changed);
    expect(await commit(first)).toEqual({ ok: true });
    for (const was of [null, { state: 'STARTED', owner: 'b' }, { state: 'UNKNOWN', owner: 'a' }] as const)
      expect(await commit(next({ effect: { row: effect('SUCCEEDED', 'a'), was } }, {}, first))).toEqual(changed);
    const settled = { row: effect('SUCCEEDED', 'a'), was: { state: 'STARTED' as const, owner: 'a' } };
    expect(await commit(next({ effect: settled }, {}, first))).toEqual({ ok: true });
  });

  it('owes a row once, and forgets it when it is settled', async () => {
    const row = { key: 'mail#1', kind: 'mail' as const, dueAt: 1, body: {} };
    const first = next({}, { owed: [row] });
    expect(await commit(first)).toEqual({ ok: true });
    expect(await commit(next({}, { owed: [row] }, first))).toEqual(changed);
    await store.settle(birth.head, 'start#1');
    expect(store.outbox(birth.head).map((one) => one.key)).toEqual(['mail#1']);
    expect(await commit(next({}, { settled: ['mail#1', 'never owed'] }, first))).toEqual({ ok: true });
    expect(store.outbox(birth.head)).toEqual([]);
  });

  it('lets nobody change what is stored: a reader, whoever committed it, or at whatever depth', async () => {
    const state = await store.load(birth.head, { request: true });
    expect(() => Object.assign(state?.head ?? {}, { status: 'COMPLETED' })).toThrow(TypeError);
    expect(() => Object.assign(state?.request?.payload ?? {}, { task: 'Another' })).toThrow(TypeError);
    expect(() => Object.assign(birth.events[0]?.details ?? {}, { more: true })).toThrow(TypeError);
    expect((await store.load(birth.head))?.head.status).toBe('SUBMITTED');
    expect(await store.load(birth.head)).not.toHaveProperty('request');
    expect(await store.load({ ...birth.head, tenant: 'other/tenant' })).toBeUndefined();
  });
});
