/** What agents can rely on. */

import { expect } from 'vitest';
import {
  AuthError,
  ClaimError,
  IdempotencyConflictError,
  type Intent,
  IntentTerminalError,
  InvalidInputError,
  NotFoundError,
  PolicyDeniedError,
} from '../../clients/sdk/index.ts';
import type { Case, Place } from './place.ts';

const question = (task = 'Deploy v2?') => ({ intent_type: 'intent.approval.v1', payload: { task } });
const parcel = (more: object = {}) => ({
  intent_type: 'parcels.pack.v1',
  to_agent: 'packer',
  payload: { parcel: 'P-1' },
  ...more,
});

/** The first entry of an agent's mailbox. */
const entryOf = (at: Place, agent: string, status: Intent['status'] = 'DELIVERED') =>
  at.eventually(`something for ${agent}`, async () => {
    const { intents } = await at.agent(agent).agents.mailbox(agent, { status: [status] });
    return intents[0];
  });

const numbers = (events: readonly { seq: number }[]) => events.map(({ seq }) => seq);

export const agentCases: readonly Case[] = [
  {
    name: 'an intent that is submitted twice under one key is one; under another body it is refused',
    async run(at) {
      const hp = at.agent('asker');
      const [first, again] = await Promise.all([1, 2].map(() => hp.submit(question(), { idempotencyKey: 'k-1' })));
      expect(again).toEqual(first);
      await expect(hp.submit(question('Else?'), { idempotencyKey: 'k-1' })).rejects.toThrow(IdempotencyConflictError);
      expect((await hp.submit(question())).intent_id).not.toBe(first?.intent_id);
    },
  },
  {
    name: 'what is wrong is said by field, and nothing comes of it',
    async run(at) {
      const hp = at.agent('asker');
      const wrong = [
        [{ ...question(), colour: 'red' }, 'colour'],
        [{ ...question(), deadline_at: 'soon' }, 'deadline_at'],
        [{ intent_type: 'no type' }, 'intent_type'],
        [{ intent_type: 'parcels.pack.v1' }, 'to_agent'],
        [{ ...question(), parent_intent_id: '01a200a8-09fc-72e3-aa26-2587e329c757' }, 'parent_intent_id'],
      ] as const;
      for (const [intent, field] of wrong) {
        const refused = await hp.submit(intent as never).catch((error: unknown) => error);
        expect(refused).toBeInstanceOf(InvalidInputError);
        expect(refused).toMatchObject({ field, status: 422, category: 'validation', retryable: false });
      }
      expect((await hp.list()).intents).toEqual([]);
    },
  },
  {
    name: 'a text is as long as its characters are many, whatever each takes',
    async run(at) {
      const hp = at.agent('asker');
      const titled = (title: string) => hp.submit({ ...question(), human_task: { title } });
      await expect(titled('😀'.repeat(256))).rejects.toMatchObject({ field: 'human_task.title', status: 422 });
      const title = '😀'.repeat(255);
      const { intent_id } = await titled(title);
      const asked = await at.eventually('the task', async () => {
        const { tasks } = await at.person('ada').tasks.list();
        return tasks.find((one) => one.intent_id === intent_id);
      });
      expect(asked.title).toBe(title);
    },
  },
  {
    name: 'a key is needed, and shows its own tenant alone',
    async run(at) {
      const { intent_id } = await at.agent('asker').submit(question());
      const looks = [
        () => at.stranger().get(intent_id),
        () => at.stranger().events(intent_id),
        () => at.agent('asker').get('x'),
      ];
      for (const look of looks) await expect(look()).rejects.toThrow(NotFoundError);
      const refused = await at
        .withKey('hp_sa_0000000000000000_wrong')
        .get(intent_id)
        .catch((error: unknown) => error);
      expect(refused).toBeInstanceOf(AuthError);
      expect(refused).toMatchObject({ code: 'invalid_platform_api_key', status: 401, category: 'auth' });
    },
  },
  {
    name: 'intents are listed by who, what and how, page by page, the newest first',
    async run(at) {
      const hp = at.agent('asker');
      const correlation_id = '11111111-1111-4111-8111-111111111111';
      const ids: string[] = [];
      for (const task of ['A?', 'B?', 'C?'])
        ids.unshift((await hp.submit({ ...question(task), correlation_id })).intent_id);
      await at.agent('other').submit(question('D?'));
      const found = await at.eventually('all in the list', async () => {
        const { intents } = await hp.list({ correlation_id });
        return intents.length === 3 && intents;
      });
      expect(found.map((one) => one.intent_id)).toEqual(ids);
      const first = await hp.list({ from_agent: 'asker', limit: 2 });
      const rest = await hp.list({ from_agent: 'asker', limit: 2, cursor: first.next_cursor as string });
      expect([...first.intents, ...rest.intents].map((one) => one.intent_id)).toEqual(ids);
      expect(rest.next_cursor).toBeNull();
      expect((await hp.list({ correlation_id, status: ['COMPLETED', 'FAILED'] })).intents).toEqual([]);
      // More than a page has is a page; what has no value is not said.
      const all = await hp.list({ correlation_id, from_agent: '', cursor: '', limit: 10_000 });
      expect(all.intents.map((one) => one.intent_id)).toEqual(ids);
    },
  },
  {
    name: 'the parts of an intent are listed alone; a correlation id is found however its letters are written',
    async run(at) {
      const hp = at.agent('asker');
      const correlation_id = 'abcdefab-cdef-4abc-8def-abcdefabcdef';
      const { intent_id: parent_intent_id } = await hp.submit(question());
      const ids: string[] = [];
      for (const task of ['A part?', 'Another?'])
        ids.unshift((await hp.submit({ ...question(task), parent_intent_id, correlation_id })).intent_id);
      const partsOf = async (query: object) => {
        const { intents, next_cursor } = await hp.list({ parent_intent_id, ...query });
        return { ids: intents.map((one) => one.intent_id), next_cursor };
      };
      expect(await partsOf({})).toEqual({ ids, next_cursor: null });
      const first = await partsOf({ limit: 1 });
      const rest = await partsOf({ limit: 1, cursor: first.next_cursor });
      expect([...first.ids, ...rest.ids]).toEqual(ids);
      expect(rest.next_cursor).toBeNull();
      expect((await partsOf({ status: ['COMPLETED'] })).ids).toEqual([]);
      expect((await hp.list({ parent_intent_id: ids[0] as string })).intents).toEqual([]);
      expect((await at.stranger().list({ parent_intent_id })).intents).toEqual([]);
      const found = await at.eventually('both in the list', async () => {
        const { intents } = await hp.list({ correlation_id: correlation_id.toUpperCase() });
        return intents.length === 2 && intents;
      });
      expect(found.map((one) => one.intent_id)).toEqual(ids);
    },
  },
  {
    name: 'what an agent leaves with its intent it alone sees again, and gets back once it has ended',
    async run(at) {
      const hp = at.agent('asker');
      const resume_state = Buffer.from('step 3').toString('base64');
      const { intent_id } = await hp.submit({ ...question(), resume_state });
      const { resume_state: left } = await hp.get(intent_id);
      expect(left).toMatchObject({ size_bytes: 6, sha256: expect.any(String) });
      expect(left).not.toHaveProperty('data');
      expect(await at.agent('other').get(intent_id)).not.toHaveProperty('resume_state');
      await hp.cancel(intent_id, 'not needed');
      expect(await hp.get(intent_id)).toMatchObject({ resume_state: { data: resume_state } });
    },
  },
  {
    name: 'a request is answered as HTTP has it: its trace id, its form of errors, the methods that a path takes',
    async run(at) {
      const nothing = `/v1/intents/${crypto.randomUUID()}`;
      const traced = async (id: string) =>
        (await at.raw('asker', nothing, { headers: { 'x-trace-id': id } })).headers.get('x-trace-id');
      expect(await traced('trace:1')).toBe('trace:1');
      expect(await traced('no trace id')).toMatch(/^[A-Za-z0-9._:=-]+$/);
      const problem = await at.raw('asker', nothing, { headers: { accept: 'application/problem+json' } });
      expect(problem.headers.get('content-type')).toContain('application/problem+json');
      expect(await problem.json()).toMatchObject({ status: 404, type: 'urn:holdpoint:error:not_found' });
      const method = await at.raw('asker', nothing, { method: 'PUT' });
      expect([method.status, method.headers.get('allow')]).toEqual([405, 'GET']);
      expect((await at.raw('asker', '/v1/nothing')).status).toBe(404);
      expect((await at.raw('asker', `${nothing}/events/stream?since=-1`)).status).toBe(422);
    },
  },
  {
    name: 'events are numbered without a gap; watching shows each once, up to the end',
    async run(at) {
      const hp = at.agent('asker');
      const { intent_id } = await hp.submit(question());
      await at.eventually('waits', async () => (await hp.get(intent_id)).status === 'WAITING');
      const seen: number[] = [];
      const watched = hp.waitFor(intent_id, { onEvent: ({ seq }) => seen.push(seq), timeoutSeconds: 120 });
      await hp.cancel(intent_id, 'not needed');
      expect(await watched).toMatchObject({ intent_id, status: 'CANCELED' });
      const events = await hp.events(intent_id);
      expect(numbers(events)).toEqual(events.map((_, i) => i + 1));
      expect(seen).toEqual(numbers(events));
      expect(events.map(({ event_type }) => event_type)).toEqual(
        expect.arrayContaining(['intent.created', 'intent.submitted', 'intent.human_task_assigned', 'intent.canceled']),
      );
      expect(numbers(await hp.events(intent_id, { since: 2, limit: 1 }))).toEqual([3]);
      // From the last one on, nothing is to come.
      for await (const event of hp.watch(intent_id, { since: events.length - 1 }))
        expect(event.seq).toBe(events.length);
    },
  },
  {
    name: 'what was withdrawn has ended, for good',
    async run(at) {
      const hp = at.agent('asker');
      const parent = await hp.submit(question());
      const part = await hp.submit({ ...question('A part?'), parent_intent_id: parent.intent_id });
      expect(await hp.cancel(parent.intent_id, 'not needed')).toMatchObject({ intent: { status: 'CANCELED' } });
      await expect(hp.cancel(parent.intent_id, 'again')).rejects.toThrow(IntentTerminalError);
      expect(await hp.waitFor(part.intent_id, { timeoutSeconds: 120 })).toMatchObject({ status: 'CANCELED' });
      await expect(at.agent('other').cancel(parent.intent_id, 'not mine')).rejects.toThrow();
    },
  },
  {
    name: 'what is delivered is claimed by one, done under its token, and told to whom it says',
    async run(at) {
      const [sender, packer] = [at.agent('sender'), at.agent('packer')];
      const { intent_id } = await sender.submit(parcel({ reply_to: 'clerk' }));
      expect(await entryOf(at, 'packer')).toMatchObject({ intent_id, seq: 1, attempt: 1, payload: { parcel: 'P-1' } });
      const wish = { claimant: 'one', lease_seconds: 60 };
      const claims = await Promise.all([packer.claim(intent_id, wish), packer.claim(intent_id, wish)]);
      expect(claims.map(({ granted }) => granted).sort()).toEqual([false, true]);
      const fencingToken = claims.flatMap((claim) => (claim.granted ? [claim.fencing_token] : []))[0] as number;
      await expect(packer.resume(intent_id, { done: true })).rejects.toThrow(ClaimError);
      await expect(packer.claim(intent_id, wish, { fencingToken: fencingToken + 1 })).rejects.toThrow(ClaimError);
      expect(await packer.claim(intent_id, wish, { fencingToken })).toMatchObject({ granted: true });
      const answer = { action: 'complete', result: { boxes: 2 } };
      const options = { fencingToken, idempotencyKey: 'done' };
      const ended = await packer.resume(intent_id, answer, options);
      expect(ended).toMatchObject({
        intent: { status: 'COMPLETED', result: { boxes: 2 } },
        completion_delivery: { delivered: true },
      });
      expect(await packer.resume(intent_id, answer, options)).toEqual(ended);
      await expect(packer.resume(intent_id, answer, { fencingToken })).rejects.toThrow(IntentTerminalError);
      expect(await entryOf(at, 'clerk', 'COMPLETED')).toMatchObject({ intent_id, outcome: { result: { boxes: 2 } } });
    },
  },
  {
    name: 'what was claimed is given back under its token, and given out again under a greater one',
    async run(at) {
      const [sender, packer] = [at.agent('sender'), at.agent('packer')];
      const { intent_id } = await sender.submit(parcel());
      await entryOf(at, 'packer');
      const wish = { claimant: 'one', lease_seconds: 3600 };
      await packer.claim(intent_id, wish);
      await expect(packer.release(intent_id, {})).rejects.toThrow(InvalidInputError);
      await expect(packer.release(intent_id, {}, { fencingToken: 2 })).rejects.toThrow(ClaimError);
      await expect(at.agent('other').release(intent_id, {}, { fencingToken: 1 })).rejects.toThrow(PolicyDeniedError);
      const options = { fencingToken: 1, idempotencyKey: 'back' };
      const back = await packer.release(intent_id, { reason: 'out of paper' }, options);
      expect(back).toMatchObject({ status: 'ACKNOWLEDGED', delivery_attempt: 2, not_before: expect.any(String) });
      expect(await packer.release(intent_id, { reason: 'out of paper' }, options)).toEqual(back);
      await expect(packer.release(intent_id, {}, { fencingToken: 1 })).rejects.toThrow(ClaimError);
      const details = (await sender.events(intent_id)).map((event) => event.details);
      expect(details).toContainEqual(expect.objectContaining({ state: 'CLAIM_RELEASED', reason: 'out of paper' }));
      expect(await packer.claim(intent_id, wish)).toMatchObject({ granted: true, fencing_token: 2 });
    },
  },
  {
    name: 'an agent says how far it is, and how it failed; nobody else does',
    async run(at) {
      const [sender, packer] = [at.agent('sender'), at.agent('packer')];
      const { intent_id } = await sender.submit(parcel());
      await entryOf(at, 'packer');
      const acknowledge = () => packer.resume(intent_id, { action: 'acknowledge' }, { idempotencyKey: 'seen' });
      const acknowledged = await acknowledge();
      expect(acknowledged).toMatchObject({ intent: { status: 'ACKNOWLEDGED' } });
      for (const [action, status] of [
        ['start', 'IN_PROGRESS'],
        ['wait', 'WAITING'],
      ] as const)
        expect(await packer.resume(intent_id, { action })).toMatchObject({ intent: { status } });
      await expect(at.agent('other').resume(intent_id, { done: true })).rejects.toThrow(PolicyDeniedError);
      const error = { code: 'broken', message: 'It broke.' };
      await packer.resolve(intent_id, { status: 'FAILED', error });
      expect(await sender.waitFor(intent_id, { timeoutSeconds: 120 })).toMatchObject({ status: 'FAILED', error });
      // As at first, whatever has become of it since.
      expect(await acknowledge()).toEqual(acknowledged);
    },
  },
  {
    name: 'how it ends is said with what AXP lets stand beside; whoever comes later hears that it has ended',
    async run(at) {
      const [sender, packer] = [at.agent('sender'), at.agent('packer')];
      const { intent_id } = await sender.submit(parcel());
      await entryOf(at, 'packer');
      const all = {
        status: 'COMPLETED' as const,
        result: { boxes: 1 },
        error: {},
        reason: 'done',
        actor: 'agent://x/y/z',
      };
      expect(await packer.resolve(intent_id, all as never)).toMatchObject({
        intent: { status: 'COMPLETED', result: { boxes: 1 } },
      });
      const late = [
        () => packer.resolve(intent_id, { status: 'FAILED', error: {} }),
        () => at.agent('other').resolve(intent_id, { status: 'COMPLETED', result: {} }),
        () => at.agent('other').resume(intent_id, { done: true }),
      ];
      for (const say of late) await expect(say()).rejects.toThrow(IntentTerminalError);
      const asked = await sender.submit(question());
      await sender.cancel(asked.intent_id, 'not needed');
      await expect(sender.resume(asked.intent_id, { done: true })).rejects.toThrow(IntentTerminalError);
    },
  },
  {
    name: 'approve and reject of what was delivered are the agent’s own answer',
    async run(at) {
      const [sender, packer] = [at.agent('sender'), at.agent('packer')];
      const { intent_id } = await sender.submit(parcel({ reply_to: 'clerk' }));
      await entryOf(at, 'packer');
      const others = [at.agent('other'), at.person('ada'), at.speaking('clerk', 'ada')];
      for (const other of others) await expect(other.inbox.approve(intent_id)).rejects.toThrow(PolicyDeniedError);
      const [method, path] = ['POST', `/v1/inbox/${intent_id}/approve`] as const;
      const wrong = packer.request({ method, path, query: { colour: 'red' } });
      await expect(wrong).rejects.toThrow(InvalidInputError);
      const twice = await at.raw('packer', `${path}?owner_agent=packer&owner_agent=packer`, { method });
      expect([twice.status, await twice.json()]).toMatchObject([422, { error: { details: { field: 'owner_agent' } } }]);
      const foreign = packer.request({ method, path, query: { owner_agent: 'other' } });
      await expect(foreign).rejects.toThrow(PolicyDeniedError);
      const headers = { 'x-owner-agent': 'other' };
      const two = await at.raw('packer', `${path}?owner_agent=packer`, { method, headers });
      expect([two.status, await two.json()]).toMatchObject([400, { code: 'owner_mismatch' }]);

      const approve = () => packer.inbox.approve(intent_id, { comment: 'Packed.' }, { idempotencyKey: 'yes' });
      const thread = await approve();
      expect(thread).toMatchObject({ intent_id, status: 'done', owner_agent: expect.stringMatching(/\/packer$/) });
      expect(await approve()).toEqual(thread);
      await expect(packer.inbox.reject(intent_id)).rejects.toThrow(IntentTerminalError);
      const result = { approved: true, comment: 'Packed.' };
      expect(await sender.get(intent_id)).toMatchObject({ status: 'COMPLETED', result });
      // At once, where the answer was asked for.
      const { intents } = await at.agent('clerk').agents.mailbox('clerk', { status: ['COMPLETED'] });
      expect(intents).toMatchObject([{ intent_id, outcome: { result } }]);

      const next = await sender.submit(parcel());
      await at.eventually('a second', async () => (await packer.agents.mailbox('packer')).intents[1]);
      expect(await packer.inbox.reject(next.intent_id)).toMatchObject({ status: 'done' });
      expect(await sender.get(next.intent_id)).toMatchObject({ status: 'COMPLETED', result: { approved: false } });
    },
  },
  {
    name: 'a mailbox is read by its own agent alone, and shows each status that is asked for',
    async run(at) {
      await at.agent('sender').submit(parcel());
      await entryOf(at, 'packer');
      await expect(at.agent('sender').agents.mailbox('packer')).rejects.toThrow(PolicyDeniedError);
      const { intents, next_seq, has_more } = await at.agent('packer').agents.mailbox('packer', { status: ['FAILED'] });
      expect([intents, next_seq, has_more]).toEqual([[], 1, false]);
    },
  },
  {
    name: 'who listens and throws gives it back, until it was given out as often as it may be',
    async run(at) {
      const [sender, packer] = [at.agent('sender'), at.agent('packer')];
      const stop = new AbortController();
      const [attempts, errors]: [unknown[], unknown[]] = [[], []];
      const listening = packer.listen(
        'packer',
        async ({ entry }) => {
          attempts.push(entry.attempt);
          throw new Error('out of paper');
        },
        { signal: stop.signal, leaseSeconds: 3600, onError: (error) => errors.push(error) },
      );
      const { intent_id } = await sender.submit(parcel({ max_delivery_attempts: 2 }));
      const ended = await at.eventually('the last attempt', async () => {
        const intent = await sender.get(intent_id);
        return intent.status === 'FAILED' && intent;
      });
      expect(ended.error).toMatchObject({ code: 'delivery_failed' });
      stop.abort();
      await listening;
      expect([attempts, errors.length]).toEqual([[1, 2], 2]);
    },
  },
  {
    name: 'who listens does what comes, and says so when it can’t be done',
    async run(at) {
      const [sender, packer] = [at.agent('sender'), at.agent('packer')];
      const stop = new AbortController();
      const tokens: number[] = [];
      const listening = packer.listen(
        'packer',
        async ({ intent, fencingToken, tell, traceparent }) => {
          tokens.push(fencingToken);
          expect(traceparent).toContain(intent.trace_id);
          await tell({ action: 'start' });
          return { packed: intent.payload.parcel };
        },
        { signal: stop.signal, leaseSeconds: 60 },
      );
      const ids = await Promise.all(['P-1', 'P-2'].map((one) => sender.submit(parcel({ payload: { parcel: one } }))));
      const ended = await Promise.all(ids.map(({ intent_id }) => sender.waitFor(intent_id, { timeoutSeconds: 120 })));
      expect(ended.map(({ status, result }) => [status, result])).toEqual([
        ['COMPLETED', { packed: 'P-1' }],
        ['COMPLETED', { packed: 'P-2' }],
      ]);
      stop.abort();
      await listening;
      expect(tokens).toEqual([1, 1]);
    },
  },
];
