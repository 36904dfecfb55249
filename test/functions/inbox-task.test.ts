/** A task's page in the inbox and its forms, over the store in memory: who is shown what, and what each form does. */

import { describe, expect, it, vi } from 'vitest';
import type { HttpEvent } from '../../adapters/lambda/http.ts';
import type { StoredMedia } from '../../adapters/media-rows.ts';
import { Conflict, NotFound, PolicyDenied } from '../../core/errors.ts';
import type { HumanTask, Task } from '../../core/model.ts';
import type { Visitor } from '../../functions/inbox/ports.ts';
import * as given from '../core/builders.ts';
import { type Story, waitingApproval } from '../core/story.ts';

const world = vi.hoisted(() => ({ told: undefined as Story | undefined, files: new Map<string, StoredMedia>() }));
const told = () => world.told as Story;

vi.mock('../../functions/inbox/ports.ts', () => ({
  client: {},
  tables: { intents: 'Intents' },
  store: new Proxy({}, { get: (_, name) => told().store[name as 'load'] }),
}));
vi.mock('../../adapters/media-rows.ts', async (original) => ({
  ...(await original<object>()),
  mediaRows: () => ({ findMedia: async (_: string, id: string) => world.files.get(id) }),
}));
vi.mock('../../adapters/lambda/context.ts', () => ({ context: () => told().context() }));
Object.assign(process.env, { POWERTOOLS_LOG_LEVEL: 'SILENT' });

const { postTask, showTask } = await import('../../functions/inbox/task.ts');

const via = 'signed in by a test';
const visitor = (id: string, directory = given.directory): Visitor => {
  const person = given.directory.find(id) as NonNullable<ReturnType<typeof given.directory.find>>;
  return { session: { personId: id, via, createdAt: '', expiresAt: '', person }, directory };
};

async function house(humanTask: HumanTask = { title: 'Deploy v2?', assignees: ['ada'] }) {
  world.told = (await waitingApproval({ humanTask })).told;
  world.files.clear();
  const { task } = await told().state();
  const rawPath = `/inbox/tasks/${given.tenant}/${task?.taskId}`;
  const event = (more: object = {}) => ({ rawPath, headers: {}, ...more }) as unknown as HttpEvent;
  return {
    rawPath,
    taskNow: async () => (await told().state()).task as Task,
    show: async (who: string, query: Record<string, string> = {}, directory = given.directory) => {
      const answer = await showTask(
        event({ rawQueryString: `${new URLSearchParams(query)}` }),
        visitor(who, directory),
      );
      return String(answer.body);
    },
    post: async (who: string, form: Record<string, string>) => {
      const answer = await postTask(event({ body: new URLSearchParams(form).toString() }), visitor(who));
      return { status: answer.statusCode, page: String(answer.body), location: answer.headers?.location };
    },
  };
}

const handTo = (to: string, note = 'You know the customer.') => ({ action: 'reassign', to, note });

