/** The example of the README, from the request to the provider: the rules, the tool's function, and a provider that speaks Stripe. */

import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import { openStore } from '../../adapters/lambda/tables.ts';
import { perform } from '../../core/commit.ts';
import type { ActionType } from '../../core/intent-type.ts';
import { complete } from '../../core/rules/finish.ts';
import { policyCheck } from '../../core/rules/policy-check.ts';
import { submit } from '../../core/rules/submit.ts';
import type { MemoryStore } from '../../core/testing/memory-store.ts';
import { addCredit } from '../../examples/credit/functions/tools/add_credit/contract.ts';
import { credit } from '../../examples/credit/intents/credit.ts';
import * as given from '../core/builders.ts';

vi.mock('../../adapters/lambda/tables.ts', async (original) => {
  const { memoryStore } = await import('../../core/testing/memory-store.ts');
  const store = memoryStore();
  return { ...(await original<object>()), openStore: () => ({ store }) };
});
vi.mock('@aws-sdk/client-secrets-manager', () => ({
  SecretsManagerClient: class {
    send = async () => ({ SecretString: 'sk_test_example' });
  },
  GetSecretValueCommand: class {},
}));

// Errors by name are part of a run's normal course here; the log is read when the logger is made.
vi.hoisted(() => {
  process.env.POWERTOOLS_LOG_LEVEL = 'SILENT';
});

const { store } = openStore(undefined as never) as unknown as { store: MemoryStore };
const type = credit as ActionType;

/** What the provider holds, and how often it was asked to make one. */
let entries: { id: string; object: string; amount: number; currency: string; metadata: Record<string, string> }[];
let keys: string[];
/** The provider makes the entry and drops the connection. */
let drops: boolean;

async function bodyOf(request: IncomingMessage): Promise<URLSearchParams> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part);
  return new URLSearchParams(Buffer.concat(parts).toString('utf8'));
}

const provider = createServer(async (request, response) => {
  const id = /^\/v1\/customers\/cus_1\/balance_transactions\/(\w+)/.exec(request.url ?? '')?.[1];
  const answer = (status: number, body: object) => {
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  };
  if (!request.url?.startsWith('/v1/customers/cus_1/'))
    return answer(404, { error: { type: 'invalid_request_error', message: 'No such customer' } });
  if (request.method === 'GET')
    return answer(
      200,
      id ? (entries.find((one) => one.id === id) ?? {}) : { object: 'list', data: entries, has_more: false },
    );
  const form = await bodyOf(request);
  keys.push(String(request.headers['idempotency-key']));
  const entry = {
    id: `cbtxn_${entries.length + 1}`,
    object: 'customer_balance_transaction',
    amount: Number(form.get('amount')),
    currency: String(form.get('currency')),
    metadata: { effect_id: String(form.get('metadata[effect_id]')) },
  };
  entries.push(entry);
  if (drops) return request.socket.destroy();
  answer(200, entry);
});

type Handler = (event: unknown, context: { awsRequestId: string }) => Promise<unknown>;
let handler: Handler;

beforeAll(async () => {
  await new Promise<void>((listening) => provider.listen(0, '127.0.0.1', listening));
  const tables = {
    INTENTS_TABLE: 'i',
    EFFECTS_TABLE: 'e',
    AUDIT_TABLE: 'a',
    CONTROL_TABLE: 'c',
    PEOPLE_TABLE: 'p',
    METERS_TABLE: 'm',
  };
  const url = `http://127.0.0.1:${(provider.address() as AddressInfo).port}`;
  const env = { ...tables, PROVIDER_SECRET_ARN: 'arn', PROVIDER_URL: url };
  for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
  handler = (await import('../../examples/credit/functions/tools/add_credit/handler.ts')).handler as unknown as Handler;
});
afterAll(() => {
  vi.useRealTimers();
  vi.unstubAllEnvs();
  provider.close();
});
beforeEach(() => {
  entries = [];
  keys = [];
  drops = false;
  vi.useFakeTimers({ toFake: ['Date'], now: Date.parse(given.start) });
});

