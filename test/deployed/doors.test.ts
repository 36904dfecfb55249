import { beforeAll, describe, expect, it } from 'vitest';
import { call, keyFor, newPerson, signedIn } from './people.ts';
import {
  type Agent,
  approvalIntent,
  decide,
  expectChain,
  inGroups,
  linkFor,
  mailsFor,
  newAgent,
  newOrder,
  records,
  refundIntent,
  refundsOf,
  waitFor,
} from './world.ts';

type Headers = Record<string, string>;

let agent: Agent;
let ada: Headers;
let ben: Headers;
let key: Headers;
let asAda: Headers;

beforeAll(async () => {
  agent = await newAgent();
  ada = await signedIn('ada');
  ben = await signedIn('ben');
  key = await keyFor(agent.tenant);
  asAda = await keyFor(agent.tenant, 'ada');
});

const asked = async (human_task: object = {}): Promise<string> => {
  const id = await agent.submit({ ...approvalIntent(), human_task: { title: 'Deploy v2?', ...human_task } });
  await agent.reaches(id, 'WAITING');
  return id;
};

const taskOf = async (id: string, headers: Headers = ada) =>
  waitFor('the task', async () => {
    const { status, body } = await call('GET', `/v1/tasks/${id}.1`, headers);
    return status === 200 ? body.task : undefined;
  });

/** Every door of AXP and ours: what is called, and what it says for approving and rejecting. */
const doors: Record<string, (id: string, isFor: boolean, planHash: string) => [path: string, body: object]> = {
  'the task': (id, isFor, plan_hash) => [
    `/v1/tasks/${id}.1/decision`,
    { outcome: isFor ? 'approved' : 'rejected', reason_code: 'other', comment: 'Seen.', plan_hash },
  ],
  resume: (id, isFor) => [
    `/v1/intents/${id}/resume`,
    { task_result: { outcome: isFor ? 'approved' : 'rejected', comment: 'Seen.' } },
  ],
  'the inbox': (id, isFor) => [`/v1/inbox/${id}/${isFor ? 'approve' : 'reject'}`, { comment: 'Seen.' }],
  'the approval, by its intent': (id, isFor) => [
    `/v1/approvals/${id}/decision`,
    { decision: isFor ? 'approve' : 'reject', comment: 'Seen.' },
  ],
  'the approval, by its task': (id, isFor) => [
    `/v1/approvals/${id}.1/decision`,
    { decision: isFor ? 'approve' : 'reject', comment: 'Seen.' },
  ],
};

describe.each(Object.entries(doors))('a decision by %s', (_name, door) => {
  it.each([true, false])('ends the approval; approved: %s', async (isFor) => {
    const id = await asked();
    const [path, body] = door(id, isFor, (await taskOf(id)).plan_hash);
    const answer = await call('POST', path, { ...key, ...ada }, body);
    expect(answer).toMatchObject({ status: 200, body: { ok: true } });
    const { result } = await agent.reaches(id, 'COMPLETED');
    expect(result).toMatchObject({ approved: isFor, task_result: { decided_by: 'ada', comment: 'Seen.' } });
    const decided = (await records(agent, id)).find(({ action }) => action === 'task.decided');
    expect(decided?.actor.kind).toBe('person');
    await expectChain(agent, id);
  });

  it('is nobody’s without a session, and nobody’s with a wrong one', async () => {
    const id = await asked();
    const [path, body] = door(id, true, (await taskOf(id)).plan_hash);
    expect(await call('POST', path, key, body)).toMatchObject({ status: 401, body: { code: 'missing_actor_token' } });
    const wrong = { ...key, authorization: `Bearer hp_ps_${'x'.repeat(43)}` };
    expect(await call('POST', path, wrong, body)).toMatchObject({ status: 401, body: { code: 'invalid_actor_token' } });
    expect(await call('POST', path, {}, body)).toMatchObject({
      status: 401,
      body: { code: 'missing_platform_api_key' },
    });
    expect((await agent.get(id)).status).toBe('WAITING');
  });

  it('rule 16: is never the requester’s own, whoever its key speaks for', async () => {
    const mine = await newAgent(agent.tenant, 'console');
    const id = await mine.submit(approvalIntent());
    await mine.reaches(id, 'WAITING');
    const [path, body] = door(id, true, (await taskOf(id)).plan_hash);
    // The same agent's key, which may decide as Ada.
    expect(await call('POST', path, asAda, body)).toMatchObject({ status: 403, body: { code: 'policy_denied' } });
    // And the person that the agent acts for.
    const forAda = await agent.submit({ ...approvalIntent(), on_behalf_of: 'ada' });
    await agent.reaches(forAda, 'WAITING');
    const [other, same] = door(forAda, true, (await taskOf(forAda, ben)).plan_hash);
    expect((await call('POST', other, { ...key, ...ada }, same)).status).toBe(403);
    expect((await agent.get(forAda)).status).toBe('WAITING');
  });

  it('is not there for another tenant’s key', async () => {
    const id = await asked();
    const [path, body] = door(id, true, (await taskOf(id)).plan_hash);
    const stranger = await keyFor((await newAgent()).tenant, 'ada');
    expect((await call('POST', path, stranger, body)).status).toBe(404);
  });
});

