/** One call: its headers, repetitions, times and errors. */

import { describe, expect, it } from 'vitest';
import {
  ApiError,
  AuthError,
  ClaimError,
  ConflictError,
  ConnectionError,
  HoldpointClient,
  IdempotencyConflictError,
  IntentTerminalError,
  InvalidInputError,
  NotFoundError,
  PolicyDeniedError,
  RateLimitError,
  ServerError,
  TimeoutError,
} from '../../../clients/sdk/index.ts';

type Answer = Response | Error | 'hangs';

const ok = (body: object = {}) => Response.json({ ok: true, ...body });
const refusal = (status: number, code: string, headers: Record<string, string> = {}) => {
  const error = {
    code,
    message: `It is ${code}.`,
    category: 'policy',
    retryable: false,
    at: 'now',
    details: { field: 'f' },
  };
  return Response.json({ error }, { status, headers });
};

/** A deployment that gives these answers, one after the other; time passes by sleeping in it. */
function deployment(answers: Answer[], options: { timeoutMs?: number } = {}) {
  const calls: { url: string; init: RequestInit; headers: Record<string, string> }[] = [];
  const slept: number[] = [];
  let now = 0;
  const fetch = async (url: string, init: RequestInit) => {
    calls.push({ url, init, headers: init.headers as Record<string, string> });
    const answer = answers.shift() ?? new Error('asked too often');
    if (answer === 'hangs')
      return new Promise<Response>((_, failed) => {
        init.signal?.addEventListener('abort', () => failed(init.signal?.reason));
      });
    if (answer instanceof Error) throw answer;
    return answer;
  };
  const time = {
    now: () => now,
    random: () => 0.5,
    sleep: async (ms: number, signal?: AbortSignal) => {
      signal?.throwIfAborted();
      slept.push(ms);
      now += ms;
    },
  };
  const given = { baseUrl: 'https://api.example/', apiKey: 'key', fetch: fetch as never, time, ...options };
  return { hp: new HoldpointClient(given), calls, slept };
}

const question = { intent_type: 'intent.approval.v1', payload: {} };
const network = () => new TypeError('fetch failed');

