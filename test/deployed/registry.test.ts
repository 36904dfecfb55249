/** Service accounts, keys and agents by API, as a client of AXP uses them. */

import { randomUUID } from 'node:crypto';
import { ScanCommand } from '@aws-sdk/lib-dynamodb';
import { beforeAll, describe, expect, it } from 'vitest';
import { listKeys } from '../../adapters/keys.ts';
import { intentTypes } from '../../intents/index.ts';
import { routes } from '../../wire/routes.ts';
import { committed } from '../wire/contract.ts';
import { type Agent, agentOf, approvalIntent, dynamo, newAgent, stack, tables, waitFor } from './world.ts';

let manager: Agent;
beforeAll(async () => {
  manager = await newAgent(undefined, 'manager', { scopes: ['accounts:manage'] });
});

const post = (path: string, body?: object, headers: Record<string, string> = {}) =>
  manager.call('POST', path, { headers, ...(body ? { body } : {}) });
const newName = () => `bot-${randomUUID().slice(0, 8)}`;
const newAccount = async (name = newName()) => (await post('/v1/service-accounts', { name })).body.service_account;
const newKey = async (id: string, headers?: Record<string, string>) =>
  (await post(`/v1/service-accounts/${id}/keys`, {}, headers)).body.key;

describe('a service account', () => {
  it('is made, listed, found, gets a key that works, and its end ends the key', async () => {
    const name = newName();
    const made = await post('/v1/service-accounts', { name, display_name: 'Bot', created_by_actor_id: 'ada' });
    expect(made).toMatchObject({
      status: 200,
      body: {
        service_account: { name, agent_address: `agent://${manager.tenant}/${name}`, created_by_actor_id: 'ada' },
      },
    });
    const id = made.body.service_account.service_account_id;
    const { service_accounts } = (await manager.call('GET', '/v1/service-accounts')).body;
    expect(service_accounts.map((one: { name: string }) => one.name)).toEqual(
      expect.arrayContaining([name, 'manager']),
    );
    expect((await manager.call('GET', `/v1/service-accounts/${id}`)).body.service_account.name).toBe(name);

    const key = await newKey(id);
    const bot = agentOf(key.token, manager.tenant, name);
    const intent = await bot.get(await bot.submit(approvalIntent()));
    expect(intent.from_agent).toBe(bot.address);

    const ended = await manager.call('DELETE', `/v1/service-accounts/${id}`);
    expect(ended.body).toMatchObject({ ok: true, service_account: { status: 'revoked' } });
    expect((await bot.call('GET', `/v1/intents/${intent.intent_id}`)).body.code).toBe('invalid_platform_api_key');
    expect((await manager.call('DELETE', `/v1/service-accounts/${id}`)).status).toBe(200);
    for (const path of [`/v1/service-accounts/${id}`, `/v1/agents/${name}`])
      expect((await manager.call('GET', path)).status).toBe(404);
    expect((await post(`/v1/service-accounts/${id}/keys`, {})).status).toBe(404);
    // The name is free again; the key that was revoked stays so.
    expect((await newAccount(name)).service_account_id).toBe(id);
    expect((await bot.call('GET', '/v1/agents')).status).toBe(401);
  });

  it('has a name of its own', async () => {
    const { name } = await newAccount();
    const again = await post('/v1/service-accounts', { name });
    expect([again.status, again.body.code]).toEqual([409, 'account_exists']);
    for (const wrong of ['holdpoint', 'a', 'with space', 'a/b', 'x'.repeat(121), '../x'])
      expect((await post('/v1/service-accounts', { name: wrong })).body, wrong).toMatchObject({
        code: 'schema_invalid',
        error: { details: { field: 'name' } },
      });
  });

  it('keeps the ids of organisation and workspace that a client gives, which say nothing of the tenant', async () => {
    const org_id = randomUUID();
    const name = newName();
    const made = await post('/v1/service-accounts', { name, org_id, workspace_id: 'somewhere/else' });
    expect(made.body.service_account).toMatchObject({ org_id, agent_address: `agent://${manager.tenant}/${name}` });
    const listed = (await manager.call('GET', `/v1/agents?org_id=${org_id}&workspace_id=somewhere/else`)).body.agents;
    expect(listed.map((one: { address: string }) => one.address)).toEqual([`agent://${manager.tenant}/${name}`]);
    expect((await manager.call('GET', `/v1/agents?org_id=${randomUUID()}`)).body.agents).toEqual([]);
  });

  it('that is asked for twice with one Idempotency-Key is one', async () => {
    const headers = { 'idempotency-key': randomUUID() };
    const body = { name: newName() };
    const answers = await Promise.all(Array.from({ length: 5 }, () => post('/v1/service-accounts', body, headers)));
    expect(new Set(answers.map((one) => JSON.stringify([one.status, one.body]))).size).toBe(1);
    expect(answers[0]?.status).toBe(200);
    const other = await post('/v1/service-accounts', { name: newName() }, headers);
    expect([other.status, other.body.code]).toEqual([409, 'idempotency_conflict']);
  });
});

