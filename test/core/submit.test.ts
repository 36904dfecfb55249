import { describe, expect, it } from 'vitest';
import { InvalidInput } from '../../core/errors.ts';
import { hashOf } from '../../core/hash.ts';
import { opened } from '../../core/personal.ts';
import { submit } from '../../core/rules/submit.ts';
import { memoryStore } from '../../core/testing/memory-store.ts';
import * as given from './builders.ts';

const accept = (over: Parameters<typeof given.submission>[0] = {}) =>
  submit(given.submission(over), given.contextAt(given.start));

describe('an intent is accepted', () => {
  it('in one commit: head, its first two events, the record, the request, the start it owes', () => {
    const { commit, accepted } = accept();
    expect(accepted).toEqual({ intent_id: commit.head.intentId, status: 'SUBMITTED', created_at: given.start });
    expect(commit.basedOn).toBeNull();
    expect(commit.events.map(({ seq, type, status }) => `${seq} ${type} ${status}`)).toEqual([
      '1 intent.created CREATED',
      '2 intent.submitted SUBMITTED',
    ]);
    expect(commit.head).toMatchObject({ generation: 1, openEffects: 0, seq: 2, auditSeq: 1 });
    expect(commit.record.data).toEqual({
      type: 'intent.approval.v1',
      payload_hash: hashOf(given.submission().payload),
    });
    expect(commit.owed).toMatchObject([{ key: 'start#1', kind: 'start' }]);
    // A start that was lost is owed again before its run is taken for lost.
    expect(commit.owed[0]?.dueAt).toBe(Date.parse(given.start) + 60_000);
    expect(commit.head.dueAt).toBe(Date.parse(given.start) + 120_000);
  });

  it('and its run is told until when it waits: the first rung', () => {
    const input = accept({ remind_after_seconds: 3600 }).commit.owed[0]?.body.input;
    expect(input).toEqual({
      v: 1,
      tenant: given.tenant,
      intentId: accept().accepted.intent_id,
      generation: 1,
      type: 'intent.approval.v1',
      traceId: 'trace-00000001',
      waitUntil: given.later(given.start, 3600),
      rung: 0,
    });
  });

  it('from the key’s agent, for whom it acts is recorded', () => {
    const { commit } = accept({ onBehalfOf: 'customer-7' });
    expect(opened(commit.record, commit.personal)).toMatchObject({
      actor: { kind: 'agent', id: given.agent },
      data: { on_behalf_of: 'customer-7' },
    });
    expect(commit.head.onBehalfOf).toBe('customer-7');
  });

  it.each([
    ['everything', { kind: 'everything' }],
    ['its tenant', { kind: 'tenant', id: given.tenant }],
    ['its type', { kind: 'type', id: 'intent.approval.v1' }],
    ['its agent', { kind: 'agent', id: given.agent }],
  ] as const)('never while a stop stands on %s', async (_, target) => {
    const store = memoryStore();
    store.stop(target);
    expect(await store.commit(accept().commit)).toMatchObject({ ok: false, because: 'stopped' });
    store.resume(target);
    expect(await store.commit(accept().commit)).toEqual({ ok: true });
  });

  it.each([
    ['a deadline that is over', { deadlineAt: given.start }, 'deadline_at'],
    ['another kind of task', { humanTask: { title: 'x', task_type: 'review' } }, 'human_task.task_type'],
    [
      'an outcome it does not have',
      { humanTask: { title: 'x', allowed_outcomes: ['approved', 'maybe'] } },
      'human_task.allowed_outcomes',
    ],
    ['no way to say no', { humanTask: { title: 'x', allowed_outcomes: ['approved'] } }, 'human_task.allowed_outcomes'],
  ])('not with %s, naming the field', (_, over, field) => {
    expect(() => accept(over)).toThrow(InvalidInput);
    expect(() => accept(over)).toThrow(expect.objectContaining({ details: { field } }));
  });

  it('keeps of the request what was asked, and nothing that was not', () => {
    const asked = { max_reminders: 2, escalate_to: 'agent://acme/shop/boss', humanTask: { title: 'x' } };
    expect(accept(asked).commit.writes.request).toEqual({
      to: given.submission().to,
      correlationId: given.submission().correlationId,
      payload: given.submission().payload,
      payloadHash: hashOf(given.submission().payload),
      ...asked,
    });
  });
});
