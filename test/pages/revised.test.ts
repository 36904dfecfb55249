/** What reviewers read of a request that was sent back, on the page and in the mail. */

import { describe, expect, it } from 'vitest';
import type { ApprovalType } from '../../core/intent-type.ts';
import type { JsonObject } from '../../core/json.ts';
import type { Link } from '../../core/model.ts';
import { shown } from '../../core/shown.ts';
import { mailOf } from '../../functions/mail/channels/mail.ts';
import { messageFor } from '../../functions/mail/message.ts';
import { approvalPage, decidedPage } from '../../pages/task.ts';
import * as given from '../core/builders.ts';
import { type Story, story, waitingApproval } from '../core/story.ts';

const readOf = (page: string): string =>
  page
    .replace(/<style>[\s\S]*?<\/style>/, '')
    .replace(/<[^>]*>/g, ' ')
    .replace(/\s+/g, ' ');

const address = 'https://decide.example/a/MTIzNDU2Nzg5MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTI';

const humanTask = { title: 'Newsletter', task_type: 'review' };

/** The page and the mail of a story's task, for Ada. */
async function seenBy(told: Story, links: Record<string, string>) {
  const state = await told.seen();
  const link = (await told.store.findLink(links.ada as string)) as Link;
  return {
    page: approvalPage(state, link),
    mail: mailOf(messageFor(state, address, given.refundType.tools, 'assigned')).text,
  };
}

async function revision(first: JsonObject, second: JsonObject, comment = 'Say what it costs.') {
  const { told, links } = await waitingApproval({ humanTask, payload: first });
  await told.decide(links.ada as string, { outcome: 'changes_requested', comment });
  await told.resume(second);
  await told.escalate({ generation: 2, token: 'token-2' });
  return seenBy(told, await told.mail());
}

describe('a second revision', () => {
  it('shows before and after, who asked for what, and which of how many it is', async () => {
    const { page, mail } = await revision({ text: 'Buy now!' }, { text: 'Buy for 10 EUR!', send_at: 'Monday' });
    const read = readOf(page);
    for (const text of [
      'What has changed since revision 1',
      'Text Buy now! Buy for 10 EUR!',
      'Send at (not there) Monday',
      'Revision 2 of at most 3.',
      'Ada Example, revision 1 changes_requested on Fri, 20 Nov 2026, 09:00 UTC: Say what it costs.',
    ])
      expect(read).toContain(text);
    const lines = mail.split('\n');
    for (const line of [
      'Revision: 2 of at most 3',
      'Ada Example said: Say what it costs.',
      'Changed text: Buy now! → Buy for 10 EUR!',
      'Changed send_at: (not there) → Monday',
    ])
      expect(lines).toContain(line);
  });

  it('says so where nothing changed; a first one speaks of no revision', async () => {
    const same = await revision({ text: 'Buy now!' }, { text: 'Buy now!' });
    expect(readOf(same.page)).toContain('Nothing: the agent asks for the same again.');
    expect(same.mail).toContain('Changed: Nothing');
    const { told, links } = await waitingApproval({ humanTask });
    const first = await seenBy(told, links);
    expect(first.page + first.mail).not.toMatch(/revision \d|has changed/i);
  });

  it('keeps hostile names, values and comments as text, without links', async () => {
    const bad = '<script>alert(1)</script>\u202e https://evil.example';
    const { page, mail } = await revision({ [bad]: bad }, { [bad]: `${bad} 2` }, bad);
    expect(page).not.toMatch(/<script|<a\b|href=|\u202e/);
    expect(mail.replace(address, '')).not.toMatch(/https?:\/\/|\u202e|evil\.example/);
    expect(mail.match(/^.*alert\(1\).*$/gm)?.every((line) => /^(Changed |Ada Example said|Request)/.test(line))).toBe(
      true,
    );
  });

  it('of very much shows all on the page, and the beginning in the mail', async () => {
    const fields = (value: string) =>
      Object.fromEntries(Array.from({ length: 50 }, (_, i) => [`field_${i}`, `${value} ${'x'.repeat(2000)}`]));
    const { page, mail } = await revision(fields('old'), fields('new'));
    expect(readOf(page)).toContain('Field 49 old');
    expect(mail).toContain('Changed: 30 more; the page shows all');
    expect(mail.length).toBeLessThan(60_000);
  });

  it('of a refund shows its plan as it would be now; what is sensitive is masked in the mail', async () => {
    const type = { ...given.refundType, task: { ...given.refundType.task, type: 'review' as const } };
    const told = await story({ type, payload: given.refundPayload() });
    await told.check();
    await told.escalate();
    const { ada } = await told.mail();
    await told.decide(ada as string, { outcome: 'changes_requested', comment: 'Half.' });
    await told.resume(given.refundPayload({ amount_cents: 9_000, reason: 'scratched' }));
    await told.check(given.charge(), 2);
    await told.escalate({ generation: 2, token: 'token-2' });
    const { page, mail } = await seenBy(told, await told.mail());
    expect(readOf(page)).toContain('Plan: Refunded 0.00 EUR → 180.00 EUR 0.00 EUR → 90.00 EUR');
    expect(readOf(page)).toContain('Reason arrived broken scratched');
    expect(mail).toContain('Changed reason: •••• → ••••');
    expect(mail).not.toMatch(/arrived broken|scratched/);
  });
});

