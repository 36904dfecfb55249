import { describe, expect, it } from 'vitest';
import { prune, renderStateMachine } from '../../infra/state-machine.ts';
import { type Answer, billedTransitions, evaluate, walk } from '../../statemachines/testing/walk.ts';
import { forms, refundStates } from './forms.ts';

const toolArn = 'arn:aws:lambda:eu-central-1:111122223333:function:refund:live';
const input = {
  v: 1,
  tenant: 'acme/shop',
  intentId: '0193',
  generation: 1,
  type: 'intent.refund.v1',
  traceId: 'trace',
  waitUntil: '2026-11-21T12:00:00.000Z',
  rung: 0,
};
const tools = { issue_refund: { arn: toolArn, stateTimeoutSeconds: 60, settleAfterSeconds: 20 } };

/** The refund's machine with its substitutions made, as the service sees it. */
function refundMachine() {
  const { definition, substitutions } = renderStateMachine('action', refundStates, 'steps:live', tools);
  return JSON.parse(definition.replace(/\$\{(\w+)\}/g, (_, key) => substitutions[key] ?? ''));
}

const policy = (outcome: string): Answer => ({
  payload: { outcome, tool: 'issue_refund', waitUntil: '2026-11-22T12:00:00.000Z', rung: 0 },
});
const answers = (script: Record<string, Answer[]>) => (name: string, visit: number) => script[name]?.[visit - 1] ?? {};

describe('billed transitions of the good paths', () => {
  it('an approval costs 3', async () => {
    const { entered } = await walk(prune('approval', ['ESCALATE_TO_HUMAN']), input, answers({}));
    expect(entered).toEqual(['ESCALATE_TO_HUMAN']);
    expect(billedTransitions(entered)).toBe(3);
  });

  it('a delegation costs 4: its run waits, and is told that the answer is there', async () => {
    const script = answers({ AWAIT_ANSWER: [{ error: 'Cancelled' }] });
    const { entered } = await walk(prune('delegation', ['AWAIT_ANSWER']), input, script);
    expect(entered).toEqual(['AWAIT_ANSWER', 'ENDED']);
    expect(billedTransitions(entered)).toBe(4);
  });

  it('a delegation takes rung after rung until it is answered or too late', async () => {
    const again: Answer = { payload: { next: 'wait', waitUntil: '2026-11-22T12:00:00.000Z', rung: 1 } };
    const timeout: Answer = { error: 'States.Timeout' };
    const script = answers({
      AWAIT_ANSWER: [timeout, timeout],
      RUNG: [again, { payload: { next: 'ended', waitUntil: '', rung: 2 } }],
    });
    const { entered, calls } = await walk(prune('delegation', ['AWAIT_ANSWER']), input, script);
    expect(entered).toEqual(['AWAIT_ANSWER', 'RUNG', 'AFTER_RUNG', 'AWAIT_ANSWER', 'RUNG', 'AFTER_RUNG', 'ENDED']);
    expect(calls[2]).toMatchObject({ Payload: { step: 'await_answer', input: { rung: 1 } } });
  });

  it('a step of a procedure costs 3, and its start and end 4', async () => {
    const wait = (rung: number): Answer => ({ payload: { next: 'wait', waitUntil: '2026-11-22T12:00:00.000Z', rung } });
    const machine = prune('procedure', ['STEP', 'AWAIT_STEP']);
    const script = answers({ STEP: [wait(1), wait(2), { error: 'Cancelled' }] });
    const { entered, calls } = await walk(machine, input, script);
    const step = ['STEP', 'AFTER_STEP', 'AWAIT_STEP'];
    expect(entered).toEqual([...step, ...step, 'STEP', 'ENDED']);
    expect(billedTransitions(entered)).toBe(2 * 3 + 4);
    expect(calls[3]).toMatchObject({ Payload: { step: 'procedure_wait', input: { rung: 2 }, token: 'token' } });
  });

  it('a procedure looks again after a wait that ran out or was ended, and takes more steps where nothing waits', async () => {
    const machine = prune('procedure', ['STEP', 'AWAIT_STEP']);
    const wait: Answer = { payload: { next: 'wait', waitUntil: '2026-11-22T12:00:00.000Z', rung: 1 } };
    const again: Answer = { payload: { next: 'again', waitUntil: '2026-11-22T12:00:00.000Z', rung: 1 } };
    const script = answers({
      STEP: [again, wait, wait, { payload: { next: 'ended' } }],
      AWAIT_STEP: [{ error: 'States.Timeout' }, { error: 'Rearm' }],
    });
    const { entered } = await walk(machine, input, script);
    const waited = ['STEP', 'AFTER_STEP', 'AWAIT_STEP'];
    expect(entered).toEqual(['STEP', 'AFTER_STEP', ...waited, ...waited, 'STEP', 'AFTER_STEP', 'ENDED']);
  });

  it.each(['PolicyDenied', 'Superseded', 'Cancelled'])(
    'a procedure whose wait is %s has ended in the table',
    async (error) => {
      const wait: Answer = { payload: { next: 'wait', waitUntil: '2026-11-22T12:00:00.000Z', rung: 1 } };
      const script = answers({ STEP: [wait], AWAIT_STEP: [{ error }] });
      const { entered } = await walk(prune('procedure', ['STEP', 'AWAIT_STEP']), input, script);
      expect(entered.at(-1)).toBe('ENDED');
      expect(entered).not.toContain('RECORD_FAILURE');
    },
  );

  it('a refund that a person approves costs 8', async () => {
    const { entered } = await walk(refundMachine(), input, answers({ POLICY_CHECK: [policy('approval')] }));
    expect(entered).toEqual([
      'POLICY_CHECK',
      'POLICY_RESULT',
      'ESCALATE_TO_HUMAN',
      'EXECUTE_ACTION',
      'VERIFY',
      'COMPLETE',
    ]);
    expect(billedTransitions(entered)).toBe(8);
  });

  it('a refund that policy allows costs 7', async () => {
    const { entered } = await walk(refundMachine(), input, answers({ POLICY_CHECK: [policy('allowed')] }));
    expect(entered).not.toContain('ESCALATE_TO_HUMAN');
    expect(billedTransitions(entered)).toBe(7);
  });

  it.each(forms.filter(({ shape }) => shape === 'action'))(
    '$name: declared states, one Choice, start and end',
    async (f) => {
      const asks = f.declared.includes('ESCALATE_TO_HUMAN');
      const { definition, substitutions } = renderStateMachine(
        'action',
        f.declared,
        's',
        f.declared.includes('EXECUTE_ACTION') ? tools : {},
      );
      const machine = JSON.parse(definition.replace(/\$\{(\w+)\}/g, (_, key) => substitutions[key] ?? ''));
      const { entered } = await walk(
        machine,
        input,
        answers({ POLICY_CHECK: [policy(asks ? 'approval' : 'allowed')] }),
      );
      expect(billedTransitions(entered)).toBe(f.declared.length + 1 + 2);
      expect(entered.filter((name) => name !== 'POLICY_RESULT')).toEqual(f.declared);
    },
  );
});

