/** What a person decides on is a hash: of a plain request, one of all that the agent says. */

import { describe, expect, it } from 'vitest';
import { withoutPerson } from '../../core/erase.ts';
import type { HumanTask, IntentState, Task } from '../../core/model.ts';
import { isAsAsked } from '../../core/subject.ts';
import { type Story, story, waitingApproval, waitingRefund } from './story.ts';

const humanTask: HumanTask = {
  title: 'Unlock door 7',
  description: 'The customer waits outside.',
  task_type: 'manual_action',
  required_comment: ['failed'],
};
const asked = { humanTask, onBehalfOf: 'customer-7', payload: { door: '7' } };

async function opened(over: Parameters<typeof waitingApproval>[0] = asked) {
  const { told, links } = await waitingApproval(over);
  const state = await told.state();
  return { told, links, state, task: state.task as Task };
}

/** As a table that somebody wrote to would give it. */
const changed = (told: Story, change: (state: IntentState & { task: Task }) => Partial<IntentState>): Story => {
  const { load } = told.store;
  told.store.load = async (ref, options) => {
    const state = await load(ref, options);
    return state?.task ? { ...state, ...change({ ...state, task: state.task }) } : state;
  };
  return told;
};

/** One change of each thing that an agent says. */
const changes: [string, (state: IntentState & { task: Task }) => Partial<IntentState>][] = [
  ['payload', ({ request }) => ({ request: { ...(request as never as object), payload: { door: '8' } } as never })],
  ['title', ({ task }) => ({ task: { ...task, title: 'Unlock door 8' } })],
  ['text', ({ task }) => ({ task: { ...task, description: 'Nobody waits.' } })],
  ['kind of task', ({ task }) => ({ task: { ...task, type: 'approval' } })],
  ['outcomes', ({ task }) => ({ task: { ...task, outcomes: ['completed'] } })],
  ['comments that are needed', ({ task }) => ({ task: { ...task, commentRequired: true } })],
  ['evidence that is needed', ({ task }) => ({ task: { ...task, evidenceRequired: false } })],
  ['form', ({ task }) => ({ task: { ...task, asks: { type: 'object', properties: {} } } })],
  ['person it acts for', ({ task }) => ({ task: { ...task, onBehalfOf: 'customer-8' } })],
  ['agent', ({ head }) => ({ head: { ...head, from: `${head.from}-2` } })],
  ['type', ({ head }) => ({ head: { ...head, type: 'intent.approval.v2' } })],
  ['revision', ({ task }) => ({ task: { ...task, revision: 2 } })],
  ['rounds', ({ task }) => ({ task: { ...task, rounds: 2 } })],
];

describe('the hash of a plain request', () => {
  it.each(changes)('is of another %s than was asked: nothing is decided', async (_, change) => {
    const { told, links, state, task } = await opened();
    expect(isAsAsked(state, task)).toBe(true);
    const other = { ...state, ...change({ ...state, task }) };
    expect(isAsAsked(other, other.task as Task)).toBe(false);

    const before = told.store.records(told.ref);
    const wrong = changed(told, change);
    await expect(wrong.decide(links.ada as string, { outcome: 'failed', comment: 'No.' })).rejects.toMatchObject({
      code: 'plan_changed',
    });
    expect(told.store.records(told.ref)).toEqual(before);
  });

  it('is no secret of who is asked or until when: those change while it is open', async () => {
    const { state, task } = await opened();
    const later = { ...task, approvers: task.approvers.slice(1), ladder: task.ladder.slice(1), rung: 1, step: 0 };
    expect(isAsAsked({ ...state, task: later }, later)).toBe(true);
  });

  it('is another one each time, also where an agent asks for the same again', async () => {
    const [first, second] = [await story(asked), await story(asked)];
    // A story's ids come in the same order each time; a deployment's are random.
    second.context().newId();
    for (const told of [first, second]) await told.escalate();
    const [one, other] = [(await first.state()).task, (await second.state()).task];
    expect(one?.salt).toMatch(/^[0-9a-f-]{72}$/);
    expect(one?.subjectHash).not.toBe(other?.subjectHash);
  });

  it('of a plan is the plan’s', async () => {
    const { told } = await waitingRefund();
    const { task, plan } = await told.state();
    expect(task?.subjectHash).toBe(plan?.hash);
    expect(task).not.toHaveProperty('salt');
  });
});

describe('a task of before the title and text were in the hash', () => {
  it('is decided by the hash that it has', async () => {
    const { told, links, state } = await opened();
    const subjectHash = state.request?.payloadHash as string;
    const old = changed(told, ({ link, task: { salt: _, onBehalfOf: __, ...task } }) => ({
      task: { ...task, subjectHash },
      ...(link ? { link: { ...link, subjectHash } } : {}),
    }));
    const decision = { outcome: 'failed', comment: 'No.' };
    await expect(old.decide(links.ada as string, decision)).resolves.toMatchObject({ fresh: true });
    expect((await told.state()).task).toMatchObject({ status: 'decided', decision });
  });
});

describe('who is erased', () => {
  it('is not found by trying names against the hash: its salt goes with them', async () => {
    const { told, links } = await opened({ ...asked, humanTask: { ...humanTask, title: 'For Ada Example' } });
    await told.decide(links.ben as string, { outcome: 'failed', comment: 'No.' });
    const task = JSON.parse(JSON.stringify((await told.state()).task));
    const named = { id: 'ada', words: new Set(['Ada Example']) };
    expect(withoutPerson(task, named)).toMatchObject({ title: 'For erased', subjectHash: task.subjectHash });
    expect(withoutPerson(task, named)).not.toHaveProperty('salt');
    const requester = { id: 'customer-7', words: new Set<string>() };
    expect(withoutPerson(task, requester)).toMatchObject({ onBehalfOf: 'erased' });
    expect(withoutPerson(task, requester)).not.toHaveProperty('salt');
  });
});
