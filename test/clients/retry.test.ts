/** `holdpoint intents retry`: whatever an intent has asked is asked again, by the rules of the deployment. */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { exitCodes } from '../../clients/cli/outcome.ts';
import type { Intent, NewIntent } from '../../clients/sdk/index.ts';
import { createTestWorld } from '../../clients/sdk/testing/index.ts';
import type { taskTypes } from '../../core/tasks.ts';
import { atHome } from './home.ts';
import { inside } from './inside.ts';

type Asked = NonNullable<NewIntent['human_task']>;

const people = ['ada', 'ben'].map((id) => {
  return { id, name: id, mail: `${id}@example.com`, roles: ['approvers', 'operators'] };
});
const world = createTestWorld({ people });
const { home, door } = atHome(world);
const hp = world.client('asker');

const run = (...words: string[]) =>
  inside(words, { ...home.env, HOLDPOINT_URL: door.url, HOLDPOINT_API_KEY: world.keyOf('asker') });

async function asked(human_task: Asked | undefined, payload: NewIntent['payload'] = { task: 'Deploy v2?' }) {
  const intent = { intent_type: 'intent.approval.v1', payload, ...(human_task ? { human_task } : {}) };
  const { intent_id: id } = await hp.submit(intent);
  await world.settled();
  return id;
}

/** Withdrawn, and asked again: both as they are told. */
async function again(id: string, ...more: string[]): Promise<[Intent, Intent]> {
  await hp.cancel(id, 'Once more.');
  await world.settled();
  const ran = await run('intents', 'retry', id, '--json', ...more);
  expect(ran).toMatchObject({ code: 0, stderr: '' });
  const { intent_id, retry_of } = JSON.parse(ran.stdout);
  expect(retry_of).toBe(id);
  await world.settled();
  return Promise.all([hp.get(id), hp.get(intent_id)]);
}

/** What a task asks, without what only this one has. */
function questionIn({ human_task }: Intent): object {
  const { task_id: _, status: __, revision: ___, decision: ____, ...question } = human_task as Record<string, unknown>;
  return question;
}

const form = { type: 'object', properties: { city: { type: 'string', title: 'City' } } } as const;
const kinds: Record<keyof typeof taskTypes, Asked> = {
  approval: { title: 'Deploy?', description: 'To all.', priority: 'high', required_comment: true },
  review: { task_type: 'review', rounds: 2 },
  confirmation: { task_type: 'confirmation' },
  clarification: { task_type: 'clarification', choices: ['now', 'tomorrow'] },
  form: { task_type: 'form', form_schema: form },
  manual_action: { task_type: 'manual_action' },
  assignment: { task_type: 'assignment' },
  override: { task_type: 'override' },
};

describe('a task is asked again', () => {
  it.each([
    ...Object.entries(kinds),
    ['question without choices', { task_type: 'clarification' }],
    ['form of any shape', { task_type: 'provide_data' }],
    ['review that nobody sends back', { task_type: 'review', allowed_outcomes: ['approved', 'rejected'] }],
    ['review of one round', { task_type: 'review', rounds: 1 }],
    [
      'outcome that may be missing',
      { task_type: 'review', allowed_outcomes: ['approved', 'changes_requested', 'rejected'] },
    ],
  ] as [string, Asked][])('%s', async (_, task) => {
    const [before, after] = await again(await asked(task));
    expect(questionIn(before)).toMatchObject({ task_type: expect.any(String) });
    expect(questionIn(after)).toEqual(questionIn(before));
    expect([after.payload, after.correlation_id]).toEqual([before.payload, before.correlation_id]);
  });

  it('in all its rounds, where the old one ended in its last', async () => {
    const id = await asked({ task_type: 'review', rounds: 2 });
    const first = questionIn(await hp.get(id));
    await world.decide('ada', 'changes_requested', { intent_id: id, comment: 'Say when.' });
    await hp.request({
      method: 'POST',
      path: `/v1/intents/${id}/resume`,
      body: { payload: { task: 'Deploy v2 at 9?' } },
    });
    await world.settled();
    const last = (await hp.get(id)).human_task as { allowed_outcomes: string[] };
    expect(last.allowed_outcomes).not.toContain('changes_requested');
    const [, after] = await again(id);
    expect(questionIn(after)).toEqual({ ...first, description: 'Deploy v2 at 9?' });
  });

  it('where what describes it is longer than an agent may write', async () => {
    const task = `Deploy ${'v2 '.repeat(1000)}?`;
    const [before, after] = await again(await asked(undefined, { task }));
    expect(questionIn(after)).toEqual(questionIn(before));
  });

  it('of another payload, which it then describes', async () => {
    const [, after] = await again(await asked(undefined), '--payload', '{"task":"Deploy v3?"}');
    expect(after.payload).toEqual({ task: 'Deploy v3?' });
    expect(questionIn(after)).toMatchObject({ title: 'Approval', description: 'Deploy v3?' });
  });
});

