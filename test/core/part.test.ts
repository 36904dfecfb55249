/** Whose a task is, and what for: as the rules of each move say, and by the directory as it is now. */

import { describe, expect, it } from 'vitest';
import { perform } from '../../core/commit.ts';
import { Directory } from '../../core/directory.ts';
import { reassign } from '../../core/rules/delegate.ts';
import { freezeAs } from '../../core/rules/override.ts';
import { isDecider, partOf, seesAll } from '../../core/rules/part.ts';
import * as given from './builders.ts';
import { type Story, waitingApproval, waitingRefund } from './story.ts';

const everybody = [
  ...given.directoryWithOperators.everybody,
  { id: 'kim', name: 'Kim Example', mail: 'kim@example.com', roles: ['admins'] },
  { id: 'req', name: 'Req Example', mail: 'req@example.com', roles: ['admins'] },
];
const directory = new Directory(everybody);

async function part(told: Story, id: string, known = directory) {
  const state = await told.state();
  if (!state.task) throw new TypeError('somebody is asked');
  const found = partOf({ ...state, task: state.task }, { id, via: 'test' }, told.type, known, told.context());
  return found && Object.entries(found).flatMap(([key, value]) => (value ? [key] : []));
}

describe('a person’s part in a task', () => {
  it('is what its rules let them do', async () => {
    const { told } = await waitingRefund({ onBehalfOf: 'req@example.com' });
    expect(await part(told, 'ada')).toEqual(['asked']);
    expect(await part(told, 'cleo')).toBeUndefined();
    expect(await part(told, 'kim')).toEqual(['takesOver']);
    expect(await part(told, 'olga')).toEqual(['freezes']);
    // Whoever it is for takes nothing over, whatever role they hold.
    expect(await part(told, 'req')).toEqual(['isRequester', 'withdraws']);
    expect(await part(told, 'nobody')).toBeUndefined();
  });

  it('ends with the role, but for what was decided already', async () => {
    const { told, links } = await waitingRefund();
    const without = new Directory(everybody.map((one) => (one.id === 'ada' ? { ...one, roles: ['finance'] } : one)));
    expect(await part(told, 'ada', without)).toBeUndefined();
    await told.decide(links.ada as string);
    expect(await part(told, 'ada', without)).toEqual(['own']);
    expect(await part(told, 'kim')).toBeUndefined();
  });

  it('of who handed it over is to take it back, until the other has decided, and to see it', async () => {
    const { told } = await waitingApproval({ humanTask: { title: 'Look', assignees: ['ada'] } });
    await perform(told.store, told.ref, {}, told.context, (state, at) =>
      reassign(state, { by: 'person', id: 'ada', via: 'test' }, { to: 'ben', note: '' }, directory, at),
    );
    expect(await part(told, 'ada')).toEqual(['stoodInFor', 'takesBack']);
    const { ben } = await told.mail();
    await told.decide(ben as string);
    expect(await part(told, 'ada')).toEqual(['stoodInFor']);
  });

  it('shows the requester less than those who decide or step in', () => {
    const none = {
      asked: false,
      stoodInFor: false,
      isRequester: true,
      takesBack: false,
      takesOver: false,
      withdraws: true,
      freezes: false,
    };
    expect([isDecider(none), seesAll(none)]).toEqual([false, false]);
    for (const key of ['stoodInFor', 'takesBack', 'takesOver', 'freezes'] as const)
      expect([isDecider({ ...none, [key]: true }), seesAll({ ...none, [key]: true })]).toEqual([false, true]);
  });
});

describe('a freeze by a person', () => {
  const freezing = (told: Story, id: string, reason = 'Wrong customer.') =>
    perform(told.store, told.ref, {}, told.context, (state, at) =>
      freezeAs(state, { id, via: 'signed in' }, reason, told.type, directory, at),
    );

  it('is only of those who hold the operators’ role', async () => {
    const { told } = await waitingRefund();
    for (const id of ['ada', 'kim', 'stranger'])
      await expect(freezing(told, id)).rejects.toMatchObject({ name: 'PolicyDenied' });
    await expect(freezing(told, 'olga', '  ')).rejects.toMatchObject({ details: { field: 'reason' } });
    expect((await told.state()).head.frozen).toBeUndefined();
    await freezing(told, 'Olga@example.com');
    expect((await told.state()).head.frozen).toBe(true);
    expect(told.read().at(-1)).toMatchObject({ action: 'intent.frozen', actor: { id: 'olga', via: 'signed in' } });
    const [notice] = told.store.outbox(told.ref).flatMap(({ body }) => (body.notice ? [body.notice] : []));
    expect(notice).toMatchObject({ what: 'taken_over', by: 'Olga Example' });
  });

  it('is of another role where the type names one', async () => {
    const { told } = await waitingRefund();
    const type = { ...told.type, task: { ...told.type.task, overrideRole: 'finance' } };
    const by = (id: string) =>
      perform(told.store, told.ref, {}, told.context, (state, at) =>
        freezeAs(state, { id, via: 'signed in' }, 'why', type, directory, at),
      );
    await expect(by('olga')).rejects.toMatchObject({ name: 'PolicyDenied' });
    await by('cleo');
  });
});
