/** Service levels on the deployed stack: rungs of seconds, with the sweep running and steps invoked twice; and mails that come back. */

import { randomUUID } from 'node:crypto';
import { PutCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { markOf } from '../../core/rules/undeliverable.ts';
import type { Mail } from '../../local/mailbox.ts';
import { call, signedIn } from './people.ts';
import {
  type Agent,
  approvalIntent,
  decide,
  dynamo,
  expectChain,
  head,
  invoke,
  linkOf,
  mails,
  mailsFor,
  newAgent,
  newOrder,
  post,
  records,
  refundIntent,
  rows,
  settled,
  statesEntered,
  subjectHashIn,
  sweep,
  tables,
  until,
} from './world.ts';

/** People whom no other test asks. */
const mark = randomUUID().slice(0, 8);
const addressOf = (name: string) => `${name}-${mark}@ladder.example`;
const put = (name: string, mail: string, more: object = {}) =>
  dynamo.send(
    new PutCommand({
      TableName: tables.people,
      Item: {
        pk: 'directory',
        sk: `person#${name}-${mark}`,
        name: `${name} ${mark}`,
        mail,
        roles: [`ladder-${mark}`],
        ...more,
      },
    }),
  );

let agent: Agent;
beforeAll(async () => {
  agent = await newAgent();
  await put('lena', addressOf('lena'), { manager: `lars-${mark}` });
  await put('lars', addressOf('lars'));
  // Seconds count below: no function starts cold then.
  const id = await agent.submit(asking('lena'));
  const [mail] = await mailsFor(agent, id, 1);
  const stop = disturb(id);
  await decide(linkOf(mail as Mail));
  await agent.reaches(id, 'COMPLETED');
  await settled(agent, id);
  await stop();
});

const asking = (name: string, ladder?: object) => ({
  ...approvalIntent(),
  human_task: { title: 'Look', assignees: [`${name}-${mark}`], ...(ladder ? { ladder } : {}) },
});

const recordsOf = async (id: string, action: string) =>
  (await records(agent, id)).filter((one) => one.action === action);
const mailsTo = async (name: string, id: string) =>
  (await mailsFor(agent, id, 0)).filter(({ to }) => to.includes(addressOf(name)));
const pageOf = async (link: string) => (await fetch(link)).text();

/** What AWS promises no more than: the run's step is invoked twice at once, and the sweep goes all the time. */
function disturb(id: string) {
  let goes = true;
  const rung = async () => {
    const intent = await agent.get(id);
    const input = {
      v: 1,
      tenant: agent.tenant,
      intentId: id,
      generation: 1,
      type: 'intent.approval.v1',
      traceId: intent.trace_id,
      waitUntil: intent.created_at,
      rung: 0,
    };
    return Promise.all([1, 2].map(() => invoke('steps', { step: 'rung', input })));
  };
  const done = (async () => {
    while (goes) {
      await rung();
      await sweep();
    }
  })();
  return async () => {
    goes = false;
    await done;
  };
}

describe('a ladder of 6, 12 and 18 seconds', () => {
  let id: string;
  let rungs: { at: string; do: string }[];
  let stop: () => Promise<void>;
  const links: string[] = [];
  beforeAll(async () => {
    const ladder = {
      remind: { after_seconds: 6 },
      escalate: [{ after_seconds: 12, how: 'replaces' }],
      expire: { after_seconds: 18 },
    };
    id = await agent.submit(asking('lena', ladder));
    stop = disturb(id);
    await agent.reaches(id, 'TIMED_OUT');
    rungs = (await rows(agent, id, 's#task'))[0]?.ladder;
    await settled(agent, id);
  });
  afterAll(() => stop());

  it('stands in the task at absolute times', async () => {
    const { created_at } = await agent.get(id);
    expect(rungs.map((rung) => [rung.do, (Date.parse(rung.at) - Date.parse(created_at)) / 1000])).toEqual([
      ['remind', 6],
      ['escalate', 12],
      ['expire', 18],
    ]);
  });

  it('mails each person once for each rung, never before its time, each with a link of its own', async () => {
    const [lena, lars] = [await mailsTo('lena', id), await mailsTo('lars', id)];
    expect(lena.map(({ subject }) => subject.split(':')[0])).toEqual(['Look', 'Reminder']);
    expect(lars.map(({ subject }) => subject.split(':')[0])).toEqual(['Escalated to you']);
    const times = [...lena.slice(1), ...lars].map(({ at }) => at);
    for (const [i, at] of times.entries()) {
      expect(at >= (rungs[i]?.at ?? ''), `${at} after rung ${i + 1}`).toBe(true);
      expect(at < (rungs[i + 1]?.at ?? ''), `${at} before rung ${i + 2}`).toBe(true);
    }
    links.push(...[...lena, ...lars].map(linkOf));
    expect(new Set(links).size).toBe(3);
  });

  it('climbs each rung exactly once; the record says when, who was mailed by which mail, and who declared it', async () => {
    const [reminded, escalated, expired] = await Promise.all(
      ['task.reminded', 'task.escalated', 'task.expired'].map((action) => recordsOf(id, action)),
    );
    expect([reminded, escalated, expired].map((found) => found?.length)).toEqual([1, 1, 1]);
    expect(reminded?.[0]?.data.rungs).toMatchObject([{ rung: 1, do: 'remind', at: rungs[0]?.at, level: 'intent' }]);
    expect(escalated?.[0]?.data.rungs).toMatchObject([{ rung: 2, do: 'escalate', level: 'intent', to: 'manager' }]);
    expect(expired?.[0]?.data).toMatchObject({ level: 'intent', rungs: [] });
    const notified = await recordsOf(id, 'approver.notified');
    expect(notified.map(({ data }) => [data.why, data.rung, data.level])).toEqual([
      ['assigned', undefined, undefined],
      ['reminder', 1, 'intent'],
      ['escalated', 2, 'intent'],
    ]);
    const sent = (await mailsFor(agent, id, 3)).map(({ messageId }) => messageId);
    expect(notified.map(({ data }) => data.message_id)).toEqual(sent);
    const events = (await agent.events(id)).map((event) => event.event_type);
    for (const type of ['intent.reminder', 'intent.escalated', 'intent.timeout'])
      expect(events.filter((one) => one === type)).toEqual([type]);
    await expectChain(agent, id);
  });

  it('ends its run, and every link is dead', async () => {
    const entered = await statesEntered('intent.approval.v1', id);
    expect(entered.filter((state) => state === 'RUNG').length).toBeGreaterThanOrEqual(3);
    for (const link of links) {
      const page = await pageOf(link);
      expect(page).not.toContain('<form');
      const answer = await post(link, { outcome: 'approved', comment: 'late', subject_hash: 'a'.repeat(64) });
      expect(answer.status).toBeGreaterThanOrEqual(400);
    }
    expect((await agent.get(id)).status).toBe('TIMED_OUT');
  });
});

describe('while a task climbs', () => {
  it('an old link is replaced by its reminder, and dies when others are asked in its place', async () => {
    const ladder = {
      remind: { after_seconds: 2 },
      escalate: [{ after_seconds: 14, how: 'replaces' }],
      expire: { after_seconds: 600 },
    };
    const id = await agent.submit(asking('lena', ladder));
    const [first, second] = await until('lena is reminded', 120, async () => {
      const found = await mailsTo('lena', id);
      return found.length === 2 ? found.map(linkOf) : undefined;
    });
    expect(await pageOf(first ?? '')).toContain('A newer mail replaced this link');
    const third = await until('lars is asked', 120, async () => (await mailsTo('lars', id)).map(linkOf)[0]);
    for (const dead of [first, second]) {
      expect(await pageOf(dead ?? '')).toContain('You are no longer asked');
      const subject_hash = subjectHashIn(await pageOf(third));
      expect((await post(dead ?? '', { outcome: 'approved', comment: '', subject_hash })).status).toBe(403);
    }
    expect(await agent.get(id)).toMatchObject({
      status: 'WAITING',
      pending_with: { name: `lars ${mark}` },
      human_task: { assignees: [`lars-${mark}`] },
    });
    expect((await decide(third)).status).toBe(200);
    expect((await agent.reaches(id, 'COMPLETED')).result.task_result).toMatchObject({ decided_by: `lars-${mark}` });
    await settled(agent, id);
    await expectChain(agent, id);
  });

  it('what is decided is no longer mailed, though its rungs come', async () => {
    const ladder = {
      remind: { after_seconds: 10, every_seconds: 1, times: 3 },
      escalate: [{ after_seconds: 11 }],
      expire: { after_seconds: 14 },
    };
    const id = await agent.submit(asking('lena', ladder));
    const [mail] = await mailsFor(agent, id, 1);
    await decide(linkOf(mail as Mail));
    await agent.reaches(id, 'COMPLETED');
    const { ladder: rungs } = (await rows(agent, id, 's#task'))[0] as { ladder: { at: string }[] };
    const stop = disturb(id);
    await until('all its rungs are over', 60, () => new Date().toISOString() > (rungs.at(-1)?.at ?? ''));
    await stop();
    await settled(agent, id);
    expect(await recordsOf(id, 'approver.notified')).toHaveLength(1);
    expect([await mailsTo('lena', id), await mailsTo('lars', id)].flat()).toHaveLength(1);
  });
});

describe('a ladder that ends with operators', () => {
  const ladder = { escalate: [], expire: { after_seconds: 8, opens: 'override' } };
  const told = async (words: string) =>
    (await mails()).filter(({ to, text }) => to.includes(addressOf('lena')) && text.includes(words));
  const operatorsLink = (id: string) =>
    until('an operator is asked', 120, async () => {
      const found = (await mailsFor(agent, id, 0)).find(({ to }) => to.includes('cleo@example.com'));
      return found && linkOf(found);
    });

  it('goes on waiting, asks them in the place of who was asked, and is ended by one of them by API', async () => {
    const id = await agent.submit(asking('lena', ladder));
    const [before] = (await mailsFor(agent, id, 1)).map(linkOf);
    const stop = disturb(id);
    await operatorsLink(id);
    const waits = await agent.get(id);
    const taskId = `${id}.override`;
    expect(waits).toMatchObject({
      status: 'WAITING',
      lifecycle_waiting_reason: 'WAITING_FOR_HUMAN',
      pending_with: { type: 'human', ref: 'operators' },
      human_task: { task_id: taskId, task_type: 'override', status: 'open' },
    });
    const events = (await agent.events(id)).filter(({ details }) => details.override === true);
    expect(events.map(({ event_type, status }) => [event_type, status])).toEqual([
      ['intent.timeout', 'WAITING'],
      ['intent.escalated', 'WAITING'],
    ]);
    await until('lena is told', 120, async () => (await told('Nobody decided this in time')).length > 0);

    // Her link is dead, and decides nothing.
    expect(await pageOf(before ?? '')).toContain('This link has expired');
    const form = { outcome: 'approved', comment: 'late', subject_hash: 'a'.repeat(64) };
    expect((await post(before ?? '', form)).status).toBeGreaterThanOrEqual(400);

    const operator = await signedIn('cleo');
    const { status, body } = await call('GET', `/v1/tasks/${taskId}`, operator);
    expect([status, body.task?.reasons]).toMatchObject([200, [{ reason: 'nobody_decided' }]]);
    const decision = {
      outcome: 'override_approved',
      reason_code: 'cannot_wait',
      comment: 'Nobody was there.',
      data: { how: 'completed', done: 'Looked at it.' },
      plan_hash: body.task.plan_hash,
    };
    const decided = await call('POST', `/v1/tasks/${taskId}/decision`, operator, decision);
    expect([decided.status, decided.body.status]).toEqual([200, 'COMPLETED']);
    await stop();
    expect((await agent.reaches(id, 'COMPLETED')).result.override).toEqual({
      by: 'cleo',
      done: 'Looked at it.',
      justification: 'Nobody was there.',
    });
    await settled(agent, id);
    await until('lena is told of the end', 120, async () => (await told('ended it by hand')).length > 0);
    // One run did it all: each rung and each task once, whoever else came.
    expect((await head(agent, id))?.generation).toBe(1);
    const [expired, opened] = [await recordsOf(id, 'task.expired'), await recordsOf(id, 'task.opened')];
    expect(expired.map(({ data }) => [data.override, data.level])).toEqual([[true, 'intent']]);
    expect(opened.map(({ data }) => [data.override, data.instead_of])).toEqual([
      [undefined, undefined],
      [true, `${id}.1`],
    ]);
    expect((await statesEntered('intent.approval.v1', id)).at(-1)).toBe('ENDED');
    await expectChain(agent, id);
  });

  it('is ended on their page: rejected, it has failed', async () => {
    const id = await agent.submit(asking('lena', ladder));
    const link = await operatorsLink(id);
    expect(await pageOf(link)).toContain('Nobody decided in time what the agent');
    expect((await decide(link, 'rejected', 'It was never right.')).status).toBe(200);
    expect((await agent.reaches(id, 'FAILED')).error).toMatchObject({ code: 'override_rejected' });
    await settled(agent, id);
    await expectChain(agent, id);
  });

  it('ends at the intent’s own deadline, whoever is asked by then', async () => {
    const deadline_at = new Date(Date.now() + 30_000).toISOString();
    const id = await agent.submit({ ...asking('lena', ladder), deadline_at });
    await operatorsLink(id);
    expect(await agent.get(id)).toMatchObject({ status: 'WAITING', due_at: deadline_at });
    expect((await agent.reaches(id, 'TIMED_OUT')).error).toMatchObject({ code: 'intent_timeout' });
    expect((await recordsOf(id, 'task.expired')).map(({ data }) => data.level)).toEqual(['intent', 'deadline']);
    await settled(agent, id);
    await expectChain(agent, id);
  });
});

describe('a mail that comes back', () => {
  const failing = async (name: string, mailbox: string) => {
    const mail = `${mailbox}+${mark}@simulator.amazonses.com`;
    await put(name, mail, { manager: `lars-${mark}` });
    return mail;
  };

  it.each([
    ['bounce', 'bounced'],
    ['complaint', 'complained'],
    ['suppressionlist', 'suppressed'],
  ])('rule 24: to %s@… escalates at once', async (mailbox, why) => {
    const mail = await failing(mailbox, mailbox);
    const id = await agent.submit(asking(mailbox));
    const link = await until('the manager is asked', 120, async () => (await mailsTo('lars', id)).map(linkOf)[0]);
    const [unreachable, ...more] = await recordsOf(id, 'approver.unreachable');
    expect(more).toEqual([]);
    expect(unreachable?.data).toMatchObject({ why, to: 'manager', rung: 2, level: 'default' });
    const sent = (await mails()).filter(({ to }) => to.includes(mail));
    expect(unreachable?.data.message_id).toBe(sent[0]?.messageId);
    const escalated = (await agent.events(id)).find((event) => event.event_type === 'intent.escalated');
    expect(escalated.details).toMatchObject({ reason: `mail_${why}`, to: [{ id: `lars-${mark}` }] });
    await decide(link);
    await agent.reaches(id, 'COMPLETED');
    await settled(agent, id);
    await expectChain(agent, id);
  });

  it('is one, though its event comes again; one that may pass is none', async () => {
    const id = await agent.submit(asking('lena'));
    const [mail] = await mailsFor(agent, id, 1);
    const task = (await rows(agent, id, 's#task'))[0];
    const tag = (text: string) => [Buffer.from(text).toString('base64url')];
    const event = (bounceType: string) => ({
      source: 'aws.ses',
      'detail-type': 'Email Bounced',
      detail: {
        eventType: 'Bounce',
        bounce: { bounceType, bounceSubType: 'General', bouncedRecipients: [{ emailAddress: addressOf('lena') }] },
        mail: {
          messageId: mail?.messageId,
          destination: [addressOf('lena')],
          tags: {
            tenant: tag(agent.tenant),
            intent: tag(id),
            task: tag(task?.taskId),
            person: [markOf(`lena-${mark}`)],
          },
        },
      },
    });
    expect(await invoke('mail-events', event('Transient'))).toMatchObject({ error: undefined });
    expect(await recordsOf(id, 'approver.unreachable')).toEqual([]);
    const again = await Promise.all([1, 2, 3].map(() => invoke('mail-events', event('Permanent'))));
    expect(again.map(({ error }) => error)).toEqual([undefined, undefined, undefined]);
    expect(await recordsOf(id, 'approver.unreachable')).toHaveLength(1);
    const link = await until('the manager is asked', 120, async () => (await mailsTo('lars', id)).map(linkOf)[0]);
    expect(await recordsOf(id, 'approver.notified')).toHaveLength(2);
    await decide(link);
    await settled(agent, id);
  });
});

describe('a step that is invoked twice at once', () => {
  it('checks the policy once, asks once, mails each person once, and the run still hears the decision', async () => {
    const id = await agent.submit(refundIntent(await newOrder(), 18_000));
    const intent = await agent.get(id);
    const input = {
      v: 1,
      tenant: agent.tenant,
      intentId: id,
      generation: 1,
      type: 'intent.refund.v1',
      traceId: intent.trace_id,
      waitUntil: intent.created_at,
      rung: 0,
    };
    const twice = (event: object) => Promise.all([1, 2].map(() => invoke('steps', { ...event, input })));
    // Beside the run's own, which it may overtake.
    const checked = await twice({ step: 'policy_check' });
    expect(checked.map(({ error }) => error)).toEqual([undefined, undefined]);
    expect(checked[0]?.value).toMatchObject({ outcome: 'approval' });
    const sent = await mailsFor(agent, id, 2);
    const [task] = await rows(agent, id, 's#task');
    const asked = await twice({ step: 'escalate', token: task?.token, retry: 0 });
    expect(asked.map(({ error }) => error)).toEqual([undefined, undefined]);
    await sweep();
    for (const action of ['policy.checked', 'task.opened']) expect(await recordsOf(id, action), action).toHaveLength(1);
    expect((await rows(agent, id, 's#task'))[0]?.tokenOrder).toBe(task?.tokenOrder);
    expect(await mailsFor(agent, id, 2)).toHaveLength(sent.length);
    expect((await decide(linkOf(sent[0] as Mail))).status).toBe(200);
    await agent.reaches(id, 'COMPLETED');
    await settled(agent, id);
    expect(await recordsOf(id, 'approver.notified')).toHaveLength(2);
    await expectChain(agent, id);
  });
});
