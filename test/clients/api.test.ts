/** Commands that speak by API, against something that answers as it is told to. */

import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { exitCodes } from '../../clients/cli/outcome.ts';
import { verifyWebhook } from '../../clients/sdk/index.ts';
import { hashOf } from '../../core/hash.ts';
import { holdpoint, started } from './holdpoint.ts';
import { fakeDeployment, type Home, newHome, refusal } from './home.ts';
import { inside } from './inside.ts';

let home: Home;
let deployment: Awaited<ReturnType<typeof fakeDeployment>>;
beforeAll(async () => {
  home = newHome();
  deployment = await fakeDeployment();
});
afterAll(() => {
  deployment.close();
  home.remove();
});

const id = '01935b5e-0000-7000-8000-000000000000';
const env = (): Record<string, string> => ({
  ...home.env,
  HOLDPOINT_URL: deployment.url,
  HOLDPOINT_API_KEY: 'hp_sa_test',
});
/** In a process of its own where something comes from stdin. */
const run = (args: string[], stdin?: string) =>
  stdin === undefined ? inside(args, env()) : holdpoint(args, { env: env(), stdin });
const words = (line: string) => line.split(' ');

describe('a refusal', () => {
  it.each([
    [401, 'unauthorized', exitCodes.denied, 'holdpoint context list'],
    [401, 'missing_actor_token', exitCodes.denied, 'holdpoint login'],
    [403, 'policy_denied', exitCodes.denied, '(policy_denied)'],
    [404, 'not_found', exitCodes.notFound, '(not_found)'],
    [409, 'intent_terminal', exitCodes.failed, '(intent_terminal)'],
    [422, 'invalid_input', exitCodes.failed, '(invalid_input)'],
    [429, 'rate_limited', exitCodes.unavailable, 'Try again in 120 s.'],
  ])('%i %s', async (status, code, exit, says) => {
    deployment.answer(() => refusal(status, code, 'It is refused', { 'retry-after': '120' }));
    const plain = await run(['intents', 'get', id]);
    expect(plain.code).toBe(exit);
    expect(plain.stderr).toMatch(/^It is refused\. .*\n$/);
    expect(plain.stderr).toContain(says);
    const json = await run(['intents', 'get', id, '--json']);
    expect(JSON.parse(json.stderr)).toMatchObject({ code, status, exit_code: exit });
    expect(plain.stdout + json.stdout).toBe('');
  });

  it('says nothing to the terminal but text', async () => {
    deployment.answer(() => refusal(404, 'not_found', 'No \u001b[2Jsuch\u202e intent'));
    expect((await run(['intents', 'get', id])).stderr).toContain('No [U+001B][2Jsuch[U+202E] intent');
  });
});

it('is denied before anything is asked where there is no key', async () => {
  deployment.answer(() => ({}));
  const ran = await inside(['intents', 'list'], { ...env(), HOLDPOINT_API_KEY: undefined });
  expect(ran).toMatchObject({ code: exitCodes.denied, stdout: '' });
  const nobody = await inside(['tasks', 'list'], { ...env(), HOLDPOINT_API_KEY: undefined });
  expect(nobody.stderr).toContain('holdpoint login');
  expect(deployment.asked).toEqual([]);
});

describe('holdpoint intents submit', () => {
  const created = { body: { ok: true, intent_id: id, status: 'SUBMITTED', created_at: '2026-11-30T09:00:00.000Z' } };

  it('sends what was given, from stdin, a file or a word, each time under a key of its own', async () => {
    deployment.answer(() => created);
    const file = join(home.dir, 'payload.json');
    writeFileSync(file, '{"order_id":"A-1"}');
    const submit = ['intents', 'submit', 'intent.refund.v1', '--to', 'packer', '--payload'];
    expect((await run([...submit, '{"order_id":"A-1"}'])).code).toBe(0);
    expect((await run([...submit, `@${file}`])).code).toBe(0);
    expect((await run([...submit, '-'], '{"order_id":"A-1"}')).code).toBe(0);
    const sent = { intent_type: 'intent.refund.v1', payload: { order_id: 'A-1' }, to_agent: 'packer' };
    expect(deployment.asked.map(({ body }) => body)).toEqual([sent, sent, sent]);
    expect(new Set(deployment.asked.map(({ headers }) => headers['idempotency-key'])).size).toBe(3);
    expect((await run([...submit, '{}', '--idempotency-key', 'mine'])).code).toBe(0);
    expect(deployment.asked.at(-1)?.headers['idempotency-key']).toBe('mine');
  });

  it.each([
    ['{"a":1,"a":2}', 'twice'],
    ['{"a":', 'not JSON'],
    ['[1]', 'a JSON object'],
    ['{"a":12345678901234567890}', '(a)'],
    ['@/nonexistent', 'ENOENT'],
  ])('sends nothing of %s', async (payload, says) => {
    deployment.answer(() => created);
    const ran = await run(['intents', 'submit', 'x.y.v1', '--payload', payload]);
    expect(ran.stderr).toContain(says);
    expect(ran.code).toBe(exitCodes.usage);
    expect(deployment.asked).toEqual([]);
  });
});

