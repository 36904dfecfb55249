/** What the tests of the deployed stack do and see: as an agent, an approver, an operator, the provider. */

import { randomUUID } from 'node:crypto';
import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { type HistoryEvent, SFNClient, StopExecutionCommand } from '@aws-sdk/client-sfn';
import {
  DeleteCommand,
  DynamoDBDocumentClient,
  GetCommand,
  QueryCommand,
  ScanCommand,
  TransactWriteCommand,
  UpdateCommand,
} from '@aws-sdk/lib-dynamodb';
import { expect, inject } from 'vitest';
import type { Tables } from '../../adapters/rows.ts';
import { type AuditEntry, type SealedRecord, verifyChain } from '../../core/audit.ts';
import type { Effect, Head } from '../../core/model.ts';
import { opened } from '../../core/personal.ts';
import * as approver from '../../local/approver.ts';
import { awsConfig } from '../../local/aws.ts';
import type { FaultRule } from '../../local/fault-proxy.ts';
import type { ProxiedCall } from '../../local/fault-rules.ts';
import { makeKey } from '../../local/keys.ts';
import type { Mail } from '../../local/mailbox.ts';
import type { FaultKind, LoggedRequest } from '../../local/provider/types.ts';
import { historyOf, runArn, statesIn } from '../../local/runs.ts';
import { until } from '../../local/until.ts';
import type { Scope } from '../../wire/scopes.ts';
import { faultsOfAnswer } from '../wire/contract.ts';

export { until };

export const stack = inject('stack');
export const aws = awsConfig(stack.emulatorUrl);
export const dynamo = DynamoDBDocumentClient.from(new DynamoDBClient(aws));
const lambda = new LambdaClient(aws);
const sfn = new SFNClient(aws);

const functions = JSON.parse(stack.outputs.Functions ?? '{}') as Record<string, string>;
const machines = JSON.parse(stack.outputs.StateMachines ?? '{}') as Record<string, string>;
export const tables: Tables = {
  intents: stack.outputs.IntentsTable ?? '',
  effects: stack.outputs.EffectsTable ?? '',
  audit: stack.outputs.AuditTable ?? '',
  control: stack.outputs.ControlTable ?? '',
  people: stack.outputs.PeopleTable ?? '',
  meters: stack.outputs.MetersTable ?? '',
};

/** How long anything may take on a busy machine, seconds: longer than the sweep takes to find what the stream lost. */
let patience = 210;

/** Lets nothing that `run` does wait longer than this: for what is expected to fail. */
export async function within<T>(seconds: number, run: () => Promise<T>): Promise<T> {
  const usual = patience;
  patience = seconds;
  try {
    return await run();
  } finally {
    patience = usual;
  }
}

export const waitFor = <T>(what: string, condition: Parameters<typeof until<T>>[2]) => until(what, patience, condition);

// biome-ignore lint/suspicious/noExplicitAny: answers are whatever the API says; tests assert on them
type Answer = any;

export interface Agent {
  tenant: string;
  address: string;
  key: string;
  call(
    method: string,
    path: string,
    options?: { body?: unknown; headers?: Record<string, string>; raw?: string },
  ): Promise<{ status: number; body: Answer; headers: Headers }>;
  submit(intent: object, idempotencyKey?: string): Promise<string>;
  get(intentId: string): Promise<Answer>;
  events(intentId: string, since?: number): Promise<Answer[]>;
  /** Waits for a status. */
  reaches(intentId: string, ...statuses: string[]): Promise<Answer>;
}

/** What an answer of the API says, which is what the OpenAPI document says that it may. */
export async function documented(method: string, path: string, response: Response): Promise<Answer> {
  const text = await response.text();
  const type = response.headers.get('content-type') ?? '';
  if (path.startsWith('/v1') || path === '/health')
    expect(faultsOfAnswer({ method, path, status: response.status, type, text })).toEqual([]);
  if (text === '' || type.startsWith('text/event-stream')) return text || undefined;
  return JSON.parse(text);
}

/** The file in the stack's folder with every key that tests made: what the scan for secrets looks for. */
export const madeKeys = 'keys.txt';