describe('an agent’s raw reasoning', () => {
  const payload = { task: 'Send it?', reasoning: 'I think they will not notice.' };
  const approval = given.approvalType as ApprovalType;
  const seenAs = async (type: ApprovalType) => {
    const { told, links } = await waitingApproval({ type, payload, humanTask });
    return seenBy(told, links);
  };

  it('is in no page and no mail, nor in what changed', async () => {
    const { page, mail } = await seenAs(approval);
    expect(page + mail).not.toMatch(/not notice|[Rr]easoning/);
    const again = await revision(payload, { ...payload, reasoning: 'I think they will notice.' });
    expect(again.page + again.mail).not.toMatch(/notice|[Rr]easoning/);
    expect(readOf(again.page)).toContain('Nothing: the agent asks for the same again.');
  });

  it('is folded, and said to be the agent’s own, where the type shows it; never in a mail', async () => {
    const { page, mail } = await seenAs({ ...approval, reasoning: { field: 'reasoning', shown: true } });
    expect(page).toMatch(/<details><summary>The agent’s own reasoning<\/summary>[\s\S]*I think they will not notice\./);
    expect(readOf(page)).toContain('Nobody has checked them.');
    expect(page.match(/not notice/g)).toHaveLength(1);
    expect(mail).not.toContain('not notice');
  });
});

describe('reasons to choose from', () => {
  const groupsIn = (page: string) =>
    [...page.matchAll(/<optgroup label="([^"]*)">(.*?)<\/optgroup>/gs)].map(([, label, options = '']) => [
      label,
      [...options.matchAll(/value="([^"]*)"/g)].map(([, code]) => code),
    ]);

  it('are grouped by what they are reasons for, none chosen; only those of what is offered', async () => {
    const { told, links } = await waitingApproval({
      humanTask: { title: 'x', task_type: 'review', allowed_outcomes: ['approved', 'rejected'] },
    });
    const { page } = await seenBy(told, links);
    expect(groupsIn(page)).toEqual([
      ['Approve', ['as_expected', 'checked_evidence', 'exception', 'other']],
      ['Reject', ['wrong_amount', 'not_enough_evidence', 'against_policy', 'duplicate', 'not_needed', 'other']],
    ]);
    expect(page).toContain('<option value="">Choose one</option>');
    expect(page).not.toContain('selected');
  });

  it('are the intent type’s own where it has some; the chosen one is shown with the decision', async () => {
    const task = { ...given.approvalType.task, reasons: { approved: { tone_fits: 'The tone fits' } } };
    const { told, links } = await waitingApproval({ type: { ...given.approvalType, task } as ApprovalType });
    const { page } = await seenBy(told, links);
    expect(groupsIn(page)[0]).toEqual(['Approve', ['tone_fits', 'other']]);
    const { decision } = await told.decide(links.ada as string, { reason: 'tone_fits' });
    expect(readOf(decidedPage(await told.seen(), decision, 'ada'))).toContain('Reason The tone fits');
    // A list that has changed since: the code is what was recorded.
    const later = shown(await told.state(), given.approvalType);
    expect(readOf(decidedPage(later, decision, 'ada'))).toContain('Reason tone_fits');
  });

  it('stay as they were chosen where the rest was refused', async () => {
    const { told, links } = await waitingApproval();
    const entered = {
      outcome: 'rejected',
      reason: 'other',
      comment: '',
      status: 422,
      field: 'comment',
      message: 'Say why.',
    };
    const link = (await told.store.findLink(links.ada as string)) as Link;
    const page = approvalPage(await told.seen(), link, { entered });
    expect(page.match(/<option[^>]*selected[^>]*>/g)).toEqual(['<option value="other" selected>']);
    expect(page.indexOf('selected')).toBeGreaterThan(page.indexOf('<optgroup label="Reject">'));
  });
});