describe('holdpoint intents watch', () => {
  const event = (seq: number, status: string) => ({
    intent_id: id,
    seq,
    event_type: `intent.${status.toLowerCase()}`,
    status,
    at: '2026-11-30T09:00:00.000Z',
  });
  const serve = (status: string, seqs: number[]) =>
    deployment.answer(({ path }) => {
      const since = Number(new URL(path, 'http://x').searchParams.get('since'));
      const events = seqs.filter((seq) => seq > since).map((seq) => event(seq, status));
      const text = events.map((one) => `event: ${one.event_type}\ndata: ${JSON.stringify(one)}\n\n`).join('');
      if (path.includes('/stream'))
        return { text: text || `event: stream.timeout\ndata: {"ok":true,"next_seq":${since}}\n\n` };
      return { body: { ok: true, events, intent: { intent_id: id, status } } };
    });

  it.each([
    ['FAILED', 0, [3], exitCodes.ended],
    ['COMPLETED', 0, [3], exitCodes.ok],
    // Nothing comes after what was seen: how it ended counts all the same.
    ['FAILED', 3, [], exitCodes.ended],
    ['COMPLETED', 3, [], exitCodes.ok],
  ])('of what is %s, after number %i, tells %j and leaves %i', async (status, since, told, exit) => {
    serve(status, [3]);
    const { code, stdout, stderr } = await run(['intents', 'watch', id, '--since', String(since), '--json']);
    const lines = stdout.split('\n').filter((line) => line !== '');
    expect([lines.map((line) => JSON.parse(line).seq), code, stderr]).toEqual([told, exit, '']);
  });
});

