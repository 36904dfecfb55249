import { describe, expect, it } from 'vitest';
import {
  approvalIntent,
  decide,
  effect,
  expectChain,
  head,
  linkFor,
  linkOf,
  mailsFor,
  newAgent,
  newOrder,
  records,
  refundIntent,
  refundRequests,
  refundsOf,
  rows,
  settled,
  statesEntered,
  until,
} from './world.ts';

/** Billed by Step Functions: states entered, start and end. */
const billed = (states: string[]) => states.length + 2;

describe('a plain approval', () => {
  it('is mailed to every approver of the role, decided by one, and the agent gets the decision', async () => {
    const agent = await newAgent();
    const id = await agent.submit({
      intent_type: 'human_approval',
      to_agent: 'agent://approver',
      payload: { task: 'Deploy v2?', risk_level: 'high' },
    });

    const waiting = await agent.reaches(id, 'WAITING');
    expect(waiting).toMatchObject({
      intent_type: 'intent.approval.v1',
      lifecycle_waiting_reason: 'WAITING_FOR_HUMAN',
      from_agent: agent.address,
      to_agent: `agent://${agent.tenant}/approver`,
      pending_with: { type: 'human', ref: 'approvers' },
    });
    const mails = await mailsFor(agent, id);
    expect(mails.flatMap((mail) => mail.to).sort()).toEqual(['ada@example.com', 'ben@example.com']);

    expect((await decide(await linkFor(agent, id, 'ben'), 'approved', 'Go ahead.')).status).toBe(200);
    const done = await agent.reaches(id, 'COMPLETED');
    expect(done.result).toMatchObject({
      approved: true,
      task_result: { outcome: 'approved', comment: 'Go ahead.', decided_by: 'ben' },
    });
    const events = await agent.events(id);
    expect(events.map((event) => event.event_type)).toEqual([
      'intent.created',
      'intent.submitted',
      'intent.waiting',
      'intent.human_task_assigned',
      'intent.completed',
    ]);
    expect(events.map((event) => event.seq)).toEqual([1, 2, 3, 4, 5]);
    expect(events.at(-1).data.approved).toBe(true);
    expect(await agent.events(id, 4)).toHaveLength(1);

    await settled(agent, id);
    await expectChain(agent, id);
    const entered = await statesEntered('intent.approval.v1', id);
    expect(entered).toEqual(['ESCALATE_TO_HUMAN']);
    expect(billed(entered)).toBe(3);
  });

  it('rejected is a completed decision', async () => {
    const agent = await newAgent();
    const id = await agent.submit(approvalIntent());
    await decide(await linkFor(agent, id), 'rejected', 'Not today.');
    const done = await agent.reaches(id, 'COMPLETED');
    expect(done.result).toMatchObject({ approved: false, task_result: { outcome: 'rejected', comment: 'Not today.' } });
    await statesEntered('intent.approval.v1', id);
    await settled(agent, id);
  });

  it('goes to the assignees that the directory knows; others are recorded and never mailed', async () => {
    const agent = await newAgent();
    const id = await agent.submit({
      ...approvalIntent(),
      human_task: {
        title: 'Open the vault',
        assignees: ['ben@example.com', 'mallory@evil.example'],
        notify_email: 'me@evil.example',
      },
    });
    const waiting = await agent.reaches(id, 'WAITING');
    expect(waiting.human_task).toMatchObject({
      title: 'Open the vault',
      assignees: ['ben'],
      ignored_assignees: ['mallory@evil.example', 'me@evil.example'],
    });
    const mails = await mailsFor(agent, id, 1);
    expect(mails.map((mail) => mail.to)).toEqual([['ben@example.com']]);
  });
});