describe('a key that may decide as a person', () => {
  it('brings that person’s decision, and the record says so', async () => {
    const id = await asked();
    // Once it is decided nobody is mailed any more.
    const link = await linkFor(agent, id);
    const answer = await call('POST', `/v1/intents/${id}/resume`, asAda, { task_result: { outcome: 'approved' } });
    expect(answer.body.intent).toMatchObject({ status: 'COMPLETED' });
    expect(await (await fetch(link)).text()).toContain('which may decide as ada');
  });
});

describe('a person’s tasks', () => {
  it('are listed with all that is needed to decide, whole and in AXP’s shape', async () => {
    const id = await asked({ description: 'Of the shop.' });
    const listed = await waitFor('the list', async () => {
      const { body } = await call('GET', '/v1/tasks?limit=100', { ...key, ...ada });
      return body.tasks.find((task: { intent_id: string }) => task.intent_id === id);
    });
    expect(listed).toMatchObject({
      task_id: `${id}.1`,
      tenant: agent.tenant,
      task_type: 'approval',
      title: 'Deploy v2?',
      assignees: [{ id: 'ada' }, { id: 'ben' }],
    });
    expect(JSON.stringify(listed)).not.toMatch(/@example\.com|\/a\/|token/);
    const mine = await call('GET', '/v1/me/tasks', { ...key, ...ada });
    const one = mine.body.tasks.find((task: { intent_id: string }) => task.intent_id === id);
    expect(one).toMatchObject({
      intent_type: 'intent.approval.v1',
      status: 'WAITING',
      human_task: { task_type: 'approval' },
    });
    expect(Object.keys(mine.body).sort()).toEqual(['ok', 'tasks']);
    expect(
      (await call('GET', `/v1/tasks/${id}.1`, { ...key, ...(await signedIn(await newPerson('dora'))) })).status,
    ).toBe(404);
  });

  it('move to the decided ones', async () => {
    const id = await asked();
    const { plan_hash } = await taskOf(id);
    await call('POST', `/v1/tasks/${id}.1/decision`, ada, {
      outcome: 'approved',
      reason_code: 'as_expected',
      plan_hash,
    });
    const find = async (status: string) => {
      const { body } = await call('GET', `/v1/tasks?status=${status}&limit=100`, { ...key, ...ada });
      return body.tasks.some((task: { intent_id: string }) => task.intent_id === id);
    };
    await waitFor('the task among the decided', () => find('done'));
    await waitFor('the task gone from the open', async () => !(await find('open')));
  });

  it.each(['limit=0', 'limit=101', 'status=all', 'of=ben'])('refuse %s', async (query) => {
    expect((await call('GET', `/v1/tasks?${query}`, ada)).status).toBe(422);
  });
});

