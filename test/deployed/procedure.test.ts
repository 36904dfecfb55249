import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { dynamoStore } from '../../adapters/store.ts';
import type { IntentState } from '../../core/model.ts';
import { partOf } from '../../core/rules/procedure-part.ts';
import { submit } from '../../core/rules/submit.ts';
import { codeBlocks } from '../docs/markdown.ts';
import { call, keyFor, newPerson, signedIn } from './people.ts';
import {
  type Agent,
  agentOf,
  dynamo,
  expectChain,
  killRun,
  makeOverdue,
  newAgent,
  rows,
  settled,
  statesEntered,
  sweep,
  tables,
  waitFor,
} from './world.ts';

const example = JSON.parse(codeBlocks('docs/scenarios.md').find(({ says }) => says.scenario)?.code ?? '');

/** Somebody whom nobody else asks decides for the boss of the bundle. */
const withBoss = (bundle: object, contact: string) => ({ ...bundle, humans: [{ role: 'boss', contact }] });

async function apply(agent: Agent, body: object, headers: Record<string, string> = {}) {
  const { status, body: answer } = await agent.call('POST', '/v1/scenarios/apply', { body, headers });
  expect(status, JSON.stringify(answer)).toBe(200);
  return answer;
}

/** An agent that was made by the bundle, with a key of its own. */
async function made(manager: Agent, name: string): Promise<Agent> {
  const { service_accounts } = (await manager.call('GET', '/v1/service-accounts')).body;
  const { service_account_id: id } = service_accounts.find((one: { name: string }) => one.name === name);
  const { key } = (await manager.call('POST', `/v1/service-accounts/${id}/keys`, { body: {} })).body;
  return agentOf(key.token, manager.tenant, name);
}

/** The next piece of work in an agent's mailbox, answered. */
async function works(agent: Agent, parent: string, answer: object) {
  const part = await waitFor('the agent has its part', async () => {
    const { body } = await agent.call('GET', `/v1/agents/${agent.address}/intents?since=0`);
    for (const { intent_id } of body.intents.toReversed()) {
      const intent = await agent.get(intent_id);
      if (intent.parent_intent_id === parent && !['COMPLETED', 'FAILED'].includes(intent.status)) return intent;
    }
    return undefined;
  });
  expect((await agent.call('POST', `/v1/intents/${part.intent_id}/resume`, { body: answer })).status).toBe(200);
  return part;
}

const manager = () => newAgent(undefined, 'manager', { scopes: ['accounts:manage'] });

describe('the scenario of the documentation', () => {
  it('makes its agents, and goes from agent to person to agent', async () => {
    const owner = await manager();
    const boss = await newPerson(`boss-${randomUUID().slice(0, 8)}`);
    const body = withBoss(example, boss);
    const checked = (await owner.call('POST', '/v1/scenarios/validate', { body })).body;
    expect(checked).toMatchObject({ ok: true, valid: true, errors: [] });
    const headers = { 'idempotency-key': randomUUID() };
    const started = await apply(owner, body, headers);
    expect(started.agents_provisioned).toEqual([`agent://${owner.tenant}/checker`, `agent://${owner.tenant}/deployer`]);
    expect(started.compile_id).toBe(checked.compile_id);
    expect(await apply(owner, body, headers)).toEqual(started);
    const id = started.intent_id;
    const [checker, deployer] = [await made(owner, 'checker'), await made(owner, 'deployer')];

    // What nobody asks for (any more) is not given to the agent.
    const store = dynamoStore({ client: dynamo, tables });
    const asked = await waitFor('the checker is asked', async () => {
      const part = partOf((await store.load({ tenant: owner.tenant, intentId: id }, { request: true })) as IntentState);
      return part && (await store.load({ tenant: owner.tenant, intentId: part.intentId as string })) ? part : undefined;
    });
    const context = { now: new Date().toISOString(), newId: randomUUID };
    const late = submit({ ...asked, intentId: randomUUID() }, context).commit;
    expect(await store.commit(late)).toEqual({ ok: false, because: 'changed' });

    const first = await works(checker, id, { action: 'complete', result: { healthy: true } });
    expect(first.payload).toMatchObject({ parent_payload: { service: 'web', version: 7 }, step_id: 'check' });
    await waitFor(
      'the boss is asked',
      async () => (await owner.get(id)).lifecycle_waiting_reason === 'WAITING_FOR_HUMAN',
    );
    const session = await signedIn(boss);
    const { tasks } = (await call('GET', '/v1/me/tasks', { ...session, ...(await keyFor(owner.tenant)) })).body;
    expect(tasks).toMatchObject([{ intent_id: id, human_task: { title: 'Roll out the web service?' } }]);
    const decision = { task_result: { outcome: 'approved', comment: 'go' } };
    const decided = await call('POST', `/v1/intents/${id}/resume`, { ...(await keyFor(owner.tenant, boss)) }, decision);
    expect(decided.status, JSON.stringify(decided.body)).toBe(200);
    const last = await works(deployer, id, { version: 7 });
    expect(last.payload.step_results).toMatchObject({ check: { healthy: true }, approve: { outcome: 'approved' } });
    const intent = await owner.reaches(id, 'COMPLETED');
    expect(intent.result).toMatchObject({
      approved: true,
      result: { version: 7 },
      steps: { deploy: { outcome: 'success' } },
    });
    await settled(owner, id);
    for (const one of [id, first.intent_id, last.intent_id]) await expectChain(owner, one);
    expect(await statesEntered('procedure', id)).toEqual([
      ...Array.from({ length: 4 }, () => ['STEP', 'AFTER_STEP', 'AWAIT_STEP']).flat(),
      'STEP',
      'ENDED',
    ]);
    const statuses = (await owner.events(id)).flatMap((one) => one.waiting_reason ?? []);
    expect([...new Set(statuses)].sort()).toEqual(['WAITING_FOR_AGENT', 'WAITING_FOR_HUMAN', 'WAITING_FOR_TIME']);
  });

  it('tries again, tells, and goes another way after a failure', async () => {
    const owner = await manager();
    const boss = await newPerson(`boss-${randomUUID().slice(0, 8)}`);
    const bundle = withBoss(example, boss);
    const [check, approve, ...rest] = example.workflow.steps;
    const retry = { max_retries: 1, retry_delay_seconds: 1 };
    const id = (
      await apply(owner, {
        ...bundle,
        workflow: { steps: [{ ...check, retry, on_failure: 'tell' }, approve, ...rest] },
      })
    ).intent_id;
    const checker = await made(owner, 'checker');
    const fails = { action: 'fail', error: { code: 'down', message: 'it is down' } };
    for (const attempt of [1, 2]) expect((await works(checker, id, fails)).payload.attempt).toBe(attempt);
    const intent = await owner.reaches(id, 'COMPLETED');
    expect(intent.result.steps).toMatchObject({
      check: { outcome: 'failure', attempt: 2, error: { code: 'down' } },
      tell: { outcome: 'success' },
    });
    await settled(owner, id);
  });
});