describe('somebody else', () => {
  it('is asked from then on, with a note; the one before reads who is, and takes it back', async () => {
    const { show, post, taskNow, rawPath } = await house();
    expect(await show('ada')).toMatch(/<option value="ben"[^>]*>Ben Example<\/option>/);
    expect(await post('ada', handTo('ben'))).toMatchObject({ status: 303, location: rawPath });
    expect((await taskNow()).approvers).toMatchObject([
      { id: 'ben', for: { id: 'ada', note: 'You know the customer.' } },
    ]);
    expect(await show('ada')).toMatch(
      /You are not asked to decide this\. It waits for Ben Example\.[\s\S]*Take it back/,
    );
    expect(await show('ada')).not.toContain('subject_hash');
    expect(await show('ben')).toMatch(/Ada Example<\/strong> has handed this over[\s\S]*You know the customer/);

    expect(await post('ada', { action: 'take-back' })).toMatchObject({ status: 303, location: rawPath });
    expect((await taskNow()).approvers.map(({ id }) => id)).toEqual(['ada']);
    await expect(show('ben')).rejects.toThrow(NotFound);
    const actions = told()
      .store.records(told().ref)
      .map(({ action }) => action);
    expect(actions.slice(-2)).toEqual(['task.reassigned', 'task.taken_back']);
  });

  it('is chosen among those who may decide; what was entered stays where it is refused', async () => {
    const { post, taskNow } = await house();
    const refused = await post('ada', handTo('nobody', 'Kept <b>.'));
    expect(refused.status).toBe(422);
    expect(refused.page).toContain('Choose somebody who may decide this.');
    expect(refused.page).toMatch(/Kept (&lt;|&#60;)b(&gt;|&#62;)\.<\/textarea>/);
    expect((await post('ada', handTo('ben', 'x'.repeat(2001)))).page).toContain('A note has at most');
    await expect(post('cleo', handTo('ben'))).rejects.toThrow(NotFound);
    expect((await taskNow()).approvers.map(({ id }) => id)).toEqual(['ada']);
  });

  it('cannot have it taken back once they have decided', async () => {
    const { post, taskNow } = await house();
    await post('ada', handTo('ben'));
    const { subjectHash: subject_hash } = await taskNow();
    await expect(post('ada', { outcome: 'approved', subject_hash })).rejects.toThrow(PolicyDenied);
    expect((await post('ben', { outcome: 'approved', subject_hash })).page).toContain('in the place of Ada Example');
    await expect(post('ada', { action: 'take-back' })).rejects.toThrow(Conflict);
    await expect(post('cleo', { action: 'take-back' })).rejects.toThrow(NotFound);
  });
});

describe('a remark', () => {
  it('is kept under the name of whoever signed in, and leads back to the page', async () => {
    const { post, show, rawPath } = await house({ title: 'Deploy v2?' });
    expect(await post('ada', { action: 'remark', remark: 'Is <i>it</i> ready?' })).toMatchObject({
      status: 303,
      location: rawPath,
    });
    expect(await show('ben')).toMatch(/By Ada Example\.[\s\S]*Is &lt;i&gt;it&lt;\/i&gt; ready\?/);
    const empty = await post('ada', { action: 'remark', remark: ' ' });
    expect([empty.status, empty.page.includes('A comment has 1 to')]).toEqual([422, true]);
    await expect(post('cleo', { action: 'remark', remark: 'Not mine.' })).rejects.toThrow(NotFound);
    expect(told().store.records(told().ref).at(-1)).toMatchObject({ action: 'task.commented' });
  });
});

describe('what is asked', () => {
  it('is shown only to who may decide it, as the directory is now', async () => {
    const { show } = await house({ title: 'Deploy v2?' });
    await expect(show('ada', {}, given.directoryWithout('ada', ['finance']))).rejects.toThrow(NotFound);
    expect(await show('ada')).toContain('subject_hash');
  });

  it('is over with its deadline', async () => {
    const { show, taskNow } = await house({ title: 'Deploy v2?' });
    told().goTo((await taskNow()).ladder.at(-1)?.at as string);
    expect(await show('ada')).toContain('It can no longer be decided.');
  });

  it.each(['constructor', 'toString', 'no such form'])('is decided by no form called %s', async (action) => {
    const { post, taskNow } = await house();
    const { subjectHash: subject_hash } = await taskNow();
    expect((await post('ada', { action, remark: 'x', subject_hash })).page).toContain('Choose one of');
    expect((await told().state()).task?.status).toBe('open');
  });
});

describe('a file', () => {
  const id = '00000000-0000-4000-8000-00000000abcd';
  const file = (of: object) =>
    ({ id, name: 'door 7.jpg', sha256: 'a'.repeat(64), bytes: 9, contentType: 'image/jpeg', for: of }) as StoredMedia;

  it('is evidence of the task and person that it was attached for, and of no other', async () => {
    const { show, post, taskNow } = await house({ title: 'Unlock', task_type: 'manual_action' });
    const { taskId, subjectHash: subject_hash } = await taskNow();
    expect(await show('ada')).toContain(`href="/files/tasks/${given.tenant}/${taskId}"`);
    for (const of of [
      { taskId, personId: 'ben' },
      { taskId: 'other.1', personId: 'ada' },
    ]) {
      world.files.set(id, file(of));
      expect(await show('ada', { file: id })).not.toContain('door 7.jpg');
      const refused = await post('ada', { outcome: 'completed', file: id, subject_hash });
      expect([refused.status, refused.page.includes('Show what was done')]).toEqual([422, true]);
    }
    world.files.set(id, file({ taskId, personId: 'ada' }));
    expect(await show('ada', { file: id })).toContain('door 7.jpg');
    expect((await post('ada', { outcome: 'completed', file: id, subject_hash })).page).toContain('Decided: completed');
    expect((await taskNow()).decision?.evidence?.media).toMatchObject({ id, name: 'door 7.jpg' });
  });
});