describe('a task that changes hands', () => {
  const task = (id: string, what: string) => `/v1/tasks/${id}.1/${what}`;

  it('is handed over with a note, and taken back', async () => {
    const id = await asked();
    const { plan_hash } = await taskOf(id);
    const handed = await call('POST', task(id, 'delegate'), ada, { to: 'ben', note: 'Yours, I think.' });
    expect(handed).toMatchObject({ status: 200, body: { fresh: true, to: { id: 'ben' } } });
    const decision = { outcome: 'approved', reason_code: 'other', plan_hash };
    expect((await call('POST', task(id, 'decision'), { ...key, ...ada }, decision)).status).toBe(403);
    expect((await call('POST', task(id, 'recall'), { ...key, ...ada }, {})).body).toMatchObject({ to: { id: 'ada' } });
    expect((await call('POST', task(id, 'decision'), ada, decision)).status).toBe(200);
    expect((await agent.reaches(id, 'COMPLETED')).result.task_result.decided_by).toBe('ada');
    await expectChain(agent, id);
  });

  it('goes to nobody who may not decide it, and is taken over by no one but an administrator', async () => {
    const id = await asked();
    await taskOf(id);
    const refused = await call('POST', task(id, 'reassign'), ada, { to: 'cleo' });
    expect(refused).toMatchObject({ status: 422, body: { error: { details: { field: 'to' } } } });
    expect((await call('POST', task(id, 'take-over'), ada, {})).status).toBe(403);
  });

  it('is withdrawn by the agent that asked, and by no other', async () => {
    const id = await asked();
    await taskOf(id);
    expect((await call('POST', task(id, 'recall'), key, {})).status).toBe(404);
    const own = { 'x-api-key': agent.key };
    expect((await call('POST', task(id, 'recall'), own, { note: 'Not needed.' })).body).toMatchObject({
      status: 'CANCELED',
    });
    await agent.reaches(id, 'CANCELED');
  });

  it('rule 16: is moved and commented by no key of the agent that asked, which may only withdraw it', async () => {
    const mine = await newAgent(agent.tenant, 'console');
    const id = await mine.submit(approvalIntent());
    await mine.reaches(id, 'WAITING');
    for (const [what, body] of [
      ['reassign', { to: 'ben' }],
      ['delegate', { to: 'ben' }],
      ['take-over', {}],
      ['comment', { comment: 'Fine with me.' }],
    ] as const)
      expect(await call('POST', task(id, what), asAda, body), what).toMatchObject({
        status: 403,
        body: { code: 'policy_denied' },
      });
    expect((await call('POST', task(id, 'recall'), asAda, {})).body).toMatchObject({ status: 'CANCELED' });
  });

  it('takes remarks of those who are asked, which decide nothing', async () => {
    const id = await asked();
    await taskOf(id);
    const remark = { comment: 'Who ordered this?' };
    expect((await call('POST', task(id, 'comment'), ada, remark)).body).toMatchObject({ ok: true, comments: 1 });
    expect((await call('POST', task(id, 'comment'), { ...key, ...(await signedIn('cleo')) }, remark)).status).toBe(404);
    const seen = (await agent.events(id)).find((event) => event.details.comment);
    expect(seen).toMatchObject({ status: 'WAITING', details: { comment: { by: 'ada', text: 'Who ordered this?' } } });
    expect(await (await fetch(await linkFor(agent, id, 'ben'))).text()).toContain('Who ordered this?');
  });
});

describe('the directory', () => {
  it('tells whoever has a key who may be asked, and mail addresses to people alone', async () => {
    const plain = (await call('GET', '/v1/directory/people?role=finance', key)).body.people;
    expect(plain.map(({ id }: { id: string }) => id)).toEqual(['cleo']);
    expect(JSON.stringify(plain)).not.toContain('@');
    const { body } = await call('GET', '/v1/directory/people/ben', { ...key, ...ada });
    expect(body.person).toMatchObject({ id: 'ben', mail: 'ben@example.com', time_zone: 'UTC' });
    expect((await call('GET', '/v1/directory/people/nobody', key)).status).toBe(404);
    expect((await call('GET', '/v1/directory/people', {})).status).toBe(401);
  });
});

describe('what a person fills in', () => {
  const form_schema = {
    type: 'object',
    required: ['amount', 'reason'],
    properties: { amount: { type: 'integer' }, reason: { type: 'string' } },
  };

  it('comes as data, or, from clients that put texts beside the outcome, as those', async () => {
    for (const given of [{ data: { amount: 12, reason: 'lost' } }, { amount: '12', reason: 'lost' }]) {
      const id = await asked({ task_type: 'form', form_schema });
      const task_result = { outcome: 'submitted', ...given };
      expect((await call('POST', `/v1/intents/${id}/resume`, asAda, { task_result })).status).toBe(200);
      const { result } = await agent.reaches(id, 'COMPLETED');
      expect(result.task_result.data).toEqual({ amount: 12, reason: 'lost' });
    }
  });

  it('may be evidence of what was done, or whom it goes to', async () => {
    const work = await asked({ task_type: 'manual_action' });
    const shown = { outcome: 'completed', evidence: { text: 'Unlocked it.', url: 'https://status.example/1' } };
    const none = await call('POST', `/v1/intents/${work}/resume`, asAda, { task_result: { outcome: 'completed' } });
    expect(none).toMatchObject({ status: 422, body: { error: { details: { field: 'evidence' } } } });
    expect((await call('POST', `/v1/intents/${work}/resume`, asAda, { task_result: shown })).status).toBe(200);
    expect((await agent.reaches(work, 'COMPLETED')).result.task_result.evidence).toEqual(shown.evidence);

    const who = await asked({ task_type: 'assignment', assignees: ['ada'] });
    const taken = { outcome: 'assigned', assignee: 'ada' };
    expect((await call('POST', `/v1/intents/${who}/resume`, asAda, { task_result: taken })).status).toBe(200);
    expect((await agent.reaches(who, 'COMPLETED')).result.task_result.assignee).toMatchObject({ id: 'ada' });
  });

  it('is checked, and named where it is wrong', async () => {
    const id = await asked({ task_type: 'form', form_schema });
    const wrong = { task_result: { outcome: 'submitted', data: { amount: 'much', reason: 'lost' } } };
    const answer = await call('POST', `/v1/intents/${id}/resume`, asAda, wrong);
    expect(answer).toMatchObject({ status: 422, body: { error: { details: { field: 'data' } } } });
    const not = await call('POST', `/v1/inbox/${id}/approve`, { ...key, ...ada }, {});
    expect(not).toMatchObject({ status: 422, body: { error: { details: { field: 'outcome' } } } });
    expect((await agent.get(id)).status).toBe('WAITING');
  });
});

