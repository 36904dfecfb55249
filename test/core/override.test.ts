/** Emergency takeover: an operator freezes an intent, and a person ends it by hand. */

import { describe, expect, it } from 'vitest';
import { perform } from '../../core/commit.ts';
import { Cancelled, Conflict, Superseded } from '../../core/errors.ts';
import type { IntentState } from '../../core/model.ts';
import { decide } from '../../core/rules/decide.ts';
import { recall } from '../../core/rules/delegate.ts';
import { freeze } from '../../core/rules/override.ts';
import { wakeOf } from '../../core/rules/wake.ts';
import * as given from './builders.ts';
import { approvedRefund, lost, refunded, type Story, story, waitingApproval, waitingRefund } from './story.ts';

const operators = given.directoryWithOperators;
const byHand = { outcome: 'override_approved', comment: 'The bot runs wild.' };
const done = { ...byHand, data: { how: 'completed', done: 'Paid by bank transfer.' } };

/** The next run asks the operators; their links by person. */
async function asked(told: Story, generation = 2) {
  await told.escalate({ generation, token: `token-${generation}` }, operators);
  return told.mail();
}

async function frozenRefund() {
  const { told, links } = await waitingRefund();
  await told.freeze();
  return { told, before: links, links: await asked(told) };
}

describe('a freeze', () => {
  it('closes what was asked, fences the run off and owes the next one', async () => {
    const { told, links } = await waitingRefund();
    await told.freeze();
    const { head, task } = await told.state();
    expect(head).toMatchObject({ status: 'WAITING', waitingReason: 'WAITING_FOR_HUMAN', frozen: true, generation: 2 });
    expect(task?.status).toBe('closed');
    const owed = told.store.outbox(told.ref);
    const notices = owed.flatMap(({ body }) =>
      body.notice ? [[body.personId, (body.notice as { what: string }).what]] : [],
    );
    expect(notices).toEqual([
      ['ada', 'taken_over'],
      ['ben', 'taken_over'],
    ]);
    expect(owed.map(({ key }) => key).slice(0, 2)).toEqual(['start#2', `wake#${task?.taskId}`]);
    await expect(told.decide(links.ada as string)).rejects.toThrow(Conflict);
    await expect(told.begin('run-1')).rejects.toThrow(Superseded);
    expect(told.read().at(-1)).toMatchObject({
      action: 'intent.frozen',
      actor: { id: 'olga', via: 'named at the command line' },
      data: { override: true, reason: 'The bot runs wild.', closed_task: task?.taskId },
    });
    expect((await told.store.events(told.ref, 0, 99)).at(-1)).toMatchObject({
      type: 'intent.escalated',
      details: { override: true, reason: 'The bot runs wild.' },
    });
  });

  it('ends the wait of the run before', async () => {
    const { told } = await waitingRefund();
    await told.freeze();
    expect(wakeOf(await told.state(), {})).toEqual({ do: 'redeem', token: 'token-1', answer: 'Cancelled', last: true });
  });

  it('ends that wait also where the operators are asked before', async () => {
    const { told } = await frozenRefund();
    const { task } = await told.state();
    const answer = { do: 'redeem', token: 'token-1', answer: 'Cancelled', last: true };
    expect(wakeOf(await told.state(), { taskId: `${told.ref.intentId}.1` })).toEqual(answer);
    expect(wakeOf(await told.state(), { taskId: task?.taskId ?? '' })).toEqual({ do: 'drop' });
  });

  it('climbs nothing of what it closed: a run whose wait runs out meanwhile goes on to ask the operators', async () => {
    const { told } = await waitingApproval();
    await told.freeze();
    told.pass(2 * 86_400);
    const before = await told.state();
    expect(await told.climb(2, 1)).toMatchObject({ next: 'wait', rung: 2 });
    expect(await told.state()).toEqual(before);
    await told.escalate({ generation: 2, rung: 2, token: 'token-2' }, operators);
    expect((await told.state()).task).toMatchObject({ takeover: true, status: 'open' });
  });

  it('is made once, and not of what has ended or without a reason', async () => {
    const { told, links } = await waitingApproval();
    await expect(told.freeze(' ')).rejects.toMatchObject({ details: { field: 'reason' } });
    await told.freeze();
    const records = told.store.records(told.ref).length;
    await told.freeze('again');
    expect(told.store.records(told.ref)).toHaveLength(records);

    const other = await waitingApproval();
    await other.told.decide(other.links.ada as string);
    await expect(other.told.freeze()).rejects.toMatchObject({ code: 'intent_terminal' });
    expect(links.ada).toBeDefined();
  });

  it('comes before the check too: nothing is planned any more', async () => {
    const told = await story({ type: given.refundType, payload: given.refundPayload({ amount_cents: 4_000 }) });
    await told.freeze();
    expect(await told.check(given.charge(), 2)).toMatchObject({ outcome: 'approval' });
    expect((await told.state()).plan).toBeUndefined();
    const links = await asked(told);
    expect((await told.state()).task).toMatchObject({ taskId: `${told.ref.intentId}.override`, takeover: true });
    await told.decide(links.olga as string, done, operators);
    expect((await told.state()).head.status).toBe('COMPLETED');
  });

  it('keeps an approved action from being called', async () => {
    const told = await approvedRefund();
    await told.freeze();
    await expect(told.begin('run-1')).rejects.toThrow(Superseded);
    await expect(told.begin('run-2', 2)).rejects.toThrow(Cancelled);
    expect(await told.check(given.charge(), 2)).toMatchObject({ outcome: 'approval' });
    const links = await asked(told);
    const { task } = await told.state();
    expect(task).toMatchObject({ taskId: `${told.ref.intentId}.override`, type: 'override', takeover: true });
    await told.decide(links.olga as string, done, operators);
    await expect(told.begin('run-2', 2)).rejects.toThrow(Cancelled);
    expect((await told.state()).effect).toBeUndefined();
  });
});

