/** The SDK against the deployed stack: the contract, the lines of the README as written, each runtime, and processes that are killed. */

import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bearerOf } from '../../adapters/lambda/session.ts';
import { HoldpointClient } from '../../clients/sdk/index.ts';
import { makeKey } from '../../local/keys.ts';
import { start } from '../clients/sdk/child.ts';
import { Door } from '../clients/sdk/door.ts';
import { builtApp, expectWhole, root, runtimes, signedWebhook } from '../clients/sdk/packed.ts';
import { contract } from '../contract/index.ts';
import type { Place } from '../contract/place.ts';
import { signIn } from './person.ts';
import {
  aws,
  breakCalls,
  documented,
  makeOverdue,
  mendCalls,
  newAgent,
  restartEmulator,
  stack,
  sweep,
  tables,
  waitFor,
} from './world.ts';

/** Each answer is held against the API's document. */
const checked: typeof fetch = async (input, init = {}) => {
  const response = await fetch(input, init);
  await documented(init.method ?? 'GET', String(input).slice(stack.baseUrl.length), response.clone());
  return response;
};

/** A client whose headers are made when it is first used. */
function clientBy(headersOf: () => Promise<Record<string, string>>): HoldpointClient {
  let made: Promise<Record<string, string>> | undefined;
  const withHeaders: typeof fetch = async (input, init = {}) => {
    made ??= headersOf();
    return checked(input, { ...init, headers: { ...(init.headers as object), ...(await made) } });
  };
  return new HoldpointClient({ baseUrl: stack.baseUrl, apiKey: 'made when it is used', fetch: withHeaders });
}

/** A tenant of its own on the stack. */
function deployed(): Place {
  const orgId = `org-${crypto.randomUUID().slice(0, 8)}`;
  const keyOf = async (agent: string, org = orgId, more: { mayDecideAs?: string } = {}) => {
    const given = { orgId: org, workspaceId: 'main', agent, name: 'test', ...more };
    return { 'x-api-key': (await makeKey(aws, tables.control, given)).apiKey };
  };
  const agents = new Map<string, HoldpointClient>();
  const once = (name: string, headersOf: () => Promise<Record<string, string>>) => {
    const client = agents.get(name) ?? clientBy(headersOf);
    agents.set(name, client);
    return client;
  };
  return {
    agent: (name) => once(name, () => keyOf(name)),
    stranger: () => once('a stranger', () => keyOf('agent', `${orgId}-other`)),
    person: (id) =>
      once(`person ${id}`, async () => ({
        ...(await keyOf('people')),
        authorization: `Bearer ${bearerOf(await signIn(id))}`,
      })),
    withKey: (key) => clientBy(async () => ({ 'x-api-key': key })),
    raw: async (name, path, { headers, ...init } = {}) =>
      checked(`${stack.baseUrl}${path}`, { ...init, headers: { ...(await keyOf(name)), ...headers } }),
    speaking: (agent, mayDecideAs) => clientBy(() => keyOf(agent, orgId, { mayDecideAs })),
    eventually: (what, look) => waitFor(what, async () => (await look()) || undefined) as never,
  };
}

describe('the contract', () => {
  it.concurrent.each(contract)('$name', ({ run }) => run(deployed()));
});

const door = new Door({ baseUrl: stack.baseUrl, fetch });
afterAll(async () => {
  await mendCalls();
  await door.close();
});

/** Ada, signed in, with a key that says in which tenant: elsewhere she is asked much else. */
async function adaIn(tenant: string): Promise<HoldpointClient> {
  const [orgId = '', workspaceId = ''] = tenant.split('/');
  const { apiKey } = await makeKey(aws, tables.control, { orgId, workspaceId, agent: 'people', name: 'test' });
  return new HoldpointClient({ baseUrl: stack.baseUrl, apiKey, session: bearerOf(await signIn('ada')) });
}

/** The task of an intent, once Ada is asked. */
const taskOf = (hp: HoldpointClient, fits: (task: { intent_id: string; from_agent: string }) => boolean) =>
  waitFor('a task', async () => (await hp.tasks.list()).tasks.find(fits));

