import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { perform } from '../../core/commit.ts';
import { isTerminal } from '../../core/lifecycle.ts';
import { partTooLate } from '../../core/rules/procedure-part.ts';
import { maxCommentLength } from '../../core/tasks.ts';
import { memoryStore } from '../../core/testing/memory-store.ts';
import { directory, directoryWithOperators, tenant } from '../core/builders.ts';
import { runs } from '../properties.ts';
import { house } from './procedures.ts';

const agents = [
  { role: 'checker', address: 'checker' },
  { role: 'deployer', address: `agent://${tenant}/deployer`, create_if_missing: true, display_name: 'Deployer' },
];
const humans = [{ role: 'boss', contact: 'ada@example.com' }];
const intent = { type: 'approval.rollout.v1', payload: { service: 'web' } };
const check = { step_id: 'check', tool_id: 'tool.check.v1', assigned_to: 'checker' };
const approve = { step_id: 'approve', assigned_to: 'boss', human_task: { title: 'Roll it out?' } };
const deploy = { step_id: 'deploy', assigned_to: 'deployer' };
const bundle = (steps: object[], more: object = {}) => ({
  scenario_id: 'approval.rollout.v1',
  agents,
  humans,
  workflow: { steps },
  intent,
  ...more,
});
const shown = async (h: ReturnType<typeof house>, id: string) => {
  const { head, outcome } = await h.state(id);
  return { status: head.status, ...outcome };
};

