/** Every operation of docs/openapi.json, asked rightly and wrongly from outside: what answers is what the document says. */

import { randomUUID } from 'node:crypto';
import { afterAll, expect, it } from 'vitest';
import { routes } from '../../wire/routes.ts';
import type { Scope } from '../../wire/scopes.ts';
import { call, newPerson, signedIn } from './people.ts';
import { type Asked, askAll, type Found } from './schemathesis.ts';
import { type Agent, approvalIntent, inGroups, newAgent, stack, uploadOf, waitFor } from './world.ts';

/** Requests of each operation; in the full run more, and each edge of each schema: `EXAMPLES=50`. */
const examples = Number(process.env.EXAMPLES ?? 6);
const edges = process.env.EXAMPLES !== undefined;
const timeoutSeconds = edges ? 5400 : 600;

/** What would end what the others ask about: asked last, in a tenant of its own. */
const endings: { operation: string; ends: string }[] = [
  { operation: 'bulkCancelIntents', ends: 'every intent that the others ask about' },
  { operation: 'killAgent', ends: 'whatever an agent may, and it may be the one that asks' },
  { operation: 'setCostPolicy', ends: 'whatever an agent may, once a cap of it is 0' },
  { operation: 'deleteServiceAccount', ends: 'the keys of an account, and it may be that of the one that asks' },
  { operation: 'revokeServiceAccountKey', ends: 'a key, and it may be the one that asks' },
  { operation: 'signOut', ends: 'the session' },
];
const ending = endings.map(({ operation }) => operation);
const known = routes.map(({ operation }) => operation);
const others = known.filter((operation) => !ending.includes(operation));

const scopes: Scope[] = ['accounts:manage', 'decisions:read', 'mesh:control'];

const askers: Agent[] = [];

/** Somebody who asks, a person who is asked, and intents in every place where they wait. */
async function newAsker(each: number): Promise<Pick<Asked, 'baseUrl' | 'secrets' | 'dictionaries'>> {
  const agent = await newAgent(undefined, 'agent', { scopes });
  askers.push(agent);
  const console = await newAgent(agent.tenant, 'console');
  // Whom the endings are about, and whose keys.
  const spare = await newAgent(agent.tenant, 'spare');
  const person = await newPerson(`sam-${randomUUID().slice(0, 8)}`);
  const session = await signedIn(person);
  const times = Array.from({ length: each }, (_, n) => n);
  const delivered = await inGroups(times, () =>
    agent.submit({ intent_type: 'parcels.pack.v1', to_agent: 'agent', payload: { parcel: 'a' } }),
  );
  const waiting = await inGroups(times, () =>
    agent.submit({ ...approvalIntent(), human_task: { title: 'Deploy v2?', assignees: [person] } }),
  );
  const plans = await inGroups(waiting, (id) =>
    waitFor('the task', async () => {
      const { status, body } = await call('GET', `/v1/tasks/${id}.1`, session);
      return status === 200 ? (body.task.plan_hash as string) : undefined;
    }),
  );
  const { service_accounts } = (await agent.call('GET', '/v1/service-accounts')).body;
  const account = service_accounts.find(({ name }: { name: string }) => name === 'spare');
  const owner_agent = agent.address;
  const made = async (path: string, body: object) => {
    const answer = await agent.call('POST', path, { body });
    expect(answer.status, JSON.stringify(answer.body)).toBe(200);
    return answer.body;
  };
  const invite = await made('/v1/invites/create', { owner_agent });
  const { upload_id } = await uploadOf(agent, Buffer.from('A note.'));
  // Nobody listens there.
  const { subscription } = await made('/v1/webhooks/subscriptions', {
    callback_url: 'http://127.0.0.1:9/',
    event_types: ['inbox.thread_created'],
    active: false,
  });
  const event = await made('/v1/webhooks/events', { event_type: 'inbox.thread_created', source: 'tests', payload: {} });
  return {
    baseUrl: stack.baseUrl,
    secrets: {
      HOLDPOINT_KEY: agent.key,
      HOLDPOINT_CONSOLE_KEY: console.key,
      HOLDPOINT_SESSION: session.authorization ?? '',
    },
    dictionaries: {
      addresses: [agent.address],
      names: ['agent'],
      others: ['spare'],
      accounts: [account.service_account_id],
      keys: [spare.key.split('_')[2] ?? ''],
      intents: [...delivered, ...waiting],
      tasks: waiting.map((id) => `${id}.1`),
      plans: [...new Set(plans)],
      types: ['parcels.pack.v1', 'intent.approval.v1'],
      outcomes: ['approved', 'rejected'],
      reasons: ['other', 'as_expected'],
      invites: [invite.token],
      uploads: [upload_id],
      hooks: [subscription.subscription_id, event.event_id],
      schemas: ['tests.parcels.pack.v1', 'tests.parcels.sort.v1'],
      nicks: ['@sam.one', '@sam.two', '@sam.three'],
      days: ['2026-11-01', '2026-11-22T00:00:00Z'],
      states: [Buffer.from('Where it was.').toString('base64')],
    },
  };
}

/** Nothing of what was made waits, reminds or is pushed while other tests run. */
afterAll(async () => {
  for (const agent of askers) {
    await agent.call('POST', '/v1/intents/bulk-cancel', { body: { older_than_hours: 0, dry_run: false, limit: 5000 } });
    await agent.call('DELETE', `/v1/agents/${agent.address}/binding`);
    const { subscriptions = [] } = (await agent.call('GET', '/v1/webhooks/subscriptions')).body;
    for (const one of subscriptions) await agent.call('DELETE', `/v1/webhooks/subscriptions/${one.subscription_id}`);
  }
});

/** Operations of which a right request was taken. */
const taken = ({ rates }: Found) => Object.values(rates).filter(({ accepted }) => accepted > 0).length;

it('leaves out nothing that is in the document', () => {
  expect(ending.filter((operation) => !known.includes(operation))).toEqual([]);
});

it('answers as documented, whatever is asked', { timeout: timeoutSeconds * 1000 }, async () => {
  const asker = await newAsker(8);
  const found = await askAll({ ...asker, operations: others, examples, edges, timeoutSeconds });
  expect(found.code, found.said).toBe(0);
  // Most of all operations are not only refused.
  expect(found.tested).toBe(others.length);
  expect(taken(found)).toBeGreaterThan(routes.length / 2);
  console.info(`schemathesis: ${found.generated} requests, ${taken(found)} operations took some of them`);
});

it('answers as documented what ends something', { timeout: timeoutSeconds * 1000 }, async () => {
  const asker = await newAsker(2);
  const found = await askAll({ ...asker, operations: ending, examples: 2 * examples, edges, timeoutSeconds });
  expect(found.code, found.said).toBe(0);
  expect(found.tested).toBe(ending.length);
  expect(taken(found)).toBeGreaterThan(ending.length / 3);
});
