/** Who takes a piece of work on: one is asked at a time, and it goes on until somebody does or nobody is left. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chain } from '../../core/chain.ts';
import { Directory } from '../../core/directory.ts';
import { maxHandOvers } from '../../core/rules/assignment.ts';
import { runs } from '../properties.ts';
import * as given from './builders.ts';
import { story, waitingApproval } from './story.ts';

const asked = (more: object = {}) => ({ humanTask: { title: 'Who fixes this?', task_type: 'assignment', ...more } });

describe('an assignment', () => {
  it('asks one person, who takes it on', async () => {
    const { told, links } = await waitingApproval(asked());
    expect(Object.keys(links)).toEqual(['ada']);
    await told.decide(links.ada as string, { outcome: 'assigned', assignee: 'ada' });
    const { head, outcome } = await told.state();
    expect(head.status).toBe('COMPLETED');
    expect(outcome?.result).toMatchObject({
      approved: true,
      task_result: { outcome: 'assigned', assignee: { id: 'ada', name: 'Ada Example' } },
    });
  });

  it('moves on to whom it names, who is mailed a link and decides in turn', async () => {
    const { told, links } = await waitingApproval(asked());
    const handed = await told.decide(links.ada as string, { outcome: 'assigned', assignee: 'ben', comment: 'Yours.' });
    expect(handed).toMatchObject({ fresh: true, status: 'WAITING', waitsFor: 'Ben Example' });
    const { head, task } = await told.state();
    expect(head.status).toBe('WAITING');
    expect(task).toMatchObject({ status: 'open', step: 1, approvers: [{ id: 'ben' }] });
    const record = told.read().at(-1);
    expect(record).toMatchObject({ action: 'task.voted', data: { from: 'ada', to: 'ben', outcome: 'assigned' } });
    expect((await told.store.events(told.ref, 0, 99)).map(({ type }) => type).slice(-2)).toEqual([
      'intent.transfer',
      'intent.human_task_assigned',
    ]);

    const next = await told.mail();
    expect(Object.keys(next)).toEqual(['ben']);
    // Whoever passed it on sees what they decided, and decides nothing more.
    const again = await told.decide(links.ada as string, { outcome: 'assigned', assignee: 'ada' });
    expect(again).toMatchObject({ fresh: false, decision: { assignee: { id: 'ben' } } });
    await told.decide(next.ben as string, { outcome: 'assigned', assignee: 'ben' });
    const told2 = (await told.state()).outcome?.result;
    expect(told2).toMatchObject({
      task_result: {
        assignee: { id: 'ben' },
        decisions: [
          { step: 1, decided_by: 'ada', assignee: { id: 'ben' }, comment: 'Yours.' },
          { step: 2, decided_by: 'ben', assignee: { id: 'ben' } },
        ],
      },
    });
  });

  it('goes on to the next in line when one declines, and is declined when all have', async () => {
    const { told, links } = await waitingApproval(asked());
    await told.decide(links.ada as string, { outcome: 'declined', comment: 'On leave.' });
    const next = await told.mail();
    expect(Object.keys(next)).toEqual(['ben']);
    await told.decide(next.ben as string, { outcome: 'declined' });
    const { head, task, outcome } = await told.state();
    expect([head.status, task?.status]).toEqual(['COMPLETED', 'decided']);
    expect(outcome?.result).toMatchObject({ approved: false, task_result: { outcome: 'declined' } });
  });

  it('asks those that the agent names, in its order, and nobody else after them', async () => {
    const { told, links } = await waitingApproval(asked({ assignees: ['ben', 'cleo'] }));
    expect(Object.keys(links)).toEqual(['ben']);
    await told.decide(links.ben as string, { outcome: 'declined' });
    const next = await told.mail();
    expect(Object.keys(next)).toEqual(['cleo']);
    await told.decide(next.cleo as string, { outcome: 'declined' });
    expect((await told.state()).outcome?.result).toMatchObject({ task_result: { outcome: 'declined' } });
  });

  it.each([
    ['nobody', undefined, {}],
    ['somebody unknown', 'mallory', {}],
    ['somebody without the role', 'cleo', {}],
    ['the person that the agent acts for', 'ben', { onBehalfOf: 'ben@example.com' }],
  ])('does not go to %s', async (_, assignee, more) => {
    const { told, links } = await waitingApproval({ ...asked(), ...more });
    await expect(told.decide(links.ada as string, { outcome: 'assigned', assignee })).rejects.toMatchObject({
      name: 'InvalidInput',
      details: { field: 'assignee' },
    });
    expect((await told.state()).task).toMatchObject({ status: 'open', step: 0 });
  });

  it('begins its service level anew with each person, and its run looks again', async () => {
    const { told, links } = await waitingApproval(asked());
    const before = (await told.state()).task?.ladder.at(-1)?.at ?? '';
    told.pass(3600);
    await told.decide(links.ada as string, { outcome: 'assigned', assignee: 'ben' });
    expect(((await told.state()).task?.ladder.at(-1)?.at ?? '') > before).toBe(true);
    expect(
      told.store
        .outbox(told.ref)
        .map(({ kind }) => kind)
        .sort(),
    ).toEqual(['mail', 'wake']);
  });

  it('ends, whoever passes it on to whom: nobody is asked twice', async () => {
    const people = Array.from({ length: maxHandOvers + 4 }, (_, i) => ({
      id: `p${i}`,
      name: `Person ${i}`,
      mail: `p${i}@example.com`,
      roles: ['approvers'],
    }));
    const directory = new Directory(people);
    await fc.assert(
      fc.asyncProperty(fc.infiniteStream(fc.nat(people.length)), async (moves) => {
        const told = await story(asked());
        await told.escalate({}, directory);
        const seen: string[] = [];
        for (const move of moves) {
          const { task } = await told.state();
          if (task?.status !== 'open') break;
          const who = task.approvers[0]?.id as string;
          expect(task.approvers).toHaveLength(1);
          expect(seen).not.toContain(who);
          const link = (await told.mail())[who] as string;
          const choice =
            move === people.length ? { outcome: 'declined' } : { outcome: 'assigned', assignee: `p${move}` };
          const went = await told.decide(link, choice, directory).catch((error) => error);
          // Refused: it went to this person before, or too often.
          if (went instanceof Error) await told.decide(link, { outcome: 'declined' }, directory);
          seen.push(who);
        }
        const { task, outcome } = await told.state();
        expect(seen.length).toBeLessThanOrEqual(maxHandOvers + 1);
        expect(task?.status).toBe('decided');
        expect(outcome?.result).toMatchObject({ task_result: { outcome: task?.decision?.outcome } });
      }),
      runs(30),
    );
  });
});

it('by an assignment rule goes to those whom the rule means, one after the other', async () => {
  const rule = { id: 'r', reason: 'door', says: 'Doors are for refunds.', when: () => true };
  const of = chain([
    { role: 'refunds', need: 'all' },
    { role: 'approvers', need: 1 },
  ]);
  const type = { ...given.approvalType, assignment: [{ ...rule, of }] };
  const { told, links } = await waitingApproval({ ...asked(), type });
  const [first] = Object.keys(links);
  expect((await told.state()).task?.chain.steps).toEqual([{ role: 'refunds', need: 1 }]);
  await told.decide(links[first as string] as string, { outcome: 'declined' });
  const { task } = await told.state();
  expect(task).toMatchObject({ status: 'open', step: 1, role: 'refunds' });
  expect(task?.approvers).toHaveLength(1);
  expect(task?.approvers[0]?.id).not.toBe(first);
});

it('may be called delegation, reroute or escalate', async () => {
  for (const task_type of ['delegation', 'reroute', 'escalate']) {
    const { told } = await waitingApproval({ humanTask: { title: 'x', task_type } });
    expect((await told.state()).task?.type).toBe('assignment');
  }
  expect(given.directory.withRole('approvers')).toHaveLength(2);
});
