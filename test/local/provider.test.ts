import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Stripe from 'stripe';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Provider, startProvider } from '../../local/provider/process.ts';
import { sandboxSecretKey } from '../../local/provider/server.ts';
import type { LoggedRequest } from '../../local/provider/types.ts';

let directory: string;
let provider: Provider;
let stripe: Stripe;

const clientOf = (apiKey = sandboxSecretKey) => {
  const { hostname, port } = new URL(provider.url);
  return new Stripe(apiKey, {
    host: hostname,
    port,
    protocol: 'http',
    maxNetworkRetries: 0,
    timeout: 400,
    telemetry: false,
  });
};
const admin = async <T>(path: string, body?: unknown): Promise<T> => {
  const init = body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) };
  const response = await fetch(`${provider.url}/_sandbox${path}`, init);
  expect(response.status).toBe(200);
  return (await response.json()) as T;
};
const chargeOf = async (orderId: string) => {
  const found = await stripe.charges.search({ query: `metadata['order_id']:'${orderId}'` });
  const [charge] = found.data;
  if (!charge) throw new Error(`no charge of order ${orderId}`);
  return charge;
};
const refundRequests = async () =>
  (await admin<LoggedRequest[]>('/requests')).filter(({ method }) => method === 'POST');

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'holdpoint-provider-'));
  provider = await startProvider({ state: directory });
});
afterAll(async () => {
  await provider.stop();
  rmSync(directory, { recursive: true });
});
beforeEach(async () => {
  await admin('/reset', {});
  stripe = clientOf();
});

describe('charges and refunds', () => {
  it('finds the charge of an order, and none of an unknown order', async () => {
    const charge = await chargeOf('A-1042');
    expect(charge).toMatchObject({ amount: 18000, amount_refunded: 0, currency: 'eur', refunded: false, paid: true });
    expect(charge.id).toMatch(/^ch_3\w{23}$/);
    expect(await stripe.charges.retrieve(charge.id)).toMatchObject({ id: charge.id });
    expect((await stripe.charges.search({ query: "metadata['order_id']:'B-1'" })).data).toEqual([]);
    for (const odd of ["it's", 'a\nb\u2028c', 'a AND b', "\\' AND metadata['order_id']:'A-1042"]) {
      await admin('/charges', { orderId: odd, amount: 100, currency: 'eur' });
      const quoted = odd.replaceAll('\\', '\\\\').replaceAll("'", "\\'");
      expect((await chargeOf(quoted)).metadata).toEqual({ order_id: odd });
    }
    const both = 'metadata[\'order_id\']:\'A-1042\' AND metadata["order_id"]:"A-1042"';
    expect((await stripe.charges.search({ query: both })).data).toHaveLength(1);
    for (const query of ["metadata['order_id']:'A-1042' AND ", "metadata['order_id']:'A-1042' OR x", 'amount>5'])
      await expect(stripe.charges.search({ query })).rejects.toMatchObject({ type: 'StripeInvalidRequestError' });
    expect(await chargeOf('A-1045')).toMatchObject({ refunded: true, amount_refunded: 7500 });
    expect(await chargeOf('A-1046')).toMatchObject({ currency: 'usd' });
  });

  it('refunds in parts until nothing is left', async () => {
    const charge = await chargeOf('A-1043');
    const first = await stripe.refunds.create({ charge: charge.id, amount: 1000, metadata: { effect_id: 'e1' } });
    expect(first).toMatchObject({ amount: 1000, currency: 'eur', metadata: { effect_id: 'e1' }, status: 'succeeded' });
    expect(await stripe.refunds.retrieve(first.id)).toMatchObject({ id: first.id });
    await expect(stripe.refunds.create({ charge: charge.id, amount: 2001 })).rejects.toMatchObject({
      statusCode: 400,
      type: 'StripeInvalidRequestError',
      param: 'amount',
      message: 'Refund amount (€20.01) is greater than unrefunded amount on charge (€20.00)',
    });
    await stripe.refunds.create({ charge: charge.id });
    expect(await chargeOf('A-1043')).toMatchObject({ amount_refunded: 3000, refunded: true });
    await expect(stripe.refunds.create({ charge: charge.id, amount: 1 })).rejects.toMatchObject({
      code: 'charge_already_refunded',
    });
    const listed = [];
    for await (const refund of stripe.refunds.list({ charge: charge.id, limit: 1 })) listed.push(refund.amount);
    expect(listed).toEqual([2000, 1000]);
  });

  it('refuses what Stripe refuses', async () => {
    const { id } = await chargeOf('A-1042');
    const create = (given: object) => stripe.refunds.create(given as Stripe.RefundCreateParams);
    await expect(create({ charge: 'ch_none' })).rejects.toMatchObject({ statusCode: 404, code: 'resource_missing' });
    await expect(create({ charge: id, amount: 0 })).rejects.toMatchObject({ code: 'parameter_invalid_integer' });
    await expect(create({ charge: id, amount: '1.5' })).rejects.toMatchObject({ code: 'parameter_invalid_integer' });
    await expect(create({ charge: id, note: 'x' })).rejects.toMatchObject({ code: 'parameter_unknown' });
    await expect(create({ charge: id, reason: 'parcel lost' })).rejects.toMatchObject({ param: 'reason' });
    await expect(create({})).rejects.toMatchObject({ code: 'parameter_missing' });
    await expect(clientOf('sk_test_other').charges.retrieve(id)).rejects.toMatchObject({
      statusCode: 401,
      type: 'StripeAuthenticationError',
    });
    expect(await refundRequests()).toHaveLength(6);
  });
});

