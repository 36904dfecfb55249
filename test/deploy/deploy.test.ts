/** A hundred approvals wait, and two tool calls hang, while everything they will meet is deployed anew. */

import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CloudFormationClient, DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import { beforeAll, describe, expect, it } from 'vitest';
import { unknownOf } from '../corpus/recorded.ts';
import { storedShapes } from '../corpus/shape.ts';
import {
  type Agent,
  approvalIntent,
  aws,
  breakLookup,
  breakRefund,
  decide,
  deploy,
  effect,
  expectChain,
  head,
  history,
  inGroups,
  killRun,
  linkFor,
  makeOverdue,
  mendProvider,
  newAgent,
  newCharge,
  newOrder,
  refundIntent,
  refundRequests,
  refundsOf,
  rows,
  settled,
  stack,
  statesEntered,
  sweep,
  until,
} from '../deployed/world.ts';
import { change } from './app.ts';
import { changedCode, functionNames, liveCode, openRuns, statesOf } from './versions.ts';

/** How long a deployment may take until it changes something, seconds; most of it is bundling, on a busy machine. */
const patience = 180;

const approvals = 87;
const refunds = 12;
const [approvalType, refundType] = ['intent.approval.v1', 'intent.refund.v1'];

const stacks = new CloudFormationClient(aws);
const stackStatus = async () => {
  const { Stacks } = await stacks.send(new DescribeStacksCommand({ StackName: 'Holdpoint' }));
  return Stacks?.[0]?.StackStatus;
};

/** How many updates of the stack have begun, by what the CLI says of them. */
const updatesBegun = () =>
  readFileSync(join(stack.dir, 'cdk.log'), 'utf8').split('creating CloudFormation changeset').length;

/** Deploys, and decides these tasks while the stack is being updated; every decision is taken. */
async function deployWhileDeciding(links: string[]): Promise<void> {
  const before = updatesBegun();
  const deployed = deploy();
  await until('the stack is being updated', patience, () => updatesBegun() > before);
  const answers = await inGroups(links, (link) => decide(link));
  expect(answers.map((answer) => answer.status)).toEqual(links.map(() => 200));
  expect(await deployed).toBe('');
}

let agent: Agent;
beforeAll(async () => {
  agent = await newAgent();
});

const submitRefund = async (cents: number, order?: string) =>
  agent.submit(refundIntent(order ?? (await newOrder(1_000_000)), cents));

/** A refund that is approved and whose call hangs at the provider, as does each look-up. */
async function hangingRefund(kind: 'hang' | 'hang_after_commit'): Promise<string> {
  const { order, charge } = await newCharge();
  await breakRefund(order, kind);
  await breakLookup(charge, 'hang', 1000);
  const id = await submitRefund(180_00, order);
  expect((await decide(await linkFor(agent, id))).status).toBe(200);
  await until('the call is out', patience, async () => (await refundRequests(id)).length === 1);
  return id;
}

const steps = Array.from({ length: 50 }, (_, i) => {
  const step_id = `s${i + 1}`;
  return step_id === 's47' ? { step_id, assigned_to: 'agent' } : { step_id, runtime_type: 'notification' };
});

/** A procedure of 50 steps that waits for the agent in the 47th. */
async function procedureAt47(): Promise<string> {
  const agents = [{ role: 'agent', address: agent.address }];
  const body = { agents, workflow: { steps }, intent: { type: 'long.v1' } };
  const { intent_id: id } = (await agent.call('POST', '/v1/scenarios/apply', { body })).body;
  await until('it waits in step 47', patience, async () => (await agent.get(id)).pending_with?.type === 'agent');
  expect((await agent.get(id)).procedure.step_id).toBe('s47');
  return id;
}

/** Its run is killed, and the next one, of the machine as it is now, goes on there. */
async function expectGoesOnAt47(id: string): Promise<void> {
  await killRun('procedure', id);
  await makeOverdue(agent, id, 's#head');
  await sweep();
  await until('its next run begins', patience, async () => (await openRuns()).includes(`${id}-2`));
  await until('its next run waits', patience, async () =>
    (await history('procedure', id, 2)).some((event) => event.stateEnteredEventDetails?.name === 'AWAIT_STEP'),
  );
  const { child_intent_id: part } = (await agent.get(id)).procedure;
  expect((await agent.call('POST', `/v1/intents/${part}/resume`, { body: { done: true } })).status).toBe(200);
  await expectEnded(id, 'COMPLETED');
  const begun = (await agent.events(id)).filter(({ details }) => details.state === 'STEP');
  expect(begun.map(({ details }) => details.step_id)).toEqual(steps.map(({ step_id }) => step_id));
  expect(await statesEntered('procedure', id)).toContain('AFTER_STEP');
  expect(await statesEntered('procedure', id, 2)).toContain('NEXT_STEP');
}

