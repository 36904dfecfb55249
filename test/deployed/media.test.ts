/** Files: uploaded straight to S3, checked, put away by their hash, given back only to be saved. */

import { createHash, randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { maxMediaBytes } from '../../core/evidence.ts';
import { call, signedIn } from './people.ts';
import { type Agent, approvalIntent, newAgent, uploadOf, waitFor } from './world.ts';

const bytes = Buffer.from('%PDF-1.7 not really');
const sha256 = createHash('sha256').update(bytes).digest('hex');

const post = (agent: Agent, what: string, body: object) => agent.call('POST', `/v1/media/${what}`, { body });
const create = (agent: Agent, more: object = {}) =>
  post(agent, 'create-upload', {
    owner_agent: agent.address,
    filename: 'r.pdf',
    mime_type: 'application/pdf',
    size_bytes: bytes.length,
    ...more,
  });
const put = (address: string, body: Uint8Array, headers: Record<string, string> = {}) =>
  fetch(address, { method: 'PUT', body: new Blob([Buffer.from(body)]), headers });

describe('a file', () => {
  it('is uploaded, finalised and read again, as often as anybody asks', async () => {
    const agent = await newAgent();
    const created = await create(agent, { sha256, filename: 'Rechnung (März)".pdf' });
    expect(created.body).toMatchObject({ ok: true, status: 'pending', max_size_bytes: maxMediaBytes });
    const { upload_id, upload_url } = created.body;
    expect((await agent.call('GET', `/v1/media/${upload_id}`)).body.upload).toMatchObject({
      status: 'pending',
      download_url: null,
    });
    expect((await put(upload_url, bytes, { 'content-type': 'application/pdf' })).status).toBe(200);
    const asked = { upload_id, size_bytes: bytes.length, sha256 };
    const first = await post(agent, 'finalize-upload', asked);
    expect(first.body).toMatchObject({ status: 'ready', sha256, mime_type: 'application/pdf' });
    expect(first.body.object_path).toMatch(new RegExp(`^media/[0-9a-f]{64}/${sha256}$`));
    expect((await post(agent, 'finalize-upload', asked)).body).toEqual(first.body);

    // What comes afterwards under the same address changes nothing.
    await put(upload_url, Buffer.from('%PDF-1.7 something else').subarray(0, bytes.length));
    const { upload } = (await agent.call('GET', `/v1/media/${upload_id}`)).body;
    expect(upload).toMatchObject({ status: 'ready', sha256, filename: 'Rechnung (März)".pdf', preview_url: null });
    const read = await fetch(upload.download_url);
    expect(Buffer.from(await read.arrayBuffer()).equals(bytes)).toBe(true);
    expect(read.headers.get('content-disposition')).toBe(
      "attachment; filename*=UTF-8''Rechnung%20%28M%C3%A4rz%29%22.pdf",
    );
    expect(read.headers.get('content-type')).toBe('application/octet-stream');
  });

  it('is known in its tenant only', async () => {
    const [agent, stranger] = [await newAgent(), await newAgent()];
    const upload = await uploadOf(agent, bytes);
    expect((await post(stranger, 'finalize-upload', upload)).status).toBe(404);
    expect((await post(agent, 'finalize-upload', upload)).status).toBe(200);
    expect((await stranger.call('GET', `/v1/media/${upload.upload_id}`)).status).toBe(404);
    expect((await agent.call('GET', `/v1/media/${upload.upload_id}?owner_agent=x`)).status).toBe(422);
    expect((await create(stranger, { owner_agent: agent.address })).body).toMatchObject({
      code: 'schema_invalid',
      error: { details: { field: 'owner_agent' } },
    });
  });

  it('needs a key', async () => {
    const agent = await newAgent();
    const answer = await agent.call('POST', '/v1/media/create-upload', { headers: { 'x-api-key': 'wrong' }, body: {} });
    expect(answer).toMatchObject({ status: 401, body: { code: 'invalid_platform_api_key' } });
  });
});

describe('a person’s file', () => {
  const asked = async (agent: Agent) => {
    const human_task = { title: 'Unlock door 7', task_type: 'manual_action' };
    const id = await agent.submit({ ...approvalIntent(), human_task });
    await agent.reaches(id, 'WAITING');
    return id;
  };
  const said = (agent: Agent, task_id: string) => ({
    owner_agent: agent.address,
    filename: 'door.jpg',
    mime_type: 'image/jpeg',
    size_bytes: bytes.length,
    task_id,
  });

  it('is uploaded with a session alone, counts for their task and them, and is read by the agent', async () => {
    const agent = await newAgent();
    const [id, other] = [await asked(agent), await asked(agent)];
    const [ada, ben] = [await signedIn('ada'), await signedIn('ben')];
    const created = await call('POST', '/v1/media/create-upload', ada, said(agent, `${id}.1`));
    expect(created).toMatchObject({ status: 200, body: { status: 'pending', owner_agent: agent.address } });
    const { upload_id, upload_url } = created.body;
    expect((await put(upload_url, bytes, { 'content-type': 'image/jpeg' })).status).toBe(200);
    const finish = { upload_id, size_bytes: bytes.length, owner_agent: agent.address };
    expect((await call('POST', '/v1/media/finalize-upload', ben, finish)).status).toBe(404);
    expect((await post(agent, 'finalize-upload', { upload_id, size_bytes: bytes.length })).status).toBe(404);
    const done = await call('POST', '/v1/media/finalize-upload', ada, finish);
    expect(done).toMatchObject({ status: 200, body: { status: 'ready', sha256 } });

    const own = `/v1/media/${upload_id}?owner_agent=${encodeURIComponent(agent.address)}`;
    expect((await call('GET', own, ada)).body.upload).toMatchObject({ status: 'ready', filename: 'door.jpg' });
    expect((await call('GET', own, ben)).status).toBe(404);
    expect((await call('GET', `/v1/media/${upload_id}`, ada)).status).toBe(422);

    const decide = async (who: Record<string, string>, task: string) => {
      const { plan_hash } = await waitFor('the task is listed', async () => {
        const { body } = await call('GET', `/v1/tasks/${task}`, who);
        return body.task;
      });
      const decision = { outcome: 'completed', reason_code: 'as_asked', plan_hash, evidence: { media_id: upload_id } };
      return call('POST', `/v1/tasks/${task}/decision`, who, decision);
    };
    for (const [who, task] of [
      [ben, `${id}.1`],
      [ada, `${other}.1`],
    ] as const)
      expect(await decide(who, task)).toMatchObject({
        status: 422,
        body: { error: { details: { field: 'evidence.media_id' } } },
      });
    expect((await decide(ada, `${id}.1`)).status).toBe(200);
    const { evidence } = (await agent.reaches(id, 'COMPLETED')).result.task_result;
    expect(evidence.media).toMatchObject({ id: upload_id, sha256, name: 'door.jpg' });
    const { upload } = (await agent.call('GET', `/v1/media/${upload_id}`)).body;
    expect(Buffer.from(await (await fetch(upload.download_url)).arrayBuffer()).equals(bytes)).toBe(true);
  });

  it('is not taken without a person, for a task that asks others, or for one that takes none', async () => {
    const agent = await newAgent();
    const id = await asked(agent);
    const create = (who: Record<string, string>, more: object = {}) =>
      call('POST', '/v1/media/create-upload', who, { ...said(agent, `${id}.1`), ...more });
    expect(await create({ 'x-api-key': agent.key })).toMatchObject({
      status: 401,
      body: { code: 'missing_actor_token' },
    });
    expect(await create({})).toMatchObject({ status: 401, body: { code: 'missing_platform_api_key' } });
    expect((await create(await signedIn('cleo'))).status).toBe(404);
    const ada = await signedIn('ada');
    expect((await create(ada, { owner_agent: 'agent://other/main/bot' })).status).toBe(404);
    expect((await create(ada, { task_id: undefined })).status).toBe(422);
    const plain = await agent.submit(approvalIntent());
    await agent.reaches(plain, 'WAITING');
    expect((await create(ada, { task_id: `${plain}.1` })).status).toBe(404);
    const over = { authorization: `Bearer hp_ps_${'x'.repeat(43)}` };
    expect(await create(over)).toMatchObject({ status: 401, body: { code: 'invalid_actor_token' } });
  });
});

describe('what is refused', () => {
  it('a file that has not come, an id that nobody was given', async () => {
    const agent = await newAgent();
    const { upload_id } = (await create(agent)).body;
    expect(await post(agent, 'finalize-upload', { upload_id, size_bytes: bytes.length })).toMatchObject({
      status: 409,
      body: { code: 'upload_missing' },
    });
    const unknown = { upload_id: randomUUID(), size_bytes: 1 };
    expect((await post(agent, 'finalize-upload', unknown)).status).toBe(404);
    expect((await agent.call('GET', '/v1/media/..%2Fx')).status).toBe(404);
  });

  it('a file that is not what was said: its hash, its size, its type', async () => {
    const agent = await newAgent();
    const wrong = async (more: object, body: Uint8Array, asked: object, headers: Record<string, string> = {}) => {
      const { upload_id, upload_url } = (await create(agent, more)).body;
      await put(upload_url, body, headers);
      const answer = await post(agent, 'finalize-upload', { upload_id, size_bytes: bytes.length, ...asked });
      expect((await agent.call('GET', `/v1/media/${upload_id}`)).body.upload.status).toBe('pending');
      return [answer.status, answer.body.code, answer.body.error?.details?.field];
    };
    const other = Buffer.from(bytes).fill('x');
    expect(await wrong({ sha256 }, other, {})).toEqual([409, 'media_mismatch', 'sha256']);
    expect(await wrong({}, bytes, { sha256: '0'.repeat(64) })).toEqual([409, 'media_mismatch', 'sha256']);
    expect(await wrong({}, bytes, { size_bytes: 3 })).toEqual([409, 'media_mismatch', 'size_bytes']);
    expect(await wrong({}, bytes, {}, { 'content-type': 'text/html' })).toEqual([409, 'media_mismatch', 'mime_type']);
  });

  it('a file over ten megabytes, or no media type', async () => {
    const agent = await newAgent();
    expect(await create(agent, { size_bytes: maxMediaBytes + 1 })).toMatchObject({
      status: 413,
      body: { code: 'payload_too_large' },
    });
    expect((await create(agent, { mime_type: 'text/html\r\nx: y' })).status).toBe(422);
  });

  it('an address whose signature was touched, and the bucket without one', async () => {
    const agent = await newAgent();
    const { upload_url, object_path } = (await create(agent)).body;
    const elsewhere = upload_url.replace(object_path, `${object_path}x`);
    expect((await put(elsewhere, bytes)).status).toBe(403);
  });
});
