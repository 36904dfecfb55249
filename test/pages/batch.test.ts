/** A batch shows of each task all that its hash stands for, and why a person is asked. */

import { describe, expect, it } from 'vitest';
import { sharedOutcomes } from '../../core/batch.ts';
import { type BatchTask, batchPage } from '../../pages/batch.ts';
import { approvalPage } from '../../pages/task.ts';
import * as given from '../core/builders.ts';
import { type Story, waitingApproval, waitingRefund } from '../core/story.ts';

const person = given.directory.find('ada');
if (!person) throw new TypeError('Ada is known');
const session = { person, personId: 'ada', via: 'signed in', createdAt: given.start, expiresAt: given.start };

async function batchOf(told: Story): Promise<BatchTask> {
  const state = await told.seen();
  if (!state.task) throw new TypeError('somebody is asked');
  return { path: `acme/shop/${state.task.taskId}`, state: { ...state, task: state.task }, fits: true };
}

describe('a batch', () => {
  it('shows what an approval was asked with, rule and all, and no raw reasoning', async () => {
    const payload = {
      task: 'Deploy v2?',
      version: '2.0.1',
      region: { name: 'eu-central-1' },
      reasoning: 'They agree.',
    };
    const { told } = await waitingApproval({ payload, onBehalfOf: 'customer-7', humanTask: { title: 'Deploy' } });
    const page = batchPage(session, [await batchOf(told)], []);
    for (const shown of ['2.0.1', 'eu-central-1', 'customer-7', 'asked_by_agent']) expect(page).toContain(shown);
    expect(page).not.toContain('They agree.');
  });

  it('offers the reasons that all of them have, with none chosen beforehand', async () => {
    const tasks = await Promise.all([1, 2].map(async () => batchOf((await waitingApproval()).told)));
    const [first, second] = tasks as [BatchTask, BatchTask];
    const { duplicate: _, ...fewer } = second.state.reasons.rejected ?? {};
    const other = { ...second, state: { ...second.state, reasons: { ...second.state.reasons, rejected: fewer } } };
    const page = batchPage(session, [first, other], sharedOutcomes(tasks.map(({ state }) => state.task)));
    const offered = [...page.matchAll(/<option value="([^"]*)" ([^>]*)>/g)].map(([, code, marks]) => [code, marks]);
    expect(offered.map(([code]) => code)).toEqual(expect.arrayContaining(['as_expected', 'wrong_amount']));
    expect(offered.map(([code]) => code)).not.toContain('duplicate');
    expect(offered.filter(([, marks]) => marks !== '')).toEqual([]);
  });

  it('shows a plan with its exact arguments, its evidence, and what the agent said to it', async () => {
    const { told } = await waitingRefund({ humanTask: { title: 'Please' } });
    const [one, page] = [await batchOf(told), batchPage(session, [await batchOf(told)], [])];
    const whole = approvalPage(one.state, { personId: 'ada', mail: 'x' });
    for (const shown of ['ch_1', 'read_charge', 'arrived broken', 'amount_needs_approval', 'issue_refund']) {
      expect(whole, 'the task’s page').toContain(shown);
      expect(page, 'the batch').toContain(shown);
    }
  });
});