describe('a call that is open when its intent is frozen', () => {
  it('is settled, and what it did is not undone: then the operators are asked', async () => {
    const told = await approvedRefund();
    await told.begin('run-1');
    await told.freeze();
    expect((await told.state()).head).toMatchObject({ frozen: true, generation: 1, openEffects: 1 });
    await told.settle('run-1', refunded);
    const { head, effect, outcome } = await told.state();
    expect(effect?.state).toBe('SUCCEEDED');
    expect(head).toMatchObject({ status: 'WAITING', generation: 2, openEffects: 0 });
    expect(outcome).toBeUndefined();
    await expect(told.complete(1)).rejects.toThrow(Superseded);
    const links = await asked(told);
    await told.decide(links.otto as string, { ...byHand, data: { how: 'canceled' } }, operators);
    expect((await told.state()).head.status).toBe('CANCELED');
  });

  it('is not made again where a look-up proves that it never happened', async () => {
    const told = await approvedRefund();
    await told.begin('run-1');
    await told.settle('run-1', lost);
    await told.freeze();
    told.pass(3600);
    expect(await told.begin('run-2')).toMatchObject({ do: 'lookup' });
    expect(await told.callAgain('run-2')).toMatchObject({ do: 'nothing', effect: { state: 'FAILED', attempt: 1 } });
    expect((await told.state()).head).toMatchObject({ status: 'WAITING', frozen: true, generation: 2 });
  });

  it('is looked up by whatever run follows', async () => {
    const told = await approvedRefund();
    await told.begin('run-1');
    await told.freeze();
    expect(await told.check(given.charge(), 1)).toMatchObject({ outcome: 'allowed', tool: 'issue_refund' });
  });
});