/** A new agent, by default in a tenant of its own. */
export async function newAgent(
  tenant = `org-${randomUUID().slice(0, 8)}/main`,
  name = 'agent',
  more: { scopes?: Scope[]; limitPerMinute?: number } = {},
): Promise<Agent> {
  const [orgId = '', workspaceId = ''] = tenant.split('/');
  const { apiKey: key } = await makeKey(aws, tables.control, {
    orgId,
    workspaceId,
    agent: name,
    name: 'test',
    ...more,
  });
  appendFileSync(join(stack.dir, madeKeys), `${key}\n`);
  return agentOf(key, tenant, name);
}

/** An agent by its key. */
export function agentOf(key: string, tenant: string, name: string): Agent {
  const call: Agent['call'] = async (method, path, { body, headers = {}, raw } = {}) => {
    const text = raw ?? (body === undefined ? undefined : JSON.stringify(body));
    const response = await fetch(`${stack.baseUrl}${path}`, {
      method,
      headers: { 'x-api-key': key, 'content-type': 'application/json', ...headers },
      ...(text === undefined ? {} : { body: text }),
    });
    return { status: response.status, headers: response.headers, body: await documented(method, path, response) };
  };
  const ok = async (method: string, path: string, options?: Parameters<typeof call>[2]) => {
    const answer = await call(method, path, options);
    expect(answer.status, JSON.stringify(answer.body)).toBe(200);
    return answer.body;
  };
  const get = async (id: string) => (await ok('GET', `/v1/intents/${id}`)).intent;
  const agent: Agent = {
    tenant,
    address: `agent://${tenant}/${name}`,
    key,
    call,
    submit: async (intent, idempotencyKey = randomUUID()) =>
      (await ok('POST', '/v1/intents', { body: intent, headers: { 'idempotency-key': idempotencyKey } })).intent_id,
    get,
    events: async (id, since = 0) => (await ok('GET', `/v1/intents/${id}/events?since=${since}`)).events,
    reaches: (id, ...statuses) =>
      until(`intent ${id} reaches ${statuses}`, patience, async () => {
        // Waited for in the table, without a function's call each time; what counts is what the API says then.
        const stored = await head(agent, id);
        if (!stored || !statuses.includes(stored.status)) return undefined;
        const intent = await get(id);
        return statuses.includes(intent.status) ? intent : undefined;
      }).catch(async (error: Error) => {
        // What it did instead is the first thing one wants to know.
        const seen = (await ok('GET', `/v1/intents/${id}/events?since=0`)).events.slice(-5);
        throw new Error(`${error.message}; its last events: ${JSON.stringify(seen)}`);
      }),
  };
  return agent;
}

export const approvalIntent = (payload: object = { task: 'Deploy v2?' }) => ({
  intent_type: 'intent.approval.v1',
  payload,
});

/** A sensitive field: nothing outside the request, the plan and the effect may hold it. */
export const refundReason = 'The parcel arrived damaged.';

export const refundIntent = (order: string, cents: number, currency = 'EUR', reason = refundReason) => ({
  intent_type: 'intent.refund.v1',
  payload: { order_id: order, amount_cents: cents, currency, reason },
});

/** In groups: a machine with two cores answers no faster for being asked all at once. */
export async function inGroups<A, B>(items: readonly A[], work: (item: A) => Promise<B>, size = 10): Promise<B[]> {
  const done: B[] = [];
  for (let i = 0; i < items.length; i += size) done.push(...(await Promise.all(items.slice(i, i + size).map(work))));
  return done;
}

// ── the approver ────────────────────────────────────────────────────────────

const known: Mail[] = [];

/** All mails, or those whose text holds `mark`. */
export async function mails(mark = ''): Promise<Mail[]> {
  const after = known.length;
  const found = await control<Mail[]>('mails', { after });
  // Others ask at the same time: they may have brought some of these.
  known.push(...found.slice(known.length - after));
  return known.filter(({ text }) => text.includes(mark));
}

const linkShape = /\/a\/[A-Za-z0-9_-]{43}/g;
/** The first link in a text. */
export const linkIn = (text: string): string => `${stack.baseUrl}${text.match(linkShape)?.[0]}`;
export const linkOf = (mail: Mail): string => linkIn(mail.text);