describe('a procedure of 50 steps', () => {
  it('goes on at step 47, where its run was killed, and begins none twice', async () => {
    const owner = await newAgent();
    const worker = await newAgent(owner.tenant, 'worker');
    const steps = Array.from({ length: 50 }, (_, i) => {
      const step_id = `s${i + 1}`;
      if (step_id === 's47') return { step_id, assigned_to: 'worker' };
      return { step_id, runtime_type: 'notification' };
    });
    const agents = [{ role: 'worker', address: worker.address }];
    const intent = { type: 'long.v1', payload: {} };
    const id = (await apply(owner, { scenario_id: 'long', agents, workflow: { steps }, intent })).intent_id;
    await waitFor(
      'it waits for step 47',
      async () => JSON.parse((await rows(owner, id, 's#procedure'))[0]?.progress).token,
    );
    expect((await owner.get(id)).procedure.step_id).toBe('s47');
    await killRun('procedure', id);
    await makeOverdue(owner, id, 's#head');
    await sweep();
    await works(worker, id, { done: true });
    await owner.reaches(id, 'COMPLETED');
    const begun = (await owner.events(id)).filter(({ details }) => details.state === 'STEP');
    expect(begun.map(({ details }) => details.step_id)).toEqual(steps.map(({ step_id }) => step_id));
    const [first, second] = [await statesEntered('procedure', id), await statesEntered('procedure', id, 2)];
    // Twenty of those that do not wait in one call.
    expect(first).toEqual([...['STEP', 'AFTER_STEP', 'STEP', 'AFTER_STEP'], 'STEP', 'AFTER_STEP', 'AWAIT_STEP']);
    expect(second.at(-1)).toBe('ENDED');
    await settled(owner, id);
  });

  it('is withdrawn with its part', async () => {
    const owner = await newAgent();
    const agents = [{ role: 'worker', address: 'worker' }];
    const id = (await apply(owner, { agents, intent: { type: 'task.v1' } })).intent_id;
    const child = await waitFor('the part is there', async () => (await owner.get(id)).procedure.child_intent_id);
    const body = { status: 'CANCELED', reason: 'not needed' };
    expect((await owner.call('POST', `/v1/intents/${id}/resolve`, { body })).status).toBe(200);
    expect((await owner.reaches(child, 'CANCELED')).error.details.reason).toBe('parent_canceled');
    for (const one of [id, child]) await settled(owner, one);
    expect((await statesEntered('procedure', id)).at(-1)).toBe('ENDED');
  });
});
