/** The export of decisions by API is the one that the command line makes of all chains: the full population. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { csvHeader, type DecisionRow } from '../../core/decisions.ts';
import { holdpoint } from '../clients/holdpoint.ts';
import { auditKeyFor, auditorSignedIn, call, keyFor, signedIn } from './people.ts';
import {
  type Agent,
  approvalIntent,
  decide,
  inGroups,
  linkFor,
  newAgent,
  newOrder,
  refundIntent,
  stack,
  waitFor,
} from './world.ts';

const from = '2020-01-01';
let agent: Agent;
let auditor: Record<string, string>;
let dir: string;

/** Every approval is decided by one; the large refund by two. */
const approvals = 24;
const decisions = approvals + 2;

beforeAll(async () => {
  agent = await newAgent();
  auditor = await auditKeyFor(agent.tenant);
  dir = mkdtempSync(join(tmpdir(), 'holdpoint-decisions-'));
  writeFileSync(join(dir, 'local.json'), JSON.stringify({ emulatorUrl: stack.emulatorUrl, region: stack.region }));
  const cleo = await signedIn('cleo');
  const key = await keyFor(agent.tenant);
  const ada = await signedIn('ada');
  const byApi = (id: string, who: Record<string, string>, comment: string) =>
    call('POST', `/v1/approvals/${id}/decision`, { ...key, ...who }, { decision: 'reject', comment });
  await inGroups(
    Array.from({ length: approvals }, (_, n) => n),
    async (n) => {
      const id = await agent.submit(approvalIntent({ task: `Deploy v${n}?` }));
      await agent.reaches(id, 'WAITING');
      expect((await byApi(id, ada, `No, "${n}",\nnot yet.`)).status).toBe(200);
    },
    4,
  );
  const large = await agent.submit(refundIntent(await newOrder(1_000_000), 600_000));
  await decide(await linkFor(agent, large, 'ada'), 'approved', 'Photos checked.');
  await waitFor('finance is asked', async () => (await agent.get(large)).pending_with?.ref === 'finance');
  expect((await byApi(large, cleo, 'Too much.')).status).toBe(200);
  // What is open has no decision, and stands in no row.
  await agent.submit(approvalIntent());
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

async function read(query: Record<string, string>, who = auditor) {
  const response = await fetch(`${stack.baseUrl}/v1/decisions?${new URLSearchParams(query)}`, { headers: who });
  return { status: response.status, headers: response.headers, text: await response.text() };
}

/** All pages, as many decisions in each. */
async function pages(limit: number, more: Record<string, string> = {}): Promise<string[]> {
  const found: string[] = [];
  let cursor: string | null = '';
  while (cursor !== null) {
    const page: Awaited<ReturnType<typeof read>> = await read({
      from,
      limit: String(limit),
      ...more,
      ...(cursor === '' ? {} : { cursor }),
    });
    expect(page.status, page.text).toBe(200);
    found.push(page.text);
    cursor = more.format === 'csv' ? page.headers.get('x-next-cursor') : JSON.parse(page.text).next_cursor;
  }
  return found;
}

const byCommand = async (format: string): Promise<string> => {
  const args = ['audit', 'decisions', '--from', from, '--tenant', agent.tenant, '--format', format, '--local', dir];
  const { code, stdout, stderr } = await holdpoint(args);
  expect([code, stderr]).toEqual([0, '']);
  return stdout;
};

const inOrder = (rows: DecisionRow[]) =>
  rows.toSorted((a, b) => (`${a.at}${a.chain}${a.record}` < `${b.at}${b.chain}${b.record}` ? -1 : 1));

describe('every decision of a period', () => {
  it('is there once, however the pages fall, and is what the command line reads of whole chains', async () => {
    const scanned = (await byCommand('json'))
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as DecisionRow);
    expect(scanned).toHaveLength(decisions);
    for (const limit of [1, 7, 500]) {
      const rows = await waitFor('the index has all', async () => {
        const found = (await pages(limit)).flatMap((page) => JSON.parse(page).decisions as DecisionRow[]);
        return found.length >= decisions ? found : undefined;
      });
      expect(rows).toEqual(inOrder(scanned));
    }
  });

  it('is a line of one file of CSV, page after page', async () => {
    const whole = (await pages(5, { format: 'csv' })).join('');
    expect(whole.startsWith(csvHeader)).toBe(true);
    const lines = (text: string) => text.split('\r\n').sort();
    expect(lines(whole)).toEqual(lines(await byCommand('csv')));
  });

  it('is in the period that holds its time, and in no other', async () => {
    const [all] = await pages(500);
    const rows = JSON.parse(all ?? '').decisions as DecisionRow[];
    const middle = rows[Math.floor(rows.length / 2)]?.at ?? '';
    const half = async (query: Record<string, string>) =>
      JSON.parse((await read({ from, limit: '500', ...query })).text).decisions as DecisionRow[];
    expect([...(await half({ to: middle })), ...(await half({ from: middle }))]).toEqual(rows);
    expect(JSON.parse(all ?? '').settled_until < new Date().toISOString()).toBe(true);
  });
});

describe('who reads them', () => {
  it('is an auditor who signed in, in the tenant that is named, and sees no other’s', async () => {
    const auditors = await auditorSignedIn();
    const own = await read({ from, tenant: agent.tenant }, auditors);
    expect(JSON.parse(own.text).decisions).toHaveLength(decisions);
    const other = await newAgent();
    expect(JSON.parse((await read({ from, tenant: other.tenant }, auditors)).text).decisions).toEqual([]);
    expect((await read({ from }, auditors)).status).toBe(422);
    expect(JSON.parse((await read({ from }, await auditKeyFor(other.tenant))).text).decisions).toEqual([]);
  });

  it('is nobody else', async () => {
    const query = { from, tenant: agent.tenant };
    expect((await read(query, {})).status).toBe(401);
    expect((await read(query, { 'x-api-key': agent.key })).status).toBe(403);
    expect((await read(query, await signedIn('ada'))).status).toBe(403);
    expect((await read(query, await keyFor(agent.tenant, 'cleo'))).status).toBe(403);
    expect((await read({ from, tenant: 'other/main' })).status).toBe(422);
  });

  it('is told what is wrong with a query', async () => {
    for (const [query, field] of [
      [{}, 'from'],
      [{ from: 'yesterday' }, 'from'],
      [{ from, to: '2019-12-31' }, 'to'],
      [{ from, cursor: 'nonsense' }, 'cursor'],
      [{ from, colour: 'red' }, 'colour'],
    ] as const) {
      const { status, text } = await read(query as Record<string, string>);
      expect([status, JSON.parse(text).error.details.field]).toEqual([422, field]);
    }
  });
});
