/** Many intents withdrawn by one request, over the store in memory. */

import { beforeEach, describe, expect, it } from 'vitest';
import type { Repeat } from '../../adapters/repeats.ts';
import { delegated } from '../../core/delegation.ts';
import type { IntentType } from '../../core/intent-type.ts';
import type { Head } from '../../core/model.ts';
import { submit } from '../../core/rules/submit.ts';
import { memoryStore } from '../../core/testing/memory-store.ts';
import { cancelMany } from '../../functions/api/bulk-cancel.ts';
import { canceledMany } from '../../wire/answers.ts';
import { bulkCancel } from '../../wire/controls.ts';
import * as given from '../core/builders.ts';

const type = delegated('parcels.pack.v1') as IntentType;
const key = { keyId: 'k', tenant: given.tenant, agent: given.agent, name: 'test', createdAt: given.start };

function house() {
  const store = memoryStore();
  const newId = given.idsInOrder();
  let now = given.start;
  let ms = 0;
  const context = () => given.contextAt(now, newId);
  const kept = new Map<string, Repeat>();
  const refs: { tenant: string; intentId: string }[] = [];
  return {
    store,
    refs,
    pass: (hours: number) => {
      now = given.later(now, hours * 3600);
    },
    async submit(from = given.agent): Promise<string> {
      const { commit } = submit(given.submission({ type, delegated: true, from, to: 'agent://x/y/z' }), context());
      await store.commit(commit);
      refs.push({ tenant: commit.head.tenant, intentId: commit.head.intentId });
      return commit.head.intentId;
    },
    status: async (intentId: string) => (await store.load({ tenant: given.tenant, intentId }))?.head.status,
    async cancel(
      body: object,
      {
        caller = key,
        slowMs = 0,
        known,
      }: {
        caller?: typeof key & { ownToo?: true };
        slowMs?: number;
        known?: { key: string; requestHash: string };
      } = {},
    ) {
      const answer = await cancelMany(
        {
          store: { ...store, findAnswer: async (_tenant, name) => kept.get(name) },
          context,
          keep: async (_tenant, repeat) => {
            const before = kept.get(repeat.key);
            if (before) return before;
            kept.set(repeat.key, structuredClone(repeat));
            return 'done';
          },
          now: () => {
            ms += slowMs;
            return ms;
          },
          // As the list gives them: pages of what fits, the newest first.
          page: async ({ from, only, limit, after }) => {
            const heads = await Promise.all(refs.map(async (ref) => (await store.load(ref))?.head as Head));
            const all = heads.toReversed().filter((head) => (from === undefined || head.from === from) && only(head));
            const left = all.slice(after === undefined ? 0 : all.findIndex(({ intentId }) => intentId < after));
            const found = left.slice(0, limit);
            const last = found.at(-1)?.intentId;
            return { found, ...(found.length < left.length && last !== undefined ? { after: last } : {}) };
          },
        },
        caller,
        bulkCancel.parse(body),
        known && { idempotency: known },
      );
      return canceledMany.parse({ ok: true, ...answer });
    },
  };
}

let at: ReturnType<typeof house>;
beforeEach(() => {
  at = house();
});

describe('POST /v1/intents/bulk-cancel', () => {
  it('says what it would do, and does nothing, unless it is told to', async () => {
    const ids = [await at.submit(), await at.submit()];
    at.pass(25);
    expect(await at.cancel({})).toEqual({
      ok: true,
      dry_run: true,
      would_cancel: 2,
      intent_ids: ids.toReversed(),
      has_more: false,
    });
    expect(await Promise.all(ids.map(at.status))).toEqual(['SUBMITTED', 'SUBMITTED']);
    expect(await at.cancel({ dry_run: false, reason: 'old' })).toMatchObject({
      canceled: 2,
      intent_ids: ids.toReversed(),
    });
    expect(await Promise.all(ids.map(at.status))).toEqual(['CANCELED', 'CANCELED']);
    expect(await at.cancel({ dry_run: false })).toMatchObject({ canceled: 0, intent_ids: [] });
    const [event] = (await at.store.events(at.refs[0] as never, 0, 10)).slice(-1);
    expect(event).toMatchObject({ type: 'intent.canceled', details: { error: { details: { note: 'old' } } } });
  });

  it('takes only what the key’s agent asked for, what is old, and what has one of the statuses', async () => {
    const old = await at.submit();
    const others = await at.submit('agent://acme/shop/other');
    at.pass(2);
    const young = await at.submit();
    expect((await at.cancel({ older_than_hours: 1 })).intent_ids).toEqual([old]);
    expect((await at.cancel({ older_than_hours: 0 })).intent_ids).toEqual([young, old]);
    expect((await at.cancel({ older_than_hours: 0, status_filter: ['WAITING', 'COMPLETED'] })).intent_ids).toEqual([]);
    const all = await at.cancel({ older_than_hours: 0, dry_run: false }, { caller: { ...key, ownToo: true } });
    expect(all.intent_ids).toEqual([young, others, old]);
  });

  it('stops at its limit and at its time, and goes on where it is asked again', async () => {
    for (let n = 0; n < 250; n += 1) await at.submit();
    at.pass(25);
    expect(await at.cancel({ limit: 30 })).toMatchObject({ would_cancel: 30, has_more: true });
    const some = await at.cancel({ dry_run: false }, { slowMs: 1000 });
    expect(some.canceled).toBeGreaterThan(0);
    expect(some).toMatchObject({ has_more: true });
    const rest = await at.cancel({ dry_run: false });
    expect((some.canceled ?? 0) + (rest.canceled ?? 0)).toBe(250);
    expect(rest.has_more).toBe(false);
  });

  it('answers the same to the same Idempotency-Key, and withdraws nothing more', async () => {
    const id = await at.submit();
    at.pass(25);
    const asked = { known: { key: 'repeat', requestHash: 'h' } };
    const first = await at.cancel({ dry_run: false }, asked);
    expect(first.intent_ids).toEqual([id]);
    const later = await at.submit();
    at.pass(25);
    expect(await at.cancel({ dry_run: false }, asked)).toEqual(first);
    expect(await at.status(later)).toBe('SUBMITTED');
    await expect(
      at.cancel({ dry_run: true }, { known: { key: 'repeat', requestHash: 'other' } }),
    ).rejects.toMatchObject({ code: 'idempotency_conflict' });
    const [one, other] = await Promise.all(
      [1, 2].map(() => at.cancel({ dry_run: false }, { known: { key: 'at once', requestHash: 'h' } })),
    );
    expect(one).toEqual(other);
    expect(await at.status(later)).toBe('CANCELED');
  });

  it('takes what says nothing for nothing said, and as many as it can', () => {
    const unsaid = { older_than_hours: null, status_filter: [], dry_run: null, reason: null, limit: null };
    expect(bulkCancel.parse(unsaid)).toEqual(bulkCancel.parse({}));
    expect(bulkCancel.parse({ limit: 5001 }).limit).toBe(5000);
  });

  it.each([
    { limit: 0 },
    { older_than_hours: -1 },
    { status_filter: 'WAITING' },
    { status_filter: ['OPEN'] },
    { colour: 'red' },
  ])('refuses %j', (body) => {
    expect(bulkCancel.safeParse(body).success).toBe(false);
  });
});