/** The mails that lead to this intent's task, oldest first; waits until there are `count`. */
export async function mailsFor(agent: Agent, intentId: string, count = 2): Promise<Mail[]> {
  return until(`${count} mails for ${intentId}`, patience, async () => {
    const accepted = (await records(agent, intentId)).filter((record) => record.action === 'approver.notified');
    const ids = accepted.map((record) => record.data.message_id);
    if (ids.length < count) return undefined;
    const found = (await mails()).filter((mail) => ids.includes(mail.messageId));
    return found.length >= count ? found : undefined;
  }).catch(async (error: Error) => {
    // Whether they were never sent, or are still owed, is the first thing one wants to know.
    const owed = (await rows(agent, intentId, 'outbox#')).map(({ sk, attempts }) => ({ sk, attempts }));
    const done = (await records(agent, intentId)).map(({ action, at }) => `${at} ${action}`);
    throw new Error(`${error.message}; owed: ${JSON.stringify(owed)}; recorded: ${done.join(', ')}`);
  });
}

/** The link mailed to one person of the directory for this intent, once `count` mails are there. */
export async function linkFor(agent: Agent, intentId: string, person = 'ada', count = 2): Promise<string> {
  const mail = (await mailsFor(agent, intentId, count)).findLast((one) => one.to.some((to) => to.startsWith(person)));
  if (!mail) throw new Error(`no mail to ${person}`);
  return linkOf(mail);
}

/** Decides by a link, with a code from the mailbox where the page asks for one. */
export async function decide(link: string, outcome?: string, comment?: string) {
  await forgetAsks();
  return approver.decide(mails, link, outcome, comment);
}

/** The code that is mailed to somebody after `ask`. */
export async function mailedCode(to: string, ask: () => Promise<unknown>): Promise<string> {
  await forgetAsks();
  return approver.mailedCode(mails, to, ask);
}

/** Tests ask for more codes than people are given in a quarter of an hour. */
export async function forgetAsks(): Promise<void> {
  const asks = (await people()).filter(({ sk }) => sk === 'asks');
  await Promise.all(
    asks.map(({ pk, sk }) => dynamo.send(new DeleteCommand({ TableName: tables.people, Key: { pk, sk } }))),
  );
}

/** Signs a person in; gives the session's cookie. */
export async function signIn(mail: string): Promise<string> {
  await forgetAsks();
  return approver.signIn(mails, stack.baseUrl, mail);
}

export { post, subjectHashIn } from '../../local/approver.ts';

// ── the operator ────────────────────────────────────────────────────────────

export async function control<T>(command: string, body: object = {}): Promise<T> {
  const response = await fetch(`${stack.controlUrl}/${command}`, { method: 'POST', body: JSON.stringify(body) });
  if (!response.ok) throw new Error(await response.text());
  return (await response.json()) as T;
}

/** Breaks calls of the functions to AWS (those whose body matches `body`); `hits` is for asserting that it did. */
export async function breakCalls(
  rule: Omit<FaultRule, 'match'> & { match: { action?: string; app?: string }; body?: string },
) {
  const { id } = await control<{ id: number }>('inject', rule);
  const hits = async () => (await control<{ hits: number }>('hits', { id })).hits;
  return {
    hits,
    hit: (count = 1) => until(`fault is hit ${count} times`, patience, async () => (await hits()) >= count),
    release: () => control('release', { id }),
  };
}
export const mendCalls = () => control('clear');

/** Every call that the functions made to AWS so far. */
export const awsCalls = (): Promise<ProxiedCall[]> => control('log');

export const restartEmulator = () => control('restart');

/** Deploys the stack's app as it is by now; gives what the CLI says where the deployment is refused. */
export const deploy = async () => (await control<{ refused: string }>('deploy')).refused;

/** Who lifts a stop, and when. */
export const lifting = () => ({ by: 'test', at: new Date().toISOString() });

/** Calls a function by its alias as its event source would; `error` is what it threw. */
export async function invoke(name: string, event: unknown = {}): Promise<{ value: Answer; error: string | undefined }> {
  const answer = await lambda.send(
    new InvokeCommand({ FunctionName: `${functions[name]}:live`, Payload: JSON.stringify(event) }),
  );
  const value = JSON.parse(answer.Payload?.transformToString() || 'null');
  return { value, error: answer.FunctionError ? value.errorType : undefined };
}
export const sweep = () => invoke('sweep');

// ── what is stored ──────────────────────────────────────────────────────────

const pkOf = (agent: Agent, intentId: string) => `${agent.tenant}#${intentId}`;