describe('a process that waits for a person', () => {
  it('is four lines, as the README has them', async () => {
    const agent = await newAgent();
    const env = { HOLDPOINT_URL: stack.baseUrl, HOLDPOINT_API_KEY: agent.key };
    const child = start(join(root, 'examples/agent/ask.mjs'), [], env);
    const person = await adaIn(agent.tenant);
    const task = await taskOf(person, ({ from_agent }) => from_agent === agent.address);
    await person.tasks.decide(task.task_id, { outcome: 'approved', reason_code: 'other', plan_hash: task.plan_hash });
    expect(await child.said('Deploying.')).toBe('Deploying.');
    expect(await child.ended).toBe(0);
  });

  it('may be killed, and the deployment restarted: the next one needs the intent’s id alone', async () => {
    await door.open();
    const agent = await newAgent();
    const id = await agent.submit({ intent_type: 'human_approval', payload: { task: 'Go?' } });
    const env = { HOLDPOINT_URL: door.url, HOLDPOINT_API_KEY: agent.key };
    const wait = join(root, 'test/clients/sdk/wait.ts');
    const first = start(wait, [id], env);
    await first.said('intent.human_task_assigned');
    await first.kill();

    const next = start(wait, [id], env);
    await next.said('intent.human_task_assigned');
    // Its connection breaks, nobody is there, and all that ran is gone.
    await door.close();
    await restartEmulator();
    // All that the first streams afterwards ask of the tables is lost.
    await breakCalls({ match: { action: 'GetItem', app: 'streams' }, do: 'drop', times: 6 });
    await door.open();
    const person = await adaIn(agent.tenant);
    const task = await taskOf(person, (one) => one.intent_id === id);
    await person.tasks.decide(task.task_id, { outcome: 'approved', reason_code: 'other', plan_hash: task.plan_hash });
    expect(await next.said('decided')).toBe('decided true by ada');
    expect(await next.ended).toBe(0);
    await mendCalls();
    const seqs = next.lines.flatMap((line) => /^event (\d+)/.exec(line)?.[1] ?? []).map(Number);
    expect(seqs).toEqual((await agent.events(id)).map(({ seq }) => seq));
  });
});

describe('the package as it is built', () => {
  let built: ReturnType<typeof builtApp>;
  beforeAll(() => {
    built = builtApp();
  });
  afterAll(() => rmSync(built.dir, { recursive: true, force: true }));

  it.each(Object.entries(runtimes))('does all that it is for on %s', async (name, runtime) => {
    const sender = await newAgent();
    const packer = await newAgent(sender.tenant, 'packer');
    const { baseUrl } = stack;
    const given = {
      ...{ baseUrl, sender: sender.key, packer: { address: packer.address, key: packer.key } },
      ...{ session: bearerOf(await signIn('ada')), webhook: signedWebhook() },
    };
    const env = { GIVEN: JSON.stringify(given) };
    const child = start(join(built.app, 'everywhere.js'), [], env, runtime(new URL(baseUrl).host));
    expect(await child.ended).toBe(0);
    expectWhole(JSON.parse(child.lines.join('')), name);
  });
});

describe('two workers of one agent', () => {
  it('share the work; what a killed one had is done by the other, under a greater token', async () => {
    const sender = await newAgent();
    const packer = await newAgent(sender.tenant, 'packer');
    const env = { HOLDPOINT_URL: stack.baseUrl, HOLDPOINT_API_KEY: packer.key };
    const parcel = { intent_type: 'parcels.pack.v1', to_agent: packer.address, payload: {} };
    const child = start(join(root, 'test/clients/sdk/work.ts'), [packer.address], env);
    const id = await sender.submit(parcel);
    await child.said(`has ${id} under 1`);

    const stop = new AbortController();
    const did: [string, number][] = [];
    const hp = new HoldpointClient({ baseUrl: stack.baseUrl, apiKey: packer.key });
    const listening = hp.listen(
      packer.address,
      async ({ intent, fencingToken }) => {
        did.push([intent.intent_id, fencingToken]);
        return { done: true };
      },
      { signal: stop.signal, leaseSeconds: 60 },
    );
    const other = await sender.submit(parcel);
    await sender.reaches(other, 'COMPLETED');
    expect(did).toEqual([[other, 1]]);
    await child.kill();
    await waitFor('the lease is over', async () => {
      await makeOverdue(sender, id, 'outbox#');
      await sweep();
      return did.length === 2;
    });
    expect(await sender.reaches(id, 'COMPLETED')).toMatchObject({ result: { done: true } });
    expect(did[1]).toEqual([id, 2]);
    stop.abort();
    await listening;
  });
});