describe('a refund', () => {
  it('is decided by API for the plan that was shown, and paid once', async () => {
    const id = await agent.submit(refundIntent(await newOrder(), 18_000));
    await agent.reaches(id, 'WAITING');
    const task = await taskOf(id);
    expect(task.plan.actions).toHaveLength(1);
    const path = `/v1/tasks/${id}.1/decision`;
    const stale = await call('POST', path, ada, {
      outcome: 'approved',
      reason_code: 'as_expected',
      plan_hash: '0'.repeat(64),
    });
    expect(stale).toMatchObject({ status: 409, body: { code: 'plan_changed' } });
    const decision = { outcome: 'approved', plan_hash: task.plan_hash };
    const bare = await call('POST', path, ada, decision);
    expect(bare).toMatchObject({ status: 422, body: { error: { details: { field: 'reason_code' } } } });
    await call('POST', path, ada, { ...decision, reason_code: 'as_expected' });
    await agent.reaches(id, 'COMPLETED');
    expect(await refundsOf(id)).toHaveLength(1);
  });
});

/** Every pair four times; in the full run more: `RACES=1000`. */
const races = Number(process.env.RACES ?? 144);

/** Every pair of doors in turn, of one person with themselves and of two. */
function pairs() {
  const names = [...Object.keys(doors), theLink];
  const all = names.flatMap((one) => names.map((two) => [one, two] as const));
  return Array.from({ length: races }, (_, n) => ({
    doors: all[n % all.length] as readonly [string, string],
    alone: Math.floor(n / all.length) % 2 === 0,
  }));
}
const theLink = 'the link';
const tellsOfTheFirst = new Set(['the task', theLink]);

describe('rule 13: two at once, through two doors', () => {
  it(`${races} times: one decision each`, { timeout: 1_200_000 }, async () => {
    const post = async (id: string, name: string, isFor: boolean, who: 'ada' | 'ben', asked: number, hash: string) => {
      const door = doors[name];
      if (!door) {
        const link = await linkFor(agent, id, who, asked);
        return (await decide(link, isFor ? 'approved' : 'rejected', 'Seen.')).status;
      }
      const [path, body] = door(id, isFor, hash);
      return (await call('POST', path, { ...key, ...(who === 'ada' ? ada : ben) }, body)).status;
    };
    await inGroups(
      pairs(),
      async ({ doors: [one, two], alone }) => {
        const id = await asked(alone ? { assignees: ['ada'] } : {});
        if ([one, two].includes(theLink)) await mailsFor(agent, id, alone ? 1 : 2);
        const { plan_hash: hash } = await taskOf(id);
        const statuses = await Promise.all([
          post(id, one, true, 'ada', alone ? 1 : 2, hash),
          post(id, two, false, alone ? 'ada' : 'ben', alone ? 1 : 2, hash),
        ]);
        // Whoever is second is told of the first; by a door of AXP's, that it has ended.
        const second = [one, two].map((name) => (tellsOfTheFirst.has(name) ? [200] : [200, 409]));
        expect(statuses, `${one} and ${two}`).toContain(200);
        for (const [n, status] of statuses.entries()) expect(second[n], `${one} and ${two}`).toContain(status);
        const done = await agent.reaches(id, 'COMPLETED');
        const decided = (await records(agent, id)).filter(({ action }) => action === 'task.decided');
        expect(decided, `${one} and ${two}`).toHaveLength(1);
        expect(['ada', alone ? 'ada' : 'ben']).toContain(done.result.task_result.decided_by);
      },
      // More at once only start more functions.
      8,
    );
  });
});