export async function rows(agent: Agent, intentId: string, prefix = ''): Promise<Record<string, Answer>[]> {
  const page = await dynamo.send(
    new QueryCommand({
      TableName: tables.intents,
      KeyConditionExpression: prefix === '' ? 'pk = :pk' : 'pk = :pk AND begins_with(sk, :prefix)',
      ExpressionAttributeValues: { ':pk': pkOf(agent, intentId), ...(prefix === '' ? {} : { ':prefix': prefix }) },
      ConsistentRead: true,
    }),
  );
  return page.Items ?? [];
}

/** All rows of the table of people. */
export const people = async () =>
  (await dynamo.send(new ScanCommand({ TableName: tables.people, ConsistentRead: true }))).Items ?? [];

export const head = async (agent: Agent, intentId: string) =>
  (await rows(agent, intentId, 's#head'))[0] as Head | undefined;

export const owed = (agent: Agent, intentId: string) => rows(agent, intentId, 'outbox#');

/** Waits until nothing is owed to the world for this intent any more. */
export const settled = (agent: Agent, intentId: string) =>
  until(`nothing is owed for ${intentId}`, patience, async () => (await owed(agent, intentId)).length === 0);

export const records = async (agent: Agent, intentId: string): Promise<SealedRecord[]> =>
  (await entries(agent, intentId)).map(({ record }) => record);

/** The records as a reader sees them, with what is personal in its place. */
export const readRecords = async (agent: Agent, intentId: string): Promise<SealedRecord[]> =>
  (await entries(agent, intentId)).map(({ record, personal }) => opened(record, personal));

async function entries(agent: Agent, intentId: string): Promise<AuditEntry[]> {
  const page = await dynamo.send(
    new QueryCommand({
      TableName: tables.audit,
      KeyConditionExpression: 'pk = :pk',
      ExpressionAttributeValues: { ':pk': pkOf(agent, intentId) },
      ConsistentRead: true,
    }),
  );
  return (page.Items ?? []).map(({ record, personal = [] }) => ({ record, personal }) as AuditEntry);
}

/** The intent's audit chain verifies, up to the tip that its head names. */
export async function expectChain(agent: Agent, intentId: string): Promise<void> {
  const [chain, tip] = await Promise.all([records(agent, intentId), head(agent, intentId)]);
  const verdict = verifyChain(pkOf(agent, intentId), chain, { seq: tip?.auditSeq ?? 0, hash: tip?.auditHash ?? '' });
  expect(verdict.faults).toEqual([]);
}

export async function effect(agent: Agent, intentId: string): Promise<Effect | undefined> {
  const found = await dynamo.send(
    new GetCommand({
      TableName: tables.effects,
      Key: { pk: pkOf(agent, intentId), sk: `${intentId}.1` },
      ConsistentRead: true,
    }),
  );
  return found.Item as Effect | undefined;
}

// ── the run ─────────────────────────────────────────────────────────────────

const runOf = (type: string, intentId: string, generation: number): string =>
  runArn(machines[type] ?? '', `${intentId}-${generation}`);

export const history = (type: string, intentId: string, generation = 1): Promise<HistoryEvent[]> =>
  historyOf(sfn, runOf(type, intentId, generation));

/** Names of the states that a run entered, in order; waits until the run has ended. */
export const statesEntered = (type: string, intentId: string, generation = 1): Promise<string[]> =>
  until(`run ${intentId}-${generation} ends`, patience, async () =>
    statesIn(await history(type, intentId, generation)),
  );

// ── the provider ────────────────────────────────────────────────────────────

async function provider<T>(path: string, body?: object): Promise<T> {
  const response = await fetch(
    `${stack.providerUrl}/_sandbox/${path}`,
    body ? { method: 'POST', body: JSON.stringify(body) } : {},
  );
  if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
  return (await response.json()) as T;
}

/** A new order with a charge of its own, so that no test sees another's refunds. */
export const newOrder = async (amountCents = 100_000, currency = 'eur') =>
  (await newCharge(amountCents, currency)).order;

export async function newCharge(
  amountCents = 100_000,
  currency = 'eur',
  order = `T-${randomUUID().slice(0, 8)}`,
): Promise<{ order: string; charge: string }> {
  const { id } = await provider<{ id: string }>('charges', { orderId: order, amount: amountCents, currency });
  return { order, charge: id };
}

/** Breaks the next refund of an order. */
export const breakRefund = (order: string, kind: FaultKind) =>
  provider('faults', { match: { method: 'POST', pathPrefix: '/v1/refunds', parametersInclude: order }, do: kind });

