/** A ladder that ends in an override task: nobody decided in time, and operators say how it ends. */

import { describe, expect, it } from 'vitest';
import { chain } from '../../core/chain.ts';
import { Conflict } from '../../core/errors.ts';
import { type ActionType, defineIntentType, type IntentType } from '../../core/intent-type.ts';
import type { Task } from '../../core/model.ts';
import { recall } from '../../core/rules/delegate.ts';
import type { Submission } from '../../core/rules/submit.ts';
import { wakeOf } from '../../core/rules/wake.ts';
import { isAsAsked } from '../../core/subject.ts';
import { timelineOf } from '../../core/timeline.ts';
import { createIntent } from '../../wire/intents.ts';
import * as given from './builders.ts';
import { overdueApproval, type Story, story, waitingApproval, waitingRefund } from './story.ts';

const hour = 3600;
const operators = given.directoryWithOperators;
const done = {
  outcome: 'override_approved',
  comment: 'It could not wait.',
  data: { how: 'completed', done: 'Sent by hand.' },
};
const ladder = { escalate: [], expire: { after_seconds: 8 * hour, opens: 'override' as const } };
const wish = (more: object = {}): Partial<Submission> => ({ humanTask: { title: 'Look', ladder, ...more } });

const overdue = (asked = wish()) => overdueApproval(asked);

/** The same run asks the operators; their links by person. */
async function asked(told: Story, wait: object = {}) {
  await told.escalate({ rung: 1, token: 'token-2', ...wait }, operators);
  return told.mail();
}

const actions = (told: Story) => told.store.records(told.ref).map(({ action }) => action);
const notices = (told: Story) =>
  told.store
    .outbox(told.ref)
    .flatMap(({ body }) => (body.notice ? [[body.personId, (body.notice as { what: string }).what]] : []));

