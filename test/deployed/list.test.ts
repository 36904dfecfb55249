/** The list of a tenant's intents: one agent finds what another did. */

import { randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { type Agent, approvalIntent, awsCalls, head, inGroups, newAgent, records, rows, waitFor } from './world.ts';

let ann: Agent;
let bob: Agent;
/** Of ann's, oldest first. */
let ids: string[];
const correlation_id = randomUUID();
const count = 7;

beforeAll(async () => {
  ann = await newAgent(undefined, 'ann');
  bob = await newAgent(ann.tenant, 'bob');
  ids = [];
  for (let n = 0; n < count; n += 1)
    ids.push(await ann.submit({ ...approvalIntent({ n }), correlation_id, ...(n === 0 ? { to_agent: 'bob' } : {}) }));
  await bob.submit(approvalIntent());
  await waitFor('all are listed', async () => (await listed(bob, '')).length === count + 1 || undefined);
});

const page = async (agent: Agent, query: string) => {
  const { status, body } = await agent.call('GET', `/v1/intents?${query}`);
  expect(status, JSON.stringify(body)).toBe(200);
  return body as { intents: { intent_id: string; status: string; payload: object }[]; next_cursor: string | null };
};
/** Every page of a list. */
async function listed(agent: Agent, query: string): Promise<string[]> {
  const found: string[] = [];
  let cursor: string | null = null;
  do {
    const { intents, next_cursor } = await page(agent, `${query}${cursor ? `&cursor=${cursor}` : ''}`);
    found.push(...intents.map(({ intent_id }) => intent_id));
    cursor = next_cursor;
  } while (cursor !== null);
  return found;
}

describe('the list', () => {
  it('is read by another agent: by who asked, whom, and by correlation, the newest first', async () => {
    const newest = ids.toReversed();
    expect(await listed(bob, `from_agent=${ann.address}`)).toEqual(newest);
    expect(await listed(bob, 'from_agent=ann')).toEqual(newest);
    expect(await listed(bob, `correlation_id=${correlation_id}`)).toEqual(newest);
    expect(await listed(bob, `correlation_id=${correlation_id.toUpperCase()}`)).toEqual(newest);
    expect(await listed(bob, 'to_agent=agent://bob')).toEqual(ids.slice(0, 1));
    expect(await listed(bob, 'to_agent=holdpoint&from_agent=ann')).toEqual(newest.slice(0, -1));
    expect(await listed(bob, `correlation_id=${correlation_id}&from_agent=bob`)).toEqual([]);
  });

  it.each([1, 2, 3, count, 100])('comes whole, none twice, in pages of %i', async (limit) => {
    const found = await listed(bob, `from_agent=ann&limit=${limit}`);
    expect(found).toEqual(ids.toReversed());
    const { intents, next_cursor } = await page(bob, `from_agent=ann&limit=${limit}`);
    expect(intents).toHaveLength(Math.min(limit, count));
    if (limit >= count) expect(next_cursor).toBeNull();
  });

  it('by status tells of now', async () => {
    const id = ids[3] as string;
    await ann.reaches(id, 'WAITING');
    expect(await listed(bob, 'from_agent=ann&status=COMPLETED,FAILED')).toEqual([]);
    expect(await listed(bob, 'status=WAITING,SUBMITTED,IN_PROGRESS&from_agent=ann&limit=2')).toHaveLength(count);
    const one = (await page(bob, 'from_agent=ann&status=WAITING')).intents.find(({ intent_id }) => intent_id === id);
    expect(one).toMatchObject({ status: (await head(ann, id))?.status, payload: { n: 3 } });
  });

  it.each([
    'status=OPEN',
    'status=WAITING,',
    'limit=0',
    'correlation_id=x',
    'from_agent=a%20b',
    'cursor=x',
    `cursor=${'A'.repeat(23)}`,
    'colour=red',
  ])('refuses %s', async (query) => {
    const { status, body } = await bob.call('GET', `/v1/intents?${query}`);
    expect([status, body.code]).toEqual([422, 'schema_invalid']);
  });

  it('takes more than a page has, and what says nothing', async () => {
    const query = 'status=&from_agent=&correlation_id=&cursor=&limit=500';
    expect((await page(bob, query)).intents.length).toBeGreaterThan(0);
  });

  it('is of its tenant alone, whatever is asked for', async () => {
    const stranger = await newAgent();
    const cursor = (await page(bob, 'limit=1')).next_cursor;
    for (const query of [
      '',
      `from_agent=${ann.address}`,
      `to_agent=${bob.address}`,
      `correlation_id=${correlation_id}`,
      `cursor=${cursor}`,
    ])
      expect(await page(stranger, query), query).toEqual({ ok: true, intents: [], next_cursor: null });
  });

  it('costs a commit nothing: only what is written once is in it, and no row is changed for it', async () => {
    const id = ids[1] as string;
    await ann.reaches(id, 'WAITING');
    expect((await records(ann, id)).length).toBeGreaterThan(1);
    const listing = (await rows(ann, id)).filter(({ listed: is }) => is !== undefined);
    expect(listing.map(({ sk }) => sk)).toEqual(['request']);
  });

  it('is read with few calls', async () => {
    const before = (await awsCalls()).length;
    await page(bob, 'from_agent=ann');
    const made = (await awsCalls()).slice(before).filter(({ app }) => app === 'api');
    expect(made.map(({ action }) => action?.split('.').at(-1))).toEqual(['GetItem', 'Query', 'BatchGetItem']);
  });

  it('gives a page under the limit of an answer, and goes on after it', async () => {
    const large = await newAgent();
    const text = 'x'.repeat(120_000);
    const made = await inGroups([...Array(20).keys()], (n) => large.submit(approvalIntent({ n, text })), 5);
    await waitFor('all are listed', async () => (await listed(large, '')).length === made.length || undefined);
    const { intents, next_cursor } = await page(large, 'limit=100');
    expect(intents.length).toBeLessThan(made.length);
    expect(next_cursor).not.toBeNull();
    expect((await listed(large, 'limit=100')).sort()).toEqual(made.sort());
  });
});
