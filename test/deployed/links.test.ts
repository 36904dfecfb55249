/** The rules for approval mail and links, against the deployed stack; numbers are those of docs/approval-mail.md. */

import { createHash } from 'node:crypto';
import { UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  type Agent,
  approvalIntent,
  decide,
  dynamo,
  expectChain,
  linkFor,
  linkOf,
  mailsFor,
  newAgent,
  newOrder,
  post,
  readRecords,
  records,
  refundIntent,
  rows,
  stack,
  subjectHashIn,
  sweep,
  tables,
  until,
} from './world.ts';

let agent: Agent;
beforeAll(async () => {
  agent = await newAgent();
});

const hashOfLink = (link: string) =>
  createHash('sha256')
    .update(link.split('/').at(-1) ?? '')
    .digest('hex');
const linkRow = (link: string) => ({ TableName: tables.intents, Key: { pk: `link#${hashOfLink(link)}`, sk: 'link' } });
const get = async (link: string) => {
  const response = await fetch(link);
  return { status: response.status, headers: response.headers, page: await response.text() };
};

async function waitingRefund(): Promise<{ id: string; link: string }> {
  const id = await agent.submit(refundIntent(await newOrder(), 18_000));
  return { id, link: await linkFor(agent, id) };
}

describe('the page', () => {
  it('rule 1: GET, HEAD and OPTIONS a hundred times change nothing', async () => {
    const { id, link } = await waitingRefund();
    await mailsFor(agent, id);
    const before = [await rows(agent, id), await records(agent, id)];
    for (const method of ['GET', 'HEAD', 'OPTIONS'])
      for (let i = 0; i < 10; i += 1)
        await Promise.all(Array.from({ length: 10 }, async () => (await fetch(link, { method })).arrayBuffer()));
    expect([await rows(agent, id), await records(agent, id)]).toEqual(before);
    expect((await decide(link)).status).toBe(200);
  });

  it('rules 3, 6, 15: shows what will happen from the plan, with its whole hash; nothing is chosen; the title says nothing', async () => {
    const { id, link } = await waitingRefund();
    const { page } = await get(link);
    const intent = await agent.get(id);
    for (const text of [
      agent.address,
      intent.plan.objective,
      '1000.00 EUR',
      '180.00 EUR',
      '820.00 EUR',
      'amount_needs_approval',
      'read_charge',
      intent.plan_hash,
      'The parcel arrived damaged.',
    ])
      expect(page).toContain(text);
    expect(page).toContain('<title>Holdpoint</title>');
    expect(page).not.toMatch(/<[^>]*\s(checked|selected)[\s>]|<script|og:|javascript:/i);
    expect(subjectHashIn(page)).toBe(intent.plan_hash);
  });

  it('rule 23: carries the headers that keep it from being framed, stored, sniffed or leaked', async () => {
    const { link } = await waitingRefund();
    for (const { headers, page } of [await get(link), await get(`${stack.baseUrl}/a/unknown`)]) {
      const style = createHash('sha256')
        .update(/<style>([\s\S]*)<\/style>/.exec(page)?.[1] ?? '')
        .digest('base64');
      expect(headers.get('content-security-policy')).toBe(
        `default-src 'none'; style-src 'sha256-${style}'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'`,
      );
      expect(headers.get('referrer-policy')).toBe('no-referrer');
      expect(headers.get('cache-control')).toBe('no-store');
      expect(headers.get('x-content-type-options')).toBe('nosniff');
    }
  });

  it('rule 23: what an agent wrote is text', async () => {
    const id = await agent.submit(
      approvalIntent({ task: '<img src=x onerror=alert(1)>', '"><b>': 'https://evil.example/' }),
    );
    const { page } = await get(await linkFor(agent, id));
    expect(page).toContain('&lt;img src=x onerror=alert(1)&gt;');
    expect(page).not.toMatch(/<img|<b>|<a /);
  });
});

