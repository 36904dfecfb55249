/** Reviews: people ask for changes, the agent answers, and people are asked anew, so often and no more. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chain } from '../../core/chain.ts';
import type { ActionType } from '../../core/intent-type.ts';
import type { JsonObject } from '../../core/json.ts';
import type { HumanTask, IntentState, Task } from '../../core/model.ts';
import { linkFor, type MailOrder } from '../../core/rules/link.ts';
import { submit } from '../../core/rules/submit.ts';
import { wakeOf } from '../../core/rules/wake.ts';
import { runs } from '../properties.ts';
import * as given from './builders.ts';
import { linkHashOf, refunded, type Story, story, waitingApproval } from './story.ts';

const humanTask: HumanTask = { title: 'Newsletter', task_type: 'review' };
const first = { text: 'Buy now!', send_at: '2026-12-01' };

const review = (over: Partial<HumanTask> = {}) =>
  waitingApproval({ humanTask: { ...humanTask, ...over }, payload: first });

const sendBack = { outcome: 'changes_requested', reason: 'unclear', comment: 'Say what it costs.' };

/** A run begins with what the agent answered, and people are mailed. */
async function askedAgain(told: Story, payload: JsonObject): Promise<Record<string, string>> {
  await told.resume(payload);
  const { generation } = (await told.state()).head;
  await told.escalate({ generation, token: `token-${generation}` });
  return told.mail();
}

async function sentBack(over: Partial<HumanTask> = {}) {
  const { told, links } = await review(over);
  await told.decide(links.ada as string, sendBack);
  return { told, links };
}

const refundReview: ActionType = { ...given.refundType, task: { ...given.refundType.task, type: 'review' } };

/** A refund that waits for a review; `of` 600,000 cents it takes two people. */
async function reviewedRefund(amount_cents = 18_000, type = refundReview) {
  const told = await story({ type, payload: given.refundPayload({ amount_cents }) });
  await told.check();
  await told.escalate();
  return { told, links: await told.mail() };
}

/** The refund's run begins anew. */
async function refundAskedAgain(told: Story, amount_cents: number): Promise<Record<string, string>> {
  await told.resume(given.refundPayload({ amount_cents }));
  const { generation } = (await told.state()).head;
  await told.check(given.charge(), generation);
  await told.escalate({ generation, token: `token-${generation}` });
  return told.mail();
}