/** Ended so, with nothing left to do; the record verifies. */
async function expectEnded(id: string, status: string): Promise<void> {
  expect((await agent.reaches(id, 'COMPLETED', 'FAILED', 'TIMED_OUT')).status).toBe(status);
  await settled(agent, id);
  expect((await head(agent, id))?.openEffects).toBe(0);
  await expectChain(agent, id);
}

it('functions, state machines and a tool contract: all finish, with one effect each', {
  timeout: 900_000,
}, async () => {
  const waiting = await inGroups(Array.from({ length: approvals }), () => agent.submit(approvalIntent()));
  const paying = await inGroups(Array.from({ length: refunds }), () => submitRefund(180_00));
  const tooDear = await submitRefund(4_000_00);
  const made = await hangingRefund('hang_after_commit');
  const absent = await hangingRefund('hang');
  const procedure = await procedureAt47();
  const links = new Map(
    await inGroups([...waiting, ...paying, tooDear], async (id) => [id, await linkFor(agent, id)] as const),
  );
  expect(links.size).toBe(100);
  /** Takes some of those that wait to be decided now. */
  const take = (some: number, of: string[]) => of.splice(0, some).map((id) => links.get(id) ?? '');
  const [restOfWaiting, restOfPaying] = [[...waiting], [...paying]];
  /** The runs of all that still wait are the ones that they began with. */
  const expectRuns = async () =>
    expect(await openRuns()).toEqual(
      expect.arrayContaining([...restOfWaiting, ...restOfPaying, tooDear].map((id) => `${id}-1`)),
    );

  // What is stored here is what the corpus has, and so what later versions are tested with.
  // Rows of inboxes, and the requester's link, are read by no step of a run.
  const ofRuns = ({ sk }: Record<string, string>) => !/^(event|asked)#/.test(sk ?? '');
  const stored = (await rows(agent, tooDear)).filter(ofRuns);
  const unknown = unknownOf(storedShapes({ Intents: stored }));
  expect(unknown.filter((shape) => shape !== 'stored request.viewHash string')).toEqual([]);

  // Every function: what all of them start from.
  const before = await liveCode();
  change(stack.dir, 'adapters/lambda/timely.ts', 'giveUpMs = 100', 'giveUpMs = 101');
  await deployWhileDeciding([...take(20, restOfWaiting), ...take(3, restOfPaying)]);
  await expectRuns();
  // The guard saw nothing go; its own code is new all the same.
  expect(changedCode(before, await liveCode()).sort()).toEqual([...functionNames].sort());

  // Every state machine: a state more on the way to the tool, and one under another name.
  const added = '"PAUSE": { "Type": "Wait", "Seconds": 1, "Next": "EXECUTE_ACTION" }';
  change(
    stack.dir,
    'statemachines/action.asl.json',
    '"Next": "EXECUTE_ACTION"\n    },\n    "RUNG": {',
    `"Next": "PAUSE"\n    },\n    ${added},\n    "RUNG": {`,
  );
  change(stack.dir, 'statemachines/approval.asl.json', 'AFTER_RUNG', 'NEXT_RUNG');
  change(stack.dir, 'statemachines/procedure.asl.json', 'AFTER_STEP', 'NEXT_STEP');
  await deployWhileDeciding([...take(20, restOfWaiting), ...take(3, restOfPaying)]);
  await expectRuns();
  expect(await statesOf(refundType)).toContain('PAUSE');
  expect(await statesOf(approvalType)).toContain('NEXT_RUNG');
  const newer = await submitRefund(180_00);
  links.set(newer, await linkFor(agent, newer));

  // A tool's contract: the next version still executes plans of the first, and takes less at once.
  const contract = 'functions/tools/issue_refund/contract.ts';
  change(stack.dir, contract, "version: '1'", "version: '2',\n  alsoExecutes: ['1']");
  change(stack.dir, contract, 'amount_cents: z.int().min(1)', 'amount_cents: z.int().min(1).max(3_000_00)');
  await deployWhileDeciding([...take(20, restOfWaiting), ...take(3, restOfPaying)]);
  await expectRuns();
  const newest = await submitRefund(180_00);
  links.set(newest, await linkFor(agent, newest));

  // Two calls have been out through all of it.
  expect([(await head(agent, made))?.openEffects, (await head(agent, absent))?.openEffects]).toEqual([1, 1]);
  await mendProvider();
  const late = take(100, [...restOfWaiting, ...restOfPaying, tooDear, newer, newest]);
  const answers = await inGroups(late, (link) => decide(link));
  expect(answers.map((answer) => answer.status)).toEqual(late.map(() => 200));

  await inGroups([...waiting, ...paying, newer, newest, made, absent], (id) => expectEnded(id, 'COMPLETED'));
  await expectEnded(tooDear, 'FAILED');
  await expectGoesOnAt47(procedure);

  // Once each; what provably never happened, once more under the key of the next attempt.
  for (const id of [...paying, newer, newest, made]) {
    expect(await refundsOf(id)).toHaveLength(1);
    expect(await refundRequests(id)).toHaveLength(1);
  }
  expect(await refundsOf(absent)).toHaveLength(1);
  expect((await refundRequests(absent)).map(({ idempotencyKey }) => idempotencyKey)).toEqual([
    `${absent}.1-1`,
    `${absent}.1-2`,
  ]);

  // Who executed what was approved under which version.
  expect(await effect(agent, paying.at(0) ?? '')).toMatchObject({ toolVersion: '1', plannedVersion: '1' });
  expect(await effect(agent, paying.at(-1) ?? '')).toMatchObject({ toolVersion: '2', plannedVersion: '1' });
  expect(await effect(agent, newest)).toMatchObject({ toolVersion: '2', plannedVersion: '2' });
  expect(await effect(agent, made)).toMatchObject({ attempt: 1, toolVersion: '1' });
  expect(await effect(agent, absent)).toMatchObject({ attempt: 2, toolVersion: '2', plannedVersion: '1' });
  expect((await agent.get(tooDear)).error).toMatchObject({
    code: 'tool_changed',
    details: { planned_version: '1', tool_version: '2', fields: ['amount_cents'] },
  });
  expect([await effect(agent, tooDear), await refundRequests(tooDear)]).toEqual([undefined, []]);

  // Runs keep the definition that they began with.
  expect(await statesEntered(refundType, paying.at(-1) ?? '')).not.toContain('PAUSE');
  expect(await statesEntered(refundType, newer)).toContain('PAUSE');
  await until('no run is left', patience, async () => (await openRuns()).length === 0);
});