describe('the link', () => {
  it('rules 2, 7, 8, 9, 11: one mail and one link for each approver, 43 characters, text and HTML alike', async () => {
    const id = await agent.submit(refundIntent(await newOrder(), 18_000));
    const mails = await mailsFor(agent, id);
    expect(mails).toHaveLength(2);
    expect(new Set(mails.map(linkOf)).size).toBe(2);
    for (const mail of mails) {
      const text = new Set(mail.text.match(/https?:\/\/\S+/g));
      const html = new Set([...(mail.html.match(/https?:\/\/[^"<\s]+/g) ?? [])]);
      expect([...text]).toEqual([linkOf(mail)]);
      expect([...html]).toEqual([linkOf(mail)]);
      expect(linkOf(mail)).toMatch(new RegExp(`^${stack.baseUrl}/a/[A-Za-z0-9_-]{43}$`));
    }
  });

  it('rules 15, 19: the mail holds the first 12 characters of the hash, and sensitive arguments only masked', async () => {
    const { id } = await waitingRefund();
    const { plan_hash } = await agent.get(id);
    for (const mail of await mailsFor(agent, id)) {
      expect(mail.text).toContain(plan_hash.slice(0, 12));
      expect(mail.text).not.toContain(plan_hash);
      expect(mail.text + mail.html).not.toContain('The parcel arrived damaged.');
      expect(mail.text).toContain('0.00 EUR → 180.00 EUR');
    }
  });

  it('rule 4: opened again it shows the recorded decision, also to the other approver', async () => {
    const { id, link } = await waitingRefund();
    const other = await linkFor(agent, id, 'ben');
    await decide(link, 'rejected', 'Kept the goods.');
    for (const one of [link, other]) {
      const { status, page } = await get(one);
      expect(status).toBe(200);
      expect(page).toContain('Decided: rejected');
      expect(page).toContain('Kept the goods.');
      expect(page).toContain('Ada Example');
      expect(page).not.toContain('<form');
    }
  });

  it('rule 10: the record says by which link, never more', async () => {
    const { id, link } = await waitingRefund();
    await decide(link);
    const decided = (await readRecords(agent, id)).find((record) => record.action === 'task.decided');
    expect(decided?.actor).toEqual({ kind: 'person', id: 'ada', via: 'link sent to ada@example.com' });
    await expectChain(agent, id);
  });

  it('rule 12: the actor comes from the link, whatever the form says', async () => {
    const { id, link } = await waitingRefund();
    const { page } = await get(link);
    await post(link, {
      subject_hash: subjectHashIn(page),
      outcome: 'rejected',
      comment: 'no',
      person: 'ben',
      actor: 'ben',
    });
    expect((await agent.reaches(id, 'FAILED')).error.details.decision.decided_by).toBe('ada');
  });

  it('rule 13: two approvers post at once, twenty rounds: one decision, the other is told who decided', async () => {
    for (let round = 0; round < 20; round += 1) {
      const id = await agent.submit(approvalIntent({ round }));
      const links = [await linkFor(agent, id, 'ada'), await linkFor(agent, id, 'ben')];
      const answers = await Promise.all(
        links.map((link, i) => decide(link, i === 0 ? 'approved' : 'rejected', `round ${round}`)),
      );
      const result = (await agent.reaches(id, 'COMPLETED')).result.task_result;
      const name = result.decided_by === 'ada' ? 'Ada Example' : 'Ben Example';
      for (const { status, page } of answers) {
        expect(status).toBe(200);
        expect(page).toContain(`Decided: ${result.outcome}`);
        expect(page).toContain(name);
      }
      expect((await records(agent, id)).filter((record) => record.action === 'task.decided')).toHaveLength(1);
      await expectChain(agent, id);
    }
  });

  it('rules 14, 15: another hash than the plan’s is refused and changes nothing', async () => {
    const { id, link } = await waitingRefund();
    const answer = await post(link, { subject_hash: '0'.repeat(64), outcome: 'approved', comment: '' });
    expect(answer.status).toBe(409);
    expect(answer.page).toContain('has changed since');
    expect((await agent.get(id)).status).toBe('WAITING');
  });

  it.each([
    ['no outcome', { comment: 'x' }, 'Choose one of'],
    ['another outcome', { outcome: 'maybe', comment: 'x' }, 'Choose one of'],
    ['a rejection without a comment', { outcome: 'rejected', comment: '  ' }, 'a comment is needed'],
    ['a comment too long', { outcome: 'rejected', comment: 'x'.repeat(2001) }, 'at most 2000'],
  ])('rule 14: %s is refused at its field, and what was entered is kept', async (_what, form, says) => {
    const { id, link } = await waitingRefund();
    const { page } = await get(link);
    const answer = await post(link, { subject_hash: subjectHashIn(page), ...(form as Record<string, string>) });
    expect(answer.status).toBe(422);
    expect(answer.page).toContain(says);
    expect(answer.page).toContain('role="alert"');
    if ('outcome' in form && form.outcome === 'rejected')
      expect(answer.page).toMatch(/value="rejected" required checked/);
    expect((await agent.get(id)).status).toBe('WAITING');
  });

  it('rule 16: the person the agent acts for is never asked', async () => {
    const id = await agent.submit({ ...refundIntent(await newOrder(), 18_000), on_behalf_of: 'ada@example.com' });
    const mails = await mailsFor(agent, id, 1);
    expect(mails.map((mail) => mail.to)).toEqual([['ben@example.com']]);
  });

  it('rule 20: a reminder’s link replaces the one before, whose open form is still taken for 15 minutes', async () => {
    const id = await agent.submit({ ...approvalIntent(), remind_after_seconds: 1 });
    const first = await linkFor(agent, id);
    const { page: opened } = await get(first);
    const mails = await mailsFor(agent, id, 4);
    const second = linkOf(mails.findLast((mail) => mail.to[0] === 'ada@example.com') as never);
    expect(second).not.toBe(first);
    expect(mails.at(-1)?.subject).toMatch(/^Reminder/);

    const replaced = await get(first);
    expect(replaced.page).toContain('A newer mail replaced this link');
    expect(replaced.page).not.toContain('<form');
    expect((await get(second)).page).toContain('<form');
    const late = await post(first, { subject_hash: subjectHashIn(opened), outcome: 'approved', comment: '' });
    expect(late.status).toBe(200);
    expect((await agent.reaches(id, 'COMPLETED')).result.approved).toBe(true);
  });

  it('rule 20: after 15 minutes a replaced link’s form is refused', async () => {
    const id = await agent.submit({ ...approvalIntent(), remind_after_seconds: 1 });
    const first = await linkFor(agent, id);
    const { page } = await get(first);
    await mailsFor(agent, id, 4);
    const longAgo = new Date(Date.now() - 16 * 60_000).toISOString();
    await dynamo.send(
      new UpdateCommand({
        ...linkRow(first),
        UpdateExpression: 'SET replacedAt = :at',
        ExpressionAttributeValues: { ':at': longAgo },
      }),
    );
    const late = await post(first, { subject_hash: subjectHashIn(page), outcome: 'approved', comment: '' });
    expect(late.status).toBe(409);
    expect((await agent.get(id)).status).toBe('WAITING');
  });

  it('rule 21: unknown and malformed links give one page and one status', async () => {
    const pages = await Promise.all(
      ['A'.repeat(43), 'x', '%00', '..%2f..', 'A'.repeat(500), `${'A'.repeat(42)}=`].map((secret) =>
        get(`${stack.baseUrl}/a/${secret}`),
      ),
    );
    expect(new Set(pages.map((answer) => answer.status))).toEqual(new Set([404]));
    expect(new Set(pages.map((answer) => answer.page)).size).toBe(1);
    const posted = await post(`${stack.baseUrl}/a/${'A'.repeat(43)}`, { outcome: 'approved' });
    expect([posted.status, posted.page]).toEqual([404, pages[0]?.page]);
  });

  it('rule 21: an expired link says so, without the plan', async () => {
    const id = await agent.submit({
      ...approvalIntent({ task: 'Secret plan' }),
      deadline_at: new Date(Date.now() + 10_000).toISOString(),
    });
    const link = await linkFor(agent, id);
    await agent.reaches(id, 'TIMED_OUT');
    const { status, page } = await get(link);
    expect(status).toBe(200);
    expect(page).toContain('expired');
    expect(page).not.toContain('Secret plan');
  });

  it('rule 5: a scanner, a preview and a person with any program are shown the same', async () => {
    const { link } = await waitingRefund();
    const agents = ['Mozilla/5.0', 'Slackbot-LinkExpanding 1.0', 'Microsoft Office Existence Discovery', ''];
    const shown = agents.map(async (agent) => (await fetch(link, { headers: { 'user-agent': agent } })).text());
    expect(new Set(await Promise.all(shown)).size).toBe(1);
  });

  it('rule 5: other methods are refused and change nothing', async () => {
    const { id, link } = await waitingRefund();
    for (const method of ['PUT', 'DELETE', 'PATCH']) expect((await fetch(link, { method })).status).toBe(405);
    expect((await agent.get(id)).status).toBe('WAITING');
  });

  it('rule 17: no answer of the API holds a link', async () => {
    const { id, link } = await waitingRefund();
    const all = JSON.stringify([await agent.get(id), await agent.events(id)]);
    expect(all).not.toContain(link.split('/').at(-1));
    expect(all).not.toContain('/a/');
  });
});

describe('the ladder', () => {
  it('reminds once, then expires: TIMED_OUT, and the run ends', async () => {
    const id = await agent.submit({
      ...refundIntent(await newOrder(), 18_000),
      remind_after_seconds: 1,
      deadline_at: new Date(Date.now() + 12_000).toISOString(),
    });
    const ended = await agent.reaches(id, 'TIMED_OUT');
    expect(ended.error.code).toBe('intent_timeout');
    const types = (await agent.events(id)).map((event) => event.event_type);
    expect(types.filter((type) => type === 'intent.reminder')).toHaveLength(1);
    expect(types.slice(-2)).toEqual(['intent.timeout', 'intent.timed_out']);
    await until('no mail is owed', 30, async () => (await rows(agent, id, 'outbox#mail')).length === 0);
    await expectChain(agent, id);
  });

  it('a decision before the deadline wins over it', async () => {
    const id = await agent.submit({ ...approvalIntent(), deadline_at: new Date(Date.now() + 10_000).toISOString() });
    await decide(await linkFor(agent, id));
    const { due_at } = await agent.get(id);
    await until('the deadline is over', 30, () => Date.now() > Date.parse(due_at));
    await sweep();
    expect((await agent.get(id)).status).toBe('COMPLETED');
  });
});
