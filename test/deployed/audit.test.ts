/** The audit of a deployment, from end to end: witnessed, exported, verified by somebody who has only the key. */

import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { DeleteCommand, PutCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SealedRecord } from '../../core/audit.ts';
import { forge, reseal, tipOf } from '../clients/chains.ts';
import { holdpoint, type Ran } from '../clients/holdpoint.ts';
import {
  type Agent,
  approvalIntent,
  decide,
  dynamo,
  invoke,
  linkFor,
  newAgent,
  readRecords,
  records,
  rows,
  settled,
  stack,
  tables,
} from './world.ts';

let dir: string;
let key: string;
const from = '2020-01-01';
const local = (...args: string[]): Promise<Ran> => holdpoint([...args, '--local', dir]);

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'holdpoint-audit-'));
  const { emulatorUrl, region } = stack;
  writeFileSync(join(dir, 'local.json'), JSON.stringify({ emulatorUrl, region }));
  key = join(dir, 'key.pem');
  const printed = await local('audit', 'key');
  expect(printed).toMatchObject({ code: 0, stderr: '' });
  writeFileSync(key, printed.stdout);
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

/** An approval that was decided, and nothing is owed any more. */
async function decided(agent: Agent, comment = 'Go ahead.'): Promise<string> {
  const id = await agent.submit({ ...approvalIntent(), on_behalf_of: 'customer-7' });
  expect((await decide(await linkFor(agent, id), 'approved', comment)).status).toBe(200);
  await agent.reaches(id, 'COMPLETED');
  await settled(agent, id);
  return id;
}

const checkpoint = async () => {
  const { value, error } = await invoke('checkpoint');
  expect(error).toBeUndefined();
  return value as { number: number; seen: number; written: boolean };
};

/** Exports the agent's tenant and verifies that in a process without AWS, rights or environment. */
async function verified(agent: Agent, publicKey = key) {
  const bundle = join(dir, 'bundle.jsonl');
  const exported = await local('audit', 'export', '--from', from, '--tenant', agent.tenant);
  expect(exported).toMatchObject({ code: 0, stderr: '' });
  writeFileSync(bundle, exported.stdout);
  const hooks = pathToFileURL(join(import.meta.dirname, '..', 'clients', 'no-aws.ts')).href;
  const alone = { env: {}, node: ['--import', hooks, '--permission', '--allow-fs-read=*'] };
  const ran = await holdpoint(['audit', 'verify', bundle, '--key', publicKey, '--json'], alone);
  expect(ran.stderr).toBe('');
  const verdict = JSON.parse(ran.stdout);
  expect(ran.code).toBe(verdict.ok ? 0 : 3);
  return verdict;
}

const id8 = () => randomUUID().slice(0, 8);
const keyOf = (agent: Agent, intentId: string, seq: number) => ({ pk: `${agent.tenant}#${intentId}`, sk: seq });
async function store(agent: Agent, intentId: string, chain: readonly SealedRecord[]): Promise<void> {
  for (const record of chain)
    await dynamo.send(
      new UpdateCommand({
        TableName: tables.audit,
        Key: keyOf(agent, intentId, record.seq),
        UpdateExpression: 'SET #record = :record',
        ExpressionAttributeNames: { '#record': 'record' },
        ExpressionAttributeValues: { ':record': record },
      }),
    );
}
async function moveTip(agent: Agent, intentId: string, chain: readonly SealedRecord[]): Promise<void> {
  const { seq, hash } = tipOf(chain);
  await dynamo.send(
    new UpdateCommand({
      TableName: tables.intents,
      Key: { pk: `${agent.tenant}#${intentId}`, sk: 's#head' },
      UpdateExpression: 'SET auditSeq = :seq, auditHash = :hash',
      ExpressionAttributeValues: { ':seq': seq, ':hash': hash },
    }),
  );
}

