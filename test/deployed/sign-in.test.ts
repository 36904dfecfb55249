/** Signing in by API: a mailed code for a session, which then opens every door of people; and what it tells nobody. */

import { beforeAll, describe, expect, it } from 'vitest';
import { call } from './people.ts';
import { type Agent, approvalIntent, forgetAsks, mailedCode, mails, newAgent, people, waitFor } from './world.ts';

let agent: Agent;
beforeAll(async () => {
  agent = await newAgent();
});

const begin = (mail: string) => call('POST', '/v1/sign-in', {}, { mail });
const finish = (sign_in: string, code: string) => call('POST', '/v1/sign-in/code', {}, { sign_in, code });

/** As a program signs somebody in. */
async function signIn(mail: string) {
  let signInId = '';
  const code = await mailedCode(mail.toLowerCase(), async () => {
    signInId = (await begin(mail)).body.sign_in;
  });
  return { signInId, code, done: await finish(signInId, code) };
}

const wrong = (digits: string) => (digits === '00000000' ? '00000001' : '00000000');

describe('a person', () => {
  it('decides by API with nothing but their mail: code, session, task, decision, out', async () => {
    const id = await agent.submit({ ...approvalIntent(), human_task: { title: 'Deploy v2?', assignees: ['ada'] } });
    await agent.reaches(id, 'WAITING');
    const { done } = await signIn('Ada@Example.com');
    expect(done).toMatchObject({ status: 200, body: { ok: true, person: { id: 'ada', name: 'Ada Example' } } });
    const hours = (Date.parse(done.body.expires_at) - Date.now()) / 3_600_000;
    expect(hours).toBeGreaterThan(7.9);
    expect(hours).toBeLessThanOrEqual(8);
    const session = { authorization: `Bearer ${done.body.session_token}` };
    const task = await waitFor('the task', async () => {
      const { status, body } = await call('GET', `/v1/tasks/${id}.1`, session);
      return status === 200 ? body.task : undefined;
    });
    const decision = { outcome: 'approved', reason_code: 'as_expected', plan_hash: task.plan_hash };
    expect((await call('POST', `/v1/tasks/${id}.1/decision`, session, decision)).status).toBe(200);
    await agent.reaches(id, 'COMPLETED');

    expect((await call('POST', '/v1/sign-out', session)).body).toEqual({ ok: true });
    expect(await call('GET', '/v1/tasks', session)).toMatchObject({
      status: 401,
      body: { code: 'invalid_actor_token' },
    });
    expect((await call('POST', '/v1/sign-out', {})).body.code).toBe('missing_actor_token');
  });

  it('is signed in once by a code, of this sign-in alone', async () => {
    const { signInId, code } = await signIn('ben@example.com');
    const other = (await begin('ben@example.com')).body.sign_in;
    expect((await finish(other, code)).status).toBe(422);
    expect((await finish(signInId, wrong(code))).body).toMatchObject({ code: 'code_wrong' });
    expect((await finish('x'.repeat(43), code)).body).toMatchObject({ code: 'code_wrong' });
  });
});

describe('what is answered', () => {
  it('is the same whether the directory knows the address or not, and nobody else is mailed', async () => {
    await forgetAsks();
    const before = (await mails()).length;
    const stranger = await begin('stranger@example.com');
    expect(stranger).toMatchObject({ status: 200, body: { ok: true, expires_in_seconds: 600 } });
    expect(Object.keys(stranger.body)).toEqual(Object.keys((await begin('cleo@example.com')).body));
    await waitFor('the mail to the one who is known', async () => (await mails()).length > before);
    expect((await mails()).flatMap(({ to }) => to)).not.toContain('stranger@example.com');
    expect((await finish(stranger.body.sign_in, '12345678')).body).toMatchObject({ code: 'code_wrong' });
  });

  it('is 429 with the time to wait after ten codes in a quarter of an hour, counted with the page’s', async () => {
    await forgetAsks();
    for (let n = 0; n < 10; n += 1) expect((await begin('cleo@example.com')).status).toBe(200);
    const answer = await begin('cleo@example.com');
    expect(answer).toMatchObject({ status: 429, body: { code: 'too_many_codes', error: { retryable: true } } });
    const wait = Number(answer.headers.get('retry-after'));
    expect(wait).toBeGreaterThan(800);
    expect(wait).toBeLessThanOrEqual(900);
    await forgetAsks();
  });

  it.each([
    ['/v1/sign-in', {}, 'mail'],
    ['/v1/sign-in', { mail: 'no address' }, 'mail'],
    ['/v1/sign-in', { mail: 'ada@example.com', x: 1 }, 'x'],
    ['/v1/sign-in/code', { sign_in: 'short', code: '1' }, 'sign_in'],
    ['/v1/sign-in/code', { sign_in: 'x'.repeat(43) }, 'code'],
  ])('%s refuses %j at its field, as JSON', async (path, body, field) => {
    const before = (await people()).length;
    const answer = await call('POST', path, {}, body);
    expect(answer).toMatchObject({ status: 422, body: { error: { details: { field } } } });
    expect((await people()).length).toBe(before);
  });
});
