/** The operator's commands against the deployed stack, each in a process of its own. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DeleteCommand, PutCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { liftStop, listStops } from '../../adapters/stops.ts';
import type { SealedRecord } from '../../core/audit.ts';
import type { StopTarget } from '../../core/stops.ts';
import { emulatorCredentials } from '../../local/emulator.ts';
import { forge, tipOf } from '../clients/chains.ts';
import { holdpoint, noAws, type Ran } from '../clients/holdpoint.ts';
import {
  type Agent,
  approvalIntent,
  dynamo,
  lifting,
  newAgent,
  newOrder,
  records,
  refundIntent,
  refundRequests,
  settled,
  stack,
  tables,
} from './world.ts';

let dir: string;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'holdpoint-cli-'));
  const { emulatorUrl, region } = stack;
  writeFileSync(join(dir, 'local.json'), JSON.stringify({ emulatorUrl, region }));
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const run = (...args: string[]): Promise<Ran> => holdpoint([...args, '--local', dir]);

async function ok(...args: string[]): Promise<Ran> {
  const ran = await run(...args);
  expect(ran, ran.stderr).toMatchObject({ code: 0, stderr: '' });
  return ran;
}

/** Parses the answer of a command that succeeds. */
// biome-ignore lint/suspicious/noExplicitAny: tests assert on it
const json = async (...args: string[]): Promise<any> => JSON.parse((await ok(...args, '--json')).stdout);

const tryToSubmit = async (agent: Agent, intent = approvalIntent()) => {
  const { status, body } = await agent.call('POST', '/v1/intents', { body: intent });
  return status === 200 ? 'accepted' : body.code;
};

describe('holdpoint keys', () => {
  const status = async (key: string) =>
    (await fetch(`${stack.baseUrl}/v1/intents/none`, { headers: { 'x-api-key': key } })).status;
  const tenant = `acme/keys-${process.pid}`;
  const given = ['--tenant', tenant, '--agent', 'refund-bot', '--name', 'refunds'];

  it('makes a key that works, shows its token once, and revokes it at once', async () => {
    const made = await json('keys', 'create', ...given);
    expect(made).toMatchObject({ tenant, agent: `agent://${tenant}/refund-bot`, name: 'refunds' });
    expect(await status(made.token)).toBe(404);

    const listed = await ok('keys', 'list', '--tenant', tenant, '--json');
    expect(JSON.parse(listed.stdout).keys).toEqual([expect.objectContaining({ keyId: made.keyId })]);
    expect(listed.stdout).not.toContain('hash');
    expect(listed.stdout).not.toContain(made.token);

    const { revokedAt } = await json('keys', 'revoke', made.keyId);
    expect(await status(made.token)).toBe(401);
    expect(await json('keys', 'revoke', made.keyId)).toMatchObject({ revokedAt });
    expect((await ok('keys', 'list')).stdout).toMatch(
      new RegExp(`${made.keyId} .*${tenant}.* ${revokedAt} +- +- +refunds`),
    );
  });

  it('gives a key a scope, and its agent an account', async () => {
    const made = await json('keys', 'create', ...given, '--scope', 'accounts:manage');
    expect(made.scopes).toEqual(['accounts:manage']);
    const accounts = (key: string) =>
      fetch(`${stack.baseUrl}/v1/service-accounts`, { headers: { 'x-api-key': key } }).then((answer) => answer.json());
    expect(await accounts(made.token)).toMatchObject({ service_accounts: [{ name: 'refund-bot' }] });
    const plain = await json('keys', 'create', ...given);
    expect(await accounts(plain.token)).toMatchObject({ code: 'policy_denied' });
  });

  it('shows the token as text too, and takes it for its id', async () => {
    const { stdout } = await ok('keys', 'create', ...given);
    const token = /hp_sa_\S{60}/.exec(stdout)?.[0] ?? '';
    expect(await status(token)).toBe(404);
    await ok('keys', 'revoke', token);
    expect(await status(token)).toBe(401);
  });

  it('says that there is no such key', async () => {
    const { code, stderr } = await run('keys', 'revoke', '0123456789abcdef');
    expect(stderr).toContain('has no key 0123456789abcdef: holdpoint keys list shows those there are.');
    expect(code).toBe(1);
  });
});

describe('holdpoint budget', () => {
  it('caps a whole tenant, and shows what is used up', async () => {
    const agent = await newAgent();
    const of = ['--tenant', agent.tenant];
    expect(await json('budget', 'show', ...of)).toMatchObject({ caps: [] });
    const set = await json('budget', 'set', ...of, '--intents-per-day', '1', '--money-per-day', 'EUR=5', 'USD=7');
    expect(set.policy).toMatchObject({ max_intents_per_day: 1, max_money_per_day: { EUR: 5, USD: 7 } });
    expect([await tryToSubmit(agent), await tryToSubmit(agent)]).toEqual(['accepted', 'quota_exceeded']);
    expect((await ok('budget', 'show', ...of)).stdout).toContain('intents per day: 1 of 1');
    await ok('budget', 'set', ...of, '--agent', 'agent', '--intents-per-hour', '0');
    expect((await ok('budget', 'set', ...of)).stdout).toContain('has no caps');
    expect(await tryToSubmit(agent)).toBe('quota_exceeded');
    await ok('budget', 'set', ...of, '--agent', 'agent');
    expect(await tryToSubmit(agent)).toBe('accepted');
  });
});

