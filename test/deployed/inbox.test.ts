/** The inbox as a client of HTTP sees it: who sees what, what is refused, and what the index holds. */

import { randomUUID } from 'node:crypto';
import { DeleteCommand, GetCommand, PutCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { tasksOf } from '../../adapters/asked.ts';
import { call, keyFor, newPerson, signedIn } from './people.ts';
import { formBody, signIn, type Visitor, viaOfTests, visitor } from './person.ts';
import {
  type Agent,
  approvalIntent,
  decide,
  dynamo,
  expectChain,
  inGroups,
  linkFor,
  newAgent,
  newOrder,
  readRecords,
  refundIntent,
  rows,
  subjectHashIn,
  tables,
  waitFor,
} from './world.ts';

let agent: Agent;
let ada: Visitor;
let cleo: Visitor;
const nobody = visitor();

const org = () => agent.tenant.split('/')[0] as string;
const pathOf = (id: string) => `${agent.tenant}/${id}.1`;

async function waits(intent: object, from = agent): Promise<string> {
  const id = await from.submit(intent);
  await from.reaches(id, 'WAITING');
  return id;
}

const open = (personId: string, given: { limit?: number; cursor?: string } = {}) =>
  tasksOf({ client: dynamo, table: tables.intents }, personId, {
    is: 'open',
    limit: 100,
    ...given,
    only: (row) => row.tenant.startsWith(`${org()}/`),
  });

beforeAll(async () => {
  agent = await newAgent();
  ada = visitor(await signIn('ada'));
  cleo = visitor(await signIn('cleo'));
});

describe('the index of who is asked', () => {
  it('lists by risk and deadline, page by page, in all tenants; a decision moves a row', async () => {
    const second = await newAgent(`${org()}/second`);
    const deadline = (hours: number) => new Date(Date.now() + hours * 3_600_000).toISOString();
    const late = await waits({ ...approvalIntent(), deadline_at: deadline(30) });
    const soon = await waits({ ...approvalIntent(), deadline_at: deadline(20) }, second);
    const risky = await waits({ ...approvalIntent({ task: 'x', risk_level: 'high' }), deadline_at: deadline(40) });
    const all = await waitFor('all are listed', async () => {
      const { rows: found } = await open('ada');
      return found.length === 3 ? found : undefined;
    });
    expect(all.map((row) => row.intentId)).toEqual([risky, soon, late]);
    expect(all.map((row) => row.risk)).toEqual(['high', 'low', 'low']);

    const first = await open('ada', { limit: 2 });
    expect(first.rows).toEqual(all.slice(0, 2));
    expect(first.cursor).toBeDefined();
    const rest = await open('ada', { limit: 2, cursor: first.cursor as string });
    expect(rest).toEqual({ rows: all.slice(2) });
    expect((await open('ada', { cursor: 'no cursor of ours' })).rows).toEqual(all);

    await decide(await linkFor(agent, late));
    await waitFor('it is done', async () => (await open('ada')).rows.length === 2);
    expect((await open('ben')).rows.map((row) => row.intentId)).toEqual([risky, soon]);
    const parts = await rows(agent, late, 'asked#');
    expect(parts.map(({ personId, is }) => [personId, is])).toEqual([
      ['ada', 'done'],
      ['ben', 'over'],
    ]);
  });
});

describe('whoever is not signed in', () => {
  it('sees nothing and changes nothing: every page leads to sign in', async () => {
    const id = await waits(approvalIntent());
    for (const path of ['/inbox', '/inbox/done', '/inbox/me', '/inbox/batch', `/inbox/tasks/${pathOf(id)}`]) {
      for (const answer of [await nobody.get(path), await visitor('x'.repeat(43)).get(path)])
        expect(answer, path).toEqual({ status: 303, page: '', location: '/inbox/sign-in' });
    }
    const answer = await nobody.post(`/inbox/tasks/${pathOf(id)}`, [['outcome', 'approved']]);
    expect(answer).toMatchObject({ status: 303, page: '' });
    expect((await agent.get(id)).status).toBe('WAITING');
  });
});

describe('a task', () => {
  it('is decided by whoever is signed in; the record says how they were', async () => {
    const id = await waits(refundIntent(await newOrder(), 18_000));
    const page = await ada.get(`/inbox/tasks/${pathOf(id)}`);
    expect(page.status).toBe(200);
    const intent = await agent.get(id);
    expect(subjectHashIn(page.page)).toBe(intent.plan_hash);
    expect(page.page).toContain(viaOfTests);
    const answer = await ada.post(`/inbox/tasks/${pathOf(id)}`, [
      ['outcome', 'approved'],
      ['subject_hash', intent.plan_hash],
    ]);
    expect(answer.page).toMatch(/Decided: approved[\s\S]*Ada Example \(you\), signed in by a test/);
    await agent.reaches(id, 'COMPLETED');
    const decided = (await readRecords(agent, id)).find((record) => record.action === 'task.decided');
    expect(decided?.actor).toMatchObject({ kind: 'person', via: viaOfTests });
    await expectChain(agent, id);
    expect((await ada.get(`/inbox/tasks/${pathOf(id)}`)).page).toContain('Decided: approved');
    await waitFor('it is listed as decided', async () => {
      const { page: done } = await ada.get(`/inbox/done?q=${org()}`);
      return done.includes(pathOf(id));
    });
  });

  it('of work done or passed on takes what shows it, and whom it goes to', async () => {
    const send = async (task_type: string, form: readonly (readonly [string, string])[]) => {
      const id = await waits({ ...approvalIntent(), human_task: { title: 'Door 7', task_type } });
      const path = `/inbox/tasks/${pathOf(id)}`;
      const hash = subjectHashIn((await ada.get(path)).page);
      expect((await ada.post(path, [...form.slice(0, 1), ['subject_hash', hash]])).status).toBe(422);
      expect((await ada.post(path, [...form, ['subject_hash', hash]])).status).toBe(200);
      return (await agent.reaches(id, 'COMPLETED')).result.task_result;
    };
    const done = [
      ['outcome', 'completed'],
      ['evidence_text', 'Unlocked at noon.'],
    ] as const;
    expect(await send('manual_action', done)).toMatchObject({ evidence: { text: 'Unlocked at noon.' } });
    const mine = [
      ['outcome', 'assigned'],
      ['assignee', 'ada'],
    ] as const;
    expect(await send('assignment', mine)).toMatchObject({ assignee: { id: 'ada' } });
  });

  it('is handed over with a note, taken back, and handed over again; the record names how they were known', async () => {
    const id = await waits({ ...approvalIntent(), human_task: { title: 'Look', assignees: ['ada'] } });
    const path = `/inbox/tasks/${pathOf(id)}`;
    const hand = (to: string, note = 'You know the customer.') =>
      ada.post(path, [
        ['action', 'reassign'],
        ['to', to],
        ['note', note],
      ]);
    const page = (await ada.get(path)).page;
    expect(page).toMatch(/<option value="cleo"\s*>Cleo Example/);
    expect(page).not.toContain('<option value="ada"');
    const refused = await hand('nobody', 'Kept.');
    expect([refused.status, refused.page.includes('Choose somebody who may decide this.')]).toEqual([422, true]);
    expect(refused.page).toContain('Kept.</textarea>');
    expect((await hand('cleo', 'x'.repeat(2001))).status).toBe(422);
    expect((await agent.get(id)).pending_with.name).toBe('Ada Example');

    expect(await hand('cleo')).toMatchObject({ status: 303, location: path });
    expect((await cleo.get(path)).page).toMatch(
      /Ada Example<\/strong> has handed this over[\s\S]*You know the customer/,
    );
    const mine = (await ada.get(path)).page;
    expect(mine).toContain('You are not asked to decide this. It waits for Cleo Example.');
    expect(mine).toContain('Take it back');
    const decision = [
      ['outcome', 'approved'],
      ['subject_hash', subjectHashIn((await cleo.get(path)).page)],
    ] as const;
    expect((await ada.post(path, decision)).status).toBe(403);

    expect(await ada.post(path, [['action', 'take-back']])).toMatchObject({ status: 303, location: path });
    expect((await agent.get(id)).pending_with.name).toBe('Ada Example');
    // An operator still sees it, and can't decide it.
    expect((await cleo.get(path)).page).toContain('It waits for Ada Example.');
    await hand('cleo');
    expect((await cleo.post(path, decision)).page).toContain('in the place of Ada Example');
    expect((await ada.post(path, [['action', 'take-back']])).status).toBe(409);
    const moved = (await readRecords(agent, id)).filter(({ action }) => /^task\.(reassigned|taken_back)$/.test(action));
    expect(moved.map(({ action, actor }) => [action, actor.id, actor.via])).toEqual([
      ['task.reassigned', 'ada', viaOfTests],
      ['task.taken_back', 'ada', viaOfTests],
      ['task.reassigned', 'ada', viaOfTests],
    ]);
    await expectChain(agent, id);
  });

  it('takes remarks, which everybody who reads it sees and which decide nothing', async () => {
    const id = await waits(approvalIntent());
    const path = `/inbox/tasks/${pathOf(id)}`;
    const remark = (text: string, who = ada) =>
      who.post(path, [
        ['action', 'remark'],
        ['remark', text],
      ]);
    expect((await remark(' ')).page).toContain('A comment has 1 to 2000 characters.');
    expect(await remark('Is the <b>rollback</b> ready?')).toMatchObject({ status: 303, location: path });
    expect((await remark('Not mine.', cleo)).status).toBe(404);
    const ben = visitor(await signIn('ben'));
    const { page } = await ben.get(path);
    expect(page).toMatch(/Remark[\s\S]*By Ada Example[\s\S]*Is the &lt;b&gt;rollback&lt;\/b&gt; ready\?/);
    expect((await agent.get(id)).status).toBe('WAITING');
    const noted = (await readRecords(agent, id)).find(({ action }) => action === 'task.commented');
    expect(noted?.actor).toMatchObject({ id: 'ada', via: viaOfTests });
  });

  it('of work done takes a file of theirs, and no other’s', async () => {
    const id = await waits({ ...approvalIntent(), human_task: { title: 'Door 7', task_type: 'manual_action' } });
    const path = `/inbox/tasks/${pathOf(id)}`;
    const place = path.replace('/inbox/', '/files/');
    expect((await ada.get(path)).page).toContain(`href="${place}"`);
    expect(await nobody.get(place)).toEqual({ status: 303, page: '', location: '/inbox/sign-in' });
    expect((await cleo.get(place)).status).toBe(404);
    const { page } = await ada.get(place);
    const form = new FormData();
    for (const [, name = '', value = ''] of page.matchAll(/type="hidden" name="([^"]+)" value="([^"]*)"/g))
      form.append(name, value);
    form.append('file', new Blob(['a photo']), 'door.jpg');
    const s3 = /action="(http[^"]+)" enctype="multipart/.exec(page)?.[1] ?? '';
    const sent = await fetch(s3, { method: 'POST', body: form, redirect: 'manual' });
    const key = new URL(sent.headers.get('location') ?? '').searchParams.get('key') ?? '';
    expect(key).toMatch(/door\.jpg$/);

    const arrived = (await ada.get(`${place}?${new URLSearchParams({ key })}`)).page;
    const sha256 = /name="sha256" value="([0-9a-f]{64})"/.exec(arrived)?.[1] ?? '';
    const attach = [
      ['key', key],
      ['sha256', sha256],
    ] as const;
    expect((await ada.post(place, attach, { origin: 'https://evil.example' })).status).toBe(403);
    const ben = visitor(await signIn('ben'));
    expect((await ben.post(place, attach)).status).toBe(404);
    const attached = await ada.post(place, attach);
    expect(attached.status).toBe(303);
    const file = new URL(attached.location ?? '', 'http://x').searchParams.get('file') ?? '';
    expect(attached.location).toBe(`${path}?file=${file}`);
    expect((await ada.get(attached.location ?? '')).page).toContain('door.jpg');
    expect((await ben.get(attached.location ?? '')).page).not.toContain('door.jpg');

    const decision = [
      ['outcome', 'completed'],
      ['file', file],
      ['subject_hash', subjectHashIn((await ada.get(path)).page)],
    ] as const;
    expect((await ben.post(path, decision)).page).toContain('Show what was done');
    expect((await ada.post(path, decision)).page).toContain('Decided: completed');
    const { evidence } = (await agent.reaches(id, 'COMPLETED')).result.task_result;
    expect(evidence.media).toMatchObject({ id: file, sha256, name: 'door.jpg' });
  });

  it('of a second revision is there, too', async () => {
    const id = await waits({ ...approvalIntent(), human_task: { title: 'Newsletter', task_type: 'review' } });
    const path = `/inbox/tasks/${pathOf(id)}`;
    const hash = subjectHashIn((await ada.get(path)).page);
    const changes = [
      ['outcome', 'changes_requested'],
      ['comment', 'Say what it costs.'],
      ['subject_hash', hash],
    ] as const;
    expect((await ada.post(path, changes)).status).toBe(200);
    const { payload } = approvalIntent();
    expect((await agent.call('POST', `/v1/intents/${id}/resume`, { body: { payload } })).status).toBe(200);
    await agent.reaches(id, 'WAITING');
    const { status, page } = await ada.get(path.replace(/1$/, 'r2'));
    expect(status).toBe(200);
    expect(page).toContain('Say what it costs.');
  });

  it('is not there for others, nor under another tenant', async () => {
    const id = await waits(approvalIntent());
    const dora = visitor(await signIn(await newPerson('dora')));
    const elsewhere = pathOf(id).replace(org(), 'other');
    for (const answer of [
      await dora.get(`/inbox/tasks/${pathOf(id)}`),
      await dora.post(`/inbox/tasks/${pathOf(id)}`, [['outcome', 'approved']]),
      await ada.get(`/inbox/tasks/${elsewhere}`),
      await ada.get(`/inbox/tasks/${pathOf(id)}0`),
    ]) {
      expect(answer.status).toBe(404);
      expect(answer.page).not.toContain('Deploy v2?');
    }
    expect((await cleo.get(`/inbox?q=${org()}`)).page).toContain('Nothing fits.');
    expect((await agent.get(id)).status).toBe('WAITING');
  });

  it('is not decided by a form of another page, or of a plan that changed', async () => {
    const id = await waits(approvalIntent());
    const path = `/inbox/tasks/${pathOf(id)}`;
    const form = [
      ['outcome', 'approved'],
      ['subject_hash', subjectHashIn((await ada.get(path)).page)],
    ] as const;
    for (const headers of [{ origin: 'https://evil.example' }, { 'sec-fetch-site': 'same-site' }, {}])
      expect((await ada.post(path, form, headers as Record<string, string>)).status).toBe(403);
    const other = [form[0], ['subject_hash', '0'.repeat(64)]] as const;
    expect((await ada.post(path, other)).status).toBe(409);
    expect((await agent.get(id)).status).toBe('WAITING');
  });
});

