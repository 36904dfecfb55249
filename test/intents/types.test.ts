import { describe, expect, it } from 'vitest';
import { defineIntentType, statesOf } from '../../core/intent-type.ts';
import { intentTypeOf, intentTypes } from '../../intents/index.ts';
import { refundType } from '../core/builders.ts';

describe('every intent type', () => {
  it.each(intentTypes.map((type) => [type.type, type] as const))('%s names its owner and its role', (name, type) => {
    expect(name).toMatch(/^intent\.[a-z_]+\.v[0-9]+$/);
    expect(type.owner).not.toBe('');
    expect(type.task.role).not.toBe('');
  });

  it('is found by its name and its aliases, and by nothing else', () => {
    for (const type of intentTypes)
      for (const name of [type.type, ...type.aliases]) expect(intentTypeOf(name)).toBe(type);
    expect(intentTypeOf('human_approval')?.type).toBe('intent.approval.v1');
    for (const name of ['intent.refund.v2', 'refund', '', 'constructor']) expect(intentTypeOf(name)).toBeUndefined();
  });

  it('has names of its own', () => {
    const names = intentTypes.flatMap((type) => [type.type, ...type.aliases]);
    expect(new Set(names).size).toBe(names.length);
  });

  it('has a name that the head has room for', () => {
    const named = (type: string) => defineIntentType({ ...refundType, type });
    expect(named('t'.repeat(64)).type).toHaveLength(64);
    expect(() => named('t'.repeat(65))).toThrow('at most 64 characters');
  });

  it('has rounds that end, and reasons with codes', () => {
    const asked = (task: object) => defineIntentType({ ...refundType, task: { ...refundType.task, ...task } });
    expect(asked({ rounds: 10 }).task.rounds).toBe(10);
    for (const rounds of [0, 11, 1.5]) expect(() => asked({ rounds })).toThrow('rounds');
    for (const code of ['Wrong', 'a b', 'unspecified', ''])
      expect(() => asked({ reasons: { rejected: { [code]: 'Words' } } })).toThrow('reason code');
  });

  it('has the states of its shape, and the preparing ones that it declares', () => {
    expect(intentTypes.map(statesOf)).toEqual([
      ['ESCALATE_TO_HUMAN'],
      ['POLICY_CHECK', 'ESCALATE_TO_HUMAN', 'EXECUTE_ACTION', 'VERIFY', 'COMPLETE'],
    ]);
    expect(statesOf({ ...refundType, prepare: { TRIAGE: () => ({}) } })[0]).toBe('TRIAGE');
  });
});

describe('an approval', () => {
  it('says what the agent asks in its own words, where it is text', () => {
    const type = intentTypeOf('intent.approval.v1');
    expect(type?.objective({ task: 'Send the newsletter?' } as never)).toBe('Send the newsletter?');
    expect(type?.objective({ task: { not: 'text' } } as never)).toBe('An agent asks for a decision.');
  });
});