describe('holdpoint tasks', () => {
  const plan = {
    objective: 'Refund 180.00 EUR of order A-1',
    actions: [
      { tool: 'issue_refund', args: { order_id: 'A-1' }, changes: [{ what: 'Refunded', before: '0', after: '180' }] },
    ],
    risk: { category: 'low', score: 25, reasons: [] },
  };
  const task = (given: object = {}) => ({
    task_id: `${id}.1`,
    intent_id: id,
    intent_type: 'intent.refund.v1',
    tenant: 'a/b',
    from_agent: 'agent://a/b/clerk',
    task_type: 'approval',
    status: 'open',
    title: 'Refund\u001b[31m',
    description: '',
    revision: 1,
    rounds: 1,
    allowed_outcomes: ['approved', 'rejected'],
    required_comment: false,
    outcomes: [{ name: 'approved', label: 'Approve', comment: 'optional', reason_codes: [] }],
    risk: 'low',
    payload: { order_id: 'A-1' },
    plan,
    plan_hash: hashOf(plan),
    plan_hash_short: hashOf(plan).slice(0, 12),
    reasons: [],
    assignees: [{ id: 'ada', name: 'Ada' }],
    progress: { step: 1, steps: 1, decided: 0, needed: 1 },
    decisions: [],
    assigned_at: '2026-11-30T09:00:00.000Z',
    ...given,
  });
  const decided = {
    ok: true,
    fresh: true,
    intent_id: id,
    task_id: `${id}.1`,
    status: 'IN_PROGRESS',
    waits_for: null,
    decision: {
      outcome: 'approved',
      reason: 'unspecified',
      comment: '',
      at: '2026-11-30T09:00:00.000Z',
      step: 0,
      decided_by: 'ada',
    },
  };
  const serve = (given: object = {}) =>
    deployment.answer(({ method }) => ({ body: method === 'GET' ? { ok: true, task: task(given) } : decided }));

  it('shows the plan, its changes and the whole hash; what an agent wrote is only text', async () => {
    serve();
    const { stdout } = await run(['tasks', 'show', `${id}.1`]);
    expect(stdout).toContain('Would be done: issue_refund');
    expect(stdout).toMatch(/Refunded +0 +180/);
    expect(stdout).toContain(hashOf(plan));
    expect(stdout).not.toContain('\u001b');
  });

  it('decides on the hash of what was shown', async () => {
    serve();
    expect(
      (await run(['tasks', 'approve', `${id}.1`, '--reason', 'as_expected', '--yes', '--comment', 'Fine.'])).code,
    ).toBe(0);
    expect(deployment.asked.at(-1)).toMatchObject({
      path: `/v1/tasks/${id}.1/decision`,
      body: { outcome: 'approved', plan_hash: hashOf(plan), comment: 'Fine.' },
    });
  });

  it.each([
    ['a plan that its hash does not stand for', { plan: { ...plan, objective: 'Refund 1.00 EUR' } }, exitCodes.failed],
    ['what is decided', { status: 'decided' }, exitCodes.failed],
    ['a task without that outcome', { allowed_outcomes: ['submitted'] }, exitCodes.usage],
  ])('decides nothing of %s', async (_, given, exit) => {
    serve(given);
    expect(await run(['tasks', 'approve', `${id}.1`, '--reason', 'as_expected', '--yes'])).toMatchObject({
      code: exit,
      stdout: '',
    });
    expect(deployment.asked.map(({ method }) => method)).toEqual(['GET']);
  });

  it('asks at a terminal only, and takes no silence for a yes', async () => {
    serve();
    const ran = await run(['tasks', 'approve', `${id}.1`, '--reason', 'as_expected'], 'y\n');
    expect(ran).toMatchObject({ code: exitCodes.usage, stdout: '' });
    expect(ran.stderr).toContain('--yes');
    expect(deployment.asked.map(({ method }) => method)).toEqual(['GET']);
  });

  it('sends every kind of answer', async () => {
    serve({ task_type: 'form', allowed_outcomes: ['submitted'], plan: undefined });
    const given = ['--data', 'name=Ada', '--data', 'address.city=Ulm', '--data', 'age:=37', '--data', 'tags:=["a"]'];
    const more = ['--evidence-text', 'Done', '--evidence-url', 'https://x.example', '--assignee', 'ben'];
    const ran = await run([
      'tasks',
      'submit',
      `${id}.1`,
      '--yes',
      '--outcome',
      'submitted',
      '--reason',
      'looked_up',
      ...given,
      ...more,
    ]);
    expect(ran, ran.stderr).toMatchObject({ code: 0 });
    expect(deployment.asked.at(-1)?.body).toMatchObject({
      outcome: 'submitted',
      data: { name: 'Ada', address: { city: 'Ulm' }, age: 37, tags: ['a'] },
      evidence: { text: 'Done', url: 'https://x.example' },
      assignee: 'ben',
    });
  });

  it('says when somebody else was first', async () => {
    deployment.answer(({ method }) =>
      method === 'GET'
        ? { body: { ok: true, task: task() } }
        : {
            body: {
              ...decided,
              fresh: false,
              decision: { ...decided.decision, outcome: 'rejected', decided_by: 'ben' },
            },
          },
    );
    const ran = await run(['tasks', 'approve', `${id}.1`, '--reason', 'as_expected', '--yes']);
    expect(ran.stdout).toContain('was decided before: rejected by ben');
    expect(ran.code).toBe(exitCodes.failed);
  });
});

