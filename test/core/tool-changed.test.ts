/** A plan waits while its tool's contract changes: what is executed is what was approved, by a tool that still means it. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import type { ToolContract } from '../../core/tools.ts';
import { defineTool, misfits } from '../../core/tools.ts';
import { issueRefund } from '../../functions/tools/issue_refund/contract.ts';
import { runs } from '../properties.ts';
import * as given from './builders.ts';
import { approvedRefund, lost, refunded, type Story, waitingRefund } from './story.ts';

/** The refund's tool after a change by its owner. */
const changed = (change: Partial<ToolContract>): ToolContract => defineTool({ ...issueRefund, ...change });

/** Version 2 takes up to 100.00 at once; the waiting plan is about 180.00. */
const smaller = issueRefund.input.extend({ amount_cents: z.int().min(1).max(100_00) });

const eventsOf = (told: Story) => told.store.events(told.ref, 0, 100);

/** Nothing went out, and the agent is told what changed and that it can ask again. */
async function expectRefused(told: Story, details: object) {
  const state = await told.state();
  expect(state).toMatchObject({
    head: { status: 'FAILED', openEffects: 0 },
    outcome: { error: { code: 'tool_changed' } },
  });
  expect(state.outcome?.error?.details).toEqual({ tool: 'issue_refund', ...details });
  expect(state.outcome?.error?.message).toMatch(/submit it again/);
  expect(state.head).not.toHaveProperty('dueAt');
  expect(told.store.records(told.ref).at(-1)).toMatchObject({
    action: expect.stringMatching(/^effect\.(refused|settled)$/),
  });
}

describe('a plan of an earlier version', () => {
  it('is executed, as it was approved, by a version that lists it; the record says both', async () => {
    const told = await approvedRefund();
    const { plan } = await told.state();
    const step = await told.begin('first', 1, changed({ version: '2', alsoExecutes: ['1'] }));
    expect(step).toMatchObject({ do: 'call', action: plan?.plan.actions[0] });
    const versions = { tool_version: '2', planned_version: '1' };
    expect((await told.state()).effect).toMatchObject({ toolVersion: '2', plannedVersion: '1' });
    expect(told.store.records(told.ref).at(-1)?.data).toMatchObject(versions);
    expect((await eventsOf(told)).at(-1)?.details).toMatchObject(versions);
  });

  it('is not executed by a version that does not list it', async () => {
    for (const alsoExecutes of [undefined, [], ['2'], ['0']]) {
      const told = await approvedRefund();
      const tool = { ...issueRefund, version: '3', ...(alsoExecutes ? { alsoExecutes } : {}) };
      expect(await told.begin('first', 1, tool)).toEqual({ do: 'refused' });
      expect((await told.state()).effect).toBeUndefined();
      await expectRefused(told, { planned_version: '1', tool_version: '3', fields: [] });
    }
  });

  it('is not executed where its arguments no longer fit: fields are named, values are not', async () => {
    const told = await approvedRefund();
    const input = smaller.omit({ reason: true }).extend({ channel: z.enum(['card', 'bank']) });
    expect(await told.begin('first', 1, changed({ version: '2', alsoExecutes: ['1'], input }))).toEqual({
      do: 'refused',
    });
    expect((await told.state()).effect).toBeUndefined();
    const fields = ['amount_cents', 'channel', 'reason'];
    await expectRefused(told, { planned_version: '1', tool_version: '2', fields });
    expect(JSON.stringify((await told.state()).outcome)).not.toMatch(/18000|arrived broken|ch_1/);
  });

  it('that was refused stays so: the run that asks again hears that the intent has ended', async () => {
    const told = await approvedRefund();
    const tool = changed({ version: '2' });
    await told.begin('first', 1, tool);
    const before = await told.state();
    await expect(told.begin('first', 1, tool)).rejects.toMatchObject({ name: 'Cancelled' });
    await told.fail({ name: 'Cancelled', cause: '' });
    expect(await told.state()).toEqual(before);
  });

  it('still needs its approval', async () => {
    const { told } = await waitingRefund();
    const tool = changed({ version: '2', alsoExecutes: ['1'] });
    await expect(told.begin('first', 1, tool)).rejects.toMatchObject({ code: 'plan_mismatch' });
  });
});