describe('a review that is frozen', () => {
  const review = { humanTask: { title: 'Look', task_type: 'review' } };
  const changes = { outcome: 'changes_requested', comment: 'Say what it costs.' };

  it('while the agent is asked for changes takes no answer of it any more', async () => {
    const { told, links } = await waitingApproval(review);
    await told.decide(links.ada as string, changes);
    const answerBy = (await told.state()).task?.answerBy ?? '';
    await told.freeze();
    const { head, task } = await told.state();
    expect(task?.status).toBe('closed');
    await expect(told.resume({ text: 'new' })).rejects.toMatchObject({ code: 'not_waiting_for_agent' });
    expect(wakeOf(await told.state(), { taskId: `${told.ref.intentId}.1` })).toMatchObject({ answer: 'Cancelled' });
    told.goTo(answerBy);
    await told.tooLate();
    expect((await told.state()).head.status).toBe('WAITING');
    // A run that was lost is begun anew, as ever.
    await told.restart();
    expect((await told.state()).head.generation).toBe(head.generation + 1);
  });

  it('in its second revision has a task of its own, for that revision', async () => {
    const { told, links } = await waitingApproval(review);
    await told.decide(links.ada as string, changes);
    await told.resume({ text: 'new' });
    await told.escalate({ generation: 2, token: 'token-2' });
    const second = (await told.state()).task;
    await told.freeze();
    const next = await asked(told, 3);
    const { task, earlier } = await told.state();
    expect(task).toMatchObject({ taskId: `${told.ref.intentId}.override`, revision: 2, risk: 'high' });
    // The operators are asked something else than the reviewers were.
    expect(task?.subjectHash).not.toBe(second?.subjectHash);
    expect(earlier?.map((one) => one.task.taskId)).toEqual([`${told.ref.intentId}.1`]);
    const waits = wakeOf(await told.state(), { taskId: second?.taskId ?? '' });
    expect(waits).toEqual({ do: 'redeem', token: 'token-2', answer: 'Cancelled', last: true });
    await told.decide(next.otto as string, done, operators);
    expect((await told.state()).head.status).toBe('COMPLETED');
  });
});

describe('everybody concerned is told', () => {
  const told = (one: Story) =>
    one.store
      .outbox(one.ref)
      .flatMap(({ body }) => (body.notice ? [`${body.personId} ${(body.notice as { what: string }).what}`] : []));
  const review = { humanTask: { title: 'Look', task_type: 'review' }, onBehalfOf: 'cleo' };
  const changes = { outcome: 'changes_requested', comment: 'Say what it costs.' };

  it.each<[string, boolean]>([
    ['while the agent is asked for changes', false],
    ['between two revisions', true],
  ])('of a freeze %s, and of its end', async (_, answered) => {
    const { told: one, links } = await waitingApproval(review);
    await one.decide(links.ada as string, changes);
    if (answered) await one.resume({ text: 'new' });
    await one.freeze();
    expect(told(one)).toEqual(['cleo frozen', 'ada frozen', 'ben frozen']);
    const next = await asked(one, (await one.state()).head.generation);
    await one.decide(next.olga as string, done, operators);
    const ended = told(one).filter((what) => what.endsWith('overridden'));
    expect(ended.sort()).toEqual(['ada', 'ben', 'cleo', 'otto'].map((id) => `${id} overridden`));
  });

  it('of a freeze, but whoever froze it', async () => {
    const { told: one, links } = await waitingApproval(review);
    await one.decide(links.ada as string, changes);
    const by = { kind: 'person', id: 'ada', via: 'signed in' } as const;
    await perform(one.store, one.ref, {}, one.context, (state, at) =>
      freeze(state, { by, name: 'Ada Example', reason: 'Wrong.' }, at),
    );
    expect(told(one)).toEqual(['cleo frozen', 'ben frozen']);
  });

  it('of a freeze before anybody is asked: the person whom the agent acts for', async () => {
    const one = await story({ onBehalfOf: 'Cleo@Example.com' });
    await one.freeze();
    expect(told(one)).toEqual(['Cleo@Example.com frozen']);
  });
});