describe('holdpoint scenarios', () => {
  const bundle = { scenario_id: 'parcels.pack', intent: { type: 'parcels.pack.v1' } };
  const file = () => {
    const path = join(home.dir, 'bundle.json');
    writeFileSync(path, JSON.stringify(bundle));
    return path;
  };

  it('checks a bundle', async () => {
    deployment.answer(() => ({ body: { ok: true, valid: true, errors: [], warnings: ['No deadline.'] } }));
    const good = await run(['scenarios', 'validate', file()]);
    expect(good).toMatchObject({ code: 0, stdout: expect.stringContaining('Warning: No deadline.') });
    expect(deployment.asked[0]).toMatchObject({ method: 'POST', path: '/v1/scenarios/validate', body: bundle });
    deployment.answer(() => ({ body: { ok: true, valid: false, errors: [{ message: 'steps: none' }], warnings: [] } }));
    const wrong = await run(['scenarios', 'validate', '-'], JSON.stringify(bundle));
    expect(wrong).toMatchObject({ code: exitCodes.failed, stdout: expect.stringContaining('steps: none') });
  });

  it('starts one, and keeps the keys of new agents where nobody else reads them', async () => {
    const made = 'agent://a/b/packer';
    deployment.answer(({ path }) => {
      if (path.endsWith('/keys'))
        return { body: { ok: true, key: { key_id: '0123456789abcdef', token: 'hp_sa_secret' } } };
      if (path === '/v1/agents/a/b/packer')
        return { body: { ok: true, agent: { service_account_id: 'sa_0123456789abcdef' } } };
      return { body: { ok: true, intent_id: id, compile_id: 'c', agents_provisioned: [made] } };
    });
    const keys = join(home.dir, 'agent-keys.json');
    const ran = await run(['scenarios', 'apply', file(), '--key-file', keys, '--json']);
    expect(JSON.parse(ran.stdout)).toMatchObject({ intent_id: id, keys_of: [made], key_file: keys });
    expect(ran.stdout + ran.stderr).not.toContain('hp_sa_secret');
    expect(JSON.parse(readFileSync(keys, 'utf8'))).toEqual({ [made]: 'hp_sa_secret' });
    expect(statSync(keys).mode & 0o777).toBe(0o600);
  });

  it('says which agent has no key where this one may make none; the scenario runs', async () => {
    deployment.answer(({ path }) =>
      path === '/v1/scenarios/apply'
        ? { body: { ok: true, intent_id: id, agents_provisioned: ['agent://a/b/packer'] } }
        : refusal(403, 'policy_denied', 'It lacks accounts:manage.'),
    );
    const ran = await run(['scenarios', 'apply', file(), '--key-file', join(home.dir, 'none.json')]);
    expect(ran.code).toBe(exitCodes.failed);
    expect(ran.stdout).toContain(id);
    expect(ran.stderr).toContain('agent://a/b/packer has no key yet: It lacks accounts:manage. (policy_denied)');
  });
});

describe('holdpoint doctor', () => {
  const finding = async (check: string) => {
    const { stdout } = await run(['doctor', '--json']);
    return JSON.parse(stdout).findings.find((one: { check: string }) => one.check === check);
  };

  it.each([
    [0, 'ok'],
    [60, 'warning'],
    [-600, 'failed'],
  ])('finds a clock %i s ahead %s', async (seconds, state) => {
    deployment.answer(() => ({
      body: { ok: true, supported_intent_types: [] },
      headers: { date: new Date(Date.now() - seconds * 1000).toUTCString() },
    }));
    expect(await finding('clock')).toMatchObject({
      state,
      ...(state === 'ok' ? {} : { fix: expect.stringContaining('NTP') }),
    });
  });

  it('finds a key that is not good, and says what to do', async () => {
    deployment.answer(({ path }) => (path === '/health' ? {} : refusal(401, 'unauthorized', 'No.')));
    expect(await finding('key')).toMatchObject({ state: 'failed', fix: expect.stringContaining('keys create') });
  });

  it('blames no key for a deployment that is busy', async () => {
    deployment.answer(({ path }) => (path === '/health' ? {} : refusal(429, 'rate_limited', 'Later.')));
    expect(await finding('key')).toMatchObject({ state: 'warning', fix: expect.stringContaining('again') });
  });

  const capable = { body: { ok: true, supported_intent_types: [] } };
  it.each([
    ['all', { decisions: 200, tasks: 200, accounts: 200, mesh: 404 }, 'ok', /^[^.]*besides: [^.]*mesh:control[^.]*\.$/],
    ['none', { decisions: 403, tasks: 401, accounts: 403, mesh: 403 }, 'ok', /no more\. Not: .*mesh:control, deciding/],
    [
      'what is not told',
      { decisions: 429, tasks: 503, accounts: 200, mesh: 403 },
      'warning',
      /besides: accounts:manage\. Not: mesh:control \(.*\)\. Not told: decisions:read, deciding for a person\.$/,
    ],
  ])('finds the rights of a key: %s', async (_, statuses, state, says) => {
    deployment.answer(({ path }) => {
      const [, status = 200] = Object.entries(statuses).find(([word]) => path.includes(word)) ?? [];
      return status === 200 ? capable : refusal(status, 'refused', 'No.');
    });
    expect(await finding('key rights')).toMatchObject({ state, says: expect.stringMatching(says) });
    // Nobody is stopped, or let go on.
    const changes = deployment.asked.filter(({ method }) => method !== 'GET');
    expect(changes.map(({ path }) => path)).toEqual(['/v1/mesh/agents/sa_0000000000000000/resume']);
  });

  it('finds what does not answer', async () => {
    deployment.answer(() => ({ status: 502, body: 'Bad gateway' }));
    expect(await finding('endpoint')).toMatchObject({ state: 'failed', fix: expect.stringContaining('npm start') });
    const { code } = await run(words('doctor'));
    expect(code).toBe(exitCodes.failed);
  });
});

