/** Two tenants and every endpoint: with every right that a key can have, nothing of one is seen or changed by the other. */

import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createKey } from '../../adapters/keys.ts';
import { type RouteSpec, routes } from '../../wire/routes.ts';
import { signedIn } from './people.ts';
import { type Agent, agentOf, approvalIntent, dynamo, newAgent, rows, tables, uploadOf } from './world.ts';

/** What the one tenant has. */
interface Owned {
  intent: string;
  upload: string;
  account: string;
  key: string;
  planHash: string;
  subscription: string;
  event: string;
  invite: string;
}

let owner: Agent;
let owned: Owned;
/** Of the other tenant: may manage accounts, and decides as somebody whom the owner's task asks. */
let stranger: Agent;
let adasSession: Record<string, string>;

const everything = { scopes: ['accounts:manage' as const, 'mesh:control' as const, 'decisions:read' as const] };
const emptyHash = '0'.repeat(64);

beforeAll(async () => {
  const tenant = `victim-${randomUUID().slice(0, 8)}/main`;
  owner = await newAgent(tenant, 'owner', everything);
  const intent = await owner.submit({ ...approvalIntent(), human_task: { title: 'Deploy?', assignees: ['ada'] } });
  await owner.reaches(intent, 'WAITING');
  const { service_account } = (await owner.call('POST', '/v1/service-accounts', { body: { name: 'hidden' } })).body;
  const account = service_account.service_account_id;
  const key = (await owner.call('POST', `/v1/service-accounts/${account}/keys`)).body.key.key_id;
  const { upload_id: upload } = await uploadOf(owner, Buffer.from('mine'));
  const planHash = (await rows(owner, intent, 's#task'))[0]?.subjectHash;
  const hook = { callback_url: 'http://127.0.0.1:9/owners', event_types: ['inbox.thread_created'] };
  const made = await owner.call('POST', '/v1/webhooks/subscriptions', { body: hook });
  const subscription = made.body.subscription.subscription_id;
  const published = { event_type: 'inbox.thread_created', source: 'test', payload: { secret: 'mine' } };
  const event = (await owner.call('POST', '/v1/webhooks/events', { body: published })).body.event_id;
  const { token: invite } = (await owner.call('POST', '/v1/invites/create', { body: { owner_agent: owner.address } }))
    .body;
  owned = { intent, upload, account, key, planHash, subscription, event, invite };

  const other = `other-${randomUUID().slice(0, 8)}/main`;
  const { token } = await createKey(dynamo, tables.control, {
    tenant: other,
    agent: `agent://${other}/stranger`,
    name: 'test',
    now: new Date().toISOString(),
    mayDecideAs: 'ada',
    ownToo: true,
    ...everything,
  });
  stranger = agentOf(token, other, 'stranger');
  adasSession = await signedIn('ada');
});

afterAll(async () => {
  // Nobody is there to take what it would go on to send.
  await owner.call('DELETE', `/v1/webhooks/subscriptions/${owned.subscription}`);
});

/** What is asked of each endpoint: good in itself, but for whose it is. An endpoint without one fails. */
const bodies: Record<string, (owned: Owned) => object> = {
  resumeIntent: () => ({ task_result: { outcome: 'approved' } }),
  resolveIntent: () => ({ status: 'CANCELED', reason: 'not needed' }),
  claimIntent: () => ({ claimant: 'worker', lease_seconds: 60 }),
  releaseIntent: () => ({ reason: 'out of paper' }),
  decideTask: ({ planHash }) => ({ outcome: 'approved', reason_code: 'other', plan_hash: planHash ?? emptyHash }),
  delegateTask: () => ({ to: 'ben' }),
  reassignTask: () => ({ to: 'ben' }),
  takeOverTask: () => ({}),
  commentTask: () => ({ comment: 'Seen.' }),
  recallTask: () => ({}),
  decideApproval: () => ({ decision: 'approve' }),
  setControls: () => ({ controls_patch: { timeout_seconds: 60 } }),
  setPolicy: () => ({ envelope_patch: { max_reminders: 1 } }),
  replyThread: () => ({ message: 'Hello.' }),
  delegateThread: () => ({ delegate_to: 'stranger' }),
  deleteThreadMessages: () => ({ mode: 'both' }),
  approveThread: () => ({}),
  rejectThread: () => ({ comment: 'No.' }),
  keepResumeState: () => ({ resume_state: 'AAAA' }),
  finalizeUpload: ({ upload }) => ({ upload_id: upload, size_bytes: 4 }),
  createServiceAccountKey: () => ({}),
  revokeServiceAccountKey: () => ({}),
  bindMailbox: () => ({ kind: 'poll' }),
  rotateWebhookKey: () => ({}),
  replayDeliveries: () => ({}),
  rotateSubscriptionSecret: () => ({}),
  replayEvent: () => ({}),
  acceptInvite: () => ({ nick: 'stranger' }),
  killAgent: () => ({}),
  resumeAgent: () => ({}),
  setCostPolicy: () => ({ max_intents_per_day: 0 }),
};
/** For the owner's agent, which there is only in the owner's tenant. */
const scenarioFor = (address: string) => ({ agents: [{ role: 'owner', address }], intent: { type: 'task.v1' } });

