import { describe, expect, it } from 'vitest';
import { resume } from '../../functions/api/resume.ts';
import { typeOfIntent } from '../../intents/index.ts';
import { resumed } from '../../wire/answers.ts';
import { agent, start, tenant } from '../core/builders.ts';
import { waitingApproval } from '../core/story.ts';

const caller = { keyId: 'k', tenant, agent, name: 'support', createdAt: start };
const answer = { payload: { task: 'Send it on Monday?' } };

/** A review that Ada has sent back, and the door at which its agent answers. */
async function sentBack() {
  const { told, links } = await waitingApproval({ humanTask: { title: 'Look', task_type: 'review' } });
  const sendBack = () => told.decide(links.ada as string, { outcome: 'changes_requested', comment: 'When?' });
  await sendBack();
  const post = (body: unknown, idempotencyKey?: string, from = caller) =>
    resume(told.store, from, told.ref, { body, idempotencyKey, context: told.context, typeOf: typeOfIntent });
  return { told, post };
}

describe('POST /v1/intents/{id}/resume', () => {
  it('takes the agent’s answer in as the next revision, whose run is owed', async () => {
    const { told, post } = await sentBack();
    const body = { ok: true, ...(await post(answer)) };
    expect(resumed.parse(body)).toEqual({ ok: true, intent_id: told.ref.intentId, status: 'IN_PROGRESS', revision: 2 });
    const { head, request } = await told.state();
    expect(head).toMatchObject({ revision: 2, generation: 2 });
    expect(request).toMatchObject({ payload: answer.payload, humanTask: { title: 'Look' } });
    const start = told.store.outbox(told.ref).find((row) => row.kind === 'start');
    expect(start).toMatchObject({ key: 'start#2', body: { input: { generation: 2, rung: 0 } } });
  });

  it.each([
    ['an unknown field', { ...answer, colour: 'red' }, 'colour'],
    ['what a person would say', { task_result: { outcome: 'approved' } }, 'payload'],
    ['no payload', {}, 'payload'],
    ['a payload that is none', { payload: [1] }, 'payload'],
  ])('refuses %s, with its path, and changes nothing', async (_, body, field) => {
    const { told, post } = await sentBack();
    const before = await told.state();
    await expect(post(body)).rejects.toMatchObject({ name: 'InvalidInput', details: { field } });
    expect(await told.state()).toEqual(before);
  });

  it('answers the same key and body as it did first, also when people have sent it back again', async () => {
    const { told, post } = await sentBack();
    const first = await post(answer, 'key-1');
    expect(await post({ payload: { ...answer.payload } }, 'key-1')).toEqual(first);
    await told.escalate({ generation: 2, token: 'token-2' });
    const { ada } = await told.mail();
    await told.decide(ada as string, { outcome: 'changes_requested', comment: 'Which Monday?' });
    expect(await post(answer, 'key-1')).toEqual(first);
    expect((await told.state()).head.revision).toBe(2);
    expect(await post(answer, 'key-2')).toMatchObject({ revision: 3 });
  });

  it('refuses the same key with another body, and a second answer without one', async () => {
    const { post } = await sentBack();
    await post(answer, 'key-1');
    const other = { payload: { task: 'Never mind' } };
    await expect(post(other, 'key-1')).rejects.toMatchObject({ name: 'Conflict', code: 'idempotency_conflict' });
    await expect(post(other)).rejects.toMatchObject({ name: 'Conflict', code: 'not_waiting_for_agent' });
  });

  it('ten times at once is one revision', async () => {
    const { told, post } = await sentBack();
    const answers = await Promise.all(Array.from({ length: 10 }, () => post(answer, 'key-1')));
    expect(new Set(answers.map((one) => JSON.stringify(one))).size).toBe(1);
    expect(told.store.records(told.ref).filter((record) => record.action === 'intent.revised')).toHaveLength(1);
  });

  it('refuses an agent that did not ask, and an intent of another tenant', async () => {
    const { told, post } = await sentBack();
    const other = { ...caller, agent: 'agent://acme/shop/other' };
    await expect(post(answer, undefined, other)).rejects.toMatchObject({ name: 'PolicyDenied' });
    const elsewhere = { ...told.ref, tenant: 'acme/lab' };
    const asked = { body: answer, idempotencyKey: undefined, context: told.context, typeOf: typeOfIntent };
    await expect(resume(told.store, caller, elsewhere, asked)).rejects.toMatchObject({ name: 'NotFound' });
  });
});