describe('checkpoints', () => {
  it('see what has changed since the last one, and number themselves without a gap', async () => {
    const agent = await newAgent();
    await decided(agent);
    const one = await checkpoint();
    expect(one).toMatchObject({ written: true });
    expect(one.seen).toBeGreaterThanOrEqual(1);
    expect(await checkpoint()).toMatchObject({ written: true, number: one.number + 1 });
  });

  it('called twice at once are still one chain of checkpoints', async () => {
    const agent = await newAgent();
    await decided(agent);
    const both = await Promise.all([checkpoint(), checkpoint(), checkpoint()]);
    expect(both.filter(({ written }) => written).length).toBeGreaterThanOrEqual(1);
    expect(await verified(agent)).toMatchObject({ ok: true, chains: 1, unwitnessed: 0 });
  });
});

describe('a bundle of a deployment', () => {
  it('verifies by the key alone, and not by another', async () => {
    const agent = await newAgent();
    const id = await decided(agent);
    expect(await verified(agent)).toMatchObject({ ok: true, chains: 1 });
    const made = await checkpoint();
    const verdict = await verified(agent);
    expect(verdict).toMatchObject({ ok: true, unwitnessed: 0, personal: { erased: 0 } });
    expect(verdict.checkpoints.last).toBe(made.number);
    expect(verdict.records).toBe((await records(agent, id)).length);
    const other = join(dir, 'other.pem');
    const { publicKey } = await import('node:crypto').then(({ generateKeyPairSync }) =>
      generateKeyPairSync('ec', { namedCurve: 'P-256' }),
    );
    writeFileSync(other, publicKey.export({ type: 'spki', format: 'pem' }));
    expect((await verified(agent, other)).faults[0].fault).toContain('is it the right one?');
  });

  it('shows what was done to the tables since a checkpoint, the head rewritten to match', async () => {
    const agent = await newAgent();
    const id = await decided(agent);
    await checkpoint();
    const chain = await records(agent, id);
    const first = async () => (await verified(agent)).faults[0];

    const forged = forge(chain, 2, { by: 'a forger' });
    await store(agent, id, forged);
    await moveTip(agent, id, forged);
    // The forged record has no hash of what stands beside it any more; without that the chain itself is whole.
    const found = (await verified(agent)).faults.map(({ fault }: { fault: string }) => fault).join('; ');
    expect(found).toMatch(/another hash than checkpoint \d+ saw/);
    await store(agent, id, chain);
    await moveTip(agent, id, chain);

    const last = chain.length;
    await dynamo.send(new DeleteCommand({ TableName: tables.audit, Key: keyOf(agent, id, last) }));
    await moveTip(agent, id, chain.slice(0, -1));
    expect(await first()).toMatchObject({ seq: last, fault: expect.stringMatching(/checkpoint \d+ has seen/) });
    await dynamo.send(
      new PutCommand({ TableName: tables.audit, Item: { ...keyOf(agent, id, last), record: chain[last - 1] } }),
    );
    await moveTip(agent, id, chain);
    expect((await verified(agent)).ok).toBe(true);

    const { seq } = tipOf(chain);
    const added = reseal([...chain, { ...(chain.at(-1) as SealedRecord), seq: seq + 1 }], seq + 1);
    await store(agent, id, added.slice(-1));
    await moveTip(agent, id, added);
    expect((await verified(agent)).ok).toBe(true);
    for (const one of added)
      await dynamo.send(new DeleteCommand({ TableName: tables.audit, Key: keyOf(agent, id, one.seq) }));
    expect(await first()).toMatchObject({ fault: expect.stringContaining('is missing with its whole chain') });
  });

  it('shows a checkpoint that is gone', async () => {
    const agent = await newAgent();
    await decided(agent);
    await checkpoint();
    const { number } = await checkpoint();
    const bundle = join(dir, 'cut.jsonl');
    const { stdout } = await local('audit', 'export', '--from', from, '--tenant', agent.tenant);
    const lines = stdout.trimEnd().split('\n');
    const kept = lines.filter(
      (line) => !line.startsWith(`{"checkpoint":`) || JSON.parse(line).checkpoint.number !== number - 1,
    );
    expect(kept).toHaveLength(lines.length - 1);
    writeFileSync(bundle, `${kept.join('\n')}\n`);
    const ran = await holdpoint(['audit', 'verify', bundle, '--key', key]);
    expect(ran.code).toBe(3);
    expect(ran.stdout).toContain(`Checkpoint ${number} stands where checkpoint ${number - 1} belongs.`);
  });
});

