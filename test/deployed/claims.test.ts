import { randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { type Agent, inGroups, newAgent, settled, waitFor } from './world.ts';

let sender: Agent;
let worker: Agent;
beforeAll(async () => {
  sender = await newAgent();
  worker = await newAgent(sender.tenant, 'worker');
});

const submit = () => sender.submit({ intent_type: 'parcels.pack.v1', to_agent: worker.address, payload: {} });
const claim = (
  id: string,
  claimant: string,
  more: { lease_seconds?: number; headers?: Record<string, string> } = {},
) => {
  const { lease_seconds = 60, headers = {} } = more;
  return worker.call('POST', `/v1/intents/${id}/claim`, { body: { claimant, lease_seconds }, headers });
};
/** As clients do: under a key of its own, and again where a busy machine answers with a fault. */
async function claimAsClient(id: string, claimant: string) {
  const headers = { 'idempotency-key': randomUUID() };
  for (let tries = 0; ; tries += 1) {
    const answer = await claim(id, claimant, { lease_seconds: 600, headers }).catch(() => undefined);
    if (answer && (answer.status < 500 || tries === 20)) return answer;
  }
}
const finish = (id: string, token?: number) => {
  const headers: Record<string, string> = token === undefined ? {} : { 'x-fencing-token': String(token) };
  return worker.call('POST', `/v1/intents/${id}/resume`, { body: { packed: true }, headers });
};

describe('claims', () => {
  it('200 workers race for 50 intents: each is granted once, and once only its token ends it', {
    timeout: 600_000,
  }, async () => {
    const ids = await inGroups(Array.from({ length: 50 }), submit);
    // Each worker goes for one; four for each intent, at the same time.
    const racing = Array.from({ length: 200 }, (_, i) => ({ id: ids[i >> 2] as string, claimant: `worker-${i}` }));
    const asked = await inGroups(
      racing,
      async ({ id, claimant }) => ({ id, claimant, ...(await claimAsClient(id, claimant)) }),
      20,
    );
    expect(new Set(asked.map(({ status }) => status))).toEqual(new Set([200]));
    const granted = asked.filter(({ body }) => body.granted);
    expect(granted).toHaveLength(50);
    expect(new Set(granted.map(({ id }) => id)).size).toBe(50);
    for (const { id, body } of asked.filter((one) => !one.body.granted)) {
      const holder = granted.find((one) => one.id === id);
      expect(body).toMatchObject({ ok: true, granted: false, claimant: holder?.claimant });
      expect(body).not.toHaveProperty('fencing_token');
    }
    const [one] = granted;
    expect((await finish(one?.id as string)).body).toMatchObject({ code: 'claimed' });
    expect((await finish(one?.id as string, one?.body.fencing_token)).status).toBe(200);
  });

  it('is renewed, lost when its lease runs out, and given out again under a greater token', async () => {
    const id = await submit();
    await worker.reaches(id, 'DELIVERED');
    const { body } = await claim(id, 'one', { lease_seconds: 5 });
    expect(body).toMatchObject({ granted: true, fencing_token: 1 });
    const renewed = await claim(id, 'one', { lease_seconds: 6, headers: { 'x-fencing-token': '1' } });
    expect(renewed.body).toMatchObject({ granted: true, fencing_token: 1 });
    expect(renewed.body.claimed_until > body.claimed_until).toBe(true);
    const path = `/v1/agents/${worker.address}/intents?since=0&limit=100`;
    const again = await waitFor('it is given out again', async () => {
      const { intents } = (await worker.call('GET', path)).body;
      return intents.find((one: { intent_id: string; attempt: number }) => one.intent_id === id && one.attempt === 2);
    });
    expect(again).toMatchObject({ reason: 'lease_over' });
    const late = await claim(id, 'one', { headers: { 'x-fencing-token': '1' } });
    expect(late.body).toMatchObject({ code: 'claim_lost' });
    expect((await claim(id, 'two')).body).toMatchObject({ granted: true, fencing_token: 2 });
    expect((await finish(id, 1)).body).toMatchObject({ code: 'claimed' });
    expect((await finish(id, 2)).status).toBe(200);
    await settled(sender, id);
    expect((await sender.get(id)).delivery_attempt).toBe(2);
  });

  it('is given back long before its lease is over: given out again at once, and its lease is watched no more', async () => {
    const id = await submit();
    await worker.reaches(id, 'DELIVERED');
    await claim(id, 'one', { lease_seconds: 3600 });
    const release = (token: string | undefined, body: object = { reason: 'out of paper' }) => {
      const headers: Record<string, string> = {
        'idempotency-key': `back-${id}`,
        ...(token === undefined ? {} : { 'x-fencing-token': token }),
      };
      return worker.call('POST', `/v1/intents/${id}/release`, { body, headers });
    };
    expect((await release(undefined)).body).toMatchObject({ error: { details: { field: 'X-Fencing-Token' } } });
    expect((await release('2')).body).toMatchObject({ code: 'claim_lost' });
    expect((await release('1', { colour: 'red' })).status).toBe(422);
    const back = await release('1');
    expect(back).toMatchObject({ status: 200, body: { ok: true, delivery_attempt: 2 } });
    // The answer may be lost: it is the same again.
    expect((await release('1')).body).toEqual(back.body);
    const path = `/v1/agents/${worker.address}/intents?since=0&limit=100`;
    const again = await waitFor('it is given out again', async () => {
      const { intents } = (await worker.call('GET', path)).body;
      return intents.find((one: { intent_id: string; attempt: number }) => one.intent_id === id && one.attempt === 2);
    });
    expect(again).toMatchObject({ reason: 'released' });
    expect(again.at >= back.body.not_before).toBe(true);
    expect((await claim(id, 'two')).body).toMatchObject({ granted: true, fencing_token: 2 });
    expect((await finish(id, 2)).status).toBe(200);
    await settled(sender, id);
    const events: { details: { state?: string; reason?: string } }[] = await sender.events(id);
    expect(events.flatMap(({ details }) => details?.state ?? [])).toEqual(['CLAIM_RELEASED', 'CLAIMED']);
  });

  it('repeated under its Idempotency-Key is the same claim', async () => {
    const id = await submit();
    const headers = { 'idempotency-key': randomUUID() };
    const [first, second] = [await claim(id, 'one', { headers }), await claim(id, 'one', { headers })];
    expect(first.body).toMatchObject({ granted: true });
    expect(second.body).toEqual(first.body);
  });

  it.each([
    ['no claimant', { lease_seconds: 60 }],
    ['a lease that is too short', { claimant: 'one', lease_seconds: 1 }],
    ['an unknown field', { claimant: 'one', lease_seconds: 60, colour: 'red' }],
  ])('is refused with %s', async (_what, body) => {
    const id = await submit();
    expect((await worker.call('POST', `/v1/intents/${id}/claim`, { body })).status).toBe(422);
  });

  it('is the receiver’s alone', async () => {
    const id = await submit();
    const body = { claimant: 'one', lease_seconds: 60 };
    expect((await sender.call('POST', `/v1/intents/${id}/claim`, { body })).status).toBe(403);
    const stranger = await newAgent();
    expect((await stranger.call('POST', `/v1/intents/${id}/claim`, { body })).status).toBe(404);
    await claim(id, 'one');
    const back = { body: {}, headers: { 'x-fencing-token': '1' } };
    expect((await sender.call('POST', `/v1/intents/${id}/release`, back)).status).toBe(403);
    expect((await stranger.call('POST', `/v1/intents/${id}/release`, back)).status).toBe(404);
  });
});
