/** The kinds of task that a plain approval may ask for, from submission to result. */

import { describe, expect, it } from 'vitest';
import { InvalidInput } from '../../core/errors.ts';
import type { FormGroup } from '../../core/form-schema.ts';
import type { HumanTask } from '../../core/model.ts';
import { submit } from '../../core/rules/submit.ts';
import { taskTypeOf } from '../../core/tasks.ts';
import * as given from './builders.ts';
import { story, waitingApproval } from './story.ts';

const address: FormGroup = {
  type: 'object',
  required: ['street'],
  properties: { street: { type: 'string' }, floor: { type: 'integer', minimum: 0 } },
};

const ada = (links: Record<string, string>): string => links.ada as string;

describe('a confirmation', () => {
  const asked = { humanTask: { title: 'Did it arrive?', task_type: 'confirmation' } };

  it.each([
    ['confirmed', true],
    ['denied', false],
  ])('%s completes with the word and whether it is so, without a comment', async (outcome, approved) => {
    const { told, links } = await waitingApproval(asked);
    await told.decide(ada(links), { outcome });
    const { head, outcome: ended } = await told.state();
    expect(head.status).toBe('COMPLETED');
    expect(ended?.result).toMatchObject({ approved, task_result: { outcome } });
  });

  it('takes no outcome of another kind', async () => {
    const { told, links } = await waitingApproval(asked);
    await expect(told.decide(ada(links), { outcome: 'approved' })).rejects.toMatchObject({
      details: { field: 'outcome' },
    });
  });
});

describe('a clarification', () => {
  it('completes with the answer', async () => {
    const { told, links } = await waitingApproval({ humanTask: { title: 'Which?', task_type: 'clarification' } });
    await told.decide(ada(links), { outcome: 'provided', data: { answer: 'The blue one.' } });
    expect((await told.state()).outcome?.result).toEqual({
      task_result: expect.objectContaining({ outcome: 'provided', data: { answer: 'The blue one.' } }),
    });
  });

  it.each<[string, Partial<HumanTask>, object | undefined, string]>([
    ['no answer', {}, undefined, 'This is needed.'],
    [
      'an answer that is not offered',
      { choices: ['blue', 'red'] },
      { answer: 'green' },
      'Choose one of those offered.',
    ],
    ['an answer without end', {}, { answer: 'x'.repeat(2001) }, 'At most 2000 characters are possible.'],
  ])('is not settled by %s', async (_, over, data, sentence) => {
    const humanTask = { title: 'Which?', task_type: 'clarification', ...over };
    const { told, links } = await waitingApproval({ humanTask });
    const attempt = told.decide(ada(links), { outcome: 'provided', data: data as never });
    await expect(attempt).rejects.toMatchObject({ details: { field: 'data', fields: { '/answer': sentence } } });
    expect((await told.state()).task?.status).toBe('open');
  });
});

describe('a form', () => {
  const asked = { humanTask: { title: 'Where to?', task_type: 'form', form_schema: address } };

  it('completes with what was filled in, and the record holds it', async () => {
    const { told, links } = await waitingApproval(asked);
    const data = { street: 'Main Street 1', floor: 2 };
    await told.decide(ada(links), { outcome: 'submitted', data });
    expect((await told.state()).outcome?.result).toMatchObject({ task_result: { outcome: 'submitted', data } });
    const record = told.read().find((one) => one.action === 'task.decided');
    expect(record?.data).toMatchObject({ outcome: 'submitted', data });
  });

  it('names every field that is wrong, and changes nothing', async () => {
    const { told, links } = await waitingApproval(asked);
    const before = told.store.records(told.ref).length;
    const attempt = told.decide(ada(links), { outcome: 'submitted', data: { floor: -1, more: true } });
    await expect(attempt).rejects.toThrow(InvalidInput);
    await expect(attempt).rejects.toMatchObject({
      details: { fields: { '/street': 'This is needed.', '/floor': 'Not less than 0.' } },
    });
    expect(told.store.records(told.ref)).toHaveLength(before);
  });
});

describe('what AXP’s clients ask', () => {
  const askedFor = async (humanTask: object) => {
    const told = await story({ humanTask: { title: '', ...humanTask } });
    await told.escalate();
    return (await told.state()).task;
  };

  it('a form that does not say what it is is one, and has a title', async () => {
    expect(await askedFor({ form_schema: address })).toMatchObject({ type: 'form', asks: address, title: 'Form' });
  });

  it('data that is to be provided in no certain shape is no form of ours', async () => {
    const task = await askedFor({ task_type: 'provide_data' });
    expect(task).toMatchObject({ type: 'form', outcomes: ['submitted'] });
    expect(task?.asks).toBeUndefined();
  });
});

describe('what is asked', () => {
  it.each([
    ['a kind that is not there', { task_type: 'dance' }, 'task_type'],
    ['a form without its schema', { task_type: 'form' }, 'form_schema'],
    ['a schema of no form', { task_type: 'approval', form_schema: address }, 'form_schema'],
    ['choices of no question', { choices: ['a', 'b'] }, 'choices'],
    ['an outcome of another kind', { task_type: 'confirmation', allowed_outcomes: ['approved'] }, 'allowed_outcomes'],
    ...(
      [
        ['approval', ['rejected']],
        ['review', ['changes_requested', 'rejected']],
        ['confirmation', ['denied']],
        ['manual_action', ['failed']],
        ['assignment', ['declined']],
      ] as [string, string[]][]
    ).map(([task_type, allowed_outcomes]): [string, object, string] => [
      `no way to decide for it, of ${task_type}`,
      { task_type, allowed_outcomes },
      'allowed_outcomes',
    ]),
    ['a choice twice', { task_type: 'clarification', choices: ['yes', 'no', 'yes'] }, 'choices'],
    ['no way to deny', { task_type: 'confirmation', allowed_outcomes: ['confirmed'] }, 'allowed_outcomes'],
  ])('is refused at once where it is %s', (_, over, field) => {
    const asked = given.submission({ humanTask: { title: 'x', ...over } });
    expect(() => submit(asked, given.contextAt(given.start))).toThrow(
      expect.objectContaining({ name: 'InvalidInput', details: { field: `human_task.${field}` } }),
    );
  });

  it('of an action is only a decision on its plan', () => {
    const humanTask = { title: 'x', task_type: 'form', form_schema: address };
    const asked = given.submission({ type: given.refundType, payload: given.refundPayload(), humanTask });
    expect(() => submit(asked, given.contextAt(given.start))).toThrow(
      expect.objectContaining({ details: { field: 'human_task.task_type' } }),
    );
  });

  it('may use the words of AXP', () => {
    expect(['provide_data', 'validate_real_world', 'approval', 'toString'].map(taskTypeOf)).toEqual([
      'form',
      'confirmation',
      'approval',
      undefined,
    ]);
  });

  it('has the title of its kind where the agent gives none', async () => {
    const told = await story({ humanTask: { task_type: 'confirmation' } as never });
    await told.escalate();
    expect((await told.state()).task).toMatchObject({ type: 'confirmation', title: 'Confirmation' });
  });
});