describe('the end of a ladder that opens an override', () => {
  it('expires the task and ends nothing: the run goes on waiting, and so does the agent', async () => {
    const { told, after } = await overdue();
    expect(after).toEqual({ next: 'wait', waitUntil: given.later(told.now(), hour), rung: 1 });
    const { head, task, outcome } = await told.state();
    expect(head).toMatchObject({ status: 'WAITING', waitingReason: 'WAITING_FOR_HUMAN', frozen: true, generation: 1 });
    expect(task?.status).toBe('expired');
    expect(outcome).toBeUndefined();
    expect(told.read().at(-1)).toMatchObject({
      action: 'task.expired',
      actor: { id: 'ladder' },
      data: { task_id: task?.taskId, override: true, level: 'intent' },
    });
    expect((await told.store.events(told.ref, 0, 99)).at(-1)).toMatchObject({
      type: 'intent.timeout',
      status: 'WAITING',
      details: { override: true },
    });
  });

  it('is climbed once, whoever comes: a step that is repeated, the sweep, a run that looks again', async () => {
    const { told, after } = await overdue();
    expect(await told.climb()).toEqual(after);
    expect(await told.climb(1, 4)).toMatchObject({ next: 'wait', rung: 5 });
    expect(actions(told).filter((action) => action === 'task.expired')).toHaveLength(1);
  });

  it('opens the operators’ task in its place: marked, on record, and those who were asked are told', async () => {
    const { told, before } = await overdue();
    expect(notices(told)).toEqual([]);
    const links = await asked(told);
    expect(Object.keys(links)).toEqual(['olga', 'otto']);
    const { head, task } = await told.state();
    expect(head).toMatchObject({ status: 'WAITING', waitingReason: 'WAITING_FOR_HUMAN', taskId: task?.taskId });
    expect(task).toMatchObject({
      taskId: `${told.ref.intentId}.override`,
      type: 'override',
      takeover: 'overdue',
      status: 'open',
      risk: 'high',
      token: 'token-2',
      concerned: ['ada', 'ben'],
      why: [{ reason: 'nobody_decided' }],
      description: 'Nobody decided in time: Look',
    });
    expect(told.read().find(({ action, data }) => action === 'task.opened' && data.override === true)).toMatchObject({
      data: { task_id: task?.taskId, instead_of: `${told.ref.intentId}.1`, reasons: ['nobody_decided'] },
    });
    const events = await told.store.events(told.ref, 0, 99);
    expect(events.find(({ type }) => type === 'intent.escalated')).toMatchObject({
      status: 'WAITING',
      pendingWith: { ref: 'operators', name: 'Olga Example, Otto Example' },
      details: { override: true, to: [{ id: 'olga' }, { id: 'otto' }], replaced: [{ id: 'ada' }, { id: 'ben' }] },
    });
    const lines = timelineOf(await told.seen(), events).map(({ what, says }) => [what, says.join(' ')]);
    expect(lines.slice(-3)).toEqual([
      ['deadline_over', 'Nobody decided in time.'],
      ['taken_over', 'Nothing more is executed: one of them ends it by hand.'],
      ['asked', 'Olga Example, Otto Example.'],
    ]);
    expect(Object.keys(before)).toEqual(['ada', 'ben']);
  });

  it('tells whoever was asked, and at the end everybody concerned', async () => {
    const { told } = await overdue();
    await told.escalate({ rung: 1, token: 'token-2' }, operators);
    expect(notices(told)).toEqual([
      ['ada', 'overdue'],
      ['ben', 'overdue'],
    ]);
    const links = await told.mail();
    await told.decide(links.olga as string, done, operators);
    const ended = notices(told).filter(([, what]) => what === 'overridden');
    expect(ended.map(([id]) => id).sort()).toEqual(['ada', 'ben', 'otto']);
  });

  it('is ended by an operator: by hand, and the run with it', async () => {
    const { told } = await overdue();
    const links = await asked(told);
    await told.decide(links.otto as string, done, operators);
    const { head, outcome } = await told.state();
    expect(head).toMatchObject({ status: 'COMPLETED', generation: 1 });
    expect(outcome?.result).toMatchObject({ override: { by: 'otto', done: 'Sent by hand.' } });
    expect(wakeOf(await told.state())).toEqual({ do: 'redeem', token: 'token-2', answer: 'Cancelled', last: true });
  });

  it('leaves every link of before dead, at that very moment and when operators are asked', async () => {
    const { told, before } = await overdue();
    await expect(told.decide(before.ada as string)).rejects.toThrow(Conflict);
    expect((await told.state()).task?.votes).toEqual([]);
    await asked(told);
    await expect(told.decide(before.ada as string, done, operators)).rejects.toMatchObject({
      code: 'link_dead',
      message: 'Nobody decided in time: operators are asked now.',
    });
  });

  it('comes too late for what was decided a moment before', async () => {
    const { told, links } = await waitingApproval(wish());
    const end = (await told.state()).task?.ladder.at(-1)?.at ?? '';
    told.goTo(given.later(end, -1));
    await told.decide(links.ada as string);
    told.pass(1);
    expect(await told.climb()).toEqual({ next: 'ended' });
    expect((await told.state()).head).toMatchObject({ status: 'COMPLETED' });
    expect((await told.state()).head).not.toHaveProperty('frozen');
  });

  it('lets nobody execute, withdraw, or freeze it once more', async () => {
    const { told } = await waitingRefund(wish());
    told.pass(8 * hour);
    await told.climb();
    await expect(told.begin('run-1')).rejects.toThrow();
    const records = actions(told).length;
    await told.freeze();
    expect(actions(told)).toHaveLength(records);
    const state = await told.state();
    const agent = { by: 'agent', address: state.head.from } as const;
    expect(() => recall(state, agent, '', operators, told.context())).toThrow(Conflict);
  });
});

