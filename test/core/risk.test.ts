/** How much depends on a decision, and what it takes beside the link then. */

import { describe, expect, it } from 'vitest';
import type { ActionType } from '../../core/intent-type.ts';
import type { Door } from '../../core/rules/decide.ts';
import { decide } from '../../core/rules/decide.ts';
import { taskOf } from '../../core/stored.ts';
import * as given from './builders.ts';
import { story, waitingApproval, waitingRefund } from './story.ts';

const refundOf = (amount_cents: number) => waitingRefund({ payload: given.refundPayload({ amount_cents }) });

describe('the risk', () => {
  it.each([
    [50_01, 'low'],
    [500_00, 'low'],
    [500_01, 'medium'],
    [5_000_00, 'medium'],
    [5_000_01, 'high'],
  ])('of a refund of %i cents is %s, in its plan and its task', async (cents, risk) => {
    const { plan, task } = await (await refundOf(cents)).told.state();
    expect([plan?.plan.risk.category, task?.risk]).toEqual([risk, risk]);
  });

  it.each([
    [undefined, 'low'],
    ['low', 'low'],
    ['medium', 'medium'],
    ['high', 'high'],
    ['critical', 'high'],
    [3, 'high'],
  ])('of a plain approval is what the agent says: %j is %s', async (risk_level, risk) => {
    const wish = risk_level === undefined ? {} : { risk_level };
    const { told } = await waitingApproval({ payload: { task: 'Deploy?', ...wish } });
    expect((await told.state()).task?.risk).toBe(risk);
    expect(told.store.records(told.ref).find(({ action }) => action === 'task.opened')?.data.risk).toBe(risk);
  });

  it('of a plan whose type says nothing is its tools’ effect class', async () => {
    const { risk: _, ...silent } = given.refundType;
    const { told } = await waitingRefund({ type: silent as ActionType });
    expect((await told.state()).plan?.plan.risk).toEqual({
      category: 'high',
      score: 75,
      reasons: ['effect_class:money'],
    });
  });

  it('of a task that was opened before there were any is low: its people were mailed no more than a link', async () => {
    const { told } = await refundOf(6_000_00);
    const { risk: _, ...before } = (await told.state()).task as NonNullable<
      Awaited<ReturnType<typeof told.state>>['task']
    >;
    expect(taskOf(before).risk).toBe('low');
  });
});

describe('rule 3: above low risk a link alone decides nothing', () => {
  async function at(cents: number) {
    const { told, links } = await refundOf(cents);
    const state = await told.state({ linkHash: links.ada as string });
    const by = (door: Door, choice: object = {}) =>
      decide(
        state,
        door,
        { outcome: 'approved', subjectHash: state.task?.subjectHash ?? '', ...choice },
        told.type,
        given.directory,
        told.context(),
      );
    return { by };
  }

  it.each([500_01, 5_000_01])('at %i cents it is refused, either way', async (cents) => {
    const { by } = await at(cents);
    const refused = expect.objectContaining({ name: 'Conflict', code: 'code_needed' });
    expect(() => by({ by: 'link' })).toThrow(refused);
    expect(() => by({ by: 'link' }, { outcome: 'rejected', comment: 'no' })).toThrow(refused);
  });

  it('with a code besides it counts, and the record says both', async () => {
    const { by } = await at(500_01);
    expect(by({ by: 'link', and: 'with a code sent to ada@example.com' })).toMatchObject({
      actor: { id: 'ada', via: 'link sent to ada@example.com, with a code sent to ada@example.com' },
    });
  });

  it('who signed in needs no link', async () => {
    const { by } = await at(5_000_01);
    expect(by({ by: 'person', id: 'ada', via: 'signed in by https://issuer.example' })).toMatchObject({
      actor: { id: 'ada', via: 'signed in by https://issuer.example' },
    });
  });

  it('at low risk the link is enough, and the record says no more', async () => {
    const { by } = await at(500_00);
    expect(by({ by: 'link' })).toMatchObject({ actor: { via: 'link sent to ada@example.com' } });
  });

  it('and a chain’s steps each take one', async () => {
    const told = await story({ type: given.refundType, payload: given.refundPayload({ amount_cents: 6_000_00 }) });
    await told.check();
    await told.escalate();
    await told.decide((await told.mail()).ada as string);
    const { cleo = '' } = await told.mail();
    const state = await told.state({ linkHash: cleo });
    const shown = { outcome: 'approved', subjectHash: state.task?.subjectHash ?? '' };
    expect(() => decide(state, { by: 'link' }, shown, told.type, given.directory, told.context())).toThrow(
      expect.objectContaining({ code: 'code_needed' }),
    );
  });
});
