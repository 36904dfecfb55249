import { randomUUID } from 'node:crypto';
import { UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { beforeAll, describe, expect, it } from 'vitest';
import { framesIn } from '../wire/frames.ts';
import { type Agent, awsCalls, documented, dynamo, inGroups, newAgent, settled, stack, waitFor } from './world.ts';

let sender: Agent;
let worker: Agent;
beforeAll(async () => {
  sender = await newAgent();
  worker = await newAgent(sender.tenant, 'worker');
});

const submit = (to = worker.address, more: object = {}) =>
  sender.submit({ intent_type: 'parcels.pack.v1', to_agent: to, payload: { parcel: 'P-1' }, ...more });

/** One request, and the frames that it was answered with; all of it, refusals too, is as documented. */
async function stream(agent: Agent, path: string) {
  const began = performance.now();
  const response = await fetch(`${stack.baseUrl}${path}`, { headers: { 'x-api-key': agent.key } });
  const text = await response.clone().text();
  const seconds = (performance.now() - began) / 1000;
  await documented('GET', path, response);
  const frames = response.headers.get('content-type')?.startsWith('text/event-stream') ? framesIn(text) : [];
  return { status: response.status, headers: response.headers, text, frames, seconds };
}

const eventsOf = (id: string, query: string) => `/v1/intents/${id}/events/stream?${query}`;
const mailboxOf = (address: string, query: string) => `/v1/agents/${address}/intents/stream?${query}`;

describe('the stream of an intent', () => {
  it('sends what is new and ends; goes on from there; waits where nothing is', async () => {
    const id = await submit();
    await worker.reaches(id, 'DELIVERED');
    const first = await stream(sender, eventsOf(id, 'since=0&wait_seconds=20'));
    expect(first.frames.map(({ event, id }) => [event, id])).toEqual([
      ['intent.created', '1'],
      ['intent.submitted', '2'],
      ['intent.delivered', '3'],
    ]);
    expect(first.seconds).toBeLessThan(15);
    expect(first.text).toMatch(/^id: 1\nevent: intent\.created\ndata: \{.*\}\n\n/);
    expect((await stream(sender, eventsOf(id, 'since=2'))).frames.map(({ data }) => data.seq)).toEqual([3]);
    const idle = await stream(sender, eventsOf(id, 'since=3&wait_seconds=2'));
    expect(idle.frames).toEqual([{ event: 'stream.timeout', data: { ok: true, next_seq: 3 }, id: undefined }]);
    expect(idle.seconds).toBeGreaterThanOrEqual(2);
  });

  it('answers what comes while one waits, long before its time is over, and tells the result', async () => {
    const id = await submit();
    await worker.reaches(id, 'DELIVERED');
    const before = await held();
    const waiting = stream(sender, eventsOf(id, 'since=3&wait_seconds=25'));
    await waitFor('it is held', async () => (await held()).some((place) => !before.includes(place)));
    const done = await worker.call('POST', `/v1/intents/${id}/resume`, { body: { packed: true } });
    const at = performance.now();
    const { frames } = await waiting;
    const seconds = (performance.now() - at) / 1000;
    expect(done.status).toBe(200);
    expect(frames).toMatchObject([
      { event: 'intent.completed', data: { data: { packed: true }, status: 'COMPLETED' } },
    ]);
    console.log(`answered ${seconds.toFixed(2)} s after the event's answer`);
    // How soon, test/functions/streams.test.ts shows by a clock of its own.
    expect(seconds).toBeLessThan(10);
    // A client that comes again is held though the intent is over.
    const idle = await stream(sender, eventsOf(id, 'since=4&wait_seconds=1'));
    expect(idle.frames).toMatchObject([{ event: 'stream.timeout', data: { next_seq: 4 } }]);
    expect(idle.seconds).toBeGreaterThanOrEqual(1);
  });

  it('takes a number that is not there yet for the last: whoever comes with one too many misses nothing', async () => {
    const id = await submit();
    await worker.reaches(id, 'DELIVERED');
    const before = await held();
    const waiting = stream(sender, eventsOf(id, 'since=4&wait_seconds=25'));
    await waitFor('it is held', async () => (await held()).some((place) => !before.includes(place)));
    await worker.call('POST', `/v1/intents/${id}/resume`, { body: { packed: true } });
    expect((await waiting).frames.map(({ data }) => data.seq)).toEqual([4]);
  });

  it('leaves out of a frame what would make it too long', async () => {
    const id = await submit();
    await worker.reaches(id, 'DELIVERED');
    const long = 'x'.repeat(100_000);
    expect((await worker.call('POST', `/v1/intents/${id}/resume`, { body: { long } })).status).toBe(200);
    const { text } = await stream(sender, eventsOf(id, 'since=3'));
    expect(Buffer.byteLength(text)).toBeLessThan(65_536);
    expect((await sender.get(id)).result.long).toHaveLength(100_000);
  });

  it.each([
    ['wait_seconds=0', 422],
    ['wait_seconds=61', 422],
    ['since=-1', 422],
    ['colour=red', 422],
  ])('refuses ?%s', async (query, status) => {
    expect((await stream(sender, eventsOf(await submit(), query))).status).toBe(status);
  });

  it('is nobody else’s, and needs a key', async () => {
    const id = await submit();
    const stranger = await newAgent();
    expect((await stream(stranger, eventsOf(id, 'since=0'))).status).toBe(404);
    expect((await stream(sender, eventsOf(randomUUID(), 'since=0'))).status).toBe(404);
    expect((await stream(sender, eventsOf('x', 'since=0'))).status).toBe(404);
    expect((await stream({ ...sender, key: 'none' }, eventsOf(id, 'since=0'))).status).toBe(401);
  });
});

describe('the stream of an agent', () => {
  it('numbers by the agent, without id lines, and comes by every form of an address', async () => {
    const agent = await newAgent(sender.tenant, `bot-${randomUUID().slice(0, 8)}`);
    const name = agent.address.split('/').at(-1) as string;
    const ids = await inGroups(Array.from({ length: 5 }), () => submit(agent.address), 1);
    for (const id of ids) await settled(sender, id);
    for (const address of [
      agent.address,
      name,
      `agent://${name}`,
      agent.address.slice(8),
      encodeURIComponent(agent.address),
    ]) {
      const { frames, text } = await stream(agent, mailboxOf(address, 'since=0'));
      expect(
        frames.map(({ data }) => data.seq),
        address,
      ).toEqual([1, 2, 3, 4, 5]);
      expect(text).not.toMatch(/^id:/m);
      expect(frames[0]).toMatchObject({
        event: 'intent.delivered',
        data: { intent_type: 'parcels.pack.v1', status: 'DELIVERED', payload: { parcel: 'P-1' } },
      });
    }
    const later = await stream(agent, mailboxOf(agent.address, 'since=3'));
    expect(later.frames.map(({ data }) => data.seq)).toEqual([4, 5]);
  });

  it('loses and repeats nothing for a client that reconnects while much is delivered', {
    timeout: 300_000,
  }, async () => {
    const agent = await newAgent(sender.tenant, `bot-${randomUUID().slice(0, 8)}`);
    const submitting = inGroups(Array.from({ length: 30 }), () => submit(agent.address), 5);
    const seen: { seq: number; intent_id: string }[] = [];
    let since = 0;
    while (seen.length < 30) {
      const { frames, status } = await stream(agent, mailboxOf(agent.address, `since=${since}&wait_seconds=5`));
      expect(status).toBe(200);
      for (const { event, data } of frames) {
        if (event === 'stream.timeout') expect(data.next_seq).toBe(since);
        else seen.push(data);
      }
      since = seen.at(-1)?.seq ?? since;
    }
    expect(seen.map(({ seq }) => seq)).toEqual(Array.from({ length: 30 }, (_, i) => i + 1));
    expect(seen.map(({ intent_id }) => intent_id).sort()).toEqual((await submitting).sort());
  });

  it('is the agent’s own: neither others of the tenant nor strangers read it', async () => {
    for (const agent of [sender, await newAgent()]) {
      const { status, text } = await stream(agent, mailboxOf(worker.address, 'since=0'));
      expect(status).toBe(403);
      expect(JSON.parse(text)).toMatchObject({ code: 'policy_denied' });
    }
  });

  it('costs two small reads a second while it waits', async () => {
    const agent = await newAgent(sender.tenant, `bot-${randomUUID().slice(0, 8)}`);
    const calls = async () => (await awsCalls()).filter(({ app }) => app === 'streams').length;
    await waitFor('nobody waits', async () => (await held()).length === 0);
    const before = await calls();
    await stream(agent, mailboxOf(agent.address, 'wait_seconds=5'));
    const made = (await calls()) - before;
    // The key and its requests, one look for what is there, a place taken and freed; then every 0.6 seconds.
    console.log(`${made} calls for 5 seconds of waiting`);
    expect(made).toBeLessThanOrEqual(6 + Math.ceil(5 / 0.6));
  });
});

/** Places that are taken now. */
const heldKey = (place: number) => ({ pk: `held#${place}`, sk: 'held' });
async function held(): Promise<number[]> {
  const found = await inGroups(
    Array.from({ length: 50 }, (_, place) => place),
    async (place) => (await isHeld(place)) && place,
    50,
  );
  return found.filter((place) => place !== false);
}
async function isHeld(place: number): Promise<boolean> {
  const { GetCommand } = await import('@aws-sdk/lib-dynamodb');
  const table = stack.outputs.MailboxesTable ?? '';
  const { Item } = await dynamo.send(new GetCommand({ TableName: table, Key: heldKey(place), ConsistentRead: true }));
  return Number(Item?.heldUntil ?? 0) > Date.now();
}

describe('room', () => {
  it('is not waited for: where all places are taken, the answer comes at once and says when to come again', async () => {
    const table = stack.outputs.MailboxesTable ?? '';
    const take = (until: number) =>
      inGroups(
        Array.from({ length: 50 }, (_, place) => place),
        (place) =>
          dynamo.send(
            new UpdateCommand({
              TableName: table,
              Key: heldKey(place),
              UpdateExpression: 'SET heldUntil = :until',
              ExpressionAttributeValues: { ':until': until },
            }),
          ),
        50,
      );
    await take(Date.now() + 60_000);
    try {
      const { frames, headers, seconds } = await stream(worker, mailboxOf('worker', 'since=99999&wait_seconds=20'));
      expect(frames).toMatchObject([{ event: 'stream.timeout' }]);
      expect(headers.get('retry-after')).toBe('5');
      expect(seconds).toBeLessThan(15);
      // What is there already is told all the same.
      const id = await submit();
      expect((await stream(sender, eventsOf(id, 'since=0'))).frames.length).toBeGreaterThan(0);
    } finally {
      await take(0);
    }
  });
});
