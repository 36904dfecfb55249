/** What pages show of evidence, assignments and takeovers: text of people is text, and the only link that is not ours is theirs. */

import { describe, expect, it } from 'vitest';
import type { Link } from '../../core/model.ts';
import { approvalPage, decidedPage } from '../../pages/task.ts';
import * as given from '../core/builders.ts';
import { waitingApproval, waitingRefund } from '../core/story.ts';

const hostile = '<img src=x onerror=alert(1)>"\'';
const linkFor = (personId: string, mail = `${personId}@example.com`) => ({ personId, mail }) as Link;
const linksIn = (page: string) => [...page.matchAll(/<a\b[^>]*>/g)].map(([tag]) => tag);

async function action() {
  const asked = { humanTask: { title: 'See https://agent.example/', task_type: 'manual_action' } };
  const { told, links } = await waitingApproval(asked);
  return { told, link: links.ada as string };
}

describe('evidence', () => {
  it('of a decision: words are text, the address is a link that tells nobody where it was clicked', async () => {
    const { told, link } = await action();
    const media = { id: 'm', sha256: 'a'.repeat(64), name: hostile, bytes: 2_500_000, contentType: 'image/png' };
    const evidence = { text: hostile, url: 'https://tickets.example/7?a=1&b="2"', media };
    const { decision } = await told.decide(link, { outcome: 'completed', evidence });
    const page = decidedPage(await told.seen(), decision, 'ada');
    expect(page).not.toContain('<img');
    expect(page).toContain('2.4 MB');
    expect(linksIn(page)).toEqual([
      '<a href="https://tickets.example/7?a=1&amp;b=&quot;2&quot;" rel="noreferrer noopener">',
    ]);
  });

  it('is asked for where a file can be attached; what an agent wrote is never a link', async () => {
    const { told } = await action();
    const works = { attachAt: '/files/secret' };
    const page = approvalPage(await told.seen(), linkFor('ada'), { works });
    expect(linksIn(page)).toEqual(['<a href="/files/secret">']);
    expect(page).toContain('See https://agent.example/');
  });

  it('that was refused is there again', async () => {
    const { told } = await action();
    const texts = (name: string) => (name === 'evidence_text' ? [hostile] : []);
    const entered = { outcome: 'completed', comment: '', field: 'evidence.url', message: 'No.', texts };
    const page = approvalPage(await told.seen(), linkFor('ada'), { entered });
    expect(page).not.toContain('<img');
    expect(page).toContain('&#60;img src=x');
    expect(page).toMatch(/<p class="error"[^>]*>No\.<\/p>\s*<input type="url"/);
  });
});

it('an assignment offers those who may take it on, the reader first', async () => {
  const { told } = await waitingApproval({ humanTask: { title: 'Who?', task_type: 'assignment' } });
  const candidates = [
    { id: 'ben', name: hostile, mail: 'ben@example.com', as: 'role' as const },
    { id: 'ada', name: 'Ada Example', mail: 'ada@example.com', as: 'role' as const },
  ];
  const page = approvalPage(await told.seen(), linkFor('ada'), { works: { candidates } });
  const choice = /<select id="assignee".*?<\/select>/s.exec(page)?.[0] ?? '';
  expect([...choice.matchAll(/<option value="([^"]*)"/g)].map(([, id]) => id)).toEqual(['', 'ada', 'ben']);
  expect(page).not.toContain('<img');
  expect(page).not.toContain('ben@example.com');
});

it('a takeover says that nothing is executed, who froze it and why, and what was planned', async () => {
  const { told } = await waitingRefund();
  await told.freeze(hostile);
  await told.escalate({ generation: 2 }, given.directoryWithOperators);
  const page = approvalPage(await told.seen(), linkFor('olga'));
  expect(page).toContain('was frozen: nothing more of it is executed');
  expect(page).toContain('Frozen by olga: &lt;img');
  expect(page).toContain('What was planned');
  expect(page).not.toContain('What happens if you approve');
  expect(page).not.toContain('It is then carried out.');
});

it('a takeover of what nobody decided says so; before it, the page and the view say that operators would follow', async () => {
  const ladder = { expire: { after_seconds: 3600, opens: 'override' as const } };
  const { told } = await waitingApproval({ humanTask: { title: hostile, ladder } });
  const waits = approvalPage(await told.seen(), linkFor('ada'));
  expect(waits).toContain('</strong>; then operators take over</span>');
  expect(approvalPage(await (await waitingApproval()).told.seen(), linkFor('ada'))).not.toContain('operators');
  told.pass(3600);
  await told.climb();
  await told.escalate({ rung: 1, token: 'token-2' }, given.directoryWithOperators);
  const page = approvalPage(await told.seen(), linkFor('olga'));
  expect(page).toMatch(/Nobody decided in time what the agent <strong>support-bot<\/strong> asks: nothing more of it/);
  expect(page).toContain('Nobody decided in time: &lt;img');
  expect(page).not.toContain('<img');
  expect(page).not.toContain('was frozen');
});