/** These make something of the caller's own, whatever a body names. */
const makes: Record<string, (owner: Agent) => object> = {
  createIntent: ({ address }) => ({ ...approvalIntent(), from_agent: address, to_agent: address, reply_to: address }),
  validateScenario: ({ address }) => scenarioFor(address),
  applyScenario: ({ address }) => scenarioFor(address),
  sendHeartbeat: () => ({ metrics: { intents_total: 1 } }),
  createUpload: () => ({ owner_agent: 'stranger', filename: 'a', mime_type: 'text/plain', size_bytes: 1 }),
  upsertSubscription: () => ({ callback_url: 'http://127.0.0.1:9/owners', event_types: ['inbox.thread_created'] }),
  publishEvent: () => ({ event_type: 'inbox.thread_created', source: 'test', payload: {} }),
  bulkCancelIntents: () => ({ older_than_hours: 0, dry_run: false }),
  registerNick: () => ({ nick: `n${randomUUID().slice(0, 8)}` }),
  createInvite: ({ address }) => ({ owner_agent: address }),
  upsertSchema: () => ({ semantic_type: 'a.b.c.v1', schema_json: {}, compatibility_mode: 'warn' }),
  createServiceAccount: ({ tenant }) => ({ name: 'hidden', org_id: tenant.split('/')[0], workspace_id: 'main' }),
};

/** Bodies that name a user of the owner's, whom there is none of. */
const ofUsers = ({ address }: Agent) => ({ owner_agent: address, nick: 'stranger' });

/** The route's path with what the owner has; nothing for what is of people, whom both tenants know, and their sessions. */
function pathOf({ path, operation }: RouteSpec): string | undefined {
  const id = /Task/.test(operation) ? `${owned.intent}.1` : owned.intent;
  const of: [RegExp, string][] = [
    [/\/service-accounts/, owned.account],
    [/\/media/, owned.upload],
    [/\/webhooks\/subscriptions/, owned.subscription],
    [/\/webhooks\/events/, owned.event],
    [/./, id],
  ];
  const meant = of.find(([shape]) => shape.test(path))?.[1] ?? '';
  if (/\/(directory|sign-in|sign-out)/.test(path)) return undefined;
  const whole = path
    .replace('{id}', meant)
    .replace('{key}', owned.key)
    .replace('{token}', owned.invite)
    .replace('{type}', 'hidden.parcel.packed.v1')
    .replace('{proxy+}', owner.address);
  if (operation === 'checkNick') return `${path}?nick=hidden`;
  if (operation === 'getProfile') return `${path}?owner_agent=${owner.address}`;
  if (operation === 'listDecisions') return `${path}?from=2020-01-01`;
  return /stream$/.test(path) ? `${whole}?wait_seconds=1` : whole;
}

/** What lists the stranger's own intents, and the mailbox that they made in the stranger's tenant. */
const ofStrangersOwn = new Set(['listIntents', 'listMailbox', 'streamMailbox']);

/** Whatever names the owner or what is theirs. The stranger's own intents are addressed to the owner, and say so. */
const traces = ({ operation }: RouteSpec) => [
  ...(ofStrangersOwn.has(operation) ? [] : [owner.tenant.split('/')[0] ?? '']),
  ...[owned.intent, owned.upload, owned.account, owned.key, owned.subscription, owned.event, owned.invite],
];

const everyRow = async () => JSON.stringify(await rows(owner, owned.intent));

describe.each(routes.map((route) => [`${route.method} ${route.path}`, route] as const))('%s', (_name, route) => {
  const ask = async (headers: Record<string, string> = {}) => {
    const { operation, method } = route;
    const user = /^(renameNick|updateProfile)$/.test(operation) ? ofUsers(owner) : undefined;
    const body = user ?? bodies[operation]?.(owned) ?? makes[operation]?.(owner);
    const path = pathOf(route);
    if (path === undefined) return undefined;
    if (method === 'POST') expect(body, `what ${operation} is asked`).toBeDefined();
    return stranger.call(method, path, { headers, ...(body ? { body } : {}) });
  };

  it('gives a stranger nothing of the owner’s, and changes nothing', async () => {
    const before = await everyRow();
    for (const headers of [{}, adasSession]) {
      const answer = await ask(headers);
      if (!answer) return;
      // An address of another tenant is a mailbox of one's own: an empty one.
      const isMailbox = /Mailbox$/.test(route.operation);
      const namesOwners = !isMailbox && (route.path.includes('{') || route.operation in bodies);
      if (namesOwners) expect(answer.status, JSON.stringify(answer.body)).toBe(404);
      const text = JSON.stringify(answer.body);
      // What the stranger itself has said is theirs to read.
      if (!(route.operation in makes)) for (const trace of traces(route)) expect(text).not.toContain(trace);
    }
    expect(await everyRow()).toBe(before);
  });
});

it('all the while the owner has everything', async () => {
  expect((await owner.get(owned.intent)).status).toBe('WAITING');
  expect((await owner.call('GET', `/v1/media/${owned.upload}`)).status).toBe(200);
  expect((await owner.call('GET', `/v1/service-accounts/${owned.account}`)).body.service_account.status).toBe('active');
  const bot = await owner.call('GET', `/v1/agents/hidden`);
  expect(bot.body.agent.address).toBe(`agent://${owner.tenant}/hidden`);
  // What the stranger made is its own.
  const { agents } = (await stranger.call('GET', '/v1/agents')).body;
  for (const { address } of agents) expect(address).toContain(stranger.tenant);
});