describe('idempotency keys', () => {
  it('replays the saved answer, and refuses the key for other parameters', async () => {
    const { id } = await chargeOf('A-1042');
    const once = await stripe.refunds.create({ charge: id, amount: 500 }, { idempotencyKey: 'k1' });
    const again = await stripe.refunds.create({ charge: id, amount: 500 }, { idempotencyKey: 'k1' });
    expect(again.id).toBe(once.id);
    expect(again.lastResponse.headers['idempotent-replayed']).toBe('true');
    expect(once.lastResponse.headers['idempotent-replayed']).toBeUndefined();
    await expect(stripe.refunds.create({ charge: id, amount: 600 }, { idempotencyKey: 'k1' })).rejects.toMatchObject({
      statusCode: 400,
      rawType: 'idempotency_error',
      type: 'StripeIdempotencyError',
    });
    expect(await chargeOf('A-1042')).toMatchObject({ amount_refunded: 500 });
  });

  it('replays a saved 500, and not one that was not saved', async () => {
    const { id } = await chargeOf('A-1042');
    const create = (idempotencyKey: string) => stripe.refunds.create({ charge: id, amount: 500 }, { idempotencyKey });
    await admin('/faults', { match: { method: 'POST', pathPrefix: '/v1/refunds' }, do: 'fail500', times: 1 });
    await expect(create('k1')).rejects.toMatchObject({ statusCode: 500 });
    await expect(create('k1')).rejects.toMatchObject({
      statusCode: 500,
      headers: { 'idempotent-replayed': 'true' },
    });
    await admin('/faults', { match: { method: 'POST' }, do: 'fail500', times: 1, statusSaved: false });
    await expect(create('k2')).rejects.toMatchObject({ statusCode: 500 });
    expect(await create('k2')).toMatchObject({ amount: 500 });
  });

  it('does not save refused parameters', async () => {
    const { id } = await chargeOf('A-1042');
    await expect(stripe.refunds.create({ charge: id, amount: 0 }, { idempotencyKey: 'k1' })).rejects.toThrow();
    expect(await stripe.refunds.create({ charge: id, amount: 5 }, { idempotencyKey: 'k1' })).toMatchObject({
      amount: 5,
    });
  });

  it('can forget keys, and work without key memory', async () => {
    const { id } = await chargeOf('A-1042');
    const create = () => stripe.refunds.create({ charge: id, amount: 500 }, { idempotencyKey: 'k1' });
    const first = await create();
    await admin('/forget-keys', {});
    const second = await create();
    await admin('/keys-off', { off: true });
    const third = await create();
    await admin('/keys-off', { off: false });
    expect(new Set([first.id, second.id, third.id]).size).toBe(3);
    expect((await create()).id).toBe(second.id);
  });
});