describe('the operators', () => {
  it('alone are asked, whomever the agent names, and never for whom it acts', async () => {
    const { told } = await waitingApproval({
      onBehalfOf: 'otto',
      humanTask: { title: 'Look', assignees: ['ben'] },
    });
    await told.freeze();
    expect(Object.keys(await asked(told))).toEqual(['olga']);
  });

  it('find the links of those who were asked before dead', async () => {
    const { told, before } = await frozenRefund();
    await expect(told.decide(before.ada as string, done, operators)).rejects.toMatchObject({ code: 'link_dead' });
  });

  it('complete it by hand, which the result and the record say', async () => {
    const { told, links } = await frozenRefund();
    await told.decide(links.olga as string, done, operators);
    const { head, outcome } = await told.state();
    expect(head.status).toBe('COMPLETED');
    expect(outcome?.result).toMatchObject({
      override: { by: 'olga', done: 'Paid by bank transfer.', justification: 'The bot runs wild.' },
      task_result: { outcome: 'override_approved' },
    });
    expect(told.read().at(-1)).toMatchObject({
      action: 'task.decided',
      actor: { kind: 'person', id: 'olga' },
      data: { override: true, outcome: 'override_approved' },
    });
    expect(wakeOf(await told.state())).toMatchObject({ do: 'redeem', answer: 'Cancelled', last: true });
  });

  it('are told how it ended, as is everybody who was asked before', async () => {
    const { told, links } = await frozenRefund();
    await told.decide(links.olga as string, done, operators);
    const notices = told.store
      .outbox(told.ref)
      .filter(({ body }) => (body.notice as { what?: string })?.what === 'overridden');
    expect(notices.map(({ body }) => body.personId).sort()).toEqual(['ada', 'ben', 'otto']);
  });

  it('cancel it', async () => {
    const { told, links } = await frozenRefund();
    await told.decide(links.olga as string, { ...byHand, data: { how: 'canceled' } }, operators);
    const { head, outcome } = await told.state();
    expect(head.status).toBe('CANCELED');
    expect(outcome?.error).toMatchObject({ code: 'canceled_by_operator', details: { override: true } });
  });

  it('reject the takeover: nothing thaws, the intent fails', async () => {
    const { told, links } = await frozenRefund();
    await told.decide(links.olga as string, { outcome: 'rejected', comment: 'It was right.' }, operators);
    const { head, outcome } = await told.state();
    expect(head.status).toBe('FAILED');
    expect(outcome?.error?.code).toBe('override_rejected');
  });

  it.each([
    ['no justification', { ...done, comment: '' }, { field: 'comment' }],
    ['no end', { ...byHand, data: {} }, { field: 'data', fields: { '/how': 'This is needed.' } }],
    [
      'completed without a word on what was done',
      { ...byHand, data: { how: 'completed', done: ' ' } },
      { field: 'data', fields: { '/done': 'Say what was done.' } },
    ],
  ])('are told what is missing: %s', async (_, choice, details) => {
    const { told, links } = await frozenRefund();
    await expect(told.decide(links.olga as string, choice, operators)).rejects.toMatchObject({ details });
    expect((await told.state()).task?.status).toBe('open');
  });

  it('show more than a link', async () => {
    const { told, links } = await frozenRefund();
    const asked = { ...done, subjectHash: (await told.state()).task?.subjectHash ?? '' };
    const state = { ...(await told.state()), link: await told.store.findLink(links.olga as string) };
    const context = { now: given.later(given.start, 60), newId: () => '' };
    expect(() => decide(state as IntentState, { by: 'link' }, asked, given.refundType, operators, context)).toThrow(
      expect.objectContaining({ code: 'code_needed' }),
    );
  });

  it('alone end it: whoever asked can withdraw it no more', async () => {
    const { told } = await frozenRefund();
    const state = await told.state();
    const context = { now: given.later(given.start, 60), newId: () => '' };
    const agent = { by: 'agent', address: state.head.from } as const;
    expect(() => recall(state, agent, '', operators, context)).toThrow(
      expect.objectContaining({ code: 'task_closed' }),
    );
  });

  it('decide under a stop too: that executes nothing', async () => {
    const { told, links } = await frozenRefund();
    told.store.stop({ kind: 'everything' });
    await told.decide(links.olga as string, done, operators);
    expect((await told.state()).head.status).toBe('COMPLETED');
  });

  it('let it expire: nothing is executed', async () => {
    const { told } = await frozenRefund();
    const deadline = (await told.state()).task?.ladder.at(-1)?.at ?? '';
    told.goTo(deadline);
    expect(await told.climb(2)).toEqual({ next: 'ended' });
    expect((await told.state()).head.status).toBe('TIMED_OUT');
  });

  it('are nobody: the intent ends as failed', async () => {
    const { told } = await waitingApproval();
    await told.freeze();
    await expect(told.escalate({ generation: 2 })).rejects.toMatchObject({ code: 'no_approver' });
  });
});

it('an agent may ask operators for an override; that freezes nothing', async () => {
  const told = await story({ humanTask: { title: 'May I?', task_type: 'override' } });
  await told.escalate({}, operators);
  const links = await told.mail();
  expect(Object.keys(links)).toEqual(['olga', 'otto']);
  await told.decide(links.olga as string, { outcome: 'override_approved', comment: 'Yes.' }, operators);
  const { head, outcome } = await told.state();
  expect([head.status, head.frozen]).toEqual(['COMPLETED', undefined]);
  expect(outcome?.result).toMatchObject({ approved: true, task_result: { outcome: 'override_approved' } });
});