describe('a type with open intents', () => {
  const declared = '[approval, refund]';
  const closed = '[approval, { ...refund, closed: true }]';
  const redeclare = (from: string, to: string) => change(stack.dir, 'intents/index.ts', from, to);

  it('is removed in two steps, and not before the last has ended', { timeout: 900_000 }, async () => {
    const [key, intent] = [randomUUID(), refundIntent(await newOrder(), 180_00)];
    const open = await agent.submit(intent, key);
    const link = await linkFor(agent, open);

    redeclare(declared, closed);
    expect(await deploy()).toBe('');
    const refused = await agent.call('POST', '/v1/intents', { body: intent });
    expect(refused).toMatchObject({
      status: 403,
      body: { code: 'policy_denied', error: { details: { reason: 'type_closed' } } },
    });
    expect(await agent.submit(intent, key)).toBe(open);

    redeclare(closed, '[approval]');
    const before = await liveCode();
    expect(await deploy()).toMatch(
      /intent\.refund\.v1 cannot be removed yet: 1 of its intents is open\. Its door is closed/,
    );
    expect(await stackStatus()).toBe('UPDATE_ROLLBACK_COMPLETE');
    expect(changedCode(before, await liveCode())).toEqual([]);

    // As if nobody had tried.
    expect((await decide(link)).status).toBe(200);
    await expectEnded(open, 'COMPLETED');
    expect(await refundsOf(open)).toHaveLength(1);

    expect(await deploy()).toBe('');
    await expect(statesOf(refundType)).rejects.toThrow();
    expect((await agent.call('POST', '/v1/intents', { body: intent })).status).toBe(422);
    const other = await agent.submit(approvalIntent());
    expect((await decide(await linkFor(agent, other))).status).toBe(200);
    await expectEnded(other, 'COMPLETED');
  });
});