describe('a procedure', () => {
  it('goes from agent to person to agent, and ends with what they made of it', async () => {
    const h = house();
    const id = await h.apply(bundle([check, approve, deploy]));
    expect([...h.accounts]).toEqual([[`agent://${tenant}/deployer`, 'Deployer']]);
    const first = (await h.state(id)).procedure?.now?.part as string;
    expect((await h.state(first)).head).toMatchObject({ status: 'DELIVERED', type: intent.type, delegated: true });
    expect((await h.state(first)).request).toMatchObject({
      to: `agent://${tenant}/checker`,
      parent: id,
      payload: { step_id: 'check', tool_id: 'tool.check.v1', parent_payload: intent.payload },
    });
    expect((await h.state(id)).head).toMatchObject({ status: 'WAITING', waitingReason: 'WAITING_FOR_AGENT' });
    await h.answers(id, { do: 'complete', result: { healthy: true } });
    const asked = await h.state(id);
    expect(asked.head).toMatchObject({ status: 'WAITING', waitingReason: 'WAITING_FOR_HUMAN' });
    expect(asked.task).toMatchObject({
      taskId: `${id}.s2`,
      title: 'Roll it out?',
      status: 'open',
      results: { check: { healthy: true } },
      approvers: [{ id: 'ada' }],
    });
    await h.decides(id);
    const last = await h.answers(id, { do: 'complete', result: { version: 7 } });
    expect((await h.state(last)).request?.payload).toMatchObject({ step_results: { check: { healthy: true } } });
    expect(await shown(h, id)).toMatchObject({
      status: 'COMPLETED',
      result: {
        approved: true,
        result: { version: 7 },
        task_result: { outcome: 'approved', decided_by: 'ada' },
        steps: { check: { outcome: 'success' }, approve: { outcome: 'success' }, deploy: { outcome: 'success' } },
      },
    });
    expect(h.runs.size).toBe(0);
    for (const one of [id, first, last]) await h.verified(one);
    expect(h.store.outbox(h.refOf(id)).filter(({ kind }) => kind !== 'mail')).toEqual([]);
  });

  it('fails where a person rejects, or goes on where the bundle says so', async () => {
    const h = house();
    const rejected = { outcome: 'rejected', comment: 'not today' };
    const one = await h.apply(bundle([approve, deploy]));
    await h.decides(one, rejected);
    expect(await shown(h, one)).toMatchObject({
      status: 'FAILED',
      error: { code: 'policy_denied', details: { step_id: 'approve', reason: 'rejected_by_person' } },
    });
    expect(await h.parts(one)).toEqual([]);
    const other = await h.apply(bundle([{ ...approve, on_failure: 'undo' }, deploy, { ...check, step_id: 'undo' }]));
    await h.decides(other, rejected);
    expect(await h.begun(other)).toEqual(['approve.1', 'undo.1']);
    await h.answers(other);
    expect(await shown(h, other)).toMatchObject({ status: 'COMPLETED', result: { approved: false } });
  });

  it('tries again what an agent failed, after a pause, and then fails', async () => {
    const h = house();
    const retry = { max_retries: 1, retry_delay_seconds: 30 };
    const id = await h.apply(bundle([{ ...check, retry }]));
    const fails = { do: 'fail', error: { code: 'down', message: 'it is down' } };
    await h.answers(id, fails);
    expect((await h.state(id)).head).toMatchObject({ waitingReason: 'WAITING_FOR_TIME' });
    await h.pass(29);
    expect(await h.begun(id)).toEqual(['check.1']);
    await h.pass(2);
    expect(await h.begun(id)).toEqual(['check.1', 'check.2']);
    await h.answers(id, fails);
    expect(await shown(h, id)).toMatchObject({
      status: 'FAILED',
      error: { code: 'down', details: { step_id: 'check' } },
    });
    expect(await h.parts(id)).toHaveLength(2);
  });

  it('waits for a time, and tells by events and mail without waiting', async () => {
    const h = house();
    const id = await h.apply(
      bundle([
        {
          step_id: 'tell',
          runtime_type: 'notification',
          assigned_to: 'boss',
          runtime_config: { message: 'It begins.' },
        },
        { step_id: 'pause', runtime_type: 'delay', runtime_config: { delay_seconds: 60 } },
        { step_id: 'again', runtime_type: 'reminder' },
      ]),
    );
    const mails = h.store.outbox(h.refOf(id)).filter(({ kind }) => kind === 'mail');
    expect(mails.map(({ body }) => body)).toMatchObject([
      { personId: 'ada', notice: { what: 'notified', note: 'It begins.' } },
    ]);
    await h.pass(59);
    expect((await h.state(id)).head).toMatchObject({ status: 'WAITING', waitingReason: 'WAITING_FOR_TIME' });
    await h.pass(2);
    expect((await shown(h, id)).status).toBe('COMPLETED');
    expect((await h.events(id)).map(({ type }) => type)).toContain('intent.reminder');
  });

  it('tells as much of a long message as a mail has, by whole characters', async () => {
    const h = house();
    const runtime_config = { message: `${'a'.repeat(maxCommentLength - 1)}😀 and more` };
    const id = await h.apply(
      bundle([{ step_id: 'tell', runtime_type: 'notification', assigned_to: 'boss', runtime_config }]),
    );
    const told = h.store.outbox(h.refOf(id)).flatMap(({ kind, body }) => (kind === 'mail' ? [body] : []));
    expect(told).toMatchObject([{ notice: { note: 'a'.repeat(maxCommentLength - 1) } }]);
    expect((await shown(h, id)).status).toBe('COMPLETED');
  });

  it('fails a step whose time is over: an agent’s, a person’s, and a timeout of its own', async () => {
    const h = house();
    const late = { step_deadline_seconds: 100 };
    for (const step of [
      { ...approve, ...late },
      { step_id: 'stop', runtime_type: 'timeout', runtime_config: { timeout_seconds: 100 } },
    ]) {
      const id = await h.apply(
        bundle([
          { ...step, on_failure: 'after' },
          { ...check, step_id: 'after' },
        ]),
      );
      await h.pass(101);
      expect(await h.begun(id)).toEqual([`${step.step_id}.1`, 'after.1']);
      expect((await h.state(id)).procedure?.done[step.step_id]?.error?.code).toBe('step_timeout');
    }
  });

  it('ends at its own deadline, and its part with it', async () => {
    const h = house();
    const deadline_at = '2026-11-20T10:00:00Z';
    const id = await h.apply(bundle([check], { intent: { ...intent, deadline_at } }));
    const part = (await h.state(id)).procedure?.now?.part as string;
    expect((await h.state(part)).head.deadlineAt).toBe('2026-11-20T10:00:00.000Z');
    await h.pass(3700);
    expect(await shown(h, id)).toMatchObject({ status: 'TIMED_OUT', error: { code: 'intent_timeout' } });
    expect((await h.state(part)).head.status).toBe('CANCELED');
    expect(h.runs.size).toBe(0);
  });

  it('is withdrawn with its part, whatever it waits for, and its run ends', async () => {
    const h = house();
    for (const step of [check, approve, { step_id: 'pause', runtime_type: 'delay', runtime_config: { seconds: 60 } }]) {
      const id = await h.apply(bundle([step]));
      await h.cancels(id);
      expect((await shown(h, id)).status).toBe('CANCELED');
      for (const part of await h.parts(id)) expect((await h.state(part)).head.status).toBe('CANCELED');
      expect(h.runs.size).toBe(0);
      expect(h.store.outbox(h.refOf(id)).filter(({ kind }) => kind === 'wake')).toEqual([]);
    }
  });

  it('goes on with the step where it was when its run was killed, and does none twice', async () => {
    const h = house();
    const steps = Array.from({ length: 50 }, (_, i) =>
      i === 46 ? { ...check, step_id: 's47' } : { step_id: `s${i + 1}`, runtime_type: 'notification' },
    );
    const id = await h.apply(bundle(steps));
    expect((await h.state(id)).procedure?.now?.step).toBe('s47');
    h.kill(id);
    await h.sweep(id);
    expect((await h.state(id)).head.generation).toBe(2);
    expect((await h.begun(id)).at(-1)).toBe('s47.1');
    expect(await h.parts(id)).toHaveLength(1);
    await h.answers(id);
    expect(await h.begun(id)).toEqual(steps.map(({ step_id }) => `${step_id}.1`));
    expect((await shown(h, id)).status).toBe('COMPLETED');
    await h.verified(id);
  });

  it('goes on where the run was killed while the answer came', async () => {
    const h = house();
    const id = await h.apply(bundle([check, approve]));
    h.kill(id);
    await h.answers(id);
    expect(h.lost).toEqual([2]);
    expect((await h.state(id)).task).toMatchObject({ status: 'open' });
    h.kill(id);
    await h.decides(id);
    expect(await shown(h, id)).toMatchObject({ status: 'COMPLETED' });
    expect(await h.begun(id)).toEqual(['check.1', 'approve.1']);
  });

  it('gives no agent the work of a step that ended while the function that was to give it stood still', async () => {
    const store = memoryStore();
    let late: string | undefined;
    const h = house(directory, {
      ...store,
      async commit(birth) {
        const { intentId, stepOf } = birth.head;
        if (stepOf !== undefined && late === undefined) {
          late = intentId;
          await perform(store, h.refOf(stepOf), {}, h.context, (state, at) => partTooLate(state, intentId, at));
        }
        return store.commit(birth);
      },
    });
    const id = await h.apply(bundle([{ ...check, on_failure: 'deploy' }, deploy]));
    expect(await h.begun(id)).toEqual(['check.1', 'deploy.1']);
    expect(await h.parts(id)).toEqual([(await h.state(id)).procedure?.now?.part]);
    expect(await store.load(h.refOf(late ?? ''))).toBeUndefined();
    await h.answers(id);
    expect((await shown(h, id)).status).toBe('COMPLETED');
  });

  it('hands over to a run of the next generation before one grows old', async () => {
    const h = house();
    const pause = { step_id: 'pause', runtime_type: 'delay', runtime_config: { seconds: 1 }, max_visits: 100 };
    const more = Array.from({ length: 5 }, (_, i) => ({ ...pause, step_id: `p${i}`, max_visits: undefined }));
    const id = await h.apply(
      bundle([pause, ...more.map((one, i) => (i === 4 ? { ...one, on_success: 'pause' } : one))]),
    );
    await h.pass(700);
    const { head, procedure } = await h.state(id);
    expect(head).toMatchObject({ status: 'FAILED', generation: 2 });
    expect((await shown(h, id)).error?.code).toBe('too_many_visits');
    expect(procedure?.visits.pause).toBe(100);
  });

  it.each([
    ['an agent', check],
    ['a person', approve],
  ])('is ended by operators where it is frozen while it waits for %s', async (_what, step) => {
    const h = house(directoryWithOperators);
    const id = await h.apply(bundle([step, deploy]));
    await h.freezes(id);
    expect((await h.state(id)).task).toMatchObject({ takeover: true, status: 'open' });
    expect([...h.runs.values()].map(({ input }) => input.generation)).toEqual([2]);
    const data = { how: 'canceled' };
    await h.decides(id, { outcome: 'override_approved', comment: 'by hand', data }, 'otto');
    expect((await shown(h, id)).status).toBe('CANCELED');
    for (const part of await h.parts(id)) expect((await h.state(part)).head.status).toBe('CANCELED');
    expect(h.runs.size).toBe(0);
    expect(h.store.outbox(h.refOf(id)).filter(({ kind }) => kind === 'wake')).toEqual([]);
  });

  it('begins nothing more under a stop, and ends', async () => {
    const h = house();
    const id = await h.apply(
      bundle([{ step_id: 'pause', runtime_type: 'delay', runtime_config: { seconds: 60 } }, deploy]),
    );
    h.store.stop({ kind: 'type', id: intent.type });
    await h.pass(61);
    expect(await shown(h, id)).toMatchObject({ status: 'FAILED', error: { code: 'policy_denied' } });
    expect(await h.parts(id)).toEqual([]);
  });

  it('is the same one under the same Idempotency-Key', async () => {
    const h = house();
    const id = await h.apply(bundle([check]), 'key-1');
    expect(await h.apply(bundle([check]), 'key-1')).toBe(id);
    await expect(h.apply(bundle([deploy]), 'key-1')).rejects.toMatchObject({ code: 'idempotency_conflict' });
  });
});