describe('holdpoint listen', () => {
  const entry = {
    intent_id: id,
    seq: 3,
    event_type: 'intent.delivered',
    intent_type: 'parcels.pack.v1',
    status: 'DELIVERED',
    delivery_id: `${id}.work.1`,
    from_agent: 'agent://a/b/clerk',
    to_agent: 'agent://a/b/packer',
    at: '2026-11-30T09:00:00.000Z',
    payload: { parcel: 'P-1' },
  };
  const secret = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;

  it('posts what came until it is taken, acknowledges that, and ends at Ctrl-C', async () => {
    let status = 'DELIVERED';
    deployment.answer(({ method, path }) => {
      if (method === 'POST') status = 'ACKNOWLEDGED';
      if (path.includes('/stream'))
        return path.includes('since=3')
          ? { text: 'event: stream.timeout\ndata: {"ok":true,"next_seq":3}\n\n' }
          : { text: `event: intent.delivered\ndata: ${JSON.stringify(entry)}\n\n` };
      return { body: { ok: true, intent: { intent_id: id, status } } };
    });
    const program = await fakeDeployment();
    program.answer(() => ({ status: program.asked.length === 1 ? 503 : 204 }));
    const args = ['listen', 'packer', '--forward-to', `${program.url}/intents`, '--secret', secret, '--json'];
    const listening = started(args, { env: env() });
    await vi.waitFor(
      () => expect(deployment.asked).toContainEqual(expect.objectContaining({ path: `/v1/intents/${id}/resume` })),
      { timeout: 30_000 },
    );
    // Where it ended is kept, once it has been said.
    await vi.waitFor(() => expect(deployment.asked.at(-1)?.path).toContain('since=3'), { timeout: 30_000 });
    listening.child.kill('SIGINT');
    const { code, stdout, stderr } = await listening.ended;
    program.close();
    expect({ code, stderr }).toEqual({ code: exitCodes.interrupted, stderr: '' });
    const said = stdout.trim().split('\n');
    expect(said.map((line) => JSON.parse(line))).toMatchObject([
      { seq: 3, attempt: 1, answer: { is: 'failed', status: 503 } },
      { seq: 3, attempt: 2, answer: { is: 'taken', status: 204 } },
    ]);
    const [first, second] = program.asked;
    expect(first?.headers['webhook-id']).toBe(second?.headers['webhook-id']);
    expect(first?.body).toEqual({ type: 'intent.delivered', timestamp: entry.at, data: entry });
    await verifyWebhook({ headers: second?.headers ?? {}, body: JSON.stringify(second?.body) }, { secrets: secret });
    expect(deployment.asked.find(({ method }) => method === 'POST')?.body).toEqual({ action: 'acknowledge' });
  });

  it('waits out an outage between what came and its acknowledgement, and loses nothing', async () => {
    let [looks, acknowledged] = [0, 0];
    deployment.answer(({ method, path }) => {
      if (path.includes('/stream'))
        return path.includes('since=3')
          ? { text: 'event: stream.timeout\ndata: {"ok":true,"next_seq":3}\n\n' }
          : { text: `event: intent.delivered\ndata: ${JSON.stringify(entry)}\n\n` };
      // More often than one call is repeated.
      const down = method === 'POST' ? ++acknowledged <= 6 : ++looks <= 6;
      if (down) return refusal(503, 'temporarily_unavailable', 'Later.', { 'retry-after': '0' });
      return { body: { ok: true, intent: { intent_id: id, status: 'DELIVERED' } } };
    });
    const program = await fakeDeployment();
    const args = ['listen', 'packer', '--forward-to', `${program.url}/intents`, '--secret', secret, '--since', '0'];
    const listening = started([...args, '--json'], { env: env() });
    await vi.waitFor(() => expect(deployment.asked.at(-1)?.path).toContain('since=3'), { timeout: 50_000 });
    listening.child.kill('SIGINT');
    const { code, stderr } = await listening.ended;
    program.close();
    expect({ code, stderr }).toEqual({ code: exitCodes.interrupted, stderr: '' });
    expect([looks, acknowledged, program.asked.length]).toEqual([7, 7, 1]);
  });
});
