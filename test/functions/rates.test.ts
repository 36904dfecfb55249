/** How often a key may ask: what instances count by themselves, and what they tell each other. */

import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import type { DynamoDBDocumentClient, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ApiKey } from '../../adapters/keys.ts';
import { knowCallers } from '../../adapters/lambda/callers.ts';
import { type HttpResult, httpHandler, json } from '../../adapters/lambda/http.ts';
import { openRates } from '../../adapters/rates.ts';
import { sha256 } from '../../core/hash.ts';
import { runs } from '../properties.ts';

const key = (more: Partial<ApiKey> = {}): ApiKey => ({
  keyId: 'k1',
  tenant: 'acme/shop',
  agent: 'agent://acme/shop/bot',
  name: '',
  createdAt: '2026-11-30T00:00:00.000Z',
  ...more,
});

/** The shared counters, and instances that count on them. */
function stage(limit: number) {
  const counters = new Map<string, number>();
  let now = 30_000;
  let writes = 0;
  const client = {
    async send({ input }: UpdateCommand) {
      const name = JSON.stringify(input.Key);
      const { ':own': own, ':limit': most } = input.ExpressionAttributeValues as Record<string, number>;
      const used = counters.get(name);
      writes += 1;
      if (used !== undefined && used > (most as number))
        throw new ConditionalCheckFailedException({ message: '', $metadata: {} });
      counters.set(name, (used ?? 0) + (own as number));
      return { Attributes: { used: counters.get(name) } };
    },
  } as unknown as DynamoDBDocumentClient;
  return {
    instance: () => openRates(client, 'Meters', limit, () => now),
    pass: (seconds: number) => {
      now += seconds * 1000;
    },
    writes: () => writes,
  };
}

describe('requests of a key', () => {
  it('are let through up to its limit, exactly, where one instance answers', async () => {
    const at = stage(120);
    const ask = at.instance();
    const answers = [];
    for (let n = 0; n < 200; n += 1) answers.push(await ask(key(), 'GET /x'));
    expect(answers.map(({ over }) => over).indexOf(true)).toBe(120);
    expect(answers[0]).toEqual({ limit: 120, remaining: 119, resetSeconds: 30, over: false });
    expect(answers[119]?.remaining).toBe(0);
    expect(answers.slice(120).every(({ over }) => over)).toBe(true);
    // Ten tell of a tenth of what was left, and so on; who is refused writes no more.
    expect(at.writes()).toBeLessThan(45);
    at.pass(30);
    expect((await ask(key(), 'GET /x')).over).toBe(false);
  });

  it('write nothing where there are few', async () => {
    const at = stage(120);
    const ask = at.instance();
    for (let n = 0; n < 11; n += 1) await ask(key(), 'GET /x');
    expect(at.writes()).toBe(0);
  });

  it('are counted by key and endpoint, and by the limit of the key', async () => {
    const at = stage(120);
    const ask = at.instance();
    const own = key({ limitPerMinute: 2 });
    for (let n = 0; n < 2; n += 1) expect((await ask(own, 'GET /x')).over).toBe(false);
    expect(await ask(own, 'GET /x')).toMatchObject({ limit: 2, over: true });
    expect((await ask(own, 'GET /y')).over).toBe(false);
    expect((await ask(key({ keyId: 'k2' }), 'GET /x')).over).toBe(false);
  });

  it('over many instances are at most as many more as these had not told: a tenth for each', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 200 }),
        fc.integer({ min: 1, max: 8 }),
        fc.array(fc.nat(7), { maxLength: 600 }),
        async (limit, count, order) => {
          const at = stage(limit);
          const instances = Array.from({ length: count }, at.instance);
          let passed = 0;
          for (const n of order) {
            const { over } = (await instances[n % count]?.(key(), 'GET /x')) ?? { over: true };
            if (!over) passed += 1;
          }
          const untold = Math.max(1, Math.floor(limit / 10)) - 1;
          expect(passed).toBeLessThanOrEqual(limit + (count - 1) * untold);
        },
      ),
      runs(50),
    );
  });
});

describe('a door of agents', () => {
  const limited = (limit: number) => {
    const client = {
      send: async ({ input }: { input: { Key?: { pk: string } } }) =>
        input.Key?.pk.startsWith('key#') ? { Item: stored } : { Attributes: { used: limit + 1 } },
    } as unknown as DynamoDBDocumentClient;
    const callerOf = knowCallers(client, { METERS_TABLE: 'm', CONTROL_TABLE: 'c', RATE_LIMIT: limit });
    const handler = httpHandler([
      {
        method: 'GET',
        path: '/v1/things/{id}',
        handler: async (event) => {
          await callerOf(event);
          // Whoever asks again who calls has not asked twice.
          return json(200, { ok: true, agent: (await callerOf(event)).agent });
        },
      },
    ]);
    return (id: string) =>
      handler(
        {
          version: '2.0',
          rawPath: `/v1/things/${id}`,
          routeKey: '$default',
          headers: { 'x-api-key': token },
          requestContext: { http: { method: 'GET', path: `/v1/things/${id}` }, requestId: 'r' },
        } as never,
        { getRemainingTimeInMillis: () => 10_000 } as never,
      ) as Promise<HttpResult>;
  };
  const token = `hp_sa_${'0'.repeat(16)}_${'a'.repeat(43)}`;
  const stored = { ...key({ keyId: '0'.repeat(16) }), hash: sha256(token) };

  it('tells with each answer how the key stands, by its route and not by what the path names', async () => {
    const ask = limited(1000);
    expect((await ask('1')).headers).toMatchObject({ 'ratelimit-policy': '"key";q=1000;w=60' });
    expect((await ask('2')).headers?.ratelimit).toMatch(/^"key";r=998;t=\d+$/);
  });

  it('refuses in the form of AXP', async () => {
    const { statusCode, headers, body = '' } = await limited(1)('1');
    expect(statusCode).toBe(429);
    expect(headers?.['retry-after']).toMatch(/^[1-9]\d*$/);
    expect(headers?.ratelimit).toMatch(/^"key";r=0;/);
    expect(JSON.parse(body)).toMatchObject({ code: 'rate_limited', error: { retryable: true, category: 'policy' } });
  });
});
