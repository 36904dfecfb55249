/** What AXP's clients rely on at every endpoint: both ways to send a key, paths as they come, empty bodies, headers. */

import { randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { type RouteSpec, routes } from '../../wire/routes.ts';
import { type Agent, documented, newAgent, stack, waitFor } from './world.ts';

let agent: Agent;
beforeAll(async () => {
  agent = await newAgent(undefined, 'agent', { scopes: ['accounts:manage'] });
});

const id = randomUUID();
const pathOf = ({ path }: RouteSpec): string =>
  path
    .replace('{proxy+}', 'agent://nobody')
    .replace('{type}', 'a.b.c.v1')
    .replace(/\{\w+\}/g, path.includes('/tasks/') ? `${id}.1` : id);

async function ask(method: string, path: string, headers: Record<string, string>) {
  const response = await fetch(`${stack.baseUrl}${path}`, {
    method,
    headers: { 'content-type': 'application/json', ...headers },
    redirect: 'manual',
  });
  return { status: response.status, headers: response.headers, body: await documented(method, path, response) };
}

describe.each(routes.map((route) => [`${route.method} ${route.path}`, route] as const))('%s', (_name, route) => {
  const { method, auth } = route;

  it('answers the same with a slash more, escaped letters, and either way to send the key', async () => {
    const path = pathOf(route);
    const plain = await ask(method, path, { 'x-api-key': agent.key });
    expect([200, 400, 401, 403, 404, 422]).toContain(plain.status);
    const escaped = path.replace(/[a-z0-9]$/, (last) => `%${last.charCodeAt(0).toString(16)}`);
    for (const twisted of [`${path}/`, escaped]) {
      const answer = await ask(method, twisted, { 'x-api-key': agent.key });
      expect([answer.status, answer.body.code], twisted).toEqual([plain.status, plain.body.code]);
    }
    const bearer = await ask(method, path, { authorization: `Bearer ${agent.key}` });
    expect([bearer.status, bearer.body.code]).toEqual([plain.status, plain.body.code]);
  });

  it('takes an empty body, and echoes the trace id', async () => {
    const answer = await ask(method, pathOf(route), { 'x-api-key': agent.key, 'x-trace-id': 't-1' });
    expect(answer.status).toBeLessThan(500);
    expect(answer.body?.message ?? '').not.toMatch(/not JSON/);
    expect(answer.headers.get('x-trace-id')).toBe('t-1');
    expect(answer.headers.get('x-request-id')).toMatch(/\S{8}/);
  });

  it.skipIf(auth === 'none' || auth === 'session')('refuses whoever sends no key, or a wrong one', async () => {
    expect((await ask(method, pathOf(route), {})).body.code).toBe('missing_platform_api_key');
    const wrong = await ask(method, pathOf(route), { 'x-api-key': `hp_sa_${'0'.repeat(16)}_${'A'.repeat(43)}` });
    expect([wrong.status, wrong.body.code]).toEqual([401, 'invalid_platform_api_key']);
  });
});

const withParameter = (name: string) =>
  routes.filter(({ method, query }) => method === 'GET' && query && name in query.shape);

it.each(
  ['limit', 'org_id', 'workspace_id', 'cursor', 'role'].flatMap((name) =>
    withParameter(name).map((route) => [route.path, name, route] as const),
  ),
)('%s refuses `%s` twice', async (_path, name, route) => {
  const twice = await ask('GET', `${pathOf(route)}?${name}=1&${name}=1`, { 'x-api-key': agent.key });
  // Where an agent may not ask at all, nothing it sends is looked at.
  expect(twice.status).toBeGreaterThanOrEqual(400);
  if (twice.status === 422) expect(JSON.stringify(twice.body.error.details)).toContain(name);
  else expect([401, 403, 404]).toContain(twice.status);
});

it('`status` may have its values apart, or with commas', async () => {
  const own = await agent.submit({ intent_type: 'parcels.pack.v1', to_agent: 'agent', payload: {} });
  for (const query of ['status=CREATED,SUBMITTED,DELIVERED', 'status=CREATED&status=SUBMITTED,DELIVERED'])
    await waitFor('the list has it', async () => {
      const { body } = await agent.call('GET', `/v1/intents?${query}`);
      return body.intents.some(({ intent_id }: { intent_id: string }) => intent_id === own);
    });
});

it('an address keeps its doubled slashes in a path', async () => {
  for (const form of [`agent://${agent.tenant}/agent`, 'agent://agent', encodeURIComponent(agent.address)])
    expect((await agent.call('GET', `/v1/agents/${form}`)).body.agent.address).toBe(agent.address);
});
