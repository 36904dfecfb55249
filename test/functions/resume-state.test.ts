import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { perform } from '../../core/commit.ts';
import { maxItemResumeStateBytes, maxResumeStateBytes, resumeStateDays } from '../../core/resume-state.ts';
import { cancel } from '../../core/rules/cancel.ts';
import { type MemoryStore, memoryStore } from '../../core/testing/memory-store.ts';
import { open, seal } from '../../examples/agent/sealed.ts';
import { admit } from '../../functions/api/submit.ts';
import { give, keep } from '../../functions/media/resume-state.ts';
import { readJson } from '../../wire/json.ts';
import { keepResumeState, maxResumeStateBody } from '../../wire/resume-state.ts';
import { agent, contextAt, idsInOrder, later, start, tenant } from '../core/builders.ts';
import { runs } from '../properties.ts';

const keyOf = (address: string) => ({ keyId: 'k', tenant, agent: address, name: 'n', createdAt: start });
const caller = keyOf(agent);
const worker = keyOf(`agent://${tenant}/worker`);
const stranger = keyOf(`agent://${tenant}/stranger`);

const base64 = (bytes: number, fill = 7): string => Buffer.alloc(bytes, fill).toString('base64');
const hashOf = (data: string): string => createHash('sha256').update(Buffer.from(data, 'base64')).digest('hex');

/** An intent, and a bucket in memory. */
async function house(body: object = { intent_type: 'intent.approval.v1', payload: {} }) {
  const store: MemoryStore = memoryStore();
  const newId = idsInOrder();
  const objects = new Map<string, Buffer>();
  const files = {
    keepState: async (_: object, hash: string, bytes: Uint8Array) => void objects.set(hash, Buffer.from(bytes)),
    stateOf: async (_: object, hash: string) => objects.get(hash),
  };
  const context = (now = start) => contextAt(now, newId);
  const asked = { body, idempotencyKey: undefined, traceId: 'trace-00000001', context: context() };
  const { intent_id } = await admit(store, caller, asked);
  const ref = { tenant, intentId: String(intent_id) };
  return {
    store,
    ref,
    objects,
    keep: (data: unknown, by = caller, now = start) =>
      keep({ store, files }, by, ref, { resume_state: data }, () => context(now)),
    give: (by = caller, now = start) => give({ store, files }, by, ref, now),
    end: () =>
      perform(store, ref, {}, context, (state, now) =>
        cancel(state, { by: 'agent', address: agent, agent, requestId: 'r', reason: 'x' } as never, now),
      ),
  };
}

describe('what an agent leaves with its intent', () => {
  it('comes back as it was, small or large; only what is large lies in the bucket', async () => {
    for (const [size, objects] of [
      [1, 0],
      [maxItemResumeStateBytes, 0],
      [maxItemResumeStateBytes + 1, 1],
      [maxResumeStateBytes, 1],
    ] as const) {
      const at = await house();
      const data = base64(size);
      const told = await at.keep(data);
      expect(told).toEqual({
        sha256: hashOf(data),
        size_bytes: size,
        given_at: start,
        expires_at: later(start, resumeStateDays * 86_400),
      });
      expect((await at.give()).resume_state === data, `${size} bytes`).toBe(true);
      expect(at.objects.size, `${size} bytes`).toBe(objects);
    }
  });

  it('is in the record by its hash, and nowhere else', async () => {
    const at = await house();
    const data = base64(40);
    await at.keep(data);
    const record = at.store.records(at.ref).at(-1);
    expect(record).toMatchObject({
      action: 'resume_state.kept',
      actor: { kind: 'agent', id: agent },
      data: { resume_state: { sha256: hashOf(data), bytes: 40 } },
      events: [],
    });
    const state = await at.store.load(at.ref, { request: true });
    expect(JSON.stringify([at.store.records(at.ref), state])).not.toContain(data);
  });

  it('takes the place of what it left before; the same again changes nothing', async () => {
    const at = await house();
    await at.keep(base64(3, 1));
    const second = await at.keep(base64(3, 2));
    expect(await at.keep(base64(3, 2), caller, later(start, 60))).toEqual(second);
    expect(at.store.records(at.ref).map(({ action }) => action)).toEqual([
      'intent.submitted',
      'resume_state.kept',
      'resume_state.kept',
    ]);
    expect((await at.give()).resume_state).toBe(base64(3, 2));
  });

  it('can be given with the intent, in the same commit', async () => {
    const at = await house({ intent_type: 'intent.approval.v1', payload: {}, resume_state: base64(9) });
    expect((await at.give()).resume_state).toBe(base64(9));
    expect(at.store.records(at.ref)).toMatchObject([
      { action: 'intent.submitted', data: { resume_state: { sha256: hashOf(base64(9)), bytes: 9 } } },
    ]);
    expect((await at.store.load(at.ref, { request: true }))?.request).not.toHaveProperty('resumeState');
  });

  it('is kept for 400 days, also after the end, which nothing is left with any more', async () => {
    const at = await house();
    await at.keep(base64(5));
    await at.end();
    expect((await at.give()).resume_state).toBe(base64(5));
    await expect(at.keep(base64(6))).rejects.toMatchObject({ code: 'intent_terminal' });
    const end = later(start, resumeStateDays * 86_400);
    await expect(at.give(caller, end)).rejects.toMatchObject({ code: 'not_found' });
  });
});