/** Breaks the next search for an order's charge. */
export const breakSearch = (order: string, kind: FaultKind) =>
  provider('faults', { match: { pathPrefix: '/v1/charges/search', parametersInclude: order }, do: kind });

/** Breaks the next look-up of a charge's refunds, or the next ones. */
export const breakLookup = (charge: string, kind: FaultKind, times = 1) =>
  provider('faults', {
    match: { method: 'GET', pathPrefix: '/v1/refunds', parametersInclude: charge },
    do: kind,
    times,
  });

/** No fault of the provider waits any more. */
export const mendProvider = () => provider('no-faults', {});

export const keyMemory = (on: boolean) => provider('keys-off', { off: !on });

/** The requests that the provider received for this intent's refund, by its metadata or key. */
export async function refundRequests(intentId: string): Promise<LoggedRequest[]> {
  const requests = await provider<LoggedRequest[]>('requests');
  return requests.filter((request) => request.method === 'POST' && request.idempotencyKey?.startsWith(intentId));
}

/** How many refunds the provider was asked for, by anybody. */
export const refundAttempts = async (): Promise<number> =>
  (await provider<LoggedRequest[]>('requests')).filter(({ method }) => method === 'POST').length;

export async function refundsOf(
  intentId: string,
): Promise<{ id: string; amount: number; metadata: Record<string, string> }[]> {
  const refunds = await provider<{ id: string; amount: number; metadata: Record<string, string> }[]>('refunds');
  return refunds.filter((refund) => refund.metadata.intent_id === intentId);
}

/** Ends a run from outside, as an operator could by mistake. */
export const killRun = (type: string, intentId: string, generation = 1) =>
  sfn.send(new StopExecutionCommand({ executionArn: runOf(type, intentId, generation) }));

// ── time ────────────────────────────────────────────────────────────────────

/** Makes what is due later (a head, an owed row) overdue now, so that no test waits for a clock. */
export async function makeOverdue(agent: Agent, intentId: string, prefix: string): Promise<void> {
  for (const row of await rows(agent, intentId, prefix)) {
    const overdue = new UpdateCommand({
      TableName: tables.intents,
      Key: { pk: row.pk, sk: row.sk },
      UpdateExpression: 'SET dueAt = :past',
      ConditionExpression: 'attribute_exists(dueAt)',
      ExpressionAttributeValues: { ':past': 1 },
    });
    await dynamo.send(overdue).catch((error: Error) => {
      // Paid since it was read.
      if (error.name !== 'ConditionalCheckFailedException') throw error;
    });
  }
}

/** Makes the digest due now that the intents' mails wait for, once they do: at once for all, so that no sweep finds some. */
export async function makeDigestDue(agent: Agent, ...intentIds: string[]): Promise<void> {
  const waiting = await Promise.all(intentIds.map((id) => collected(agent, id)));
  const TransactItems = waiting.map(({ pk, sk }) => ({
    Update: {
      TableName: tables.intents,
      Key: { pk, sk },
      UpdateExpression: 'SET dueAt = :past, body.digest = :past, place = :then',
      ConditionExpression: 'attribute_exists(place)',
      ExpressionAttributeValues: { ':past': 1, ':then': new Date(1).toISOString() },
    },
  }));
  await dynamo.send(new TransactWriteCommand({ TransactItems }));
}

/** The row that waits for a person's digest, once one does. */
export const collected = (agent: Agent, intentId: string) =>
  until(`a mail of ${intentId} is collected`, patience, async () =>
    (await owed(agent, intentId)).find(({ body }) => body?.digest !== undefined),
  );

/** Says that an agent will upload a file, and uploads it; gives what finalises it. */
export async function uploadOf(agent: Agent, bytes: Uint8Array, more: object = {}) {
  const body = { owner_agent: agent.address, filename: 'note.txt', mime_type: 'text/plain', size_bytes: bytes.length };
  const { status, body: upload } = await agent.call('POST', '/v1/media/create-upload', { body: { ...body, ...more } });
  expect(status, JSON.stringify(upload)).toBe(200);
  const put = await fetch(upload.upload_url, { method: 'PUT', body: new Blob([Buffer.from(bytes)]) });
  expect(put.status, await put.text()).toBe(200);
  return { upload_id: upload.upload_id as string, size_bytes: bytes.length };
}
