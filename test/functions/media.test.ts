/** Files that people attach: only to their own open task, only as they were shown; and S3 never learns a link. */

import { describe, expect, it } from 'vitest';
import type { ApiKey } from '../../adapters/keys.ts';
import type { HttpEvent, HttpResult } from '../../adapters/lambda/http.ts';
import { type Arrived, type MediaFiles, mediaKey, uploadKey } from '../../adapters/media.ts';
import { type MediaRows, mediaRows, type StoredMedia } from '../../adapters/media-rows.ts';
import { perform } from '../../core/commit.ts';
import { Directory, type Person } from '../../core/directory.ts';
import { Conflict, InvalidInput, NotFound, Unauthorized } from '../../core/errors.ts';
import { sha256 } from '../../core/hash.ts';
import { reassign } from '../../core/rules/delegate.ts';
import { placeInInbox, placeOfLink } from '../../functions/media/places.ts';
import { taskFiles } from '../../functions/media/task-files.ts';
import { mayFinish, mayRead, newUploader, uploaderOf } from '../../functions/media/uploader.ts';
import { create } from '../../functions/media/uploads.ts';
import type { Caller } from '../../functions/tasks/caller.ts';
import * as given from '../core/builders.ts';
import { waitingApproval } from '../core/story.ts';
import { memoryClient } from './memory-client.ts';

const hash = sha256('a photo');
const form = { url: 'https://bucket.s3.eu-central-1.amazonaws.com/', fields: { key: 'k', Policy: 'p' } };

/** S3 and the rows in memory. */
function storage() {
  const objects = new Map<string, Arrived>();
  const kept: string[] = [];
  const media = new Map<string, StoredMedia>();
  const asked: { prefix: string; redirect: string }[] = [];
  const files = {
    form: async (prefix: string, redirect: string) => {
      asked.push({ prefix, redirect });
      return form;
    },
    arrived: async (key: string) => objects.get(key) ?? 'missing',
    keep: async (tenant: string, { sha256 }: Arrived) => void kept.push(mediaKey(tenant, sha256)),
  } as unknown as MediaFiles;
  const rows = {
    putMedia: async (one: StoredMedia) => {
      const stored = media.get(one.id) ?? one;
      media.set(one.id, stored);
      return stored;
    },
  } as unknown as MediaRows;
  const upload = (key: string, text = 'a photo') =>
    objects.set(key, { bytes: Buffer.from(text), sha256: sha256(text), contentType: undefined });
  return { files, rows, kept, media, asked, upload };
}

async function house(task_type = 'manual_action') {
  const { told, links } = await waitingApproval({ humanTask: { title: 'Unlock', task_type } });
  const place = storage();
  const linkIds = new Map<string, string>();
  for (const [person, hash] of Object.entries(links))
    linkIds.set(person, (await told.store.findLink(hash))?.linkId ?? '');
  const secretOf = (person: string) => `secret of ${linkIds.get(person)}`;
  let directory = given.directory;
  /** The directory is another one from now on. */
  const becomes = (next: Directory) => {
    directory = next;
  };
  const pages = taskFiles({ rows: place.rows, files: place.files, baseUrl: 'https://hp.example' });
  const event = (path: string, query: Record<string, string> = {}, headers: Record<string, string> = {}) =>
    ({ rawPath: path, rawQueryString: `${new URLSearchParams(query)}`, headers }) as unknown as HttpEvent;
  const { taskId } = (await told.state()).task ?? { taskId: '' };
  const keyFor = (person: string, name = 'door.jpg', of = taskId) =>
    `${uploadKey(given.tenant, of, sha256(person))}/00000000-0000-4000-8000-00000000abcd/${name}`;
  const at = (secret: string) => placeOfLink(told.store, secret, directory, told.now());
  const show = async (secret: string, query = {}) =>
    pages.show(event(`/files/${secret}`, query), await at(secret), told.context());
  const attach = async (secret: string, fields: Record<string, string>) =>
    pages.attach(new URLSearchParams(fields), await at(secret), told.context());
  return { told, links, ...place, pages, event, secretOf, keyFor, show, attach, becomes };
}

const text = (answer: HttpResult) => String(answer.body);