describe('a bundle', () => {
  const faults = async (body: object) => (await house().validate(body)).errors;
  const step = (more: object) => ({ ...check, ...more });
  it.each([
    ['an unknown step', [step({ on_success: 'nowhere' })], 'workflow.steps.0.on_success: There is no step nowhere.'],
    ['a step twice', [check, check], 'workflow.steps.1.step_id: There is a step check already.'],
    ['a cycle without a bound', [step({ on_success: 'check' })], 'workflow.steps.0: check → check never ends'],
    [
      'a step that nothing leads to',
      [step({ on_success: 'deploy' }), { ...check, step_id: 'lost' }, deploy],
      'workflow.steps.1: No step leads to lost.',
    ],
    ['nobody to do it', [{ step_id: 'x', tool_id: 'tool.a' }], 'workflow.steps.0.assigned_to: Say who does this step.'],
    [
      'somebody who is not there',
      [step({ assigned_to: 'nobody' })],
      'workflow.steps.0.assigned_to: There is no nobody',
    ],
    [
      'a delay without a time',
      [{ step_id: 'x', runtime_type: 'delay' }],
      'workflow.steps.0.runtime_config.seconds: Say how',
    ],
    [
      'an escalation to nobody',
      [{ step_id: 'x', runtime_type: 'escalation' }],
      'workflow.steps.0.escalate_to: Say to whom.',
    ],
    [
      'a task that no task can be',
      [{ ...approve, human_task: { title: 'x', task_type: 'form' } }],
      'workflow.steps.0.human_task.form_schema: A form needs to say',
    ],
    [
      'a reminder after the step’s end',
      [step({ step_deadline_seconds: 60, remind_after_seconds: 60 })],
      'workflow.steps.0.remind_after_seconds: The step has ended',
    ],
    ['an unknown field', [step({ colour: 'red' })], 'workflow.steps.0.colour: This field is not known.'],
  ])('is not valid with %s, and says where', async (_what, steps, fault) => {
    const found = await faults(bundle(steps));
    expect(found).toEqual([expect.stringContaining(fault)]);
    await expect(house().apply(bundle(steps))).rejects.toMatchObject({ name: 'InvalidInput' });
  });

  it('is not valid where its delays outlast its deadline, nor as a type that its own machine governs', async () => {
    const deadline_at = '2026-11-20T09:01:00Z';
    const pause = { step_id: 'pause', runtime_type: 'delay', runtime_config: { seconds: 60 } };
    expect(await faults(bundle([pause, check], { intent: { ...intent, deadline_at } }))).toEqual([
      expect.stringContaining('workflow.steps.0: The delays take 60 seconds'),
    ]);
    expect(await faults(bundle([check], { intent: { ...intent, type: 'intent.refund.v1' } }))).toEqual([
      expect.stringContaining('intent.type'),
    ]);
  });

  it('says all that is wrong, and warns of what is only odd', async () => {
    const found = await house().validate(bundle([step({ on_failure: 'a' }), step({ step_id: 'b', on_success: 'c' })]));
    expect(found).toMatchObject({ valid: false });
    expect(found.errors).toHaveLength(2);
    expect(found.warnings).toEqual([expect.stringContaining('agents.0.address')]);
    const unknown = await house().validate(bundle([{ ...approve, assigned_to: 'zoe@example.com' }]));
    expect(unknown).toMatchObject({ valid: true, compile_id: expect.stringMatching(/^[0-9a-f]{64}$/) });
    expect(unknown.warnings).toContainEqual(expect.stringContaining('zoe@example.com is not in the directory'));
  });

  it.each([
    [
      'hyphens in its id, a title, and a contact that is empty',
      { scenario_id: 'a-b.c-d', title: 'T', humans: [{ role: 'boss', contact: '' }] },
    ],
    ['no id', { scenario_id: undefined }],
    ['the type task.v1', { intent: { ...intent, type: 'task.v1' } }],
    ['no steps but an agent', { workflow: undefined }],
    ['no steps but a person', { workflow: undefined, agents: [] }],
    ['a type without a version', { intent: { ...intent, type: 'approval.change' } }],
    ['a delivery mode', { agents: [{ ...agents[0], delivery_mode: 'stream' }, agents[1]] }],
  ])('is taken with %s', async (_what, more) => {
    const h = house();
    const empty = { tool_id: '', on_success: '', on_failure: '' };
    const id = await h.apply(bundle([{ ...check, ...empty }, approve], more));
    expect((await h.state(id)).head.status).toBe('WAITING');
  });
});

