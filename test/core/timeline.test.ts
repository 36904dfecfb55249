import { describe, expect, it } from 'vitest';
import type { IntentEvent } from '../../core/model.ts';
import { linkFor } from '../../core/rules/link.ts';
import { type Moment, timelineOf, withoutAddresses } from '../../core/timeline.ts';
import * as given from './builders.ts';
import { linkHashOf, lost, refunded, type Story, waitingApproval, waitingRefund } from './story.ts';

const momentsOf = async (told: Story): Promise<Moment[]> =>
  timelineOf(await told.state(), await told.store.events(told.ref, 0, 1000));
const kinds = (moments: Moment[]): string[] => moments.map((one) => one.what);
const only = (moments: Moment[], what: string): Moment => {
  const [found, ...more] = moments.filter((one) => one.what === what);
  if (!found || more.length > 0) throw new Error(`${more.length + 1} times ${what}`);
  return found;
};

async function paidRefund() {
  const { told, links } = await waitingRefund({ onBehalfOf: 'customer-7' });
  told.pass(60);
  await told.decide(links.ada as string, { comment: 'it is broken' });
  await told.begin('r1');
  await told.settle('r1', refunded);
  await told.verify();
  await told.complete();
  return told;
}

describe('the timeline', () => {
  it('tells a refund from its submission to its end, in order', async () => {
    const moments = await momentsOf(await paidRefund());
    expect(kinds(moments)).toEqual([
      'submitted',
      'checked',
      'asked',
      'decided',
      'executing',
      'executed',
      'verified',
      'completed',
    ]);
    expect(moments.map((one) => one.at)).toEqual(moments.map((one) => one.at).toSorted());
    expect(only(moments, 'submitted').says).toEqual([`By ${given.agent}.`, 'On behalf of customer-7.']);
    expect(only(moments, 'checked').says).toEqual([
      'Above 50.00 EUR a person of the role refunds decides. (amount_needs_approval)',
      'A person must decide.',
    ]);
  });

  it('tells of a freeze: by whom, and why; then who was asked, and how it ended', async () => {
    const { told } = await waitingRefund();
    await told.freeze('Wrong customer.');
    await told.escalate({ generation: 2 }, given.directoryWithOperators);
    const { olga } = await told.mail();
    await told.decide(olga as string, { outcome: 'rejected', comment: 'It was right.' }, given.directoryWithOperators);
    const moments = await momentsOf(told);
    expect(kinds(moments).slice(-4)).toEqual(['frozen', 'asked', 'decided', 'failed']);
    expect(only(moments, 'frozen')).toMatchObject({
      says: ['By olga: nothing more is executed.'],
      quote: 'Wrong customer.',
    });
  });

  it('says by whom and how authenticated it was decided, with their words', async () => {
    expect(only(await momentsOf(await paidRefund()), 'decided')).toMatchObject({
      at: given.later(given.start, 60),
      says: ['Ada Example: approved.'],
      via: 'link sent to ada@example.com',
      quote: 'it is broken',
    });
  });

  it('says who was told by which mail and when it was accepted, with what it follows from', async () => {
    const { told } = await waitingApproval();
    told.goTo((await told.state()).task?.ladder[0]?.at ?? '');
    await told.climb();
    told.pass(5);
    await told.mail();
    const moments = await momentsOf(told);
    const names = (what: string) => only(moments, what).told?.map(({ name, at, by }) => [name, at, by]);
    expect(names('asked')).toEqual([
      ['Ada Example', given.start, ['mail']],
      ['Ben Example', given.start, ['mail']],
    ]);
    const reminded = only(moments, 'reminded').at;
    expect(names('reminded')?.map(([, at]) => at)).toEqual([given.later(reminded, 5), given.later(reminded, 5)]);
    expect(only(moments, 'asked').told?.[0]?.messageId).toBe('m-1');
  });

  it('has each decision of a chain once, before those whom it makes asked', async () => {
    const { told, links } = await waitingRefund({ payload: given.refundPayload({ amount_cents: 600_000 }) });
    told.pass(60);
    await told.decide(links.ada as string);
    const { cleo } = await told.mail();
    await told.decide(cleo as string);
    const moments = await momentsOf(told);
    expect(kinds(moments)).toEqual(['submitted', 'checked', 'asked', 'decided', 'asked', 'decided']);
    expect(moments.filter((one) => one.what === 'asked').map((one) => one.says)).toEqual([
      ['Ada Example, Ben Example.', 'Step 1 of 2.'],
      ['Cleo Example.', 'Step 2 of 2.'],
    ]);
    expect(moments.filter((one) => one.what === 'asked').map((one) => one.told?.length)).toEqual([2, 1]);
  });

  it('has a decision that left nobody to ask', async () => {
    const { told, links } = await waitingRefund({ payload: given.refundPayload({ amount_cents: 600_000 }) });
    await told.decide(links.ada as string, {}, given.directoryWithout('cleo'));
    expect(kinds(await momentsOf(told)).slice(-2)).toEqual(['decided', 'failed']);
  });

  it('tells a rejection, a plain approval, and one that nobody decided', async () => {
    const rejected = await waitingRefund();
    await rejected.told.decide(rejected.links.ada as string, { outcome: 'rejected', comment: 'no' });
    expect(kinds(await momentsOf(rejected.told)).slice(-2)).toEqual(['decided', 'failed']);
    const plain = await waitingApproval();
    await plain.told.decide(plain.links.ada as string);
    expect(kinds(await momentsOf(plain.told))).toEqual(['submitted', 'asked', 'decided', 'completed']);
    const { told } = await waitingApproval();
    told.pass(30 * 86_400);
    await told.climb();
    expect(kinds(await momentsOf(told)).slice(-2)).toEqual(['deadline_over', 'timed_out']);
  });

  it('says that an outcome is not known, and that the next attempt is one', async () => {
    const { told, links } = await waitingRefund();
    await told.decide(links.ada as string);
    await told.begin('r1');
    await told.settle('r1', lost);
    told.pass(3600);
    await told.begin('r2');
    await told.callAgain('r2');
    const moments = await momentsOf(told);
    expect(kinds(moments)).toContain('looked_up');
    expect(moments.at(-1)?.says[0]).toMatch(/Tool issue_refund\. Attempt 2/);
  });

  it('shows what it does not know by its name: of events and of states', async () => {
    const { told } = await waitingApproval();
    const [first] = await told.store.events(told.ref, 0, 1);
    const later = { ...first, type: 'intent.teleported', details: { of: ['x'] } } as unknown as IntentEvent;
    const state = { ...first, type: 'intent.in_progress', details: { state: 'DREAM' } } as unknown as IntentEvent;
    const moments = timelineOf(await told.state(), [later, state]);
    expect(moments.slice(0, 2)).toMatchObject([
      { what: 'intent.teleported', label: 'intent.teleported', says: [] },
      { what: 'dream', label: 'DREAM' },
    ]);
  });

  it('survives details that are not what they should be', async () => {
    const { told } = await waitingApproval();
    const events = await told.store.events(told.ref, 0, 100);
    for (const odd of ['x', 7, [], { approvers: 'x', reasons: {}, error: 'x', decision: [], progress: null }])
      expect(() =>
        timelineOf(
          { head: {} as never },
          events.map((one) => ({ ...one, details: odd as never })),
        ),
      ).not.toThrow();
  });
});