describe('the page of a file', () => {
  it('posts to S3 and nowhere else, and gives S3 no link', async () => {
    const { show, secretOf, asked } = await house();
    const secret = secretOf('ada');
    const answer = await show(secret);
    expect(answer.headers?.['content-security-policy']).toContain(
      "form-action 'self' https://bucket.s3.eu-central-1.amazonaws.com;",
    );
    expect(answer.headers?.['referrer-policy']).toBe('no-referrer');
    expect(asked).toEqual([
      { prefix: expect.stringContaining(sha256('ada')), redirect: 'https://hp.example/files/back' },
    ]);
    expect(JSON.stringify(asked)).not.toContain(secret);
    expect(answer.headers?.['set-cookie']).toMatch(/^__Host-holdpoint-file=.*HttpOnly; Secure; SameSite=Lax; Path=\//);
  });

  it('is not there for a link that is unknown, decided, replaced, or of a task that takes no file', async () => {
    const { show, secretOf, told, links } = await house();
    await expect(show('unknown')).rejects.toThrow(NotFound);
    await told.decide(links.ada as string, { outcome: 'failed', comment: 'no' });
    await expect(show(secretOf('ada'))).rejects.toThrow(NotFound);
    const other = await house('approval');
    await expect(other.show(other.secretOf('ada'))).rejects.toThrow(NotFound);
  });

  type House = Awaited<ReturnType<typeof house>>;
  it.each<[string, (h: House) => unknown]>([
    [
      'was handed over',
      ({ told, links }) =>
        perform(told.store, told.ref, { linkHash: links.ada as string }, told.context, (state, at) =>
          reassign(state, { by: 'link' }, { to: 'ben', note: '' }, given.directory, at),
        ),
    ],
    ['has lost its role', ({ becomes }) => becomes(given.directoryWithout('ada', ['finance']))],
    ['is of somebody who has left', ({ becomes }) => becomes(given.directoryWithout('ada'))],
    [
      'was revoked',
      ({ becomes, told }) =>
        becomes(
          new Directory(
            given.directory.everybody.map((one) => (one.id === 'ada' ? { ...one, revokedAt: told.now() } : one)),
          ),
        ),
    ],
    ['is over its deadline', ({ told }) => told.pass(30 * 86_400)],
  ])('is not there any more once the link %s, and takes nothing', async (_, happens) => {
    const h = await house();
    const [secret, key] = [h.secretOf('ada'), h.keyFor('ada')];
    h.upload(key);
    expect((await h.show(secret, { key })).statusCode).toBe(200);
    await happens(h);
    await expect(h.show(secret)).rejects.toThrow(NotFound);
    await expect(h.show(secret, { key })).rejects.toThrow(NotFound);
    await expect(h.attach(secret, { key, sha256: hash })).rejects.toThrow(NotFound);
    expect(h.media.size).toBe(0);
  });

  it('shows what has arrived, changes nothing by it, and is attached only as it was shown', async () => {
    const { show, attach, secretOf, keyFor, upload, media, kept } = await house();
    const [secret, key] = [secretOf('ada'), keyFor('ada')];
    upload(key);
    const shown = text(await show(secret, { key }));
    expect(shown).toContain(hash.slice(12));
    expect(shown).toContain('door.jpg');
    expect([media.size, kept]).toEqual([0, []]);

    upload(key, 'another photo');
    await expect(attach(secret, { key, sha256: hash })).rejects.toThrow(Conflict);
    expect(media.size).toBe(0);

    upload(key);
    const first = await attach(secret, { key, sha256: hash });
    expect(first.statusCode).toBe(303);
    const id = new URL(String(first.headers?.location), 'https://hp.example').searchParams.get('file') ?? '';
    expect(media.get(id)).toMatchObject({ sha256: hash, name: 'door.jpg', for: { personId: 'ada' } });
    expect(kept).toEqual([mediaKey(given.tenant, hash)]);
    expect((await attach(secret, { key, sha256: hash })).headers?.location).toBe(first.headers?.location);
  });

  it.each([
    ['of another person', (h: Awaited<ReturnType<typeof house>>) => h.keyFor('ben')],
    ['of another task', (h: Awaited<ReturnType<typeof house>>) => h.keyFor('ada', 'x', 'other.1')],
    ['of another tenant', () => `${uploadKey('other/main', 't', sha256('ada'))}/x/y`],
    ['that was put away', () => mediaKey(given.tenant, hash)],
    ['whose name climbs', (h: Awaited<ReturnType<typeof house>>) => h.keyFor('ada').replace(/[^/]*\/[^/]*$/, '../x/y')],
  ])('takes no file %s', async (_, keyOf) => {
    const h = await house();
    const key = keyOf(h);
    h.upload(key);
    expect(text(await h.show(h.secretOf('ada'), { key }))).toContain('has not arrived');
    await expect(h.attach(h.secretOf('ada'), { key, sha256: hash })).rejects.toThrow(NotFound);
    expect(h.media.size).toBe(0);
  });
});

describe('the place of somebody who is signed in', () => {
  const ada = { person: given.directory.find('ada') as Person };
  const named = async (h: Awaited<ReturnType<typeof house>>) =>
    `tasks/${given.tenant}/${(await h.told.state()).task?.taskId}`;
  const placeOf = async (h: Awaited<ReturnType<typeof house>>, who = ada, people = given.directory) =>
    placeInInbox(h.told.store, await named(h), who, people, h.told.now());

  it('is theirs at their task: what they upload lies where it does by their link, and leads back to the inbox', async () => {
    const h = await house();
    const [name, key] = [await named(h), h.keyFor('ada')];
    h.upload(key);
    const place = await placeOf(h);
    const shown = await h.pages.show(h.event(`/files/${name}`, { key }), place, h.told.context());
    expect(text(shown)).toContain('door.jpg');
    expect(text(shown)).toContain('aria-label="Inbox"');
    expect(text(shown)).toContain(`action="/files/${name}"`);
    const done = await h.pages.attach(new URLSearchParams({ key, sha256: hash }), place, h.told.context());
    expect(String(done.headers?.location)).toMatch(new RegExp(`^/inbox/${name}\\?file=`));
    expect([...h.media.values()]).toMatchObject([{ for: { personId: 'ada' }, tenant: given.tenant }]);
  });

  it('is nowhere for whoever is not asked now, nor where no file is taken', async () => {
    const h = await house();
    const cleo = { person: given.directory.find('cleo') as Person };
    await expect(placeOf(h, cleo)).rejects.toThrow(NotFound);
    await expect(placeOf(h, ada, given.directoryWithout('ada', ['finance']))).rejects.toThrow(NotFound);
    await expect(placeOf(await house('approval'))).rejects.toThrow(NotFound);
    await h.told.decide(h.links.ada as string, { outcome: 'failed', comment: 'no' });
    await expect(placeOf(h)).rejects.toThrow(NotFound);
    for (const name of ['tasks/acme/shop/../x', 'tasks/acme/shop', 'tasks/acme/shop/not-a-task', `${await named(h)}/x`])
      await expect(placeInInbox(h.told.store, name, ada, given.directory, given.start)).rejects.toThrow(NotFound);
  });
});

describe('who uploads by API', () => {
  const person = { id: 'ada', via: 'signed in', signedIn: true };
  const key = { tenant: given.tenant } as ApiKey;
  const owner_agent = given.agent;

  it('is an agent by its key, or a person by their session, whose tenant the agent’s address says', () => {
    expect(uploaderOf({ key, person: undefined }, undefined)).toMatchObject({ tenant: given.tenant, byKey: true });
    expect(uploaderOf({ key: undefined, person }, owner_agent)).toEqual({
      tenant: given.tenant,
      byKey: false,
      personId: 'ada',
    });
    for (const wrong of [undefined, 'bot', 'agent://bot', 'agent://acme/bot'])
      expect(() => uploaderOf({ key: undefined, person }, wrong)).toThrow(InvalidInput);
    expect(() => uploaderOf({ key: undefined, person: undefined }, owner_agent)).toThrow(Unauthorized);
  });

  it('uploads for a task only as a person whom it asks', async () => {
    const { told } = await house();
    const known = { store: told.store, directory: given.directory, now: told.now() };
    const task_id = (await told.state()).task?.taskId ?? '';
    const asked = { owner_agent, task_id };
    const of = { taskId: task_id, personId: 'ada' };
    expect(await newUploader({ key: undefined, person }, asked, known)).toMatchObject({ of, byKey: false });
    expect(await newUploader({ key, person }, asked, known)).toMatchObject({ of, byKey: true });
    const refused = (caller: Caller, given = asked) => expect(newUploader(caller, given as never, known)).rejects;
    await refused({ key, person: undefined }).toThrow(Unauthorized);
    await refused({ key: undefined, person: { ...person, id: 'cleo' } }).toThrow(NotFound);
    await refused({ key: { ...key, tenant: 'other/main' }, person }).toThrow(NotFound);
    await refused({ key: undefined, person }, { ...asked, owner_agent: 'agent://other/main/bot' }).toThrow(NotFound);
    await refused({ key: undefined, person }, { owner_agent } as never).toThrow(InvalidInput);
    expect(await newUploader({ key, person: undefined }, { owner_agent }, known)).not.toHaveProperty('of');
  });

  it('finishes what is theirs alone; agents read what people show them', () => {
    const [agent, ada, ben] = [
      { tenant: given.tenant, byKey: true },
      { tenant: given.tenant, byKey: false, personId: 'ada' },
      { tenant: given.tenant, byKey: false, personId: 'ben' },
    ];
    const [theirs, adas] = [{}, { for: { taskId: 't.1', personId: 'ada' } }];
    expect([agent, ada, ben].map((who) => mayFinish(adas, who))).toEqual([false, true, false]);
    expect([agent, ada, ben].map((who) => mayFinish(theirs, who))).toEqual([true, false, false]);
    expect([agent, ada, ben].map((who) => mayRead(adas, who))).toEqual([true, true, false]);
    expect([agent, ada, ben].map((who) => mayRead(theirs, who))).toEqual([true, false, false]);
  });
});

describe('an upload that is asked for again', () => {
  const agent = { tenant: given.tenant, byKey: true };
  const asked = { owner_agent: given.agent, filename: 'door.jpg', mime_type: 'image/jpeg', size_bytes: 9 };
  const known = { key: 'repeat', requestHash: 'h' };

  function ports() {
    const { client, rows } = memoryClient();
    const files = {
      bucket: 'media',
      putAddress: async (key: string, _bytes: number, seconds: number) =>
        `https://s3.example/${key}?expires=${seconds}`,
    } as unknown as MediaFiles;
    const newId = given.idsInOrder();
    const all = { rows: mediaRows(client, 'Intents'), files };
    return {
      rows,
      create: (now: string, repeat?: typeof known) =>
        create(all, agent, { ...asked, ttl_seconds: 600 }, given.contextAt(now, newId), repeat),
    };
  }

  it('is the same one by its Idempotency-Key, with an address for what is left of its time', async () => {
    const at = ports();
    const first = await at.create(given.start, known);
    const again = await at.create(given.later(given.start, 60), known);
    expect({ ...again, upload_url: '' }).toEqual({ ...first, upload_url: '' });
    expect([first, again].map(({ upload_url }) => upload_url.split('?')[1])).toEqual(['expires=600', 'expires=540']);
    expect([...at.rows.values()].filter(({ sk }) => sk === 'upload')).toHaveLength(1);
    expect(JSON.stringify([...at.rows])).not.toContain('https://s3.example');
    // Over: what was said is said again, with an address that S3 signs, and takes nothing.
    expect((await at.create(given.later(given.start, 3600), known)).upload_url).toContain('expires=1');
  });

  it('is another without a key, and a conflict with another body', async () => {
    const at = ports();
    await at.create(given.start, known);
    await expect(at.create(given.start, { ...known, requestHash: 'other' })).rejects.toThrow(Conflict);
    const [one, other] = [await at.create(given.start), await at.create(given.start)];
    expect(one.upload_id).not.toBe(other.upload_id);
  });
});

describe('the way back from S3', () => {
  it('leads to the link of this browser, whether the cookie comes in a list or a header', async () => {
    const { pages, event } = await house();
    const secret = 'x'.repeat(43);
    const cookie = `__Host-holdpoint-file=${secret}`;
    const query = { key: 'uploads/a b', bucket: 'b', etag: '"1"' };
    const there = `/files/${secret}?key=uploads%2Fa+b`;
    expect(pages.back(event('/files/back', query, { cookie: `a=b; ${cookie}` })).headers?.location).toBe(there);
    const listed = { ...event('/files/back', query), cookies: [cookie] } as HttpEvent;
    expect(pages.back(listed).headers?.location).toBe(there);
  });

  it('to the inbox is a page of ours, since the session’s cookie does not come along from another site', async () => {
    const { pages, event } = await house();
    const name = 'tasks/acme/shop/00000000-0000-4000-8000-000000000001.1';
    const cookie = `__Host-holdpoint-file=${name}`;
    const answer = pages.back(event('/files/back', { key: 'a"; url=//evil' }, { cookie }));
    expect(answer.statusCode).toBe(200);
    const to = `/files/${name}?key=a%22%3B+url%3D%2F%2Fevil`;
    expect(answer.headers?.refresh).toBe(`0; url=${to}`);
    expect(text(answer)).toContain(`<a href="${to}">`);
  });

  it.each([
    '',
    'https://evil.example/',
    '../../v1',
    `${'x'.repeat(43)}/..`,
    'tasks/../../v1/intents',
    'tasks/acme/shop/x',
    'tasks//evil.example/00000000-0000-4000-8000-000000000001.1',
  ])('leads nowhere with %j', async (secret) => {
    const { pages, event } = await house();
    const answer = pages.back(event('/files/back', {}, { cookie: `__Host-holdpoint-file=${secret}` }));
    expect(answer.statusCode).toBe(200);
    expect(answer.headers?.location).toBeUndefined();
  });
});
