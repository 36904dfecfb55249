/** The export of decisions by API: all of them, each once, whatever the pages; and only for those who may read them. */

import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decisionsOf } from '../../adapters/decisions.ts';
import type { ApiKey } from '../../adapters/keys.ts';
import { auditItem } from '../../adapters/rows.ts';
import { type DecisionRow, decisionsIn, type ReadRecord, settledBy } from '../../core/decisions.ts';
import { Directory } from '../../core/directory.ts';
import { InvalidInput, PolicyDenied } from '../../core/errors.ts';
import { tenantRead } from '../../functions/decisions/auditor.ts';
import type { Person } from '../../functions/tasks/caller.ts';
import { decisionsQuery } from '../../wire/decisions.ts';
import * as given from '../core/builders.ts';
import { type Story, waitingApproval, waitingRefund } from '../core/story.ts';
import { runs } from '../properties.ts';

type Item = ReturnType<typeof auditItem> & { decidedIn?: string; decidedAt?: string };

/** The audit table and its index, as DynamoDB answers queries of them: in order, so many, and where to go on. */
function auditTable() {
  const items: Item[] = [];
  const asked: string[] = [];
  const client = {
    // biome-ignore lint/suspicious/noExplicitAny: an input of either query
    async send({ input }: { input: any }) {
      const { IndexName, ExpressionAttributeValues: values, Limit, ExclusiveStartKey: after } = input;
      asked.push(IndexName ? 'index' : 'chain');
      if (!IndexName)
        return { Items: items.filter(({ pk }) => pk === values[':pk']).sort((a, b) => Number(a.sk) - Number(b.sk)) };
      const found = items
        .filter(({ decidedIn }) => decidedIn === values[':tenant'])
        .filter(({ decidedAt = '' }) => decidedAt >= values[':from'] && decidedAt <= values[':to'])
        .sort((a, b) => ((a.decidedAt ?? '') < (b.decidedAt ?? '') ? -1 : 1))
        .filter(({ decidedAt = '' }) => !after || decidedAt > (after as { decidedAt: string }).decidedAt);
      const page = found.slice(0, Limit).map(({ pk, sk, decidedIn, decidedAt }) => ({ pk, sk, decidedIn, decidedAt }));
      return { Items: page, ...(found.length > page.length ? { LastEvaluatedKey: page.at(-1) } : {}) };
    },
  } as unknown as DynamoDBDocumentClient;
  return {
    client,
    items,
    asked,
    /** The records of a story, as its commits put them; `as`: another intent's. */
    put(told: Story, as?: string) {
      const chain = as ?? `${told.ref.tenant}#${told.ref.intentId}`;
      for (const { record, personal } of told.store.entries(told.ref))
        items.push(JSON.parse(JSON.stringify(auditItem({ record: { ...record, chain }, personal }))));
    },
  };
}

const ever = { from: '0000', to: '9999' };

async function pagesOf(client: DynamoDBDocumentClient, tenant: string, limit: number, period = ever) {
  const pages: DecisionRow[][] = [];
  let cursor: string | undefined;
  do {
    const page = await decisionsOf(client, 'Audit', { tenant, limit, cursor, ...period }, () => 0);
    pages.push(page.rows);
    cursor = page.cursor;
  } while (cursor !== undefined);
  return pages;
}

/** What a reader of whole chains finds, as the command line does. */
const byReadingAll = (items: readonly Item[], tenant: string, period = ever): DecisionRow[] => {
  const chains = Map.groupBy(items, ({ pk }) => pk);
  return [...chains]
    .filter(([pk]) => pk.startsWith(`${tenant}#`))
    .flatMap(([, all]) => decisionsIn(all.map(({ record }) => record) as unknown as ReadRecord[], period));
};

const names = (rows: readonly DecisionRow[]) => rows.map(({ chain, record }) => `${chain}/${record}`).sort();

async function chainOfTwo(pass = 0): Promise<Story> {
  const { told, links } = await waitingRefund({ payload: given.refundPayload({ amount_cents: 600_000 }) });
  told.pass(pass);
  await told.decide(links.ada as string, { comment: 'Seen.' });
  const { cleo } = await told.mail();
  told.pass(60);
  await told.decide(cleo as string, { outcome: 'rejected', comment: 'Too much.' });
  return told;
}

async function plain(pass = 0): Promise<Story> {
  const { told, links } = await waitingApproval();
  told.pass(pass);
  await told.decide(links.ada as string);
  return told;
}