describe('a plan of the same version', () => {
  it('is validated too: a contract that changed without a new version executes nothing that does not fit', async () => {
    const told = await approvedRefund();
    expect(await told.begin('first', 1, changed({ input: smaller }))).toEqual({ do: 'refused' });
    await expectRefused(told, { planned_version: '1', tool_version: '1', fields: ['amount_cents'] });
  });

  it.each([
    ['adds a default', issueRefund.input.extend({ channel: z.string().default('card') }), ['channel']],
    ['spells a field anew', issueRefund.input.extend({ order_id: z.string().toLowerCase() }), ['order_id']],
  ])('is not executed by a contract that %s: that was not approved', async (_, input, fields) => {
    const told = await approvedRefund();
    expect(await told.begin('first', 1, changed({ input }))).toEqual({ do: 'refused' });
    await expectRefused(told, { planned_version: '1', tool_version: '1', fields });
  });
});

describe('a call that is under way while the tool changes', () => {
  const tool = changed({ version: '2', alsoExecutes: ['1'], input: smaller });

  async function lookingUp() {
    const told = await approvedRefund();
    await told.begin('first');
    await told.settle('first', lost);
    told.pass(tool.leaseSeconds);
    expect(await told.begin('second', 1, tool)).toMatchObject({ do: 'lookup', effect: { toolVersion: '1' } });
    return told;
  }

  it('is looked up and settled, whatever the new contract says', async () => {
    const told = await lookingUp();
    await told.settle('second', refunded, tool);
    expect(await told.state()).toMatchObject({
      head: { openEffects: 0 },
      effect: { state: 'SUCCEEDED', toolVersion: '1' },
    });
    await told.verify();
    await told.complete();
    expect((await told.state()).head.status).toBe('COMPLETED');
  });

  it('is settled by the invocation that started it', async () => {
    const told = await approvedRefund();
    await told.begin('first');
    await expect(told.settle('first', refunded, tool)).resolves.toMatchObject({ state: 'SUCCEEDED' });
  });

  it('is not tried again where it proves absent and no longer fits', async () => {
    const told = await lookingUp();
    await expect(told.callAgain('second', 1, tool)).resolves.toMatchObject({
      do: 'nothing',
      effect: { state: 'FAILED' },
    });
    await expectRefused(told, { planned_version: '1', tool_version: '2', fields: ['amount_cents'] });
  });

  it('is tried again, by the new version, where it proves absent and fits', async () => {
    const told = await lookingUp();
    const fitting = changed({ version: '2', alsoExecutes: ['1'] });
    const again = { do: 'call', effect: { attempt: 2, toolVersion: '2', plannedVersion: '1' } };
    await expect(told.callAgain('second', 1, fitting)).resolves.toMatchObject(again);
  });
});

it('whatever version and schema a tool has by then: the approved arguments are executed, or nothing is', async () => {
  const versions = fc.constantFrom('1', '2', '3');
  const inputs = fc.constantFrom(
    issueRefund.input,
    smaller,
    issueRefund.input.partial(),
    issueRefund.input.extend({ amount_cents: z.int().transform((cents) => cents + 1) }),
    issueRefund.input.extend({ note: z.string().optional() }),
    issueRefund.input.extend({ note: z.string() }),
    z.strictObject({}),
    z.object({ charge_id: z.string() }),
  );
  const contract = fc.record({ version: versions, also: fc.uniqueArray(versions), input: inputs });
  await fc.assert(
    fc.asyncProperty(
      contract,
      fc.integer({ min: 5_001, max: 500_000 }),
      async ({ version, also, input }, amount_cents) => {
        const tool: ToolContract = {
          ...issueRefund,
          version,
          alsoExecutes: also.filter((one) => one !== version),
          input,
        };
        const told = await approvedRefund({ payload: given.refundPayload({ amount_cents }) });
        const args = (await told.state()).plan?.plan.actions[0]?.args ?? {};
        const listed = version === '1' || also.includes('1');
        const step = await told.begin('first', 1, tool);
        expect(step.do).toBe(listed && misfits(tool, args).length === 0 ? 'call' : 'refused');
        if (step.do === 'call') {
          expect(step.action.args).toEqual(args);
          expect(tool.input.parse(args)).toEqual(args);
        } else
          expect(await told.state()).toMatchObject({
            head: { status: 'FAILED' },
            outcome: { error: { code: 'tool_changed' } },
          });
      },
    ),
    runs(100),
  );
});

describe('a contract', () => {
  it('names no version twice', () => {
    expect(() => changed({ version: '1', alsoExecutes: ['1'] })).toThrow('named twice');
    expect(() => changed({ version: '2', alsoExecutes: ['1', '1'] })).toThrow('named twice');
  });
});