describe('faults', () => {
  const fault = (kind: string, times = 1) =>
    admin('/faults', { match: { method: 'POST', pathPrefix: '/v1/refunds' }, do: kind, times });
  const create = async () =>
    stripe.refunds.create({ charge: (await chargeOf('A-1042')).id, amount: 500 }, { idempotencyKey: 'k1' });

  it.each([
    ['hang', 'StripeConnectionError', 0],
    ['hang_after_commit', 'StripeConnectionError', 500],
    ['fail500', 'StripeAPIError', 0],
    ['fail500_after_commit', 'StripeAPIError', 500],
    ['rate_limit', 'StripeRateLimitError', 0],
  ])('%s: the caller sees %s, and %i cents are refunded', async (kind, type, refunded) => {
    await fault(kind);
    await expect(create()).rejects.toMatchObject({ type });
    expect(await chargeOf('A-1042')).toMatchObject({ amount_refunded: refunded });
    expect(await refundRequests()).toMatchObject([{ fault: kind, idempotencyKey: 'k1' }]);
    // A fault is used up.
    expect(await admin('/faults')).toEqual([]);
  });

  it.each([
    ['drop_before_commit', 0],
    ['drop_after_commit', 500],
  ])('%s: the connection is gone, and %i cents are refunded', async (kind, refunded) => {
    await fault(kind, 2);
    await expect(create()).rejects.toMatchObject({ type: 'StripeConnectionError' });
    expect(await chargeOf('A-1042')).toMatchObject({ amount_refunded: refunded });
    // The official package repeats a closed connection once, even with maxNetworkRetries 0.
    expect(await refundRequests()).toMatchObject([
      { fault: kind, status: null, idempotencyKey: 'k1' },
      { fault: kind, status: null, idempotencyKey: 'k1' },
    ]);
  });

  it('a provider without key memory, whose answer is lost, refunds twice for the unguarded package', async () => {
    await admin('/keys-off', { off: true });
    await fault('drop_after_commit');
    await create();
    expect(await chargeOf('A-1042')).toMatchObject({ amount_refunded: 1000 });
  });

  it('faults may match reads, and leave other requests alone', async () => {
    await admin('/faults', { match: { method: 'GET', pathPrefix: '/v1/charges/search' }, do: 'rate_limit', times: 1 });
    expect((await stripe.refunds.list({ limit: 3 })).data).toHaveLength(1);
    await expect(chargeOf('A-1042')).rejects.toMatchObject({ statusCode: 429 });
    expect(await chargeOf('A-1042')).toBeDefined();
  });
});

it('keeps charges, refunds, keys and the log over a restart', async () => {
  const added = await admin<{ id: string }>('/charges', { orderId: 'B-7', amount: 4200, currency: 'EUR' });
  const refund = await stripe.refunds.create({ charge: added.id, amount: 42 }, { idempotencyKey: 'k1' });
  await provider.stop();
  provider = await startProvider({ state: directory });
  stripe = clientOf();
  expect(await chargeOf('B-7')).toMatchObject({ id: added.id, amount_refunded: 42, currency: 'eur' });
  const again = await stripe.refunds.create({ charge: added.id, amount: 42 }, { idempotencyKey: 'k1' });
  expect(again.id).toBe(refund.id);
  expect(await refundRequests()).toMatchObject([
    { status: 200, replayed: false },
    { status: 200, replayed: true },
  ]);
});