const intent = (n: number) => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`;

describe('the decisions of a tenant', () => {
  it('are all there, each once and in order, whatever the pages and the period', async () => {
    const [two, one, open] = [await chainOfTwo(60), await plain(90), (await waitingApproval()).told];
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.constantFrom(two, one, open), { minLength: 1, maxLength: 12 }),
        fc.integer({ min: 1, max: 7 }),
        fc.nat(180),
        async (stories, limit, until) => {
          const table = auditTable();
          for (const [n, told] of stories.entries())
            for (const tenant of [given.tenant, 'other/main', `${given.tenant}2`])
              table.put(told, `${tenant}#${intent(n)}`);
          const period = { from: given.later(given.start, 61), to: given.later(given.start, until) };
          for (const at of period.from < period.to ? [ever, period] : [ever]) {
            const pages = await pagesOf(table.client, given.tenant, limit, at);
            const rows = pages.flat();
            expect(names(rows)).toEqual(names(byReadingAll(table.items, given.tenant, at)));
            expect(rows.map((row) => row.at)).toEqual(rows.map((row) => row.at).sort());
            for (const page of pages) expect(page.length).toBeLessThanOrEqual(limit);
          }
        },
      ),
      runs(30),
    );
  });

  it('say what whole chains say of them: who was notified, under which policy', async () => {
    const table = auditTable();
    table.put(await chainOfTwo());
    const [first, last] = (await pagesOf(table.client, given.tenant, 1)).flat();
    expect(first).toMatchObject({ policy_version: 'refund-2', concluded: false, decided_by: 'ada', comment: 'Seen.' });
    expect(first?.notifications).toMatchObject([{ to: ['ada@example.com'], why: 'assigned' }]);
    expect(last).toMatchObject({ concluded: true, outcome: 'rejected', decided_by: 'cleo' });
  });

  it('that come while somebody pages are neither lost nor twice', async () => {
    const table = auditTable();
    const [early, late] = [await plain(), await plain(3600)];
    for (const n of [1, 2, 3]) table.put(early, `${given.tenant}#${intent(n)}`);
    const page = await decisionsOf(table.client, 'Audit', { tenant: given.tenant, limit: 2, ...ever }, () => 0);
    table.put(late, `${given.tenant}#${intent(4)}`);
    // An intent that goes on does not move: its decision stays where it is.
    const told = await chainOfTwo(7200);
    table.put(told, `${given.tenant}#${intent(5)}`);
    const asked = { tenant: given.tenant, limit: 100, cursor: page.cursor, ...ever };
    const rest = await decisionsOf(table.client, 'Audit', asked, () => 0);
    expect(names([...page.rows, ...rest.rows])).toEqual(names(byReadingAll(table.items, given.tenant)));
  });

  it('come in pages that end by their size, and by the time they take; each brings something', async () => {
    const table = auditTable();
    const told = await plain();
    for (let n = 0; n < 25; n += 1) table.put(told, `${given.tenant}#${intent(n)}`);
    const asked = { tenant: given.tenant, limit: 100, ...ever };
    const slow = await decisionsOf(table.client, 'Audit', asked, () => 60_000);
    expect(slow.rows).toHaveLength(1);
    expect(slow.cursor).toBeDefined();

    const large = auditTable();
    const { told: wordy, links } = await waitingApproval();
    await wordy.decide(links.ada as string, { comment: '\u0001'.repeat(2000) });
    for (let n = 0; n < 200; n += 1) large.put(wordy, `${given.tenant}#${intent(n)}`);
    const pages = await pagesOf(large.client, given.tenant, 500);
    expect(pages.flat()).toHaveLength(200);
    expect(pages.length).toBeGreaterThan(1);
    for (const page of pages) expect(Buffer.byteLength(JSON.stringify(page))).toBeLessThan(1.1 * 2 ** 20);
  });

  it('are read by the index, and a chain once for a page', async () => {
    const table = auditTable();
    table.put(await chainOfTwo());
    await pagesOf(table.client, given.tenant, 100);
    expect(table.asked).toEqual(['index', 'chain']);
  });

  it('are better not told than told with one left out', async () => {
    const table = auditTable();
    table.put(await plain());
    const wrong = table.items.find(({ decidedIn }) => decidedIn !== undefined) as Item;
    wrong.record = { ...wrong.record, action: 'task.opened' };
    await expect(pagesOf(table.client, given.tenant, 10)).rejects.toThrow('which is no decision');
  });

  it('go on by a cursor of theirs alone', async () => {
    const table = auditTable();
    for (const n of [1, 2]) table.put(await plain(), `${given.tenant}#${intent(n)}`);
    const { cursor = '' } = await decisionsOf(
      table.client,
      'Audit',
      { tenant: given.tenant, limit: 1, ...ever },
      () => 0,
    );
    const on = (tenant: string, period: typeof ever, at: string) =>
      decisionsOf(table.client, 'Audit', { tenant, limit: 1, cursor: at, ...period }, () => 0);
    for (const asked of [
      on('other/main', ever, cursor),
      on(given.tenant, { from: '0000', to: '2000' }, cursor),
      on(given.tenant, { from: '2999', to: '9999' }, cursor),
      on(given.tenant, ever, 'nonsense'),
      on(given.tenant, ever, Buffer.from('{"pk":"acme/shop#1","sk":1}').toString('base64url')),
    ])
      await expect(asked).rejects.toThrow(InvalidInput);
  });
});