describe('a call', () => {
  it('has key, trace and, where it changes something, a key of its own', async () => {
    const { hp, calls } = deployment([ok({ intent: {} }), ok(), ok()]);
    await hp.get('id/1');
    await hp.submit(question);
    await hp.submit(question, { idempotencyKey: 'mine', traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01` });
    expect(calls.map(({ url }) => url)).toEqual([
      'https://api.example/v1/intents/id%2F1',
      'https://api.example/v1/intents',
      'https://api.example/v1/intents',
    ]);
    const [get, submit, mine] = calls.map(({ headers }) => headers);
    expect(get).toMatchObject({ 'x-api-key': 'key' });
    expect(get).not.toHaveProperty('idempotency-key');
    expect(submit?.['idempotency-key']).toMatch(/^[0-9a-f-]{36}$/);
    expect(submit?.traceparent).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/);
    expect(submit?.['x-trace-id']).toBe(submit?.traceparent?.slice(3, 35));
    expect(mine).toMatchObject({ 'idempotency-key': 'mine', 'x-trace-id': 'a'.repeat(32) });
    expect(mine?.traceparent).toContain('b'.repeat(16));
  });

  it('begins a trace of its own where it is given none that is one', async () => {
    const { hp, calls } = deployment([ok(), ok()]);
    for (const traceparent of ['nonsense', `00-${'0'.repeat(32)}-${'b'.repeat(16)}-01`])
      await hp.submit(question, { traceparent });
    for (const { headers } of calls) expect(headers['x-trace-id']).toMatch(/^(?!0+$)[0-9a-f]{32}$/);
  });

  it('needs an address and a key that can be ones', () => {
    for (const [baseUrl, apiKey] of [
      ['ftp://x', 'key'],
      ['nowhere', 'key'],
      ['https://x', ''],
    ] as const)
      expect(() => new HoldpointClient({ baseUrl, apiKey })).toThrow(TypeError);
  });
});

describe('repetition', () => {
  it('is under the same key, with pauses that grow up to a limit and are jittered', async () => {
    const { hp, calls, slept } = deployment([
      network(),
      refusal(500, 'internal_error'),
      network(),
      refusal(503, 'x'),
      ok(),
    ]);
    await hp.submit(question);
    expect(new Set(calls.map(({ headers }) => headers['idempotency-key'])).size).toBe(1);
    expect(slept).toEqual([100, 200, 400, 800]);
  });

  it('waits as long as it is told, and a little', async () => {
    const { hp, slept } = deployment([refusal(429, 'rate_limited', { 'retry-after': '7' }), ok()]);
    await hp.submit(question);
    expect(slept).toEqual([7100]);
  });

  it('ends: after some attempts, where the pause is too long, and where it would not help', async () => {
    const often = deployment(Array.from({ length: 9 }, network));
    await expect(often.hp.submit(question)).rejects.toThrow(ConnectionError);
    expect(often.calls).toHaveLength(5);
    const long = deployment([refusal(429, 'quota_exceeded', { 'retry-after': '86400' })]);
    await expect(long.hp.submit(question)).rejects.toMatchObject({ retryAfterSeconds: 86_400 });
    for (const status of [401, 403, 404, 409, 413, 422]) {
      const { hp, calls } = deployment([refusal(status, 'x')]);
      await expect(hp.submit(question)).rejects.toThrow(ApiError);
      expect(calls).toHaveLength(1);
    }
  });

  it('is not made of what would be done twice', async () => {
    const { hp, calls } = deployment([network()]);
    await expect(hp.tasks.comment('t', { comment: 'x' })).rejects.toThrow(ConnectionError);
    expect(calls).toHaveLength(1);
  });
});

describe('an error', () => {
  it.each([
    [401, 'invalid_platform_api_key', AuthError],
    [403, 'policy_denied', PolicyDeniedError],
    [404, 'not_found', NotFoundError],
    [409, 'intent_terminal', IntentTerminalError],
    [409, 'idempotency_conflict', IdempotencyConflictError],
    [409, 'claimed', ClaimError],
    [409, 'claim_lost', ClaimError],
    [409, 'anything_else', ConflictError],
    [413, 'payload_too_large', InvalidInputError],
    [422, 'schema_invalid', InvalidInputError],
    [429, 'rate_limited', RateLimitError],
    [500, 'internal_error', ServerError],
    [418, 'teapot', ApiError],
  ] as const)('of %i %s has a class of its own', async (status, code, kind) => {
    const answers = Array.from({ length: 5 }, () => refusal(status, code, { 'x-request-id': 'r-1' }));
    const error = await deployment(answers)
      .hp.submit(question)
      .catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(kind);
    expect(error).toMatchObject({ name: kind === ApiError ? 'ApiError' : kind.name, status, code, requestId: 'r-1' });
    expect(error).toMatchObject({ message: `It is ${code}.`, details: { field: 'f' } });
  });

  it('that is no answer of ours is told by its status', async () => {
    for (const body of ['<h1>Bad gateway</h1>', '{"message":"Not Found"}', '']) {
      const { hp } = deployment([new Response(body, { status: 404 })]);
      await expect(hp.submit(question)).rejects.toMatchObject({ name: 'NotFoundError', code: 'http_404' });
    }
  });

  it('comes of an answer that breaks off', async () => {
    const { hp } = deployment(Array.from({ length: 5 }, () => new Response('{"ok":')));
    await expect(hp.submit(question)).rejects.toThrow(ConnectionError);
  });
});

describe('time', () => {
  it('is limited for each attempt', async () => {
    const { hp, calls } = deployment(['hangs', 'hangs', ok()], { timeoutMs: 5 });
    await hp.submit(question);
    expect(calls).toHaveLength(3);
    const never = deployment(
      Array.from({ length: 5 }, () => 'hangs' as const),
      { timeoutMs: 5 },
    );
    await expect(never.hp.submit(question)).rejects.toThrow(TimeoutError);
  });

  it('ends where the caller says so: with their reason, and without another attempt', async () => {
    const stop = new AbortController();
    const { hp, calls } = deployment(['hangs']);
    const called = hp.submit(question, { signal: stop.signal });
    stop.abort(new Error('enough'));
    await expect(called).rejects.toThrow('enough');
    await expect(hp.submit(question, { signal: stop.signal })).rejects.toThrow('enough');
    expect(calls).toHaveLength(1);
  });
});