describe('a request that is sent back', () => {
  it('is the agent’s again, with the comment; its run is over, and nobody is asked meanwhile', async () => {
    const { told } = await sentBack();
    const { head, task } = await told.state();
    expect(head).toMatchObject({ status: 'IN_PROGRESS', generation: 2, dueAt: Date.parse(task?.answerBy ?? '') });
    expect(task).toMatchObject({ status: 'returned', decision: { outcome: 'changes_requested', reason: 'unclear' } });
    expect((await told.store.events(told.ref, 0, 100)).at(-1)).toMatchObject({
      type: 'intent.in_progress',
      pendingWith: { type: 'agent', ref: given.agent },
      details: {
        decision: { outcome: 'changes_requested', comment: 'Say what it costs.', reason_code: 'unclear' },
        revision: 1,
        rounds: 3,
        answer_by: given.later(given.start, 72 * 3600),
      },
    });
    const state = await told.store.load(told.ref);
    expect(wakeOf(state, { taskId: task?.taskId ?? '' })).toMatchObject({
      do: 'redeem',
      answer: 'Cancelled',
      last: true,
    });
    await expect(told.climb(1)).rejects.toMatchObject({ name: 'Superseded' });
    await expect(told.escalate({ retry: 1 })).rejects.toMatchObject({ name: 'Superseded' });
  });

  it('needs a comment, and what others posted meanwhile hears of it', async () => {
    const { told, links } = await review();
    await expect(told.decide(links.ada as string, { ...sendBack, comment: ' ' })).rejects.toMatchObject({
      details: { field: 'comment' },
    });
    await told.decide(links.ada as string, sendBack);
    expect(await told.decide(links.ben as string)).toMatchObject({
      fresh: false,
      decision: { outcome: 'changes_requested', by: { id: 'ada' } },
    });
  });

  it('is asked anew: a revision of its own, with a hash, a ladder, links and the same person’s vote', async () => {
    const { told, links } = await sentBack();
    const before = (await told.state()).task as Task;
    told.pass(3600);
    const again = await askedAgain(told, { ...first, text: 'Buy now for 10 EUR!' });
    const { head, task, earlier } = await told.state();
    expect(head).toMatchObject({ status: 'WAITING', revision: 2, generation: 2 });
    expect(task).toMatchObject({ revision: 2, rounds: 3, status: 'open', votes: [] });
    expect(task?.subjectHash).not.toBe(before.subjectHash);
    expect(task?.ladder.at(-1)?.at).toBe(given.later(given.start, 3600 + 72 * 3600));
    expect(earlier?.map((one) => [one.task.taskId, one.request?.payload])).toEqual([[before.taskId, first]]);
    for (const old of Object.values(links))
      await expect(told.decide(old)).rejects.toMatchObject({ code: 'plan_changed' });
    await told.decide(again.ada as string);
    expect(await told.state()).toMatchObject({
      head: { status: 'COMPLETED' },
      outcome: { result: { approved: true, task_result: { outcome: 'approved', revision: 2 } } },
    });
  });

  it('has another hash also where the agent changes nothing, and says so', async () => {
    const { told } = await sentBack();
    const before = (await told.state()).task?.subjectHash;
    await askedAgain(told, first);
    expect((await told.state()).task?.subjectHash).not.toBe(before);
    expect((await told.seen()).changed).toEqual([]);
  });

  it('shows what changed, field by field, also in depth', async () => {
    const { told } = await sentBack();
    await askedAgain(told, { text: 'Buy now!', to: { list: 'all', tags: ['a'] } });
    expect((await told.seen()).changed).toEqual([
      { of: 'payload', what: 'send_at', before: '2026-12-01' },
      { of: 'payload', what: 'to.list', after: 'all' },
      { of: 'payload', what: 'to.tags', after: '["a"]' },
    ]);
  });

  it('is offered no more on the last round', async () => {
    const { told } = await sentBack({ rounds: 2 });
    const again = await askedAgain(told, first);
    expect((await told.state()).task?.outcomes).toEqual(['approved', 'rejected']);
    await expect(told.decide(again.ada as string, sendBack)).rejects.toMatchObject({ details: { field: 'outcome' } });
  });

  it('ends when the agent does not answer in time, and not before', async () => {
    const { told } = await sentBack();
    const { task } = await told.state();
    told.goTo(given.later(task?.answerBy ?? '', -1));
    await told.tooLate();
    expect((await told.state()).head.status).toBe('IN_PROGRESS');
    told.pass(1);
    await expect(told.resume(first)).rejects.toMatchObject({ code: 'deadline_over' });
    expect(await told.restart()).toBe(2);
    await told.tooLate();
    expect(await told.state()).toMatchObject({
      head: { status: 'TIMED_OUT' },
      outcome: { error: { code: 'intent_timeout' } },
    });
    await expect(told.resume(first)).rejects.toMatchObject({ code: 'intent_terminal' });
  });

  it('has no more time than the intent', async () => {
    const deadlineAt = given.later(given.start, 7200);
    const { told, links } = await waitingApproval({ humanTask, deadlineAt });
    await told.decide(links.ada as string, sendBack);
    expect((await told.state()).task?.answerBy).toBe(deadlineAt);
  });
});

