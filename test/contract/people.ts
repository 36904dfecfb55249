/** What can be relied on where people decide: whichever door, one decision. */

import { expect } from 'vitest';
import {
  AuthError,
  ConflictError,
  IdempotencyConflictError,
  IntentTerminalError,
  InvalidInputError,
  NotDecidedError,
  NotFoundError,
  PolicyDeniedError,
} from '../../clients/sdk/index.ts';
import type { Case, Place } from './place.ts';

/** An open question to Ada, and its task. */
async function asked(at: Place, more: object = {}) {
  const hp = at.agent('asker');
  const human_task = { assignees: ['ada'], ...more };
  const { intent_id } = await hp.submit({ intent_type: 'human_approval', payload: { task: 'Deploy v2?' }, human_task });
  const task = await at.eventually('a task', async () => {
    const { tasks } = await at.person('ada').tasks.list();
    return tasks.find((one) => one.intent_id === intent_id);
  });
  return { hp, intent_id, task, decision: () => hp.decisionOf(intent_id, { timeoutSeconds: 120 }) };
}

export const peopleCases: readonly Case[] = [
  {
    name: 'who is asked decides with what they were shown; once, and the agent hears of it',
    async run(at) {
      const { intent_id, task, decision } = await asked(at);
      const ada = at.person('ada').tasks;
      expect(await ada.get(task.task_id)).toMatchObject({
        intent_id,
        status: 'open',
        allowed_outcomes: ['approved', 'rejected'],
      });
      const stale = { outcome: 'approved', reason_code: 'other', plan_hash: '0'.repeat(64) };
      await expect(ada.decide(task.task_id, stale)).rejects.toThrow(ConflictError);
      const given = { outcome: 'approved', reason_code: 'other', plan_hash: task.plan_hash, comment: 'Go.' };
      expect(await ada.decide(task.task_id, given)).toMatchObject({ fresh: true, status: 'COMPLETED' });
      expect(await ada.decide(task.task_id, given)).toMatchObject({ fresh: false, decision: { outcome: 'approved' } });
      expect(await decision()).toMatchObject({ approved: true, comment: 'Go.', decidedBy: 'ada', intentId: intent_id });
    },
  },
  {
    name: 'AXP’s list of tasks shows it, to whom it concerns',
    async run(at) {
      const { intent_id } = await asked(at);
      const mine = (await at.person('ada').tasks.mine()).filter((one) => one.intent_id === intent_id);
      expect(mine).toMatchObject([{ status: 'WAITING', human_task: { task_type: 'approval', assignees: ['ada'] } }]);
      expect((await at.person('ben').tasks.mine()).filter((one) => one.intent_id === intent_id)).toEqual([]);
      await expect(at.agent('asker').tasks.mine()).rejects.toThrow(AuthError);
    },
  },
  {
    name: 'a person’s tasks come page by page, the open ones by when they are due',
    async run(at) {
      const within = (after_seconds: number) => asked(at, { ladder: { expire: { after_seconds } } });
      const both = [await within(7200), await within(3600)];
      const ids = both.map(({ task }) => task.task_id).toReversed();
      const { tasks } = at.person('ada');
      const paged = async (status: 'open' | 'done') => {
        const first = await tasks.list({ status, limit: 1 });
        if (first.next_cursor === null) return undefined;
        const rest = await tasks.list({ status, limit: 1, cursor: first.next_cursor });
        expect(rest.next_cursor).toBeNull();
        return [...first.tasks, ...rest.tasks].map(({ task_id }) => task_id);
      };
      expect(await at.eventually('two pages', () => paged('open'))).toEqual(ids);
      for (const { task } of both)
        await tasks.decide(task.task_id, { outcome: 'approved', reason_code: 'other', plan_hash: task.plan_hash });
      expect(await at.eventually('two pages', async () => (await paged('done'))?.sort())).toEqual(ids.toSorted());
    },
  },
  {
    name: 'an inbox approves and rejects; without words where the task asks for none',
    async run(at) {
      const wordy = await asked(at, { required_comment: true });
      const { inbox } = at.person('ada');
      await expect(inbox.reject(wordy.intent_id)).rejects.toThrow(InvalidInputError);
      await expect(at.person('ben').inbox.reject(wordy.intent_id, { comment: 'No.' })).rejects.toThrow();
      expect(await inbox.reject(wordy.intent_id, { comment: 'No.' })).toMatchObject({ status: 'done' });
      expect(await wordy.decision()).toMatchObject({ approved: false, outcome: 'rejected', comment: 'No.' });
      const { intent_id, decision } = await asked(at);
      expect(await inbox.reject(intent_id)).toMatchObject({ intent_id, status: 'done' });
      expect(await decision()).toMatchObject({ approved: false, outcome: 'rejected', comment: '' });
      await expect(inbox.approve(intent_id)).rejects.toThrow(IntentTerminalError);
    },
  },
  {
    name: 'what has ended is not decided again; the same request again is answered as at first',
    async run(at) {
      const { intent_id, decision } = await asked(at);
      const clerk = at.speaking('clerk', 'ada');
      const result = { task_result: { outcome: 'approved', comment: 'Fine.', data: { ticket: 'T-1' } } };
      const first = await clerk.resume(intent_id, result, { idempotencyKey: 'r-1' });
      expect(first).toMatchObject({
        intent: { status: 'COMPLETED', result: { task_result: { data: { ticket: 'T-1' } } } },
      });
      expect(await clerk.resume(intent_id, result, { idempotencyKey: 'r-1' })).toEqual(first);
      const other = clerk.resume(intent_id, { task_result: { outcome: 'rejected' } }, { idempotencyKey: 'r-1' });
      await expect(other).rejects.toThrow(IdempotencyConflictError);
      await expect(clerk.resume(intent_id, result)).rejects.toThrow(IntentTerminalError);
      const approval = { decision: 'reject' as const };
      await expect(at.person('ada').tasks.decideApproval(intent_id, approval)).rejects.toThrow(IntentTerminalError);
      expect(await decision()).toMatchObject({ approved: true });
    },
  },
  {
    name: 'evidence comes in AXP’s words, too',
    async run(at) {
      const shown = [
        [{ data: { evidence: 'See the log.' } }, { text: 'See the log.' }],
        [{ evidence: 'https://example.com/log' }, { url: 'https://example.com/log' }],
        [{ data: { evidence: { lines: 2 }, shift: 'late' } }, { text: '{"lines":2}' }],
      ] as const;
      for (const [given, evidence] of shown) {
        const { intent_id } = await asked(at, { task_type: 'manual_action' });
        const [mine] = (await at.person('ada').tasks.mine()).filter((one) => one.intent_id === intent_id);
        expect(mine?.human_task).toMatchObject({ task_type: 'manual_action', evidence_required: true });
        const clerk = at.speaking('clerk', 'ada');
        const nothing = clerk.resume(intent_id, { task_result: { outcome: 'completed', data: { evidence: '' } } });
        await expect(nothing).rejects.toThrow(InvalidInputError);
        expect(await clerk.resume(intent_id, { task_result: { outcome: 'completed', ...given } })).toMatchObject({
          intent: { status: 'COMPLETED', result: { task_result: { evidence } } },
        });
      }
    },
  },
  {
    name: 'AXP’s approvals decide by the intent’s id',
    async run(at) {
      const { intent_id, decision } = await asked(at);
      const approval = await at.person('ada').tasks.decideApproval(intent_id, { decision: 'approve' });
      expect(approval).toMatchObject({ approval_id: intent_id, decision: 'approve', comment: null });
      expect(await decision()).toMatchObject({ approved: true });
      const nothing = at.person('ada').tasks.decideApproval('no-such-id', { decision: 'approve' });
      await expect(nothing).rejects.toThrow(NotFoundError);
    },
  },
  {
    name: 'resume takes a person’s result, by a key that may bring it; no agent decides what it asked itself',
    async run(at) {
      const { intent_id, hp, decision } = await asked(at);
      const result = (outcome: string) => ({ task_result: { outcome, comment: 'Fine.' } });
      await expect(hp.resume(intent_id, result('approved'))).rejects.toThrow(AuthError);
      const own = at.speaking('asker', 'ada').resume(intent_id, result('approved'));
      await expect(own).rejects.toThrow(PolicyDeniedError);
      const clerk = at.speaking('clerk', 'ada');
      await expect(clerk.resume(intent_id, result('perhaps'))).rejects.toThrow(InvalidInputError);
      expect(await clerk.resume(intent_id, result('approved'))).toMatchObject({ intent: { status: 'COMPLETED' } });
      expect(await decision()).toMatchObject({ approved: true, decidedBy: 'ada' });
    },
  },
  {
    name: 'a form is filled in; what does not fit it is refused',
    async run(at) {
      const form_schema = { type: 'object', properties: { boxes: { type: 'integer' } }, required: ['boxes'] };
      const { intent_id, task, decision } = await asked(at, { task_type: 'form', form_schema });
      const { tasks } = at.person('ada');
      const send = (data: { boxes: string | number }) =>
        tasks.decide(task.task_id, { outcome: 'submitted', reason_code: 'other', plan_hash: task.plan_hash, data });
      await expect(send({ boxes: 'two' })).rejects.toThrow(InvalidInputError);
      expect(await send({ boxes: 2 })).toMatchObject({ intent_id, fresh: true });
      expect(await decision()).toMatchObject({ approved: undefined, outcome: 'submitted', data: { boxes: 2 } });
    },
  },
  {
    name: 'a task is commented, handed over and taken back',
    async run(at) {
      const { task } = await asked(at);
      const { tasks } = at.person('ada');
      expect(await tasks.comment(task.task_id, { comment: 'Is it ready?' })).toMatchObject({ comments: 1 });
      expect(await tasks.delegate(task.task_id, { to: 'ben' })).toMatchObject({ fresh: true, to: { id: 'ben' } });
      const decides = tasks.decide(task.task_id, {
        outcome: 'approved',
        reason_code: 'other',
        plan_hash: task.plan_hash,
      });
      await expect(decides).rejects.toThrow();
      expect(await tasks.recall(task.task_id)).toMatchObject({ task_id: task.task_id });
      expect(
        await tasks.decide(task.task_id, { outcome: 'approved', reason_code: 'other', plan_hash: task.plan_hash }),
      ).toMatchObject({
        fresh: true,
      });
    },
  },
  {
    name: 'who asks a person in one call hears the decision, or that there is none',
    async run(at) {
      const hp = at.agent('asker');
      const ids: string[] = [];
      const options = { onSubmitted: (id: string) => ids.push(id), timeoutSeconds: 120 };
      const ended = hp.waitForHuman({ task: 'Deploy v3?', assignee: 'ada' }, options).catch((error: unknown) => error);
      const id = await at.eventually('an id', async () => ids[0]);
      await hp.cancel(id, 'not needed');
      expect(await ended).toBeInstanceOf(NotDecidedError);
      const next = hp.waitForHuman({ task: 'Deploy v4?', assignee: ['ada'], risk_level: 'low' }, options);
      await at.eventually('asked', async () => {
        const { tasks } = await at.person('ada').tasks.list();
        return tasks.some((task) => task.intent_id === ids[1]);
      });
      await at.person('ada').inbox.approve(ids[1] as string);
      expect(await next).toMatchObject({ approved: true, intentId: ids[1] });
    },
  },
];
