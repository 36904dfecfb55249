import { randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { work } from '../../examples/agent/packer.ts';
import { listedMailbox } from '../../wire/answers.ts';
import { faultsBy, schemasAreHere } from '../wire/schemas.ts';
import {
  type Agent,
  approvalIntent,
  breakCalls,
  decide,
  expectChain,
  inGroups,
  killRun,
  linkFor,
  mails,
  makeOverdue,
  mendCalls,
  newAgent,
  newOrder,
  post,
  records,
  refundIntent,
  rows,
  settled,
  stack,
  statesEntered,
  sweep,
  waitFor,
} from './world.ts';

let sender: Agent;
let packer: Agent;
beforeAll(async () => {
  sender = await newAgent();
  packer = await newAgent(sender.tenant, 'packer');
});

const parcel = (more: object = {}) => ({
  intent_type: 'parcels.pack.v1',
  to_agent: packer.address,
  payload: { parcel: 'P-1' },
  ...more,
});

type Fields = Record<string, unknown>;

/** Everything that is in an agent's mailbox, page by page. */
async function mailbox(agent: Agent, query = ''): Promise<Fields[]> {
  const all: Fields[] = [];
  for (let since = 0; ; ) {
    const path = `/v1/agents/${agent.address}/intents?since=${since}&limit=100${query}`;
    const { status, body } = await agent.call('GET', path);
    expect(status, JSON.stringify(body)).toBe(200);
    expect(listedMailbox.parse(body)).toEqual(body);
    all.push(...body.intents);
    if (!body.has_more) return all;
    since = body.next_seq;
  }
}
const entriesOf = async (agent: Agent, id: string, query = '') =>
  (await mailbox(agent, query)).filter((one) => one.intent_id === id);

const resume = (agent: Agent, id: string, body: object, headers: Record<string, string> = {}) =>
  agent.call('POST', `/v1/intents/${id}/resume`, { body, headers });
const resolve = (agent: Agent, id: string, body: object, headers: Record<string, string> = {}) =>
  agent.call('POST', `/v1/intents/${id}/resolve`, { body, headers });
const cancel = (agent: Agent, id: string) => resolve(agent, id, { status: 'CANCELED', reason: 'not needed' });

describe('a type that nobody declared', () => {
  it('is delivered, done as the agent says, and its run ends', async () => {
    const id = await sender.submit(parcel({ correlation_id: randomUUID() }));
    await packer.reaches(id, 'DELIVERED');
    expect(await entriesOf(packer, id)).toMatchObject([
      { intent_type: 'parcels.pack.v1', status: 'DELIVERED', payload: { parcel: 'P-1' }, from_agent: sender.address },
    ]);
    for (const action of ['acknowledge', 'start', 'wait', 'start'])
      expect((await resume(packer, id, { action })).status).toBe(200);
    const { body } = await resume(packer, id, { packed: true, boxes: 2 });
    expect(body).toMatchObject({
      ok: true,
      intent: { status: 'COMPLETED', result: { packed: true, boxes: 2 } },
      event: { event_type: 'intent.completed' },
      completion_delivery: { delivered: false },
    });
    const events = await sender.events(id);
    expect(events.map((one) => one.status)).toEqual(
      'CREATED SUBMITTED DELIVERED ACKNOWLEDGED IN_PROGRESS WAITING IN_PROGRESS COMPLETED'.split(' '),
    );
    expect(events.at(-1)?.data).toEqual({ packed: true, boxes: 2 });
    expect(events[5]).toMatchObject({ waiting_reason: 'WAITING_FOR_AGENT', pending_with: { type: 'agent' } });
    await settled(sender, id);
    expect(await statesEntered('delegation', id)).toEqual(['AWAIT_ANSWER', 'ENDED']);
    await expectChain(sender, id);
    expect((await records(sender, id)).at(-1)).toMatchObject({ actor: { kind: 'agent', id: packer.address } });
  });

  it.each([
    ['bare', () => 'packer'],
    ['without scheme', () => `${packer.tenant}/packer`],
    ['with scheme and a bare name', () => 'agent://packer'],
  ])('finds its receiver by an address that is %s', async (_what, address) => {
    const id = await sender.submit(parcel({ to_agent: address() }));
    await packer.reaches(id, 'DELIVERED');
    expect(await entriesOf(packer, id)).toHaveLength(1);
  });

  it('for an address of another organisation stays within the tenant: its own agent there never sees it', async () => {
    const stranger = await newAgent();
    const id = await sender.submit(parcel({ to_agent: stranger.address }));
    await sender.reaches(id, 'DELIVERED');
    expect(await mailbox(stranger)).toEqual([]);
    expect((await stranger.call('GET', `/v1/intents/${id}`)).status).toBe(404);
    expect((await resume(stranger, id, {})).status).toBe(404);
  });

  it('fails with the agent’s error; ends once; and is nobody else’s to answer', async () => {
    const id = await sender.submit(parcel());
    expect((await resolve(sender, id, { status: 'COMPLETED', result: {} })).status).toBe(403);
    expect((await resume(sender, id, { packed: true })).body).toMatchObject({ code: 'policy_denied' });
    const failed = await resolve(packer, id, { status: 'FAILED', error: { code: 'no_boxes' }, actor: 'somebody else' });
    expect(failed.body).toMatchObject({ intent: { status: 'FAILED', error: { code: 'no_boxes' } } });
    for (const again of [
      resume(packer, id, {}),
      resolve(packer, id, { status: 'COMPLETED', result: {} }),
      cancel(sender, id),
    ])
      expect((await again).body).toMatchObject({ code: 'intent_terminal' });
    expect((await records(sender, id)).at(-1)).toMatchObject({ actor: { id: packer.address } });
  });

  it('is answered once under one Idempotency-Key, whatever is repeated', async () => {
    const id = await sender.submit(parcel());
    const headers = { 'idempotency-key': randomUUID() };
    const body = { status: 'COMPLETED', result: { packed: true } };
    const [first, second] = [await resolve(packer, id, body, headers), await resolve(packer, id, body, headers)];
    expect([first.status, second.status]).toEqual([200, 200]);
    expect(second.body).toEqual(first.body);
    const other = await resolve(packer, id, { ...body, result: { packed: false } }, headers);
    expect(other.body).toMatchObject({ code: 'idempotency_conflict' });
  });

  it.each([
    ['an unknown field', { status: 'COMPLETED', result: {}, colour: 'red' }, 'colour'],
    ['no result', { status: 'COMPLETED' }, 'result'],
    ['another status', { status: 'WAITING' }, 'status'],
  ])('is not resolved with %s', async (_what, body, field) => {
    const id = await sender.submit(parcel());
    const answer = await resolve(packer, id, body);
    expect(answer.status).toBe(422);
    expect(answer.body.error.details.field).toBe(field);
    expect((await sender.get(id)).status).not.toBe('COMPLETED');
  });

  it.skipIf(!schemasAreHere)('answers as AXP’s schemas have it', async () => {
    const id = await sender.submit(parcel({ reply_to: 'clerk' }));
    await packer.reaches(id, 'DELIVERED');
    const schema = (name: string) => `public_api/api.intents.${name}.v1.json`;
    expect(faultsBy(schema('get.response'), { ok: true, intent: await sender.get(id) })).toEqual([]);
    const { body } = await resolve(packer, id, { status: 'COMPLETED', result: { packed: true } });
    expect(faultsBy(schema('resolve.response'), body)).toEqual([]);
    expect(faultsBy(schema('events.list.response'), { ok: true, events: await sender.events(id) })).toEqual([]);
  });
});

describe('the agent of docs/agents.md', () => {
  it('finds, claims and answers what came, and goes on from there', async () => {
    const team = await newAgent();
    const own = await newAgent(team.tenant, 'packer');
    const ids = await inGroups(['P-1', 'P-2'], (one) =>
      team.submit({ intent_type: 'parcels.pack.v1', to_agent: 'packer', payload: { parcel: one } }),
    );
    const packed: unknown[] = [];
    for (let since = 0; packed.length < 2; )
      since = await work(stack.baseUrl, own.key, since, async ({ payload }) => {
        packed.push(payload?.parcel);
        return { packed: payload?.parcel };
      });
    expect(packed.sort()).toEqual(['P-1', 'P-2']);
    for (const id of ids) expect((await team.get(id)).status).toBe('COMPLETED');
  });
});

describe('a person instead of an agent', () => {
  it('is asked where the intent has a task, by the same task as ever; nothing is delivered', async () => {
    const id = await sender.submit({ intent_type: 'parcels.check.v1', human_task: { title: 'Is it heavy?' } });
    await sender.reaches(id, 'WAITING');
    expect((await decide(await linkFor(sender, id))).status).toBe(200);
    const intent = await sender.reaches(id, 'COMPLETED');
    expect(intent).toMatchObject({ intent_type: 'parcels.check.v1', result: { approved: true } });
    expect((await sender.events(id)).map((one) => one.event_type)).not.toContain('intent.delivered');
    expect(await statesEntered('delegation', id)).toEqual(['AWAIT_ANSWER']);
  });
});

describe('time', () => {
  it('reminds, and ends what nobody answers', async () => {
    const deadline_at = new Date(Date.now() + 12_000).toISOString();
    const id = await sender.submit(parcel({ deadline_at, remind_after_seconds: 1, max_reminders: 1 }));
    await sender.reaches(id, 'TIMED_OUT');
    const types = (await sender.events(id)).map((one) => one.event_type);
    expect(types).toEqual(expect.arrayContaining(['intent.reminder', 'intent.timeout', 'intent.timed_out']));
  });

  it('goes on where the run was killed: the next generation waits, and the deadline still ends it', async () => {
    const id = await sender.submit(parcel());
    await packer.reaches(id, 'DELIVERED');
    await waitFor('the run waits', async () => (await rows(sender, id, 's#delivery'))[0]?.token);
    await killRun('delegation', id);
    await makeOverdue(sender, id, 's#head');
    await sweep();
    await waitFor('the next run waits', async () => (await rows(sender, id, 's#delivery'))[0]?.tokenOrder > '000002');
    expect((await resume(packer, id, { packed: true })).status).toBe(200);
    expect(await statesEntered('delegation', id, 2)).toEqual(['AWAIT_ANSWER', 'ENDED']);
  });
});

describe('a withdrawal', () => {
  it('of a delegation ends it, its parts, and theirs; the sender alone may', async () => {
    const id = await sender.submit(parcel());
    const part = await packer.submit(parcel({ to_agent: 'helper', parent_intent_id: id }));
    const partOfPart = await packer.submit({ ...approvalIntent(), parent_intent_id: part });
    expect((await packer.get(part)).parent_intent_id).toBe(id);
    const stranger = await newAgent(sender.tenant, 'stranger');
    expect((await cancel(stranger, id)).status).toBe(403);
    expect((await cancel(sender, id)).body).toMatchObject({ intent: { status: 'CANCELED' } });
    for (const one of [part, partOfPart])
      expect((await sender.reaches(one, 'CANCELED')).error.details.reason).toBe('parent_canceled');
    for (const one of [id, part, partOfPart]) await settled(sender, one);
    const late = await packer.call('POST', '/v1/intents', { body: parcel({ parent_intent_id: id }) });
    expect(late.body.error.details.field).toBe('parent_intent_id');
  });

  it('of a declared type closes the task, kills the links, tells those asked, and ends the run', async () => {
    const id = await sender.submit(approvalIntent());
    const link = await linkFor(sender, id);
    expect((await cancel(sender, id)).body.event).toMatchObject({ event_type: 'intent.canceled' });
    expect((await post(link, { outcome: 'approved' })).status).not.toBe(200);
    await settled(sender, id);
    expect((await sender.get(id)).human_task.status).toBe('closed');
    expect(await statesEntered('intent.approval.v1', id)).toEqual(['ESCALATE_TO_HUMAN', 'ENDED']);
    await waitFor('Ada is told', async () => (await mails('withdrawn')).length > 0);
  });

  it('of a refund that waits for approval pays nothing, and nobody else completes it', async () => {
    const id = await sender.submit(refundIntent(await newOrder(), 18_000));
    await sender.reaches(id, 'WAITING');
    expect((await resolve(sender, id, { status: 'COMPLETED', result: {} })).status).toBe(403);
    expect((await cancel(sender, id)).status).toBe(200);
    expect((await sender.get(id)).status).toBe('CANCELED');
    await settled(sender, id);
  });
});

describe('delivery', () => {
  it('brings the answer to whom it was asked for', async () => {
    const clerk = await newAgent(sender.tenant, `clerk-${randomUUID().slice(0, 8)}`);
    const id = await sender.submit(parcel({ reply_to: clerk.address }));
    const { body } = await resume(packer, id, { packed: true });
    expect(body.completion_delivery).toEqual({ delivered: true, reply_to: clerk.address, thread_id: id });
    await settled(sender, id);
    // Not among what is to be worked on, unless one asks for it.
    expect(await mailbox(clerk)).toEqual([]);
    expect(await mailbox(clerk, '&status=COMPLETED')).toMatchObject([
      { intent_id: id, event_type: 'intent.completed', thread_id: id, outcome: { result: { packed: true } } },
    ]);
  });

  it('happens once for an agent that was off: it finds all, in one order without a gap', {
    timeout: 300_000,
  }, async () => {
    const away = await newAgent(sender.tenant, `away-${randomUUID().slice(0, 8)}`);
    const ids = await inGroups(Array.from({ length: 40 }), () => sender.submit(parcel({ to_agent: away.address })));
    for (const id of ids) await settled(sender, id);
    const found = await mailbox(away);
    expect(found.map((one) => one.intent_id).sort()).toEqual([...ids].sort());
    expect(found.map((one) => one.seq)).toEqual(ids.map((_, i) => i + 1));
  });

  it.each([
    ['the entry is in and the answer is lost', 'mailbox', 'lose_answer', 3],
    ['the entry never goes in', 'mailbox', { error: 'InternalServerError', status: 500 }, 3],
    ['the entry is in and the function is killed', 'mailbox', 'kill', 1],
    ['the commit that says so happens and the function is killed', 'intent.delivered', 'kill', 1],
    ['the commit that says so never happens', 'intent.delivered', 'drop', 3],
  ] as const)('is once all the same where %s', async (_what, body, fault, times) => {
    const match = { app: 'deliver', action: 'TransactWriteItems' };
    const broken = await breakCalls({ match, body, do: fault, times });
    const id = await sender.submit(parcel());
    await broken.hit(times);
    await mendCalls();
    // The queue would bring it again after its own time.
    await waitFor('it is delivered', async () => {
      await makeOverdue(sender, id, 'outbox#deliver');
      await sweep();
      return (await sender.get(id)).status === 'DELIVERED' && (await rows(sender, id, 'outbox#deliver')).length === 0;
    });
    expect(await entriesOf(packer, id)).toHaveLength(1);
    expect((await sender.events(id)).filter((one) => one.event_type === 'intent.delivered')).toHaveLength(1);
    await expectChain(sender, id);
  });

  it('is found by the sweep where its message was lost', async () => {
    const broken = await breakCalls({
      match: { app: 'dispatch', action: 'SendMessage' },
      body: 'kind[^a-z]+deliver',
      do: { error: 'InvalidParameterValue', status: 400 },
      times: 100,
    });
    const id = await sender.submit(parcel());
    await broken.hit();
    await mendCalls();
    await makeOverdue(sender, id, 'outbox#deliver');
    await sweep();
    await packer.reaches(id, 'DELIVERED');
    expect(await entriesOf(packer, id)).toHaveLength(1);
  });
});
