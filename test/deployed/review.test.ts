/** A review, deployed: a person asks for changes, the agent answers, people read what changed and decide. */

import { UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  type Agent,
  approvalIntent,
  dynamo,
  expectChain,
  linkOf,
  mailsFor,
  makeOverdue,
  newAgent,
  post,
  rows,
  settled,
  statesEntered,
  subjectHashIn,
  sweep,
  tables,
} from './world.ts';

let agent: Agent;
beforeAll(async () => {
  agent = await newAgent();
});

const first = { task: 'Send the newsletter?', text: 'Buy now!', reasoning: 'They will not notice the price.' };
const second = { ...first, text: 'Buy now for 10 EUR!' };
const pageOf = async (link: string) => (await fetch(link)).text();

/** The newest mail to somebody, of so many. */
async function mailTo(person: string, id: string, count: number) {
  const mail = (await mailsFor(agent, id, count)).findLast((one) => one.to.some((to) => to.startsWith(person)));
  if (!mail) throw new Error(`no mail to ${person}`);
  return mail;
}

const review = () =>
  agent.submit({
    ...approvalIntent(first),
    human_task: { title: 'Newsletter', task_type: 'review', priority: 'high' },
  });

async function decideBy(link: string, outcome: string, reason: string, comment: string) {
  return post(link, { subject_hash: subjectHashIn(await pageOf(link)), outcome, reason, comment });
}

const answer = (id: string, payload: object, key: string) =>
  agent.call('POST', `/v1/intents/${id}/resume`, { body: { payload }, headers: { 'idempotency-key': key } });

describe('a review', () => {
  it('is sent back, answered, read anew with what changed, and approved', async () => {
    const id = await review();
    const old = linkOf(await mailTo('ada', id, 2));
    const stale = subjectHashIn(await pageOf(old));
    const sent = await decideBy(old, 'changes_requested', 'incomplete', 'Say what it costs.');
    expect(sent.page).toContain('Decided: changes_requested');

    const waits = await agent.reaches(id, 'IN_PROGRESS');
    expect(waits).toMatchObject({
      pending_with: { type: 'agent', ref: agent.address },
      human_task: {
        status: 'returned',
        priority: 'high',
        revision: 1,
        rounds: 3,
        decision: { outcome: 'changes_requested', reason_code: 'incomplete', comment: 'Say what it costs.' },
      },
    });
    expect(waits).not.toHaveProperty('human_task.decision.mail');
    // Nothing runs, and nothing is owed, while the agent works.
    expect(await statesEntered('intent.approval.v1', id)).toEqual(['ESCALATE_TO_HUMAN', 'ENDED']);
    await settled(agent, id);

    const answers = await Promise.all([answer(id, second, 'answer-1'), answer(id, second, 'answer-1')]);
    for (const { status, body } of answers)
      expect({ status, body }).toEqual({
        status: 200,
        body: { ok: true, intent_id: id, status: 'IN_PROGRESS', revision: 2 },
      });
    expect((await answer(id, first, 'answer-1')).body).toMatchObject({ code: 'idempotency_conflict' });
    expect((await answer(id, second, 'answer-2')).status).toBe(409);

    const mail = await mailTo('ben', id, 4);
    expect(mail.text).toContain('Changed text: Buy now! → Buy now for 10 EUR!');
    expect(mail.text).toContain('Ada Example said: Say what it costs.');
    const page = await pageOf(linkOf(mail));
    for (const text of ['What has changed since revision 1', 'Buy now for 10 EUR!', 'Say what it costs.'])
      expect(page).toContain(text);
    expect(page + mail.text).not.toContain('notice the price');

    expect(await pageOf(old)).toContain('What would happen has changed');
    const late = await post(old, { subject_hash: stale, outcome: 'approved', comment: '' });
    expect(late.status).toBe(409);
    expect((await agent.reaches(id, 'WAITING')).human_task).toMatchObject({ revision: 2, status: 'open' });

    await decideBy(linkOf(mail), 'approved', 'checked_evidence', '');
    expect((await agent.reaches(id, 'COMPLETED')).result).toMatchObject({
      approved: true,
      task_result: { outcome: 'approved', reason_code: 'checked_evidence', decided_by: 'ben', revision: 2 },
    });
    expect(await statesEntered('intent.approval.v1', id, 2)).toEqual(['ESCALATE_TO_HUMAN']);
    await settled(agent, id);
    await expectChain(agent, id);
  });

  it('that is sent back and never answered ends at its time, by the sweep', async () => {
    const id = await review();
    await decideBy(linkOf(await mailTo('ada', id, 2)), 'changes_requested', 'incomplete', 'Say what it costs.');
    await agent.reaches(id, 'IN_PROGRESS');
    await settled(agent, id);
    const [task] = await rows(agent, id, 's#task#');
    await dynamo.send(
      new UpdateCommand({
        TableName: tables.intents,
        Key: { pk: task?.pk, sk: task?.sk },
        UpdateExpression: 'SET answerBy = :past',
        ExpressionAttributeValues: { ':past': new Date(Date.now() - 1000).toISOString() },
      }),
    );
    expect((await answer(id, second, 'too-late')).body).toMatchObject({ code: 'deadline_over' });
    await makeOverdue(agent, id, 's#head');
    await sweep();
    expect((await agent.reaches(id, 'TIMED_OUT')).error).toMatchObject({ code: 'intent_timeout' });
    expect((await answer(id, second, 'after-all')).body).toMatchObject({ code: 'intent_terminal' });
    await expectChain(agent, id);
  });
});

it('what cannot be asked of a person is refused with its field', async () => {
  for (const [human_task, field] of [
    [{ task_type: 'approval', rounds: 2 }, 'human_task.rounds'],
    [{ priority: 'now' }, 'human_task.priority'],
    [{ required_comment: ['denied'] }, 'human_task.required_comment'],
  ] as const) {
    const refused = await agent.call('POST', '/v1/intents', { body: { ...approvalIntent(), human_task } });
    expect(refused).toMatchObject({ status: 422, body: { error: { details: { field } } } });
  }
});
