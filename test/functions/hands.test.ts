/** Who calls a task back by API, and what an agent's own key may not do. */

import { describe, expect, it } from 'vitest';
import type { ApiKey } from '../../adapters/keys.ts';
import { perform } from '../../core/commit.ts';
import { decide } from '../../core/rules/decide.ts';
import { reassign } from '../../core/rules/delegate.ts';
import type { Caller } from '../../functions/tasks/caller.ts';
import { calledBack, notItsOwn } from '../../functions/tasks/own.ts';
import * as given from '../core/builders.ts';
import { type Story, waitingApproval } from '../core/story.ts';

const keyOf = (agent: string, more: Partial<ApiKey> = {}): ApiKey => ({
  keyId: 'k',
  tenant: given.tenant,
  agent,
  name: 'test',
  createdAt: given.start,
  ...more,
});
const own = keyOf(given.agent, { mayDecideAs: 'ada' });
const another = keyOf(`agent://${given.tenant}/console`, { mayDecideAs: 'ada' });
const as = (id: string) => ({ id, via: 'signed in', signedIn: true });

const callBack = (told: Story, caller: Caller) =>
  perform(told.store, told.ref, { request: true }, told.context, (state, now) =>
    calledBack(state, caller, '', given.directory, now),
  );
const handOver = (told: Story) =>
  perform(told.store, told.ref, {}, told.context, (state, now) =>
    reassign(state, { by: 'person', ...as('ada') }, { to: 'cleo', note: '' }, given.directory, now),
  );
const named = { humanTask: { title: 'Look', assignees: ['ada'] } };

describe('an agent’s own question', () => {
  it('is moved and commented by no key of that agent, whomever it speaks for', async () => {
    const { told } = await waitingApproval();
    const state = await told.state();
    expect(() => notItsOwn(state, { key: own })).toThrow(expect.objectContaining({ name: 'PolicyDenied' }));
    for (const key of [undefined, another, { ...own, ownToo: true as const }])
      expect(() => notItsOwn(state, { key })).not.toThrow();
  });

  it('is withdrawn by its key, also where that may decide as a person', async () => {
    const { told } = await waitingApproval();
    expect(await callBack(told, { key: own, person: as('ada') })).toEqual({ status: 'CANCELED' });
    expect(await callBack(told, { key: own, person: as('ada') })).toEqual({ status: 'CANCELED' });
  });

  it('is not taken back by its key in the name of who handed it over: that withdraws it', async () => {
    const { told } = await waitingApproval(named);
    await handOver(told);
    expect(await callBack(told, { key: own, person: as('ada') })).toEqual({ status: 'CANCELED' });
  });
});

describe('a task that is decided', () => {
  it('tells its answer to those who were asked, and nobody else who sends one', async () => {
    const { told, links } = await waitingApproval();
    await told.decide(links.ada as string, { comment: 'Between us.' });
    const send = async (id: string) => {
      const asked = { outcome: 'rejected', comment: 'x', subjectHash: (await told.state()).task?.subjectHash ?? '' };
      return perform(told.store, told.ref, { request: true }, told.context, (state, now) =>
        decide(state, { by: 'person', ...as(id) }, asked, given.approvalType, given.directory, now),
      );
    };
    for (const id of ['ada', 'ben'])
      expect(await send(id)).toMatchObject({ fresh: false, decision: { comment: 'Between us.' } });
    await expect(send('cleo')).rejects.toMatchObject({ code: 'task_closed' });
  });
});

describe('calling back', () => {
  it('takes back what was handed over', async () => {
    const { told } = await waitingApproval(named);
    await handOver(told);
    expect(await callBack(told, { key: another, person: as('ada') })).toMatchObject({ to: { id: 'ada' } });
  });

  it('withdraws what was asked for a person, and says the same again', async () => {
    const { told } = await waitingApproval({ onBehalfOf: 'cleo' });
    const cleo = { key: undefined, person: as('cleo') };
    expect(await callBack(told, cleo)).toEqual({ status: 'CANCELED' });
    expect(await callBack(told, cleo)).toEqual({ status: 'CANCELED' });
  });

  it('is nobody else’s', async () => {
    const { told } = await waitingApproval();
    await expect(callBack(told, { key: another, person: as('cleo') })).rejects.toMatchObject({ name: 'NotFound' });
    await expect(callBack(told, { key: undefined, person: as('cleo') })).rejects.toMatchObject({
      name: 'PolicyDenied',
    });
    expect((await told.state()).head.status).toBe('WAITING');
  });
});