const newId = () => crypto.randomUUID();
const context = () => ({ now: new Date().toISOString(), newId });

/** A credit that was asked for and checked. */
async function asked(payload: object) {
  const accepted = type.payload.parse({ customer_id: 'cus_1', reason: 'Late parcel.', ...payload });
  const { commit } = submit(given.submission({ type: credit, payload: accepted as never }), context());
  expect(await store.commit(commit)).toEqual({ ok: true });
  const { tenant, intentId, traceId } = commit.head;
  const ref = { tenant, intentId };
  const checked = await perform(store, ref, { request: true }, context, (state, now) =>
    policyCheck(state, 1, type, {}, now),
  );
  const input = { v: 1, ...ref, generation: 1, type: type.type, traceId, waitUntil: checked.waitUntil, rung: 0 };
  const run = (mode: 'execute' | 'verify') => handler({ mode, input }, { awsRequestId: newId() });
  const state = async () =>
    (await store.load(ref, { effectId: `${intentId}.1` })) as NonNullable<Awaited<ReturnType<typeof store.load>>>;
  return { ref, checked, run, state };
}

it.each([
  [500, 'allowed', 'small_amount'],
  [1_000, 'allowed', 'small_amount'],
  [1_001, 'approval', 'amount_needs_approval'],
  [10_000, 'approval', 'amount_needs_approval'],
  [10_001, 'denied', 'over_limit'],
])('a credit of %i cents: %s', async (amount_cents, outcome, reason) => {
  const { checked, state } = await asked({ amount_cents });
  expect(checked.outcome).toBe(outcome);
  expect((await state()).plan?.fired.map((rule) => rule.reason)).toEqual([reason]);
});

it('refuses a payload that does not fit', () => {
  for (const wrong of [{}, { amount_cents: 0 }, { amount_cents: 5, colour: 'red' }])
    expect(type.payload.safeParse({ customer_id: 'cus_1', reason: 'x', ...wrong }).success).toBe(false);
});

it('is made once, verified, and is the result', async () => {
  const { ref, run, state } = await asked({ amount_cents: 500 });
  expect(await run('execute')).toEqual({ effect: 'SUCCEEDED' });
  // A second invocation, as a retry would make it, finds it done.
  expect(await run('execute')).toEqual({ effect: 'SUCCEEDED' });
  expect(await run('verify')).toEqual({ verified: true });
  await perform(store, ref, { effectId: `${ref.intentId}.1` }, context, (now) => complete(now, 1));
  expect(entries).toMatchObject([{ amount: -500, currency: 'eur', metadata: { effect_id: `${ref.intentId}.1` } }]);
  expect(keys).toEqual([`${ref.intentId}.1-1`]);
  expect(await state()).toMatchObject({
    head: { status: 'COMPLETED', openEffects: 0 },
    outcome: {
      result: { tool: 'add_credit', output: { transaction_id: 'cbtxn_1', amount_cents: 500, currency: 'EUR' } },
    },
  });
});

it('is looked up where the answer was lost, and not made again', async () => {
  const { run, state } = await asked({ amount_cents: 500 });
  drops = true;
  await expect(run('execute')).rejects.toThrow(expect.objectContaining({ name: 'OutcomeUnknownError' }));
  expect((await state()).head.waitingReason).toBe('WAITING_FOR_TOOL');
  vi.setSystemTime(Date.now() + addCredit.settleAfterSeconds * 1000);
  expect(await run('execute')).toEqual({ effect: 'SUCCEEDED' });
  expect(entries).toHaveLength(1);
});

it('fails where the provider refuses', async () => {
  const { run, state } = await asked({ amount_cents: 500, customer_id: 'cus_2' });
  await expect(run('execute')).rejects.toThrow(expect.objectContaining({ name: 'TerminalError' }));
  expect(await state()).toMatchObject({ head: { status: 'FAILED' }, outcome: { error: { code: 'tool_failed' } } });
});