describe('a batch', () => {
  it('decides each for what was shown of it; what is not low risk is left out, and refused where it is forced in', async () => {
    const ids = await inGroups([1, 2, 3], (n) => waits(approvalIntent({ task: `Batch ${n}?` })));
    const risky = await waits(approvalIntent({ task: 'Risky?', risk_level: 'high' }));
    const [first, second, third] = ids as [string, string, string];
    const all = [...ids, risky].map((id) => ['task', pathOf(id)] as const);

    const { page } = await ada.get(`/inbox/batch?${formBody(all)}`);
    const hashes = new Map([...page.matchAll(/name="hash:([^"]+)" value="([0-9a-f]{64})"/g)].map((m) => [m[1], m[2]]));
    expect([...hashes.keys()]).toEqual(ids.map(pathOf));
    expect(page).toMatch(/Decide 3 together[\s\S]*is left out/);
    const hashOf = (id: string) => [`hash:${pathOf(id)}`, hashes.get(pathOf(id)) ?? ''] as const;

    // Somebody else decides one meanwhile, and what is decided on in another is not what was shown.
    await decide(await linkFor(agent, second, 'ben'), 'rejected', 'No.');
    const riskyHash = subjectHashIn((await ada.get(`/inbox/tasks/${pathOf(risky)}`)).page);
    const answer = await ada.post('/inbox/batch', [
      ...all,
      hashOf(first),
      hashOf(second),
      [`hash:${pathOf(third)}`, '0'.repeat(64)],
      [`hash:${pathOf(risky)}`, riskyHash],
      ['outcome', 'approved'],
      ['reason', 'as_expected'],
      ['comment', 'All fine.'],
    ]);
    expect(answer.status).toBe(200);
    const happened = [...answer.page.matchAll(/<p>([^<]+)<\/p><\/section>/g)].map((match) => match[1]);
    expect(happened).toEqual([
      'Recorded: approved.',
      'It was decided before: rejected, by Ben Example.',
      'Not decided: What would happen has changed since this page was made. Open the link again.',
      'Not decided: This is decided on a page of its own.',
    ]);
    expect((await agent.reaches(first, 'COMPLETED')).result.task_result).toMatchObject({
      outcome: 'approved',
      reason_code: 'as_expected',
      comment: 'All fine.',
    });
    for (const id of [third, risky]) expect((await agent.get(id)).status).toBe('WAITING');
  });

  it('goes on without one that was handed on between look and send', async () => {
    const asked = { assignees: ['ada'] };
    const [gone, kept] = await inGroups(['Gone?', 'Kept?'], (title) =>
      waits({ ...approvalIntent(), human_task: { title, ...asked } }),
    );
    const both = [gone, kept].map((id) => ['task', pathOf(id as string)] as const);
    const { page } = await ada.get(`/inbox/batch?${formBody(both)}`);
    const hashes = [...page.matchAll(/name="(hash:[^"]+)" value="([0-9a-f]{64})"/g)].map(
      ([, k = '', v = '']) => [k, v] as const,
    );
    expect(hashes).toHaveLength(2);
    const headers = { ...(await keyFor(agent.tenant)), ...(await signedIn('ada')) };
    const handed = await call('POST', `/v1/tasks/${gone}.1/reassign`, headers, { to: 'ben' });
    expect(handed.status).toBe(200);
    const answer = await ada.post('/inbox/batch', [...both, ...hashes, ['outcome', 'approved']]);
    expect(answer.status).toBe(200);
    const happened = [...answer.page.matchAll(/<p>([^<]+)<\/p><\/section>/g)].map((match) => match[1]);
    expect(happened).toEqual([expect.stringContaining('waits for you no more'), 'Recorded: approved.']);
    expect(answer.page).not.toContain('Gone?');
    expect((await agent.get(gone as string)).status).toBe('WAITING');
    await agent.reaches(kept as string, 'COMPLETED');
  });

  it('asks for a comment where one is needed, and for tasks', async () => {
    const id = await waits(approvalIntent());
    const answer = await ada.post('/inbox/batch', [
      ['task', pathOf(id)],
      ['outcome', 'rejected'],
    ]);
    expect(answer.status).toBe(422);
    expect(answer.page).toContain('Say why: a comment is needed.');
    expect((await ada.get('/inbox/batch')).status).toBe(422);
    const many = Array.from({ length: 26 }, (_, n) => ['task', `${pathOf(id)}${n}`] as const);
    expect((await ada.post('/inbox/batch', [...many, ['outcome', 'approved']])).status).toBe(422);
    const stranger = await cleo.post('/inbox/batch', [['task', pathOf(id)]]);
    expect([stranger.status, stranger.page.includes('waits for you no more')]).toEqual([200, true]);
    expect(stranger.page).not.toContain('Approval');
    expect((await agent.get(id)).status).toBe('WAITING');
  });
});

