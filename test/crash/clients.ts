/** What agents and approvers do; they ask again where a server failed or did not answer. */

import { expect } from 'vitest';
import { mailboxes } from '../../adapters/mailboxes.ts';
import type { Entry } from '../../core/mailbox.ts';
import { verified } from '../deployed/receiver.ts';
import { type Agent, dynamo, invoke, linkOf, mails, post, stack, subjectHashIn, until } from '../deployed/world.ts';
import { type Case, hooksOf } from './case.ts';
import { owedIn, patienceSeconds, reach } from './time.ts';

const maxRepeats = 4;

/** Repeats what answered with a server's error, or not at all. */
async function stubbornly<T extends { status: number }>(one: Case, ask: () => Promise<T>): Promise<T> {
  for (let repeat = 0; ; repeat += 1) {
    const answer = await ask().catch(() => undefined);
    if (answer && answer.status < 500) return answer;
    if (repeat === maxRepeats) throw new Error(`asked in vain: ${JSON.stringify(answer)}`);
    one.repeats += 1;
  }
}

const traced = ({ mark }: Case) => ({ 'x-trace-id': mark });

/** An agent's request that is answered 200 at last. */
async function ask(one: Case, by: Agent, method: string, path: string, body?: object, more: object = {}) {
  const headers = { ...traced(one), ...more };
  const answer = await stubbornly(one, () => by.call(method, path, { headers, ...(body ? { body } : {}) }));
  expect(answer.status, JSON.stringify(answer.body)).toBe(200);
  return answer.body;
}

/** Each of an agent's requests that changes something has a key of its own: what is repeated is the same request. */
const keyed = ({ mark }: Case, what: string) => ({ 'idempotency-key': `${mark}-${what}` });

// ── who submits ─────────────────────────────────────────────────────────────

export const submits =
  (intent: (one: Case) => object, path = '/v1/intents') =>
  async (one: Case): Promise<string> =>
    (await ask(one, one.agent, 'POST', path, intent(one), keyed(one, 'submit'))).intent_id;

/** An event of the bus: Lambda calls its function again where that failed. */
export async function entersByDoor(one: Case): Promise<string> {
  const event = { id: one.mark, source: 'shop.orders', 'detail-type': 'Order held', detail: { parcel: one.mark } };
  await stubbornly(one, async () => {
    const { error } = await invoke('event-door', { door: 'orders', event });
    return { status: error === undefined ? 200 : 500 };
  });
  const { body } = await one.agent.call('GET', '/v1/intents?from_agent=orders&limit=100');
  const submitted = body.intents.filter(({ payload }: { payload: { parcel: string } }) => payload.parcel === one.mark);
  expect(submitted).toHaveLength(1);
  return submitted[0].intent_id;
}

// ── who hears of it ─────────────────────────────────────────────────────────

export async function subscribes(one: Case): Promise<void> {
  const { url: callback_url } = await hooksOf(one);
  const body = { callback_url, event_types: one.path.told, secret: one.secret };
  expect((await one.agent.call('POST', '/v1/webhooks/subscriptions', { body })).status).toBe(200);
}

/** The agent is pushed what comes; it has its own secret. */
export async function binds(one: Case): Promise<void> {
  const { url } = await hooksOf(one);
  const { status, body } = await one.worker.call('PUT', `/v1/agents/${one.worker.address}/binding`, {
    body: { kind: 'http', url },
  });
  expect(status, JSON.stringify(body)).toBe(200);
  one.secret = body.secret;
  // The binding itself owes a look at what is there.
  await until('nothing is owed', patienceSeconds, async () => (await owedIn(one)).length === 0);
}

// ── the agent that works ────────────────────────────────────────────────────

const boxes = mailboxes(dynamo, stack.outputs.MailboxesTable ?? '');

/** What is in an agent's mailbox, by the table: a request each time one looks would be other calls in each run. */
export const entriesOf = ({ tenant, address }: Agent): Promise<Entry[]> => boxes.after({ tenant, address }, 0, 100);

const result = { packed: true };

/** The agent answers the intent, or one that was delivered to it. */
export async function answers(one: Case, intentId = one.intentId, more: object = {}): Promise<void> {
  const headers = { ...keyed(one, 'answer'), ...more };
  await ask(one, one.worker, 'POST', `/v1/intents/${intentId}/resolve`, { status: 'COMPLETED', result }, headers);
}

/** Waits for the webhook that brings the intent, and answers. */
export async function answersWebhook(one: Case): Promise<void> {
  const got = await reach(one, 'a webhook', async () => (await hooksOf(one)).got[0]);
  const { type, data } = verified(got, one.secret);
  expect([type, data.intent_id]).toEqual(['intent.delivered', one.intentId]);
  await answers(one, data.intent_id);
}

/** Asks for what there is, once so many things are there, and takes the newest for a lease. */
async function claims(one: Case, count: number) {
  const entry = await reach(one, `${count} entries`, async () => (await entriesOf(one.worker))[count - 1]);
  const path = `/v1/agents/${one.worker.address}/intents?since=${count - 1}`;
  const { intents } = await ask(one, one.worker, 'GET', path);
  expect(intents.map(({ intent_id }: { intent_id: string }) => intent_id)).toEqual([entry.intentId]);
  const body = { claimant: `worker-${count}`, lease_seconds: leaseSeconds };
  const claim = await ask(one, one.worker, 'POST', `/v1/intents/${entry.intentId}/claim`, body, keyed(one, `${count}`));
  expect(claim).toMatchObject({ granted: true, fencing_token: count });
  return entry.intentId;
}

/** The shortest that there is. */
const leaseSeconds = 5;

/** Takes it, and is never heard of again. */
export const claimsAndDies = async (one: Case): Promise<void> => void (await claims(one, 1));

/** Takes what was given out again, and answers. */
export async function claimsAndAnswers(one: Case): Promise<void> {
  const intentId = await claims(one, 2);
  await answers(one, intentId, { 'x-fencing-token': '2' });
}

/** Answers what is in the mailbox, without a claim. */
export async function works(one: Case): Promise<void> {
  const { intentId } = await reach(one, 'its part', async () => (await entriesOf(one.worker))[0]);
  await answers(one, intentId);
}

// ── the person ──────────────────────────────────────────────────────────────

async function open(one: Case, link: string) {
  const page = await stubbornly(one, async () => {
    const response = await fetch(link, { headers: traced(one) });
    return { status: response.status, text: await response.text() };
  });
  expect(page.status, page.text).toBe(200);
  return page.text;
}

export const decides =
  (outcome: 'approved' | 'rejected') =>
  async (one: Case): Promise<void> => {
    const count = one.path.reminded ? 2 : 1;
    const found = await reach(one, `${count} mails`, async () => {
      const sent = await mails(one.mark);
      const reminder = sent.findLast(({ subject }) => subject.startsWith('Reminder'));
      return one.path.reminded ? reminder : sent.at(-1);
    });
    const link = linkOf(found);
    const form = { subject_hash: subjectHashIn(await open(one, link)), outcome, comment: 'As agreed.' };
    const answer = await stubbornly(one, () => post(link, form, traced(one)));
    expect(answer.status, answer.page).toBe(200);
    expect(answer.page).toContain(`Decided: ${outcome}`);
  };

// ── whoever asked ───────────────────────────────────────────────────────────

export async function reads(one: Case): Promise<void> {
  const { intent } = await ask(one, one.agent, 'GET', `/v1/intents/${one.intentId}`);
  expect(intent.status).toBe(one.path.ends);
  if (one.path.answered) expect(intent.result).toEqual(result);
}