describe('only its own agent', () => {
  it('reads it; who asked and who works on it have one each, and nobody else', async () => {
    const at = await house({ intent_type: 'parcels.pack.v1', to_agent: worker.agent });
    await at.keep(base64(1, 1));
    await at.keep(base64(1, 2), worker);
    expect((await at.give()).resume_state).toBe(base64(1, 1));
    expect((await at.give(worker)).resume_state).toBe(base64(1, 2));
    await expect(at.give(stranger)).rejects.toMatchObject({ code: 'not_found' });
    await expect(at.keep(base64(1), stranger)).rejects.toMatchObject({ code: 'policy_denied' });
    const elsewhere = { ...caller, tenant: 'other/main' };
    await expect(
      keep(
        { ...at, files: {} as never },
        elsewhere,
        { ...at.ref, tenant: 'other/main' },
        { resume_state: 'AAAA' },
        () => contextAt(start),
      ),
    ).rejects.toMatchObject({ code: 'not_found' });
  });
});

describe('what is refused', () => {
  it.each([
    ['nothing', undefined, 'schema_invalid'],
    ['an empty one', '', 'schema_invalid'],
    ['what is not base64', 'ä', 'schema_invalid'],
    ['what has no padding', 'AA', 'schema_invalid'],
    ['the letters of addresses', '__-_', 'schema_invalid'],
    ['one byte too much', base64(maxResumeStateBytes + 1), 'payload_too_large'],
  ])('%s', async (_, data, code) => {
    const at = await house();
    await expect(at.keep(data)).rejects.toMatchObject({ code });
    expect(at.store.records(at.ref)).toHaveLength(1);
    expect(at.objects.size).toBe(0);
  });

  it('nothing else: every text is either base64 of ours, or refused by a clear error', async () => {
    const at = await house();
    await fc.assert(
      fc.asyncProperty(fc.oneof(fc.base64String({ maxLength: 40 }), fc.string({ maxLength: 40 })), async (text) => {
        const answer = await at.keep(text).catch((error: { code: string }) => error.code);
        const isOurs = text !== '' && Buffer.from(text, 'base64').toString('base64') === text;
        expect(typeof answer === 'string' ? answer : 'kept').toBe(isOurs ? 'kept' : 'schema_invalid');
      }),
      runs(200),
    );
  });
});

describe('the example that seals it', () => {
  const secret = crypto.getRandomValues(new Uint8Array(32));

  it('opens what it sealed, for that intent and under that key alone', async () => {
    const value = { step: 3, notes: ['ä', null] };
    const sealed = await seal(secret, 'i-1', value);
    expect(await open(secret, 'i-1', sealed)).toEqual(value);
    expect(Buffer.from(sealed, 'base64').toString('utf8')).not.toContain('notes');
    await expect(open(secret, 'i-2', sealed)).rejects.toThrow();
    await expect(open(crypto.getRandomValues(new Uint8Array(32)), 'i-1', sealed)).rejects.toThrow();
    const at = await house();
    await at.keep(sealed);
    expect(await open(secret, 'i-1', (await at.give()).resume_state)).toEqual(value);
  });
});

it('the largest fits the body that the door reads', () => {
  const body = JSON.stringify({ resume_state: base64(maxResumeStateBytes) });
  expect(Buffer.byteLength(body)).toBeLessThan(maxResumeStateBody);
  expect(keepResumeState.safeParse(readJson(body)).success).toBe(true);
  // A function is called with 6 MB at the most: the body and what stands around it.
  expect(maxResumeStateBody + 64 * 1024).toBeLessThan(6 * 1024 * 1024);
});
