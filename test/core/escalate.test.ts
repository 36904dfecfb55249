import { describe, expect, it } from 'vitest';
import { type Escalation, escalate, tokenOrderOf } from '../../core/rules/escalate.ts';
import { isAsAsked } from '../../core/subject.ts';
import * as given from './builders.ts';
import { story, waitingApproval, waitingRefund } from './story.ts';

describe('a task opens', () => {
  it('in one commit: waiting, assigned, one mail owed to each approver of the role', async () => {
    const told = await story();
    await told.escalate();
    const { head, task } = await told.state();
    expect(head).toMatchObject({
      status: 'WAITING',
      waitingReason: 'WAITING_FOR_HUMAN',
      taskId: `${told.ref.intentId}.1`,
    });
    expect(task).toMatchObject({ status: 'open', token: 'token-1', rung: 0, outcomes: ['approved', 'rejected'] });
    const events = await told.store.events(told.ref, 2, 10);
    expect(events.map((event) => event.type)).toEqual(['intent.waiting', 'intent.human_task_assigned']);
    const owed = told.store.outbox(told.ref).map((row) => row.body);
    expect(owed).toMatchObject([
      { personId: 'ada', why: 'assigned' },
      { personId: 'ben', why: 'assigned' },
    ]);
    expect(new Set(owed.map((row) => row.linkId)).size).toBe(2);
  });

  it('on a plan: with its hash, its reasons and its role', async () => {
    const { told } = await waitingRefund();
    const { task, plan } = await told.state();
    expect(task).toMatchObject({
      role: 'refunds',
      subjectHash: plan?.hash,
      why: [{ reason: 'amount_needs_approval' }],
      description: 'Refund 180.00 EUR of order A-1042',
    });
  });

  it('on a plain request: with the hash of all that was asked', async () => {
    const { told } = await waitingApproval();
    const { task, ...state } = await told.state();
    expect(task).toMatchObject({ why: [{ reason: 'asked_by_agent' }] });
    expect(task?.subjectHash).not.toBe(state.request?.payloadHash);
    expect(task && isAsAsked(state, task)).toBe(true);
  });

  it('counts its ladder from when the intent was made, however late the run came', async () => {
    const told = await story();
    told.pass(3 * 3600);
    await told.escalate();
    expect((await told.state()).task?.ladder.at(-1)?.at).toBe(given.later(given.start, 72 * 3600));
  });

  it('with nobody to ask: it fails for good', async () => {
    const told = await story({ humanTask: { title: 'Look', assignees: ['ada'] }, onBehalfOf: 'ada' });
    await expect(told.escalate()).rejects.toMatchObject({ name: 'TerminalError', code: 'no_approver' });
  });

  it('never for an older run, nor for an intent that has ended', async () => {
    const told = await story();
    told.pass(121);
    await told.restart();
    await expect(told.escalate()).rejects.toMatchObject({ name: 'Superseded' });
    await told.fail({ name: 'TerminalError', cause: '{}' }, 2);
    await expect(told.escalate({ generation: 2 })).rejects.toMatchObject({ name: 'Cancelled' });
  });

  it('late, past its first rung: the run still gets its time before it counts as dead', async () => {
    const told = await story();
    told.pass(30 * 3600);
    await told.escalate();
    expect((await told.state()).head.dueAt).toBe(Date.parse(told.now()) + 60_000);
  });
});

describe('the order of tokens', () => {
  const at = (generation: number, rung: number, retry: number) => ({ generation, rung, retry });

  it('is that of generation, then wait, then retry, also as text', () => {
    const rising = [
      at(1, 0, 0),
      at(1, 0, 1),
      at(1, 0, 10),
      at(1, 2, 0),
      at(1, 11, 0),
      at(2, 0, 0),
      at(10, 0, 0),
      at(100, 0, 0),
    ];
    const texts = rising.map(tokenOrderOf);
    expect(texts).toEqual([...texts].sort());
    expect(new Set(texts.map((text) => text.length)).size).toBe(1);
  });

  it.each<[string, Partial<Escalation>, boolean]>([
    ['a retry', { retry: 2 }, true],
    ['the next wait', { rung: 2, retry: 0 }, true],
    ['the same again', { rung: 1, retry: 1 }, false],
    ['an earlier retry that comes late', { rung: 1, retry: 0 }, false],
    ['an earlier wait that comes late', { rung: 0, retry: 9 }, false],
  ])('lets %s replace the token: %s', async (_, wait, replaces) => {
    const { told } = await waitingApproval();
    await told.escalate({ rung: 1, retry: 1, token: 'token-b' });
    await told.escalate({ rung: 1, retry: 1, ...wait, token: 'token-c' });
    expect((await told.state()).task?.token).toBe(replaces ? 'token-c' : 'token-b');
  });

  it('mails nobody again where only the token is new', async () => {
    const { told } = await waitingApproval();
    await told.escalate({ rung: 1, token: 'token-2' });
    expect(told.store.outbox(told.ref)).toEqual([]);
  });

  it('owes a wake at once where the decision came before the token', async () => {
    const { told, links } = await waitingRefund();
    await told.decide(links.ada as string);
    const before = told.store.outbox(told.ref).length;
    await told.escalate({ retry: 1, token: 'token-2' });
    expect(told.store.outbox(told.ref)).toHaveLength(before + 1);
    expect(told.store.outbox(told.ref).at(-1)).toMatchObject({ kind: 'wake' });
    await told.begin('request-1');
    // A step past the wait owes nothing for it any more.
    expect(told.store.outbox(told.ref)).toEqual([]);
  });
});

describe('escalate', () => {
  it('needs the request that was asked', async () => {
    const told = await story();
    const { request: _, ...state } = await told.state();
    const asked = { generation: 1, rung: 0, retry: 0, token: 't' };
    expect(() => escalate(state, asked, told.type, given.directory, told.context())).toThrow(TypeError);
  });
});