describe('an answer', () => {
  it('is taken from the agent that asked, once, and only where one is waited for', async () => {
    const { told } = await review();
    await expect(told.resume(first)).rejects.toMatchObject({ name: 'Conflict', code: 'not_waiting_for_agent' });
    const back = await sentBack();
    await expect(back.told.resume(first, { from: 'agent://acme/shop/other' })).rejects.toMatchObject({
      name: 'PolicyDenied',
    });
    expect(await back.told.resume({ text: 'b' })).toMatchObject({ revision: 2, status: 'IN_PROGRESS' });
    await expect(back.told.resume({ text: 'c' })).rejects.toMatchObject({ code: 'not_waiting_for_agent' });
  });

  it('of two at once, one counts; the other is told so', async () => {
    const { told } = await sentBack();
    const answers = await Promise.allSettled([told.resume({ text: 'a' }), told.resume({ text: 'b' })]);
    expect(answers.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    const { request } = await told.state();
    expect(request?.payload).toEqual({ text: answers[0].status === 'fulfilled' ? 'a' : 'b' });
  });

  it('is not taken under a stop', async () => {
    const { told } = await sentBack();
    told.store.stop({ kind: 'everything' });
    await expect(told.resume(first)).rejects.toMatchObject({ name: 'PolicyDenied' });
  });

  it('still wakes the old run where it came before the wake', async () => {
    const { told } = await sentBack();
    const wake = told.store.outbox(told.ref).find((row) => row.kind === 'wake');
    await askedAgain(told, first);
    const state = await told.store.load(told.ref);
    expect(wakeOf(state, wake?.body)).toEqual({ do: 'redeem', token: 'token-1', answer: 'Cancelled', last: true });
  });
});

describe('a mail of an earlier revision', () => {
  it('that is still owed is not sent; one that was just sent is recorded, and its link leads nowhere', async () => {
    const told = await story({ humanTask, payload: first });
    await told.escalate();
    const rows = told.store.outbox(told.ref).filter((row) => row.kind === 'mail');
    const [toAda, toBen] = rows.map((row) => row.body as unknown as MailOrder) as [MailOrder, MailOrder];
    for (const order of [toAda, toBen]) {
      const link = linkFor(await told.store.load(told.ref), order, linkHashOf(order.linkId), told.now());
      await told.store.putLink(link as NonNullable<typeof link>);
    }
    await told.mailed(toAda);
    await told.decide(linkHashOf(toAda.linkId), sendBack);
    await told.resume({ text: 'b' });
    expect(linkFor(await told.store.load(told.ref), toBen, 'x', told.now())).toBeUndefined();
    await told.mailed(toBen);
    await told.mailed(toBen);
    const told2 = told.store.records(told.ref).filter((one) => one.action === 'approver.notified');
    expect(told2).toHaveLength(2);
    await told.escalate({ generation: 2, token: 'token-2' });
    expect((await told.state()).task?.links).toEqual({});
    await expect(told.decide(linkHashOf(toBen.linkId))).rejects.toMatchObject({ code: 'plan_changed' });
  });
});

describe('an action', () => {
  it('is planned and checked anew, and what is executed is what was approved last', async () => {
    const { told, links } = await reviewedRefund(18_000);
    await told.decide(links.ada as string, { ...sendBack, reason: 'wrong_amount' });
    const again = await refundAskedAgain(told, 9_000);
    const { plan, task, earlier } = await told.state();
    expect(plan?.plan).toMatchObject({ revision: 2, actions: [{ args: { amount_cents: 9_000 } }] });
    expect(task?.subjectHash).toBe(plan?.hash);
    expect(earlier?.[0]?.plan?.plan.actions[0]?.args.amount_cents).toBe(18_000);
    expect((await told.seen()).changed).toContainEqual({
      of: 'plan',
      what: 'Refunded',
      before: '0.00 EUR → 180.00 EUR',
      after: '0.00 EUR → 90.00 EUR',
    });
    await told.decide(again.ben as string);
    expect(await told.begin('r1', 2)).toMatchObject({ do: 'call', action: { args: { amount_cents: 9_000 } } });
    await told.settle('r1', refunded);
    await told.verify([], 2);
    await told.complete(2);
    expect(await told.state()).toMatchObject({ head: { status: 'COMPLETED' } });
  });

  it('may be denied the second time, or need nobody any more', async () => {
    for (const [amount, status] of [
      [2_000_000, 'FAILED'],
      [4_000, 'IN_PROGRESS'],
    ] as const) {
      const { told, links } = await reviewedRefund(18_000);
      await told.decide(links.ada as string, sendBack);
      await told.resume(given.refundPayload({ amount_cents: amount }));
      await told.check(given.charge(), 2);
      expect((await told.state()).head.status).toBe(status);
      if (status === 'IN_PROGRESS') expect(await told.begin('r1', 2)).toMatchObject({ do: 'call' });
    }
  });

  it('goes back to the start of its chain, whoever sends it back', async () => {
    const { told, links } = await reviewedRefund(600_000);
    await told.decide(links.ada as string);
    const { cleo } = await told.mail();
    await told.decide(cleo as string, sendBack);
    const again = await refundAskedAgain(told, 550_000);
    expect(Object.keys(again).sort()).toEqual(['ada', 'ben']);
    expect((await told.state()).task).toMatchObject({ step: 0, votes: [] });
    await told.decide(again.ada as string);
    await told.decide((await told.mail()).cleo as string);
    const { task, earlier } = await told.state();
    expect(task?.votes.map((vote) => vote.by.id)).toEqual(['ada', 'cleo']);
    expect(earlier?.[0]?.task.votes.map((vote) => vote.outcome)).toEqual(['approved', 'changes_requested']);
    expect((await told.begin('r1', 2)).do).toBe('call');
  });
});

describe('what is asked of a review', () => {
  it.each<[string, object, string]>([
    ['rounds of no review', { task_type: 'approval', rounds: 2 }, 'rounds'],
    ['rounds where nothing is sent back', { allowed_outcomes: ['approved', 'rejected'], rounds: 2 }, 'rounds'],
    ['more rounds than its type has', { rounds: 4 }, 'rounds'],
    ['no way to reject', { allowed_outcomes: ['approved', 'changes_requested'] }, 'allowed_outcomes'],
    ['a comment for another outcome', { required_comment: ['denied'] }, 'required_comment'],
    [
      'a comment for an outcome that is not allowed',
      { allowed_outcomes: ['approved', 'rejected'], required_comment: ['changes_requested'] },
      'required_comment',
    ],
  ])('is refused at once where it is %s', (_, over, field) => {
    const asked = given.submission({ humanTask: { ...humanTask, ...over } });
    expect(() => submit(asked, given.contextAt(given.start))).toThrow(
      expect.objectContaining({ name: 'InvalidInput', details: { field: `human_task.${field}` } }),
    );
  });

  it('may be a comment for some outcomes, and a priority', async () => {
    const { told, links } = await review({ required_comment: ['approved'], priority: 'urgent' });
    expect((await told.state()).task).toMatchObject({ priority: 'urgent' });
    await expect(told.decide(links.ada as string)).rejects.toMatchObject({ details: { field: 'comment' } });
    await told.decide(links.ada as string, { comment: 'Good.' });
    expect((await told.state()).head.status).toBe('COMPLETED');
  });
});

/** What may happen in any order; whoever is asked decides on what they were mailed, now or long ago. */
type Move = { do: 'decide'; mail: number; outcome: string } | { do: 'answer'; amount: number } | { do: 'mail' };

const move: fc.Arbitrary<Move> = fc.oneof(
  fc.record({
    do: fc.constant('decide' as const),
    /** Counted from the newest. */
    mail: fc.oneof({ weight: 3, arbitrary: fc.nat(2) }, fc.nat(10)),
    outcome: fc.constantFrom('approved', 'approved', 'changes_requested', 'changes_requested', 'rejected'),
  }),
  fc.record({ do: fc.constant('answer' as const), amount: fc.integer({ min: 5_001, max: 900_000 }) }),
  fc.constant({ do: 'mail' as const }),
);

const twoOf = chain([
  { role: 'refunds', need: 1 },
  { role: 'finance', need: 1 },
]);
const asksTwo: ActionType = {
  ...refundReview,
  policy: {
    version: 'test',
    rules: [{ id: 'ask', reason: 'ask', says: 'Ask.', when: () => true, verdict: { do: 'require', of: twoOf } }],
  },
};

/** Whoever is asked by then decides, each step's people mailed. */
const allDecide = (outcome: string): Move[] => {
  const each: Move[] = [0, 1, 2].map((mail) => ({ do: 'decide', mail, outcome }));
  return [...each, { do: 'mail' }, ...each];
};
const changed: Move[] = [...allDecide('changes_requested').slice(0, 3), { do: 'answer', amount: 20_000 }];

describe('whatever people and the agent do, in whatever order', () => {
  const approvedIn = new Set<number>();

  it('a vote counts for the revision that it was mailed for, rounds are bounded, and only that is executed', {
    timeout: 60_000,
  }, async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(move, { minLength: 10, maxLength: 30 }), async (moves) => {
        const { told, links } = await reviewedRefund(18_000, asksTwo);
        const mailed = Object.values(links).map((hash) => ({ hash, revision: 1 }));
        const revision = async () => (await told.state()).head.revision ?? 1;
        const note = async (sent: Record<string, string>) => {
          for (const hash of Object.values(sent)) mailed.push({ hash, revision: await revision() });
        };
        for (const one of moves) {
          const before = await told.state();
          if (one.do === 'mail') await note(await told.mail());
          else if (one.do === 'answer') {
            const answered = await refundAskedAgain(told, one.amount).catch(ignoreOurs);
            if (answered) await note(answered);
          } else {
            const mail = mailed.at(-1 - (one.mail % mailed.length)) as (typeof mailed)[number];
            await told.decide(mail.hash, { outcome: one.outcome, comment: 'x' }).catch(ignoreOurs);
            if (mail.revision !== (before.head.revision ?? 1)) expect(await told.state()).toEqual(before);
          }
          check(await told.state());
        }
      }),
      { ...runs(150), examples: [[allDecide('approved')], [[...changed, ...allDecide('approved')]]] },
    );
    // Else it has shown nothing.
    expect(approvedIn.size).toBeGreaterThan(1);
  });

  function check({ head, task, plan, earlier = [] }: IntentState): void {
    expect(head.revision ?? 1).toBeLessThanOrEqual(3);
    expect(earlier.every((one) => one.task.status === 'returned')).toBe(true);
    if (task?.status !== 'decided' || task.decision?.outcome !== 'approved') return;
    expect(task.subjectHash).toBe(plan?.hash);
    expect(task.votes.map((vote) => [vote.outcome, vote.step])).toEqual([
      ['approved', 0],
      ['approved', 1],
    ]);
    approvedIn.add(task.revision);
  }
});

const ours = ['Conflict', 'InvalidInput', 'PolicyDenied', 'NotFound'];

/** A refusal is an answer; anything else is a defect. */
function ignoreOurs(error: Error): undefined {
  if (!ours.includes(error.name)) throw error;
}