it('what was delivered to an agent is delivered again', async () => {
  const { intent_id: id } = await hp.submit({
    intent_type: 'parcels.pack.v1',
    to_agent: 'packer',
    reply_to: 'asker',
    payload: { parcel: 'P-1' },
  });
  await world.settled();
  const [before, after] = await again(id);
  const told = ({ intent_type, to_agent, payload, reply_to }: Intent & { reply_to?: string }) => ({
    intent_type,
    to_agent,
    payload,
    reply_to,
  });
  expect(told(after)).toEqual(told(before));
});

it('with --watch it is followed to its end', async () => {
  const id = await asked(undefined);
  const { intent } = await hp.cancel(id, 'Once more.');
  const { correlation_id } = intent;
  const retried = run('intents', 'retry', id, '--watch', '--json');
  await vi.waitFor(async () => {
    const { intents } = await hp.list({ status: ['WAITING'], correlation_id });
    const [one] = intents;
    if (!one) throw new Error('not asked yet');
    await world.decide('ada', 'rejected', { intent_id: one.intent_id, comment: 'No.' });
  });
  const { code, stdout } = await retried;
  expect(code).toBe(exitCodes.ok);
  const events = stdout.trim().split('\n');
  expect(JSON.parse(events.at(-1) ?? '')).toMatchObject({ status: 'COMPLETED' });
});

it('so is a scenario that was just applied', async () => {
  const bundle = {
    scenario_id: 'rollout.web.v1',
    humans: [{ role: 'boss', contact: 'ada' }],
    workflow: { steps: [{ step_id: 'approve', assigned_to: 'boss', human_task: { title: 'Roll out?' } }] },
    intent: { type: 'rollout.web.v1', payload: { service: 'web' } },
  };
  const file = join(home.dir, 'rollout.json');
  writeFileSync(file, JSON.stringify(bundle));
  const applied = run('scenarios', 'apply', file, '--watch', '--json');
  await vi.waitFor(async () => {
    const { intents } = await hp.list({ status: ['WAITING'] });
    const one = intents.find(({ intent_type }) => intent_type === 'rollout.web.v1');
    if (!one) throw new Error('not asked yet');
    await world.decide('ada', 'rejected', { intent_id: one.intent_id, comment: 'No.' });
  });
  const { code, stdout, stderr } = await applied;
  const events = stdout.trim().split('\n');
  const end = JSON.parse(events.at(-1) ?? '');
  expect([end.status, code]).toEqual(['FAILED', exitCodes.ended]);
  expect(stderr).toBe(`${end.intent_id}\n`);
});

describe('nothing is asked again of', () => {
  const refused = async (intent: object) => {
    const { sameAgain } = await import('../../clients/cli/again.ts');
    return () => sameAgain(intent as Intent);
  };

  it('what goes on', async () => {
    const ran = await run('intents', 'retry', await asked(undefined));
    expect(ran).toMatchObject({ code: exitCodes.failed, stderr: expect.stringContaining('withdraw it first') });
  });

  it('a run of a scenario, or what operators took over: what was asked is not told', async () => {
    const intent_id = '01935b5e-0000-7000-8000-000000000000';
    expect(await refused({ intent_id, procedure: {} })).toThrow('holdpoint scenarios apply');
    expect(await refused({ intent_id, human_task: { task_id: `${intent_id}.override` } })).toThrow('took');
  });
});