describe('a refund', () => {
  it('over 50 EUR waits for a person, is paid once and verified', async () => {
    const agent = await newAgent();
    const order = await newOrder(100_000);
    const id = await agent.submit(refundIntent(order, 18_000));
    const waiting = await agent.reaches(id, 'WAITING');
    expect(waiting.reasons).toEqual(['amount_needs_approval']);
    expect(waiting.plan).toMatchObject({
      objective: `Refund 180.00 EUR of order ${order}`,
      requires_approval: true,
      policy_version: 'refund-2',
      tool_versions: { issue_refund: '1' },
      risk: { category: 'low', reasons: ['up_to_500_eur'] },
    });

    await decide(await linkFor(agent, id), 'approved');
    const done = await agent.reaches(id, 'COMPLETED', 'FAILED');
    expect(done.status, JSON.stringify(done.error)).toBe('COMPLETED');
    const refunds = await refundsOf(id);
    expect(refunds).toMatchObject([{ amount: 18_000, metadata: { effect_id: `${id}.1`, trace_id: done.trace_id } }]);
    expect(done.result).toMatchObject({
      approved: true,
      verified: true,
      output: { refund_id: refunds[0]?.id, amount_cents: 18_000, currency: 'EUR', status: 'succeeded' },
    });
    const requests = await refundRequests(id);
    expect(requests.map((request) => request.idempotencyKey)).toEqual([`${id}.1-1`]);
    expect(await effect(agent, id)).toMatchObject({ state: 'SUCCEEDED', attempt: 1 });
    expect((await head(agent, id))?.openEffects).toBe(0);

    await settled(agent, id);
    await expectChain(agent, id);
    const chain = await records(agent, id);
    expect(chain.map((record) => record.action)).toEqual([
      'intent.submitted',
      'policy.checked',
      'task.opened',
      'approver.notified',
      'approver.notified',
      'task.decided',
      'effect.started',
      'effect.settled',
      'effect.verified',
      'intent.completed',
    ]);
    expect(new Set(chain.map((record) => record.traceId))).toEqual(new Set([done.trace_id]));
    const entered = await statesEntered('intent.refund.v1', id);
    expect(entered).toEqual([
      'POLICY_CHECK',
      'POLICY_RESULT',
      'ESCALATE_TO_HUMAN',
      'EXECUTE_ACTION',
      'VERIFY',
      'COMPLETE',
    ]);
    expect(billed(entered)).toBeLessThanOrEqual(8);
  });

  it('up to 50 EUR is allowed without a person', async () => {
    const agent = await newAgent();
    const id = await agent.submit(refundIntent(await newOrder(), 5_000));
    const done = await agent.reaches(id, 'COMPLETED', 'FAILED');
    expect(done).toMatchObject({
      status: 'COMPLETED',
      reasons: ['small_amount'],
      result: { output: { amount_cents: 5_000 } },
    });
    expect(done.human_task).toBeUndefined();
    expect(await refundsOf(id)).toHaveLength(1);
    const entered = await statesEntered('intent.refund.v1', id);
    expect(billed(entered)).toBeLessThanOrEqual(7);
    await settled(agent, id);
    await expectChain(agent, id);
  });

  it.each([
    ['not_enough_left', 60_000, 'EUR', 50_000],
    ['currency_mismatch', 6_000, 'USD', 50_000],
    ['amount_not_positive', -1, 'EUR', 50_000],
  ])('is denied with %s', async (reason, cents, currency, charged) => {
    const agent = await newAgent();
    const id = await agent.submit(refundIntent(await newOrder(charged), cents, currency));
    const done = await agent.reaches(id, 'FAILED', 'COMPLETED');
    expect(done.error).toMatchObject({ code: 'policy_denied' });
    expect(done.error.details.reasons).toContain(reason);
    expect(await refundRequests(id)).toEqual([]);
    await statesEntered('intent.refund.v1', id);
    await settled(agent, id);
    await expectChain(agent, id);
  });

  it('above 5,000 EUR asks refunds, then finance, and is paid once both agree', async () => {
    const agent = await newAgent();
    const id = await agent.submit(refundIntent(await newOrder(1_000_000), 600_000));
    const first = await linkFor(agent, id, 'ada');
    expect((await decide(first, 'approved', 'The goods came back.')).page).toContain('this waits for Cleo Example');
    expect(await agent.get(id)).toMatchObject({
      status: 'WAITING',
      reasons: ['amount_needs_finance'],
      pending_with: { ref: 'finance', name: 'Cleo Example' },
      human_task: { progress: { step: 2, steps: 2, decided: 0, needed: 1 } },
    });
    const second = await until('cleo is mailed', 60, async () => {
      const mail = (await mailsFor(agent, id, 3)).find((one) => one.to.some((to) => to.startsWith('cleo')));
      return mail && linkOf(mail);
    });
    expect(await (await fetch(second)).text()).toMatch(/Ada Example, step 1[\s\S]*The goods came back\./);
    // Ben was asked in the step that is over.
    const ben = await linkFor(agent, id, 'ben');
    expect(await (await fetch(ben)).text()).toContain('This step is over');
    expect((await decide(ben)).status).toBe(409);
    await decide(second);
    const done = await agent.reaches(id, 'COMPLETED', 'FAILED');
    expect(done.result).toMatchObject({
      approved: true,
      decision: {
        decided_by: 'cleo',
        decisions: [
          { decided_by: 'ada', step: 1 },
          { decided_by: 'cleo', step: 2 },
        ],
      },
    });
    expect(await refundsOf(id)).toMatchObject([{ amount: 600_000 }]);
    // The run looked again once for the second step's time; no generation was lost over it.
    const entered = await statesEntered('intent.refund.v1', id);
    expect(entered.filter((state) => state === 'EXECUTE_ACTION')).toHaveLength(1);
    await settled(agent, id);
    await expectChain(agent, id);
  });

  it('of an order without a charge is denied', async () => {
    const agent = await newAgent();
    const id = await agent.submit(refundIntent(`none-${agent.tenant.slice(4, 12)}`, 100));
    expect((await agent.reaches(id, 'FAILED')).error.details.reasons).toContain('charge_not_found');
  });

  it('that a person rejects fails as denied, with the decision, and nothing is paid', async () => {
    const agent = await newAgent();
    const id = await agent.submit(refundIntent(await newOrder(), 18_000));
    await decide(await linkFor(agent, id), 'rejected', 'The customer kept the goods.');
    const done = await agent.reaches(id, 'FAILED');
    expect(done.error).toMatchObject({
      code: 'policy_denied',
      details: {
        reason: 'rejected_by_person',
        decision: { outcome: 'rejected', comment: 'The customer kept the goods.', decided_by: 'ada' },
      },
    });
    expect(await statesEntered('intent.refund.v1', id)).not.toContain('EXECUTE_ACTION');
    expect(await refundRequests(id)).toEqual([]);
    await settled(agent, id);
    await expectChain(agent, id);
  });
});

it('the head stays under 1 KB through the longest path', async () => {
  const agent = await newAgent();
  const id = await agent.submit(refundIntent(await newOrder(), 18_000));
  await agent.reaches(id, 'WAITING');
  expect(JSON.stringify((await rows(agent, id, 's#head'))[0]).length).toBeLessThan(1024);
  await decide(await linkFor(agent, id));
  await agent.reaches(id, 'COMPLETED');
  expect(JSON.stringify((await rows(agent, id, 's#head'))[0]).length).toBeLessThan(1024);
});