describe('for readers who must not learn addresses', () => {
  it('none is left, however the person was known', async () => {
    const told = await paidRefund();
    const moments = withoutAddresses(await momentsOf(told));
    expect(JSON.stringify(moments)).not.toContain('@');
    expect(only(moments, 'decided').via).toBe('link sent to them');
    const of = (via: string) =>
      withoutAddresses([{ at: '', what: 'x', label: '', says: ['Of eve@evil.example.'], via }])[0];
    expect(of('link sent to slack:U0123ABC, ada@example.com')?.via).toBe('link sent to them');
    expect(of('signed in by https://issuer.example as ada@example.com')?.via).toBe(
      'signed in by https://issuer.example as (address)',
    );
    expect(of('')?.says).toEqual(['Of (address).']);
  });
});

describe('what a task keeps of its messages', () => {
  it('is bounded: of very many the newest', async () => {
    const { told } = await waitingApproval();
    for (let i = 0; i < 60; i += 1)
      for (const personId of ['ada', 'ben']) {
        const linkId = `extra-${i}-${personId}`;
        const order = { linkId, taskId: `${told.ref.intentId}.1`, personId, why: 'reminder' as const };
        const link = linkFor(await told.state(), order, linkHashOf(linkId), told.now());
        await told.store.putLink(link as NonNullable<typeof link>);
        await told.mailed(order);
      }
    const kept = (await told.state()).task?.told ?? [];
    expect(kept).toHaveLength(100);
    expect(kept.every((one) => one.why === 'reminder')).toBe(true);
  });
});