describe('holdpoint stop and resume', () => {
  afterEach(async () => {
    for (const { target } of await listStops(dynamo, tables.control)) {
      const [, kind, id] = target.split('#');
      await liftStop(dynamo, tables, { kind, id } as StopTarget, lifting());
    }
  });

  const cases: [string, (agent: Agent) => string[], boolean][] = [
    ['everything', () => ['everything'], true],
    ['an intent type', () => ['type', 'intent.approval.v1'], true],
    ['an intent type by its alias', () => ['type', 'human_approval'], true],
    ['a tenant', ({ tenant }) => ['tenant', tenant], false],
    ['an agent by its address', ({ address }) => ['agent', address], false],
    ['an agent by its name', ({ tenant }) => ['agent', 'agent', '--tenant', tenant], false],
  ];
  it.each(cases)('stops %s, for as long as it stands', async (_, what, stopsOthers) => {
    const [agent, other] = await Promise.all([newAgent(), newAgent()]);
    await ok('stop', ...what(agent), '--reason', 'a test', '--by', 'ada');
    expect(await tryToSubmit(agent)).toBe('policy_denied');
    expect(await tryToSubmit(other)).toBe(stopsOthers ? 'policy_denied' : 'accepted');
    const { stops } = await json('stops');
    expect(stops).toEqual([expect.objectContaining({ reason: 'a test', by: 'ada' })]);
    expect(await json('resume', ...what(agent))).toMatchObject({ stood: true });
    expect(await tryToSubmit(agent)).toBe('accepted');
    expect((await ok('stops')).stdout).toBe('No stop stands.\n');
  });

  it('stops a tool: what the policy allows is not executed', async () => {
    const agent = await newAgent();
    await ok('stop', 'tool', 'issue_refund', '--reason', 'a test');
    const intentId = await agent.submit(refundIntent(await newOrder(), 30_00));
    expect(await agent.reaches(intentId, 'FAILED', 'COMPLETED')).toMatchObject({ status: 'FAILED' });
    expect(await refundRequests(intentId)).toEqual([]);
    await ok('resume', 'tool', 'issue_refund');
    const next = await agent.submit(refundIntent(await newOrder(), 30_00));
    expect(await agent.reaches(next, 'FAILED', 'COMPLETED')).toMatchObject({ status: 'COMPLETED' });
  });

  it.each([
    ['type', 'intent.refnd.v1', 'it has intent.approval.v1, intent.refund.v1'],
    ['tool', 'read_charge', 'it has issue_refund'],
    ['agent', 'agent://acme/none/bot', 'holdpoint keys list shows them'],
    ['tenant', 'acme/none', 'holdpoint keys list shows them'],
  ])('does not pretend to stop a %s that is not there', async (kind, id, there) => {
    const { code, stderr } = await run('stop', kind, id, '--reason', 'a typo');
    expect(stderr).toContain('Nothing was stopped');
    expect(stderr).toContain(there);
    expect(code).toBe(1);
    expect((await json('stops')).stops).toEqual([]);
    await ok('stop', kind, id, '--reason', 'meant', '--unknown');
    expect((await json('stops')).stops).toMatchObject([{ kind, id, reason: 'meant' }]);
  });

  it('says when there was nothing to resume, and what else stands', async () => {
    await ok('stop', 'type', 'intent.refund.v1', '--reason', 'a test');
    expect((await ok('resume', 'everything')).stdout).toBe(
      'There was no stop on everything; nothing changed.\nOther stops stand (1): holdpoint stops lists them.\n',
    );
  });
});

describe('holdpoint types', () => {
  it('shows how many of each type are open', async () => {
    const openOf = async (type: string) =>
      (await json('types')).types.find((one: { type: string }) => one.type === type) as { open: number };
    const agent = await newAgent();
    await agent.submit(approvalIntent());
    // Those of other tests may be open too.
    const { open, ...shown } = await openOf('intent.approval.v1');
    expect(shown).toEqual({ type: 'intent.approval.v1', deployed: true });
    expect(open).toBeGreaterThanOrEqual(1);
    expect((await ok('types')).stdout).toMatch(/^intent\.approval\.v1 +[1-9]\d* +yes$/m);
  });
});