describe('any bundle', () => {
  const id = fc.constantFrom('a', 'b', 'c', 'd');
  const maybe = <T>(some: fc.Arbitrary<T>) => fc.option(some, { nil: undefined, freq: 2 });
  const anyStep = fc.record({
    step_id: id,
    assigned_to: maybe(fc.constantFrom('checker', 'deployer', 'boss', 'nobody', '')),
    runtime_type: maybe(
      fc.constantFrom('human_approval', 'timeout', 'reminder', 'delay', 'escalation', 'notification', ''),
    ),
    runtime_config: maybe(fc.constantFrom({ seconds: 5 }, { delay_seconds: 0 }, { seconds: -1 }, {})),
    requires_approval: maybe(fc.boolean()),
    step_deadline_seconds: maybe(fc.constantFrom(1, 500, 100_000)),
    retry: maybe(fc.constant({ max_retries: 1, retry_delay_seconds: 1 })),
    max_visits: maybe(fc.integer({ min: 1, max: 3 })),
    on_success: maybe(id),
    on_failure: maybe(id),
    escalate_to: maybe(fc.constantFrom('boss', 'checker')),
  });
  const noUndefined = (value: object) => JSON.parse(JSON.stringify(value)) as { step_id: string };
  const unique = { minLength: 1, maxLength: 4, selector: ({ step_id }: { step_id: string }) => step_id };
  /** Of which most are valid. */
  const goodStep = fc
    .record({
      step_id: id,
      does: fc.constantFrom<object>(
        { assigned_to: 'checker' },
        { assigned_to: 'deployer', step_deadline_seconds: 500, retry: { max_retries: 1, retry_delay_seconds: 1 } },
        { assigned_to: 'boss' },
        { requires_approval: true, step_deadline_seconds: 500, retry: { max_retries: 1, retry_delay_seconds: 1 } },
        { runtime_type: 'delay', runtime_config: { seconds: 5 } },
        { runtime_type: 'timeout', runtime_config: { seconds: 5 } },
        { runtime_type: 'notification', assigned_to: 'boss' },
        { runtime_type: 'escalation', escalate_to: 'boss' },
      ),
      on_failure: maybe(id),
    })
    .map(({ does, ...rest }) => noUndefined({ ...rest, ...does, max_visits: 2 }));
  const steps = fc.oneof(fc.uniqueArray(anyStep.map(noUndefined), unique), fc.uniqueArray(goodStep, unique));
  const deadline_at = maybe(fc.constant('2026-11-21T09:00:00Z'));

  it('that is valid is taken and comes to an end, whatever its agents and people do; any other is refused', {
    timeout: 120_000,
  }, async () => {
    let ended = 0;
    const chances = fc.array(fc.nat(5), { minLength: 15, maxLength: 15 });
    await fc.assert(
      fc.asyncProperty(steps, deadline_at, chances, async (some, until, chance) => {
        const h = house();
        const asked = bundle(some, { intent: noUndefined({ ...intent, deadline_at: until }) });
        const { valid, errors } = await h.validate(asked);
        expect(valid).toBe(errors.length === 0);
        if (!valid) {
          await expect(h.apply(asked)).rejects.toMatchObject({ name: 'InvalidInput' });
          return;
        }
        const one = await h.apply(asked);
        for (let i = 0; i < 200 && !isTerminal((await h.state(one)).head.status); i += 1) {
          const { task, procedure } = await h.state(one);
          const what = chance[i] ?? 5;
          if (what === 0) h.kill(one);
          if (what <= 1) await h.sweep(one);
          else if (what === 2) await h.pass(86_400);
          else if (procedure?.now?.part !== undefined && !procedure.now.ended && h.runs.size > 0)
            await h.answers(one, what === 3 ? { do: 'fail', error: {} } : undefined).catch(onlyIfOver);
          else if (task?.status === 'open')
            await h.decides(one, what === 3 ? { outcome: 'rejected', comment: 'no' } : {}).catch(onlyIfOver);
          else await h.pass(86_400);
        }
        expect(isTerminal((await h.state(one)).head.status)).toBe(true);
        // A run whose intent the sweep has ended wakes at its own time.
        await h.pass(100 * 86_400);
        expect(h.runs.size).toBe(0);
        const begun = await h.begun(one);
        expect(begun).toHaveLength((await h.state(one)).procedure?.begun ?? -1);
        await h.verified(one);
        ended += 1;
      }),
      runs(40),
    );
    expect(ended).toBeGreaterThan(0);
  });

  /** Whoever is late is told so. */
  const onlyIfOver = ({ name }: Error) => {
    expect(name).toBe('Conflict');
  };
});