describe('the wait for a person', () => {
  it('looks at the ladder after a timeout, waits until the new time, and goes on with the decision', async () => {
    const { entered, calls, output } = await walk(
      refundMachine(),
      input,
      answers({
        POLICY_CHECK: [policy('approval')],
        ESCALATE_TO_HUMAN: [{ error: 'States.Timeout' }, { error: 'Rearm' }],
        RUNG: [
          { payload: { next: 'wait', waitUntil: '2026-11-23T12:00:00.000Z', rung: 1 } },
          { payload: { next: 'approved' } },
        ],
      }),
    );
    expect(entered.slice(2, 9)).toEqual([
      'ESCALATE_TO_HUMAN',
      'RUNG',
      'AFTER_RUNG',
      'ESCALATE_TO_HUMAN',
      'RUNG',
      'AFTER_RUNG',
      'EXECUTE_ACTION',
    ]);
    expect(calls[1]).toMatchObject({ Payload: { step: 'escalate', token: 'token', retry: 0, input: { rung: 0 } } });
    expect(calls[3]).toMatchObject({ Payload: { input: { waitUntil: '2026-11-23T12:00:00.000Z', rung: 1 } } });
    expect(output).toMatchObject({ ...input, waitUntil: '2026-11-23T12:00:00.000Z', rung: 1, tool: 'issue_refund' });
  });

  it.each(['PolicyDenied', 'Cancelled', 'Superseded'])('ends without acting on %s', async (error) => {
    const script = answers({ POLICY_CHECK: [policy('approval')], ESCALATE_TO_HUMAN: [{ error }] });
    expect((await walk(refundMachine(), input, script)).entered.slice(3)).toEqual(['ENDED']);
  });

  it.each(['expired', 'decided', 'something new'])('never acts when the rung answers "%s"', async (next) => {
    const script = answers({
      POLICY_CHECK: [policy('approval')],
      ESCALATE_TO_HUMAN: [{ error: 'States.Timeout' }],
      RUNG: [{ payload: { next } }],
    });
    expect((await walk(refundMachine(), input, script)).entered.at(-1)).toBe('ENDED');
  });

  it('waits at least a second, else until the time stored', async () => {
    const TimeoutSeconds = prune('approval', ['ESCALATE_TO_HUMAN']).States.ESCALATE_TO_HUMAN?.TimeoutSeconds;
    const seconds = (waitUntil: number) =>
      evaluate(TimeoutSeconds, { input: { waitUntil: new Date(waitUntil).toISOString() } });
    expect(await seconds(0)).toBe(1);
    const hour = await seconds(Date.now() + 3_600_000);
    expect(Number.isInteger(hour)).toBe(true);
    expect(hour).toBeLessThanOrEqual(3600);
    expect(hour).toBeGreaterThan(3590);
  });
});