describe('away', () => {
  it('is noted with who stands in, and taken back', async () => {
    const form = (over: Record<string, string>) =>
      Object.entries({ from: '2031-07-01T09:00', until: '2031-07-14T18:00', delegate: 'ada', ...over });
    const wrong = await cleo.post('/inbox/me', form({ delegate: 'cleo' }));
    expect([wrong.status, wrong.page.includes('Choose somebody of the list.')]).toEqual([422, true]);
    expect((await cleo.get('/inbox/me')).page).toContain('You are not away.');

    const saved = await cleo.post('/inbox/me', form({}));
    expect(saved.page).toMatch(/Saved[\s\S]*From Tue, 1 Jul 2031, 09:00 UTC[\s\S]*Ada Example<\/strong> stands in/);
    expect((await cleo.get('/inbox/me')).page).toContain('value="2031-07-14T18:00"');
    expect((await cleo.post('/inbox/me', [['do', 'back']])).page).toContain('You are not away.');
    expect((await cleo.get('/inbox/me')).page).toContain('You are not away.');
  });
});

describe('how somebody is told', () => {
  const id = `wim-${randomUUID().slice(0, 8)}`;
  const key = { pk: 'directory', sk: `person#${id}` };
  const channels = [
    { by: 'slack', member: 'U0123ABC' },
    { by: 'teams', webhook: 'wim-teams' },
  ];
  let wim: Visitor;
  beforeAll(async () => {
    const Item = { ...key, name: 'Wim Example', mail: `${id}@example.com`, roles: [], channels };
    await dynamo.send(new PutCommand({ TableName: tables.people, Item }));
    wim = visitor(await signIn(id));
  });
  afterAll(() => dynamo.send(new DeleteCommand({ TableName: tables.people, Key: key })));
  const stored = async () =>
    (await dynamo.send(new GetCommand({ TableName: tables.people, Key: key, ConsistentRead: true }))).Item;
  const choose = (...names: string[]) =>
    wim.post('/inbox/me', [['do', 'channels'], ...names.map((name) => ['channel', name] as const)]);

  it('is chosen among what is set up: nothing of their own invention, and never nothing', async () => {
    expect((await wim.get('/inbox/me')).page).toContain('Slack, a direct message to U0123ABC');
    for (const [names, message] of [
      [[], 'Choose at least one.'],
      [['slack:U0456DEF'], 'Choose of what is offered here.'],
      [['mail', 'teams:ada-teams'], 'Choose of what is offered here.'],
      [['https://evil.example/hook'], 'Choose of what is offered here.'],
    ] as const) {
      const answer = await choose(...names);
      expect([answer.status, answer.page.includes(message)], String(names)).toEqual([422, true]);
    }
    expect(await stored()).not.toHaveProperty('wants');
    const saved = await choose('teams:wim-teams', 'mail');
    expect([saved.status, saved.page.includes('Saved')]).toEqual([200, true]);
    expect(await stored()).toMatchObject({ channels, wants: ['mail', 'teams:wim-teams'] });
    expect((await wim.get('/inbox/me')).page).toMatch(/value="teams:wim-teams" checked/);
  });

  it('counts for what is asked next: where the chat does not take it, mail is there', async () => {
    expect((await choose('teams:wim-teams')).status).toBe(200);
    const asked = { ...approvalIntent(), human_task: { title: 'Look', assignees: [id] } };
    const intentId = await waits(asked);
    const notified = await waitFor('they are told', async () =>
      (await readRecords(agent, intentId)).find((record) => record.action === 'approver.notified'),
    );
    expect(notified.data).toMatchObject({ sent_to: [`${id}@example.com`], failed: ['teams:wim-teams'] });
  });

  it('may be once a day, or not, at a time', async () => {
    const send = (...more: [string, string][]) => wim.post('/inbox/me', [['do', 'digest'], ...more]);
    const wrong = await send(['digest', 'yes'], ['at', '25:00']);
    expect([wrong.status, wrong.page.includes('Say the time, such as 09:00.')]).toEqual([422, true]);
    expect((await send(['digest', 'yes'], ['at', '07:30'])).page).toContain('Saved');
    expect(await stored()).toMatchObject({ digest: { at: '07:30' }, channels });
    const listed = await wim.get('/inbox/me');
    expect(listed.page).toMatch(/name="digest" value="yes" checked[\s\S]*name="at" value="07:30"/);
    expect((await send(['at', '07:30'])).status).toBe(200);
    expect(await stored()).toMatchObject({ digest: { at: '07:30', off: true } });
  });

  it('is not saved by a form of another page, nor for nobody', async () => {
    const before = await stored();
    const form = [
      ['do', 'channels'],
      ['channel', 'mail'],
    ] as const;
    expect((await wim.post('/inbox/me', form, { origin: 'https://evil.example' })).status).toBe(403);
    expect((await nobody.post('/inbox/me', form)).status).toBe(303);
    expect(await stored()).toEqual(before);
  });
});
