/** What people's clients see of a task: what its page shows, and as much as it takes to decide. */

import { describe, expect, it } from 'vitest';
import { intentOut } from '../../functions/api/views.ts';
import { personOut } from '../../functions/tasks/directory.ts';
import { axpTaskOut, taskOut } from '../../functions/tasks/views.ts';
import * as given from '../core/builders.ts';
import { type Story, waitingApproval } from '../core/story.ts';

async function out(told: Story, type = told.type) {
  const state = await told.state();
  if (!state.task) throw new TypeError('somebody is asked');
  return taskOut({ ...state, task: state.task }, { type, directory: given.directory }, told.now());
}

describe('a person of the directory', () => {
  const away = { from: given.start, until: given.later(given.start, 3600), delegate: 'ben' };
  const person = {
    id: 'ada',
    name: 'Ada',
    mail: 'ada@example.com',
    roles: ['refunds'],
    manager: 'eve',
    backup: 'ben',
    away,
  };

  it('is told to agents without mail address, manager, stand-in and absence', () => {
    expect(personOut(person, false)).toEqual({
      id: 'ada',
      name: 'Ada',
      roles: ['refunds'],
      time_zone: 'UTC',
      told_by: ['mail'],
    });
    expect(personOut(person, true)).toMatchObject({
      mail: 'ada@example.com',
      manager: 'eve',
      away: { from: given.start },
    });
  });
});

describe('a task', () => {
  it('tells the agent’s raw reasoning only where its type lets people see it', async () => {
    const payload = { task: 'Deploy?', reasoning: 'The user sounds tired, they will agree.' };
    const { told } = await waitingApproval({ payload });
    expect(await out(told)).toMatchObject({ payload: { task: 'Deploy?' } });
    expect(JSON.stringify(await out(told))).not.toContain('tired');
    const open = { ...given.approvalType, reasoning: { field: 'reasoning', shown: true as const } };
    expect(await out(told, open)).toMatchObject({ payload: { task: 'Deploy?' }, reasoning: payload.reasoning });
  });

  it('tells its risk, and the reason codes of each outcome', async () => {
    const { told } = await waitingApproval({ payload: { task: 'Deploy?', risk_level: 'high' } });
    const { risk, outcomes } = await out(told);
    expect(risk).toBe('high');
    const codes = Object.fromEntries(outcomes.map(({ name, reason_codes }) => [name, reason_codes]));
    expect(codes.rejected).toContainEqual({ code: 'wrong_amount', words: 'Wrong amount' });
    expect(codes.approved?.map(({ code }) => code)).not.toContain('wrong_amount');
  });

  it('says of each outcome whether it needs a comment, and of all in AXP’s one word', async () => {
    const views = async (required_comment: boolean | string[]) => {
      const { told } = await waitingApproval({
        humanTask: { title: 'Fine?', task_type: 'confirmation', required_comment },
      });
      const state = await told.state();
      const axp = axpTaskOut({ ...state, task: state.task as NonNullable<typeof state.task> });
      return {
        each: (await out(told)).outcomes.map(({ comment }) => comment),
        axp: axp.human_task.required_comment,
        agent: intentOut(state).human_task?.required_comment,
      };
    };
    const [needed, not] = ['required', 'optional'];
    expect(await views(['denied'])).toEqual({ each: [not, needed], axp: false, agent: false });
    expect(await views(['denied', 'confirmed'])).toEqual({ each: [needed, needed], axp: true, agent: true });
    expect(await views(true)).toEqual({ each: [needed, needed], axp: true, agent: true });
    expect(await views(false)).toEqual({ each: [not, not], axp: false, agent: false });
  });

  it('of an assignment tells whom it may go to', async () => {
    const { told } = await waitingApproval({ humanTask: { title: 'Who?', task_type: 'assignment' } });
    expect((await out(told)).candidates?.map(({ id }) => id).sort()).toEqual(['ada', 'ben']);
    expect(JSON.stringify(await out(told))).not.toContain('@');
    expect(await out((await waitingApproval()).told)).not.toHaveProperty('candidates');
  });
});