describe('the override task of an overdue one', () => {
  it('ends by failing, never in another', async () => {
    const { told } = await overdue();
    await asked(told);
    const { task } = await told.state();
    expect(task?.ladder.map((rung) => [rung.do, 'opens' in rung])).toEqual([
      ['remind', false],
      ['expire', false],
    ]);
    told.goTo(task?.ladder.at(-1)?.at ?? '');
    expect(await told.climb(1, 1)).toEqual({ next: 'ended' });
    const { head, outcome } = await told.state();
    expect(head.status).toBe('TIMED_OUT');
    expect(outcome?.error).toMatchObject({ code: 'intent_timeout', details: { task_id: task?.taskId } });
    expect(actions(told).filter((action) => action === 'task.opened')).toHaveLength(2);
  });

  it('is cut at the intent’s own deadline, as is the wait for it', async () => {
    const { told, after } = await overdue({ ...wish(), deadlineAt: given.later(given.start, 8 * hour + 600) });
    expect(after).toMatchObject({ waitUntil: given.later(given.start, 8 * hour + 600) });
    await asked(told);
    expect((await told.state()).task?.ladder).toEqual([
      { at: given.later(given.start, 8 * hour + 600), do: 'expire', from: 'deadline' },
    ]);
    told.pass(600);
    expect(await told.climb(1, 1)).toEqual({ next: 'ended' });
    expect((await told.state()).head.status).toBe('TIMED_OUT');
  });

  it('is never opened where the deadline is the ladder’s end', async () => {
    const { told, after } = await overdue({
      humanTask: { title: 'Look' },
      type: opening(given.approvalType),
      deadlineAt: given.later(given.start, hour),
    });
    expect(after).toEqual({ next: 'ended' });
    expect((await told.state()).head).toMatchObject({ status: 'TIMED_OUT' });
  });

  it('where nobody holds the role, it ends as any other that nobody decided; the record says why', async () => {
    const { told } = await overdue();
    const refused = await told.escalate({ rung: 1, token: 'token-2' }).catch((error: Error) => error);
    expect(refused).toMatchObject({ name: 'TerminalError', code: 'no_approver' });
    const cause = JSON.stringify({ errorType: 'TerminalError', errorMessage: (refused as Error).message });
    await told.fail({ name: 'TerminalError', cause });
    const { head, task, outcome } = await told.state();
    expect(head.status).toBe('TIMED_OUT');
    const details = {
      task_id: task?.taskId,
      override_failed: 'Too few of the directory may decide this: role operators.',
    };
    expect(outcome?.error).toMatchObject({ code: 'intent_timeout', details });
    expect(told.read().at(-1)).toMatchObject({ action: 'run.failed', data: { error: { details } } });
    expect(notices(told)).toEqual([]);
  });

  it('is opened by the next run where the one that climbed is gone', async () => {
    const { told } = await overdue();
    told.pass(121);
    await told.restart();
    const start = told.store.outbox(told.ref).find(({ kind }) => kind === 'start');
    expect(start?.body).toMatchObject({ input: { generation: 2, waitUntil: given.later(told.now(), hour) } });
    await expect(asked(told)).rejects.toMatchObject({ name: 'Superseded' });
    await told.escalate({ generation: 2, token: 'token-3' }, operators);
    expect((await told.state()).task).toMatchObject({ takeover: 'overdue', token: 'token-3' });
    // What still waited under the old task's token is told nothing: its time is over.
    expect(wakeOf(await told.state(), { taskId: `${told.ref.intentId}.1` })).toEqual({ do: 'drop' });
  });

  it('of a refund tells the check of a later run whom it waits for', async () => {
    const { told } = await waitingRefund(wish());
    told.pass(8 * hour);
    expect(await told.climb()).toMatchObject({ next: 'wait', waitUntil: given.later(told.now(), hour) });
    told.pass(121);
    await told.restart();
    const waitUntil = given.later(told.now(), hour);
    expect(await told.check(given.charge(), 2)).toMatchObject({ outcome: 'approval', waitUntil, rung: 0 });
    await told.escalate({ generation: 2, token: 'token-3' }, operators);
    const links = await told.mail();
    expect((await told.state()).task?.subjectHash).toBe((await told.state()).plan?.hash);
    await told.decide(links.olga as string, { ...done, data: { how: 'canceled' } }, operators);
    expect(await told.state()).toMatchObject({ head: { status: 'CANCELED', openEffects: 0 } });
    expect((await told.state()).effect).toBeUndefined();
  });
});

/** The same type, whose ladders end so. */
const opening = <T extends IntentType>(type: T): T => ({
  ...type,
  task: { ...type.task, level: { escalate: [], expire: { afterSeconds: 8 * hour, opens: 'override' } } },
});

