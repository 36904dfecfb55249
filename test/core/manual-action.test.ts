/** What a person does outside, and shows to have done. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkEvidence, type Media } from '../../core/evidence.ts';
import { submit } from '../../core/rules/submit.ts';
import * as given from './builders.ts';
import { waitingApproval } from './story.ts';

const asked = (more: object = {}) => ({ humanTask: { title: 'Unlock the door', task_type: 'manual_action', ...more } });
const photo: Media = {
  id: '22222222-2222-4222-8222-222222222222',
  sha256: 'a'.repeat(64),
  name: 'door.jpg',
  bytes: 1234,
  contentType: 'image/jpeg',
};

async function waiting(more: object = {}) {
  const { told, links } = await waitingApproval(asked(more));
  return { told, link: links.ada as string };
}

describe('a manual action', () => {
  it('completes with its evidence, which decision, record and result hold', async () => {
    const { told, link } = await waiting();
    const evidence = { text: ' Unlocked at noon. ', url: 'https://tickets.example/7', media: photo };
    await told.decide(link, { outcome: 'completed', evidence });
    const { head, task, outcome } = await told.state();
    const kept = { text: 'Unlocked at noon.', url: 'https://tickets.example/7', media: photo };
    expect(head.status).toBe('COMPLETED');
    expect(task?.decision?.evidence).toEqual(kept);
    expect(outcome?.result).toMatchObject({
      approved: true,
      task_result: { outcome: 'completed', evidence: kept },
    });
    const record = told.read().find((one) => one.action === 'task.decided');
    expect(record?.data).toMatchObject({ outcome: 'completed', evidence: kept });
  });

  it('is not completed without evidence, unless the agent says that it needs none', async () => {
    const { told, link } = await waiting();
    for (const evidence of [undefined, {}, { text: '  ', url: '' }])
      await expect(told.decide(link, { outcome: 'completed', evidence })).rejects.toMatchObject({
        details: { field: 'evidence' },
      });
    expect((await told.state()).task?.status).toBe('open');

    const free = await waiting({ evidence_required: false });
    await free.told.decide(free.link, { outcome: 'completed' });
    expect((await free.told.state()).task?.decision?.evidence).toBeUndefined();
  });

  it('fails with a comment, and needs no evidence then', async () => {
    const { told, link } = await waiting();
    await expect(told.decide(link, { outcome: 'failed' })).rejects.toMatchObject({ details: { field: 'comment' } });
    await told.decide(link, { outcome: 'failed', comment: 'The key is lost.' });
    expect((await told.state()).outcome?.result).toMatchObject({ approved: false, task_result: { outcome: 'failed' } });
  });

  it('may be called attach_file; other tasks take no evidence', async () => {
    const { told } = await waitingApproval({ humanTask: { title: 'x', task_type: 'attach_file' } });
    expect((await told.state()).task).toMatchObject({ type: 'manual_action', evidenceRequired: true });
    const other = given.submission({ humanTask: { title: 'x', evidence_required: true } });
    expect(() => submit(other, given.contextAt(given.start))).toThrow(
      expect.objectContaining({ details: { field: 'human_task.evidence_required' } }),
    );
  });
});

describe('an address given as evidence', () => {
  it.each([
    'javascript:alert(1)',
    'JAVASCRIPT:alert(1)',
    'data:text/html,x',
    'file:///etc/passwd',
    'ftp://example.com/x',
    '//example.com/x',
    'example.com',
    'https://ada:secret@example.com/',
    'https://example.com/a b',
    'https://example.com/\nx',
    'https:///',
    `https://example.com/${'x'.repeat(2000)}`,
  ])('is refused: %j', (url) => {
    expect(() => checkEvidence({ url }, true)).toThrow(expect.objectContaining({ details: { field: 'evidence.url' } }));
  });

  it('is http or https, whatever else is tried', { timeout: 60_000 }, () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.webUrl(),
          fc.string(),
          fc
            .constantFrom('javascript:', 'data:', 'vbscript:')
            .chain((scheme) => fc.string().map((rest) => scheme + rest)),
        ),
        (url) => {
          let kept: string | undefined;
          try {
            kept = checkEvidence({ text: 'x', url }, true)?.url;
          } catch {
            return;
          }
          if (kept !== undefined) expect(new URL(kept).protocol).toMatch(/^https?:$/);
        },
      ),
    );
  });
});
