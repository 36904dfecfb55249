import { describe, expect, it } from 'vitest';
import { InvalidInput } from '../../core/errors.ts';
import { checkDecision, maxCommentLength, outcomesOf, reasonsOf, type TaskType, taskTypes } from '../../core/tasks.ts';
import { maskArgs } from '../../core/tools.ts';
import { issueRefund } from '../../functions/tools/issue_refund/contract.ts';
import { refundPayload } from './builders.ts';

const task = { type: 'approval' as const, outcomes: ['approved', 'rejected'], commentRequired: false };

describe('a decision is checked', () => {
  it.each([
    ['approved', undefined, ''],
    ['approved', ' because ', 'because'],
    ['rejected', 'no', 'no'],
    ['approved', 'x'.repeat(maxCommentLength), 'x'.repeat(maxCommentLength)],
  ])('%s with a comment is taken, cleaned', (outcome, comment, kept) => {
    expect(checkDecision(task, { outcome, comment })).toMatchObject({ choice: { name: outcome }, comment: kept });
  });

  it.each([
    [task, { outcome: 'rejected' }, 'comment'],
    [task, { outcome: 'rejected', comment: '\t' }, 'comment'],
    [task, { outcome: 'approved', comment: 'x'.repeat(maxCommentLength + 1) }, 'comment'],
    [{ ...task, commentRequired: true }, { outcome: 'approved' }, 'comment'],
    [{ ...task, commentRequired: ['approved'] }, { outcome: 'approved' }, 'comment'],
    [{ ...task, outcomes: ['rejected'] }, { outcome: 'approved' }, 'outcome'],
    [task, { outcome: 'Approved' }, 'outcome'],
    [task, { outcome: 'constructor' }, 'outcome'],
    [{ ...task, outcomes: ['approved', 'maybe'] }, { outcome: 'maybe' }, 'outcome'],
  ])('%o refuses %o, naming %s', (given, choice, field) => {
    expect(() => checkDecision(given, choice)).toThrow(InvalidInput);
    expect(() => checkDecision(given, choice)).toThrow(expect.objectContaining({ details: { field } }));
  });

  it('by AXP’s doors a rejection needs no words but where they are asked for, and what nobody asked for is kept', () => {
    const byAxp = { outcome: 'rejected', byAxp: true, data: { ticket: 'T-1' } };
    expect(checkDecision(task, byAxp)).toMatchObject({ comment: '', data: { ticket: 'T-1' } });
    expect(checkDecision(task, { ...byAxp, data: {} }).data).toBeUndefined();
    expect(checkDecision(task, { ...byAxp, byAxp: false, comment: 'no' }).data).toBeUndefined();
    const needs = [
      [{ ...task, commentRequired: true }, 'rejected'],
      [{ ...task, commentRequired: ['rejected'] }, 'rejected'],
      [{ ...task, type: 'override' as const }, 'rejected'],
      [{ ...task, type: 'review' as const, outcomes: ['changes_requested'] }, 'changes_requested'],
    ] as const;
    for (const [given, outcome] of needs)
      expect(() => checkDecision(given, { ...byAxp, outcome })).toThrow('Say why: a comment is needed.');
  });

  it('a reason is one of its outcome’s, or the door has none', () => {
    const reasonOf = (reason?: string, own?: Record<string, Record<string, string>>) =>
      checkDecision(task, { outcome: 'approved', reason }, own).reason;
    expect(reasonOf('as_expected')).toBe('as_expected');
    expect(reasonOf()).toBe('unspecified');
    expect(() => reasonOf('')).toThrow('Choose a reason.');
    for (const wrong of ['', 'unspecified', 'duplicate', 'constructor', 'As expected'])
      expect(() => reasonOf(wrong)).toThrow(
        expect.objectContaining({ name: 'InvalidInput', details: expect.objectContaining({ field: 'reason' }) }),
      );
    const own = { approved: { tone_fits: 'The tone fits' } };
    expect(reasonOf('tone_fits', own)).toBe('tone_fits');
    expect(reasonOf('other', own)).toBe('other');
    expect(() => reasonOf('as_expected', own)).toThrow(InvalidInput);
  });

  it('every outcome has a handful of reasons of its own, and words for them', () => {
    for (const type of Object.keys(taskTypes) as TaskType[])
      for (const choice of outcomesOf(type)) {
        const codes = Object.entries(reasonsOf(choice));
        expect(codes.length, choice.name).toBeGreaterThanOrEqual(2);
        expect(codes.length, choice.name).toBeLessThanOrEqual(7);
        for (const [code, words] of codes) {
          expect(code).toMatch(/^[a-z][a-z0-9_]*$/);
          expect(words).toMatch(/^[A-Z]/);
        }
        expect(new Set(codes.map(([, words]) => words)).size).toBe(codes.length);
      }
  });

  it('knows which outcome lets the work go on', () => {
    expect(outcomesOf('approval').map(({ name, for: isFor }) => [name, isFor])).toEqual([
      ['approved', true],
      ['rejected', false],
    ]);
  });
});

describe('rule 19: sensitive arguments are masked', () => {
  const args = { charge_id: 'ch_1', ...refundPayload({ reason: 'Jane Doe, born 1970' }) };

  it('where the contract says so, and only there', () => {
    const masked = maskArgs(args, issueRefund.sensitive);
    expect(masked.reason).toBe('••••');
    expect({ ...masked, reason: 0 }).toEqual({ ...args, reason: 0 });
  });

  it('whatever is named that is not there adds nothing', () => {
    expect(maskArgs({ a: 1 }, ['b'])).toEqual({ a: 1 });
  });
});
