import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { asksDora, type Dora, startChats } from './chatting.ts';
import { signIn, visitor } from './person.ts';
import { decide, linkIn, mailsFor, newAgent, records, waitFor } from './world.ts';

let dora: Dora;
beforeAll(async () => {
  dora = await startChats();
});
afterAll(() => dora.leaves());

describe('an approver who is told by chat', () => {
  it('rule 27: has the same one link in each of them, decides by it, and the record says where it went', async () => {
    const agent = await newAgent();
    await dora.chooses([
      { by: 'slack', member: 'U0123ABC' },
      { by: 'slack_webhook', webhook: 'dora-slack' },
      { by: 'teams', webhook: 'dora-teams' },
    ]);
    const title = `Ship ${randomUUID()}?`;
    const id = await agent.submit(asksDora(title));
    const told = await waitFor('all three chats', async () => dora.told(title).length === 3 && dora.told(title));
    const links = told.map(({ body }) => linkIn(JSON.stringify(body)));
    expect(new Set(links).size).toBe(1);
    const [link = ''] = links;

    const notified = await waitFor('the record of it', async () =>
      (await records(agent, id)).find(({ action }) => action === 'approver.notified'),
    );
    expect(JSON.stringify(notified)).not.toContain('U0123ABC');
    expect(await (await fetch(link)).text()).toContain(
      'the link sent to slack:U0123ABC, slack_webhook:dora-slack, teams:dora-teams',
    );
    expect((await decide(link)).status).toBe(200);
    await agent.reaches(id, 'COMPLETED');
    expect(await mailsFor(agent, id, 0)).toEqual([]);
  });

  it('is told by what she has chosen of it on her own page', async () => {
    const agent = await newAgent();
    await dora.chooses([
      { by: 'slack', member: 'U0123ABC' },
      { by: 'teams', webhook: 'dora-teams' },
    ]);
    const page = visitor(await signIn('dora'));
    const wish = [
      ['do', 'channels'],
      ['channel', 'mail'],
      ['channel', 'teams:dora-teams'],
    ] as const;
    expect((await page.post('/inbox/me', wish)).page).toContain('Saved');
    const title = `Ship ${randomUUID()}?`;
    const id = await agent.submit(asksDora(title));
    const [mail] = await mailsFor(agent, id, 1);
    expect(mail?.to).toEqual(['dora@example.com']);
    const chats = dora.told(title);
    expect(chats.map(({ body }) => linkIn(JSON.stringify(body)))).toEqual([linkIn(mail?.text ?? '')]);
    expect(chats[0]?.path).toContain('/hooks/teams/');
    expect((await decide(linkIn(mail?.text ?? ''))).status).toBe(200);
    await agent.reaches(id, 'COMPLETED');
  });

  it('is mailed where the chat does not take it', async () => {
    const agent = await newAgent();
    await dora.chooses([{ by: 'slack', member: 'U0123ABC' }]);
    dora.chat.failing.push({ status: 200, body: JSON.stringify({ ok: false, error: 'account_inactive' }) });
    const id = await agent.submit(asksDora('Ship it?'));
    const [mail] = await mailsFor(agent, id, 1);
    expect(mail?.to).toEqual(['dora@example.com']);
    const link = linkIn(mail?.text ?? '');
    await waitFor('the mail’s acceptance', async () =>
      (await (await fetch(link)).text()).includes('the link sent to dora@example.com.'),
    );
    expect((await decide(link, 'rejected', 'No.')).status).toBe(200);
  });
});