describe('the policy outcome', () => {
  it.each(['denied', 'something new'])('"%s" never acts', async (outcome) => {
    const { entered } = await walk(refundMachine(), input, answers({ POLICY_CHECK: [policy(outcome)] }));
    expect(entered).toEqual(['POLICY_CHECK', 'POLICY_RESULT', 'ENDED']);
  });

  it('"approval" never acts in a type without a person', async () => {
    const machine = prune('action', ['POLICY_CHECK', 'EXECUTE_ACTION', 'COMPLETE']);
    const { entered } = await walk(machine, input, answers({ POLICY_CHECK: [policy('approval')] }));
    expect(entered.at(-1)).toBe('ENDED');
  });
});

describe('the side effect', () => {
  it('is called through the tool that the plan names', async () => {
    const { calls } = await walk(refundMachine(), input, answers({ POLICY_CHECK: [policy('allowed')] }));
    expect(calls.slice(1, 3)).toMatchObject([
      { FunctionName: toolArn, Payload: { mode: 'execute', input: { tool: 'issue_refund' } } },
      { FunctionName: toolArn, Payload: { mode: 'verify' } },
    ]);
    expect(
      await evaluate(refundMachine().States.EXECUTE_ACTION.TimeoutSeconds, { input: { tool: 'issue_refund' } }),
    ).toBe(60);
  });

  it('waits longer after each open outcome, up to an hour, and acts again through the same door', async () => {
    const EXECUTE_ACTION = Array.from({ length: 20 }, (): Answer => ({ error: 'OutcomeUnknownError' }));
    const { waits, entered } = await walk(
      refundMachine(),
      input,
      answers({ POLICY_CHECK: [policy('allowed')], EXECUTE_ACTION }),
    );
    expect(waits.slice(0, 9)).toEqual([20, 40, 80, 160, 320, 640, 1280, 2560, 3600]);
    expect(Math.max(...waits)).toBe(3600);
    expect(entered.at(-1)).toBe('COMPLETE');
  });

  it('is looked up again when it can not be read back', async () => {
    const script = answers({ POLICY_CHECK: [policy('allowed')], VERIFY: [{ error: 'States.Timeout' }] });
    expect((await walk(refundMachine(), input, script)).entered.slice(2)).toEqual([
      'EXECUTE_ACTION',
      'VERIFY',
      'WAIT_FOR_TOOL',
      'EXECUTE_ACTION',
      'VERIFY',
      'COMPLETE',
    ]);
  });

  it('records a definite failure with its name', async () => {
    const script = answers({ POLICY_CHECK: [policy('allowed')], EXECUTE_ACTION: [{ error: 'TerminalError' }] });
    const { entered, calls } = await walk(refundMachine(), input, script);
    expect(entered.slice(-2)).toEqual(['RECORD_FAILURE', 'ENDED']);
    expect(calls.at(-1)).toMatchObject({
      Payload: { step: 'record_failure', error: { name: 'TerminalError', cause: 'because' } },
    });
  });

  it('fails the run openly when the failure can not be recorded', async () => {
    const script = answers({
      POLICY_CHECK: [{ error: 'TerminalError' }],
      RECORD_FAILURE: [{ error: 'RetryableError' }],
    });
    expect(await walk(refundMachine(), input, script)).toMatchObject({ failed: 'RetryableError' });
  });
});

describe('declaring states', () => {
  it.each([
    ['an unknown state', ['POLICY_CHECK', 'DANCE', 'COMPLETE'], 'no state DANCE'],
    ['a state twice', ['POLICY_CHECK', 'POLICY_CHECK', 'COMPLETE'], 'named twice'],
    ['the wrong order', ['COMPLETE', 'POLICY_CHECK'], 'in the order POLICY_CHECK, COMPLETE'],
    ['no policy', ['EXECUTE_ACTION', 'COMPLETE'], 'needs the state POLICY_CHECK'],
    ['nothing to verify', ['POLICY_CHECK', 'VERIFY', 'COMPLETE'], 'VERIFY needs EXECUTE_ACTION'],
  ])('refuses %s', (_, declared, message) => {
    expect(() => prune('action', declared)).toThrow(message);
  });

  it('refuses tools without the state that calls them, and the reverse', () => {
    expect(() => renderStateMachine('action', ['POLICY_CHECK', 'COMPLETE'], 's', tools)).toThrow('if and only if');
    expect(() => renderStateMachine('action', refundStates, 's', {})).toThrow('if and only if');
  });
});