describe('holdpoint people erase', () => {
  /** Everything stored of the agent's intent, and the link that was mailed. */
  const stored = async (agent: Agent, id: string) =>
    JSON.stringify([await rows(agent, id), await readRecords(agent, id)]);

  it('takes a person out of what has ended; the chain still verifies, and says so', async () => {
    const agent = await newAgent();
    const person = `customer-${id8()}`;
    const id = await agent.submit({ ...approvalIntent(), on_behalf_of: person });
    const erase = (...more: string[]) => local('people', 'erase', person, '--json', ...more);
    // While the intent is open nothing of it is touched.
    const open = JSON.parse((await erase('--yes')).stdout);
    expect(open).toMatchObject({ rows: 0, values: 0, open: [`${agent.tenant}#${id}`] });

    expect((await decide(await linkFor(agent, id), 'rejected', `As ${person} wishes.`)).status).toBe(200);
    await agent.reaches(id, 'COMPLETED');
    await settled(agent, id);
    const dry = JSON.parse((await erase()).stdout);
    expect(dry).toMatchObject({ erased: false, values: 1, open: [] });
    expect(dry.rows).toBeGreaterThanOrEqual(1);
    expect(await stored(agent, id)).toContain(`"${person}"`);
    const exported = async () => (await local('people', 'export', person)).stdout.split('\n').filter(Boolean);
    const handed = (await exported()).map((line) => JSON.parse(line));
    expect(handed.filter((row) => row.in === 'intents').length).toBe(dry.rows);
    expect(handed.find((row) => row.in === 'audit')?.told).toEqual([
      { at: expect.stringContaining('on_behalf_of'), value: person },
    ]);

    expect(JSON.parse((await erase('--yes')).stdout)).toMatchObject({ erased: true, rows: dry.rows, values: 1 });
    expect(await stored(agent, id)).not.toContain(`"${person}"`);
    expect(await exported()).toEqual([]);
    await checkpoint();
    expect(await verified(agent)).toMatchObject({ ok: true, personal: { erased: 1 } });
    expect(JSON.parse((await erase('--yes')).stdout)).toMatchObject({ rows: 0, values: 0, open: [] });
  });

  it('refuses while the person is asked, and says where', async () => {
    const agent = await newAgent();
    const id = await agent.submit(approvalIntent());
    await agent.reaches(id, 'WAITING');
    const { code, stderr } = await local('people', 'erase', 'ada', '--yes', '--tenant', agent.tenant);
    expect(code).toBe(1);
    expect(stderr).toContain('ada is asked now, and nothing was erased');
    expect(await stored(agent, id)).toContain('ada@example.com');
  });

  it('takes out an approver: what was decided stays, and who is gone', async () => {
    const agent = await newAgent();
    const id = await agent.submit(approvalIntent());
    expect((await decide(await linkFor(agent, id), 'rejected', 'Not this quarter.')).status).toBe(200);
    await agent.reaches(id, 'COMPLETED');
    await settled(agent, id);
    // Other tests have their own tenants, and ada in them.
    const erase = ['people', 'erase', 'ada', '--tenant', agent.tenant, '--json'];
    const found = JSON.parse((await local(...erase)).stdout);
    expect(JSON.parse((await local(...erase, '--yes')).stdout)).toEqual({ ...found, erased: true });
    expect(JSON.parse((await local(...erase)).stdout)).toMatchObject({ rows: 0, values: 0 });
    const left = await stored(agent, id);
    for (const gone of ['"ada"', 'Ada Example', 'ada@example.com', 'Not this quarter.'])
      expect(left).not.toContain(gone);
    expect(left).toContain('ben@example.com');
    expect((await agent.get(id)).result.task_result).toMatchObject({ outcome: 'rejected', decided_by: 'erased' });
    expect(await verified(agent)).toMatchObject({ ok: true });
  });
});