describe('holdpoint audit', () => {
  /** An intent that waits, and whose chain stands still. */
  async function waiting() {
    const agent = await newAgent();
    const intentId = await agent.submit(approvalIntent());
    await agent.reaches(intentId, 'WAITING');
    await settled(agent, intentId);
    const chain = await records(agent, intentId);
    const at = [intentId, '--tenant', agent.tenant];
    const key = (seq: number) => ({ pk: `${agent.tenant}#${intentId}`, sk: seq });
    const put = (record: SealedRecord, seq = record.seq) =>
      dynamo.send(new PutCommand({ TableName: tables.audit, Item: { ...key(seq), record } }));
    const drop = (seq: number) => dynamo.send(new DeleteCommand({ TableName: tables.audit, Key: key(seq) }));
    const moveTip = ({ seq, hash }: { seq: number; hash: string }) =>
      dynamo.send(
        new UpdateCommand({
          TableName: tables.intents,
          Key: { pk: `${agent.tenant}#${intentId}`, sk: 's#head' },
          UpdateExpression: 'SET auditSeq = :seq, auditHash = :hash',
          ExpressionAttributeValues: { ':seq': seq, ':hash': hash },
        }),
      );
    return { chain, at, put, drop, moveTip };
  }

  const record = (chain: SealedRecord[], seq: number): SealedRecord => {
    const found = chain[seq - 1];
    if (!found) throw new Error(`no record ${seq}`);
    return found;
  };

  it('verifies an untouched chain in the tables, and its export without AWS', async () => {
    const { chain, at } = await waiting();
    expect(chain.length).toBeGreaterThanOrEqual(4);
    const { stdout } = await ok('audit', 'verify', ...at);
    expect(stdout).toContain(`${chain.length} records from the tables of local stack Holdpoint`);
    expect(stdout).toContain('Not shown; a bundle (audit export --from)');
    const file = join(dir, 'chain.jsonl');
    const exported = (await ok('audit', 'export', ...at)).stdout;
    writeFileSync(file, exported);
    expect(exported.trimEnd().split('\n')).toHaveLength(chain.length + 1);
    const { seq, hash } = tipOf(chain);
    const checked = await holdpoint(['audit', 'verify', ...at, '--file', file, '--witness', `${seq}:${hash}`], {
      env: {},
    });
    expect(checked).toMatchObject({ code: 0, stderr: '' });
  });

  it('finds what was done to the tables', async () => {
    const { chain, at, put, drop, moveTip } = await waiting();
    const verdict = async (...args: string[]) => {
      const { code, stdout } = await run('audit', 'verify', ...at, ...args, '--json');
      const { ok, faults, notShown } = JSON.parse(stdout);
      expect(code).toBe(ok ? 0 : 3);
      return ok ? notShown.join(' ') : faults.map((found: { fault: string }) => found.fault).join('; ');
    };
    const restore = async () => {
      for (const one of chain) await put(one);
      await moveTip(tipOf(chain));
    };
    const last = tipOf(chain).seq;

    await put({ ...record(chain, 2), at: record(chain, 1).at });
    expect(await verdict()).toContain('was changed after it was sealed');
    const exported = await run('audit', 'export', ...at);
    expect(exported).toMatchObject({ code: 3, stderr: expect.stringContaining('does not verify') });
    await restore();

    await put(record(chain, 3), 2);
    await put(record(chain, 2), 3);
    expect(await verdict()).toContain('does not follow the record before it');
    await restore();

    await drop(2);
    expect(await verdict()).toContain('does not follow the record before it');
    await restore();

    await drop(last);
    expect(await verdict()).toContain(`ends at ${last - 1}, its witness says ${last}`);
    // With the head set back too, nothing here can show it; a witness from another place can.
    await moveTip(tipOf(chain.slice(0, -1)));
    expect(await verdict()).toContain('Whether records were cut off the end');
    expect(await verdict('--witness', `${last}:${tipOf(chain).hash}`)).toContain(`a witness has seen ${last}`);
    await restore();

    const forged = forge(chain, 2, { by: 'a forger' });
    for (const one of forged) await put(one);
    expect(await verdict()).toContain('with another hash');
    await moveTip(tipOf(forged));
    expect(await verdict()).toContain('Whether a forger recomputed the hashes');
    expect(await verdict('--witness', `2:${record(chain, 2).hash}`)).toContain('another hash than its witness');
    await restore();
    expect(await verdict()).toContain('Whether');
  });

  it('says that there is no such intent, also where it is of another tenant', async () => {
    const { at } = await waiting();
    const { code, stderr } = await run('audit', 'verify', at[0] ?? '', '--tenant', 'acme/none');
    expect(stderr).toContain('check the id and --tenant');
    expect(code).toBe(1);
  });
});

describe('the deployment that a command is for', () => {
  const credentials = {
    ...noAws,
    AWS_ENDPOINT_URL: stack.emulatorUrl,
    AWS_ACCESS_KEY_ID: emulatorCredentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: emulatorCredentials.secretAccessKey,
  };

  it('is found by its stack, with the usual AWS credentials', async () => {
    const ran = await holdpoint(['stops', '--stack', 'Holdpoint', '--region', stack.region], { env: credentials });
    expect(ran).toEqual({ code: 0, stdout: 'No stop stands.\n', stderr: '' });
  });

  it('is missed with a sentence', async () => {
    const ran = await holdpoint(['stops', '--stack', 'Other', '--region', stack.region], { env: credentials });
    expect(ran.stderr).toContain(`There is no stack Other in ${stack.region}: name yours with --stack`);
    expect(ran.code).toBe(1);
  });
});
