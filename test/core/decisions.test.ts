import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { perform } from '../../core/commit.ts';
import { csvHeader, csvOf, type DecisionRow, decisionsIn, type ReadRecord } from '../../core/decisions.ts';
import type { IntentType } from '../../core/intent-type.ts';
import { reassign } from '../../core/rules/delegate.ts';
import * as given from './builders.ts';
import { type Story, waitingApproval, waitingRefund } from './story.ts';

const ever = { from: '0000', to: '9999' };
const of = (told: Story, period = ever): DecisionRow[] => decisionsIn(told.read() as unknown as ReadRecord[], period);

describe('the decisions of a chain', () => {
  it('are each a row, with who was notified and the policy that asked', async () => {
    const { told, links } = await waitingRefund({ payload: given.refundPayload({ amount_cents: 600_000 }) });
    await told.decide(links.ada as string, { comment: 'Seen.', reason: 'checked_evidence' });
    const { cleo } = await told.mail();
    await told.decide(cleo as string, { outcome: 'rejected', comment: 'Too much.' });
    const [first, last, ...more] = of(told);
    expect(more).toEqual([]);
    expect(first).toMatchObject({
      intent_type: 'intent.refund.v1',
      policy_version: 'refund-2',
      outcome: 'approved',
      reason_code: 'checked_evidence',
      comment: 'Seen.',
      decided_by: 'ada',
      concluded: false,
      notifications: [{ why: 'assigned', to: ['ada@example.com'], message_id: 'm-1' }],
    });
    expect(last).toMatchObject({ outcome: 'rejected', decided_by: 'cleo', concluded: true, comment: 'Too much.' });
    expect(last?.notifications).toHaveLength(1);
  });

  it('say in whose place, in which step and revision, and by which rung of which level somebody was asked', async () => {
    const { told, links } = await waitingApproval({ humanTask: { title: 'Look', task_type: 'review' } });
    await told.decide(links.ada as string, { outcome: 'changes_requested', comment: 'Say more.' });
    await told.resume({ task: 'More.' });
    await told.escalate({ generation: 2, token: 'token-2' });
    told.pass(24 * 3600);
    await told.climb(2);
    await perform(told.store, told.ref, {}, told.context, (state, at) =>
      reassign(state, { by: 'person', id: 'ada', via: 'signed in' }, { to: 'ben', note: '' }, given.directory, at),
    );
    const { ben } = await told.mail();
    await told.decide(ben as string);
    const [first, second] = of(told);
    expect(first).toMatchObject({ revision: 1, step: 1, decided_for: '', outcome: 'changes_requested' });
    expect(first?.notifications).toMatchObject([{ why: 'assigned', rung: null, level: '' }]);
    expect(second).toMatchObject({ revision: 2, step: 1, decided_by: 'ben', decided_for: 'ada' });
    expect(second?.notifications).toContainEqual(
      expect.objectContaining({ why: 'reminder', rung: 1, level: 'default' }),
    );
    expect(csvOf(second as DecisionRow)).toContain('reminder (rung 1, default) to ben@example.com');
  });

  it('are those of a service level, too', async () => {
    const level = { expire: { afterSeconds: 3600, outcome: 'rejected' } };
    const task = { ...given.approvalType.task, defaultOutcomes: ['rejected'], level };
    const { told } = await waitingApproval({ type: { ...given.approvalType, task } as IntentType });
    told.pass(3600);
    await told.climb();
    expect(of(told)).toMatchObject([
      {
        outcome: 'rejected',
        decided_by: 'ladder',
        via: 'service level',
        reason_code: 'unspecified',
        concluded: true,
        step: 1,
      },
    ]);
  });

  it('are those of the period only', async () => {
    const { told, links } = await waitingApproval();
    told.pass(3600);
    await told.decide(links.ada as string);
    const at = told.now();
    expect(of(told, { from: at, to: '9999' })).toHaveLength(1);
    expect(of(told, { from: '0000', to: at })).toEqual([]);
  });

  it('name nobody who was erased', async () => {
    const { told, links } = await waitingApproval();
    await told.decide(links.ada as string, { comment: 'Mine.' });
    const [row] = decisionsIn(told.store.records(told.ref) as unknown as ReadRecord[], ever);
    // Both who were asked were mailed: which mail was whose nobody knows any more.
    expect(row).toMatchObject({ decided_by: 'erased', comment: 'erased', outcome: 'approved', notifications: [] });
  });
});

/** RFC 4180, read back. */
function cellsOf(line: string): string[] {
  const cells = [...line.slice(0, -2).matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^",\r\n]*))/g)];
  return cells.map(([, quoted, plain]) => quoted?.replaceAll('""', '"') ?? plain ?? '');
}

describe('a row of CSV', () => {
  const row = (comment: string): DecisionRow => ({
    at: given.start,
    chain: 'acme/shop#1',
    record: 3,
    intent_type: 'intent.approval.v1',
    task_id: '1.1',
    revision: 1,
    step: 1,
    subject_hash: 'a',
    policy_version: '',
    concluded: true,
    outcome: 'approved',
    reason_code: 'unspecified',
    comment,
    decided_by: 'ada',
    decided_for: '',
    via: 'link sent to ada@example.com',
    notifications: [],
  });
  const names = cellsOf(csvHeader);

  it('holds whatever was written, and is no formula', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (comment) => {
        const cells = cellsOf(csvOf(row(comment)));
        expect(cells).toHaveLength(names.length);
        const read = cells[names.indexOf('comment')] ?? '';
        expect(read).toBe(/^[=+\-@\t\r]/.test(comment) ? `'${comment}` : comment);
      }),
    );
    expect(cellsOf(csvOf(row('=HYPERLINK("https://evil.example")')))).toContain(`'=HYPERLINK("https://evil.example")`);
  });
});
