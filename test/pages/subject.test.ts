/** Whatever an agent says that the page shows to the decider is in the hash that they decide on. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { HumanTask, Link } from '../../core/model.ts';
import type { Submission } from '../../core/rules/submit.ts';
import { approvalPage } from '../../pages/task.ts';
import { anyText } from '../core/forms.ts';
import { waitingApproval } from '../core/story.ts';
import { runs } from '../properties.ts';

const words = fc.oneof(anyText, fc.constantFrom('Deploy v2?', 'Unlock door 7'));
/** Of each kind of task, what an agent may say of it. */
const asked: fc.Arbitrary<HumanTask> = fc.oneof(
  fc.record(
    {
      title: words,
      description: words,
      task_type: fc.constantFrom('approval', 'review', 'confirmation', 'manual_action'),
      required_comment: fc.boolean(),
    },
    { requiredKeys: ['title'] },
  ),
  fc.record({
    title: words,
    task_type: fc.constant('review'),
    allowed_outcomes: fc.subarray(['changes_requested']).map((more) => [...more, 'approved', 'rejected']),
  }),
  fc.record({ title: words, task_type: fc.constant('manual_action'), evidence_required: fc.boolean() }),
  fc.record({
    title: words,
    task_type: fc.constant('clarification'),
    choices: fc.uniqueArray(words, { minLength: 2, maxLength: 4 }),
  }),
  fc.record({
    title: words,
    task_type: fc.constant('form'),
    form_schema: words.map((title) => ({
      type: 'object' as const,
      properties: { when: { type: 'string' as const, title } },
    })),
  }),
);

const submission: fc.Arbitrary<Partial<Submission>> = fc.record(
  {
    humanTask: asked,
    payload: fc.record({ task: words, amount: fc.nat(3), risk_level: fc.constantFrom('low', 'high') }),
    from: fc.constantFrom('agent://acme/shop/one', 'agent://acme/shop/two'),
    onBehalfOf: fc.constantFrom('customer-7', 'customer-8'),
  },
  { requiredKeys: ['payload'] },
);

/** What is asked, as Ada reads it, with the hash taken out. The ids of a story are the same each time, and so is its salt. */
async function shown(given: Partial<Submission>) {
  const { told, links } = await waitingApproval(given);
  const state = await told.seen();
  const link = (await told.store.findLink(links.ada as string)) as Link;
  const hash = state.task?.subjectHash as string;
  return {
    hash,
    page: approvalPage(state, link)
      .replaceAll(hash, '')
      .replaceAll(hash.slice(0, 12), '')
      .replaceAll(hash.slice(12), ''),
  };
}

describe('two requests', () => {
  it('whose pages differ have hashes that differ', async () => {
    let differed = 0;
    await fc.assert(
      fc.asyncProperty(submission, submission, async (one, other) => {
        const [a, b] = [await shown(one), await shown(other)];
        if (a.page !== b.page) {
          differed += 1;
          expect(a.hash).not.toBe(b.hash);
        }
      }),
    );
    expect(differed).toBeGreaterThan(10);
  });

  it('of which one says one thing otherwise have hashes that differ, where the page shows it', async () => {
    await fc.assert(
      fc.asyncProperty(submission, submission, async (one, other) => {
        const keys = Object.keys(other) as (keyof typeof other)[];
        const [a, ...all] = await Promise.all([one, ...keys.map((key) => ({ ...one, [key]: other[key] }))].map(shown));
        for (const b of all) if (a?.page !== b.page) expect(a?.hash).not.toBe(b.hash);
      }),
      runs(50),
    );
  });
});
