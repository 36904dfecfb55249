/** Tasks change hands, people are away, links are revoked: against the deployed stack. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DeleteCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { personKey } from '../../adapters/rows.ts';
import { holdpoint } from '../clients/holdpoint.ts';
import {
  approvalIntent,
  decide,
  dynamo,
  expectChain,
  linkFor,
  linkOf,
  mails,
  mailsFor,
  newAgent,
  post,
  records,
  stack,
  tables,
  waitFor,
} from './world.ts';

let dir: string;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'holdpoint-people-'));
  const { emulatorUrl, region } = stack;
  writeFileSync(join(dir, 'local.json'), JSON.stringify({ emulatorUrl, region }));
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));
// The directory is everybody's: no row of a test stays.
afterEach(async () => {
  for (const id of ['ada', 'ben'])
    await dynamo.send(new DeleteCommand({ TableName: tables.people, Key: personKey(id) }));
});

async function run(...args: string[]) {
  const ran = await holdpoint(['people', ...args, '--local', dir]);
  expect(ran, ran.stderr).toMatchObject({ code: 0, stderr: '' });
  return ran.stdout;
}

const open = async (link: string) => (await fetch(link)).text();
const askedAda = { ...approvalIntent(), human_task: { title: 'Look', assignees: ['ada'] } };

describe('a task', () => {
  it('is handed over from its page: the other gets a link of their own, the first one decides nothing any more', async () => {
    const agent = await newAgent();
    const id = await agent.submit(askedAda);
    const link = linkOf((await mailsFor(agent, id, 1))[0] as never);
    expect(await open(link)).toContain('Hand over to somebody else');
    expect(await post(link, { action: 'reassign', to: '', note: 'x' })).toMatchObject({ status: 422 });
    const handed = await post(link, { action: 'reassign', to: 'cleo', note: 'You know the customer.' });
    expect(handed).toMatchObject({ status: 200, page: expect.stringContaining('Cleo Example') });
    expect(await open(link)).toMatch(/You are no longer asked[\s\S]*Cleo Example/);
    expect((await post(link, { action: 'reassign', to: 'ben' })).status).toBe(403);
    const mail = (await mailsFor(agent, id, 2)).find(({ to }) => to[0]?.startsWith('cleo'));
    expect(mail?.text).toContain('In the place of: Ada Example, who has handed this over to you');
    expect(mail?.text).toContain('You know the customer');
    const told = await waitFor('ada is told', async () =>
      (await mails('Cleo Example')).find(
        ({ to, text }) => to[0]?.startsWith('ada') && text.includes('handed this over'),
      ),
    );
    expect(told.text).not.toMatch(/\/a\//);
    expect((await decide(linkOf(mail as never))).page).toContain('in the place of Ada Example');
    expect((await agent.reaches(id, 'COMPLETED')).result.task_result).toMatchObject({
      decided_by: 'cleo',
      decided_for: 'ada',
    });
    expect((await records(agent, id)).map(({ action }) => action)).toContain('task.reassigned');
    await expectChain(agent, id);
  });

  it('goes to whoever stands in for somebody who is out of office', async () => {
    expect(await run('away', 'ada', '--until', '2099-01-01T00:00:00Z', '--delegate', 'cleo')).toContain(
      'cleo is asked instead',
    );
    const agent = await newAgent();
    const id = await agent.submit(askedAda);
    const [mail] = await mailsFor(agent, id, 1);
    expect(mail?.to).toEqual(['cleo@example.com']);
    expect(await open(linkOf(mail as never))).toContain('who is out of office');
    expect(await run('away', 'ada', '--back')).toContain('ada is back');
    const next = await agent.submit(askedAda);
    expect((await mailsFor(agent, next, 1))[0]?.to).toEqual(['ada@example.com']);
  });

  it('is no longer decided by links of a person who was revoked, nor by those of reminders', async () => {
    const agent = await newAgent();
    const id = await agent.submit(approvalIntent());
    const [ada, ben] = [await linkFor(agent, id, 'ada'), await linkFor(agent, id, 'ben')];
    expect(await run('revoke', 'ada@example.com')).toContain('All links and sessions of ada');
    expect(await open(ada)).toContain('This link was revoked');
    expect((await decide(ada)).status).toBe(409);
    expect((await decide(ben)).status).toBe(200);
    expect(JSON.parse(await run('show', 'ada', '--json'))).toMatchObject({ id: 'ada', revokedAt: expect.any(String) });
    // What is asked from now on reaches them.
    const next = await agent.submit(askedAda);
    expect((await decide(linkOf((await mailsFor(agent, next, 1))[0] as never))).status).toBe(200);
  });
});

it('holdpoint people lists who may decide, and says who is unknown', async () => {
  expect(await run('list', '--role', 'refunds')).toMatch(/^PERSON[^\n]*\nada .*\nben .*\n$/);
  const ran = await holdpoint(['people', 'show', 'eve', '--local', dir]);
  expect(ran).toMatchObject({ code: 1, stderr: expect.stringContaining('holdpoint people list') });
});

it('holdpoint people sets up how somebody can be told, and their daily digest; the directory says so to who may ask', async () => {
  const agent = await newAgent();
  const ada = async () => (await agent.call('GET', '/v1/directory/people/ada')).body.person;
  expect(await ada()).toMatchObject({ told_by: ['mail'] });
  expect(await run('channels', 'ada', 'slack:U0123ABC', 'teams:ada-teams')).toBe(
    'ada is told by slack:U0123ABC, teams:ada-teams.\n',
  );
  expect(await run('digest', 'ada', '--at', '07:30')).toContain('in one mail a day, at 07:30');
  const told = await ada();
  expect(told).toMatchObject({ told_by: ['slack', 'teams'], digest_at: '07:30' });
  // Where that is, is nobody else's business.
  expect(JSON.stringify(told)).not.toMatch(/U0123ABC|ada-teams|ada@/);
  expect(JSON.parse(await run('show', 'ada', '--json'))).toMatchObject({
    channels: [
      { by: 'slack', member: 'U0123ABC' },
      { by: 'teams', webhook: 'ada-teams' },
    ],
    digest: { at: '07:30' },
  });
  expect(await run('channels', 'ada', '--reset')).toBe('ada is told by mail.\n');
  expect(JSON.parse(await run('digest', 'ada', '--off', '--json'))).toEqual({ person: 'ada', digest: null });
  expect(await ada()).not.toHaveProperty('digest_at');
});
