import { randomBytes } from 'node:crypto';
import { ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import { beforeAll, expect, it } from 'vitest';
import { sha256 } from '../../core/hash.ts';
import {
  type Agent,
  approvalIntent,
  aws,
  decide,
  expectChain,
  linkFor,
  newAgent,
  records,
  rows,
  stack,
} from './world.ts';

let agent: Agent;
beforeAll(async () => {
  agent = await newAgent();
});

const path = (id: string) => `/v1/intents/${id}/resume-state`;
const encrypted = (bytes: number): string => randomBytes(bytes).toString('base64');

it('comes back with the decision; the record has its hash, and only its own agent reads it', async () => {
  const first = encrypted(100);
  const id = await agent.submit({ ...approvalIntent(), resume_state: first });
  // While people are asked, the intent says that there is one.
  const open = (await agent.get(id)).resume_state;
  expect([open.size_bytes, open.data]).toEqual([100, undefined]);
  const second = encrypted(2000);
  const kept = await agent.call('PUT', path(id), { body: { resume_state: second } });
  expect([kept.status, kept.body.size_bytes]).toEqual([200, 2000]);

  await decide(await linkFor(agent, id));
  const ended = await agent.reaches(id, 'COMPLETED');
  expect(ended).toMatchObject({ result: { approved: true }, resume_state: { data: second, sha256: kept.body.sha256 } });
  const colleague = await newAgent(agent.tenant, 'colleague');
  expect((await colleague.get(id)).resume_state).toBeUndefined();
  expect((await colleague.call('GET', path(id))).status).toBe(404);
  expect((await colleague.call('PUT', path(id), { body: { resume_state: second } })).status).toBe(403);

  const chain = await records(agent, id);
  expect(chain.find(({ action }) => action === 'resume_state.kept')?.data).toEqual({
    resume_state: { sha256: kept.body.sha256, bytes: 2000 },
  });
  expect(JSON.stringify(chain)).not.toContain(second);
  await expectChain(agent, id);
  expect((await agent.call('PUT', path(id), { body: { resume_state: first } })).body.code).toBe('intent_terminal');
});

it('of four megabytes lies in S3 and comes back whole; one byte more is refused', async () => {
  const id = await agent.submit(approvalIntent());
  const large = encrypted(4 * 1024 * 1024);
  const kept = await agent.call('PUT', path(id), { body: { resume_state: large } });
  expect(kept.status, JSON.stringify(kept.body)).toBe(200);
  const prefix = `resume-state/${sha256(agent.tenant)}/${id}/`;
  const { Contents = [] } = await new S3Client({ ...aws, forcePathStyle: true }).send(
    new ListObjectsV2Command({ Bucket: stack.outputs.MediaBucket ?? '', Prefix: prefix }),
  );
  expect(Contents.map(({ Key, Size }) => [Key, Size])).toEqual([[prefix + kept.body.sha256, 4 * 1024 * 1024]]);
  const [row] = await rows(agent, id, 'resume#');
  expect(row).not.toHaveProperty('data');
  expect(row?.ttl).toBeGreaterThan(Date.now() / 1000);
  const back = await agent.call('GET', path(id));
  expect([back.status, back.body.resume_state === large]).toEqual([200, true]);
  const more = await agent.call('PUT', path(id), { body: { resume_state: encrypted(4 * 1024 * 1024 + 1) } });
  expect([more.status, more.body.code]).toEqual([413, 'payload_too_large']);
});
