/** Single faults on the way, each injected from outside the functions and each proven to have hit. */

import { randomUUID } from 'node:crypto';
import { ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { PutCommand } from '@aws-sdk/lib-dynamodb';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { FaultKind } from '../../local/provider/types.ts';
import {
  type Agent,
  approvalIntent,
  aws,
  breakCalls,
  breakLookup,
  breakRefund,
  breakSearch,
  decide,
  dynamo,
  effect,
  expectChain,
  head,
  invoke,
  keyMemory,
  killRun,
  linkFor,
  mailsFor,
  makeOverdue,
  mendCalls,
  newAgent,
  newCharge,
  newOrder,
  records,
  refundIntent,
  refundRequests,
  refundsOf,
  rows,
  settled,
  stack,
  statesEntered,
  sweep,
  tables,
  until,
  within,
} from './world.ts';

let agent: Agent;
beforeAll(async () => {
  agent = await newAgent();
});
/** In each describe whose tests run one by one; concurrent ones would mend each other's faults. */
const mendAfterEach = () => afterEach(mendCalls);

/** An AWS SDK client makes three attempts, DynamoDB's four: a call fails for good when all of them do. */
const allAttempts = 3;
const allDynamoAttempts = 4;
/** A message that failed for the first time comes again within five seconds; the rest is for a busy machine. */
const soonSeconds = 45;

/** The refund ended well: one refund, one settled effect, nothing owed, the chain whole. */
async function expectOneRefund(id: string, attempt = 1) {
  const ended = await agent.reaches(id, 'COMPLETED', 'FAILED', 'TIMED_OUT');
  expect(ended.status, JSON.stringify(ended.error)).toBe('COMPLETED');
  expect(await refundsOf(id)).toHaveLength(1);
  expect(await effect(agent, id)).toMatchObject({ state: 'SUCCEEDED', attempt });
  expect((await head(agent, id))?.openEffects).toBe(0);
  await settled(agent, id);
  await expectChain(agent, id);
}

/** The sweep, for what is owed of one kind. */
async function sweepFor(id: string, prefix: string) {
  await mendCalls();
  await makeOverdue(agent, id, prefix);
  expect((await sweep()).value).toMatchObject({ failed: 0 });
}

const smallRefund = async () => agent.submit(refundIntent(await newOrder(), 4_000));

describe('starting', () => {
  mendAfterEach();

  it('StartExecution fails after the commit: the start is still owed', async () => {
    const fault = await breakCalls({
      match: { action: 'StartExecution' },
      do: { error: 'ServiceUnavailable', status: 503 },
      times: allAttempts,
    });
    const id = await agent.submit(approvalIntent());
    await fault.hit(allAttempts);
    await sweepFor(id, 'outbox#start');
    await agent.reaches(id, 'WAITING');
    await decide(await linkFor(agent, id));
    expect((await agent.reaches(id, 'COMPLETED')).result.approved).toBe(true);
    await settled(agent, id);
    await expectChain(agent, id);
  });

  it('StartExecution happens and its answer is lost: one run', async () => {
    const fault = await breakCalls({ match: { action: 'StartExecution' }, do: 'lose_answer', times: allAttempts });
    const id = await smallRefund();
    await fault.hit(allAttempts);
    await mendCalls();
    await sweepFor(id, 'outbox#start');
    await expectOneRefund(id);
    expect((await head(agent, id))?.generation).toBe(1);
  });

  it('the stream’s message is lost: the sweep finds what is owed', async () => {
    const fault = await breakCalls({
      match: { app: 'dispatch', action: 'SendMessage' },
      do: 'drop',
      times: 2 * allAttempts,
    });
    const id = await smallRefund();
    await fault.hit(2 * allAttempts);
    expect((await agent.get(id)).status).toBe('SUBMITTED');
    await sweepFor(id, 'outbox#start');
    await expectOneRefund(id);
  });
});

describe('deciding', () => {
  mendAfterEach();

  it('the wake is lost after the decision: the sweep wakes the run', async () => {
    const id = await agent.submit(refundIntent(await newOrder(), 18_000));
    const link = await linkFor(agent, id);
    await mailsFor(agent, id);
    const fault = await breakCalls({
      match: { app: 'dispatch', action: 'SendMessage' },
      do: 'drop',
      times: 2 * allAttempts,
    });
    expect((await decide(link)).status).toBe(200);
    await fault.hit(2 * allAttempts);
    expect((await agent.get(id)).status).toBe('IN_PROGRESS');
    await sweepFor(id, 'outbox#wake');
    await expectOneRefund(id);
  });

  it('SendTaskSuccess happens and its answer is lost', async () => {
    const id = await agent.submit(refundIntent(await newOrder(), 18_000));
    const fault = await breakCalls({ match: { action: 'SendTaskSuccess' }, do: 'lose_answer', times: allAttempts });
    await decide(await linkFor(agent, id));
    await fault.hit();
    await expectOneRefund(id);
  });

  it('SendTaskSuccess never arrives: the queue tries again', async () => {
    const id = await agent.submit(refundIntent(await newOrder(), 18_000));
    const fault = await breakCalls({ match: { action: 'SendTaskSuccess' }, do: 'drop', times: allAttempts });
    await decide(await linkFor(agent, id));
    await fault.hit(allAttempts);
    await sweepFor(id, 'outbox#wake');
    await expectOneRefund(id);
  });

  it('the decision’s transaction commits and its answer is lost: one decision, and the approver sees it', async () => {
    const id = await agent.submit(approvalIntent());
    const link = await linkFor(agent, id);
    await mailsFor(agent, id);
    const fault = await breakCalls({ match: { app: 'approvals', action: 'TransactWriteItems' }, do: 'lose_answer' });
    const answer = await decide(link);
    await fault.hit();
    expect(answer.status).toBe(200);
    expect(answer.page).toContain('Decided: approved');
    expect((await records(agent, id)).filter((record) => record.action === 'task.decided')).toHaveLength(1);
    await agent.reaches(id, 'COMPLETED');
    await expectChain(agent, id);
  });

  it('the decision can’t be stored: the approver is told, nothing is decided, and it can be done again', async () => {
    const id = await agent.submit(approvalIntent());
    const link = await linkFor(agent, id);
    await mailsFor(agent, id);
    const fault = await breakCalls({
      match: { app: 'approvals', action: 'TransactWriteItems' },
      do: 'drop',
      times: allDynamoAttempts,
    });
    const refused = await decide(link);
    await fault.hit(allDynamoAttempts);
    expect(refused.status).toBe(503);
    expect(refused.page).toContain('it shows the decision if it was recorded');
    expect(refused.page).not.toContain('Decided');
    expect((await agent.get(id)).status).toBe('WAITING');
    expect((await decide(link)).status).toBe(200);
  });
});

describe('submitting', () => {
  mendAfterEach();

  it('the commit’s answer is lost, and the client sends its request again: one intent', async () => {
    const key = randomUUID();
    const fault = await breakCalls({
      match: { app: 'api', action: 'TransactWriteItems' },
      do: 'lose_answer',
      times: allDynamoAttempts,
    });
    const first = await agent.call('POST', '/v1/intents', {
      body: approvalIntent(),
      headers: { 'idempotency-key': key },
    });
    await fault.hit(allAttempts);
    const again = await agent.call('POST', '/v1/intents', {
      body: approvalIntent(),
      headers: { 'idempotency-key': key },
    });
    expect(again.status).toBe(200);
    if (first.status === 200) expect(first.body).toEqual(again.body);
    else expect([first.status, first.body.error.retryable]).toEqual([503, true]);
  });

  it('a stop that can’t be read admits nothing', async () => {
    const fault = await breakCalls({
      match: { app: 'api', action: 'TransactWriteItems' },
      do: { error: 'InternalServerError', status: 500 },
      times: allDynamoAttempts,
    });
    const answer = await agent.call('POST', '/v1/intents', {
      body: approvalIntent(),
      headers: { 'idempotency-key': randomUUID() },
    });
    await fault.hit(allDynamoAttempts);
    expect(answer.status).toBe(503);
  });
});

describe('mail', () => {
  mendAfterEach();

  it('SES refuses at first: the mails are tried again within seconds, not after the time that the queue hides them', async () => {
    const words = randomUUID();
    const fault = await breakCalls({
      match: { action: 'SendEmail' },
      // Mails of the tests before may still be on their way.
      body: words,
      do: { error: 'Throttling', status: 400 },
      times: 2 * allAttempts,
    });
    const id = await agent.submit(approvalIntent({ task: `Mail ${words}` }));
    // Of two mails at least one has failed as often as the client tries.
    await fault.hit(2 * allAttempts);
    await within(soonSeconds, () => mailsFor(agent, id));
    expect((await decide(await linkFor(agent, id))).status).toBe(200);
  });

  it('SES accepts and its answer is lost: a second mail with the same, good link', async () => {
    const fault = await breakCalls({ match: { action: 'SendEmail' }, do: 'lose_answer', times: 1 });
    const id = await agent.submit(approvalIntent());
    await fault.hit();
    await mailsFor(agent, id);
    expect((await decide(await linkFor(agent, id))).status).toBe(200);
    await settled(agent, id);
  });
});

describe.concurrent('a tool call whose outcome is not known', () => {
  const broken = async (kind: FaultKind) => {
    const { order, charge } = await newCharge();
    await breakRefund(order, kind);
    return { order, charge };
  };

  it('provider fails while the charge is searched: read again, one refund', async () => {
    const order = await newOrder();
    await breakSearch(order, 'fail500');
    await expectOneRefund(await agent.submit(refundIntent(order, 4_000)), 1);
  });

  it('provider refuses to search for the charge: FAILED at once, and not asked again', async () => {
    const order = await newOrder();
    await breakSearch(order, 'refuse');
    const id = await agent.submit(refundIntent(order, 4_000));
    const ended = await agent.reaches(id, 'FAILED');
    expect(ended.error).toMatchObject({
      code: 'execution_failed',
      message: 'What read_charge was asked, its source refused.',
    });
    expect((await head(agent, id))?.generation).toBe(1);
    expect(await refundRequests(id)).toEqual([]);
    await expectChain(agent, id);
  });

  it('provider commits and drops the connection: looked up, one refund', async () => {
    const { order } = await broken('drop_after_commit');
    const id = await agent.submit(refundIntent(order, 4_000));
    await expectOneRefund(id, 1);
    expect((await refundRequests(id)).map((request) => request.fault)).toEqual(['drop_after_commit']);
    const actions = (await records(agent, id)).map((record) => record.action);
    expect(actions).toEqual(expect.arrayContaining(['effect.unknown', 'effect.looked_up', 'effect.settled']));
    expect((await agent.events(id)).some((event) => event.waiting_reason === 'WAITING_FOR_TOOL')).toBe(true);
  });

  it('provider drops the connection before it commits: looked up, absent, called again under a new key', async () => {
    const { order } = await broken('drop_before_commit');
    const id = await agent.submit(refundIntent(order, 4_000));
    await expectOneRefund(id, 2);
    expect((await refundRequests(id)).map((request) => request.idempotencyKey)).toEqual([`${id}.1-1`, `${id}.1-2`]);
  });

  it('provider answers 500 and would replay it: looked up, absent, called again under a new key', async () => {
    const { order } = await broken('fail500');
    const id = await agent.submit(refundIntent(order, 4_000));
    await expectOneRefund(id, 2);
    expect((await refundRequests(id)).map((request) => request.status)).toEqual([500, 200]);
  });

  it('provider commits, then answers 500: looked up, one refund', async () => {
    const { order } = await broken('fail500_after_commit');
    const id = await agent.submit(refundIntent(order, 4_000));
    await expectOneRefund(id, 1);
    expect((await refundRequests(id)).map((request) => request.fault)).toEqual(['fail500_after_commit']);
  });

  it.each(['hang', 'hang_after_commit'] as const)('provider hangs past its timeout (%s): one refund', async (kind) => {
    const { order } = await broken(kind);
    const id = await agent.submit(refundIntent(order, 4_000));
    await expectOneRefund(id, kind === 'hang' ? 2 : 1);
    expect((await refundRequests(id))[0]?.fault).toBe(kind);
  });

  it('the look-up fails too: it is made again', async () => {
    const { order, charge } = await broken('drop_after_commit');
    await breakLookup(charge, 'fail500');
    const id = await agent.submit(refundIntent(order, 4_000));
    await expectOneRefund(id, 1);
    const looks = (await records(agent, id)).filter((record) => record.action === 'effect.looked_up');
    expect(looks).toHaveLength(2);
  });

  it('the function runs out of time before it can settle: the lease ends, the call is looked up', async () => {
    const id = await agent.submit(refundIntent(await newOrder(), 18_000));
    const link = await linkFor(agent, id);
    await mailsFor(agent, id);
    const fault = await breakCalls({
      match: { app: 'issue_refund', action: 'TransactWriteItems' },
      body: `effect.settle:${id}`,
      do: 'hang',
    });
    await decide(link);
    await fault.hit();
    await expectOneRefund(id);
    expect((await refundRequests(id)).map((request) => request.idempotencyKey)).toEqual([`${id}.1-1`]);
  });
});

describe.concurrent('a step that runs out of time', () => {
  it('is tried again: completed once, refunded once', async () => {
    const id = await agent.submit(refundIntent(await newOrder(), 18_000));
    const link = await linkFor(agent, id);
    await mailsFor(agent, id);
    const fault = await breakCalls({
      match: { app: 'steps', action: 'TransactWriteItems' },
      body: `${id}[^]*COMPLETE:1`,
      do: 'hang',
    });
    await decide(link);
    await fault.hit();
    await expectOneRefund(id);
    expect(await statesEntered('intent.refund.v1', id)).not.toContain('RECORD_FAILURE');
  });
});

describe('the tool', () => {
  mendAfterEach();

  it('provider forgets its keys and drops the connection after committing: still one refund', async () => {
    const { order } = await newCharge();
    await breakRefund(order, 'drop_after_commit');
    await keyMemory(false);
    try {
      const id = await agent.submit(refundIntent(order, 4_000));
      await expectOneRefund(id, 1);
      expect((await refundRequests(id)).map((request) => request.fault)).toEqual(['drop_after_commit']);
    } finally {
      await keyMemory(true);
    }
  });

  it('provider refuses: FAILED, with its code and without a second call', async () => {
    const { order } = await newCharge(20_000);
    // Both are checked, and wait, before either is paid.
    const ids = [
      await agent.submit(refundIntent(order, 18_000)),
      await agent.submit(refundIntent(order, 18_000)),
    ] as const;
    for (const id of ids) {
      await decide(await linkFor(agent, id));
      await agent.reaches(id, 'COMPLETED', 'FAILED');
    }
    expect((await agent.get(ids[0])).status).toBe('COMPLETED');
    expect(await agent.get(ids[1])).toMatchObject({ status: 'FAILED', error: { code: 'tool_failed' } });
    expect(await refundRequests(ids[1])).toHaveLength(1);
    await settled(agent, ids[1]);
    await expectChain(agent, ids[1]);
  });

  it('its function is invoked twice at once: one effect, one refund', async () => {
    const id = await agent.submit(refundIntent(await newOrder(), 18_000));
    await agent.reaches(id, 'WAITING');
    const link = await linkFor(agent, id);
    await mailsFor(agent, id);
    // The run itself is not woken: the two calls below are all there is.
    await breakCalls({ match: { app: 'dispatch', action: 'SendMessage' }, do: 'drop', times: 2 * allAttempts });
    await decide(link);
    const intent = await agent.get(id);
    const input = {
      v: 1,
      tenant: agent.tenant,
      intentId: id,
      generation: 1,
      type: 'intent.refund.v1',
      traceId: intent.trace_id,
      waitUntil: intent.due_at,
      rung: 0,
    };
    const both = await Promise.all([1, 2].map(() => invoke('issue_refund', { mode: 'execute', input })));
    expect(both.filter((answer) => answer.error === undefined).length).toBeGreaterThanOrEqual(1);
    for (const { error } of both) expect([undefined, 'OutcomeUnknownError']).toContain(error);
    expect(await refundRequests(id)).toHaveLength(1);
    expect(await refundsOf(id)).toHaveLength(1);
    expect((await invoke('issue_refund', { mode: 'execute', input })).value).toEqual({ effect: 'SUCCEEDED' });
    await mendCalls();
    await makeOverdue(agent, id, 's#head');
    await sweep();
    await expectOneRefund(id);
  });

  it('does nothing for a run that was superseded', async () => {
    const id = await agent.submit(refundIntent(await newOrder(), 18_000));
    await agent.reaches(id, 'WAITING');
    const input = {
      v: 1,
      tenant: agent.tenant,
      intentId: id,
      generation: 7,
      type: 'intent.refund.v1',
      traceId: 't',
      waitUntil: 't',
      rung: 0,
    };
    expect((await invoke('issue_refund', { mode: 'execute', input })).error).toBe('Superseded');
    expect((await invoke('steps', { step: 'complete', input })).error).toBe('Superseded');
    // Nobody has approved: not even the current run may execute.
    expect((await invoke('issue_refund', { mode: 'execute', input: { ...input, generation: 1 } })).error).toBe(
      'TerminalError',
    );
    expect(await refundRequests(id)).toEqual([]);
  });
});

describe('the run', () => {
  mendAfterEach();

  it('a step whose function fails for a while is tried again', async () => {
    const fault = await breakCalls({
      match: { app: 'steps', action: 'TransactWriteItems' },
      do: { error: 'ServiceUnavailable', status: 503 },
      times: allDynamoAttempts,
    });
    const id = await smallRefund();
    await fault.hit(allAttempts);
    await expectOneRefund(id);
  });

  it('that goes silent is taken up by its next generation, and its old one can’t commit any more', async () => {
    const id = await agent.submit(refundIntent(await newOrder(), 18_000));
    const link = await linkFor(agent, id);
    await mailsFor(agent, id);
    await makeOverdue(agent, id, 's#head');
    expect((await sweep()).value.heads).toBeGreaterThanOrEqual(1);
    await until('the second generation waits', 60, async () =>
      (await rows(agent, id, 's#task'))[0]?.tokenOrder?.startsWith('000002'),
    );
    expect((await agent.get(id)).status).toBe('WAITING');
    expect((await decide(link)).status).toBe(200);
    await expectOneRefund(id);
    expect(await statesEntered('intent.refund.v1', id, 2)).toEqual([
      'POLICY_CHECK',
      'POLICY_RESULT',
      'ESCALATE_TO_HUMAN',
      'EXECUTE_ACTION',
      'VERIFY',
      'COMPLETE',
    ]);
  });

  it('two sweeps at once start one generation', async () => {
    const id = await agent.submit(approvalIntent());
    await mailsFor(agent, id);
    await makeOverdue(agent, id, 's#head');
    await Promise.all([sweep(), sweep()]);
    expect((await head(agent, id))?.generation).toBe(2);
    await decide(await linkFor(agent, id));
    await agent.reaches(id, 'COMPLETED');
    await settled(agent, id);
  });

  it('that is dead at its deadline: the sweep expires its task', async () => {
    const id = await agent.submit({ ...approvalIntent(), deadline_at: new Date(Date.now() + 12_000).toISOString() });
    const { due_at } = await agent.reaches(id, 'WAITING');
    await mailsFor(agent, id);
    await killRun('intent.approval.v1', id);
    await until('the deadline is over', 30, () => Date.now() > Date.parse(due_at));
    expect((await agent.get(id)).status).toBe('WAITING');
    await makeOverdue(agent, id, 's#head');
    await sweep();
    expect((await agent.get(id)).error.code).toBe('intent_timeout');
  });

  it('that was ended by mistake: a decision starts its next generation at once', async () => {
    const id = await agent.submit(refundIntent(await newOrder(), 18_000));
    const link = await linkFor(agent, id);
    await mailsFor(agent, id);
    await killRun('intent.refund.v1', id);
    await decide(link);
    await expectOneRefund(id);
    expect((await head(agent, id))?.generation).toBe(2);
  });
});

describe('a record that can’t be processed', () => {
  it('is parked, and others go on', async () => {
    const poison = `poison-${randomUUID()}`;
    await dynamo.send(
      new PutCommand({ TableName: tables.intents, Item: { pk: poison, sk: 'outbox#start#1', kind: 'nonsense' } }),
    );
    const id = await smallRefund();
    await expectOneRefund(id);
    const sqs = new SQSClient(aws);
    await until('the record is parked', 30, async () => {
      const { Messages = [] } = await sqs.send(
        new ReceiveMessageCommand({ QueueUrl: stack.outputs.ParkedUrl, MaxNumberOfMessages: 10, VisibilityTimeout: 0 }),
      );
      return Messages.some((message) => message.Body?.includes(poison));
    });
  });
});
