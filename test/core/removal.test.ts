/** What a deployment may take away from its intent types while intents of them are open. */

import { describe, expect, it } from 'vitest';
import { type DeclaredType, declaredOf, lossesOf, refusalOf } from '../../core/removal.ts';
import { approvalType, refundType } from './builders.ts';

const approval = declaredOf(approvalType);
const refund = declaredOf(refundType);
const closed: DeclaredType = { ...refund, closed: true };

/** What is said of a deployment while this many intents of the refund are open. */
const said = (before: DeclaredType[], after: DeclaredType[], open: number) =>
  lossesOf(before, after).flatMap((loss) => refusalOf(loss, open) ?? []);

it('declares what open intents depend on', () => {
  expect(refund).toEqual({ type: 'intent.refund.v1', shape: 'action', closed: false, tools: ['issue_refund'] });
  expect(approval).toEqual({ type: 'intent.approval.v1', shape: 'approval', closed: false, tools: [] });
});

describe('nothing is lost', () => {
  it.each([
    ['where nothing changes', [approval, refund], [refund, approval]],
    ['where a type is added', [approval], [approval, refund]],
    ['where a door is closed or opened', [approval, closed], [{ ...approval, closed: true }, refund]],
    ['where a tool is added', [refund], [{ ...refund, tools: ['issue_refund', 'add_credit'] }]],
    ['where there was nothing', [], [approval]],
  ])('%s', (_, before, after) => {
    expect(lossesOf(before, after)).toEqual([]);
  });
});

describe('a type', () => {
  it('is not removed behind an open door, however few are open', () => {
    for (const open of [0, 1]) {
      const [sentence, ...others] = said([approval, refund], [approval], open);
      expect(sentence).toMatch(
        /^intent\.refund\.v1 cannot be removed yet: its door is open\. .*closed: true.*holdpoint types/,
      );
      expect(others).toEqual([]);
    }
  });

  it('is not removed while any is open, and the sentence says how many and how', () => {
    expect(said([approval, closed], [approval], 12)[0]).toMatch(/12 of its intents are open\. .*holdpoint types/);
    expect(said([approval, closed], [approval], 1)[0]).toContain('1 of its intents is open');
  });

  it('is removed when its door was closed and none is open', () => {
    expect(said([approval, closed], [approval], 0)).toEqual([]);
  });

  it('under another name is another type', () => {
    expect(said([closed], [{ ...closed, type: 'intent.refund.v2' }], 3)[0]).toMatch(
      /^intent\.refund\.v1 cannot be removed/,
    );
  });

  it('keeps its shape while any is open', () => {
    const after = [{ ...refund, shape: 'approval', tools: [] }];
    expect(said([refund], after, 2)).toEqual([
      expect.stringMatching(/cannot change its shape: 2 of its intents are open/),
    ]);
    expect(said([refund], after, 0)).toEqual([]);
  });
});

it('a tool stays while intents of its type are open', () => {
  const after = [{ ...refund, tools: ['pay_back'] }];
  expect(said([refund], after, 2)).toEqual([
    expect.stringMatching(/cannot lose its tool issue_refund yet: 2 of its intents/),
  ]);
  expect(said([refund], after, 0)).toEqual([]);
});