it('a record is in the index where it is a decision, and nowhere else', async () => {
  const table = auditTable();
  table.put(await chainOfTwo());
  for (const { record, decidedIn, decidedAt } of table.items) {
    const isOne = ['task.voted', 'task.decided'].includes(record.action);
    expect([record.action, decidedIn]).toEqual([record.action, isOne ? given.tenant : undefined]);
    if (isOne)
      expect(decidedAt).toBe(`${record.at}#${record.chain.split('#')[1]}#${String(record.seq).padStart(8, '0')}`);
  }
});

describe('who may read them', () => {
  const people = (roles: string[], mayDecideFor?: string[]) =>
    new Directory([
      { id: 'ada', name: 'Ada', mail: 'ada@example.com', roles, ...(mayDecideFor ? { mayDecideFor } : {}) },
    ]);
  const ada: Person = { id: 'ada', via: 'signed in', signedIn: true };
  const key = { tenant: given.tenant } as ApiKey;
  const auditing = { ...key, scopes: ['decisions:read'] } as ApiKey;

  it('is a key that may, of its own tenant', () => {
    const nobody = people([]);
    expect(tenantRead({ key: auditing, person: undefined }, undefined, nobody)).toBe(given.tenant);
    expect(tenantRead({ key: auditing, person: undefined }, given.tenant, nobody)).toBe(given.tenant);
    expect(() => tenantRead({ key: auditing, person: undefined }, 'other/main', nobody)).toThrow(InvalidInput);
  });

  it.each([['auditors'], ['admins']])(
    'is somebody of the role %s who has signed in, in a tenant that is named',
    (role) => {
      expect(tenantRead({ key: undefined, person: ada }, 'acme/shop', people([role]))).toBe('acme/shop');
      expect(tenantRead({ key, person: ada }, undefined, people([role]))).toBe(given.tenant);
      expect(() => tenantRead({ key: undefined, person: ada }, undefined, people([role]))).toThrow(InvalidInput);
      expect(() => tenantRead({ key, person: ada }, 'other/main', people([role]))).toThrow(InvalidInput);
    },
  );

  it('is nobody else: no approver, no other key, and no key that speaks for an auditor', () => {
    const refused = (caller: Parameters<typeof tenantRead>[0], directory: Directory) =>
      expect(() => tenantRead(caller, given.tenant, directory)).toThrow(PolicyDenied);
    refused({ key: undefined, person: ada }, people(['approvers', 'finance']));
    refused({ key, person: undefined }, people(['auditors']));
    refused({ key: { ...key, mayDecideAs: 'ada' }, person: { ...ada, signedIn: false } }, people(['auditors']));
    refused({ key: undefined, person: { ...ada, id: 'gone' } }, people(['auditors']));
  });

  it('is bound to the tenants whose every agent they may decide for', () => {
    const of = (patterns: string[]) => people(['auditors'], patterns);
    const read = (directory: Directory) => tenantRead({ key: undefined, person: ada }, 'acme/shop', directory);
    expect(read(of(['agent://acme/*/*']))).toBe('acme/shop');
    for (const patterns of [['agent://other/*/*'], ['agent://acme/shop/refund-*'], ['agent://acme/shop/bot']])
      expect(() => read(of(patterns))).toThrow(PolicyDenied);
  });
});

describe('the query', () => {
  it('takes days and times with zone, and nothing else', () => {
    expect(decisionsQuery.parse({ from: '2026-11-01', to: '2026-12-01T01:00:00+01:00' })).toEqual({
      from: '2026-11-01T00:00:00.000Z',
      to: '2026-12-01T00:00:00.000Z',
      format: 'json',
      limit: 100,
    });
    for (const wrong of [{}, { from: '1' }, { from: '2026-11-01T09:00:00' }, { from: '2026-11-01', colour: 'red' }])
      expect(decisionsQuery.safeParse(wrong).success).toBe(false);
    for (const limit of ['0', '501', 'x'])
      expect(decisionsQuery.safeParse({ from: '2026-11-01', limit }).success).toBe(false);
  });

  it('says until when all is there', () => {
    expect(settledBy('2026-11-20T09:00:00.000Z')).toBe('2026-11-20T08:50:00.000Z');
  });
});
