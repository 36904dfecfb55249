/** The requester's link against the deployed stack: it shows, and has no power to decide. */

import { beforeAll, describe, expect, it } from 'vitest';
import {
  type Agent,
  decide,
  linkFor,
  newAgent,
  newOrder,
  records,
  refundIntent,
  refundReason,
  rows,
  stack,
} from './world.ts';

let agent: Agent;
beforeAll(async () => {
  agent = await newAgent();
});

const open = async (link: string, method = 'GET') => {
  const response = await fetch(link, { method });
  return { status: response.status, headers: response.headers, page: await response.text() };
};

async function waitingRefund() {
  const id = await agent.submit(refundIntent(await newOrder(), 18_000));
  const link = await linkFor(agent, id);
  return { id, link, view: (await agent.get(id)).view_url as string };
}

describe('the requester’s link', () => {
  it('shows where the intent stands, and afterwards how it ended', async () => {
    const { id, link, view } = await waitingRefund();
    expect(view).toMatch(new RegExp(`^${stack.baseUrl}/r/[A-Za-z0-9_-]{70,}$`));
    const waits = await open(view);
    expect(waits.status).toBe(200);
    for (const text of [
      'Waits for a person',
      'Ada Example, Ben Example can decide until',
      'amount_needs_approval',
      'Told by mail',
    ])
      expect(waits.page).toContain(text);
    await decide(link, 'approved', 'Photos checked.');
    await agent.reaches(id, 'COMPLETED');
    const { page } = await open(view);
    for (const text of [
      'Completed',
      'Ada Example: approved.',
      'Known by: link sent to them',
      'Photos checked.',
      'Verified',
    ])
      expect(page).toContain(text);
    expect((await agent.get(id)).view_url).toBe(view);
  });

  it('rule 17: holds nothing that decides, no address, and nothing sensitive', async () => {
    const { link, view } = await waitingRefund();
    const { page } = await open(view);
    expect(page).not.toContain(link.split('/').at(-1));
    expect(page).not.toMatch(/<form|<a |\/a\/|@example\.com/);
    expect(page).not.toContain(refundReason);
  });

  it('rule 1: whatever is sent to it, nothing changes', async () => {
    const { id, view } = await waitingRefund();
    const before = [await rows(agent, id), await records(agent, id)];
    expect((await open(view, 'HEAD')).status).toBe(200);
    for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS']) {
      const refused = await open(view, method);
      expect([refused.status, refused.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
    }
    expect((await open(view.replace('/r/', '/a/'), 'POST')).status).toBe(404);
    expect([await rows(agent, id), await records(agent, id)]).toEqual(before);
  });

  it('rule 21: unknown and malformed ones give one page and one status', async () => {
    const { view } = await waitingRefund();
    const wrong = [
      'x',
      '%00',
      '..%2f..',
      'A'.repeat(43),
      'A'.repeat(90),
      'A'.repeat(500),
      `${view.split('/').at(-1)}A`,
    ];
    const flipped = `${stack.baseUrl}/r/B${view.split('/').at(-1)?.slice(1)}`;
    const pages = await Promise.all([...wrong.map((one) => open(`${stack.baseUrl}/r/${one}`)), open(flipped)]);
    expect(new Set(pages.map((one) => one.status))).toEqual(new Set([404]));
    expect(new Set(pages.map((one) => one.page)).size).toBe(1);
  });

  it('is made only for the key that submitted the intent', async () => {
    const { id, view } = await waitingRefund();
    const colleague = await newAgent(agent.tenant, 'colleague');
    const seen = await colleague.get(id);
    expect(seen.intent_id).toBe(id);
    expect(seen).not.toHaveProperty('view_url');
    expect((await open(view)).status).toBe(200);
  });
});