describe('a key', () => {
  it('is shown once, stored by its hash, and revoked at once', async () => {
    const { service_account_id: id, name } = await newAccount();
    const key = await newKey(id);
    expect(key).toMatchObject({ service_account_id: id, key_hint: `hp_sa_${key.key_id}`, status: 'active' });
    const stored = (await listKeys(dynamo, tables.control, manager.tenant)).find(({ keyId }) => keyId === key.key_id);
    expect(stored).toMatchObject({ agent: `agent://${manager.tenant}/${name}`, tenant: manager.tenant });
    expect(JSON.stringify(stored)).not.toContain(key.token.split('_')[3]);
    const bot = agentOf(key.token, manager.tenant, name);
    expect((await bot.call('GET', '/v1/capabilities')).status).toBe(200);
    const path = `/v1/service-accounts/${id}/keys/${key.key_id}/revoke`;
    const revoked = await manager.call('POST', path);
    expect(revoked.body.key).toMatchObject({ key_id: key.key_id, status: 'revoked' });
    expect((await manager.call('POST', path)).body).toEqual(revoked.body);
    expect((await bot.call('GET', '/v1/capabilities')).status).toBe(401);
  });

  it('that is asked for twice with one Idempotency-Key is one, with the same token', async () => {
    const { service_account_id: id } = await newAccount();
    const headers = { 'idempotency-key': randomUUID() };
    const first = await newKey(id, headers);
    expect(await newKey(id, headers)).toEqual(first);
    const { Items = [] } = await dynamo.send(new ScanCommand({ TableName: tables.control, ConsistentRead: true }));
    for (const token of [first.token, manager.key]) expect(JSON.stringify(Items)).not.toContain(token);
    const other = await post(`/v1/service-accounts/${id}/keys`, { created_by_actor_id: 'ada' }, headers);
    expect([other.status, other.body.code]).toEqual([409, 'idempotency_conflict']);
    expect((await newKey(id)).token).not.toBe(first.token);
  });

  it('ends when it was said to', async () => {
    const { service_account_id: id, name } = await newAccount();
    const expires_at = new Date(Date.now() + 8000).toISOString();
    const { key } = (await post(`/v1/service-accounts/${id}/keys`, { expires_at })).body;
    expect(key.expires_at).toBe(expires_at);
    const bot = agentOf(key.token, manager.tenant, name);
    expect((await bot.call('GET', '/v1/agents')).status).toBe(200);
    await waitFor('the key is over', async () => (await bot.call('GET', '/v1/agents')).status === 401 || undefined);
    const late = await post(`/v1/service-accounts/${id}/keys`, { expires_at: '2020-01-01T00:00:00Z' });
    expect([late.status, late.body.error.details.field]).toEqual([422, 'expires_at']);
  });

  it('that was made so may do nothing but be its agent', async () => {
    const { service_account_id: id, name } = await newAccount();
    const bot = agentOf((await newKey(id)).token, manager.tenant, name);
    const tried = [
      ['POST', '/v1/service-accounts', { name: newName() }],
      ['GET', '/v1/service-accounts'],
      ['GET', `/v1/service-accounts/${id}`],
      ['DELETE', `/v1/service-accounts/${id}`],
      ['POST', `/v1/service-accounts/${id}/keys`, {}],
      ['POST', `/v1/service-accounts/${id}/keys/${'0'.repeat(16)}/revoke`],
    ] as const;
    for (const [method, path, body] of tried) {
      const answer = await bot.call(method, path, body ? { body } : {});
      expect([answer.status, answer.body.code, answer.body.error.details.scope], path).toEqual([
        403,
        'policy_denied',
        'accounts:manage',
      ]);
    }
  });

  it('of another account, or another tenant, is none of this one', async () => {
    const [mine, other] = [await newAccount(), await newAccount()];
    const stranger = await newAgent(undefined, 'manager', { scopes: ['accounts:manage'] });
    const key = await newKey(mine.service_account_id);
    const elsewhere = `/v1/service-accounts/${other.service_account_id}/keys/${key.key_id}/revoke`;
    expect((await manager.call('POST', elsewhere)).status).toBe(404);
    const own = (await stranger.call('GET', '/v1/service-accounts')).body.service_accounts[0].service_account_id;
    for (const id of [mine.service_account_id, own])
      expect((await stranger.call('POST', `/v1/service-accounts/${id}/keys/${key.key_id}/revoke`)).status).toBe(404);
    expect((await agentOf(key.token, manager.tenant, mine.name).call('GET', '/v1/agents')).status).toBe(200);
  });
});

describe('an agent', () => {
  it('is found by every form of its address', async () => {
    const { name } = await newAccount();
    const address = `agent://${manager.tenant}/${name}`;
    for (const form of [name, `agent://${name}`, address, `${manager.tenant}/${name}`])
      for (const path of [form, encodeURIComponent(form), `${form}/`]) {
        const found = await manager.call('GET', `/v1/agents/${path}`);
        expect(found.body.agent?.address, path).toBe(address);
      }
  });

  it('of another tenant is none', async () => {
    const stranger = await newAgent();
    for (const form of [stranger.address, 'nobody', 'a/b/c/d', 'agent://', '%00'])
      expect((await manager.call('GET', `/v1/agents/${encodeURIComponent(form)}`)).status, form).toBe(404);
    expect(JSON.stringify((await manager.call('GET', '/v1/agents')).body)).not.toContain(stranger.tenant);
  });

  it('lists as many as are asked for', async () => {
    await newAccount();
    expect((await manager.call('GET', '/v1/agents?limit=1')).body.agents).toHaveLength(1);
    expect((await manager.call('GET', '/v1/agents?limit=1001&org_id=')).status).toBe(200);
    for (const query of ['limit=0', 'colour=red'])
      expect((await manager.call('GET', `/v1/agents?${query}`)).status, query).toBe(422);
  });
});

describe('what the deployment says of itself', () => {
  it('is the committed document, without a key', async () => {
    const response = await fetch(`${stack.baseUrl}/v1/openapi.json`);
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual(committed);
  });

  it('is its operations and intent types', async () => {
    const { body } = await manager.call('GET', '/v1/capabilities');
    expect(body.capabilities.sort()).toEqual(routes.map(({ operation }) => operation).sort());
    expect(body.supported_intent_types).toEqual(intentTypes.map(({ type }) => type));
  });
});