describe('declared by its type', () => {
  it('ends each step of a chain so, also where money moves; everybody who decided is told', async () => {
    const both = chain([
      { role: 'refunds', need: 1 },
      { role: 'finance', need: 1 },
    ]);
    const rules = [{ id: 'ask', reason: 'ask', says: 'Ask.', when: () => true, verdict: { do: 'require', of: both } }];
    const type = { ...opening(given.refundType), policy: { version: 'test', rules } } as ActionType;
    expect(defineIntentType(type)).toBe(type);
    const { told, links } = await waitingRefund({ type });
    await told.decide(links.ada as string);
    const { task: second } = await told.state();
    expect(second?.ladder.at(-1)).toMatchObject({ opens: 'override', from: 'intent_type' });
    told.goTo(second?.ladder.at(-1)?.at ?? '');
    await told.climb();
    await asked(told);
    const { task } = await told.state();
    expect(task).toMatchObject({ takeover: 'overdue', concerned: ['ada', 'cleo'] });
    expect(task?.votes).toEqual([]);
  });

  it('asks the role that the type names', async () => {
    const base = opening(given.approvalType);
    const type = { ...base, task: { ...base.task, overrideRole: 'finance' } };
    const { told } = await overdueApproval({ type });
    await told.escalate({ rung: 1, token: 'token-2' });
    expect((await told.state()).task?.approvers.map(({ id }) => id)).toEqual(['cleo']);
  });

  it('gives way to what the intent wishes of its end', async () => {
    const type = opening(given.approvalType);
    const plain = { humanTask: { title: 'Look', ladder: { expire: { after_seconds: 60 } } } };
    const { told } = await overdue({ type, ...plain });
    expect((await told.state()).head.status).toBe('TIMED_OUT');
  });

  it('is no end of a revision that the agent has not answered', async () => {
    const { told, links } = await waitingApproval(wish({ task_type: 'review' }));
    await told.decide(links.ada as string, { outcome: 'changes_requested', comment: 'Say more.' });
    told.goTo((await told.state()).task?.answerBy ?? '');
    await told.tooLate();
    expect((await told.state()).head).toMatchObject({ status: 'TIMED_OUT' });
  });

  it('ends a second revision with a task for that revision', async () => {
    const { told, links } = await waitingApproval(wish({ task_type: 'review' }));
    await told.decide(links.ada as string, { outcome: 'changes_requested', comment: 'Say more.' });
    await told.resume({ text: 'new' });
    await told.escalate({ generation: 2, token: 'token-2' });
    const { task: second } = await told.state();
    told.goTo(second?.ladder.at(-1)?.at ?? '');
    await told.climb(2);
    await told.escalate({ generation: 2, rung: 1, token: 'token-3' }, operators);
    const state = await told.state();
    expect(state.task).toMatchObject({ takeover: 'overdue', revision: 2, concerned: ['ada', 'ben'] });
    expect(isAsAsked(state, state.task as Task)).toBe(true);
    expect(state.task?.subjectHash).not.toBe(second?.subjectHash);
  });

  it('of what is an override already is refused, or has no effect', async () => {
    const base = opening(given.approvalType);
    const own = { ...base, task: { ...base.task, type: 'override' as const } };
    expect(() => defineIntentType(own as never)).toThrow(
      'task.level.expire.opens: an override is never followed by one',
    );
    const both = { ...base.task.level, expire: { afterSeconds: 60, opens: 'override', outcome: 'rejected' } };
    const task = { ...base.task, level: both, defaultOutcomes: ['rejected'] };
    expect(() => defineIntentType({ ...base, task } as never)).toThrow(
      'task.level.expire.opens: not beside an outcome',
    );
    const told = await story({ type: base, humanTask: { title: 'May I?', task_type: 'override' } });
    await told.escalate({}, operators);
    expect((await told.state()).task?.ladder.at(-1)).not.toHaveProperty('opens');
  });
});

describe('wished by an intent', () => {
  const refused = { name: 'InvalidInput', details: { field: 'human_task.ladder.expire.opens' } };

  it('is refused beside an outcome, and for an override', async () => {
    const type = { ...given.approvalType, task: { ...given.approvalType.task, defaultOutcomes: ['rejected'] } };
    const both = { ladder: { expire: { after_seconds: 60, opens: 'override', outcome: 'rejected' } } };
    await expect(story({ type, ...wish(both) })).rejects.toMatchObject(refused);
    await expect(story(wish({ task_type: 'override' }))).rejects.toMatchObject(refused);
  });

  it('comes in strictly', () => {
    const taken = (opens: unknown) => {
      const human_task = { ladder: { expire: { after_seconds: 60, opens } } };
      return createIntent.safeParse({ intent_type: 'human_approval', human_task }).success;
    };
    expect(['override', 'approval', true, null].map(taken)).toEqual([true, false, false, false]);
  });
});
